"""What every model shares: Keras' compile, fit, evaluate and predict."""

import copy
import math

import numpy as np

from dlcourse import losses as losses_module
from dlcourse import metrics as metrics_module
from dlcourse import optimizers as optimizers_module
from dlcourse.callbacks import Callback, History, ProgbarLogger
from dlcourse.layers.base import Layer
from dlcourse.models import data
from dlcourse.models.objective import Objective
from dlcourse.models.tally import Tally
from dlcourse.nested import added, arrays
from dlcourse.validation import generator, require_positive_int

Array = np.ndarray


class Trainer(Layer):
    """Base of Sequential and Model: a layer that can be compiled and fitted.

    x, y and outputs are arrays; for several inputs or outputs, lists of arrays. A
    subclass writes `flow`, `backward`, and the shapes.
    """

    many_inputs = many_outputs = False
    can_skip_dx = True
    optimizer = loss = None
    metrics: tuple | list = ()
    stop_training = False

    # -- what a subclass writes

    def flow(self, x, training, rng, mask):
        """Yield (layer, y, cache, mask of y) of each layer in the order of the forward.

        The last item has the layer None, and holds the outputs, the list of all caches
        and the masks of the outputs.
        """
        raise NotImplementedError

    # -- a layer like any other

    def run(self, x, training=False, rng=None, mask=None):
        """forward, with the mask of the output as third result."""
        self.require_built()
        *_, (_, y, caches, mask) = self.flow(x, training, rng, mask)
        return y, caches, mask

    def forward(self, x, training=False, rng=None, mask=None):
        return self.run(x, training, rng, mask)[:2]

    def forward_masked(self, x, training=False, rng=None, mask=None):
        return self.run(x, training, rng, mask)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in Keras' order."""
        return list(self.sublayers.values())

    @property
    def dtype(self) -> np.dtype:
        """Of the weights; of the outputs."""
        self.require_built()
        return self._dtype

    # -- one step

    def compile(
        self, optimizer="rmsprop", loss=None, metrics=(), loss_weights=None
    ) -> None:
        """Choose the optimizer, the loss, and the metrics to report.

        Each by name or as an object; with several outputs `loss` is a list, or one for
        all. ValueError for an unknown name.
        """
        if loss is None:
            raise ValueError(
                f"{self.who}.compile: expected a loss, such as 'mse' or "
                "'sparse_categorical_crossentropy'."
            )
        if isinstance(metrics, (str, metrics_module.Metric)):
            metrics = [metrics]
        if self.many_outputs:
            n = len(self.outputs)
            losses = loss if isinstance(loss, (list, tuple)) else [loss] * n
            losses = data.several(f"{self.who}.compile", "loss", losses, n)
            if metrics:
                raise ValueError(
                    f"{self.who}.compile: expected no metrics for a model with several "
                    "outputs. The loss of each is reported."
                )
            if loss_weights is not None:
                data.several(f"{self.who}.compile", "loss_weights", loss_weights, n)
            self.loss = [losses_module.get(one) for one in losses]
        else:
            self.loss = losses_module.get(loss)
        self.optimizer = optimizers_module.get(optimizer)
        self.metrics = [metrics_module.get(m, self.loss) for m in metrics or ()]
        self.objective = Objective(self.loss, loss_weights)

    def train_on_batch(self, x, y, rng=None, sample_weight=None) -> float:
        """One step: forward, loss, backward, update. The loss before the update."""
        self._require_compiled("train_on_batch")
        self.require_built()
        x, y = self._data("train_on_batch", x, y)
        w = data.weights("train_on_batch", sample_weight, None, y, data.count(x))
        return self._train_step(x, y, w, rng)[0]

    def _train_step(self, x, y, sample_weight, rng):
        y_pred, cache, mask = self.run(x, training=True, rng=rng)
        loss, dy = self._loss(x, y, y_pred, mask, sample_weight)
        grads = self.backward(dy, cache, need_dx=False)[1]
        penalty, penalty_grads = self.regularization()
        if penalty_grads:
            loss, grads = loss + penalty, added(grads, penalty_grads)
        self.optimizer.apply(self.trainable_params(), grads)
        self.constrain()
        return loss, y_pred, mask

    def _loss(self, x, y, y_pred, mask, sample_weight):
        """The objective, or a FloatingPointError that names the layer at fault."""
        try:
            return self.objective(y, y_pred, mask, sample_weight)
        except ValueError:
            if data.finite(y_pred):
                raise
        raise FloatingPointError(self._first_not_finite(x))

    def _first_not_finite(self, x) -> str:
        """Which layer's output is the first that is not finite; state is kept."""
        kept, before = copy.deepcopy(self.state), "x"
        try:
            rng = np.random.default_rng(0)
            for layer, y, _, _ in self.flow(x, True, rng, None):
                if layer is not None and not data.finite(y):
                    break
                before = f"that of {layer.name!r}" if layer is not None else before
        finally:
            for w, old in zip(arrays(self.state), arrays(kept), strict=True):
                w[...] = old
        where = "the model" if layer is None else f"layer {layer.name!r} ({layer})"
        weights = layer is not None and not data.finite(layer.weights)
        cause = "its weights are not finite" if weights else f"{before} still is"
        return (
            f"{self.who}: expected finite outputs, but the first that is not finite is "
            f"the output of {where}; {cause}. Try a smaller learning rate, gradient "
            "clipping, or smaller initial weights. No weight was changed in this step."
        )

    # -- many steps

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
        class_weight: dict[int, float] | None = None,
        sample_weight=None,
        initial_epoch: int = 0,
        rng: "np.random.Generator | int | None" = None,
    ) -> History:
        """Mini-batch training. Returns a History.

        The loss and metrics of an epoch are means over its batches, each computed
        before its update, as in Keras. `rng` draws initial weights, the order of the
        samples and the dropout masks. validation_split takes the last share of the
        data, before any shuffling. class_weight maps class numbers to weights. A model
        that is not built is built, in float64 for such x and else in float32.
        FloatingPointError where an output or a gradient is not finite; ValueError and
        TypeError for data that do not fit.
        """
        self._require_compiled("fit")
        rng = generator("fit", rng if rng is not None else np.random.default_rng())
        batch_size = require_positive_int("fit", "batch_size", batch_size)
        require_positive_int("fit", "epochs", epochs)
        require_positive_int("fit", "initial_epoch", initial_epoch, least=0)
        x, y = self._data("fit", x, y)
        w = data.weights("fit", sample_weight, class_weight, y, data.count(x))
        x, y, w, held_out = data.validation(x, y, w, validation_split, validation_data)
        if not self.built:
            self._build_for(x, rng)
        n = data.count(x)
        steps = math.ceil(n / batch_size)

        self.history = history = History()
        hooks = [*data.callback_list(callbacks), history]
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
            order = rng.permutation(n) if shuffle else None
            tally = Tally(self)
            for step in range(steps):
                rows = slice(step * batch_size, (step + 1) * batch_size)
                rows = rows if order is None else order[rows]
                _call(hooks, "on_train_batch_begin", step, {})
                batch = (data.take(x, rows), data.take(y, rows), data.take(w, rows))
                loss, y_pred, mask = self._train_step(*batch, rng)
                logs = tally.add(loss, batch[1], y_pred, mask, batch[2])
                _call(hooks, "on_train_batch_end", step, logs)
                if self.stop_training:
                    break
            if held_out is not None:
                results = self.evaluate(
                    *held_out[:2],
                    batch_size=batch_size,
                    sample_weight=held_out[2] if len(held_out) > 2 else None,
                    return_dict=True,
                )
                logs |= {f"val_{name}": value for name, value in results.items()}
            _call(hooks, "on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        self.optimizer.finalize(self.trainable_params())
        _call(hooks, "on_train_end", logs)
        return history

    def evaluate(
        self,
        x,
        y,
        batch_size: int = 32,
        sample_weight=None,
        return_dict: bool = False,
    ):
        """[loss, metrics...] over the whole set, or a dict of them by name."""
        self._require_compiled("evaluate")
        self.require_built()
        batch_size = require_positive_int("evaluate", "batch_size", batch_size)
        x, y = self._data("evaluate", x, y)
        w = data.weights("evaluate", sample_weight, None, y, data.count(x))
        tally, penalty = Tally(self), self.regularization()[0]
        for start in range(0, data.count(x), batch_size):
            rows = slice(start, start + batch_size)
            own_x, own_y, own_w = (data.take(part, rows) for part in (x, y, w))
            y_pred, _, mask = self.run(own_x)
            loss = self._loss(own_x, own_y, y_pred, mask, own_w)[0] + penalty
            results = tally.add(loss, own_y, y_pred, mask, own_w)
        return results if return_dict else list(results.values())

    def predict(self, x, batch_size: int = 32):
        """The outputs for x, batch by batch, without training behaviour."""
        self.require_built()
        batch_size = require_positive_int("predict", "batch_size", batch_size)
        x = self._samples("predict", x)
        starts = range(0, data.count(x), batch_size)
        parts = [
            self.forward(data.take(x, slice(i, i + batch_size)))[0] for i in starts
        ]
        if self.many_outputs:
            return [np.concatenate(own) for own in zip(*parts, strict=True)]
        return np.concatenate(parts)

    # -- files

    def save(self, path) -> None:
        """Write the model to a `.npz`, with the state of its training.

        `models.load_model` reads it. Errors: those of models/saving.py.
        """
        from dlcourse.models import saving

        saving.save(self, path)

    def save_weights(self, path) -> None:
        """Write the weights: `.weights.npz`, or Keras' `.weights.h5`."""
        from dlcourse.models import saving

        saving.save_weights(self, path)

    def load_weights(self, path) -> None:
        """Read weights that this class, or Keras' `save_weights`, wrote."""
        from dlcourse.models import saving

        saving.load_weights(self, path)

    # -- inspection

    def get_layer(self, name: str) -> Layer:
        """The layer of that name. ValueError lists the names that there are."""
        if name in self.sublayers:
            return self.sublayers[name]
        have = ", ".join(self.sublayers)
        raise ValueError(f"{self.who}: expected a layer among {have}; got {name!r}.")

    @property
    def who(self) -> str:
        return type(self).__name__

    def _require_compiled(self, what):
        if self.loss is None:
            raise RuntimeError(
                f"{what}: expected a compiled model. "
                "Call compile(optimizer=..., loss=...) first."
            )

    def _samples(self, who, x):
        dtype = self.dtype if self.built else None
        return data.samples(who, x, self.sample_shapes, dtype, self.many_inputs)

    def _data(self, who, x, y):
        x = self._samples(who, x)
        outputs = len(self.outputs) if self.many_outputs else 1
        return x, data.targets(who, y, data.count(x), outputs)

    def _build_for(self, x, rng):
        first = x[0] if isinstance(x, list) else x
        dtype = "float64" if first.dtype == np.float64 else "float32"
        self.build(data.each(lambda a: (None, *a.shape[1:]), x), rng, dtype)


def _call(hooks: list[Callback], event: str, *arguments) -> None:
    for hook in hooks:
        getattr(hook, event)(*arguments)
