"""Checks of the exercises: `dlcourse.check("7.3")` in a notebook.

It says right, not right yet and why, or not answered.

registry.py tells how a check is written; compare.py and draw.py are its vocabulary.
"""

import contextlib
import os
import sys

from dlcourse.checks.answers import Here
from dlcourse.checks.compare import Wrong, choice, digest, expect, floats, parts
from dlcourse.checks.draw import Draw, for_all
from dlcourse.checks.registry import (
    CHAPTERS,
    Exercise,
    Variant,
    exercise,
    exercises,
    hidden,
    shuffled,
    variant,
)
from dlcourse.checks.verdict import Outcome, judge

__all__ = [
    "CHAPTERS",
    "Draw",
    "Exercise",
    "Outcome",
    "Variant",
    "Wrong",
    "check",
    "choice",
    "digest",
    "exercise",
    "exercises",
    "expect",
    "floats",
    "for_all",
    "hidden",
    "outcome",
    "parts",
    "progress",
    "shuffled",
    "variant",
    "variants",
]

_VALUES: dict[str, dict] = {}  # of the exercises that a course has varied


def check(id: str) -> None:
    """Test an answer in the notebook that calls this; show the outcome.

    ValueError where there is no exercise of that number.
    """
    # nbgrader counts a cell as right when it raises nothing and warns of nothing.
    graded = bool(os.environ.get("NBGRADER_EXECUTION"))
    with contextlib.redirect_stderr(sys.stdout if graded else sys.stderr):
        found = outcome(id, sys._getframe(1).f_globals)
    _show(found)
    if graded and found.status != "passed":
        raise Wrong(str(found))


def progress(chapter: int) -> None:
    """Show the outcome of every exercise of a chapter, one line each, and the sum."""
    if os.environ.get("NBGRADER_EXECUTION"):
        return  # it has counted the checks; all of them again would double its time
    names = sys._getframe(1).f_globals
    found = [outcome(id, names) for id in exercises() if id.startswith(f"{chapter}.")]
    if not found:
        raise ValueError(
            f"progress: expected a chapter with exercises, got {chapter!r}."
        )
    for each in found:
        print(each.title)
    print(f"{sum(o.status == 'passed' for o in found)} of {len(found)} passed")


def variants(table: dict[str, dict]) -> None:
    """Tell the checks what a course has changed in this notebook's exercises.

    table: {"7.3": {"w": [2, 1, -0.5]}}, as the course's notebook has it.
    """
    for id, values in table.items():
        if id not in exercises() or not isinstance(values, dict):
            raise ValueError(
                f"variants: expected exercises with their values, got {id!r}: {values}."
            )
    _VALUES.clear()
    _VALUES.update(table)


def outcome(id: str, names: dict) -> Outcome:
    """Run a check on the answers in `names`, the names of a notebook."""
    table = exercises()
    if id not in table:
        raise ValueError(
            f"check: expected an exercise number among {', '.join(table)}; got {id!r}."
        )
    return judge(table[id], Here(names), values=_VALUES.get(id))


def _show(found: Outcome) -> None:
    """As HTML in a notebook, as text elsewhere."""
    with contextlib.suppress(ImportError):
        from IPython import get_ipython
        from IPython.display import display

        if hasattr(get_ipython(), "kernel"):
            display(found)
            return
    print(found)
