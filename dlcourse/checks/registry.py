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

CHAPTERS = tuple(
    sorted(path.stem for path in Path(__file__).parent.glob("ch[0-9][0-9].py"))
)
_EXERCISES: dict[str, "Exercise"] = {}
_HIDDEN: dict[str, list["Exercise"]] = {}
_VARIANTS: dict[str, Callable] = {}


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

    def settings(self, possible: dict) -> dict:
        """Those of the possible keyword arguments that the test takes."""
        taken = inspect.signature(self.test).parameters
        return {name: value for name, value in possible.items() if name in taken}


@dataclass(frozen=True)
class Variant:
    """What an exercise asks of one student of a course.

    `values` are arguments of the exercise's test in place of its defaults; a value
    under the name of an answer is the order of the options that it chooses from.
    `text` maps pieces of the exercise's text to what stands there instead.
    """

    values: dict
    text: dict[str, str] = field(default_factory=dict)


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


def hidden_checks(*files: Path) -> dict[str, list["Exercise"]]:
    """Those of the files that there are, by exercise.

    A file may register exercises of its own, too: a course's own chapter.
    """
    _HIDDEN.clear()
    for file in files:
        if file.is_file():
            runpy.run_path(str(file))
    return dict(_HIDDEN)


def variant(id: str) -> Callable:
    """Register how an exercise is varied: a function from a Draw to a Variant."""

    def register(drawn: Callable) -> Callable:
        _VARIANTS[id] = drawn
        return drawn

    return register


def shuffled(id: str, **options: str) -> Callable:
    """Register that the options of an exercise's choices come in another order.

    options: the letters that each answer chooses from, answer_7_1_i="abcd", in the
    order in which their lists stand in the text.
    """

    def drawn(draw) -> Variant:
        return Variant({name: draw.order(letters) for name, letters in options.items()})

    def register(test: Callable) -> Callable:
        _VARIANTS[id] = drawn
        return test

    return register


def variant_table() -> dict[str, Callable]:
    """The registered variants, by exercise."""
    exercises()
    return dict(_VARIANTS)


def exercises() -> dict[str, Exercise]:
    """All registered checks, in order."""
    for chapter in CHAPTERS:
        importlib.import_module(f"dlcourse.checks.{chapter}")
    numbers = sorted(_EXERCISES, key=lambda id: [int(n) for n in id.split(".")])
    return {id: _EXERCISES[id] for id in numbers}
