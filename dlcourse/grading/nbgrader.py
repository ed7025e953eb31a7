"""Our masters for nbgrader: the metadata that it needs, and a course's configuration.

An answer in code is a solution; `dlcourse.check("7.3")` an autograded test, locked,
with the difficulty of its exercise as points; an answer in words a solution graded by
hand, with as many points; all else is locked, so that a student's change is undone.

Points, here and there. `dlcourse grade` counts the checks alone (`possible`) and leaves
the texts to by_hand.csv, with as many points each. nbgrader has one sum for both: its
maximum is `possible` plus the `possible` of by_hand.csv, and until a person has read a
text, its score is that of `dlcourse grade`.
"""

import re
from pathlib import Path

import nbformat

from dlcourse.grading import report
from dlcourse.grading.assignment import FACTS, HEADING

CHECK = re.compile(r'^dlcourse\.check\("\d+\.\d+"\)', re.M)
CONFIG = '''\
"""nbgrader's configuration of this course, made by `dlcourse course nbgrader`.

source/NN_name/ holds the masters. In this folder:

    nbgrader generate_assignment 07_backpropagation
    nbgrader autograde 07_backpropagation
    nbgrader generate_feedback 07_backpropagation
"""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from dlcourse.grading.nbgrader_stubs import Stubs

c = get_config()  # noqa: F821 (nbgrader brings it)
c.CourseDirectory.course_id = {course!r}

# The same stubs as in the book's own exercises: a name at the top level becomes None,
# so that no cell of an untouched notebook raises.
c.GenerateAssignment.preprocessors = [
    Stubs if each is ClearSolutions else each
    for each in GenerateAssignment.preprocessors.default()
]
# Where nbgrader's own ClearSolutions runs after all.
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError  # your code here"}}
c.ClearSolutions.text_stub = "*Your answer here.*"

# Seconds a cell: some train a network.
c.Execute.timeout = 300
'''


def annotate(notebook) -> None:
    """Write each cell's `metadata.nbgrader`, from our tags and the line of facts."""
    points = 1
    for cell in notebook.cells:
        written = cell.cell_type == "markdown"
        if written and HEADING.search(cell.source):
            facts = FACTS.search(cell.source)
            points = int(facts[3]) if facts else 1
        answer = "answer" in cell.metadata.get("tags", [])
        test = not written and not answer and bool(CHECK.search(cell.source))
        cell.metadata["nbgrader"] = {
            "grade": test or (answer and written),
            "grade_id": cell.id,
            "locked": not answer,
            "schema_version": 3,
            "solution": answer,
            "task": False,
        }
        if cell.metadata["nbgrader"]["grade"]:
            cell.metadata["nbgrader"]["points"] = points


def lay_out(masters: Path, folder: Path, numbers: list[int]) -> list[str]:
    """Make a course of nbgrader; the names of its assignments.

    Of all masters where no numbers are given. What the folder holds beside them stays:
    repeat it when a master has changed. ValueError where a master is missing.
    """
    found = sorted(masters.glob("[0-9][0-9]_*.ipynb"))
    chosen = [p for p in found if not numbers or int(p.name[:2]) in numbers]
    missing = set(numbers) - {int(path.name[:2]) for path in chosen}
    if missing or not chosen:
        wanted = ", ".join(f"{number:02d}_*.ipynb" for number in sorted(missing))
        raise ValueError(
            f"nbgrader: expected masters {wanted or 'NN_*.ipynb'} in {masters}, got "
            f"{', '.join(path.name for path in found) or 'none'}. Name the folder of "
            "the masters with --masters."
        )
    for path in chosen:
        notebook = nbformat.read(path, as_version=4)
        annotate(notebook)
        target = folder / "source" / path.stem / path.name
        report.write(target, nbformat.writes(notebook) + "\n")
    config = folder / "nbgrader_config.py"
    if not config.exists():  # it may have been edited
        report.write(config, CONFIG.format(course=folder.resolve().name))
    return [path.stem for path in chosen]
