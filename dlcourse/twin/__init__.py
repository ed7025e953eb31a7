"""Our model and its Keras twin: the same weights in, the same training path out.

    twin.prove(model, x, y, loss="mse", optimizer=SGD(0.1))

compares outputs, gradients and weights, raises on a difference and returns a report.
The only module of the core that imports Keras. It works on Keras' TensorFlow, JAX and
PyTorch backends. Differences are measured relative to the largest entry of Keras'
array. float64 on TensorFlow: 1e-10 for outputs and gradients, 1e-6 for training paths
(Keras keeps the learning rate in float32). float32: 1e-5 and 1e-4, and so for float64
on the others, where Keras rounds to float32 on the way (JAX wholly, PyTorch in the mean
over the samples).
"""

import copy

import keras
import numpy as np

from dlcourse import losses, optimizers
from dlcourse.layers.base import Layer
from dlcourse.models.data import each
from dlcourse.models.objective import Objective
from dlcourse.models.sequential import Sequential
from dlcourse.models.training import Trainer
from dlcourse.nested import added
from dlcourse.twin.convert import (
    from_keras,
    precision,
    to_keras,
    to_keras_layer,
    to_keras_loss,
    to_keras_optimizer,
    weight_pairs,
)
from dlcourse.twin.gradients import gradients, step, to_numpy
from dlcourse.twin.report import Report, TwinMismatch, difference

__all__ = [
    "Report",
    "TwinMismatch",
    "difference",
    "from_keras",
    "gradients",
    "prove",
    "to_keras",
    "to_keras_layer",
    "to_keras_loss",
    "to_keras_optimizer",
    "to_numpy",
]

Array = np.ndarray

TOLERANCES = {"float64": (1e-10, 1e-6), "float32": (1e-5, 1e-4)}
# TensorFlow holds the slope 0.2 and the root of 2 of these in float32, whatever the
# dtype: they agree to 1e-8 only. SciPy and the formula are their oracles in the tests.
ROUNDED = ("leaky_relu", "gelu", "LeakyReLU")


def prove(
    model: Trainer,
    x,
    y,
    loss: "str | losses.Loss | list",
    optimizer: "str | optimizers.Optimizer | None" = None,
    steps: int = 20,
    seed: int | None = None,
    custom_objects: dict[str, type] | None = None,
) -> Report:
    """Compare our model with its Keras twin; the model is left as it was.

    Compared: outputs, loss, the gradient of every weight and of x and, with an
    optimizer, every weight after `steps` updates on (x, y). With `seed` both run in
    training mode: random layers of the twin get our draws, and the moving averages are
    compared too. Penalties of regularizers and constraints take part. `custom_objects`:
    Keras classes for layers that Keras lacks, by name. Raises TwinMismatch with the
    layer and the largest difference.
    """
    model.require_built()
    number, backend = precision(str(model.dtype)), keras.backend.backend()
    exact = number == "float64" and backend == "tensorflow"
    tolerance, path_tolerance = TOLERANCES["float64" if exact else "float32"]
    if any(kind in ROUNDED for kind in _kinds(model)):
        tolerance = max(tolerance, 1e-8)
    several = isinstance(loss, (list, tuple))
    loss = [losses.get(one) for one in loss] if several else losses.get(loss)
    objective = Objective(loss)
    x = each(lambda a: np.asarray(a, dtype=model.dtype), x)
    report = Report(f"NumPy = Keras on {backend}, {number}")
    start = model.get_weights()
    try:
        noise = _noise(model, x, seed)
        model.set_weights(start)  # drawing the noise moved the averages
        theirs = to_keras(model, noise, custom_objects)
        ours = _step(model, x, y, objective, seed)
        found = step(theirs, x, y, loss, training=seed is not None)
        _add(report, "outputs", "model", ours["y_pred"], found.y_pred, tolerance)
        report.add("loss", "model", ours["loss"], found.loss, tolerance)
        _add(report, "gradient of the input", "x", ours["dx"], found.dx, tolerance)
        their_grads = dict(
            zip(map(id, theirs.trainable_variables), found.grads, strict=True)
        )
        pairs = {path: v for path, _, v in weight_pairs(model, theirs)}
        for path, _, g in optimizers.walk(model.trainable_params(), ours["grads"]):
            their_g = their_grads[id(pairs[path])]
            report.add("gradient", "/".join(path), g, their_g, tolerance)
        if seed is not None:
            _add_state(report, "state after the forward", model, theirs, tolerance)
        if optimizer is not None:
            _train(model, theirs, x, y, objective, optimizer, steps, seed)
            for path, w, their_w in weight_pairs(model, theirs):
                what, where = f"weight after {steps} steps", "/".join(path)
                report.add(what, where, w, to_numpy(their_w), path_tolerance)
    finally:
        model.set_weights(start)
    return report.check()


def _step(model: Trainer, x, y, objective: Objective, seed) -> dict:
    """Our outputs, loss and gradients, penalties included."""
    rng = None if seed is None else np.random.default_rng(seed)
    y_pred, cache, mask = model.run(x, training=seed is not None, rng=rng)
    value, dy = objective(y, y_pred, mask)
    dx, grads = model.backward(dy, cache)
    penalty, extra = model.regularization()
    grads = added(grads, extra)
    return {"y_pred": y_pred, "loss": value + penalty, "dx": dx, "grads": grads}


def _train(model, theirs, x, y, objective, optimizer, steps, seed) -> None:
    """`steps` updates of both models with fresh optimizers of the same options."""
    ours = copy.copy(optimizers.get(optimizer))
    ours._slots, ours.iterations = {}, 0  # the one given keeps its memory
    their_optimizer = to_keras_optimizer(ours, precision(str(model.dtype)))
    training = seed is not None
    for _ in range(steps):
        grads = _step(model, x, y, objective, seed)["grads"]
        their_grads = step(theirs, x, y, objective.losses, training=training).grads
        # a schedule may have moved it
        their_optimizer.learning_rate = ours.learning_rate
        ours.apply(model.trainable_params(), grads)
        model.constrain()
        tensors = [keras.ops.convert_to_tensor(g, g.dtype.name) for g in their_grads]
        their_optimizer.apply(tensors, theirs.trainable_variables)


def _add(report: Report, what: str, where: str, ours, theirs, tolerance: float) -> None:
    """One row, or one for each input or output."""
    if not isinstance(ours, list):
        return report.add(what, where, ours, theirs, tolerance)
    for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        report.add(what, f"{where} {index}", a, b, tolerance)


def _add_state(report: Report, what: str, model, theirs, tolerance: float) -> None:
    """The weights that no gradient moves, such as moving averages."""
    trained = {id(w) for _, w, _ in optimizers.walk(model.params, model.params)}
    for path, w, their_w in weight_pairs(model, theirs):
        if id(w) not in trained:
            report.add(what, "/".join(path), w, to_numpy(their_w), tolerance)


def _kinds(layer: Layer):
    """The names of a layer's class and activations, and of those inside."""
    yield type(layer).__name__
    for name in ("activation", "recurrent_activation"):
        yield getattr(getattr(layer, name, None), "__name__", None)
    for inner in layer.sublayers.values():
        yield from _kinds(inner)


def _noise(model: Trainer, x, seed) -> dict[Layer, tuple[Array, Array]]:
    """layer -> (a, b) with y = a x + b, for what each random layer draws."""
    if seed is None:
        return {}
    return _affines(model, model.forward(x, True, np.random.default_rng(seed))[1])


def _affines(model: Trainer, caches) -> dict:
    found = {}
    stack = isinstance(model, Sequential)
    owners = model.layers if stack else [node.layer for node in model.inner]
    for layer, cache in zip(owners, caches, strict=True):
        if isinstance(layer, Trainer):
            found |= _affines(layer, cache)
        elif hasattr(layer, "affine") and cache is not None:
            found[layer] = layer.affine(cache)
    return found
