"""Dropout: noise as a regularizer."""

import numpy as np

from dlcourse.layers.base import Layer, require_rng
from dlcourse.validation import require_below_one


class Dropout(Layer):
    """In training each entry is 0 with probability `rate`, else x / (1 - rate).

    So its mean stays x. Without training y = x. The mask lives in the cache. TypeError
    where training has no rng. Book: eq:dropout. Keras: keras.layers.Dropout.
    """

    supports_masking = True

    def __init__(self, rate: float, name: str | None = None):
        super().__init__(name)
        self.rate = require_below_one("Dropout", "rate", rate)

    def forward(self, x, training=False, rng=None):
        if not training or self.rate == 0:
            return x.copy(), None
        rng = require_rng(self, rng)
        keep = rng.random(x.shape, dtype=np.float32) >= self.rate
        mask = keep * x.dtype.type(1 / (1 - self.rate))  # 0 or 1/(1 - rate)
        return x * mask, mask

    def backward(self, dy, cache):
        mask = cache
        if mask is None:
            return dy.copy(), {}
        if dy.shape != mask.shape:
            raise ValueError(
                f"{self}: expected dy of shape {mask.shape}, as y, got {dy.shape}."
            )
        return dy * mask, {}

    def __repr__(self):
        return f"Dropout({self.rate})"
