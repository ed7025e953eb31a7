"""Initializers: names, orthogonal matrices, and the law that these follow."""

import keras
import numpy as np
import pytest
from scipy.stats import ks_2samp, ortho_group

from dlcourse import initializers
from dlcourse.initializers import ALIASES, INITIALIZERS, Identity, Orthogonal


@pytest.mark.parametrize("name", [*INITIALIZERS, *ALIASES])
def test_names_are_those_of_keras(name):
    ours = initializers.get(name)
    if ours.__class__ is not initializers.Constant:  # Keras' asks for a value there
        theirs = keras.initializers.get(name)
        assert type(ours).__name__ == type(theirs).__name__
    assert initializers.get(ours) is ours


@pytest.mark.parametrize(
    "shape", [(5, 3), (3, 5), (4, 4), (3, 3, 2, 4), (2, 2, 30), (1, 1)]
)
def test_orthogonal_has_orthonormal_columns_or_rows(shape):
    matrix = Orthogonal(2.0)(shape, 0, "float64").reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(min(rows, columns)), atol=1e-14)
    assert Orthogonal()(shape, 0).dtype == np.float32


def test_orthogonal_is_uniform():
    """SciPy's orthogonal group is the oracle: a QR without the signs fails."""
    rng = np.random.default_rng(0)
    ours = np.array([Orthogonal()((3, 3), rng, "float64") for _ in range(2000)])
    theirs = ortho_group.rvs(3, size=2000, random_state=rng)
    for i in range(3):
        for j in range(3):
            assert ks_2samp(ours[:, i, j], theirs[:, i, j]).pvalue > 1e-4, (i, j)
    assert abs(np.sign(np.linalg.det(ours)).mean()) < 0.1
    assert ks_2samp(np.trace(ours.T), np.trace(theirs.T)).pvalue > 1e-4


def test_orthogonal_keeps_lengths_through_many_layers(rng):
    # Saxe et al., 2014: a deep linear net keeps |x| exactly; normal weights do not.
    x = rng.normal(size=64)
    y = x.copy()
    for seed in range(50):
        y = Orthogonal()((64, 64), seed, "float64") @ y
    assert np.linalg.norm(y) == pytest.approx(np.linalg.norm(x), rel=1e-12)


def test_identity_by_hand():
    np.testing.assert_array_equal(Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])
    assert Identity()((2, 2), dtype="float64").dtype == np.float64
