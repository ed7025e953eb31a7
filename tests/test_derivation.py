"""The derivation checker names the first false step, and takes no step for code."""

import time

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
    (arrays, ["X - sum(X, axis=-1, keepdims=True)", "X - (0*X + sum(X, axis=1, keepdims=1))"]),
    (numbers, ["diff(sin(a) * b, a)", "b * cos(a)"]),
    (numbers, ["diff(exp(a)**2, a) / 2", "exp(2 * a)", "exp(a) * diff(exp(a), a)"]),
    (numbers, ["diff(b, a)", "0"]),
    (arrays, ["diff((X @ w - y) @ (X @ w - y), w)", "2 * X.T @ (X @ w - y)"]),
    (arrays, ["diff(sum(y * (X @ w)), X)", "outer(y, w)"]),
]  # fmt: skip


@pytest.mark.parametrize(("draw", "steps"), RIGHT)
def test_true_steps_pass(draw, steps, rng):
    follow(steps, draw, rng)
    follow(steps, draw, rng, start=steps[0], goal=steps[-1], least=len(steps))


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
    (arrays, ["w", "exp(w, w)"], "step 2: exp takes 1 argument."),
    (arrays, ["w", "maximum(w, w, w)"], "step 2: maximum takes 2 arguments."),
    (arrays, ["X", "sum(X, 0)"], "step 2: sum takes 1 argument."),
    (arrays, ["X", "sum(*X)"], "is no arithmetic"),
    (arrays, ["X", "sum(X, axis=w)"], "step 2: this is no expression"),
    (arrays, ["X", "sum(X, axis=7)"], "step 2: axis 7 is out of bounds"),
    (arrays, ["X.T()", "X"], "step 1: 'X.T' is no function here."),
    (numbers, ["2(a + b)", "a"], "'2' is no function here. A product is written *."),
    (numbers, ["a", "b(a)"], "'b' is no function here. A product is written *."),
    (arrays, ["sum(w)", "w.sum()"], "'w.sum' is no function here. The functions are"),
    (arrays, ["X @ w", "X @ w @ X @ w @ w @ w"], "step 2: X @ w @ X"),
    (
        lambda d: {"X": d.reals(2, 3), "w": d.reals(4)},
        ["X * w"],
        "step 1: X has the shape (2, 3), w has (4,): they do not fit.",
    ),
    (numbers, ["2a", "a"], "A product is written *"),
    (numbers, ["a = b", "a"], "each side of an equation is a step"),
    (numbers, ["a", "a + True"], "expected numbers, got True"),
    (numbers, ["a", "sin"], "'sin' is not known here"),
    (numbers, ["diff(a * b, a)", "a"], "step 2 does not follow"),
    (numbers, ["diff(a * b, a)", "-b"], "  step 2: -b\n    is "),
    (numbers, ["diff(a, a)", "diff(a)"], "diff takes 2 arguments"),
    (numbers, ["diff(a, a)", "diff(a, c)"], "takes one of a, b for x"),
    (numbers, ["diff(a, a)", "diff(a, 2 * a)"], "takes one of a, b for x"),
    (numbers, ["diff(a * diff(a, a), a)", "1"], "diff within diff is not known"),
    (arrays, ["diff(X @ w, w)", "X"], "expects one number for f, such as a sum"),
    (arrays, ["w"] * 41, "expected at most 40 steps, got 41"),
    (numbers, ["-" * 999 + "a", "a"], "step 1: this is"),
    (numbers, [1e400, "a"], "step 1: expected a text, got float"),
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
    with pytest.raises(Wrong, match="step 1: begin with a - b, written as in the task"):
        follow(["-b + a", "a - b"], numbers, rng, start="a - b")
    with pytest.raises(Wrong, match=r"step 1: go on to the result a - b, .* reads -b"):
        follow(["-b + a"], numbers, rng, start="-b + a", goal="a - b")
    follow(["(a) -b", "(a-b)"], numbers, rng, start="a - b", goal="a - b")


def test_one_jump_is_no_derivation(rng):
    steps = ["(a + b)**2", "((a + b)) ** 2", "b**2 + a * (2*b + a)"]  # one step twice
    with pytest.raises(Wrong, match="at least 3 different steps, got 2"):
        follow(steps, numbers, rng, start=steps[0], goal=steps[-1], least=3)
    follow(steps, numbers, rng, start=steps[0], goal=steps[-1], least=2)


def test_no_step_takes_much_memory(rng):
    """300 numbers squared, and squared again, would be eight thousand million."""

    def many(draw):
        return {"w": draw.reals(300)}

    follow(["sum(w)**2", "0 + sum(w)**2"], many, rng)
    for large in ("sum(outer(outer(w, w), outer(w, w)))", "sum(diag(diag(w)))"):
        with pytest.raises(Wrong, match="step 1: an array of more than 300 numbers"):
            follow([large, "w"], many, rng)


def test_steps_may_be_functions(rng):
    names = {"first": lambda a, b: (a + b) ** 2, "second": lambda a, b: a * a + b * b}
    first, second = (Answer(name, Here(names)) for name in names)
    follow([first, "a**2 + 2*a*b + b**2"], numbers, rng)
    with pytest.raises(Wrong, match="step 2 does not follow"):
        follow([first, second], numbers, rng)
    follow([first, first], numbers, rng, start="(a + b)**2", goal="(b + a)**2")


def test_sympy_decides_where_numbers_do_not(rng):
    pytest.importorskip("sympy")
    # never a real number, and yet the same
    follow(["log(-1 - a**2) * 2", "2 * log(-(1 + a**2))"], numbers, rng)


# The signal may fall into a callback of the garbage collector; it is sent again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "text", ["((((10**64)**64)**64)**64)**64", "(a + b + sin(a) + exp(b) + tan(a))**64"]
)
def test_sympy_is_given_no_long_work(text, rng):
    pytest.importorskip("sympy")
    began = time.monotonic()
    with pytest.raises(Wrong, match="at none of the points"):
        follow([f"log(-1 - a**2) + {text}", "log(-2 - a**2)"], numbers, rng)
    assert time.monotonic() - began < 10


def test_nothing_is_changed(rng):
    kept = []

    def once(draw):
        kept.append(arrays(draw))
        return {name: value.copy() for name, value in kept[-1].items()}

    follow(["X @ w", "(w @ X.T)"], once, rng)
    assert all(np.isfinite(point["X"]).all() for point in kept)
