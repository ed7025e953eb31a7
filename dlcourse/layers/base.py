"""The contract that every layer keeps.

    layer.build(input_shape, rng)            makes layer.params, a dict in Keras' order
    y, cache = layer.forward(x, training, rng)
    dx, grads = layer.backward(dy, cache)    dy is dL/dy; grads has the keys of params

A forward leaves no trace on the layer: what the backward pass needs is in the cache
that it returns. So a layer can be used twice in one graph, and a cell of the book can
be run twice. `backward` returns fresh arrays. Layers that merge take a list of arrays
and return a list as dx.

A mask marks the time steps that count: a bool array (batch, time), True where real.
Containers hand it on: `layer.compute_mask(x, mask)` is the mask of the output, and a
layer with `takes_mask` gets it as `forward(..., mask=mask)`.

Called on a Node instead of an array, a layer describes one more node of a graph:

    x = Input((28, 28, 1)); y = Dense(10)(Flatten()(x)); Model(x, y)
"""

import re
from collections.abc import Iterator

import numpy as np

from dlcourse import constraints, initializers, regularizers
from dlcourse.layers.node import Node, is_symbolic
from dlcourse.validation import as_floats

Array = np.ndarray
Shape = tuple[int | None, ...]


class Layer:
    """Base of all layers. Shapes include the batch axis, None where free: (None, 784).

    With `trainable` False the weights are left alone by `fit`.
    Keras: keras.layers.Layer.
    """

    supports_masking = False  # whether the output has the input's mask
    takes_mask = False  # whether forward has an argument `mask`
    # Whether backward takes need_dx=False and then returns None for dx: a model asks
    # its first layer for that in training, where nobody needs dL/dx of the data.
    can_skip_dx = False

    def __init__(self, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        self.named = name is not None
        self.params: dict[str, Array] = {}
        self.state: dict[str, Array] = {}
        self.options: dict[str, str] = {}  # weight -> prefix of its options
        # The layers inside, by their key in params and state: of Sequential by name, of
        # Bidirectional forward_layer and backward_layer.
        self.sublayers: dict[str, Layer] = {}
        self.output: Node | None = None  # of the last symbolic call
        self.built, self._trainable = False, True
        self.input_shape: Shape | None = None

    # -- what a subclass writes

    def create(self, input_shape: Shape, rng: np.random.Generator, dtype: str) -> None:
        """Fill self.params (and self.state). Layers without weights leave it out."""

    def forward(
        self, x: Array, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, object]:
        """(y, cache). `rng` draws what is random in training."""
        raise NotImplementedError

    def backward(self, dy: Array, cache) -> tuple[Array, dict[str, Array]]:
        """(dL/dx, gradients by weight name) from dy = dL/dy and the forward's cache."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of y for x of this shape."""
        return input_shape

    def check_input(self, shape: Shape) -> None:
        """Raise ValueError where x of this shape does not fit."""

    def forward_masked(self, x, training=False, rng=None, mask=None):
        """(y, cache, mask of y): forward, with the mask where the layer takes one."""
        options = {"mask": mask} if self.takes_mask and mask is not None else {}
        y, cache = self.forward(x, training=training, rng=rng, **options)
        return y, cache, self.compute_mask(x, mask)

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        """The mask of y."""
        return mask if self.supports_masking else None

    # -- weights with an initializer, a regularizer and a constraint

    def weight_options(
        self, option: str, initializer, regularizer=None, constraint=None
    ) -> None:
        """Set self.<option>_initializer, _regularizer, _constraint, by name or object.

        `option` is Keras' prefix: "kernel", "bias", "recurrent" (recurrent_kernel).
        """
        setattr(self, f"{option}_initializer", initializers.get(initializer))
        setattr(self, f"{option}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{option}_constraint", constraints.get(constraint))

    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        dtype: str,
        option: str | None = None,
    ) -> None:
        """self.params[name], drawn by self.<option>_initializer; `option` is `name`."""
        option = option or name
        draw = getattr(self, f"{option}_initializer")
        self.params[name] = draw(shape, rng, dtype)
        self.options[name] = option

    def regularization(self) -> tuple[float, dict[str, Array]]:
        """(penalty, its gradients) of the regularized weights; (0.0, {}) without."""
        penalty, grads = 0.0, {}
        for name, option in self.options.items():
            regularizer = getattr(self, f"{option}_regularizer")
            if regularizer is not None:
                value, grads[name] = regularizer(self.params[name])
                penalty += value
        for key, layer in self.sublayers.items():
            value, inner = layer.regularization()
            if inner:
                penalty, grads[key] = penalty + value, inner
        return penalty, grads

    def constrain(self) -> None:
        """Project each constrained weight, in place."""
        for name, option in self.options.items():
            constraint = getattr(self, f"{option}_constraint")
            if constraint is not None:
                self.params[name][...] = constraint(self.params[name])
        for layer in self.sublayers.values():
            layer.constrain()

    def adopt(self, key: str, layer: "Layer") -> None:
        """Show a built sublayer's weights under `key` of params and state."""
        self.sublayers[key] = layer
        self.params[key], self.state[key] = layer.params, layer.state

    @property
    def trainable(self) -> bool:
        """Whether `fit` may change the weights; setting it reaches the sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.sublayers.values():
            layer.trainable = value

    def trainable_params(self) -> dict:
        """params without those of layers whose `trainable` is False."""
        if not self.trainable:
            return {}
        inner = {k: layer.trainable_params() for k, layer in self.sublayers.items()}
        return {**self.params, **inner}

    # -- what is the same for all

    def build(
        self,
        input_shape: Shape,
        rng: "np.random.Generator | int | None" = None,
        dtype: str = "float32",
    ) -> None:
        """Create the weights for inputs of this shape; a second call starts afresh.

        ValueError for a shape that does not fit or another dtype than float32 and
        float64; TypeError without rng where weights are drawn.
        """
        input_shape = require_shape(self, input_shape)
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(
                f"{self}: expected dtype 'float32' or 'float64', got {dtype!r}."
            )
        self.built = False
        self.check_input(input_shape)
        self.params, self.state, self.options = {}, {}, {}
        self.create(input_shape, rng, dtype)
        self.input_shape, self.built = input_shape, True

    def __call__(
        self, x: Array, training: bool = False, rng: np.random.Generator | None = None
    ) -> "Array | Node":
        """The output alone, as in Keras; of a Node (or a list of them), a Node."""
        if is_symbolic(x):
            return Node(self, x)
        return self.forward(x, training=training, rng=rng)[0]

    def require_built(self) -> None:
        if not self.built:
            raise RuntimeError(
                f"{self}: expected a built layer, but it has no weights yet. "
                "Call build(input_shape, rng=rng) first."
            )

    @property
    def weights(self) -> list[Array]:
        """The arrays themselves: params, then state, then those of the sublayers."""
        return [w for _, w in self.named_weights()]

    def named_weights(
        self, path: tuple[str, ...] = ()
    ) -> Iterator[tuple[tuple[str, ...], Array]]:
        """(path, array) of every weight, in the order of `weights`."""
        for name, w in [*self.params.items(), *self.state.items()]:
            if name not in self.sublayers:
                yield (*path, name), w
        for key, layer in self.sublayers.items():
            yield from layer.named_weights((*path, key))

    def get_weights(self) -> list[Array]:
        """Copies of all weights, in Keras' order."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: list[Array]) -> None:
        """Copy these values into the weights.

        ValueError where number or shapes differ or a value is not finite; then nothing
        is changed.
        """
        own = self.weights
        if len(weights) != len(own):
            hint = "" if own else " Build the layer first."
            raise ValueError(
                f"{self}: expected {len(own)} weight arrays, got {len(weights)}.{hint}"
            )
        values = [as_floats(f"{self}", f"weight {i}", w) for i, w in enumerate(weights)]
        for index, (w, new) in enumerate(zip(own, values, strict=True)):
            if w.shape != new.shape:
                raise ValueError(
                    f"{self}: expected weight {index} of shape {w.shape}, "
                    f"got {new.shape}."
                )
        for w, new in zip(own, values, strict=True):
            w[...] = new

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(w.size for w in self.weights)

    def __repr__(self) -> str:
        return type(self).__name__


def snake_case(name: str) -> str:
    """MaxPooling2D -> max_pooling2d, as Keras names its layers."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def require_rng(layer: Layer, rng) -> np.random.Generator:
    """A Generator; no seed here, which would draw the same mask at every call."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{layer}: expected rng to be a numpy.random.Generator, got {rng!r}. "
            "Pass rng=np.random.default_rng(0)."
        )
    return rng


def require_shape(layer: Layer, shape) -> Shape:
    """A tuple whose first entry, the batch axis, may be None; or a list of such."""
    if isinstance(shape, list) and shape and isinstance(shape[0], (tuple, list)):
        return [require_shape(layer, each) for each in shape]
    whole = isinstance(shape, (tuple, list)) and all(
        n is None or (isinstance(n, (int, np.integer)) and n > 0) for n in shape
    )
    if not whole or not shape:
        raise ValueError(
            f"{layer}: expected an input shape with the batch axis, such as "
            f"(None, 784), got {shape!r}."
        )
    return tuple(shape)
