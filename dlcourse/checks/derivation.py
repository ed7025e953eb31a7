"""Checking a derivation step by step: which step is the first that is not true?

A learner writes the steps of a calculation as texts, each in Python's notation,

    steps_5_7 = ["(w + x) @ (w + x)", "w @ w + 2 * w @ x + x @ x", ...]

or as functions. Neighbours must agree at random points; where they have no real value
at any of them, SymPy decides, if it is installed. A text is never run as Python
(expressions.py says what it may hold).
"""

import ast
from collections.abc import Callable

import numpy as np

from dlcourse.checks.answers import Answer
from dlcourse.checks.compare import Wrong, show
from dlcourse.checks.draw import Draw, described
from dlcourse.checks.expressions import evaluate, parsed, read, symbolic
from dlcourse.checks.limits import TimeUp, time_limit

POINTS = 12
MOST_STEPS = 40
SECONDS = 3.0  # for SymPy, which can think for hours about a few hundred characters
ADVICE = "What changed between them: a sign, a factor, a term, a transpose?"
Step = str | Answer


def follow(
    steps: list[Step],
    draw: Callable[[Draw], dict],
    rng: np.random.Generator,
    start: str | None = None,
    goal: str | None = None,
    least: int = 1,
    rtol: float = 1e-7,
) -> None:
    """Compare each step with the one before; the first reads `start`, the last `goal`.

    Wrong names the first step that does not follow, or that cannot be read, with a
    point where it and the one before differ. `least` different steps are asked for,
    the first and the last included; spaces and brackets make no difference.

        point = lambda draw: {"a": draw.real(), "b": draw.real()}
        follow(["(a + b)**2", "a**2 + 2*a*b + b**2"], point, rng, start="(a + b)**2")

    passes; with "a**2 + b**2" it says "step 2 does not follow: it differs from step 1".
    """
    if not isinstance(steps, (list, tuple)) or not steps:
        raise Wrong('expected a list of steps, such as ["(a + b)**2", "a**2 + ..."].')
    if len(steps) > MOST_STEPS:
        raise Wrong(f"expected at most {MOST_STEPS} steps, got {len(steps)}.")
    points = [draw(Draw(rng)) for _ in range(POINTS)]
    chain: list[tuple[str, Step]] = [] if start is None else [("the beginning", start)]
    chain += [(f"step {i}", step) for i, step in enumerate(steps, 1)]
    chain += [] if goal is None else [("the result", goal)]
    known = None
    for name, step in chain:
        after = (name, step, _values(step, name, points))
        if known is not None:
            _same(known, after, points, rtol)
        known = after
    _ends(steps, start, goal)
    if (count := len({_form(step) for step in steps})) < least:
        raise Wrong(
            f"expected at least {least} different steps, got {count}. Write down what "
            "happens between the first and the last, one rule a step."
        )


def _form(step: Step):
    """How a text reads, whatever its spaces and brackets."""
    return ast.dump(parsed(step)) if isinstance(step, str) else step


def _ends(steps, start, goal) -> None:
    """Wrong where the first and the last step do not read as the task asks.

    All true steps have the same value, so values cannot tell where they begin and end.
    """
    ends = ((1, "begin with", start), (len(steps), "go on to the result", goal))
    for number, what, wanted in ends:
        step = steps[number - 1]
        if wanted is None or not isinstance(step, str):
            continue
        if _form(step) != _form(wanted):
            raise Wrong(
                f"step {number}: {what} {wanted}, written as in the task. This has the "
                f"same value, but reads {step:.200}."
            )


def _same(before, after, points, rtol) -> None:
    """Wrong where two neighbours differ."""
    (name_a, step_a, values_a), (name_b, step_b, values_b) = before, after
    decided = 0
    for a, b, point in zip(values_a, values_b, points, strict=True):
        if np.shape(a) != np.shape(b):
            raise Wrong(
                f"{name_b} has the shape {np.shape(b)}, {name_a} has {np.shape(a)}. "
                f"Is a sum missing, or a transpose?\n{described(point)}"
            )
        finite = np.isfinite(a) & np.isfinite(b)
        decided += bool(np.all(finite))
        if not np.allclose(np.where(finite, a, 0), np.where(finite, b, 0), rtol, 1e-9):
            if name_b == "the result":
                ends = f"{name_a} is not yet the result that is asked for"
            else:
                ends = f"{name_b} does not follow: it differs from {name_a}"
            both = ((name_a, step_a, a), (name_b, step_b, b))
            told = [
                f"  {name}: {step}\n    is {show(v).strip()}" for name, step, v in both
            ]
            raise Wrong("\n".join([f"{ends}.", *told, described(point), ADVICE]))
    if not decided and not _equal_by_sympy(step_a, step_b):
        raise Wrong(
            f"{name_b}: at none of the points that were tried are it and {name_a} "
            "finite."
        )


def _values(step: Step, name: str, points: list[dict]) -> list[np.ndarray]:
    """The values of a step at the points."""
    if isinstance(step, Answer):
        found = [np.asarray(step(*point.values())) for point in points]
    else:
        tree = read(step, tuple(points[0]), name)
        with np.errstate(all="ignore"):
            found = [np.asarray(evaluate(tree, point, name)) for point in points]
    for value in found:
        if value.dtype.kind not in "biuf":
            raise Wrong(f"{name}: expected numbers, got {value.dtype}.")
    return [value.astype(float) for value in found]


def _equal_by_sympy(a: Step, b: Step) -> bool:
    """Whether SymPy proves a - b = 0; False where it cannot, or is not there."""
    try:
        import sympy
    except ImportError:
        return False
    if not isinstance(a, str) or not isinstance(b, str):
        return False
    try:
        with time_limit(SECONDS):
            difference = symbolic(sympy, a) - symbolic(sympy, b)
            return sympy.simplify(difference) == 0
    except (TypeError, ValueError, KeyError, RecursionError, TimeUp):
        return False
