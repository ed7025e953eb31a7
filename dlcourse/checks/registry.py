"""The table of all exercises that are checked.

A chapter's checks stand in chNN.py, one function an exercise:

    @exercise("7.3", answers=["relu()"])
    def _(relu, rng):
        '''The hint that goes with a failure.'''
        for_all(vector, lambda x: expect(relu(x), np.maximum(x, 0), "relu(x)"), rng)

It gets the answers by name: "f()" is a function or a class, which it may call, "x" a
plain value (answers.py); and, where it asks for it, `rng`, from which all that is
random is drawn.
"""

import importlib
import inspect
import runpy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CHAPTERS = ("ch00", "ch05", "ch07", "ch08")
_EXERCISES: dict[str, "Exercise"] = {}
_HIDDEN: dict[str, list["Exercise"]] = {}


@dataclass(frozen=True)
class Exercise:
    """A registered check: the names it needs from the notebook, and their test.

    `imports` are the modules that an answer may use, beside Python's own mathematics
    and NumPy.
    """

    id: str
    answers: tuple[str, ...]
    test: Callable
    imports: tuple[str, ...] = field(default=())

    @property
    def chapter(self) -> str:
        """The module of its check and of its probes, "ch07"."""
        return f"ch{int(self.id.split('.')[0]):02d}"

    @property
    def names(self) -> tuple[str, ...]:
        """The answers without their parentheses."""
        return tuple(answer.removesuffix("()") for answer in self.answers)

    @property
    def hint(self) -> str:
        return " ".join((self.test.__doc__ or "").split())

    @property
    def wants_rng(self) -> bool:
        return "rng" in inspect.signature(self.test).parameters


def exercise(
    id: str, answers: list[str], imports: tuple[str, ...] | list[str] = ()
) -> Callable:
    """Register a check of what the notebook holds under these names."""

    def register(test: Callable) -> Callable:
        _EXERCISES[id] = Exercise(id, tuple(answers), test, tuple(imports))
        return test

    return register


def hidden(id: str, answers: list[str]) -> Callable:
    """Register one more check of an exercise, which only the grader knows."""

    def register(test: Callable) -> Callable:
        _HIDDEN.setdefault(id, []).append(Exercise(id, tuple(answers), test))
        return test

    return register


def hidden_checks(path: Path) -> dict[str, list["Exercise"]]:
    """Those of a file, by exercise; none where there is no such file.

    The file may register exercises of its own, too: a course's own chapter.
    """
    _HIDDEN.clear()
    if path.is_file():
        runpy.run_path(str(path))
    return dict(_HIDDEN)


def exercises() -> dict[str, Exercise]:
    """All registered checks, in order."""
    for chapter in CHAPTERS:
        importlib.import_module(f"dlcourse.checks.{chapter}")
    numbers = sorted(_EXERCISES, key=lambda id: [int(n) for n in id.split(".")])
    return {id: _EXERCISES[id] for id in numbers}
