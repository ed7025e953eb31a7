"""The base of all initializers."""

import numpy as np

from dlcourse.validation import generator

Array = np.ndarray


class Initializer:
    """Base: a subclass writes draw(shape, rng) in float64; the call converts to dtype.

    TypeError where rng is neither a Generator nor a seed and numbers are drawn. Keras:
    keras.initializers.Initializer.
    """

    random = True

    def __call__(
        self,
        shape: tuple[int, ...],
        rng: "np.random.Generator | int | None" = None,
        dtype: str = "float32",
    ) -> Array:
        if self.random:
            rng = generator(type(self).__name__, rng)
        return np.asarray(self.draw(tuple(shape), rng), dtype=dtype)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({options})"
