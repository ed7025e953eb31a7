"""Activations with their options: Keras, finite differences, PyTorch, formulas."""

import inspect

import keras
import numpy as np
import pytest
import scipy.special as special

from dlcourse import activations

Z = np.random.default_rng(3).normal(size=(4, 3, 5)) * 3
OPTIONS = [
    ("elu", {"alpha": 0.3}),
    ("elu", {"alpha": 2.0}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("gelu", {"approximate": True}),
    ("softmax", {"axis": 1}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": 1}),
    *((name, {}) for name in activations.ACTIVATIONS),
]
# TensorFlow holds the slope of leaky_relu and the root of 2 of gelu in float32.
TOLERANCE = {"leaky_relu": 1e-7, "gelu": 1e-7}
IDS = [f"{name}-{options}" for name, options in OPTIONS]


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=IDS)
def test_option_is_that_of_keras(name, options, rng):
    import tensorflow as tf

    phi, dy = activations.get(name), rng.normal(size=Z.shape)
    z = tf.constant(Z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        theirs = getattr(keras.activations, name)(z, **options)
    slope = tape.gradient(theirs, z, output_gradients=tf.constant(dy)).numpy()
    y, tolerance = phi(Z, **options), TOLERANCE.get(name, 1e-11)
    np.testing.assert_allclose(y, theirs.numpy(), rtol=tolerance, atol=tolerance)
    ours = phi.vjp(dy, Z, y, **options)
    np.testing.assert_allclose(ours, slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=IDS)
def test_vjp_with_options_equals_differences(name, options, rng):
    phi, h = activations.get(name), 1e-6
    dy, v = rng.normal(size=(2, *Z.shape))
    y = phi(Z, **options)
    difference = (phi(Z + h * v, **options) - phi(Z - h * v, **options)) / (2 * h)
    slope = (phi.vjp(dy, Z, y, **options) * v).sum()
    assert (dy * difference).sum() == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=IDS)
def test_options_keep_float32(name, options):
    phi, z = activations.get(name), Z.astype(np.float32)
    y = phi(z, **options)
    dz = phi.vjp(np.ones_like(z), z, y, **options)
    assert y.dtype == dz.dtype == np.float32
    np.testing.assert_allclose(y, phi(Z, **options), rtol=2e-5, atol=1e-6)


def test_every_option_is_tried_and_is_one_of_keras():
    tried = {(name, option) for name, options in OPTIONS for option in options}
    for name, phi in activations.ACTIVATIONS.items():
        theirs = list(inspect.signature(getattr(keras.activations, name)).parameters)
        ours = list(inspect.signature(phi).parameters)
        assert ours[1:] == theirs[1 : len(ours)] or name == "relu"
        assert {(name, option) for option in ours[1:]} <= tried


def test_each_has_its_name_of_keras():
    names = "linear sigmoid tanh relu leaky_relu elu selu softplus softsign silu gelu"
    names = {*names.split(), "hard_sigmoid", "softmax", "log_softmax"}
    assert set(activations.ACTIVATIONS) == names <= set(dir(keras.activations))


def test_softmax_over_an_axis_is_that_of_scipy():
    for axis in (0, 1, 2, -2):
        p = activations.softmax(Z, axis=axis)
        np.testing.assert_allclose(p, special.softmax(Z, axis=axis), rtol=1e-12)
        logs = activations.log_softmax(Z, axis=axis)
        np.testing.assert_allclose(logs, special.log_softmax(Z, axis=axis), rtol=1e-12)


def test_approximate_gelu_comes_near():
    z = np.linspace(-8, 8, 4001)
    gap = np.abs(activations.gelu(z, approximate=True) - activations.gelu(z)).max()
    assert 4e-4 < gap < 5e-4


def test_swish_is_silu():
    assert activations.get("swish") is activations.silu
    assert activations.get(None) is activations.linear


def test_activations_are_those_of_torch(needs):
    """hard_sigmoid is hardsigmoid there; leaky_relu has slope 0.01 by default."""
    needs("torch")
    import torch
    import torch.nn.functional as f

    rows = [
        ("elu", {"alpha": 0.3}, lambda x: f.elu(x, 0.3)),
        ("leaky_relu", {"negative_slope": 0.01}, f.leaky_relu),
        ("gelu", {}, f.gelu),
        ("gelu", {"approximate": True}, lambda x: f.gelu(x, approximate="tanh")),
        ("selu", {}, f.selu),
        ("silu", {}, f.silu),
        ("softplus", {}, f.softplus),
        ("softsign", {}, f.softsign),
        ("hard_sigmoid", {}, f.hardsigmoid),
        ("softmax", {"axis": 1}, lambda x: f.softmax(x, 1)),
        ("log_softmax", {"axis": 1}, lambda x: f.log_softmax(x, 1)),
    ]
    for name, options, theirs in rows:
        x = torch.tensor(Z, requires_grad=True)
        y = theirs(x)
        y.backward(torch.tensor(Z))
        phi = activations.get(name)
        ours = phi(Z, **options)
        np.testing.assert_allclose(ours, y.detach().numpy(), rtol=1e-7, atol=1e-9)
        dz = phi.vjp(Z, Z, ours, **options)
        np.testing.assert_allclose(dz, x.grad.numpy(), rtol=1e-7, atol=1e-8)
