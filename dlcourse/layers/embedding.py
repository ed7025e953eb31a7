"""Embedding: a vector for each of a finite set of things."""

import numpy as np

from dlcourse.kernels.rows import add_rows
from dlcourse.layers.base import Layer
from dlcourse.validation import generator, require_positive_int

Array = np.ndarray


class Embedding(Layer):
    """y = E[ids]: ids (batch, time) -> y (batch, time, output_dim).

    That is a one-hot vector times E, without the multiplications by 0. ids are whole
    numbers 0 ... input_dim - 1, as integers or floats; with `mask_zero` an id of 0 is
    padding, and the output's mask is False there. dx is 0, for ids have no gradient.

    params: embeddings E (input_dim, output_dim). ValueError for an id that is not whole
    or out of range. Keras: keras.layers.Embedding.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: str = "uniform",
        embeddings_regularizer: str | None = None,
        embeddings_constraint: str | None = None,
        mask_zero: bool = False,
        name: str | None = None,
    ):
        super().__init__(name)
        self.input_dim = require_positive_int("Embedding", "input_dim", input_dim)
        self.output_dim = require_positive_int("Embedding", "output_dim", output_dim)
        self.weight_options(
            "embeddings",
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
        )
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        self.add_weight("embeddings", (self.input_dim, self.output_dim), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        E = self.params["embeddings"]
        ids = self._ids(x)
        return E[ids], ids

    def backward(self, dy, cache):
        ids = cache
        if dy.shape != (*ids.shape, self.output_dim):
            raise ValueError(
                f"{self}: expected dy of shape {(*ids.shape, self.output_dim)}, as y, "
                f"got {dy.shape}."
            )
        dE = np.empty((self.input_dim, self.output_dim), dy.dtype)
        dE[...] = 0
        add_rows(dE, ids.ravel(), dy.reshape(-1, self.output_dim))
        return np.zeros(ids.shape, dy.dtype), {"embeddings": dE}

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def compute_mask(self, x, mask=None):
        return np.not_equal(x, 0) if self.mask_zero else None

    def _ids(self, x) -> Array:
        """x as integers in range."""
        x = np.asarray(x)
        if x.dtype.kind not in "iuf":
            raise ValueError(
                f"{self}: expected ids that are whole numbers, got dtype {x.dtype}. "
                "Number the words first."
            )
        if x.dtype.kind == "f" and (broken := np.argwhere(x != np.floor(x))).size:
            first = tuple(int(i) for i in broken[0])
            raise ValueError(
                f"{self}: expected ids that are whole numbers, got {float(x[first])} "
                f"at index {first}. Put Embedding first, before any scaling."
            )
        wrong = np.argwhere((x < 0) | (x >= self.input_dim))
        if len(wrong):
            first = tuple(int(i) for i in wrong[0])
            raise ValueError(
                f"{self}: expected ids from 0 to {self.input_dim - 1}, got "
                f"{x[first]:g} at index {first}. Make input_dim the largest id + 1."
            )
        return x.astype(np.intp)

    def __repr__(self):
        return f"Embedding({self.input_dim}, {self.output_dim})"
