"""Loss and gradients of a Keras model as NumPy arrays, on each backend."""

from dataclasses import dataclass

import keras
import numpy as np

from dlcourse.models.data import each
from dlcourse.twin.convert import to_keras_loss

Array = np.ndarray


def gradients(
    keras_model, x, y, loss, training: bool = False
) -> tuple[float, list[Array], Array]:
    """(loss, dL/d each trainable weight, dL/dx) as NumPy arrays, on any backend.

    `loss` is ours, by name or object, or a Keras loss; with several outputs a list. The
    penalties of regularizers are part of it.
    """
    found = step(keras_model, x, y, loss, training=training)
    return found.loss, found.grads, found.dx


@dataclass
class Step:
    """One forward and backward pass of Keras."""

    y_pred: "Array | list[Array]"
    loss: float
    grads: list[Array]
    dx: "Array | list[Array]"


def step(keras_model, x, y, loss, loss_weights=None, training: bool = False) -> Step:
    """Forward and backward. In training the moving averages of the model move."""
    dtype = keras_model.layers[-1].compute_dtype
    given = loss if isinstance(loss, list) else [loss]
    theirs = [
        one if isinstance(one, keras.losses.Loss) else to_keras_loss(one, dtype)
        for one in given
    ]
    ys = y if isinstance(loss, list) else [y]
    factors = loss_weights or [1.0] * len(theirs)

    def objective(y_pred, penalties):
        outputs = y_pred if isinstance(loss, list) else [y_pred]
        value = sum(penalties)
        for one, factor, own, out in zip(theirs, factors, ys, outputs, strict=True):
            value = value + factor * one(own, out)
        return value

    # Without its dtype PyTorch would round an array to float32.
    ys = [
        keras.ops.convert_to_tensor(a, dtype=dtype if a.dtype.kind == "f" else None)
        for a in map(np.asarray, ys)
    ]
    x = each(lambda a: keras.ops.convert_to_tensor(np.asarray(a), dtype=dtype), x)
    y_pred, value, grads, dx = _BACKENDS[keras.backend.backend()](
        keras_model, x, objective, training
    )
    weights = keras_model.trainable_variables
    grads = [
        np.zeros(w.shape, dtype) if g is None else to_numpy(g)
        for g, w in zip(grads, weights, strict=True)
    ]
    flat = x if isinstance(x, list) else [x]
    dx = [
        np.zeros(tuple(a.shape), dtype) if d is None else to_numpy(d)
        for d, a in zip(dx, flat, strict=True)
    ]
    return Step(
        each(to_numpy, y_pred),
        float(to_numpy(value)),
        grads,
        dx if isinstance(x, list) else dx[0],
    )


def to_numpy(tensor) -> Array:
    """A backend's tensor or a Keras variable as a NumPy array."""
    if isinstance(tensor, keras.Variable):
        return tensor.numpy()
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _tensorflow(model, x, objective, training):
    import tensorflow as tf

    weights = [v.value for v in model.trainable_variables]
    xs = x if isinstance(x, list) else [x]
    with tf.GradientTape() as tape:
        for tensor in xs:
            tape.watch(tensor)
        y_pred = model(x, training=training)
        value = objective(y_pred, model.losses)
    found = tape.gradient(value, [*weights, *xs])
    found = [None if g is None else tf.convert_to_tensor(g) for g in found]
    return y_pred, value, found[: len(weights)], found[len(weights) :]


def _jax(model, x, objective, training):
    import jax

    def value(weights, x):
        y_pred, moved, penalties = model.stateless_call(
            weights, fixed, x, training=training, return_losses=True
        )
        return objective(y_pred, penalties), (y_pred, moved)

    fixed = [v.value for v in model.non_trainable_variables]
    weights = [v.value for v in model.trainable_variables]
    (found, (y_pred, moved)), (grads, dx) = jax.value_and_grad(
        value, argnums=(0, 1), has_aux=True
    )(weights, x)
    for variable, new in zip(model.non_trainable_variables, moved, strict=True):
        variable.assign(new)
    return y_pred, found, grads, dx if isinstance(x, list) else [dx]


def _torch(model, x, objective, training):
    import torch

    weights = [v.value for v in model.trainable_variables]
    x = each(lambda a: a.detach().clone().requires_grad_(True), x)
    y_pred = model(x, training=training)
    value = objective(y_pred, model.losses)
    xs = x if isinstance(x, list) else [x]
    found = torch.autograd.grad(value, [*weights, *xs], allow_unused=True)
    return y_pred, value, found[: len(weights)], found[len(weights) :]


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
