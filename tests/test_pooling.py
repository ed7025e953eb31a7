"""Pooling: fast forms = textbook forms, hand-worked examples, PyTorch, ties, properties."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse import layers
from dlcourse.kernels import pooling

WINDOWS = list(
    itertools.product(
        [(2, 2), (3, 2), (1, 4), (3, 3)],
        [(1, 1), (2, 2), (3, 1)],
        ["valid", "same"],
        [(4, 6), (5, 7), (3, 4)],
    )
)


@pytest.mark.parametrize(("size", "strides", "padding", "hw"), WINDOWS)
def test_fast_form_is_the_textbook_form(size, strides, padding, hw, rng, monkeypatch):
    monkeypatch.setattr(pooling, "BLOCK_BYTES", 8 * 2 * hw[0] * hw[1] * 2)
    assert len(list(pooling._blocks(np.empty((5, *hw, 2))))) == 3  # a part is left over
    x = rng.integers(0, 4, (5, *hw, 2)).astype(float)  # many ties
    y = pooling.pool_textbook(x, size, strides, padding, "max")
    dy = rng.normal(size=y.shape)
    args = size, strides, padding
    np.testing.assert_array_equal(pooling.max_pool(x, *args), y)
    np.testing.assert_allclose(
        pooling.max_pool_gradient(x, y, dy, *args),
        pooling.pool_gradient_textbook(x, dy, *args, "max"),
        atol=1e-14,
    )
    np.testing.assert_allclose(
        pooling.mean_pool(x, *args),
        pooling.pool_textbook(x, *args, "mean"),
        rtol=1e-14,
    )
    np.testing.assert_allclose(
        pooling.mean_pool_gradient(x.shape, dy, *args),
        pooling.pool_gradient_textbook(x, dy, *args, "mean"),
        atol=1e-14,
    )


# The 4x4 example of Stanford's CS231n notes on convolutional networks, figure of the
# section "Pooling layer": max pooling 2x2, stride 2.
SINGLE = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], float)


def test_hand_worked():
    x = SINGLE[None, :, :, None]
    y = layers.MaxPooling2D()(x)
    np.testing.assert_array_equal(y[0, :, :, 0], [[6, 8], [3, 4]])
    y = layers.AveragePooling2D(2)(x)
    # (1 + 1 + 5 + 6) / 4, (2 + 4 + 7 + 8) / 4, (3 + 2 + 1 + 2) / 4, (1 + 0 + 3 + 4) / 4
    np.testing.assert_array_equal(y[0, :, :, 0], [[3.25, 5.25], [2, 2]])
    layer = layers.MaxPooling2D()
    _, cache = layer.forward(x)
    dx, grads = layer.backward(
        np.array([[10.0, 20], [30, 40]])[None, :, :, None], cache
    )
    want = [[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]
    np.testing.assert_array_equal(dx[0, :, :, 0], want)
    assert grads == {}


def test_same_divides_by_the_real_entries():
    # 3 entries, windows of 2 under "same": [1, 2], [3, -]; the last mean is of one entry
    x = np.array([1.0, 2, 3])[None, :, None]
    layer = layers.AveragePooling1D(2, padding="same")
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y.ravel(), [1.5, 3])
    dx, _ = layer.backward(np.array([4.0, 6])[None, :, None], cache)
    np.testing.assert_array_equal(dx.ravel(), [2, 2, 6])
    # and what is padded never wins, though all entries are below 0
    y = layers.MaxPooling1D(padding="same")(-x)
    np.testing.assert_array_equal(y.ravel(), [-1, -3])


def test_the_first_of_equal_entries_takes_all():
    x = np.zeros((1, 4, 4, 1))
    layer = layers.MaxPooling2D()
    y, cache = layer.forward(x)
    dx, _ = layer.backward(np.ones_like(y), cache)
    want = np.zeros((4, 4))
    want[::2, ::2] = 1
    np.testing.assert_array_equal(dx[0, :, :, 0], want)
    # row by row: of (0, 1) and (1, 0) the one in the upper row
    x[0, :2, :2, 0] = [[0, 7], [7, 0]]
    y, cache = layer.forward(x)
    dx, _ = layer.backward(np.ones_like(y), cache)
    np.testing.assert_array_equal(dx[0, :2, :2, 0], [[0, 1], [0, 0]])


def test_global_maximum_shares_among_equal_entries():
    x = np.array([[1.0, 3, 3, 0]])[..., None]
    layer = layers.GlobalMaxPooling1D()
    _, cache = layer.forward(x)
    dx, _ = layer.backward(np.array([[6.0]]), cache)
    np.testing.assert_array_equal(dx.ravel(), [0, 3, 3, 0])


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "name", ["MaxPooling1D", "MaxPooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D"]
)
def test_ties_are_resolved_as_keras_on_tensorflow_does(name, padding, rng):
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("JAX and PyTorch have their own ways")
    import tensorflow as tf

    shape = (2, 7, 6, 3) if name.endswith("2D") else (2, 7, 3)
    options = (
        {} if "Global" in name else {"pool_size": 3, "strides": 2, "padding": padding}
    )
    x = rng.integers(0, 3, shape).astype(float)
    ours, theirs = (
        getattr(layers, name)(**options),
        getattr(keras.layers, name)(**options, dtype="float64"),
    )
    y, cache = ours.forward(x)
    dy = rng.normal(size=y.shape)
    with tf.GradientTape() as tape:
        given = tf.constant(x)
        tape.watch(given)
        out = theirs(given)
    want = tape.gradient(out, given, output_gradients=tf.constant(dy)).numpy()
    np.testing.assert_array_equal(y, out.numpy())
    np.testing.assert_allclose(ours.backward(dy, cache)[0], want, atol=1e-15)


@pytest.mark.parametrize("size", [2, 3, (3, 2)])
@pytest.mark.parametrize("strides", [None, 1, 2])
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pytorch(size, strides, mode, rng, needs):
    """PyTorch is channels first and knows no "same"; its padding is symmetric."""
    needs("torch")
    import torch

    x = rng.normal(size=(2, 7, 8, 3))
    cls = {"max": layers.MaxPooling2D, "avg": layers.AveragePooling2D}[mode]
    layer = cls(size, strides)
    y, cache = layer.forward(x)
    dy = rng.normal(size=y.shape)
    given = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    pool = getattr(torch.nn.functional, f"{mode}_pool2d")
    out = pool(given, size, strides)
    out.backward(torch.tensor(dy.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(
        y, out.detach().numpy().transpose(0, 2, 3, 1), rtol=1e-13
    )
    np.testing.assert_allclose(
        layer.backward(dy, cache)[0],
        given.grad.numpy().transpose(0, 2, 3, 1),
        atol=1e-14,
    )


def test_pytorch_padding(rng, needs):
    """Windows of 3 with stride 1 need one entry on each side: there "same" is PyTorch's
    padding=1, without the zeros in the mean."""
    needs("torch")
    import torch

    x = rng.normal(size=(2, 5, 6, 3))
    given = torch.tensor(x.transpose(0, 3, 1, 2))
    functional = torch.nn.functional
    highest = functional.max_pool2d(given, 3, 1, padding=1)
    mean = functional.avg_pool2d(given, 3, 1, padding=1, count_include_pad=False)
    for layer, out in (
        (layers.MaxPooling2D(3, 1, "same"), highest),
        (layers.AveragePooling2D(3, 1, "same"), mean),
    ):
        np.testing.assert_allclose(
            layer(x), out.numpy().transpose(0, 2, 3, 1), rtol=1e-13
        )


def test_a_mask_leaves_steps_out(rng):
    x, mask = (
        rng.normal(size=(3, 5, 2)),
        np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 0], [0, 0, 0, 0, 1]], bool),
    )
    holes = np.where(mask[..., None], x, np.nan)  # what stands there cannot matter
    layer = layers.GlobalAveragePooling1D()
    y, cache = layer.forward(holes, mask=mask)
    np.testing.assert_allclose(y, np.nanmean(holes, axis=1), rtol=1e-14)
    dx, _ = layer.backward(np.ones((3, 2)), cache)
    np.testing.assert_allclose(dx[..., 0], mask / mask.sum(axis=1, keepdims=True))
    assert layer.compute_mask(x, mask) is None


# -- properties

few = settings(deadline=None, derandomize=True, max_examples=40)
sizes = st.integers(1, 4)
windows = st.tuples(
    st.tuples(sizes, sizes),
    st.tuples(sizes, sizes),
    st.sampled_from(["valid", "same"]),
    st.tuples(st.integers(4, 7), st.integers(4, 7)),
    st.integers(0, 99),
)


@few
@given(windows)
def test_backward_of_averages_is_the_adjoint(drawn):
    # the mean is linear in x: <y(x), v> = <x, backward(v)> for all x and v
    size, strides, padding, hw, seed = drawn
    rng = np.random.default_rng(seed)
    layer = layers.AveragePooling2D(size, strides, padding)
    x = rng.normal(size=(2, *hw, 2))
    y, cache = layer.forward(x)
    v = rng.normal(size=y.shape)
    assert (y * v).sum() == pytest.approx((x * layer.backward(v, cache)[0]).sum())
    assert y.shape == layer.compute_output_shape(x.shape)


@few
@given(windows)
def test_maximum_is_at_least_the_mean_and_commutes_with_relu(drawn):
    size, strides, padding, hw, seed = drawn
    x = np.random.default_rng(seed).normal(size=(2, *hw, 2))
    highest = layers.MaxPooling2D(size, strides, padding)
    mean = layers.AveragePooling2D(size, strides, padding)
    y = highest(x)
    assert (y >= mean(x) - 1e-15).all()
    # max is monotone: relu before or after is the same; the mean is not
    np.testing.assert_array_equal(highest(np.maximum(x, 0)), np.maximum(y, 0))
    np.testing.assert_allclose(highest(2 * x - 3), 2 * y - 3)
    np.testing.assert_allclose(mean(2 * x - 3), 2 * mean(x) - 3)


@few
@given(windows)
def test_every_window_hands_its_whole_gradient_on(drawn):
    size, strides, padding, hw, seed = drawn
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (2, *hw, 2)).astype(float)
    for cls in (layers.MaxPooling2D, layers.AveragePooling2D):
        layer = cls(size, strides, padding)
        y, cache = layer.forward(x)
        dy = rng.normal(size=y.shape)
        dx, _ = layer.backward(dy, cache)
        np.testing.assert_allclose(dx.sum(axis=(1, 2)), dy.sum(axis=(1, 2)), atol=1e-12)
