"""Initial weights: an initializer is called with (shape, rng, dtype).

Variance-scaling initializers draw with variance scale / n, where n is the number of
inputs of a unit (fan in), of outputs it feeds (fan out), or their mean. Names and
arguments are those of keras.initializers; where Keras takes a seed, these take a NumPy
Generator when called.
"""

import math

import numpy as np

from dlcourse.validation import generator, lookup, require_number

Array = np.ndarray

# Standard deviation of a standard normal cut off at +-2: dividing by it restores the
# variance that the cut removed.
TRUNCATED_STD = 0.87962566103423978


def compute_fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """(fan in, fan out) of a weight: inputs of a unit, and outputs that an input feeds.

    Shapes follow Keras: (d, units) for Dense, (height, width, channels in, channels
    out) for Conv2D, whose window multiplies both fans.
    """
    if len(shape) < 2:
        n = float(shape[0]) if shape else 1.0
        return n, n
    window = math.prod(shape[:-2])
    return float(window * shape[-2]), float(window * shape[-1])


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


class VarianceScaling(Initializer):
    """Variance scale / n, with n = fan_in, fan_out or fan_avg.

    Keras: keras.initializers.VarianceScaling.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
    ):
        if not scale > 0:
            raise ValueError(f"VarianceScaling: expected scale above 0, got {scale!r}.")
        lookup("VarianceScaling mode", mode, dict.fromkeys(_MODES))
        lookup("VarianceScaling distribution", distribution, dict.fromkeys(_DRAWS))
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def draw(self, shape, rng):
        fan_in, fan_out = compute_fans(shape)
        fan_avg = (fan_in + fan_out) / 2
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg}[self.mode]
        std = math.sqrt(self.scale / max(n, 1.0))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * std  # Var U(-r, r) = r^2 / 3
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0, std, shape)
        return std / TRUNCATED_STD * truncated_standard_normal(shape, rng)


_MODES = ("fan_in", "fan_out", "fan_avg")
_DRAWS = ("truncated_normal", "untruncated_normal", "uniform")


class GlorotUniform(VarianceScaling):
    """Variance 2 / (fan in + fan out), uniform; the default of Dense.

    Keras: keras.initializers.GlorotUniform.
    """

    def __init__(self):
        super().__init__(1.0, "fan_avg", "uniform")


class GlorotNormal(VarianceScaling):
    """Variance 2 / (fan in + fan out), truncated normal.

    Keras: keras.initializers.GlorotNormal.
    """

    def __init__(self):
        super().__init__(1.0, "fan_avg", "truncated_normal")


class HeUniform(VarianceScaling):
    """Variance 2 / fan in, uniform; for ReLU. Keras: keras.initializers.HeUniform."""

    def __init__(self):
        super().__init__(2.0, "fan_in", "uniform")


class HeNormal(VarianceScaling):
    """Variance 2 / fan in, truncated normal; for ReLU.

    Keras: keras.initializers.HeNormal.
    """

    def __init__(self):
        super().__init__(2.0, "fan_in", "truncated_normal")


class LecunUniform(VarianceScaling):
    """Variance 1 / fan in, uniform; for SELU.

    Keras: keras.initializers.LecunUniform.
    """

    def __init__(self):
        super().__init__(1.0, "fan_in", "uniform")


class LecunNormal(VarianceScaling):
    """Variance 1 / fan in, truncated normal; for SELU.

    Keras: keras.initializers.LecunNormal.
    """

    def __init__(self):
        super().__init__(1.0, "fan_in", "truncated_normal")


INITIALIZERS = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
}


def get(name: "str | Initializer") -> Initializer:
    """The initializer of that name, with its defaults.

    ValueError with the nearest name where there is none.
    """
    if isinstance(name, Initializer):
        return name
    return lookup("initializer", name, INITIALIZERS)()
