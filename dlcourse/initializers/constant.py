"""Initializers that draw nothing."""

import numpy as np

from dlcourse.initializers.base import Initializer


class Zeros(Initializer):
    """All 0. Keras: keras.initializers.Zeros."""

    random = False

    def draw(self, shape, rng):
        return np.zeros(shape)


class Ones(Initializer):
    """All 1. Keras: keras.initializers.Ones."""

    random = False

    def draw(self, shape, rng):
        return np.ones(shape)


class Constant(Initializer):
    """All `value`. Keras: keras.initializers.Constant."""

    random = False

    def __init__(self, value: float = 0.0):
        self.value = value

    def draw(self, shape, rng):
        return np.full(shape, self.value, dtype=float)


class Identity(Initializer):
    """gain times the identity matrix; ones on the diagonal where it is not square.

    ValueError for a shape that is no matrix. Keras: keras.initializers.Identity.
    """

    random = False

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def draw(self, shape, rng):
        if len(shape) != 2:
            raise ValueError(
                f"Identity: expected the shape of a matrix, got {shape}. Use it for "
                "kernels of Dense and recurrent kernels."
            )
        return self.gain * np.eye(*shape)
