"""Follow the regularized leader."""

import math

import numpy as np

from dlcourse.optimizers.base import Optimizer, Rate
from dlcourse.validation import require_number


class Ftrl(Optimizer):
    """Follow the regularized leader: w is computed from sums, so L1 gives exact zeros.

    With p = -learning_rate_power and l1, l2, s the three strengths below:

    n' = n + g^2,   tau = (n'^p - n^p) / eta
    z <- z + (g + 2 s w) - tau w,   n <- n'
    w = (clip(z, -l1, l1) - z) / ((beta + n^p) / eta + 2 l2)

    so w = 0 wherever |z| <= l1. n starts at initial_accumulator_value, z at 0.
    ValueError for a learning rate of 0 and a learning_rate_power above 0.
    Book: eq:ftrl, eq:ftrl-closed. Keras: keras.optimizers.Ftrl. Source: McMahan et al.,
    2013 (whose lambda_2 is 2 l2).
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options,
    ):
        super().__init__(learning_rate, **options)
        l1, l2 = l1_regularization_strength, l2_regularization_strength
        for name, value in {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1,
            "l2_regularization_strength": l2,
            "l2_shrinkage_regularization_strength": (
                l2_shrinkage_regularization_strength
            ),
            "beta": beta,
        }.items():
            setattr(self, name, require_number("Ftrl", name, value))
        self.learning_rate_power = require_number(
            "Ftrl", "learning_rate_power", learning_rate_power, low=-math.inf
        )
        if learning_rate_power > 0:
            raise ValueError(
                "Ftrl: expected learning_rate_power of at most 0, got "
                f"{learning_rate_power!r}. The rate of the paper falls with -0.5."
            )

    def _checked(self, rate):
        if super()._checked(rate) == 0:
            raise ValueError(
                "Ftrl: expected learning_rate above 0, got 0: the formula divides by "
                "it. Let the schedule end above 0."
            )
        return float(rate)

    def slots(self, w):
        start = np.full_like(w, self.initial_accumulator_value)
        return {"accumulator": start, "linear": np.zeros_like(w)}

    def update(self, w, g, slots, step):
        n, z = slots["accumulator"], slots["linear"]
        eta, p = self.learning_rate, -self.learning_rate_power
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength
        n_power = n**p
        n += g * g
        n_power_new = n**p
        z += g + 2 * self.l2_shrinkage_regularization_strength * w
        z -= (n_power_new - n_power) / eta * w
        w[...] = np.clip(z, -l1, l1) - z
        w /= (n_power_new + self.beta) / eta + 2 * l2
