"""The derivation checker names the first false step, and takes no step for code."""

import numpy as np
import pytest

from dlcourse.checks import Wrong
from dlcourse.checks.answers import Answer, Here
from dlcourse.checks.derivation import follow


def numbers(draw):
    return {"a": draw.real(), "b": draw.real()}


def arrays(draw):
    n, d = draw.whole(1, 3), draw.whole(1, 3)
    return {"X": draw.reals(n, d), "w": draw.reals(d), "y": draw.reals(n)}


RIGHT = [
    (numbers, ["(a + b)**2", "(a + b) * (a + b)", "a**2 + 2*a*b + b**2"]),
    (numbers, ["sigmoid(a) * (1 - sigmoid(a))", "exp(-a) / (1 + exp(-a))**2"]),
    (arrays, ["(X @ w - y) @ (X @ w - y)", "sum((y - X @ w)**2)"]),
    (arrays, ["2 * X.T @ (X @ w - y)", "2 * (X.T @ X @ w - X.T @ y)"]),
    (arrays, ["mean(X, axis=0)", "sum(X, axis=0) / sum(X**0, axis=0)"]),
]


@pytest.mark.parametrize(("draw", "steps"), RIGHT)
def test_true_steps_pass(draw, steps, rng):
    follow(steps, draw, rng)
    follow(steps[1:-1] or steps, draw, rng, start=steps[0], goal=steps[-1])


WRONG = [
    (
        numbers,
        ["(a + b)**2", "a**2 + b**2"],
        "step 2 does not follow: it differs from s",
    ),
    (numbers, ["a * b", "b * a", "a + b", "b + a"], "step 3 does not follow"),
    (numbers, ["a", "-a"], "a = "),
    (arrays, ["X.T @ (X @ w)", "X @ w @ X.T"], "step 2:"),
    (arrays, ["X @ w", "w"], "step 2 has the shape"),
    (numbers, ["a", "c"], "'c' is not known here. The names are a, b"),
    (numbers, ["a^2", "a"], "A power is written **"),
    (numbers, ["a +", "a"], "step 1: this is no expression"),
    (numbers, ["a**1000", "a"], "a power above 64"),
    (numbers, ["__import__('os').system('true')", "a"], "step 1"),
    (numbers, ["().__class__", "a"], "step 1"),
    (numbers, ["[a for a in (1, 2)]", "a"], "is no arithmetic"),
    (numbers, ["'a' * 9", "a"], "expected numbers, got 'a'"),
    (numbers, ["exp(a, out=b)", "a"], "out= is not known"),
    (numbers, ["(" * 2000, "a"], "at most 1000 characters"),
    (numbers, [], "expected a list of steps"),
    (numbers, "a", "expected a list of steps"),
    (numbers, [1, "a"], "step 1: expected a text, got int"),
    (numbers, ["log(-1 - a**2)", "sqrt(-1 - b**2)"], "that were tried are it"),
]


@pytest.mark.parametrize(("draw", "steps", "words"), WRONG)
def test_the_first_false_step_is_named(draw, steps, words, rng):
    with pytest.raises(Wrong) as error:
        follow(steps, draw, rng)
    assert words in str(error.value)


def test_beginning_and_result_are_given(rng):
    with pytest.raises(Wrong, match="step 1 does not follow: it differs from the beg"):
        follow(["a + b", "b + a"], numbers, rng, start="a - b", goal="a + b")
    with pytest.raises(Wrong, match="step 2 is not yet the result"):
        follow(["a - b", "-b + a"], numbers, rng, start="a - b", goal="b - a")


def test_one_jump_is_no_derivation(rng):
    steps = ["a**2 + 2*a*b + b**2", "a ** 2 + 2 * a*b + b**2"]  # one step, twice
    with pytest.raises(Wrong, match="at least 2 different steps, got 1"):
        follow(steps, numbers, rng, start="(a + b)**2", least=2)


def test_steps_may_be_functions(rng):
    names = {"first": lambda a, b: (a + b) ** 2, "second": lambda a, b: a * a + b * b}
    first, second = (Answer(name, Here(names)) for name in names)
    follow([first, "a**2 + 2*a*b + b**2"], numbers, rng)
    with pytest.raises(Wrong, match="step 2 does not follow"):
        follow([first, second], numbers, rng)


def test_sympy_decides_where_numbers_do_not(rng):
    pytest.importorskip("sympy")
    # never a real number, and yet the same
    follow(["log(-1 - a**2) * 2", "2 * log(-(1 + a**2))"], numbers, rng)


def test_nothing_is_changed(rng):
    kept = []

    def once(draw):
        kept.append(arrays(draw))
        return {name: value.copy() for name, value in kept[-1].items()}

    follow(["X @ w", "(w @ X.T)"], once, rng)
    assert all(np.isfinite(point["X"]).all() for point in kept)
