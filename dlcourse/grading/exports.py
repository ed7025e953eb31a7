"""Grades for a learning platform, from what `dlcourse grade` left in a folder.

A student of the roster without a submission gets an empty grade, not a 0: whether that
is a 0, the platform's own rules tell. The answers in words, which a person reads
(by_hand.py), have a column of their own, empty until all of a student's texts are read.
"""

import html
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dlcourse.checks.verdict import WORDS
from dlcourse.grading import by_hand, course, report

IN_MOODLE = {  # what identifies a student: in the roster, in Moodle
    "email": "Email address",
    "moodle_id": "ID number",
    "login": "Username",
}
NEEDED = {  # a roster must tell one of these
    "canvas": ("canvas_id", "login"),
    "moodle": tuple(IN_MOODLE),
    "gradescope": (),
}


@dataclass(frozen=True)
class Grades:
    """A graded assignment. `records` are the results by student."""

    title: str
    possible: int
    records: dict[str, dict]
    readings: by_hand.Readings

    @property
    def texts_possible(self) -> int:
        """What the texts of one student can bring; 0 where there are none."""
        texts = {
            id: one.possible
            for own in self.readings.values()
            for id, one in own.items()
        }
        return sum(texts.values())

    def points(self, student: str) -> str:
        """From the checks; nothing without a submission."""
        found = self.records.get(student)
        return "" if found is None else str(found["points"])

    def own(self, student: str) -> dict[str, by_hand.Reading]:
        """The readings of one student."""
        return self.readings.get(report.cell(student), {})

    def texts(self, student: str) -> str:
        """From the texts; nothing until all are read."""
        return by_hand.number(by_hand.total(self.own(student)))


def load(out: Path, title: str | None = None) -> Grades:
    """The results in a folder. ValueError where there are none, or of several runs."""
    files = sorted(out.glob("results/*.json"))
    found = [{**json.loads(p.read_text("utf-8")), "slug": p.stem} for p in files]
    if not found:
        raise ValueError(
            f"export: expected results in {out}/results, found none. Make them with "
            f"dlcourse grade HANDED_IN --assignment 07 -o {out}"
        )
    usual = Counter(record["mark"] for record in found).most_common(1)[0][0]
    if old := [r["student"] for r in found if r["mark"] != usual]:
        raise ValueError(
            f"export: {out} holds results of different runs: those of {', '.join(old)} "
            "were made with other checks or settings. Run dlcourse grade again, and "
            "remove from results/ who is no longer graded."
        )
    records = {record["student"]: record for record in found}
    times = Counter(record["student"] for record in found)
    if twice := [student for student, n in times.items() if n > 1]:
        raise ValueError(
            f"export: {out}/results holds several results of {', '.join(twice)}. "
            "Remove those that do not count."
        )
    return Grades(
        title or found[0]["assignment"],
        found[0]["possible"],
        records,
        by_hand.read(out, found),
    )


def people(grades: Grades, roster: Path | None, needed: tuple[str, ...]) -> list[dict]:
    """A row a student, as in the roster; without one the student's name is the login.

    `needed` are columns of which a row must have one. ValueError where it has none, or
    another row's, or where somebody was graded who is not there.
    """
    if roster is None:
        return [{"student": name, "login": name} for name in sorted(grades.records)]
    rows = course.roster(roster)
    if unknown := sorted(grades.records.keys() - rows.keys()):
        raise ValueError(
            f"export: {roster} has no row for {', '.join(unknown)}, who handed in. The "
            "column student holds the name of the submission. Add the row, or remove "
            "the result."
        )
    if needed and not any(name in row for row in rows.values() for name in needed):
        raise ValueError(
            f"export: {roster}: expected a column {' or '.join(needed)}, which tells "
            "the platform who a student is."
        )
    seen: dict[tuple[str, str], str] = {}
    for student, row in rows.items():
        own = [(name, row[name]) for name in needed if row.get(name)]
        if needed and not own:
            raise ValueError(
                f"export: {roster}: expected {' or '.join(needed)} for {student}, got "
                "nothing."
            )
        for key in own:
            if key in seen:
                raise ValueError(
                    f"export: {roster}: {student} and {seen[key]} have the same "
                    f"{key[0]}, {key[1]}."
                )
            seen[key] = student
    return list(rows.values())


def canvas(grades: Grades, rows: list[dict]) -> str:
    """A gradebook to be imported: a row of what is possible, then a row a student.

    Canvas finds a student by ID, else by login, else by name, and an assignment by its
    title; with the title `Name (1234)` by that number.
    """
    texts, bare = grades.texts_possible, re.sub(r" \(\d+\)$", "", grades.title)
    titles = [grades.title, *([f"{bare}, texts"] if texts else [])]
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    possible = [grades.possible, *([texts] if texts else [])]
    table = [[*head, *map(report.cell, titles)],
             ["    Points Possible", *[""] * 4, *possible]]  # fmt: skip
    for row in rows:
        student = row["student"]
        told = [row.get("name") or student, row.get("canvas_id", ""), "",
                row.get("login", ""), row.get("section", "")]  # fmt: skip
        points = [grades.points(student), *([grades.texts(student)] if texts else [])]
        table.append([*map(report.cell, told), *points])
    return report.table(table)


def moodle(grades: Grades, rows: list[dict]) -> str:
    """A table to be imported: who it is, the grade, the feedback.

    No grade is written `-`: an empty cell could become a 0 in a new grade item. Grade
    and feedback go together, because Moodle drops the grades of a feedback without.
    """
    column = next((c for c in IN_MOODLE if all(row.get(c) for row in rows)), None)
    if column is None:
        raise ValueError(
            f"export: expected one of the columns {', '.join(IN_MOODLE)} filled in for "
            "everybody: Moodle identifies all students by the same one."
        )
    texts = grades.texts_possible
    titles = [grades.title, *([f"{grades.title}, texts"] if texts else [])]
    head = [title + part for title in titles for part in ("", " (feedback)")]
    table = [[IN_MOODLE[column], *map(report.cell, head)]]
    for row in rows:
        student = row["student"]
        told = [report.cell(row[column]), grades.points(student) or "-",
                _feedback(grades, student)]  # fmt: skip
        if texts:
            told += [grades.texts(student) or "-", _comments(grades, student)]
        table.append(told)
    return report.table(table)


def _feedback(grades: Grades, student: str) -> str:
    """A line for a learner. Moodle shows it as HTML."""
    record = grades.records.get(student)
    if record is None:
        return "No submission."
    parts = [f"{mark['id']} {WORDS[mark['status']]}" for mark in record["marks"]]
    told = " ".join([record["reason"] or "; ".join(parts) + ".", *record["notes"]])
    return report.cell(html.escape(told, quote=False))


def _comments(grades: Grades, student: str) -> str:
    own = [
        f"{id}: {reading.points:g} of {reading.possible}. {reading.comment}"
        for id, reading in grades.own(student).items()
        if reading.points is not None
    ]
    return report.cell(html.escape(" ".join(own), quote=False))


def gradescope(record: dict, own: dict[str, by_hand.Reading]) -> dict:
    """A results.json: a test a question, and one more for each text.

    Students see it when the grades are published. A text that is not read yet is
    told, and counts nothing.
    """
    tests = [_test(mark["id"], mark["title"], mark["points"], mark["possible"],
                   "\n\n".join(t for t in (mark["message"], mark["hint"]) if t))
             for mark in record["marks"]]  # fmt: skip
    for mark in record["marks"]:
        reading = own.get(mark["id"])
        if reading is None:
            continue
        told = f"{mark['title']}: your text"
        if reading.points is None:
            tests.append(_test(mark["id"], told, None, None, "A person reads it."))
        else:
            tests.append(_test(mark["id"], told, reading.points, reading.possible,
                               reading.comment))  # fmt: skip
    notes = [record["reason"], *record["notes"]]
    return {
        "score": sum(test.get("score", 0) for test in tests),
        "output": "\n".join(note for note in notes if note),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "after_published",
        "tests": tests,
    }


def _test(id: str, name: str, score, max_score, output: str) -> dict:
    scores = {} if score is None else {"score": score, "max_score": max_score}
    return {
        "number": id,
        "name": name,
        **scores,
        "output": output,
        "visibility": "after_published",
    }


def export(out: Path, to: str, target: Path, roster: Path | None, title) -> str:
    """Write the file, or for Gradescope the folder; what to tell on a terminal."""
    grades = load(out, title)
    rows = people(grades, roster, NEEDED[to])
    if to == "gradescope":
        for student, record in grades.records.items():
            told = report.as_json(gradescope(record, grades.own(student)))
            report.write(target / record["slug"] / "results.json", told)
    else:
        make = {"canvas": canvas, "moodle": moodle}[to]
        report.write(target, make(grades, rows))
    absent = [row["student"] for row in rows if row["student"] not in grades.records]
    read = [one.points for own in grades.readings.values() for one in own.values()]
    lines = [f"{target}: {len(grades.records)} submissions"]
    if absent:
        lines.append(f"no submission, so no grade (not a 0): {', '.join(absent)}")
    if None in read:
        where = out / by_hand.NAME
        lines.append(f"texts that nobody has read yet: {read.count(None)}, see {where}")
    return "\n".join(lines)
