"""Schedules that fall by a simple law."""

import math

from dlcourse.schedules.base import LearningRateSchedule
from dlcourse.validation import require_above_zero, require_number


class ExponentialDecay(LearningRateSchedule):
    """eta_0 decay_rate^(t / decay_steps); a staircase rounds the exponent down.

    Keras: keras.optimizers.schedules.ExponentialDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
    ):
        who = "ExponentialDecay"
        self.initial_learning_rate = require_number(
            who, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = require_above_zero(who, "decay_steps", decay_steps)
        self.decay_rate = require_number(who, "decay_rate", decay_rate)
        self.staircase = staircase

    def __call__(self, step):
        p = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(p) if self.staircase else p
        )


class InverseTimeDecay(LearningRateSchedule):
    """eta_0 / (1 + decay_rate t / decay_steps); a staircase rounds the quotient down.

    Keras: keras.optimizers.schedules.InverseTimeDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
    ):
        who = "InverseTimeDecay"
        self.initial_learning_rate = require_number(
            who, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = require_above_zero(who, "decay_steps", decay_steps)
        self.decay_rate = require_number(who, "decay_rate", decay_rate)
        self.staircase = staircase

    def __call__(self, step):
        p = step / self.decay_steps
        p = math.floor(p) if self.staircase else p
        return self.initial_learning_rate / (1 + self.decay_rate * p)


class PowerDecay(LearningRateSchedule):
    """eta_0 / (1 + t / decay_steps)^power.

    With power 1 it is InverseTimeDecay with decay_rate 1; with power 1/2 it falls like
    the rate 1 / sqrt(t) of many convergence proofs.
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, power: float = 1.0
    ):
        self.initial_learning_rate = require_number(
            "PowerDecay", "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = require_above_zero("PowerDecay", "decay_steps", decay_steps)
        self.power = require_number("PowerDecay", "power", power)

    def __call__(self, step):
        return self.initial_learning_rate / (1 + step / self.decay_steps) ** self.power


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] between boundaries[i - 1], which is excluded, and boundaries[i].

    ValueError unless there is one value more than boundaries, and these rise. Keras:
    keras.optimizers.schedules.PiecewiseConstantDecay.
    """

    def __init__(
        self,
        boundaries: list[float] | tuple[float, ...],
        values: list[float] | tuple[float, ...],
    ):
        who = "PiecewiseConstantDecay"
        boundaries, values = list(boundaries), list(values)
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"{who}: expected one value more than boundaries, got {len(values)} "
                f"values and {len(boundaries)} boundaries."
            )
        if boundaries != sorted(set(boundaries)):
            raise ValueError(f"{who}: expected rising boundaries, got {boundaries}.")
        self.boundaries = boundaries
        self.values = [require_number(who, "each value", value) for value in values]

    def __call__(self, step):
        passed = sum(step > boundary for boundary in self.boundaries)
        return self.values[passed]


class PolynomialDecay(LearningRateSchedule):
    """eta_T + (eta_0 - eta_T) (1 - t / T)^power up to T = decay_steps, then eta_T.

    With cycle, T is the next multiple of decay_steps from t on, so the rate rises again
    after each. Keras: keras.optimizers.schedules.PolynomialDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ):
        who = "PolynomialDecay"
        self.initial_learning_rate = require_number(
            who, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = require_above_zero(who, "decay_steps", decay_steps)
        self.end_learning_rate = require_number(
            who, "end_learning_rate", end_learning_rate
        )
        self.power = require_number(who, "power", power)
        self.cycle = cycle

    def __call__(self, step):
        start, end, total = (
            self.initial_learning_rate,
            self.end_learning_rate,
            self.decay_steps,
        )
        if self.cycle:
            total *= max(1, math.ceil(step / total))
        left = 1 - min(step, total) / total
        return end + (start - end) * left**self.power
