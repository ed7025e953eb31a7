"""The contract that every layer keeps.

    layer.build(input_shape, rng)            makes layer.params, a dict in Keras' order
    y, cache = layer.forward(x, training, rng)
    dx, grads = layer.backward(dy, cache)    dy means dL/dy; grads has the keys of params

A forward leaves no trace on the layer: what the backward pass needs is in the cache
that it returns. So a layer can be used twice in one graph, and a cell of the book can
be run twice. `backward` returns fresh arrays.
"""

import re

import numpy as np

Array = np.ndarray
Shape = tuple[int | None, ...]


class Layer:
    """Base of all layers.

    Shapes include the batch axis, written None where it is free: (None, 784).
    """

    def __init__(self, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        self.named = name is not None
        self.params: dict[str, Array] = {}
        self.state: dict[str, Array] = {}
        self.built = False
        self.input_shape: Shape | None = None

    # -- what a subclass writes

    def create(self, input_shape: Shape, rng: np.random.Generator, dtype: str) -> None:
        """Fill self.params (and self.state). Layers without weights leave it out."""

    def forward(
        self, x: Array, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, object]:
        raise NotImplementedError

    def backward(self, dy: Array, cache) -> tuple[Array, dict[str, Array]]:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def check_input(self, shape: Shape) -> None:
        """Raise ValueError where x of this shape does not fit."""

    # -- what is the same for all

    def build(
        self,
        input_shape: Shape,
        rng: np.random.Generator | None = None,
        dtype: str = "float32",
    ) -> None:
        """Create the weights for inputs of this shape; a second call starts afresh."""
        self.check_input(tuple(input_shape))
        self.params, self.state = {}, {}
        self.create(tuple(input_shape), rng, dtype)
        self.input_shape, self.built = tuple(input_shape), True

    def __call__(
        self, x: Array, training: bool = False, rng: np.random.Generator | None = None
    ) -> Array:
        """The output alone, as in Keras."""
        return self.forward(x, training=training, rng=rng)[0]

    def require_built(self) -> None:
        if not self.built:
            raise RuntimeError(
                f"{self}: this layer has no weights yet. Call build(input_shape, rng=rng) first."
            )

    @property
    def weights(self) -> list[Array]:
        return [*self.params.values(), *self.state.values()]

    def get_weights(self) -> list[Array]:
        """Copies of all weights, in Keras' order."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: list[Array]) -> None:
        """Copy these values into the weights; shapes must match."""
        own = self.weights
        if len(weights) != len(own):
            hint = "" if own else " Build the layer first."
            raise ValueError(
                f"{self}: expected {len(own)} weight arrays, got {len(weights)}.{hint}"
            )
        for index, (w, new) in enumerate(zip(own, weights, strict=True)):
            if w.shape != np.shape(new):
                raise ValueError(
                    f"{self}: expected weight {index} of shape {w.shape}, got {np.shape(new)}."
                )
        for w, new in zip(own, weights, strict=True):
            w[...] = new

    def count_params(self) -> int:
        return sum(w.size for w in self.weights)

    def __repr__(self) -> str:
        return type(self).__name__


def snake_case(name: str) -> str:
    """MaxPooling2D -> max_pooling2d, as Keras names its layers."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def require_rng(layer: Layer, rng) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{layer}: expected rng to be a numpy.random.Generator, got {rng!r}. Pass rng=np.random.default_rng(0)."
        )
    return rng
