"""Activation layers: PyTorch, SciPy, the slopes that TensorFlow rounds, masks, kinks."""

import numpy as np
import pytest
import scipy.special as special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlcourse import layers, models

X = np.array([-1000.0, -3, -1, -1e-9, 1e-9, 0.5, 1, 2.5, 1000])


def through(layer, x):
    """(y, dL/dx for dy = 1)."""
    y, cache = layer.forward(x)
    return y, layer.backward(np.ones_like(y), cache)[0]


def test_slopes_that_tensorflow_rounds():
    # it holds the slope 0.3 in float32; by the definition
    y, dx = through(layers.LeakyReLU(), X)
    np.testing.assert_allclose(y, np.where(X > 0, X, 0.3 * X), rtol=1e-15)
    np.testing.assert_allclose(dx, np.where(X > 0, 1, 0.3), rtol=1e-15)
    y, dx = through(layers.ReLU(max_value=2.3, negative_slope=0.3, threshold=0.7), X)
    want = np.where(X >= 2.3, 2.3, np.where(X > 0.7, X, 0.3 * (X - 0.7)))
    np.testing.assert_allclose(y, want, rtol=1e-14)
    slope = np.where(X >= 2.3, 0, np.where(X > 0.7, 1, 0.3))
    np.testing.assert_allclose(dx, slope, rtol=1e-15)


def test_elu_is_that_of_scipy():
    y, dx = through(layers.ELU(0.7), X)
    np.testing.assert_allclose(
        y, np.where(X > 0, X, 0.7 * special.expm1(X.clip(max=0))), rtol=1e-14
    )
    np.testing.assert_allclose(
        dx, np.where(X > 0, 1, 0.7 * np.exp(X.clip(max=0))), rtol=1e-12
    )


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), (-1, -2)])
def test_softmax_is_that_of_scipy(axis, rng):
    x = 50 * rng.normal(size=(3, 4, 5))
    np.testing.assert_allclose(
        layers.Softmax(axis)(x), special.softmax(x, axis=axis), rtol=1e-12
    )


def test_softmax_mask(rng):
    x, mask = rng.normal(size=(4, 5)), rng.random((4, 5)) < 0.6
    mask[0], mask[1] = False, True
    layer = layers.Softmax()
    p, cache = layer.forward(x, mask=mask)
    assert not p[~mask].any() and not p[0].any()
    for n in range(1, 4):
        np.testing.assert_allclose(p[n, mask[n]], special.softmax(x[n, mask[n]]))
    dx, _ = layer.backward(rng.normal(size=x.shape), cache)
    assert not dx[~mask].any()
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-15)
    import keras

    theirs = keras.layers.Softmax()(x.astype(np.float32), mask=mask)
    np.testing.assert_allclose(p, keras.ops.convert_to_numpy(theirs), atol=1e-6)


def test_a_model_hands_its_mask_to_softmax(rng):
    x, mask = rng.normal(size=(4, 5)), np.tri(4, 5, dtype=bool)
    model = models.Sequential([layers.Input((5,)), layers.Softmax()])
    model.build(rng=rng, dtype="float64")
    p, _ = model.forward(x, mask=mask)
    np.testing.assert_array_equal(p, layers.Softmax().forward(x, mask=mask)[0])
    assert not p[~mask].any() and p[mask].all()


def test_pytorch(rng, needs):
    """One slope a channel; PyTorch has channels first, and its sizes go by another name."""
    needs("torch")
    import torch

    functional = torch.nn.functional
    x = rng.normal(size=(3, 2, 4, 5))
    prelu = layers.PReLU(shared_axes=[1, 2])
    prelu.build(x.shape, dtype="float64")
    prelu.params["alpha"][...] = rng.normal(size=5)
    alpha = torch.tensor(prelu.params["alpha"].ravel(), requires_grad=True)
    pairs = [
        (prelu, lambda v: functional.prelu(v, alpha)),
        (layers.LeakyReLU(), lambda v: functional.leaky_relu(v, 0.3)),
        (layers.ELU(0.6), lambda v: functional.elu(v, 0.6)),
        (layers.ReLU(6.0), functional.relu6),
        (layers.Softmax(), lambda v: functional.softmax(v, dim=1)),
        (layers.Softmax(1), lambda v: functional.softmax(v, dim=2)),
    ]
    dy = rng.normal(size=x.shape)
    for layer, theirs in pairs:
        given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
        out = theirs(given)
        out.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
        y, cache = layer.forward(x)
        dx, grads = layer.backward(dy, cache)
        np.testing.assert_allclose(
            y, np.moveaxis(out.detach().numpy(), 1, -1), atol=1e-14
        )
        np.testing.assert_allclose(
            dx, np.moveaxis(given.grad.numpy(), 1, -1), atol=1e-14
        )
        if grads:
            np.testing.assert_allclose(
                grads["alpha"].ravel(), alpha.grad.numpy(), atol=1e-13
            )


def test_kinks():
    zero = np.zeros((1, 1))
    prelu = layers.PReLU()
    prelu.build((None, 1), dtype="float64")
    prelu.params["alpha"][...] = 0.25
    for layer, slope in (
        (layers.ReLU(), 0),
        (layers.ReLU(negative_slope=0.25), 0.25),
        (layers.LeakyReLU(0.25), 0.25),
        (prelu, 0),
        (layers.ELU(0.25), 0.25),
    ):
        y, dx = through(layer, zero)
        assert y == 0 and dx == slope, layer
    y, dx = through(layers.ReLU(max_value=1.0, threshold=0.5), np.array([[0.5, 1.0]]))
    np.testing.assert_array_equal(y, [[0, 1]])
    np.testing.assert_array_equal(dx, [[0, 1]])


numbers = arrays(np.float64, (2, 3), elements=st.floats(-50, 50))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(numbers, st.floats(0, 2))
def test_special_cases_of_one_another(x, slope):
    leaky = layers.LeakyReLU(slope)(x)
    np.testing.assert_array_equal(layers.ReLU(negative_slope=slope)(x), leaky)
    prelu = layers.PReLU()
    prelu.build((None, 3), dtype="float64")
    np.testing.assert_array_equal(prelu(x), layers.ReLU()(x))
    prelu.params["alpha"][...] = slope
    np.testing.assert_array_equal(prelu(x), leaky)
    # positively homogeneous: f(3 x) = 3 f(x)
    tripled = layers.LeakyReLU(slope)(3 * x)
    np.testing.assert_allclose(tripled, 3 * leaky, atol=1e-300)  # not of denormals
