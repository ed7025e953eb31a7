"""Sequential: a stack of layers, itself a layer, with Keras' compile, fit, evaluate."""

import math

import numpy as np

from dlcourse import losses as losses_module
from dlcourse import metrics as metrics_module
from dlcourse import optimizers as optimizers_module
from dlcourse.callbacks import Callback, History, ProgbarLogger
from dlcourse.layers.base import Layer
from dlcourse.layers.core import InputLayer
from dlcourse.validation import (
    as_floats,
    as_numbers,
    generator,
    require_below_one,
    require_finite,
    require_positive_int,
)

Array = np.ndarray


class Sequential(Layer):
    """y = f_L(... f_2(f_1(x))): forward left to right, backward right to left.

    params maps each layer's name to its params, and gradients are nested the same way;
    the cache is the list of the layers' caches.
    Book: eq:chain, eq:backpropagation. Keras: keras.Sequential.
    """

    def __init__(self, layers: list[Layer] | None = None, name: str | None = None):
        super().__init__(name)
        self.layers: list[Layer] = []
        self.input_layer: InputLayer | None = None
        self.optimizer, self.loss, self.metrics = None, None, []
        self.stop_training = False
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise TypeError(
                f"Sequential: expected a list of layers, got {layers!r}. "
                f"Write Sequential([...])."
            )
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Append a layer; its name becomes unique in the model (dense, dense_1, ...).

        TypeError for what is no layer; ValueError for a layer or a given name that
        stands in the model already.
        """
        if not isinstance(layer, Layer):
            raise TypeError(
                f"Sequential: expected a dlcourse layer, got {layer!r}. "
                "Write Dense(10), with brackets."
            )
        if isinstance(layer, InputLayer):
            if self.layers or self.input_layer:
                raise ValueError(
                    "Sequential: expected Input only as the first element."
                )
            self.input_layer = layer
            return
        if any(layer is other for other in self.layers):
            raise ValueError(
                f"Sequential: {layer!r} stands in the model already. Make a new layer."
            )
        taken = {other.name for other in self.layers}
        if layer.name in taken:
            if layer.named:
                raise ValueError(
                    f"Sequential: expected layer names to differ, got {layer.name!r} "
                    "twice. Choose another name."
                )
            base, k = layer.name, 1
            while f"{base}_{k}" in taken:
                k += 1
            layer.name = f"{base}_{k}"
        self.layers.append(layer)
        self.built = False

    # -- a layer like any other

    def build(self, input_shape=None, rng=None, dtype="float32"):
        """Create all weights; a compiled optimizer starts afresh.

        input_shape includes the batch axis; it may be left out after Input(shape). rng
        is a Generator or a seed. Errors: those of Layer.build.
        """
        if input_shape is None:
            if self.input_layer is None:
                raise ValueError(
                    "Sequential: expected an input shape. Begin the model with "
                    "Input((784,)) or call build((None, 784))."
                )
            input_shape = (None, *self.input_layer.shape)
        if not self.layers:
            raise ValueError(
                "Sequential: expected at least one layer. Add one, such as Dense(10)."
            )
        super().build(input_shape, generator("Sequential", rng), dtype)
        self.dtype = np.dtype(dtype)
        if self.optimizer is not None:
            self.optimizer.reset()

    def create(self, input_shape, rng, dtype):
        shape = input_shape
        for layer in self.layers:
            layer.build(shape, rng, dtype)
            self.params[layer.name], self.state[layer.name] = layer.params, layer.state
            shape = layer.compute_output_shape(shape)
        self.output_shape = shape

    def forward(self, x, training=False, rng=None):
        self.require_built()
        x = as_numbers("Sequential", "x", x).astype(self.dtype, copy=False)
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, training=training, rng=rng)
            caches.append(cache)
        return x, caches

    def backward(self, dy, cache):
        grads = {}
        for layer, layer_cache in zip(
            reversed(self.layers), reversed(cache), strict=True
        ):
            dy, grads[layer.name] = layer.backward(dy, layer_cache)
        return dy, {layer.name: grads[layer.name] for layer in self.layers}

    def compute_output_shape(self, input_shape):
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def weights(self):
        return [w for layer in self.layers for w in layer.weights]

    # -- training

    def compile(self, optimizer="rmsprop", loss=None, metrics=()) -> None:
        """Choose the optimizer, the loss, and the metrics to report.

        Each by name or as an object. ValueError for an unknown name.
        """
        if loss is None:
            raise ValueError(
                "Sequential.compile: expected a loss, such as 'mse' or "
                "'sparse_categorical_crossentropy'."
            )
        if isinstance(metrics, (str, metrics_module.Metric)):
            metrics = [metrics]
        self.optimizer = optimizers_module.get(optimizer)
        self.loss = losses_module.get(loss)
        self.metrics = [metrics_module.get(m, self.loss) for m in metrics or ()]

    def train_on_batch(self, x, y, rng=None) -> float:
        """One step: forward, loss, backward, update. The loss before the update."""
        self._require_compiled("train_on_batch")
        self.require_built()
        x, y = self._data("train_on_batch", x, y)
        return self._train_step(x, y, rng)[0]

    def _train_step(self, x, y, rng):
        y_pred, cache = self.forward(x, training=True, rng=rng)
        loss, dy = self.loss(y, y_pred)
        _, grads = self.backward(dy, cache)
        self.optimizer.apply(self.params, grads)
        return loss, y_pred

    def fit(
        self,
        x,
        y,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: list[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: tuple | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        rng: "np.random.Generator | int | None" = None,
    ) -> History:
        """Mini-batch training. Returns a History.

        The loss and metrics of an epoch are means over its batches, each computed
        before its update, as in Keras. `rng` draws initial weights, the order of the
        samples and the dropout masks. validation_split takes the last share of the
        data, before any shuffling. A model that is not built is built, in float64 for
        such x and else in float32. FloatingPointError where a gradient is not finite;
        ValueError and TypeError for data that do not fit.
        """
        self._require_compiled("fit")
        rng = generator("fit", rng if rng is not None else np.random.default_rng())
        batch_size = require_positive_int("fit", "batch_size", batch_size)
        require_positive_int("fit", "epochs", epochs)
        require_positive_int("fit", "initial_epoch", initial_epoch, least=0)
        x, y = self._data("fit", x, y)
        x, y, validation_data = _validation(x, y, validation_split, validation_data)
        if not self.built:
            dtype = "float64" if x.dtype == np.float64 else "float32"
            self.build((None, *x.shape[1:]), rng, dtype)
        n, steps = len(x), math.ceil(len(x) / batch_size)

        history = History()
        hooks = [*_callback_list(callbacks), history]
        if verbose:
            hooks.append(ProgbarLogger())
        # The record and the printed line come last, so that they see what the others
        # add to the logs.
        for hook in hooks:
            hook.set_model(self)
            hook.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})

        self.stop_training = False
        _call(hooks, "on_train_begin", {})
        logs = {}
        for epoch in range(initial_epoch, epochs):
            _call(hooks, "on_epoch_begin", epoch, {})
            order = rng.permutation(n) if shuffle else np.arange(n)
            total, seen = 0.0, 0
            for metric in self.metrics:
                metric.reset_state()
            for step in range(steps):
                rows = order[step * batch_size : (step + 1) * batch_size]
                _call(hooks, "on_train_batch_begin", step, {})
                loss, y_pred = self._train_step(x[rows], y[rows], rng)
                total, seen = total + loss * len(rows), seen + len(rows)
                for metric in self.metrics:
                    metric.update_state(y[rows], y_pred)
                logs = {"loss": total / seen, **self._results()}
                _call(hooks, "on_train_batch_end", step, logs)
                if self.stop_training:
                    break
            if validation_data is not None:
                results = self.evaluate(
                    *validation_data, batch_size=batch_size, return_dict=True
                )
                logs |= {f"val_{name}": value for name, value in results.items()}
            _call(hooks, "on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        _call(hooks, "on_train_end", logs)
        self.history = history
        return history

    def evaluate(self, x, y, batch_size: int = 32, return_dict: bool = False):
        """[loss, metrics...] over the whole set, or a dict of them by name."""
        self._require_compiled("evaluate")
        self.require_built()
        batch_size = require_positive_int("evaluate", "batch_size", batch_size)
        x, y = self._data("evaluate", x, y)
        for metric in self.metrics:
            metric.reset_state()
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size)
            y_pred = self.forward(x[rows])[0]
            total += self.loss(y[rows], y_pred)[0] * len(y_pred)
            for metric in self.metrics:
                metric.update_state(y[rows], y_pred)
        results = {"loss": total / len(x), **self._results()}
        return results if return_dict else list(results.values())

    def predict(self, x, batch_size: int = 32) -> Array:
        """The outputs for x, batch by batch, without training behaviour."""
        self.require_built()
        batch_size = require_positive_int("predict", "batch_size", batch_size)
        x = self._samples("predict", x)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self.forward(x[i : i + batch_size])[0] for i in starts])

    # -- inspection

    def summary(self) -> None:
        """Print each layer with its output shape and number of parameters."""
        self.require_built()
        rows, shape = [("Layer (type)", "Output Shape", "Param #")], self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
            kind = f"{layer.name} ({type(layer).__name__})"
            rows.append((kind, str(shape), f"{layer.count_params():,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for i, (name, output, count) in enumerate(rows):
            print(f"{name:<{widths[0]}}  {output:<{widths[1]}}  {count:>{widths[2]}}")
            if i == 0:
                print("-" * (sum(widths) + 4))
        print(f"Total params: {self.count_params():,}")

    def get_layer(self, name: str) -> Layer:
        """The layer of that name. ValueError lists the names that there are."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        have = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"Sequential: expected a layer among {have}; got {name!r}.")

    def _results(self) -> dict[str, float]:
        return {metric.name: metric.result() for metric in self.metrics}

    def _require_compiled(self, what):
        if self.loss is None:
            raise RuntimeError(
                f"{what}: expected a compiled model. "
                "Call compile(optimizer=..., loss=...) first."
            )

    def _samples(self, who, x):
        x = as_floats(who, "x", x)
        if x.ndim < 2:
            raise ValueError(
                f"{who}: expected x of shape (batch, features), got {x.shape}. Write "
                "x[:, np.newaxis] for one feature, x[np.newaxis, :] for one sample."
            )
        if self.input_layer and x.shape[1:] != self.input_layer.shape:
            want = ", ".join(map(str, self.input_layer.shape))
            flatten = math.prod(x.shape[1:]) == math.prod(self.input_layer.shape)
            hint = " Reshape x, or build the model for it." if flatten else ""
            raise ValueError(
                f"{who}: expected x of shape (batch, {want}), as Input says, "
                f"got {x.shape}.{hint}"
            )
        return x.astype(self.dtype, copy=False) if self.built else x

    def _data(self, who, x, y):
        x, y = self._samples(who, x), as_numbers(who, "y", y)
        require_finite(who, "y", y)
        if y.ndim == 0 or len(x) != len(y):
            found = len(y) if y.ndim else "one number for all"
            raise ValueError(
                f"{who}: expected as many targets as samples, got {len(x)} samples "
                f"and {found} targets."
            )
        return x, y


def _validation(x, y, share, given):
    """(x, y, validation data): `given` checked, or the last `share` of x and y."""
    require_below_one("fit", "validation_split", share)
    if given is not None:
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise ValueError(
                f"fit: expected validation_data=(x, y), a pair, got a "
                f"{type(given).__name__}."
            )
        return x, y, tuple(given)
    if not share:
        return x, y, None
    cut = int(len(x) * (1 - share))
    if not 0 < cut < len(x):
        raise ValueError(
            f"fit: expected a validation_split that leaves samples on both sides, "
            f"got {share} of {len(x)} samples."
        )
    return x[:cut], y[:cut], (x[cut:], y[cut:])


def _callback_list(callbacks) -> list[Callback]:
    """The callbacks as a list; one alone is allowed."""
    found = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or [])
    for each in found:
        if not isinstance(each, Callback):
            raise TypeError(
                f"fit: expected callbacks to hold dlcourse callbacks, got {each!r}. "
                "Write EarlyStopping(), with brackets."
            )
    return found


def _call(hooks: list[Callback], event: str, *arguments) -> None:
    for hook in hooks:
        getattr(hook, event)(*arguments)
