"""Learning-rate schedules: Keras' rates, PyTorch's one-cycle, and their corners."""

import inspect
import math

import cases
import keras
import numpy as np
import pytest
from cases.schedules import LACKING, SCHEDULES
from test_twin import public_classes
from twins import options_of

from dlcourse import optimizers, schedules, twin
from dlcourse.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    PowerDecay,
)

STEPS = [*range(61), 100, 1000]
KERAS = keras.optimizers.schedules


def test_every_public_class_has_a_case():
    listed = {*SCHEDULES, *LACKING, "LearningRateSchedule"}
    assert set(public_classes(schedules)) == listed
    assert not {name for name in LACKING if hasattr(KERAS, name)}


@pytest.mark.parametrize("name", SCHEDULES)
def test_arguments_and_defaults_are_those_of_keras(name):
    ours = inspect.signature(getattr(schedules, name)).parameters
    theirs = inspect.signature(getattr(KERAS, name)).parameters
    assert set(ours) == set(theirs) - {"name"}
    for argument in ours:
        assert ours[argument].default == theirs[argument].default, argument


@pytest.mark.parametrize("case", cases.all_of(SCHEDULES), ids=repr)
def test_rates_are_those_of_keras(case):
    # Keras would round Python floats to float32 and compute in that.
    options = {
        name: np.float64(value) if type(value) is float else value
        for name, value in options_of(case).items()
    }
    if "values" in options:
        options["values"] = [np.float64(v) for v in options["values"]]
    theirs = getattr(KERAS, type(case).__name__)(**options)
    ours = [case(step) for step in STEPS]
    assert all(type(rate) is float for rate in ours)
    wanted = [float(theirs(step)) for step in STEPS]
    np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("case", cases.all_of({**SCHEDULES, **LACKING}), ids=repr)
def test_path_under_a_schedule_is_that_of_keras(case, rng):
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    report = twin.prove(
        cases.mlp(), x, y, "mse", optimizer=optimizers.SGD(case, momentum=0.5)
    )
    assert sum("after 20 steps" in what for what, *_ in report.rows) == 4


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_takes_a_schedule(name):
    fixed, moving = np.ones(3), np.ones(3)
    rates = [0.1, 0.1, 0.02]
    one = optimizers.get(name)
    schedule = PiecewiseConstantDecay([1], [0.1, 0.02])
    other = type(one)(learning_rate=schedule)
    for t, rate in enumerate(rates):
        assert other.learning_rate == rate
        one.learning_rate = rate
        one.apply({"w": fixed}, {"w": fixed + t})
        other.apply({"w": moving}, {"w": moving + t})
    np.testing.assert_array_equal(fixed, moving)


@pytest.mark.parametrize("case", LACKING["OneCycle"], ids=repr)
def test_one_cycle_is_that_of_torch(case, needs):
    needs("torch")
    import torch

    parameter = torch.nn.Parameter(torch.zeros(1))
    stepper = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        stepper, cycle_momentum=False, **options_of(case)
    )
    for step in range(int(case.total_steps)):
        assert case(step) == pytest.approx(theirs.get_last_lr()[0], rel=1e-12), step
        stepper.step()
        if step + 1 < case.total_steps:
            theirs.step()
    last = case(case.total_steps - 1)
    assert case(case.total_steps) == case(10**6) == pytest.approx(last)


def test_one_cycle_by_hand():
    # 0.1 of 10 steps: the rise ends at step 0.1 x 30 - 1 = 2, linear from 0.1 to 1
    rate = OneCycle(1.0, 30, 0.1, "linear", div_factor=10.0, final_div_factor=10.0)
    assert [rate(t) for t in (0, 1, 2)] == pytest.approx([0.1, 0.55, 1.0])
    assert rate(29) == pytest.approx(0.01)
    # the middle between steps 2 and 29 has the mean of 1 and 0.01; cosine has it too
    middle = OneCycle(1.0, 29, 3 / 29, div_factor=10.0, final_div_factor=10.0)
    assert rate(15.5) == middle(15) == pytest.approx(0.505)
    three = OneCycle(1.0, 30, 0.3, "linear", 10.0, 10.0, three_phase=True)
    assert [three(t) for t in (0, 8, 16, 29)] == pytest.approx([0.1, 1.0, 0.1, 0.01])
    assert OneCycle(1.0, 10, 0.1)(0) == 1.0  # a rise of no length is its end


def test_power_decay():
    rate = PowerDecay(0.3, 4, power=1.7)
    for t in STEPS:
        assert rate(t) == pytest.approx(0.3 * (4 / (4 + t)) ** 1.7)
        assert PowerDecay(0.3, 4)(t) == InverseTimeDecay(0.3, 4, 1.0)(t)
    # power 1/2: after 99 times decay_steps a tenth
    assert PowerDecay(1.0, 5, 0.5)(495) == pytest.approx(0.1)


def test_corners_by_hand():
    assert ExponentialDecay(1.0, 10, 0.5)(20) == 0.25
    assert ExponentialDecay(1.0, 10, 0.5, staircase=True)(19) == 0.5
    assert InverseTimeDecay(1.0, 10, 0.5)(20) == 0.5
    steps = PiecewiseConstantDecay([5, 10], [3.0, 2.0, 1.0])
    assert [steps(t) for t in (0, 5, 6, 10, 11)] == [3.0, 3.0, 2.0, 2.0, 1.0]
    line = PolynomialDecay(1.0, 10, end_learning_rate=0.0)
    assert [line(t) for t in (0, 5, 10, 11)] == [1.0, 0.5, 0.0, 0.0]
    again = PolynomialDecay(1.0, 10, 0.0, cycle=True)
    assert [again(t) for t in (10, 15, 20)] == [0.0, 0.25, 0.0]
    wave = CosineDecay(1.0, 10, alpha=0.2)
    assert [wave(t) for t in (0, 5, 10, 99)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    warm = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)
    assert [warm(t) for t in (0, 1, 4, 9, 14)] == pytest.approx([0, 0.25, 1, 0.5, 0])
    # periods of 4, 8, 16 steps begin at steps 0, 4, 12
    periods = CosineDecayRestarts(1.0, 4, m_mul=0.5)
    assert [periods(t) for t in (0, 2, 4, 8, 12)] == pytest.approx(
        [1.0, 0.5, 0.5, 0.25, 0.25]
    )


@pytest.mark.parametrize("case", cases.all_of({**SCHEDULES, **LACKING}), ids=repr)
def test_rates_scale_and_stay_between_their_bounds(case):
    options = options_of(case)
    rates = {"initial_learning_rate", "end_learning_rate", "warmup_target", "max_lr"}
    rates |= {"learning_rate"}
    doubled = {
        name: 2 * value if name in rates and value is not None else value
        for name, value in options.items()
    }
    if "values" in options:
        doubled["values"] = [2 * v for v in options["values"]]
    twice = type(case)(**doubled)
    found = np.array([case(t) for t in STEPS])
    np.testing.assert_allclose([twice(t) for t in STEPS], 2 * found, rtol=1e-12)
    given = [v for n, v in options.items() if n in rates and v is not None]
    assert found.min() >= 0
    assert found.max() <= max([*given, *options.get("values", [])]) + 1e-12
    assert not math.isnan(found.sum())
    assert repr(case) == repr(eval(repr(case), vars(schedules)))
