"""Masking and RepeatVector: how long a sequence is, and a vector at every step."""

import math

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.validation import require_number, require_positive_int


class Masking(Layer):
    """Steps whose features all equal `mask_value` do not count: x (batch, time, d).

    y = x with those steps at 0; the mask (batch, time) is False there. Layers behind it
    with `takes_mask`, such as LSTM, skip them. Keras: keras.layers.Masking.
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, name: str | None = None):
        super().__init__(name)
        self.mask_value = require_number("Masking", "mask_value", mask_value, -math.inf)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        mask = self.compute_mask(x)[..., np.newaxis]
        return x * mask, mask

    def backward(self, dy, cache):
        mask = cache
        return dy * mask, {}

    def compute_mask(self, x, mask=None):
        return np.not_equal(x, self.mask_value).any(axis=-1)

    def check_input(self, shape):
        if len(shape) < 3:
            raise ValueError(
                f"{self}: expected x of shape (batch, time, features), got "
                f"{tuple(shape)}. Write x[..., np.newaxis] for one feature per step."
            )


class RepeatVector(Layer):
    """The same vector at each of n steps: x (batch, d) -> y (batch, n, d).

    Keras: keras.layers.RepeatVector.
    """

    def __init__(self, n: int, name: str | None = None):
        super().__init__(name)
        self.n = require_positive_int("RepeatVector", "n", n)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return np.repeat(x[:, np.newaxis], self.n, axis=1), None

    def backward(self, dy, cache):
        return dy.sum(axis=1), {}

    def compute_output_shape(self, input_shape):
        batch, d = input_shape
        return (batch, self.n, d)

    def check_input(self, shape):
        if len(shape) != 2:
            raise ValueError(
                f"{self}: expected x of shape (batch, d), got {tuple(shape)}. It "
                "follows a layer with one output per sample, such as LSTM(8)."
            )

    def __repr__(self):
        return f"RepeatVector({self.n})"
