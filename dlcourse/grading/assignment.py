"""What an assignment asks, read from its master notebook, and its checks."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from dlcourse.checks.registry import Exercise, exercises
from dlcourse.grading import masters as find
from dlcourse.grading.course import Course
from dlcourse.grading.release import HEADING, own, personal

FACTS = re.compile(r"^\*(\w+) · (\d+) minutes · difficulty (\d) of 3\*$", re.M)


@dataclass(frozen=True)
class Question:
    """One exercise: its check, hidden ones, and what the master says of it.

    `values` are those of the student's variant.
    """

    exercise: Exercise
    hidden: tuple[Exercise, ...]
    values: dict
    title: str
    kind: str
    minutes: int
    points: int
    essay: bool  # a text that a person reads

    @property
    def id(self) -> str:
        return self.exercise.id


@dataclass(frozen=True)
class Assignment:
    """A chapter's exercises. `given` are the code cells that are not answers."""

    number: int
    name: str
    questions: tuple[Question, ...]
    given: tuple[str, ...]

    @property
    def possible(self) -> int:
        return sum(question.points for question in self.questions)


def load(
    masters: Path, number: int, course: Course | None = None, student: str = ""
) -> Assignment:
    """The assignment of a chapter, in a course the student's own.

    ValueError where there is no such master.
    """
    path = find.master(masters, number, course)
    extra = find.checks(masters, number, course)
    drawn = own(course.variants(student), number) if course else {}
    notebook = personal(nbformat.read(path, as_version=4), drawn)
    table = exercises()
    given, questions, heading = [], [], None
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not {"answer", "check"} & set(tags):
            given.append(cell.source)
        if cell.cell_type != "markdown":
            continue
        match, facts = HEADING.search(cell.source), FACTS.search(cell.source)
        if match and match[1] in table:
            heading = match[1]
            questions.append(
                Question(
                    table[heading],
                    tuple(extra.get(heading, ())),
                    drawn[heading].values if heading in drawn else {},
                    match[2].strip(),
                    facts[1] if facts else "code",
                    int(facts[2]) if facts else 0,
                    int(facts[3]) if facts else 1,
                    essay=False,
                )
            )
        elif "answer" in tags and questions:
            questions[-1] = replace(questions[-1], essay=True)
    return Assignment(number, path.stem, tuple(questions), tuple(given))
