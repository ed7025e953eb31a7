"""Convolutions against oracles that are not Keras, and the laws they obey.

PyTorch keeps channels first, (batch, channels, height, width), and kernels as (filters,
channels / groups, height, width), of transposed convolutions (channels, filters, ...);
`padding=0` is "valid". Its gradients come from its own autograd.
"""

import cases
import numpy as np
import pytest
from cases.convolution import BEYOND
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from dlcourse import gradcheck, layers, losses
from dlcourse.layers import Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D

bounded = settings(deadline=None, derandomize=True, max_examples=25)
EVERY = [
    case
    for name in ("Conv1D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D")
    for case in cases.LAYERS[name]
] + BEYOND


def built(layer, shape, dtype="float64", seed=0):
    """The layer with distinct random weights."""
    rng = np.random.default_rng(seed)
    layer.build((None, *shape), rng=rng, dtype=dtype)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


# -- SciPy


@pytest.mark.parametrize("kernel", [1, 2, (3, 4), 5])
def test_conv2d_is_scipy_correlate(kernel, rng):
    layer = built(Conv2D(3, kernel), (6, 7, 2))
    W, b = layer.weights
    x = rng.normal(size=(2, 6, 7, 2))
    for n, f in np.ndindex(2, 3):
        want = b[f] + sum(
            signal.correlate(x[n, :, :, k], W[:, :, k, f], mode="valid")
            for k in range(2)
        )
        np.testing.assert_allclose(layer(x)[n, :, :, f], want, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_conv1d_same_is_scipy_correlate_at_every_stride(stride, rng):
    # Odd kernel, length 9 = 1 mod s + ...: total padding (ceil(9/s) - 1) s + 3 - 9.
    layer = built(Conv1D(2, 3, strides=stride, padding="same"), (9, 2))
    W, b = layer.weights
    x = rng.normal(size=(2, 9, 2))
    before = max((-(-9 // stride) - 1) * stride + 3 - 9, 0) // 2
    for n, f in np.ndindex(2, 2):
        full = b[f] + sum(
            signal.correlate(x[n, :, k], W[:, k, f], mode="full") for k in range(2)
        )
        want = full[2 - before :: stride][: -(-9 // stride)]
        np.testing.assert_allclose(layer(x)[n, :, f], want, rtol=1e-11)


def test_depthwise_is_scipy_correlate_of_each_channel(rng):
    layer = built(DepthwiseConv2D(3, depth_multiplier=2), (5, 6, 3))
    W, b = layer.weights
    x = rng.normal(size=(2, 5, 6, 3))
    for n, k, q in np.ndindex(2, 3, 2):
        want = signal.correlate(x[n, :, :, k], W[:, :, k, q], mode="valid")
        found = layer(x)[n, :, :, 2 * k + q] - b[2 * k + q]
        np.testing.assert_allclose(found, want, rtol=1e-10, atol=1e-12)


def test_transposed_convolution_is_scipy_convolve(rng):
    # Stride 1, "valid": the full true convolution.
    layer = built(Conv2DTranspose(3, (2, 3)), (4, 5, 2))
    W, b = layer.weights
    x = rng.normal(size=(2, 4, 5, 2))
    for n, f in np.ndindex(2, 3):
        want = b[f] + sum(
            signal.convolve(x[n, :, :, k], W[:, :, f, k], mode="full") for k in range(2)
        )
        np.testing.assert_allclose(layer(x)[n, :, :, f], want, rtol=1e-10, atol=1e-12)


# -- a published example


def test_the_example_of_dumoulin_and_visin():
    # A guide to convolution arithmetic for deep learning, arXiv:1603.07285, figure 1.1
    x = np.array(
        [
            [3, 3, 2, 1, 0],
            [0, 0, 1, 3, 1],
            [3, 1, 2, 2, 3],
            [2, 0, 0, 2, 2],
            [2, 0, 0, 0, 1],
        ]
    )
    layer = Conv2D(1, 3, use_bias=False)
    layer.build((None, 5, 5, 1), rng=0, dtype="float64")
    layer.set_weights([np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]]).reshape(3, 3, 1, 1)])
    y = layer(x.reshape(1, 5, 5, 1).astype(float))
    assert y[0, :, :, 0].tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]


# -- PyTorch, also where Keras or TensorFlow's CPU refuses


def in_torch(layer, x, dy):
    """[y, dx, dW, db] of a layer with padding "valid", by PyTorch."""
    import torch
    from torch.nn import functional

    def tensor(array):
        return torch.tensor(np.ascontiguousarray(array), requires_grad=True)

    rank, kernel = layer.rank, layer.params["kernel"]
    first, last = (0, rank + 1, *range(1, rank + 1)), (0, *range(2, rank + 2), 1)
    options = {"stride": layer.strides, "dilation": layer.dilation_rate}
    if isinstance(layer, DepthwiseConv2D):  # (h, w, c, m) -> (c m, 1, h, w)
        w = tensor(kernel.reshape(*kernel.shape[:2], 1, -1).transpose(3, 2, 0, 1))
        convolve, options["groups"] = functional.conv2d, kernel.shape[2]
    elif isinstance(layer, Conv2DTranspose):
        w, convolve = tensor(kernel.transpose(3, 2, 0, 1)), functional.conv_transpose2d
    else:
        w = tensor(kernel.transpose(rank + 1, rank, *range(rank)))
        convolve = functional.conv1d if rank == 1 else functional.conv2d
        options["groups"] = layer.groups
    t, b = tensor(x.transpose(first)), tensor(layer.params["bias"])
    y = torch.tanh(convolve(t, w, b, **options))
    y.backward(torch.tensor(np.ascontiguousarray(dy.transpose(first))))
    dW = w.grad.numpy().transpose(*range(2, rank + 2), 1, 0)
    found = [y.detach().numpy().transpose(last), t.grad.numpy().transpose(last)]
    return [*found, dW.reshape(kernel.shape), b.grad.numpy()]


@pytest.mark.parametrize("case", BEYOND, ids=cases.name_of)
def test_layer_is_that_of_pytorch(case, rng, needs):
    needs("torch")
    (layer,) = case.layers()
    built(layer, case.shape)
    x = rng.normal(size=(2, *case.shape))
    y, cache = layer.forward(x)
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)
    assert y.shape[1:] == layer.compute_output_shape((None, *case.shape))[1:]
    for ours, theirs in zip(
        [y, dx, *grads.values()], in_torch(layer, x, dy), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("case", BEYOND, ids=cases.name_of)
def test_gradient_equals_differences(case):
    model, x = case.model(), case.x()
    y = np.random.default_rng(2).normal(size=model(x).shape)
    rng = np.random.default_rng(3)
    assert gradcheck.check(model, x, y, losses.get("mse"), rng=rng) <= 1e-6


# -- laws


geometry = st.fixed_dictionaries(
    {
        "kernel_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "strides": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.sampled_from(["valid", "same"]),
        "dilation_rate": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    }
)


@bounded
@given(geometry, st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_transposed_convolution_is_the_adjoint(options, height, width, seed):
    # <C y, x> = <y, C^T x>: the convolution from y's shape back to x's.
    options = {**options, "use_bias": False}
    up = built(Conv2DTranspose(3, **options), (height, width, 2), seed=seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, height, width, 2))
    y, cache = up.forward(x)
    dy = rng.normal(size=y.shape)
    dx, _ = up.backward(dy, cache)
    np.testing.assert_allclose((y * dy).sum(), (x * dx).sum(), rtol=1e-9, atol=1e-9)
    if options["padding"] == "valid" or y.shape[1:3] == tuple(
        n * s for n, s in zip((height, width), options["strides"], strict=True)
    ):
        down = Conv2D(2, **options)
        down.build((None, *y.shape[1:]), rng=0, dtype="float64")
        down.set_weights(up.get_weights())
        if down.compute_output_shape(y.shape) == x.shape:
            np.testing.assert_allclose(down(dy), dx, rtol=1e-9, atol=1e-9)


@bounded
@given(geometry, st.integers(0, 99))
def test_forward_and_backward_are_adjoint_and_linear(options, seed):
    shape, rng = (10, 11, 2), np.random.default_rng(seed)
    for layer in (
        Conv2D(3, use_bias=False, **options),
        DepthwiseConv2D(use_bias=False, depth_multiplier=2, **options),
    ):
        built(layer, shape, seed=seed)
        x, v = rng.normal(size=(2, 2, *shape))
        y, cache = layer.forward(x)
        dy = rng.normal(size=y.shape)
        dx, grads = layer.backward(dy, cache)
        close = {"rtol": 1e-9, "atol": 1e-9}
        np.testing.assert_allclose((y * dy).sum(), (x * dx).sum(), **close)
        W = layer.params["kernel"]
        np.testing.assert_allclose((y * dy).sum(), (W * grads["kernel"]).sum(), **close)
        np.testing.assert_allclose(layer(2 * x - v), 2 * y - layer(v), **close)


@bounded
@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 2), st.integers(0, 99))
def test_a_shift_of_the_image_shifts_the_output(down, across, stride, seed):
    # Equivariance holds for shifts by multiples of the stride.
    layer = built(Conv2D(2, 3, strides=stride), (16, 17, 2), seed=seed)
    big = np.random.default_rng(seed).normal(size=(1, 26, 26, 2))
    here, there = big[:, :16, :17], big[:, down * stride :, across * stride :]
    y, shifted = layer(here), layer(there[:, :16, :17])
    np.testing.assert_allclose(
        shifted[:, : y.shape[1] - down, : y.shape[2] - across],
        y[:, down:, across:],
        rtol=1e-10,
        atol=1e-12,
    )


def test_a_causal_convolution_sees_no_later_step(rng):
    layer = built(Conv1D(3, 3, padding="causal", dilation_rate=2), (12, 2))
    x = rng.normal(size=(1, 12, 2))
    y = layer(x)
    for t in range(12):
        later = x.copy()
        later[:, t + 1 :] += 1
        np.testing.assert_array_equal(layer(later)[:, : t + 1], y[:, : t + 1])
    assert (layer(x[:, :1]) == y[:, :1]).all()


def test_groups_are_layers_side_by_side(rng):
    whole = built(Conv2D(6, 3, groups=2), (5, 6, 4))
    W, b = whole.weights
    x = rng.normal(size=(2, 5, 6, 4))
    for g in range(2):
        part = Conv2D(3, 3)
        part.build((None, 5, 6, 2), rng=0, dtype="float64")
        part.set_weights([W[..., 3 * g : 3 * g + 3], b[3 * g : 3 * g + 3]])
        np.testing.assert_allclose(
            part(x[..., 2 * g : 2 * g + 2]),
            whole(x)[..., 3 * g : 3 * g + 3],
            rtol=1e-12,
        )


def test_a_kernel_of_one_pixel_is_dense(rng):
    layer, dense = built(Conv2D(3, 1), (4, 5, 2)), layers.Dense(3)
    dense.build((None, 2), rng=0, dtype="float64")
    dense.set_weights([layer.weights[0][0, 0], layer.weights[1]])
    x = rng.normal(size=(2, 4, 5, 2))
    np.testing.assert_allclose(layer(x), dense(x), rtol=1e-13)


# -- what the layers keep


@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
def test_the_cache_holds_nothing_unfolded(activation, rng):
    layer = built(Conv2D(4, 5, activation=activation, padding="same"), (8, 8, 4))
    x = rng.normal(size=(2, 8, 8, 4))
    y, (kept_x, kept) = layer.forward(x)
    assert kept_x is x
    arrays = {id(a): a.nbytes for a in kept or ()}
    allowed = {None: 0, "relu": 1, "tanh": 2}[activation]
    assert sum(arrays.values()) == allowed * y.nbytes


@pytest.mark.parametrize("case", EVERY, ids=cases.name_of)
def test_float32_stays_and_equals_float64(case):
    (layer,) = case.layers()[:1]
    built(layer, case.shape, "float32")
    exact = case.layers()[0]
    exact.build((None, *case.shape), rng=0, dtype="float64")
    exact.set_weights(layer.get_weights())
    x = case.x("float32")
    y, cache = layer.forward(x)
    want, exact_cache = exact.forward(x.astype(np.float64))
    dy = np.random.default_rng(4).normal(size=y.shape).astype(np.float32)
    found = [y, *flat(layer.backward(dy, cache))]
    for ours, theirs in zip(
        found,
        [want, *flat(exact.backward(dy.astype(np.float64), exact_cache))],
        strict=True,
    ):
        assert ours.dtype == np.float32 and theirs.dtype == np.float64
        np.testing.assert_allclose(
            ours, theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max()
        )


def flat(result):
    dx, grads = result
    return [dx, *grads.values()]


@pytest.mark.parametrize(
    ("name", "options", "shape", "count"),
    [
        ("Conv2D", {"filters": 200, "kernel_size": 3}, (150, 100, 3), 5_600),
        (
            "Conv2D",
            {"filters": 256, "kernel_size": 5, "groups": 2},
            (27, 27, 96),
            307_456,
        ),
        ("Conv2DTranspose", {"filters": 64, "kernel_size": 2}, (8, 8, 128), 32_832),
        ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (8, 8, 16), 320),
        ("Conv1D", {"filters": 8, "kernel_size": 5, "use_bias": False}, (9, 4), 160),
    ],
)
def test_parameters_by_hand(name, options, shape, count):
    # 200 (3*3*3 + 1); 256 (5*5*48 + 1), the second layer of AlexNet; ...
    layer = getattr(layers, name)(**options)
    layer.build((None, *shape), rng=0)
    assert layer.count_params() == count


def test_options_of_weights_act(rng):
    layer = DepthwiseConv2D(
        3, depthwise_initializer="he_normal", depthwise_regularizer="l2",
        depthwise_constraint="non_neg", bias_initializer="ones", bias_regularizer="l1",
    )  # fmt: skip
    layer.build((None, 5, 5, 2), rng=rng)
    penalty, grads = layer.regularization()
    assert list(grads) == ["kernel", "bias"] and penalty > 0.02
    layer.constrain()
    assert (layer.params["kernel"] >= 0).all() and (layer.params["bias"] == 1).all()
    conv = Conv2DTranspose(2, 3, kernel_regularizer="l1", kernel_constraint="non_neg")
    conv.build((None, 5, 5, 2), rng=rng)
    penalty, _ = conv.regularization()
    assert penalty == pytest.approx(0.01 * np.abs(conv.params["kernel"]).sum())
    assert repr(conv) == "Conv2DTranspose(2, (3, 3))"


@pytest.mark.parametrize("layer", [Conv1D(4, 2, groups=2), Conv1D(64, 3)])
def test_the_gradient_of_the_input_can_be_left_out(layer, rng):
    built(layer, (8, 4))
    y, cache = layer.forward(rng.normal(size=(2, 8, 4)))
    _, grads = layer.backward(y, cache)
    dx, alone = layer.backward(y, cache, need_dx=False)
    assert dx is None and list(alone) == list(grads)
    for name, gradient in alone.items():
        np.testing.assert_array_equal(gradient, grads[name])
