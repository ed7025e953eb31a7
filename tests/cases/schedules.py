"""Schedules: tests/test_schedules.py compares them over many steps."""

from dlcourse.schedules import (
    Constant,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    PowerDecay,
)

SCHEDULES = {
    "ExponentialDecay": [
        ExponentialDecay(0.1, 10, 0.5),
        ExponentialDecay(0.1, 7, 0.9, staircase=True),
    ],
    "InverseTimeDecay": [
        InverseTimeDecay(0.1, 10, 0.5),
        InverseTimeDecay(0.1, 7, 2.0, staircase=True),
    ],
    "PiecewiseConstantDecay": [
        PiecewiseConstantDecay([5, 12], [0.1, 0.05, 0.01]),
        PiecewiseConstantDecay([8], [0.0, 0.3]),
    ],
    "PolynomialDecay": [
        PolynomialDecay(0.1, 20),
        PolynomialDecay(0.1, 15, end_learning_rate=0.02, power=2.0),
        PolynomialDecay(0.1, 8, 0.01, power=0.5, cycle=True),
    ],
    "CosineDecay": [
        CosineDecay(0.1, 20),
        CosineDecay(0.1, 15, alpha=0.2),
        CosineDecay(0.01, 15, 0.1, warmup_target=0.2, warmup_steps=6),
        CosineDecay(0.1, 20, warmup_target=0.3),
    ],
    "CosineDecayRestarts": [
        CosineDecayRestarts(0.1, 6),
        CosineDecayRestarts(0.1, 5, t_mul=1.0, m_mul=0.8),
        CosineDecayRestarts(0.1, 4, t_mul=1.5, m_mul=0.5, alpha=0.1),
    ],
}
# What Keras lacks. The oracles: the number itself; the formula, and InverseTimeDecay for
# the power 1; torch.optim.lr_scheduler.OneCycleLR, and corners by hand.
LACKING = {
    "Constant": [Constant(0.1)],
    "PowerDecay": [PowerDecay(0.1, 10), PowerDecay(0.1, 5, power=0.5)],
    "OneCycle": [
        OneCycle(0.1, 20),
        OneCycle(0.2, 30, pct_start=0.4, anneal_strategy="linear"),
        OneCycle(0.2, 30, 0.45, "linear", 10.0, 100.0, three_phase=True),
        OneCycle(0.2, 25, 0.2, three_phase=True),
    ],
}

V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: ExponentialDecay(0.1, 0, 0.5), V, "ExponentialDecay: expected decay_steps above 0, got 0"),
    (lambda: ExponentialDecay(-0.1, 5, 0.5), V, "ExponentialDecay: expected initial_learning_rate", "got -0.1"),
    (lambda: InverseTimeDecay(0.1, 5, "fast"), V, "InverseTimeDecay: expected decay_rate", "got 'fast'"),
    (lambda: PowerDecay(0.1, -5), V, "PowerDecay: expected decay_steps"),
    (lambda: PiecewiseConstantDecay([5], [0.1]), V, "expected one value more than boundaries, got 1 values and 1 boundaries"),
    (lambda: PiecewiseConstantDecay([5, 3], [0.1, 0.2, 0.3]), V, "expected rising boundaries, got [5, 3]"),
    (lambda: PiecewiseConstantDecay([1, 1, 2], [0.4, 0.3, 0.2, 0.1]), V, "expected rising boundaries, got [1, 1, 2]"),
    (lambda: PiecewiseConstantDecay([5], [0.1, -1]), V, "expected each value", "got -1"),
    (lambda: PolynomialDecay(0.1, 5, end_learning_rate=None), V, "PolynomialDecay: expected end_learning_rate"),
    (lambda: CosineDecay(0.1, 5, warmup_target=-1), V, "CosineDecay: expected warmup_target"),
    (lambda: CosineDecayRestarts(0.1, 5, t_mul=0.5), V, "CosineDecayRestarts: expected t_mul to be a finite number of at least 1, got 0.5"),
    (lambda: OneCycle(0.1, 0), V, "OneCycle: expected total_steps to be a positive whole number, got 0"),
    (lambda: OneCycle(0.1, 10, pct_start=0.6, three_phase=True), V, "OneCycle: expected pct_start in [0, 0.5], got 0.6"),
    (lambda: OneCycle(0.1, 10, anneal_strategy="cosine"), V, "OneCycle anneal_strategy: expected one of cos, linear", "Did you mean 'cos'?"),
]
# fmt: on
