"""A course: what a teacher keeps to himself beside the public masters.

course.toml   its name, and when each assignment is due
secret        from which every student's variants are drawn; nobody else may have it
roster.csv    a row a student
checks/NN.py  further hidden checks, or the checks of exercises of one's own
masters/      notebooks in place of the public masters, or beside them
"""

import csv
import hashlib
import hmac
import re
import secrets
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dlcourse.checks.draw import SmallDraw
from dlcourse.checks.registry import Variant, variant_table

COLUMNS = ("student", "name", "email", "login", "canvas_id", "moodle_id", "section")
SETTINGS = """\
name = "{name}"

# When each assignment is due, with the difference to UTC, such as
# 07 = 2030-11-19T23:59:00+01:00
[due]
"""
CHECKS = """\
# Hidden checks

07.py here holds further checks of assignment 7, which only the grader runs:

    from dlcourse.checks import expect, hidden

    @hidden("7.9", answers=["multiplications()"])
    def _(multiplications):
        '''Two layers may have the same width.'''
        expect(list(multiplications([4, 4], 1)), [16, 16], "(forward, backward)")

An exercise of your own is registered by `exercise` in the same way; its text stands in
a master of your own, ../masters/07_backpropagation.ipynb.
"""


@dataclass(frozen=True)
class Course:
    """A course's folder, read. `students` maps each to a row of the roster."""

    folder: Path
    name: str
    due: dict[int, datetime]
    students: dict[str, dict[str, str]]
    secret: bytes

    def variants(self, student: str) -> dict[str, Variant]:
        """What each exercise that can be varied asks of a student."""
        return {
            id: drawn(self._draw(student, id)) for id, drawn in variant_table().items()
        }

    def _draw(self, student: str, exercise: str) -> SmallDraw:
        """Draws from HMAC-SHA256(secret, student, exercise, 0 or 1 or ...).

        The same on every machine and with every version of every library.
        """
        count = iter(range(10**9))

        def take(low: int, high: int) -> int:
            told = "\0".join([student, exercise, str(next(count))])
            drawn = hmac.digest(self.secret, told.encode(), hashlib.sha256)
            return low + int.from_bytes(drawn) % (high - low + 1)

        return SmallDraw(take)

    def late(self, number: int, path: Path) -> str:
        """How late a submission is, by the time of its file; "" where it is not.

        A learning platform's download may have lost that time: a remark, not a grade.
        """
        due = self.due.get(number)
        if due is None or not path.is_file():
            return ""
        hours = (path.stat().st_mtime - due.timestamp()) / 3600
        if hours <= 0:
            return ""
        return f"The file is {hours:.1f} hours younger than the due date, {due}."

    def who(self, name: str) -> str | None:
        """The student whose submission bears this name; None for a stranger.

        Learning platforms put more into a name, `lovelaceada_4711_88_07_back`: then one
        of its parts must be the student, or what the platform calls the student.
        """
        if name in self.students:
            return name
        parts = set(re.split(r"[_\s]+", name))
        keys = ("student", "login", "canvas_id", "moodle_id")
        found = {
            student
            for student, row in self.students.items()
            if parts & {row[key] for key in keys if row.get(key)}
        }
        return found.pop() if len(found) == 1 else None


def init(folder: Path, name: str) -> None:
    """A new course. ValueError where there is one: its secret must not be lost."""
    if (folder / "course.toml").exists() or (folder / "secret").exists():
        raise ValueError(
            f"course init: expected a new folder, got {folder}, which holds a course. "
            "A new secret would draw other variants than the students have."
        )
    for part in ("checks", "masters"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    (folder / "course.toml").write_text(SETTINGS.format(name=quoted), "utf-8")
    if not (folder / "roster.csv").exists():
        (folder / "roster.csv").write_text(",".join(COLUMNS) + "\n", "utf-8")
    (folder / "checks/README.md").write_text(CHECKS, "utf-8")
    (folder / ".gitignore").write_text("secret\n", "utf-8")
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(32) + "\n", "utf-8")


def load(folder: Path) -> Course:
    """The course of a folder. ValueError says which file is missing or wrong."""
    for part in ("course.toml", "secret", "roster.csv"):
        if not (folder / part).is_file():
            raise ValueError(
                f"course: expected {part} in {folder}. Make a course with "
                f"dlcourse course init {folder}, or restore the file."
            )
    try:
        settings = tomllib.loads((folder / "course.toml").read_text("utf-8"))
        secret = bytes.fromhex((folder / "secret").read_text("utf-8").strip())
    except ValueError as error:
        raise ValueError(f"course: {folder}/course.toml or secret: {error}.") from None
    if len(secret) < 16:
        raise ValueError(f"course: {folder}/secret: expected 32 hexadecimal bytes.")
    due = {}
    for number, when in settings.get("due", {}).items():
        if not number.isdecimal() or not isinstance(when, datetime) or not when.tzinfo:
            raise ValueError(
                f"course: course.toml: expected lines such as "
                f"07 = 2030-11-19T23:59:00+01:00 under [due], got {number} = {when}."
            )
        due[int(number)] = when
    name = str(settings.get("name", folder.resolve().name))
    return Course(folder, name, due, roster(folder / "roster.csv"), secret)


def roster(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a roster by student. ValueError names the row that is wrong."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if "student" not in (reader.fieldnames or ()):
            raise ValueError(
                f"roster: {path}: expected a column student, got "
                f"{', '.join(reader.fieldnames or ()) or 'an empty file'}."
            )
        found: dict[str, dict[str, str]] = {}
        for number, row in enumerate(reader, 2):
            clean = {key: (value or "").strip() for key, value in row.items() if key}
            student = clean["student"]
            if not student or student in found:
                what = f"{student} is there twice" if student else "no student"
                raise ValueError(f"roster: {path}, line {number}: {what}.")
            found[student] = clean
    return found
