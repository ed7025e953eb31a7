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
import html
import inspect
from dataclasses import dataclass, field

import keras
import numpy as np

from dlcourse import layers, losses, models, optimizers
from dlcourse.activations import ActivationFunction

Array = np.ndarray

TOLERANCES = {"float64": (1e-10, 1e-6), "float32": (1e-5, 1e-4)}
# TensorFlow holds the slope 0.2 and the root of 2 of these in float32, whatever the
# dtype: they agree to 1e-8 only. SciPy and the formula are their oracles in the tests.
ROUNDED = ("leaky_relu", "gelu")


class TwinMismatch(AssertionError):  # noqa: N818 (a finding, as in assert)
    """Our result and Keras' differ by more than the tolerance."""


@dataclass
class Report:
    """What was compared: rows (what, where, largest relative difference, tolerance)."""

    title: str
    rows: list[tuple[str, str, float, float]] = field(default_factory=list)

    def add(self, what: str, where: str, ours, theirs, tolerance: float) -> None:
        """Compare two arrays. TwinMismatch where their shapes differ."""
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        if ours.shape != theirs.shape:
            raise TwinMismatch(
                f"{what} of {where}: expected shape {theirs.shape}, as Keras has it, "
                f"got {ours.shape}."
            )
        self.rows.append((what, where, difference(ours, theirs), tolerance))

    @property
    def largest(self) -> float:
        """The largest relative difference of all rows."""
        return max(row[2] for row in self.rows)

    def check(self) -> "Report":
        """TwinMismatch for the row that misses its tolerance by most; else self."""
        # `not <=` also catches a difference that is not a number.
        missed = [row for row in self.rows if not row[2] <= row[3]]
        if missed:
            what, where, found, tolerance = max(
                missed, key=lambda row: np.nan_to_num(row[2] / row[3], nan=np.inf)
            )
            raise TwinMismatch(
                f"{self.title}: {what} of {where} differs from Keras by {found:.2e} "
                f"of its largest entry; the tolerance is {tolerance:.0e}. "
                f"{len(missed)} of {len(self.rows)} comparisons failed."
            )
        return self

    def __str__(self):
        lines = [
            f"{what:<28}{where:<24}{found:9.1e}  <= {tol:.0e}"
            for what, where, found, tol in self.rows
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self):
        heads = ("compared", "where", "difference", "tolerance", "")
        lines = [
            (what, where, f"{found:.1e}", f"{tolerance:.0e}",
             "✓\u00a0equal" if found <= tolerance else "✗\u00a0differs")
            for what, where, found, tolerance in self.rows
        ]  # fmt: skip
        head = _row("th", heads)
        body = "".join(_row("td", line) for line in lines)
        return (
            f"<table><caption>{html.escape(self.title)}; largest differences, "
            "relative to the largest entry</caption>"
            f"<thead>{head}</thead><tbody>{body}</tbody></table>"
        )


def _row(tag: str, cells) -> str:
    inside = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inside}</tr>"


def difference(ours: Array, theirs: Array) -> float:
    """max |ours - theirs| / max |theirs|; absolute where Keras' array vanishes."""
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
    """Compare our model with its Keras twin; the model is left as it was.

    Compared: outputs, loss, the gradient of every weight and of x and, with an
    optimizer, every weight after `steps` updates on (x, y). With `seed` the forward
    runs in training mode and the twin gets our dropout masks. Raises TwinMismatch with
    the layer and the largest difference.
    """
    model.require_built()
    precision, backend = _precision(str(model.dtype)), keras.backend.backend()
    exact = precision == "float64" and backend == "tensorflow"
    tolerance, path_tolerance = TOLERANCES["float64" if exact else "float32"]
    if any(_phi(layer) in ROUNDED for layer in model.layers):
        tolerance = max(tolerance, 1e-8)
    loss, x = losses.get(loss), np.asarray(x, dtype=model.dtype)
    keras_model = to_keras(model, _masks(model, x, seed))
    report = Report(f"NumPy = Keras on {backend}, {precision}")

    y_pred, cache = _forward(model, x, seed)
    value, dy = loss(y, y_pred)
    dx, grads = model.backward(dy, cache)
    their_value, their_grads, their_dx = gradients(keras_model, x, y, loss)
    their_y_pred = to_numpy(keras_model(keras.ops.convert_to_tensor(x, precision)))
    report.add("outputs", "model", y_pred, their_y_pred, tolerance)
    report.add("loss", "model", value, their_value, tolerance)
    report.add("gradient of the input", "x", dx, their_dx, tolerance)
    for (path, _, g), theirs in zip(
        optimizers.walk(model.params, grads), their_grads, strict=True
    ):
        report.add("gradient", "/".join(path), g, theirs, tolerance)

    if optimizer is not None:
        start = model.get_weights()
        try:
            _train(model, keras_model, x, y, loss, optimizer, steps, seed)
            for (path, w, _), theirs in zip(
                optimizers.walk(model.params, model.params),
                keras_model.trainable_variables,
                strict=True,
            ):
                what, where = f"weight after {steps} steps", "/".join(path)
                report.add(what, where, w, to_numpy(theirs), path_tolerance)
        finally:
            model.set_weights(start)
    return report.check()


def _train(model, keras_model, x, y, loss, optimizer, steps, seed) -> None:
    """`steps` updates of both models with fresh optimizers of the same options."""
    ours = copy.copy(optimizers.get(optimizer))
    ours._slots, ours.iterations = {}, 0  # the one given keeps its memory
    theirs = to_keras_optimizer(ours)
    for _ in range(steps):
        y_pred, cache = _forward(model, x, seed)
        their_grads = gradients(keras_model, x, y, loss)[1]
        theirs.learning_rate = ours.learning_rate  # a schedule may have moved it
        ours.apply(model.params, model.backward(loss(y, y_pred)[1], cache)[1])
        tensors = [keras.ops.convert_to_tensor(g, g.dtype.name) for g in their_grads]
        theirs.apply(tensors, keras_model.trainable_variables)


def _phi(layer) -> str | None:
    """The name of a layer's activation."""
    return getattr(getattr(layer, "activation", None), "__name__", None)


def _precision(dtype: str) -> str:
    """The dtype that Keras really computes in: JAX has float64 only when told so."""
    if dtype == "float64" and keras.backend.backend() == "jax":
        import jax

        return "float64" if jax.config.jax_enable_x64 else "float32"
    return dtype


# -- conversion


def to_keras(
    model: models.Sequential, masks: dict[str, Array] | None = None
) -> "keras.Sequential":
    """The Keras model with the same layers and weights, compiled if ours is.

    A schedule of the optimizer gives its present rate. `masks` maps names of Dropout
    layers to arrays that stand in for them. TypeError for a layer, loss, metric or
    optimizer that Keras lacks.
    """
    model.require_built()
    dtype = _precision(str(model.dtype))
    twin = keras.Sequential([keras.Input(tuple(model.input_shape[1:]), dtype=dtype)])
    for layer in model.layers:
        if masks and layer.name in masks:
            twin.add(_fixed_mask(masks[layer.name], dtype))
        elif isinstance(layer, models.Sequential):
            twin.add(to_keras(layer))
        else:
            theirs = _their_class(keras.layers, layer)
            twin.add(theirs(**_options(layer), name=layer.name, dtype=dtype))
    twin.set_weights(model.get_weights())
    if model.loss is not None:
        twin.compile(
            optimizer=to_keras_optimizer(model.optimizer),
            loss=to_keras_loss(model.loss, dtype),
            metrics=[
                _their_class(keras.metrics, m)(**_options(m), name=m.name, dtype=dtype)
                for m in model.metrics
            ],
        )
    return twin


def from_keras(keras_model: "keras.Sequential") -> models.Sequential:
    """Our model with the layers and weights of a built Keras Sequential, not compiled.

    TypeError for a layer that we do not have, or one with an option that ours lacks.
    """
    built = isinstance(keras_model, keras.Sequential) and keras_model.built
    if not built or not keras_model.layers:
        raise TypeError(
            f"from_keras: expected a built keras.Sequential, got {keras_model!r}. "
            "Begin it with keras.Input."
        )
    model = models.Sequential([layers.Input(tuple(keras_model.input_shape[1:]))])
    for layer in keras_model.layers:
        model.add(_from_keras_layer(layer))
    model.build(rng=0, dtype=keras_model.layers[-1].variable_dtype)
    model.set_weights(keras_model.get_weights())
    return model


def to_keras_loss(
    loss: "str | losses.Loss", dtype: str = "float32"
) -> "keras.losses.Loss":
    """The Keras loss of the same class and options. TypeError where there is none."""
    loss = losses.get(loss)
    return _their_class(keras.losses, loss)(**_options(loss), dtype=dtype)


def to_keras_optimizer(
    optimizer: "optimizers.Optimizer",
) -> "keras.optimizers.Optimizer":
    """The Keras optimizer of the same class and options, at the present learning rate.

    Numbers are passed as np.float64: TensorFlow would round a Python float to float32
    where Adam raises beta_2 to the power t, which moves 1 - beta_2^t by 1e-5 of itself.
    """
    options = _options(optimizer)
    if keras.backend.backend() == "tensorflow":
        options = {
            name: np.float64(value) if isinstance(value, float) else value
            for name, value in options.items()
        }
    return _their_class(keras.optimizers, optimizer)(**options)


def gradients(
    keras_model, x: Array, y: Array, loss, training: bool = False
) -> tuple[float, list[Array], Array]:
    """(loss, dL/d each trainable weight, dL/dx) as NumPy arrays, on any backend.

    `loss` is ours, by name or object, or a Keras loss.
    """
    dtype = keras_model.layers[-1].compute_dtype
    if not isinstance(loss, keras.losses.Loss):
        loss = to_keras_loss(loss, dtype)
    # Without its dtype PyTorch would round an array to float32.
    y = np.asarray(y)
    x = keras.ops.convert_to_tensor(np.asarray(x), dtype=dtype)
    y = keras.ops.convert_to_tensor(y, dtype=dtype if y.dtype.kind == "f" else None)
    value, grads, dx = _GRADIENTS[keras.backend.backend()](
        keras_model, x, y, loss, training
    )
    return float(to_numpy(value)), [to_numpy(g) for g in grads], to_numpy(dx)


def to_numpy(tensor) -> Array:
    """A backend's tensor or a Keras variable as a NumPy array."""
    if isinstance(tensor, keras.Variable):
        return tensor.numpy()
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


def _their_class(module, ours):
    """Keras' class of the same name."""
    name = type(ours).__name__
    if not hasattr(module, name):
        raise TypeError(
            f"twin: expected a class that {module.__name__} has too, got {name}."
        )
    return getattr(module, name)


def _arguments(cls) -> list[str]:
    """The names of the constructor's arguments, but for `name` and initializers."""
    names = inspect.signature(cls).parameters
    return [n for n in names if n != "name" and not n.endswith("initializer")]


def _options(thing) -> dict:
    """The constructor's arguments, read back from the attributes of the same names.

    Initializers are left out: the weights are copied, and who drew them is history.
    """
    options = {name: getattr(thing, name) for name in _arguments(type(thing))}
    return {
        name: value.__name__ if isinstance(value, ActivationFunction) else value
        for name, value in options.items()
    }


def _from_keras_layer(layer) -> layers.Layer:
    """Our layer of the same class, options and name."""
    kind, config = type(layer).__name__, layer.get_config()
    if kind not in layers.__all__:
        have = ", ".join(layers.__all__)
        raise TypeError(f"from_keras: expected layers among {have}; got {kind}.")
    ours = getattr(layers, kind)
    options = {name: config[name] for name in _arguments(ours)}
    plain = type(layer)(**options).get_config()
    drawn = ("name", "dtype", "seed", "kernel_initializer", "bias_initializer")
    for option, value in config.items():
        if option not in drawn and value != plain.get(option):
            raise TypeError(
                f"from_keras: expected {kind} with options that ours has, "
                f"got {option}={value!r} in layer {layer.name!r}."
            )
    return ours(**options, name=layer.name)


def _fixed_mask(mask: Array, dtype: str):
    class FixedMask(keras.layers.Layer):
        def call(self, x):
            return x * keras.ops.convert_to_tensor(mask, dtype=dtype)

        def compute_output_shape(self, shape):  # or JAX and PyTorch try a batch of 83
            return shape

    return FixedMask(dtype=dtype)


def _masks(model, x, seed) -> dict[str, Array]:
    if seed is None:
        return {}
    _, caches = _forward(model, x, seed)
    return {
        layer.name: cache
        for layer, cache in zip(model.layers, caches, strict=True)
        if isinstance(layer, layers.Dropout) and cache is not None
    }


def _forward(model, x, seed):
    if seed is None:
        return model.forward(x)
    return model.forward(x, training=True, rng=np.random.default_rng(seed))
