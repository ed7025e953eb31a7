"""by_hand.csv: the points of the answers in words, which a person reads.

A row a student and text. `dlcourse grade` adds the rows that are missing and changes no
other; the points that a person writes go into grades.csv, and into every export.
"""

import csv
import io
import math
from pathlib import Path
from typing import NamedTuple

from dlcourse.grading import report

NAME = "by_hand.csv"
COLUMNS = ("student", "exercise", "points", "possible", "comment")
BOM = "\ufeff"  # without it a spreadsheet takes the names for Latin-1


class Reading(NamedTuple):
    """What a person made of a text; points are None where it is not read yet."""

    points: float | None
    possible: int
    comment: str = ""


Readings = dict[str, dict[str, Reading]]  # by student, as in the file, and exercise


def texts(records: list[dict]) -> dict[str, dict[str, dict]]:
    """The marks of the exercises that have a text, by student and exercise."""
    return {
        report.cell(record["student"]): {
            mark["id"]: mark for mark in record["marks"] if mark["essay"]
        }
        for record in records
    }


def read(out: Path, records: list[dict]) -> Readings:
    """A reading for each text. ValueError names the line that is wrong."""
    asked = texts(records)
    found = {
        student: {id: Reading(None, mark["possible"]) for id, mark in marks.items()}
        for student, marks in asked.items()
    }
    possible = {
        id: mark["possible"] for own in asked.values() for id, mark in own.items()
    }
    seen = set()
    for line, row in _rows(out / NAME):
        where = f"{out / NAME}, line {line}"
        student, id = key = _key(row)
        if key in seen:
            raise ValueError(f"{where}: {student}, {id} is there twice.")
        seen.add(key)
        points = _points(row["points"], possible.get(id, math.inf), where)
        if points is not None and (student not in asked or id not in possible):
            raise ValueError(
                f"{where}: nobody named {student!r} was graded in exercise {id!r}. "
                "Write both as they were, or remove the row."
            )
        if id in found.get(student, {}):
            found[student][id] = Reading(points, possible[id], row["comment"])
    return found


def _key(row: dict[str, str]) -> tuple[str, str]:
    """Student and exercise. Its number stands before a title, because a spreadsheet
    makes 7.1 of a bare 7.10."""
    return row["student"], row["exercise"].split(" ")[0]


def _points(text: str, possible: float, where: str) -> float | None:
    if not text:
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points <= possible:
        raise ValueError(
            f"{where}: expected points from 0 to {possible}, or nothing while the text "
            f"is not read, got {text!r}."
        )
    return points


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, row) of a file that a spreadsheet may have written; [] without a file."""
    if not path.is_file():
        return []
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: expected text in UTF-8. Save it as CSV UTF-8."
        ) from None
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise ValueError(
            f"{path}: expected the columns {', '.join(COLUMNS)}; there is no "
            f"{', '.join(missing)}."
        )
    return [
        (reader.line_num, {name: (row[name] or "").strip() for name in COLUMNS})
        for row in reader
        if any(row[name] for name in COLUMNS)
    ]


def _delimiter(text: str) -> str:
    """Where numbers have a decimal comma, spreadsheets write semicolons."""
    return ";" if text.split("\n")[0].count(";") >= len(COLUMNS) - 1 else ","


def update(out: Path, records: list[dict]) -> None:
    """Add the rows that are missing. What is there is kept as it is."""
    path = out / NAME
    known = {_key(row) for _, row in _rows(path)}
    missing = [
        {"student": student, "exercise": report.cell(f"{id} {mark['title']}"),
         "possible": mark["possible"]}
        for student, marks in sorted(texts(records).items())
        for id, mark in marks.items()
        if (student, id) not in known
    ]  # fmt: skip
    if not missing:
        return
    old = path.read_text("utf-8-sig") if path.exists() else ",".join(COLUMNS) + "\n"
    header = next(csv.reader(io.StringIO(old), delimiter=_delimiter(old)))
    new = io.StringIO()
    rows = csv.DictWriter(
        new, header, restval="", delimiter=_delimiter(old), lineterminator="\n"
    )
    rows.writerows(missing)
    report.write(
        path, BOM + old + ("" if old.endswith("\n") else "\n") + new.getvalue()
    )


def total(own: dict[str, Reading]) -> float | None:
    """The points of one student's texts; None while one is not read, or without any."""
    points = [reading.points for reading in own.values()]
    return None if not points or None in points else sum(points)


def number(points: float | None) -> str:
    """As a table shows it: 2, 1.5, nothing."""
    return "" if points is None else f"{points:g}"


def columns(readings: Readings) -> tuple[list[str], dict[str, list[str]]]:
    """Columns for grades.csv: a title each, and the row of each student."""
    ids = list(dict.fromkeys(id for own in readings.values() for id in own))
    if not ids:
        return [], {}
    unread = Reading(None, 0)
    rows = {
        student: [
            *(number(own.get(id, unread).points) for id in ids),
            number(total(own)),
        ]
        for student, own in readings.items()
    }
    return [*(f"{id} by hand" for id in ids), "by hand"], rows
