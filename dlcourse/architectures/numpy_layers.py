"""Layers that single architectures need and Keras lacks, in NumPy.

keras_layers.py has the same, by the same formulas, as Keras layers.
"""

import numpy as np

from dlcourse.architectures.lenet_layers import (
    RBF,
    RubbishClass,
    ScaledTanh,
    SparseConv2D,
    Subsampling2D,
)
from dlcourse.layers.base import Layer
from dlcourse.validation import require_positive_int

__all__ = [
    "RBF",
    "IdentityShortcut",
    "RubbishClass",
    "ScaledTanh",
    "SparseConv2D",
    "Subsampling2D",
]


class IdentityShortcut(Layer):
    """Every s-th pixel of x, with channels of zeros added: it has no parameters.

    x (batch, height, width, channels) -> (batch, ceil(height / s), ceil(width / s),
    filters), s = strides. ValueError where x has more channels than `filters`.
    Source: He, Zhang, Ren and Sun 2016, option A of section 3.3.
    """

    def __init__(self, filters: int, strides: int = 1, name: str | None = None):
        super().__init__(name)
        self.filters = require_positive_int("IdentityShortcut", "filters", filters)
        self.strides = require_positive_int("IdentityShortcut", "strides", strides)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        s, channels = self.strides, x.shape[-1]
        y = np.zeros(self.compute_output_shape(x.shape), x.dtype)
        y[..., :channels] = x[:, ::s, ::s]
        return y, x.shape

    def backward(self, dy, cache):
        s, channels = self.strides, cache[-1]
        dx = np.zeros(cache, dy.dtype)
        dx[:, ::s, ::s] = dy[..., :channels]
        return dx, {}

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        s = self.strides
        return (batch, -(-height // s), -(-width // s), self.filters)

    def check_input(self, shape):
        if len(shape) != 4 or shape[-1] > self.filters:
            raise ValueError(
                f"{self}: expected x of shape (batch, height, width, channels) with at "
                f"most {self.filters} channels, got {tuple(shape)}."
            )
