"""Our model and its Keras twin:

the same weights in, the same outputs, gradients and training path out.

    twin.prove(model, x, y, loss="mse", optimizer=SGD(0.1))     compares, raises on a difference, returns a report

The only module of the core that imports Keras. It works on Keras' TensorFlow, JAX and
PyTorch backends. Differences are measured relative to the largest entry of Keras'
array. float64: 1e-10 for outputs and gradients, 1e-6 for training paths (Keras keeps
the learning rate in float32); float32: 1e-5 and 1e-4.
"""

import copy
import html
import inspect
from dataclasses import dataclass, field

import keras
import numpy as np

from dlcourse import initializers, layers, losses, models, optimizers
from dlcourse.activations import ActivationFunction

Array = np.ndarray

TOLERANCES = {"float64": (1e-10, 1e-6), "float32": (1e-5, 1e-4)}


class TwinMismatch(AssertionError):
    """Our result and Keras' differ by more than the tolerance."""


@dataclass
class Report:
    """What was compared: rows (what, where, largest relative difference, tolerance)."""

    title: str
    rows: list[tuple[str, str, float, float]] = field(default_factory=list)

    def add(self, what: str, where: str, ours, theirs, tolerance: float) -> None:
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        if ours.shape != theirs.shape:
            raise TwinMismatch(
                f"{what} of {where}: expected shape {theirs.shape}, as Keras has it, got {ours.shape}."
            )
        self.rows.append((what, where, difference(ours, theirs), tolerance))

    @property
    def largest(self) -> float:
        """The largest relative difference of all rows."""
        return max(row[2] for row in self.rows)

    def check(self) -> "Report":
        """Raise TwinMismatch for the row that misses its tolerance by most;

        return self where none does.
        """
        # `not <=` also catches a difference that is not a number
        missed = [row for row in self.rows if not row[2] <= row[3]]
        if missed:
            what, where, found, tolerance = max(
                missed, key=lambda row: np.nan_to_num(row[2] / row[3], nan=np.inf)
            )
            raise TwinMismatch(
                f"{self.title}: {what} of {where} differs from Keras by {found:.2e} of its largest entry; "
                f"the tolerance is {tolerance:.0e}. {len(missed)} of {len(self.rows)} comparisons failed."
            )
        return self

    def __str__(self):
        lines = [
            f"{what:<28}{where:<24}{found:9.1e}  <= {tol:.0e}"
            for what, where, found, tol in self.rows
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{html.escape(what)}</td><td>{html.escape(where)}</td><td>{found:.1e}</td><td>{tol:.0e}</td>"
            f"<td>{'✓ equal' if found <= tol else '✗ differs'}</td></tr>"
            for what, where, found, tol in self.rows
        )
        return (
            f"<table><caption>{html.escape(self.title)}</caption><thead><tr><th>compared</th><th>where</th>"
            f"<th>largest relative difference</th><th>tolerance</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
        )


def difference(ours: Array, theirs: Array) -> float:
    """max |ours - theirs| / max |theirs|; absolute where Keras' array vanishes."""
    if not ours.size:
        return 0.0
    scale = np.abs(theirs).max()
    gap = np.abs(ours.astype(np.float64) - theirs).max()
    return float(gap / scale if scale > 1e-12 else gap)


def prove(
    model: models.Sequential,
    x: Array,
    y: Array,
    loss: "str | losses.Loss",
    optimizer: "str | optimizers.Optimizer | None" = None,
    steps: int = 20,
    seed: int | None = None,
) -> Report:
    """Compare our model with its Keras twin;

    both start from the model's weights, which are left as they were.

    Compared: outputs, loss, the gradient of every weight and of x and, with an
    optimizer, every weight after `steps` updates on (x, y). With `seed` the forward
    runs in training mode and the twin gets our dropout masks. Raises TwinMismatch with
    the layer and the largest difference.
    """
    model.require_built()
    tolerance, path_tolerance = TOLERANCES[str(model.dtype)]
    loss, x = losses.get(loss), np.asarray(x, dtype=model.dtype)
    masks = _masks(model, x, seed)
    keras_model = to_keras(model, masks)
    report = Report(f"NumPy = Keras on {keras.backend.backend()}, {model.dtype}")

    y_pred, cache = _forward(model, x, seed)
    value, dy = loss(y, y_pred)
    dx, grads = model.backward(dy, cache)
    their_value, their_grads, their_dx = gradients(keras_model, x, y, loss)
    report.add("outputs", "model", y_pred, to_numpy(keras_model(x)), tolerance)
    report.add("loss", "model", value, their_value, tolerance)
    report.add("gradient of the input", "x", dx, their_dx, tolerance)
    names = [path for path, _, _ in optimizers.walk(model.params, grads)]
    ours = [g for _, _, g in optimizers.walk(model.params, grads)]
    for path, mine, theirs in zip(names, ours, their_grads, strict=True):
        report.add("gradient", "/".join(path), mine, theirs, tolerance)

    if optimizer is not None:
        ours = copy.deepcopy(optimizers.get(optimizer))
        ours.reset()
        theirs, start = to_keras_optimizer(ours), model.get_weights()
        try:
            for _ in range(steps):
                y_pred, cache = _forward(model, x, seed)
                ours.apply(model.params, model.backward(loss(y, y_pred)[1], cache)[1])
                theirs.apply(
                    [
                        keras.ops.convert_to_tensor(g)
                        for g in gradients(keras_model, x, y, loss)[1]
                    ],
                    keras_model.trainable_variables,
                )
            for path, mine, w in zip(
                names, _flat(model.params), keras_model.trainable_variables, strict=True
            ):
                report.add(
                    f"weight after {steps} steps",
                    "/".join(path),
                    mine,
                    to_numpy(w),
                    path_tolerance,
                )
        finally:
            model.set_weights(start)
    return report.check()


# -- conversion


def to_keras(
    model: models.Sequential, masks: dict[str, Array] | None = None
) -> "keras.Sequential":
    """The Keras model with the same layers and weights, compiled if ours is.

    `masks` replaces Dropout by fixed masks.
    """
    model.require_built()
    dtype = str(model.dtype)
    twin = keras.Sequential([keras.Input(tuple(model.input_shape[1:]), dtype=dtype)])
    for layer in model.layers:
        if masks and layer.name in masks:
            twin.add(_fixed_mask(masks[layer.name], dtype))
        else:
            twin.add(_to_keras_layer(layer, dtype))
    twin.set_weights(model.get_weights())
    if model.loss is not None:
        metrics = [metric.name for metric in model.metrics]
        twin.compile(
            optimizer=to_keras_optimizer(model.optimizer),
            loss=to_keras_loss(model.loss, dtype),
            metrics=metrics,
        )
    return twin


def from_keras(keras_model: "keras.Sequential") -> models.Sequential:
    """Our model with the layers and weights of a built Keras Sequential.

    TypeError for a layer that we do not have.
    """
    if not isinstance(keras_model, keras.Sequential) or not keras_model.built:
        raise TypeError(
            f"from_keras: expected a built keras.Sequential, got {keras_model!r}. Begin it with keras.Input."
        )
    model = models.Sequential([layers.Input(tuple(keras_model.input_shape[1:]))])
    for layer in keras_model.layers:
        name = type(layer).__name__
        if name not in layers.__all__:
            raise TypeError(
                f"from_keras: expected layers among {', '.join(layers.__all__)}; got {name}."
            )
        ours = getattr(layers, name)
        config = layer.get_config()
        model.add(
            ours(
                **{
                    key: _from_config(config[key])
                    for key in _arguments(ours)
                    if key in config
                }
            )
        )
    model.build(rng=0, dtype=keras_model.dtype_policy.variable_dtype if not keras_model.layers
                else keras_model.layers[-1].variable_dtype)  # fmt: skip
    model.set_weights(keras_model.get_weights())
    return model


def to_keras_loss(
    loss: "str | losses.Loss", dtype: str = "float32"
) -> "keras.losses.Loss":
    """The Keras loss of the same class and options."""
    loss = losses.get(loss)
    return getattr(keras.losses, type(loss).__name__)(**_options(loss), dtype=dtype)


def to_keras_optimizer(
    optimizer: "optimizers.Optimizer",
) -> "keras.optimizers.Optimizer":
    """The Keras optimizer of the same class and options.

    Numbers are passed as np.float64: TensorFlow would round a Python float to float32
    where Adam raises beta_2 to the power t, which moves 1 - beta_2^t by 1e-5 of itself.
    """
    options = {
        k: np.float64(v) if isinstance(v, float) else v
        for k, v in _options(optimizer).items()
    }
    return getattr(keras.optimizers, type(optimizer).__name__)(**options)


def gradients(
    keras_model, x: Array, y: Array, loss, training: bool = False
) -> tuple[float, list[Array], Array]:
    """(loss, dL/d each trainable weight, dL/dx) of a Keras model, as NumPy arrays, on
    whichever backend runs.
    """
    dtype = (
        keras_model.compute_dtype
        if not keras_model.layers
        else keras_model.layers[-1].compute_dtype
    )
    if not isinstance(loss, keras.losses.Loss):
        loss = to_keras_loss(loss, dtype)
    x = keras.ops.convert_to_tensor(np.asarray(x, dtype=dtype))
    y = keras.ops.convert_to_tensor(np.asarray(y))
    value, grads, dx = _GRADIENTS[keras.backend.backend()](
        keras_model, x, y, loss, training
    )
    return float(to_numpy(value)), [to_numpy(g) for g in grads], to_numpy(dx)


def to_numpy(tensor) -> Array:
    """A backend's tensor or a Keras variable as a NumPy array."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _tensorflow(model, x, y, loss, training):
    import tensorflow as tf

    weights = [v.value for v in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(y, model(x, training=training))
    *grads, dx = tape.gradient(value, [*weights, x])
    return value, grads, dx


def _jax(model, x, y, loss, training):
    import jax

    def objective(weights, x):
        y_pred, _ = model.stateless_call(weights, fixed, x, training=training)
        return loss(y, y_pred)

    fixed = [v.value for v in model.non_trainable_variables]
    weights = [v.value for v in model.trainable_variables]
    value, (grads, dx) = jax.value_and_grad(objective, argnums=(0, 1))(weights, x)
    return value, grads, dx


def _torch(model, x, y, loss, training):
    import torch

    weights = [v.value for v in model.trainable_variables]
    x = x.detach().clone().requires_grad_(True)
    value = loss(y, model(x, training=training))
    *grads, dx = torch.autograd.grad(value, [*weights, x])
    return value, grads, dx


_GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


def _to_keras_layer(layer, dtype):
    theirs = getattr(keras.layers, type(layer).__name__)
    return theirs(**_options(layer), name=layer.name, dtype=dtype)


def _arguments(cls) -> list[str]:
    return [
        name for name in inspect.signature(cls.__init__).parameters if name != "self"
    ]


def _options(thing) -> dict:
    """The constructor's arguments, read back from the attributes of the same names."""
    options = {}
    for name in _arguments(type(thing)):
        value = getattr(thing, name)
        if name == "name" or isinstance(value, initializers.Initializer):
            continue  # the weights are copied; who drew them does not matter
        options[name] = (
            value.__name__ if isinstance(value, ActivationFunction) else value
        )
    return options


def _from_config(value):
    if (
        isinstance(value, dict) and "class_name" in value
    ):  # an initializer: the weights are copied
        return "zeros"
    return value


def _fixed_mask(mask: Array, dtype: str):
    class FixedMask(keras.layers.Layer):
        def call(self, x):
            return x * keras.ops.convert_to_tensor(mask)

    return FixedMask(dtype=dtype)


def _masks(model, x, seed) -> dict[str, Array]:
    if seed is None:
        return {}
    _, caches = _forward(model, x, seed)
    pairs = zip(model.layers, caches, strict=True)
    return {
        layer.name: cache
        for layer, cache in pairs
        if isinstance(layer, layers.Dropout) and cache is not None
    }


def _forward(model, x, seed):
    if seed is None:
        return model.forward(x)
    return model.forward(x, training=True, rng=np.random.default_rng(seed))


def _flat(params: dict) -> list[Array]:
    return [w for _, w, _ in optimizers.walk(params, params)]
