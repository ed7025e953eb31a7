"""The tables of the instructor's guide: the weeks, and the exercises with their minutes, from table of contents and masters."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from project import Project, chapter_number
from record_text import listed, table

FACTS = re.compile(
    r"^## (\d+)\.(\d+) .+?\n+\*(\w+) · (\d+) minutes · difficulty (\d) of 3\*", re.M
)
CHECK = re.compile(r'dlcourse\.check\("(\d+\.\d+)"\)')
PLANNED = re.compile(
    r"^\| (\d+) \| (?:\[(?P<link>[^]]+)\]\([^)]*\)|(?P<plain>[^|]+?)) \| .*$", re.M
)
# Week by week; a chapter that is not written yet keeps its place.
WEEKS = [
    [0],
    [1, 2],
    [3, 4],
    [5],
    [6],
    [7],
    [8],
    [9, 10],
    [11],
    [12, 13],
    [14, 15],
    [16, 17],
    [18],
    [19],
]


@dataclass(frozen=True)
class Exercise:
    """The facts of one exercise."""

    number: str
    kind: str
    minutes: int
    points: int
    checked: bool


def exercises(path: Path) -> list[Exercise]:
    """The exercises of a master."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    checked = {number for source in sources for number in CHECK.findall(source)}
    return [
        Exercise(f"{a}.{b}", kind, int(minutes), int(points), f"{a}.{b}" in checked)
        for source in sources
        for a, b, kind, minutes, points in FACTS.findall(source)
    ]


def titles(intro: str) -> dict[int, str]:
    """The title of every chapter, written or planned, from the landing page."""
    return {
        int(found[1]): found["link"] or found["plain"]
        for found in PLANNED.finditer(intro)
    }


def masters(project: Project) -> dict[int, list[Exercise]]:
    """Chapter -> its exercises."""
    paths = sorted((project.root / "solutions").glob("*.ipynb"))
    return {chapter_number(path): exercises(path) for path in paths}


def weeks(project: Project) -> str:
    """The plan: chapters, and what to grade where they exist."""
    names = titles((project.root / "book/intro.md").read_text("utf-8"))
    written = {chapter_number(path): path for path in project.chapters}
    found = masters(project)
    rows = []
    for week, numbers in enumerate(WEEKS, 1):
        chapters = [
            f"[{number}. {names[number]}](../chapters/{written[number].name})"
            if number in written
            else f"{number}. {names[number]} (planned)"
            for number in numbers
        ]
        graded = [grade(found[number]) for number in numbers if number in found]
        rows.append([str(week), "; ".join(chapters), "; ".join(graded) or "–"])
    return "\n".join(
        table("Fourteen weeks", ["week", "chapters", "grade"], rows, "words")
    )


def grade(found: list[Exercise]) -> str:
    """What to grade of a chapter: a check's exercises by `dlcourse grade`, the others by hand."""
    by_check = [e for e in found if e.checked]
    by_hand = [e.number for e in found if not e.checked]
    points = sum(e.points for e in by_check)
    said = f"{by_check[0].number} to {by_check[-1].number}, {points} points by check"
    return f"{said}; {listed(by_hand)} by hand" if by_hand else said


def minutes(project: Project) -> str:
    """Minutes of each kind of exercise, chapter by chapter, and their sum."""
    found = masters(project)
    kinds = sorted({e.kind for each in found.values() for e in each})
    rows = []
    for number, each in found.items():
        sums = [sum(e.minutes for e in each if e.kind == kind) for kind in kinds]
        total = sum(e.minutes for e in each)
        rows.append([f"chapter {number}", str(len(each)), *map(str, sums), str(total)])
    head = ["", "exercises", *kinds, "all"]
    return "\n".join(table("Minutes of the exercises, by kind", head, rows))


def teaching_markdown(project: Project) -> dict[str, bytes]:
    """book/teaching.md with its tables; nothing where there is no such page."""
    path = project.root / "book/teaching.md"
    if not path.is_file():
        return {}
    text = path.read_text("utf-8")
    for name, make in (("weeks", weeks), ("minutes", minutes)):
        text = text.replace(f"<!-- table: {name} -->", make(project))
    return {"book/teaching.md": text.encode()}
