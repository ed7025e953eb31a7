"""Where the master of an assignment and its hidden checks are found.

In a folder of masters, NN_name.ipynb and checks/NN.py; a course may have its own of
both, course/masters/NN_name.ipynb in place of the public one, course/checks/NN.py as
well as it.
"""

from pathlib import Path

from dlcourse.checks.registry import Exercise, hidden_checks
from dlcourse.grading.course import Course


def master(masters: Path, number: int, course: Course | None = None) -> Path:
    """The master's notebook. ValueError where there is not just one."""
    folders = [course.folder / "masters"] if course else []
    for folder in (*folders, masters):
        found = sorted(folder.glob(f"{number:02d}_*.ipynb"))
        if len(found) == 1:
            return found[0]
    have = ", ".join(sorted(path.name for path in masters.glob("*.ipynb")))
    raise ValueError(
        f"grade: expected one master {number:02d}_*.ipynb in {masters}, got "
        f"{have or 'none'}. Name the folder of the masters with --masters."
    )


def checks(
    masters: Path, number: int, course: Course | None = None
) -> dict[str, list[Exercise]]:
    """The hidden checks; what else their files register is then known, too."""
    folders = [masters, *([course.folder] if course else [])]
    return hidden_checks(*(folder / f"checks/{number:02d}.py" for folder in folders))
