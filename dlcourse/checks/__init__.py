"""Checks of the exercises: `dlcourse.check("7.3")` in a notebook.

It says right, not right yet and why, or not answered.

A chapter's checks stand in `chNN.py`, one function an exercise:

    @exercise("7.3", answers=["relu"])
    def _(relu):
        '''The hint that goes with a failure.'''
        expect(relu(np.array([-1.0, 2.0])), np.array([0.0, 2.0]), where="relu([-1, 2])")
"""

import hashlib
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CHAPTERS = ("ch00", "ch05", "ch07", "ch08")
_EXERCISES: dict[str, "Exercise"] = {}


class Wrong(AssertionError):  # noqa: N818 (it is no error of the program)
    """The answer is wrong; says where, what came out and what should have."""


@dataclass(frozen=True)
class Exercise:
    """A registered check: the names it needs from the notebook, and their test."""

    id: str
    answers: tuple[str, ...]
    test: Callable

    @property
    def hint(self) -> str:
        return " ".join((self.test.__doc__ or "").split())


@dataclass(frozen=True)
class Outcome:
    """What a check found. status: "passed", "wrong" or "not answered"."""

    id: str
    status: str
    message: str = ""

    def __str__(self):
        mark = {"passed": "✓", "wrong": "✗", "not answered": "○"}[self.status]
        said = "not right yet" if self.status == "wrong" else self.status
        told = f"\n{textwrap.indent(self.message, '  ')}" if self.message else ""
        return f"{mark} Exercise {self.id}: {said}{told}"


def exercise(id: str, answers: list[str]) -> Callable:
    """Register a check; `answers` are the names it takes from the notebook."""

    def register(test: Callable) -> Callable:
        _EXERCISES[id] = Exercise(id, tuple(answers), test)
        return test

    return register


def exercises() -> dict[str, Exercise]:
    """All registered checks, in order."""
    for chapter in CHAPTERS:
        importlib.import_module(f"{__name__}.{chapter}")
    numbers = sorted(_EXERCISES, key=lambda id: [int(n) for n in id.split(".")])
    return {id: _EXERCISES[id] for id in numbers}


def check(id: str) -> None:
    """Test an answer in the notebook that calls this; print the outcome.

    ValueError where there is no exercise of that number.
    """
    print(outcome(id, sys._getframe(1).f_globals))


def progress(chapter: int) -> None:
    """Print the outcome of every exercise of a chapter, one line each, and the sum."""
    names = sys._getframe(1).f_globals
    found = [outcome(id, names) for id in exercises() if id.startswith(f"{chapter}.")]
    if not found:
        raise ValueError(
            f"progress: expected a chapter with exercises, got {chapter!r}."
        )
    for each in found:
        print(str(each).splitlines()[0])
    print(f"{sum(o.status == 'passed' for o in found)} of {len(found)} passed")


def outcome(id: str, names: dict) -> Outcome:
    """Run a check on the answers in `names`.

    Whatever the learner's code raises becomes a message.
    """
    table = exercises()
    if id not in table:
        raise ValueError(
            f"check: expected an exercise number among {', '.join(table)}; got {id!r}."
        )
    found = table[id]
    missing = [answer for answer in found.answers if names.get(answer) is None]
    if missing:
        return Outcome(id, "not answered", f"Still to do: {', '.join(missing)}.")
    try:
        found.test(**{answer: names[answer] for answer in found.answers})
    except NotImplementedError:
        return Outcome(id, "not answered")
    except Wrong as error:
        hint = f"\nHint: {found.hint}" if found.hint else ""
        return Outcome(id, "wrong", f"{error}{hint}")
    except Exception as error:
        kind, line = type(error).__name__, _line_of(error, names)
        return Outcome(id, "wrong", f"Your code raised {kind}: {error}{line}")
    return Outcome(id, "passed")


def _line_of(error: Exception, names: dict) -> str:
    """The line of the learner's own code that raised, if it was theirs."""
    lines = [
        f"\n  in {frame.frame.f_code.co_name}, line {frame.lineno}"
        for frame in inspect.getinnerframes(error.__traceback__, context=0)
        if frame.frame.f_globals is names
    ]
    return lines[-1] if lines else ""


def expect(got, want, where: str, rtol: float = 1e-7, atol: float = 1e-9) -> None:
    """Compare kind, shape, finiteness, then |got - want| <= atol + rtol |want|.

    Wrong says what came out and what should have.
    """
    if isinstance(got, np.bool_):  # what a comparison of NumPy numbers gives
        got = bool(got)
    if isinstance(want, (str, bool)) or want is None:
        if type(got) is not type(want) or got != want:
            raise Wrong(f"{where}: expected {want!r}, got {got!r}.")
        return
    if got is None:
        raise Wrong(f"{where}: expected {_show(want)}, got None. Is there a return?")
    kind, want = type(got).__name__, np.asarray(want)
    try:
        got = np.asarray(got)
        numeric = got.dtype.kind in "biuf"
    except Exception:
        numeric = False
    if not numeric:
        raise Wrong(f"{where}: expected numbers, got {kind}.")
    if got.shape != want.shape:
        raise Wrong(f"{where}: expected shape {want.shape}, got {got.shape}.")
    if not np.isfinite(got).all() and np.isfinite(want).all():
        raise Wrong(f"{where}: expected finite numbers, got {_show(got)}.")
    if not np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=True):
        raise Wrong(f"{where}: expected {_show(want)}, got {_show(got)}.")


def digest(id: str, answer) -> str:
    """Salted hash of a short answer, so that the checks do not spell it out."""
    return hashlib.sha256(
        f"dlcourse {id} {str(answer).strip().lower()}".encode()
    ).hexdigest()[:16]


def choice(id: str, answer, expected: str, options: str = "abcd") -> None:
    """A multiple-choice answer, one letter, against its digest."""
    text = str(answer).strip().lower()
    if len(text) != 1 or text not in options:
        raise Wrong(f"expected one letter of {', '.join(options)}, got {answer!r}.")
    if digest(id, text) != expected:
        raise Wrong(f"{text} is not the answer.")


def _show(value) -> str:
    array = np.asarray(value)
    text = np.array2string(array, precision=6, threshold=12, suppress_small=False)
    return text if array.ndim == 0 or "\n" not in text else "\n" + text
