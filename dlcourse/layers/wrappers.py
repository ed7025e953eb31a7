"""Layers around a layer: Bidirectional, TimeDistributed."""

import copy
import functools

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.recurrent import Recurrent
from dlcourse.nested import added
from dlcourse.validation import generator, lookup

Array = np.ndarray

MERGE_MODES = dict.fromkeys(("concat", "sum", "mul", "ave"))


class Bidirectional(Layer):
    """Two runs of a recurrent layer, one from each end of x, each with its weights.

    y merges them: "concat" along the features, "sum", "mul", "ave", or None for the
    list of both. With return_sequences the backward run's outputs are turned round, so
    that both speak of the same step, and are 0 where the mask is False, as in Keras.
    `layer` is the pattern: forward_layer is a fresh copy, and backward_layer one that
    goes backwards, unless it is given. With return_state y is a list that ends with the
    last states of both.

    params: {"forward_layer": {...}, "backward_layer": {...}}. TypeError where `layer`
    is not recurrent; ValueError where the two run the same way or return unlike things.
    Schuster and Paliwal (1997). Keras: keras.layers.Bidirectional.
    """

    supports_masking = takes_mask = True

    def __init__(
        self,
        layer: Recurrent,
        merge_mode: str | None = "concat",
        backward_layer: Recurrent | None = None,
        name: str | None = None,
    ):
        super().__init__(name)
        for each in (layer, layer if backward_layer is None else backward_layer):
            if not isinstance(each, Recurrent):
                raise TypeError(
                    f"Bidirectional: expected a recurrent layer, got {each!r}. "
                    "Write Bidirectional(LSTM(8)), with brackets."
                )
        if merge_mode is not None:
            lookup("Bidirectional merge_mode", merge_mode, MERGE_MODES)
        self.layer, self.merge_mode = layer, merge_mode
        self.forward_layer = _copy(layer, f"forward_{layer.name}")
        if backward_layer is None:
            self.backward_layer = _copy(layer, f"backward_{layer.name}")
            self.backward_layer.go_backwards = True
        else:
            self.backward_layer = backward_layer
        self._check_pair()
        for each in self._both():
            each.zero_output_for_mask = layer.return_sequences

    def _check_pair(self):
        ahead, back = self._both()
        if ahead.go_backwards == back.go_backwards:
            raise ValueError(
                f"{self}: expected one layer to go forward and one backward, got "
                f"go_backwards={ahead.go_backwards} twice. Give go_backwards=True to "
                "backward_layer alone."
            )
        alike = ["return_sequences", "return_state"]
        if self.merge_mode in ("sum", "mul", "ave"):
            alike.append("units")
        for option in alike:
            one, other = getattr(ahead, option), getattr(back, option)
            if one != other:
                raise ValueError(
                    f"{self}: expected both layers to have the same {option}, got "
                    f"{one} and {other}."
                )

    def _both(self) -> tuple[Recurrent, Recurrent]:
        return self.forward_layer, self.backward_layer

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        for key in ("forward_layer", "backward_layer"):
            each = getattr(self, key)
            each.build(input_shape, rng, dtype)
            self.adopt(key, each)

    def forward(self, x, training=False, rng=None, mask=None):
        self.require_built()
        (a, first), (b, second) = (
            each.forward(x, training=training, rng=rng, mask=mask)
            for each in self._both()
        )
        last = []
        if self.layer.return_state:
            (a, *last_a), (b, *last_b) = a, b
            last = [*last_a, *last_b]
        b = self._turned(b)
        y = {
            "concat": lambda: np.concatenate([a, b], axis=-1),
            "sum": lambda: a + b,
            "mul": lambda: a * b,
            "ave": lambda: (a + b) / 2,
            None: lambda: [a, np.array(b, order="C")],
        }[self.merge_mode]()
        if last:
            y = [*y, *last] if self.merge_mode is None else [y, *last]
        return y, (a, b, first, second)

    def backward(self, dy, cache):
        a, b, first, second = cache
        dlast = []
        if self.layer.return_state:
            outputs = 2 if self.merge_mode is None else 1
            dlast = list(dy[outputs:])
            dy = list(dy[:2]) if self.merge_mode is None else dy[0]
        da, db = {
            "concat": lambda: np.split(dy, [a.shape[-1]], axis=-1),
            "sum": lambda: (dy, dy),
            "mul": lambda: (dy * b, dy * a),
            "ave": lambda: (dy / 2, dy / 2),
            None: lambda: dy,
        }[self.merge_mode]()
        db = self._turned(db)
        if dlast:
            half = len(dlast) // 2
            da, db = [da, *dlast[:half]], [db, *dlast[half:]]
        dx, ahead = self.forward_layer.backward(da, first)
        dx_back, back = self.backward_layer.backward(db, second)
        return dx + dx_back, {"forward_layer": ahead, "backward_layer": back}

    def _turned(self, a):
        return a[:, ::-1] if self.layer.return_sequences else a

    def compute_output_shape(self, input_shape):
        a, b = (each.compute_output_shape(input_shape) for each in self._both())
        last = []
        if self.layer.return_state:
            (a, *last_a), (b, *last_b) = a, b
            last = [*last_a, *last_b]
        if self.merge_mode is None:
            return [a, b, *last]
        y = (*a[:-1], a[-1] + b[-1]) if self.merge_mode == "concat" else a
        return [y, *last] if last else y

    def compute_mask(self, x, mask=None):
        mask = mask if self.layer.return_sequences else None
        outputs = [mask, mask] if self.merge_mode is None else [mask]
        if self.layer.return_state:
            return outputs + [None] * (2 * self.layer.states)
        return outputs if self.merge_mode is None else mask

    def check_input(self, shape):
        for each in self._both():
            each.check_input(shape)

    def __repr__(self):
        return f"Bidirectional({self.layer!r})"


def _copy(layer: Layer, name: str) -> Layer:
    """A layer of the same options, not built."""
    fresh = copy.copy(layer)
    fresh.params, fresh.state, fresh.options, fresh.sublayers = {}, {}, {}, {}
    fresh.name, fresh.built, fresh.input_shape, fresh.output = name, False, None, None
    return fresh


class TimeDistributed(Layer):
    """The same layer at every time step: x (batch, time, ...) -> y (batch, time, ...).

    All steps go through it at once, as one long batch; only a layer that keeps a state
    (BatchNormalization) sees them one by one, as in Keras. A mask passes on.
    params: {"layer": {...}}. ValueError where x has less than three axes; TypeError
    where `layer` is none. Keras: keras.layers.TimeDistributed.
    """

    supports_masking = takes_mask = True

    def __init__(self, layer: Layer, name: str | None = None):
        super().__init__(name)
        if not isinstance(layer, Layer):
            raise TypeError(
                f"TimeDistributed: expected a dlcourse layer, got {layer!r}. "
                "Write TimeDistributed(Dense(10)), with brackets."
            )
        self.layer = layer

    def create(self, input_shape, rng, dtype):
        self.layer.build(self._step_shape(input_shape), rng, dtype)
        self.adopt("layer", self.layer)

    def forward(self, x, training=False, rng=None, mask=None):
        self.require_built()
        self.check_input(x.shape)
        batch, time = x.shape[:2]
        inner = {"training": training, "rng": rng}
        # (batch, T1, T2): the second time axis is that of the inner layer.
        if mask is not None and mask.ndim > 2 and self.layer.takes_mask:
            inner["mask"] = mask.reshape(-1, *mask.shape[2:])
        if not _keeps_state(self.layer):
            y, cache = self.layer.forward(x.reshape(-1, *x.shape[2:]), **inner)
            return y.reshape(batch, time, *y.shape[1:]), (x.shape, cache)
        runs = [self.layer.forward(x[:, t], **inner) for t in range(time)]
        y = np.stack([y for y, _ in runs], axis=1)
        return y, (x.shape, [cache for _, cache in runs])

    def backward(self, dy, cache):
        shape, inner = cache
        if not _keeps_state(self.layer):
            dx, grads = self.layer.backward(dy.reshape(-1, *dy.shape[2:]), inner)
            return dx.reshape(shape), {"layer": grads}
        runs = [self.layer.backward(dy[:, t], inner[t]) for t in range(shape[1])]
        grads = functools.reduce(added, (g for _, g in runs))
        return np.stack([dx for dx, _ in runs], axis=1), {"layer": grads}

    def _step_shape(self, shape):
        return (shape[0], *shape[2:])

    def compute_output_shape(self, input_shape):
        batch, *y = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (batch, input_shape[1], *y)

    def check_input(self, shape):
        if len(shape) < 3:
            raise ValueError(
                f"{self}: expected x of shape (batch, time, ...) with at least three "
                f"axes, got {tuple(shape)}. Write x[..., np.newaxis] for one feature "
                "per step."
            )
        self.layer.check_input(self._step_shape(shape))

    def __repr__(self):
        return f"TimeDistributed({self.layer!r})"


def _keeps_state(layer: Layer) -> bool:
    """Whether the layer, or one inside it, has moving averages."""
    own = any(isinstance(w, np.ndarray) for w in layer.state.values())
    return own or any(_keeps_state(inner) for inner in layer.sublayers.values())
