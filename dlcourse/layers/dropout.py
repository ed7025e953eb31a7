"""Dropout: noise as a regularizer."""

import numpy as np

from dlcourse.layers.base import Layer, require_rng
from dlcourse.validation import require_probability


class Dropout(Layer):
    """In training each entry is 0 with probability `rate`, else x / (1 - rate), so that
    its mean stays x.

    Without training y = x. The mask lives in the cache. Book: eq:dropout. Keras:
    keras.layers.Dropout.
    """

    def __init__(self, rate: float, name: str | None = None):
        super().__init__(name)
        self.rate = require_probability("Dropout", "rate", rate, below_one=True)

    def forward(self, x, training=False, rng=None):
        if not training or self.rate == 0:
            return x.copy(), None
        rng = require_rng(self, rng)
        keep = rng.random(x.shape, dtype=np.float32) >= self.rate
        mask = keep * x.dtype.type(1 / (1 - self.rate))  # 0 or 1/(1 - rate)
        return x * mask, mask

    def backward(self, dy, cache):
        mask = cache
        return (dy.copy() if mask is None else dy * mask), {}

    def __repr__(self):
        return f"Dropout({self.rate})"
