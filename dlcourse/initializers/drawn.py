"""Initializers that draw with a fixed spread, and orthogonal matrices."""

import math

import numpy as np

from dlcourse.initializers.base import Initializer
from dlcourse.validation import require_number

Array = np.ndarray


class RandomNormal(Initializer):
    """N(mean, stddev^2). Keras: keras.initializers.RandomNormal."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05):
        self.mean, self.stddev = mean, require_number("RandomNormal", "stddev", stddev)

    def draw(self, shape, rng):
        return rng.normal(self.mean, self.stddev, shape)


class RandomUniform(Initializer):
    """U(minval, maxval). Keras: keras.initializers.RandomUniform."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05):
        if not minval <= maxval:
            raise ValueError(
                f"RandomUniform: expected minval <= maxval, got {minval} > {maxval}."
            )
        self.minval, self.maxval = minval, maxval

    def draw(self, shape, rng):
        return rng.uniform(self.minval, self.maxval, shape)


class TruncatedNormal(Initializer):
    """N(mean, stddev^2), values beyond two standard deviations drawn anew.

    Keras: keras.initializers.TruncatedNormal.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05):
        self.mean = mean
        self.stddev = require_number("TruncatedNormal", "stddev", stddev)

    def draw(self, shape, rng):
        return self.mean + self.stddev * truncated_standard_normal(shape, rng)


def truncated_standard_normal(
    shape: tuple[int, ...], rng: np.random.Generator
) -> Array:
    """Standard normal draws with |value| <= 2, by rejection."""
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return values


class Orthogonal(Initializer):
    """gain times a random matrix with orthonormal columns, or rows if these are fewer.

    Axes before the last count as rows. Q of the QR decomposition of a normal matrix,
    with the signs that make the diagonal of R positive: only so is Q uniform over all
    orthogonal matrices. ValueError for fewer than two axes.
    Book: eq:gain. Keras: keras.initializers.Orthogonal. Source: Saxe, McClelland and
    Ganguli, 2014.
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def draw(self, shape, rng):
        if len(shape) < 2:
            raise ValueError(
                f"Orthogonal: expected a shape with two axes or more, got {shape}. Use "
                "it for kernels, not for biases."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
