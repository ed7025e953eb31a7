"""Bilinear UpSampling2D against Keras in float32, SciPy, PyTorch and a loop; adjoints."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from dlcourse import gradcheck, layers, losses, models
from dlcourse.layers.reshaping import bilinear_matrix

SIZES = [(2, 2), (3, 2), (1, 4), (5, 1)]


def by_hand(x, size):
    """y entry by entry: the place in x, its four neighbours, the two weights."""
    batch, height, width, channels = x.shape
    y = np.empty((batch, height * size[0], width * size[1], channels))
    for i, j in np.ndindex(y.shape[1:3]):
        r = min(max((i + 0.5) / size[0] - 0.5, 0), height - 1)
        c = min(max((j + 0.5) / size[1] - 0.5, 0), width - 1)
        r0, c0 = int(r), int(c)
        r1, c1 = min(r0 + 1, height - 1), min(c0 + 1, width - 1)
        upper = x[:, r0, c0] * (1 - (c - c0)) + x[:, r0, c1] * (c - c0)
        lower = x[:, r1, c0] * (1 - (c - c0)) + x[:, r1, c1] * (c - c0)
        y[:, i, j] = upper * (1 - (r - r0)) + lower * (r - r0)
    return y


@pytest.mark.parametrize("size", SIZES)
def test_bilinear(size, rng):
    x = rng.normal(size=(2, 3, 4, 2))
    y = layers.UpSampling2D(size, interpolation="bilinear")(x)
    np.testing.assert_allclose(y, by_hand(x, size), rtol=1e-13, atol=1e-15)
    # SciPy: order 1, pixels as areas (grid_mode), the outermost value beyond the border
    theirs = ndimage.zoom(x, (1, *size, 1), order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(y, theirs, rtol=1e-12, atol=1e-14)


def test_bilinear_hand_worked():
    # twice as wide: the new middles lie 1/4 from the old ones
    y = layers.UpSampling2D((1, 2), "bilinear")(
        np.array([0.0, 4, 8]).reshape(1, 1, 3, 1)
    )
    np.testing.assert_array_equal(y.ravel(), [0, 1, 3, 5, 7, 8])
    np.testing.assert_array_equal(
        bilinear_matrix(2, 2), [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    )


@pytest.mark.parametrize("size", SIZES)
def test_bilinear_is_that_of_keras_in_float32(size, rng):
    import keras

    x = rng.normal(size=(2, 3, 4, 2)).astype(np.float32)
    y = layers.UpSampling2D(size, interpolation="bilinear")(x)
    theirs = keras.layers.UpSampling2D(size, interpolation="bilinear")(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, keras.ops.convert_to_numpy(theirs), atol=1e-6)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", SIZES)
def test_pytorch(size, mode, rng, needs):
    """align_corners=False is the convention of Keras."""
    needs("torch")
    import torch

    x = rng.normal(size=(2, 3, 4, 2))
    layer = layers.UpSampling2D(size, interpolation=mode)
    y, cache = layer.forward(x)
    dy = rng.normal(size=y.shape)
    given = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    options = {"align_corners": False} if mode == "bilinear" else {}
    out = torch.nn.functional.interpolate(
        given, scale_factor=size, mode=mode, **options
    )
    out.backward(torch.tensor(dy.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(
        y, out.detach().numpy().transpose(0, 2, 3, 1), atol=1e-14
    )
    np.testing.assert_allclose(
        layer.backward(dy, cache)[0],
        given.grad.numpy().transpose(0, 2, 3, 1),
        atol=1e-13,
    )


def test_bilinear_gradient(rng):
    stack = [
        layers.Input((3, 4, 2)),
        layers.UpSampling2D((2, 3), "bilinear"),
        layers.Dense(2),
    ]
    model = models.Sequential(stack)
    model.build(rng=rng, dtype="float64")
    x = rng.normal(size=(3, 3, 4, 2))
    y = rng.normal(size=model(x).shape)
    assert gradcheck.check(model, x, y, losses.get("mse"), rng=rng) < 1e-6


LINEAR = {
    "ZeroPadding2D": lambda a, b: layers.ZeroPadding2D(((a, b), (b, a))),
    "Cropping2D": lambda a, b: layers.Cropping2D(((a, b), (0, a))),
    "UpSampling2D-nearest": lambda a, b: layers.UpSampling2D((a + 1, b + 1)),
    "UpSampling2D-bilinear": lambda a, b: layers.UpSampling2D(
        (a + 1, b + 1), "bilinear"
    ),
    "Reshape": lambda a, b: layers.Reshape((-1, 5)),
    "Permute": lambda a, b: layers.Permute(((2, 3, 1), (3, 2, 1), (1, 3, 2))[a]),
}


@settings(deadline=None, derandomize=True, max_examples=30)
@given(
    st.sampled_from(sorted(LINEAR)),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 99),
)
def test_backward_is_the_adjoint(name, a, b, seed):
    # <f(x), v> = <x, backward(v)> for linear f
    layer, rng = LINEAR[name](a, b), np.random.default_rng(seed)
    x = rng.normal(size=(2, 5, 6, 3))
    y, cache = layer.forward(x)
    v = rng.normal(size=y.shape)
    assert y.shape == layer.compute_output_shape(x.shape)
    assert (y * v).sum() == pytest.approx((x * layer.backward(v, cache)[0]).sum())


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_cropping_undoes_padding(top, bottom, left, right):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    sides = ((top, bottom), (left, right))
    padded = layers.ZeroPadding2D(sides)(x)
    assert padded.sum() == pytest.approx(x.sum())
    np.testing.assert_array_equal(layers.Cropping2D(sides)(padded), x)


def test_free_sizes():
    free = (None, None, 4, 3)
    assert layers.ZeroPadding2D(1).compute_output_shape(free) == (None, None, 6, 3)
    assert layers.Cropping2D(1).compute_output_shape(free) == (None, None, 2, 3)
    assert layers.UpSampling2D(3).compute_output_shape(free) == (None, None, 12, 3)
    assert layers.MaxPooling2D(2).compute_output_shape(free) == (None, None, 2, 3)
