"""What an assignment asks, read from its master notebook, and its checks."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from dlcourse.checks.registry import Exercise, exercises, hidden_checks

HEADING = re.compile(r"^## (\d+\.\d+) (.+)$", re.M)
FACTS = re.compile(r"^\*(\w+) · (\d+) minutes · difficulty (\d) of 3\*$", re.M)


@dataclass(frozen=True)
class Question:
    """One exercise: its check, hidden ones, and what the master says of it."""

    exercise: Exercise
    hidden: tuple[Exercise, ...]
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


def load(masters: Path, number: int) -> Assignment:
    """The assignment of a chapter. ValueError where there is no such master."""
    found = sorted(masters.glob(f"{number:02d}_*.ipynb"))
    if len(found) != 1:
        have = ", ".join(sorted(path.name for path in masters.glob("*.ipynb")))
        raise ValueError(
            f"grade: expected one master {number:02d}_*.ipynb in {masters}, got "
            f"{have or 'none'}. Name the folder of the masters with --masters."
        )
    notebook = nbformat.read(found[0], as_version=4)
    extra = hidden_checks(masters / f"checks/{number:02d}.py")
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
                    match[2].strip(),
                    facts[1] if facts else "code",
                    int(facts[2]) if facts else 0,
                    int(facts[3]) if facts else 1,
                    essay=False,
                )
            )
        elif "answer" in tags and questions:
            questions[-1] = Question(**{**vars(questions[-1]), "essay": True})
    return Assignment(number, found[0].stem, tuple(questions), tuple(given))
