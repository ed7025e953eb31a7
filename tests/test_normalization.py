"""Normalization: fast forms = textbook forms, scikit-learn, PyTorch, tf.nn.lrn, loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from dlcourse import gradcheck, initializers, layers, losses, models
from dlcourse.kernels import normalization as kernel


def built(layer, shape, dtype="float64", seed=0):
    """With gamma, beta and moving averages that differ in every entry."""
    layer.build((None, *shape), rng=0, dtype=dtype)
    rng = np.random.default_rng(seed)
    for w in layer.weights:
        w[...] = rng.uniform(0.5, 2, w.shape)
    return layer


# -- batch normalization

ROWS = [(1, 3), (7, 1), (12, 5), (64, 3), (96, 300), (250, 2)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("n", "channels"), ROWS)
def test_fast_form_is_the_textbook_form(n, channels, dtype, rng, monkeypatch):
    monkeypatch.setattr(kernel, "BLOCK_BYTES", 2048 * np.dtype(dtype).itemsize)
    x = (5 + rng.normal(size=(n, channels)) * rng.uniform(0.1, 3, channels)).astype(
        dtype
    )
    dy = rng.normal(size=x.shape).astype(dtype)
    gamma, beta = rng.normal(size=(2, channels)).astype(dtype)
    mean, variance = kernel.moments_textbook(x)
    found = kernel.moments(x)
    tolerance = (
        {"rtol": 1e-11, "atol": 1e-12}
        if dtype == "float64"
        else {"rtol": 1e-4, "atol": 2e-5}
    )
    np.testing.assert_allclose(found[0], mean, **tolerance)
    np.testing.assert_allclose(found[1], variance, **tolerance)
    inv = 1 / np.sqrt(variance + np.dtype(dtype).type(0.01))
    y = kernel.scale(x, mean, inv, gamma, beta)
    np.testing.assert_allclose(
        y, kernel.scale_textbook(x, mean, inv, gamma, beta), **tolerance
    )
    fast = kernel.gradients(x, dy, mean, inv, gamma)
    slow = kernel.gradients_textbook(x, dy, mean, inv, gamma)
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype == dtype
        scale = np.abs(b).max() or 1  # all 0 for a batch of one
        np.testing.assert_allclose(a / scale, b / scale, **tolerance)


def test_statistics_do_not_cancel(rng):
    # mean 1e4, deviation 1: E[x^2] - E[x]^2 in float32 has no right digit
    x = (1e4 + rng.normal(size=(4096, 8))).astype(np.float32)
    x[2048:] += 3  # and the blocks differ
    _, variance = kernel.moments(x)
    np.testing.assert_allclose(variance, x.astype(float).var(axis=0), rtol=1e-3)
    naive = (x * x).mean(axis=0) - x.mean(axis=0) ** 2
    assert np.abs(naive / variance - 1).max() > 0.1


@pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 4, 2)])
def test_training_output_is_that_of_standard_scaler(shape, rng):
    x = rng.normal(2, 3, size=(20, *shape))
    layer = layers.BatchNormalization(epsilon=0.0)
    layer.build((None, *shape), rng=0, dtype="float64")
    y = layer(x, training=True)
    scaler = StandardScaler().fit(x.reshape(-1, shape[-1]))
    want = scaler.transform(x.reshape(-1, shape[-1])).reshape(x.shape)
    np.testing.assert_allclose(y, want, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.state["moving_mean"], 0.01 * scaler.mean_)
    np.testing.assert_allclose(
        layer.state["moving_variance"], 0.99 + 0.01 * scaler.var_
    )


def test_hand_worked():
    # x = 1, 3: mean 2, variance 1, xhat = -1, 1; gamma 2, beta 5: y = 3, 7
    layer = layers.BatchNormalization(
        momentum=0.5,
        epsilon=0.0,
        gamma_initializer=initializers.Constant(2),
        beta_initializer=initializers.Constant(5),
    )
    layer.build((None, 1), dtype="float64")
    y, cache = layer.forward(np.array([[1.0], [3]]), training=True)
    np.testing.assert_array_equal(y, [[3], [7]])
    # moving: mean (0 + 2) / 2, variance (1 + 1) / 2
    assert layer.state["moving_mean"] == 1 and layer.state["moving_variance"] == 1
    # dgamma = -1 dy_1 + 1 dy_2 = 3, dbeta = 5; of two entries nothing is left for dx
    dx, grads = layer.backward(np.array([[1.0], [4]]), cache)
    np.testing.assert_array_equal(dx, [[0], [0]])
    assert grads["gamma"] == 3 and grads["beta"] == 5
    # then without training: (x - 1) / 1 * 2 + 5
    np.testing.assert_array_equal(layer(np.array([[1.0], [3]])), [[5], [9]])


@pytest.mark.parametrize("shape", [(5,), (3, 4, 5)])
def test_batch_normalization_pytorch(shape, rng, needs):
    """PyTorch's momentum is 1 - ours, and its moving variance is that of the sample,
    divided by n - 1, while it normalizes by n as we do. Channels first."""
    needs("torch")
    import torch

    layer = built(layers.BatchNormalization(momentum=0.9, epsilon=0.01), shape)
    cls = torch.nn.BatchNorm1d if len(shape) == 1 else torch.nn.BatchNorm2d
    theirs = cls(shape[-1], eps=0.01, momentum=0.1, dtype=torch.float64)
    gamma, beta, mean, variance = layer.get_weights()
    with torch.no_grad():
        for name, value in (
            ("weight", gamma),
            ("bias", beta),
            ("running_mean", mean),
            ("running_var", variance),
        ):
            getattr(theirs, name).copy_(torch.tensor(value))
    x = rng.normal(size=(6, *shape))
    dy, n = rng.normal(size=x.shape), x.size // shape[-1]
    for training in (False, True):
        theirs.train(training)
        given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
        out = theirs(given)
        theirs.zero_grad()
        out.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
        y, cache = layer.forward(x, training=training)
        dx, grads = layer.backward(dy, cache)
        np.testing.assert_allclose(
            y, np.moveaxis(out.detach().numpy(), 1, -1), atol=1e-12
        )
        np.testing.assert_allclose(
            dx, np.moveaxis(given.grad.numpy(), 1, -1), atol=1e-12
        )
        np.testing.assert_allclose(
            grads["gamma"], theirs.weight.grad.numpy(), atol=1e-12
        )
        np.testing.assert_allclose(grads["beta"], theirs.bias.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(layer.state["moving_mean"], theirs.running_mean.numpy())
    moved = theirs.running_var.numpy() - 0.9 * variance
    np.testing.assert_allclose(
        layer.state["moving_variance"], 0.9 * variance + moved * (n - 1) / n
    )


def test_frozen_runs_as_without_training(rng):
    layer = built(layers.BatchNormalization(), (4,))
    x = 3 + rng.normal(size=(6, 4))
    kept, want = layer.get_weights(), layer(x)
    assert np.abs(layer(x, training=True) - want).max() > 0.1
    layer.set_weights(kept)
    layer.trainable = False
    np.testing.assert_array_equal(layer(x, training=True), want)
    for w, v in zip(layer.weights, kept, strict=True):
        np.testing.assert_array_equal(w, v)


def test_backward_belongs_to_its_forward(rng):
    # Without training the averages of the forward count, though they moved since then.
    layer = built(layers.BatchNormalization(momentum=0.5), (4,))
    x, dy = rng.normal(size=(2, 6, 4))
    _, cache = layer.forward(x)
    want = layer.backward(dy, cache)
    layer(5 + x, training=True)
    again = layer.backward(dy, cache)
    np.testing.assert_array_equal(again[0], want[0])
    np.testing.assert_array_equal(again[1]["gamma"], want[1]["gamma"])


def test_moving_averages_converge_to_the_statistics(rng):
    layer = layers.BatchNormalization(momentum=0.9)
    layer.build((None, 2), dtype="float64")
    x = rng.normal([1, -4], [2, 0.5], size=(64, 2))
    for _ in range(200):
        layer(x, training=True)
    np.testing.assert_allclose(layer.state["moving_mean"], x.mean(axis=0), rtol=1e-8)
    np.testing.assert_allclose(layer.state["moving_variance"], x.var(axis=0), rtol=1e-8)
    np.testing.assert_allclose(layer(x), layer(x, training=True), atol=1e-7)


def test_mask_leaves_steps_out_of_the_statistics(rng):
    x = rng.normal(size=(4, 5, 3))
    mask = rng.random((4, 5)) < 0.6
    layer = built(layers.BatchNormalization(momentum=0.0), (5, 3))
    layer.forward(np.where(mask[..., None], x, 1e6), training=True, mask=mask)
    # Keras adds 1e-7 to the number of steps
    np.testing.assert_allclose(
        layer.state["moving_mean"], x[mask].mean(axis=0), rtol=1e-7
    )
    np.testing.assert_allclose(
        layer.state["moving_variance"], x[mask].var(axis=0), rtol=1e-6
    )
    full, whole = built(layers.BatchNormalization(), (5, 3)), np.ones((4, 5), bool)
    np.testing.assert_allclose(
        full.forward(x, training=True, mask=whole)[0], full(x, training=True), atol=1e-6
    )


# -- layer and group normalization


@pytest.mark.parametrize("axis", [-1, (2, 3), (1, 2, 3)])
def test_layer_normalization_pytorch(axis, rng, needs):
    needs("torch")
    import torch

    shape = (3, 4, 5)
    layer = built(layers.LayerNormalization(axis, epsilon=0.01), shape)
    x = rng.normal(size=(6, *shape))
    dy = rng.normal(size=x.shape)
    gamma, beta = (torch.tensor(w, requires_grad=True) for w in layer.get_weights())
    given = torch.tensor(x, requires_grad=True)
    out = torch.nn.functional.layer_norm(given, gamma.shape, gamma, beta, 0.01)
    out.backward(torch.tensor(dy))
    y, cache = layer.forward(x)
    dx, grads = layer.backward(dy, cache)
    for ours, theirs in (
        (y, out.detach()),
        (dx, given.grad),
        (grads["gamma"], gamma.grad),
        (grads["beta"], beta.grad),
    ):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_normalization_pytorch(groups, rng, needs):
    """Channels first there."""
    needs("torch")
    import torch

    layer = built(layers.GroupNormalization(groups, epsilon=0.01), (3, 4, 6))
    x = rng.normal(size=(5, 3, 4, 6))
    dy = rng.normal(size=x.shape)
    gamma, beta = (torch.tensor(w, requires_grad=True) for w in layer.get_weights())
    given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
    out = torch.nn.functional.group_norm(given, groups, gamma, beta, 0.01)
    out.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
    y, cache = layer.forward(x)
    dx, grads = layer.backward(dy, cache)
    np.testing.assert_allclose(y, np.moveaxis(out.detach().numpy(), 1, -1), atol=1e-12)
    np.testing.assert_allclose(dx, np.moveaxis(given.grad.numpy(), 1, -1), atol=1e-12)
    np.testing.assert_allclose(grads["gamma"], gamma.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(grads["beta"], beta.grad.numpy(), atol=1e-12)


def test_layer_normalization_is_standard_scaler_of_the_transpose(rng):
    x = rng.normal(2, 3, size=(7, 9))
    layer = layers.LayerNormalization(epsilon=0.0)
    layer.build((None, 9), dtype="float64")
    np.testing.assert_allclose(
        layer(x), StandardScaler().fit_transform(x.T).T, rtol=1e-11, atol=1e-12
    )


def test_group_normalization_between_its_extremes(rng):
    # one group: LayerNormalization over all axes; a group a channel: each image's
    # channel by itself, which is BatchNormalization of a batch of one
    x = rng.normal(size=(4, 3, 5, 6))
    one = layers.GroupNormalization(1)
    single = layers.GroupNormalization(-1)
    whole = layers.LayerNormalization(axis=(1, 2, 3))
    batch = layers.BatchNormalization()
    for layer in (one, single, whole, batch):
        layer.build(x.shape, dtype="float64")
    np.testing.assert_allclose(one(x), whole(x), atol=1e-12)
    for n in range(4):
        np.testing.assert_allclose(
            single(x)[n : n + 1], batch(x[n : n + 1], training=True), atol=1e-12
        )


# -- local response normalization

LRN = [
    {},
    {"depth_radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75},
    {"depth_radius": 2, "bias": 1.5, "alpha": 0.7, "beta": 0.75},
    {"depth_radius": 0, "bias": 0.5, "alpha": 2.0, "beta": 1.0},
    {"depth_radius": 9, "alpha": 0.3},
]


def lrn_by_hand(x, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5):
    y, channels = np.empty_like(x), x.shape[-1]
    for i in range(channels):
        first, last = max(i - depth_radius, 0), min(i + depth_radius, channels - 1)
        total = sum(x[..., j] ** 2 for j in range(first, last + 1))
        y[..., i] = x[..., i] / (bias + alpha * total) ** beta
    return y


@pytest.mark.parametrize("options", LRN, ids=str)
def test_local_response_normalization(options, rng):
    x = rng.normal(size=(2, 3, 4, 7))
    y = layers.LocalResponseNormalization(**options)(x)
    np.testing.assert_allclose(y, lrn_by_hand(x, **options), rtol=1e-13)
    model = models.Sequential(
        [layers.Input((3, 7)), layers.LocalResponseNormalization(**options)]
    )
    model.build(rng=0, dtype="float64")
    x = x[:, 0, :3]
    y = rng.normal(size=x.shape)
    assert gradcheck.check(model, x, y, losses.get("mse"), rng=rng) < 1e-6


@pytest.mark.parametrize("options", LRN, ids=str)
def test_local_response_normalization_tensorflow(options, rng):
    """TensorFlow's kernel is float32 alone."""
    tf = pytest.importorskip("tensorflow")
    x = rng.normal(size=(2, 3, 4, 7)).astype(np.float32)
    dy = rng.normal(size=x.shape).astype(np.float32)
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        out = tf.nn.lrn(given, **options)
    want = tape.gradient(out, given, output_gradients=tf.constant(dy)).numpy()
    layer = layers.LocalResponseNormalization(**options)
    y, cache = layer.forward(x)
    dx, _ = layer.backward(dy, cache)
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, out.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dx, want, rtol=1e-4, atol=1e-5)


def test_local_response_normalization_defaults_are_those_of_tensorflow():
    import inspect

    tf = pytest.importorskip("tensorflow")
    theirs = inspect.signature(tf.nn.lrn).parameters
    ours = inspect.signature(layers.LocalResponseNormalization).parameters
    for name in ("depth_radius", "bias", "alpha", "beta"):
        assert ours[name].default == theirs[name].default


def test_local_response_normalization_pytorch(rng, needs):
    """There alpha is divided by the size 2 depth_radius + 1 of the window."""
    needs("torch")
    import torch

    x = rng.normal(size=(2, 3, 4, 7))
    layer = layers.LocalResponseNormalization(2, bias=2.0, alpha=0.5, beta=0.75)
    given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
    out = torch.nn.functional.local_response_norm(given, 5, alpha=2.5, beta=0.75, k=2.0)
    dy = rng.normal(size=x.shape)
    out.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, np.moveaxis(out.detach().numpy(), 1, -1), rtol=1e-12)
    np.testing.assert_allclose(
        layer.backward(dy, cache)[0], np.moveaxis(given.grad.numpy(), 1, -1), atol=1e-13
    )


# -- properties

few = settings(deadline=None, derandomize=True, max_examples=40)


@few
@given(
    st.integers(2, 40),
    st.integers(1, 6),
    st.floats(-100, 100),
    st.floats(0.1, 50),
    st.integers(0, 99),
)
def test_batch_normalization_ignores_shift_and_scale_of_its_input(
    n, channels, shift, scale, seed
):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, channels))
    layer = layers.BatchNormalization(epsilon=0.0)
    layer.build((None, channels), dtype="float64")
    y, cache = layer.forward(x, training=True)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-11)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(layer(shift + scale * x, training=True), y, atol=1e-7)
    # so no gradient along those two directions
    dx, _ = layer.backward(rng.normal(size=x.shape), cache)
    size = np.abs(dx).max() + 1
    np.testing.assert_allclose(dx.sum(axis=0) / size, 0, atol=1e-10)
    np.testing.assert_allclose((dx * y).sum(axis=0) / size, 0, atol=1e-10)


@few
@given(
    st.sampled_from(["layer", "group", "local"]), st.integers(2, 5), st.integers(0, 99)
)
def test_samples_do_not_see_each_other(which, n, seed):
    layer = {
        "layer": layers.LayerNormalization(),
        "group": layers.GroupNormalization(2),
        "local": layers.LocalResponseNormalization(1),
    }[which]
    built(layer, (3, 4))
    x = np.random.default_rng(seed).normal(size=(n, 3, 4))
    y, cache = layer.forward(x, training=True)
    np.testing.assert_allclose(y[:1], layer(x[:1]), rtol=1e-12)
    dy = np.zeros_like(x)
    dy[0] = 1
    dx, _ = layer.backward(dy, cache)
    assert not dx[1:].any()


@few
@given(st.permutations(range(6)))
def test_batch_normalization_does_not_see_the_order_of_the_batch(order):
    x = np.random.default_rng(0).normal(size=(6, 2, 3))
    layer = built(layers.BatchNormalization(), (2, 3))
    np.testing.assert_allclose(
        layer(x[list(order)], training=True),
        layer(x, training=True)[list(order)],
        atol=1e-13,
    )
