"""JAX: jax.jit of jax.value_and_grad or jax.vjp over plain functions."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from work import Pass, Training

from contestants import NotDone


def build(work, weights=None) -> dict:
    """{"jit": step}"""
    if weights is None:
        raise NotDone("measured beside ours alone")
    weights = jax.tree.map(jnp.asarray, weights)
    return (
        training(work, weights) if isinstance(work, Training) else passes(work, weights)
    )


def correlate(x, kernel, stride=1, padding="same"):
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding.upper(), dimension_numbers=numbers
    )


def pooled(x):
    window = (1, 2, 2, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def standard(x, gamma, beta):
    """Batch normalization in training, with the batch's mean and variance."""
    mean = x.mean((0, 1, 2))
    variance = jnp.square(x - mean).mean((0, 1, 2))
    y = (x - mean) * (gamma * lax.rsqrt(variance + 1e-3)) + beta
    return y, mean, variance


def convolved(p, x, name, stride=1, padding="same", activation=None, bn=False, **_):
    x = correlate(x, p[name][0], stride, padding)
    if bn:
        x = standard(x, *p[f"{name}_bn"][:2])[0]
    else:
        x = x + p[name][1]
    return jax.nn.relu(x) if activation == "relu" else x


def logits(work: Training, p, x):
    for i, (kind, o) in enumerate(work.blocks):
        name = f"block{i}"
        if kind == "dense":
            x = x @ p[name][0] + p[name][1]
            x = jax.nn.relu(x) if o["activation"] == "relu" else x
        elif kind == "conv":
            x = convolved(p, x, name, **o)
        elif kind == "conv-bn-relu":
            x = convolved(p, x, name, **o, activation="relu", bn=True)
        elif kind == "residual":
            stride = o["stride"]
            y = convolved(p, x, f"{name}_a", stride, activation="relu", bn=True)
            y = convolved(p, y, f"{name}_b", bn=True)
            if stride > 1:
                x = convolved(p, x, f"{name}_c", stride, bn=True)
            x = jax.nn.relu(x + y)
        elif kind == "pool":
            x = pooled(x)
        else:
            x = x.reshape(len(x), -1) if kind == "flatten" else x.mean((1, 2))
    return x


def updated(work: Training, p, slots, grads):
    """(weights, slots) after one step of the rule."""
    rate, each = work.learning_rate, jax.tree.map
    if work.optimizer == "SGD":
        return each(lambda w, g: w - rate * g, p, grads), slots
    if work.optimizer == "momentum":
        v = each(lambda v, g: 0.9 * v - rate * g, slots["v"], grads)
        return each(jnp.add, p, v), {"v": v}
    t = slots["t"] + 1
    m = each(lambda m, g: 0.9 * m + 0.1 * g, slots["m"], grads)
    v = each(lambda v, g: 0.999 * v + 0.001 * g * g, slots["v"], grads)
    scale = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    p = each(lambda w, m, v: w - scale * m / (jnp.sqrt(v) + 1e-7), p, m, v)
    return p, {"m": m, "v": v, "t": t}


def training(work: Training, weights):
    x, y = work.data()
    x, y = jnp.asarray(x), jnp.asarray(y.astype(np.int32))

    def loss(p, x, y):
        log_p = jax.nn.log_softmax(logits(work, p, x))
        return -jnp.take_along_axis(log_p, y[:, None], 1).mean()

    @jax.jit
    def step(p, slots, x, y):
        value, grads = jax.value_and_grad(loss)(p, x, y)
        return *updated(work, p, slots, grads), value

    zeros = jax.tree.map(jnp.zeros_like, weights)
    now = [weights, {"m": zeros, "v": zeros, "t": jnp.zeros(())}]
    if work.optimizer != "Adam":
        now[1] = {"v": zeros} if work.optimizer == "momentum" else {}

    def one(x=x, y=y):
        now[0], now[1], value = step(*now, x, y)
        return value.block_until_ready()

    if not work.samples:
        return {"jit": one}
    rng = np.random.default_rng(0)

    def epoch():
        for rows in rng.permutation(len(x)).reshape(-1, work.batch):
            one(x[rows], y[rows])

    return {"jit": epoch}


def lstm(units):
    def forward(x, kernel, recurrent, bias):
        z = jnp.swapaxes(x @ kernel + bias, 0, 1)  # (T, batch, 4 units)

        def cell(state, z):
            h, c = state
            i, f, g, o = jnp.split(z + h @ recurrent, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        zero = jnp.zeros((x.shape[0], units), x.dtype)
        return lax.scan(cell, (zero, zero), z)[0][0]

    return forward


def passes(work: Pass, weights):
    options = work.options
    if work.layer == "Dropout":
        return dropout(work)
    forward = {
        "LSTM": lambda: lstm(options["units"]),
        "Conv2D": lambda: lambda x, kernel, bias: correlate(x, kernel) + bias,
        "BatchNormalization": lambda: lambda x, g, b, *_: standard(x, g, b)[0],
        "MaxPooling2D": lambda: pooled,
    }.get(work.layer)
    if forward is None:
        raise NotDone(f"no {work.layer} here")
    forward, w = forward(), weights["layer"]
    y_shape = jax.eval_shape(forward, jnp.zeros(work.shape), *w).shape
    x, dy = map(jnp.asarray, work.data(y_shape))

    @jax.jit
    def step(x, w, dy):
        y, back = jax.vjp(forward, x, *w)
        return back(dy), y  # y too, or it is not computed

    return {"jit": lambda: jax.block_until_ready(step(x, w, dy))[0][0]}


def dropout(work: Pass):
    x, dy = map(jnp.asarray, work.data(work.shape))
    rate, now = work.options["rate"], [jax.random.key(0)]

    @jax.jit
    def step(key, x, dy):
        key, own = jax.random.split(key)
        mask = jax.random.bernoulli(own, 1 - rate, x.shape)
        y, back = jax.vjp(lambda x: jnp.where(mask, x / (1 - rate), 0), x)
        return key, y, back(dy)[0]

    def one():
        now[0], _, dx = jax.block_until_ready(step(now[0], x, dy))
        return dx

    return {"jit": one}
