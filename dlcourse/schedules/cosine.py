"""Schedules made of half cosine waves."""

import math

from dlcourse.schedules.base import LearningRateSchedule
from dlcourse.validation import (
    lookup,
    require_above_zero,
    require_number,
    require_positive_int,
)


class CosineDecay(LearningRateSchedule):
    """eta_0 ((1 - alpha) (1 + cos(pi t / T)) / 2 + alpha) up to T = decay_steps.

    Then it stays at alpha eta_0. With a warmup_target the rate first rises in a
    straight line from eta_0 to the target within warmup_steps, and falls from there.
    Keras: keras.optimizers.schedules.CosineDecay. Source: Loshchilov and Hutter, 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ):
        who = "CosineDecay"
        self.initial_learning_rate = require_number(
            who, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = require_above_zero(who, "decay_steps", decay_steps)
        self.alpha = require_number(who, "alpha", alpha)
        self.warmup_target = warmup_target
        if warmup_target is not None:
            self.warmup_target = require_number(who, "warmup_target", warmup_target)
        self.warmup_steps = require_number(who, "warmup_steps", warmup_steps)

    def __call__(self, step):
        top, target = self.initial_learning_rate, self.warmup_target
        if target is not None:
            if step < self.warmup_steps:
                return top + (target - top) * step / self.warmup_steps
            top, step = target, step - self.warmup_steps
        return top * _cosine(min(step, self.decay_steps) / self.decay_steps, self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosines of growing length: each t_mul times as long, from m_mul times as high.

    The first takes first_decay_steps from eta_0 down to alpha eta_0. ValueError for
    t_mul below 1. Keras: keras.optimizers.schedules.CosineDecayRestarts. Source:
    Loshchilov and Hutter, 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
    ):
        who = "CosineDecayRestarts"
        self.initial_learning_rate = require_number(
            who, "initial_learning_rate", initial_learning_rate
        )
        self.first_decay_steps = require_above_zero(
            who, "first_decay_steps", first_decay_steps
        )
        self.t_mul = require_number(who, "t_mul", t_mul, low=1)
        self.m_mul = require_number(who, "m_mul", m_mul)
        self.alpha = require_number(who, "alpha", alpha)

    def __call__(self, step):
        length, restarts = self.first_decay_steps, 0
        if self.t_mul == 1:
            restarts, step = divmod(step, length)
        while step >= length:
            step -= length
            length *= self.t_mul
            restarts += 1
        decay = _cosine(step / length, self.alpha, height=self.m_mul**restarts)
        return self.initial_learning_rate * decay


class OneCycle(LearningRateSchedule):
    """One rise from max_lr / div_factor to max_lr, then one fall to almost nothing.

    The rise takes the share pct_start of total_steps. The fall ends at the starting
    rate / final_div_factor; with three_phase it first takes as long back to the
    starting rate as the rise took. anneal_strategy is "cos" or "linear". After
    total_steps the last rate stays.

    Names and defaults are those of torch.optim.lr_scheduler.OneCycleLR; Smith's own is
    linear with three phases. Source: Smith, 2018.
    """

    def __init__(
        self,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        self.max_lr = require_number("OneCycle", "max_lr", max_lr)
        self.total_steps = require_positive_int("OneCycle", "total_steps", total_steps)
        high = 0.5 if three_phase else 1
        self.pct_start = require_number("OneCycle", "pct_start", pct_start, high=high)
        lookup(
            "OneCycle anneal_strategy",
            anneal_strategy,
            dict.fromkeys(("cos", "linear")),
        )
        self.anneal_strategy = anneal_strategy
        self.div_factor = require_above_zero("OneCycle", "div_factor", div_factor)
        self.final_div_factor = require_above_zero(
            "OneCycle", "final_div_factor", final_div_factor
        )
        self.three_phase = three_phase

    def __call__(self, step):
        start = self.max_lr / self.div_factor
        rise, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        # (last step, rate there) of each phase; the first begins at step 0
        phases = [(rise, self.max_lr), (last, start / self.final_div_factor)]
        if self.three_phase:
            phases.insert(1, (2 * rise, start))
        begin, rate = 0.0, start
        for end, target in phases:
            if step <= end:
                share = (step - begin) / (end - begin) if end > begin else 1.0
                if self.anneal_strategy == "linear":
                    return rate + (target - rate) * share
                return target + (rate - target) * _cosine(share)
            begin, rate = end, target
        return rate


def _cosine(share: float, alpha: float = 0.0, height: float = 1.0) -> float:
    """From `height` at share 0 down half a wave to alpha at share 1."""
    wave = height * (1 + math.cos(math.pi * share)) / 2
    return (1 - alpha) * wave + alpha
