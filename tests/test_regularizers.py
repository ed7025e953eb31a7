"""Regularizers and constraints: Keras' values, derivatives, and what they promise."""

import inspect
import math

import cases
import keras
import numpy as np
import pytest
import tensorflow as tf
from cases.regularizers import CONSTRAINTS, REGULARIZERS
from hypothesis import given
from hypothesis import strategies as st
from test_twin import public_classes
from twins import options_of

from dlcourse import constraints, gradcheck, layers, models, regularizers, twin

BASES = {"Regularizer", "Constraint"}
FAMILIES = {
    "regularizers": (regularizers, REGULARIZERS, keras.regularizers),
    "constraints": (constraints, CONSTRAINTS, keras.constraints),
}
ALL_R, ALL_C = cases.all_of(REGULARIZERS), cases.all_of(CONSTRAINTS)


def weight(rng, shape=(4, 3), dtype="float64"):
    """Entries of either sign whose norms lie on both sides of the bounds."""
    return (rng.normal(size=shape) * np.linspace(0.3, 2, shape[-1])).astype(dtype)


def in_keras(case, family):
    theirs = getattr(FAMILIES[family][2], type(case).__name__)
    return theirs(**options_of(case))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_public_class_has_a_case(family):
    module, table, _ = FAMILIES[family]
    assert set(public_classes(module)) - BASES == set(table)


@pytest.mark.parametrize("family", FAMILIES)
def test_arguments_and_defaults_are_those_of_keras(family):
    module, table, theirs = FAMILIES[family]
    for name in table:
        ours = inspect.signature(getattr(module, name)).parameters
        wanted = inspect.signature(getattr(theirs, name)).parameters
        assert list(ours) == list(wanted), name
        for argument in ours:
            assert ours[argument].default == wanted[argument].default, name


@pytest.mark.parametrize("family", FAMILIES)
def test_names_are_those_of_keras(family):
    module, table, theirs = FAMILIES[family]
    names = {**getattr(module, family.upper()), **module.ALIASES}
    assert set(table) <= set(names)
    for name in names:
        assert type(module.get(name)).__name__ == type(theirs.get(name)).__name__
    assert module.get(None) is None
    mine = next(iter(table.values()))[0]
    assert module.get(mine) is mine


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ALL_R, ids=cases.name_of)
def test_penalty_and_gradient_are_those_of_keras(case, dtype, rng):
    theirs = in_keras(case, "regularizers")
    for name in vars(case).keys() & {"l1", "l2", "factor"}:
        # Keras rounds its factors to float32, whatever the dtype of the weight.
        setattr(theirs, name, tf.constant(getattr(case, name), dtype))
    single = dtype == "float32"
    for shape in ((4, 3), (2, 5)):
        w = weight(rng, shape, dtype)
        kept, variable = w.copy(), tf.Variable(w)
        with tf.GradientTape() as tape:
            wanted = theirs(variable)
        slope = tape.gradient(wanted, variable, unconnected_gradients="zero")
        penalty, gradient = case(w)
        assert type(penalty) is float and gradient.dtype == w.dtype
        assert penalty == pytest.approx(float(wanted), rel=1e-6 if single else 1e-12)
        np.testing.assert_allclose(
            gradient, slope, rtol=1e-5 if single else 1e-10, atol=1e-8
        )
        np.testing.assert_array_equal(w, kept)
        assert not np.shares_memory(w, gradient)


@pytest.mark.parametrize("case", ALL_R, ids=cases.name_of)
def test_gradient_is_that_of_finite_differences(case, rng):
    w = weight(rng)
    found = gradcheck.numerical_gradient(lambda w: case(w)[0], w)
    np.testing.assert_allclose(case(w)[1], found, rtol=1e-6, atol=1e-9)


def test_penalties_by_hand():
    w = np.array([[1.0, -2.0], [3.0, 0.0]])
    # sum |w| = 6, sum w^2 = 14
    assert regularizers.L1(0.5)(w)[0] == 3.0
    assert regularizers.L2(0.5)(w)[0] == 7.0
    assert regularizers.L1L2(0.5, 0.5)(w)[0] == 10.0
    np.testing.assert_array_equal(regularizers.L1(1)(w)[1], [[1, -1], [1, 0]])
    np.testing.assert_array_equal(regularizers.L2(1)(w)[1], 2 * w)
    # rows (1, -2) / sqrt 5 and (1, 0): the one pair has the cosine 1 / sqrt 5
    orthogonal = regularizers.OrthogonalRegularizer(1.0)(w)[0]
    assert orthogonal == pytest.approx(1 / math.sqrt(5))


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_orthogonal_penalty_vanishes_at_orthogonal_matrices(mode, rng):
    q = np.linalg.qr(rng.normal(size=(4, 4)))[0] * [1.0, 2.0, 0.5, 3.0]
    q = q.T if mode == "rows" else q
    penalty, gradient = regularizers.OrthogonalRegularizer(1.0, mode)(q)
    assert penalty < 1e-14
    # the length of a vector is free: the gradient has no part along it
    w = rng.normal(size=(4, 3))
    gradient = regularizers.OrthogonalRegularizer(1.0, mode)(w)[1]
    along = (gradient * w).sum(axis=1 if mode == "rows" else 0)
    np.testing.assert_allclose(along, 0, atol=1e-15)


def test_orthogonal_penalty_without_a_pair_or_a_direction():
    penalty, gradient = regularizers.OrthogonalRegularizer()(np.ones((1, 3)))
    assert penalty == 0.0 and not gradient.any()
    penalty, gradient = regularizers.OrthogonalRegularizer()(np.zeros((2, 3)))
    assert penalty == 0.0 and np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ALL_C, ids=cases.name_of)
def test_constraint_is_that_of_keras(case, dtype, rng):
    theirs = in_keras(case, "constraints")
    for shape in ((4, 3), (2, 3, 4)):
        w = weight(rng, shape, dtype)
        kept = w.copy()
        ours, wanted = case(w), np.asarray(theirs(tf.constant(w)))
        assert ours.dtype == wanted.dtype == w.dtype
        np.testing.assert_allclose(
            ours, wanted, rtol=1e-12 if w.itemsize == 8 else 1e-6
        )
        np.testing.assert_array_equal(w, kept)
        assert not np.shares_memory(ours, w)
    zero = np.zeros((2, 2), dtype)
    np.testing.assert_array_equal(case(zero), zero)  # no direction, no division by 0


@given(st.integers(0, 2**32 - 1))
def test_projections_reach_their_set_and_stay(seed):
    w = np.random.default_rng(seed).normal(size=(5, 4))
    length = constraints.norms(w, 0)
    near = {"rtol": 1e-5, "atol": 1e-9}  # EPSILON in the quotient
    np.testing.assert_allclose(
        constraints.norms(constraints.UnitNorm()(w), 0), 1, **near
    )
    short = constraints.MaxNorm(1.5)(w)
    np.testing.assert_allclose(
        constraints.norms(short, 0), np.minimum(length, 1.5), **near
    )
    between = constraints.MinMaxNorm(1.0, 2.0)(w)
    np.testing.assert_allclose(
        constraints.norms(between, 0), np.clip(length, 1, 2), **near
    )
    half = constraints.MinMaxNorm(1.0, 2.0, rate=0.5)(w)
    np.testing.assert_allclose(
        constraints.norms(half, 0), (np.clip(length, 1, 2) + length) / 2, **near
    )
    for projection in (constraints.NonNeg(), constraints.MaxNorm(1.5)):
        once = projection(w)
        np.testing.assert_allclose(projection(once), once, **near)
    assert (constraints.NonNeg()(w) >= 0).all()
    # a projection leaves the direction alone
    np.testing.assert_allclose(
        between / constraints.norms(between, 0), w / length, **near
    )


@pytest.mark.parametrize("case", [*ALL_R, *ALL_C], ids=repr)
def test_repr_builds_it_again(case):
    module = regularizers if isinstance(case, regularizers.Regularizer) else constraints
    assert vars(eval(repr(case), vars(module))) == vars(case)


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_regularizer": "l1", "bias_regularizer": regularizers.L2(0.1)},
        {"kernel_regularizer": regularizers.OrthogonalRegularizer(0.5)},
        {"kernel_constraint": constraints.MaxNorm(0.5), "bias_constraint": "non_neg"},
        {"kernel_regularizer": "l2", "kernel_constraint": "unit_norm"},
    ],
    ids=lambda options: "-".join(options),
)
def test_fit_is_that_of_keras(options, rng):
    stack = [layers.Input((5,)), layers.Dense(3, activation="tanh", **options)]
    model = cases.filled(models.Sequential([*stack, layers.Dense(2)]), "float32")
    model.constrain()
    model.compile("sgd", "mse")
    theirs = twin.to_keras(model)
    x, y = rng.normal(size=(12, 5)), rng.normal(size=(12, 2))
    options = {"epochs": 3, "batch_size": 4, "shuffle": False, "verbose": 0}
    ours, record = model.fit(x, y, **options), theirs.fit(x, y, **options)
    np.testing.assert_allclose(ours.history["loss"], record.history["loss"], rtol=1e-5)
    for w, v in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(w, v, rtol=1e-4, atol=1e-6)
