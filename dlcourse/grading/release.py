"""What the students of a course get: one notebook each, some exercises varied.

The text of an exercise says the student's own numbers and letters; a cell after the
set-up tells them to the learner's checks. The grader draws them again and believes
nothing that a notebook says of them.
"""

import copy
import re
from datetime import datetime
from importlib import metadata
from pathlib import Path

import nbformat

from dlcourse.checks.registry import Variant, exercises
from dlcourse.grading import masters as find
from dlcourse.grading import report, stripping
from dlcourse.grading.course import Course

HEADING = re.compile(r"^## (\d+\.\d+) (.+)$", re.M)
OPTION = re.compile(  # `- a) ...`, `- a: ...`, `- **a** ...`
    r"^(?P<mark>[ \t]*- (?:\*\*)?)(?P<letter>[A-Za-z])(?P<text>(?:\)|:|\*\*).*)$"
)
LINK = re.compile(r"\]\(\.\./")  # to a file of the repository
TOLD = """\
# Your own numbers, for the checks. Leave this cell as it is.
dlcourse.variants({{
{table}
}})"""


def release(
    masters: Path, number: int, course: Course, out: Path
) -> dict[str, dict[str, Variant]]:
    """Write out/STUDENT/NN_name.ipynb for the roster, and out/variants.json.

    The result is every student's variants. ValueError where the roster is empty.
    """
    if not course.students:
        raise ValueError(f"course release: {course.folder}/roster.csv has no students.")
    find.checks(masters, number, course)  # may register variants
    master = find.master(masters, number, course)
    written = nbformat.read(master, as_version=4)
    found = {}
    for student in course.students:
        drawn = own(course.variants(student), number)
        notebook = personal(stripping.generate(written), drawn)
        _introduce(notebook, course, student, course.due.get(number), drawn)
        path = out / folder_of(student) / master.name
        report.write(path, nbformat.writes(notebook) + "\n")
        found[student] = drawn
    told = {s: {id: v.values for id, v in table.items()} for s, table in found.items()}
    report.write(out / "variants.json", report.as_json(told))
    return found


def folder_of(student: str) -> str:
    """The student's folder. ValueError where the name would lead elsewhere."""
    if student in (".", "..") or re.search(r'[/\\\0:*?"<>|]', student):
        raise ValueError(f"course release: {student!r} is no name for a folder.")
    return student


def own(drawn: dict[str, Variant], number: int) -> dict[str, Variant]:
    """The variants of one assignment."""
    return {id: v for id, v in drawn.items() if int(id.split(".")[0]) == number}


def personal(notebook, drawn: dict[str, Variant]):
    """The notebook with the texts of the variants: a new node.

    ValueError where a text that a variant replaces is not there.
    """
    notebook, sections, heading = copy.deepcopy(notebook), {}, None
    for cell in notebook.cells:
        match = cell.cell_type == "markdown" and HEADING.search(cell.source)
        heading = match[1] if match else heading
        sections.setdefault(heading, []).append(cell)
    for id, variant in drawn.items():
        if id in sections:
            _rewrite(id, sections[id], variant)
    return notebook


def _rewrite(id: str, cells: list, variant: Variant) -> None:
    for old in variant.text:
        if not any(old in cell.source for cell in cells):
            raise ValueError(f"exercise {id}: there is no {old!r} to be replaced.")
    for cell in cells:
        cell.source = _replaced(cell.source, variant.text)
    answers = exercises()[id].names
    orders = [variant.values[name] for name in answers if name in variant.values]
    cells[0].source = shuffle(id, cells[0].source, orders)


def _replaced(source: str, text: dict[str, str]) -> str:
    """All at once, so that nothing is replaced in what was put in."""
    if not text:
        return source
    longest_first = sorted(text, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return pattern.sub(lambda match: text[match[0]], source)


def shuffle(id: str, source: str, orders: list[str]) -> str:
    """The text with the options of its lists in other orders, an order for each list.

    order[0] is the letter of the option that comes first, and so on.
    """
    lines, left, at = source.split("\n"), list(orders), 0
    while at < len(lines) and left:
        options = _options(lines[at:])
        if options:
            order = left.pop(0)
            texts = {option["letter"].lower(): option["text"] for option in options}
            if sorted(texts) != sorted(order):
                raise ValueError(f"exercise {id}: no list of the options {order}.")
            lines[at : at + len(options)] = [
                f"{option['mark']}{option['letter']}{texts[letter]}"
                for option, letter in zip(options, order, strict=True)
            ]
        at += max(1, len(options))
    if left:
        raise ValueError(f"exercise {id}: no list of the options {left[0]}.")
    return "\n".join(lines)


def _options(lines: list[str]) -> list[re.Match]:
    """The options a, b, c, ... with which these lines begin."""
    found: list[re.Match] = []
    for line in lines:
        option = OPTION.match(line)
        if not option or option["letter"].lower() != chr(ord("a") + len(found)):
            break
        found.append(option)
    return found


def _introduce(notebook, course: Course, student: str, due: datetime | None, drawn):
    """Put the name and the date into the first cell, the variants after the set-up."""
    row = course.students[student]
    said = f"{course.name}, for {row.get('name') or student}"
    said += f", due {due:%A %d %B %Y, %H:%M (UTC%z)}" if due else ""
    first = notebook.cells[0]
    first.source = LINK.sub(f"]({book()}/", first.source) + f"\n\n*{_plain(said)}*"
    lines = [f'    "{id}": {v.values!r},' for id, v in sorted(drawn.items())]
    cell = nbformat.v4.new_code_cell(
        TOLD.format(table="\n".join(lines)), id="variants", metadata={"tags": ["check"]}
    )
    setup = next(i for i, c in enumerate(notebook.cells) if c.id == "setup")
    notebook.cells.insert(setup + 1, cell)


def book() -> str:
    """The address of the book's repository, at the version that is installed."""
    about = metadata.metadata("dlcourse")
    urls = dict(url.split(", ", 1) for url in about.get_all("Project-URL") or ())
    return f"{urls['Repository']}/blob/v{about['Version']}"


def _plain(text: str) -> str:
    """Without what Markdown would take for its own."""
    return re.sub(r"[*_`<>\[\]\\$]", " ", text)
