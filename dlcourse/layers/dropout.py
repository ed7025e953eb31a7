"""Noise as a regularizer: dropout and its relatives.

All of them are y = a x + b in training, a and b drawn anew in each forward pass, and
y = x without training. What was drawn lives in the cache, and `affine(cache)` gives
(a, b) back.
"""

import math

import numpy as np

from dlcourse.activations import SELU_ALPHA, SELU_SCALE
from dlcourse.kernels import dropout as kernel
from dlcourse.layers.base import Layer, require_rng
from dlcourse.layers.shapes import require_image
from dlcourse.validation import (
    require_below_one,
    require_number,
    require_positive_int,
)

Array = np.ndarray


class Noise(Layer):
    """Base: a subclass writes `strength`, draw and affine."""

    supports_masking = True
    strength: float  # 0: y = x

    def draw(self, x: Array, rng: np.random.Generator) -> Array:
        """What is random, for the cache."""
        raise NotImplementedError

    def affine(self, cache) -> tuple[Array, Array]:
        """(a, b) of y = a x + b, broadcastable to x; (1, 0) where nothing was drawn."""
        raise NotImplementedError

    def apply(self, x: Array, cache) -> Array:
        """a x + b."""
        a, b = self.affine(cache)
        y = x * a
        if isinstance(b, np.ndarray):
            y += b
        return y

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        if not training or self.strength == 0:
            return x.copy(), None
        cache = self.draw(x, require_rng(self, rng))
        return self.apply(x, cache), cache

    def backward(self, dy, cache):
        if cache is None:
            return dy.copy(), {}
        return dy * self.affine(cache)[0], {}

    def __repr__(self):
        return f"{type(self).__name__}({self.strength})"


class Dropping(Noise):
    """Base of what drops entries; the cache tells which ones are kept."""

    def __init__(self, rate, noise_shape=None, name=None):
        super().__init__(name)
        who = type(self).__name__
        self.rate = self.strength = require_below_one(who, "rate", rate)
        self.noise_shape = require_noise_shape(who, noise_shape)

    def draw(self, x, rng):
        """True with probability 1 - rate."""
        shape = x.shape
        if self.noise_shape is not None:
            pairs = zip(self.noise_shape, x.shape, strict=True)
            shape = tuple(n if m is None else m for m, n in pairs)
        return kernel.keep(rng, shape, self.rate)

    def check_input(self, shape):
        if self.noise_shape is None:
            return
        fits = len(shape) == len(self.noise_shape) and all(
            m in (None, 1) or n in (None, m)
            for m, n in zip(self.noise_shape, shape, strict=True)
        )
        if not fits:
            raise ValueError(
                f"{self}: expected x that fits noise_shape={self.noise_shape}, got "
                f"shape {tuple(shape)}. Put None where any length does, 1 where one "
                "draw is to serve all."
            )


class Dropout(Dropping):
    """In training each entry is 0 with probability `rate`, else x / (1 - rate).

    So its mean stays x. Without training y = x. The mask lives in the cache. With
    noise_shape one draw serves several entries: those along its axes of length 1 (None:
    the length that x has). TypeError where training has no rng. Book: eq:dropout.
    Keras: keras.layers.Dropout. Source: Srivastava et al. 2014.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: tuple[int | None, ...] | None = None,
        name: str | None = None,
    ):
        super().__init__(rate, noise_shape, name)

    def apply(self, x, cache):
        keep = cache
        return kernel.masked(x, keep, 1 / (1 - self.rate))

    def backward(self, dy, cache):
        keep = cache
        if keep is None:
            return dy.copy(), {}
        if self.noise_shape is None and dy.shape != keep.shape:
            raise ValueError(
                f"{self}: expected dy of shape {keep.shape}, as y, got {dy.shape}."
            )
        return kernel.masked(dy, keep, 1 / (1 - self.rate)), {}

    def affine(self, cache):
        keep = cache
        return (1.0 if keep is None else keep * (1 / (1 - self.rate))), 0.0


class AlphaDropout(Dropping):
    """Dropout that keeps mean 0 and variance 1, for networks with selu.

    In training an entry becomes alpha' = -scale * alpha, where selu ends on the left,
    with probability q = rate; then all are mapped by a x + b with

        a = ((1 - q) (1 + q alpha'^2))^(-1/2),  b = -a alpha' q.

    Options and errors as in Dropout. Book: eq:alpha-dropout. Keras:
    keras.layers.AlphaDropout. Source: Klambauer et al. 2017, Self-Normalizing Neural
    Networks.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: tuple[int | None, ...] | None = None,
        name: str | None = None,
    ):
        super().__init__(rate, noise_shape, name)

    def draw(self, x, rng):
        return super().draw(x, rng).astype(x.dtype)

    def affine(self, cache):
        keep = cache
        if keep is None:
            return 1.0, 0.0
        q, alpha = self.rate, -SELU_ALPHA * SELU_SCALE
        a = ((1 - q) * (1 + q * alpha * alpha)) ** -0.5
        b = -a * alpha * q
        return a * keep, a * alpha * (1 - keep) + b


class SpatialDropout1D(Dropout):
    """Dropout of whole features: (batch, time, features), one draw for all time steps.

    Keras: keras.layers.SpatialDropout1D.
    """

    def __init__(self, rate: float, name: str | None = None):
        super().__init__(rate, (None, 1, None), name)

    def check_input(self, shape):
        require_image(self, shape, axes=1)


class SpatialDropout2D(Dropout):
    """Dropout of whole channels: (batch, height, width, channels), one draw an image.

    Neighbouring pixels are alike, so that dropping single ones would hide little.
    Keras: keras.layers.SpatialDropout2D. Source: Tompson et al. 2015.
    """

    def __init__(self, rate: float, name: str | None = None):
        super().__init__(rate, (None, 1, 1, None), name)

    def check_input(self, shape):
        require_image(self, shape)


class GaussianDropout(Noise):
    """In training y = x a, each a drawn from N(1, rate / (1 - rate)).

    The mean and the variance that Dropout has too, but no entry is lost. TypeError
    where training has no rng. Keras: keras.layers.GaussianDropout. Source: Srivastava
    et al. 2014, section 10.
    """

    def __init__(self, rate: float, name: str | None = None):
        super().__init__(name)
        self.rate = self.strength = require_below_one("GaussianDropout", "rate", rate)

    def draw(self, x, rng):
        deviation = math.sqrt(self.rate / (1 - self.rate))
        return 1 + deviation * rng.standard_normal(x.shape, dtype=x.dtype)

    def affine(self, cache):
        return (1.0 if cache is None else cache), 0.0


class GaussianNoise(Noise):
    """In training y = x + b, each b drawn from N(0, stddev^2).

    ValueError for stddev outside of [0, 1]; TypeError where training has no rng.
    Book: eq:noise-ridge. Keras: keras.layers.GaussianNoise.
    """

    def __init__(self, stddev: float, name: str | None = None):
        super().__init__(name)
        self.stddev = require_number("GaussianNoise", "stddev", stddev, 0, 1)
        self.strength = self.stddev

    def draw(self, x, rng):
        return self.stddev * rng.standard_normal(x.shape, dtype=x.dtype)

    def affine(self, cache):
        return 1.0, (0.0 if cache is None else cache)


def require_noise_shape(who: str, shape) -> tuple[int | None, ...] | None:
    """A tuple of whole numbers and None; None stays None."""
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"{who}: expected noise_shape to be a tuple such as (None, 1, None), got "
            f"{shape!r}."
        )
    what = "each entry of noise_shape"
    return tuple(n if n is None else require_positive_int(who, what, n) for n in shape)
