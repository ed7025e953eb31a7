"""Initializers whose variance goes with the number of inputs and outputs of a unit."""

import math

from dlcourse.initializers.base import Initializer
from dlcourse.initializers.drawn import truncated_standard_normal
from dlcourse.validation import lookup, require_above_zero

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


class VarianceScaling(Initializer):
    """Variance scale / n, with n = fan_in, fan_out or fan_avg.

    Book: eq:forward-variance, eq:backward-variance.
    Keras: keras.initializers.VarianceScaling.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
    ):
        lookup("VarianceScaling mode", mode, dict.fromkeys(_MODES))
        lookup("VarianceScaling distribution", distribution, dict.fromkeys(_DRAWS))
        self.scale = require_above_zero("VarianceScaling", "scale", scale)
        self.mode, self.distribution = mode, distribution

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
