"""A course of one's own: its folder, its release, and grading with variants."""

import json
import os
import re
import shutil
import stat
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import nbformat
import pytest

from dlcourse.grading import cli, course
from grading.conftest import notebook

needs_box = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None, reason="needs bubblewrap"
)
VARIED = """
from dlcourse.checks import Variant, variant

@variant("97.1")
def _(draw):
    number = draw.whole(100, 999)
    return Variant({"number": number}, {"the number 42": f"the number {number}"})
"""


@pytest.fixture
def folder(masters, tmp_path):
    """A course of Ada and Bob; question 1 of the tiny assignment has variants."""
    checks = masters / "checks/97.py"
    text = checks.read_text("utf-8")
    text = text.replace("def _(answer_97_1):", "def _(answer_97_1, number=42):")
    text = text.replace("answer_97_1, 42,", "answer_97_1, number,")
    checks.write_text(text + VARIED, "utf-8")
    master = nbformat.read(masters / "97_tiny.ipynb", as_version=4)
    master.cells[0].id = "setup"
    title = "# Exercises\n\nThey belong to [chapter 97](../chapters/97_tiny.ipynb)."
    master.cells.insert(0, nbformat.v4.new_markdown_cell(title, id="title"))
    master.cells[2].source += "\n\nGive the number 42."
    for cell in master.cells:
        if "answer" in cell.metadata.get("tags", []):
            head, _, body = cell.source.rpartition("\n")
            marked = f"### BEGIN SOLUTION\n{body.strip()}\n### END SOLUTION"
            if head:
                marked = "\n".join("    " + line for line in marked.split("\n"))
            cell.source = f"{head}\n{marked}".strip("\n")
    nbformat.write(master, masters / "97_tiny.ipynb")
    found = tmp_path / "course"
    assert cli.main(["course", "init", str(found), "--name", 'A "first" course']) == 0
    (found / "roster.csv").write_text(
        "student,name,login\nada,Ada L.,al1\nbob,Bob,b2\n"
    )
    return found


def release(folder, masters, out):
    arguments = ["course", "release", folder, "--assignment", "97", "-o", out]
    return cli.main([str(a) for a in (*arguments, "--masters", masters)])


def grade(folder, masters, handed_in, out):
    arguments = ["grade", handed_in, "--assignment", "97", "-o", out, "-j", "1"]
    extra = ["--course", folder, "--masters", masters]
    return cli.main([str(a) for a in (*arguments, *extra)])


def test_init_keeps_the_secret_to_its_owner(folder):
    secret = folder / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(bytes.fromhex(secret.read_text().strip())) == 32
    assert "secret" in (folder / ".gitignore").read_text().split()
    assert course.load(folder).name == 'A "first" course'


def test_init_never_loses_a_secret(folder, capsys):
    before = (folder / "secret").read_text()
    assert cli.main(["course", "init", str(folder)]) == 2
    assert "holds a course" in capsys.readouterr().err
    assert (folder / "secret").read_text() == before


def test_each_student_gets_other_numbers(folder, masters, tmp_path):
    out = tmp_path / "out"
    assert release(folder, masters, out) == 0
    told = json.loads((out / "variants.json").read_text())
    numbers = {s: told[s]["97.1"]["number"] for s in ("ada", "bob")}
    assert numbers["ada"] != numbers["bob"]
    for student, number in numbers.items():
        own = nbformat.read(out / student / "97_tiny.ipynb", as_version=4)
        text = "\n".join(cell.source for cell in own.cells)
        assert f"the number {number}" in text
        assert number == 42 or not re.search(r"\b42\b", text)
        assert "SOLUTION" not in text and "raise NotImplementedError" in text
        cell = next(cell for cell in own.cells if cell.id == "variants")
        ran = {}
        exec(cell.source, {"dlcourse": SimpleNamespace(variants=ran.update)})
        assert ran == {"97.1": {"number": number}}
        title = own.cells[0].source
        assert "](../" not in title and "/blob/v" in title


def test_a_release_is_the_same_again(folder, masters, tmp_path):
    for name in ("one", "two"):
        assert release(folder, masters, tmp_path / name) == 0
    one, two = (
        {
            p.relative_to(tmp_path / name): p.read_bytes()
            for p in (tmp_path / name).rglob("*.*")
        }
        for name in ("one", "two")
    )
    assert one == two and len(one) == 3


@needs_box
def test_a_neighbours_variant_fails_and_a_stranger_is_refused(
    folder, masters, tmp_path
):
    release(folder, masters, tmp_path / "out")
    told = json.loads((tmp_path / "out/variants.json").read_text())
    handed_in = tmp_path / "handed-in"
    handed_in.mkdir()
    right = notebook(value=f"answer_97_1 = {told['ada']['97.1']['number']}")
    lies = nbformat.v4.new_code_cell(
        "import dlcourse\ndlcourse.variants({'97.1': {'number': 42}})"
    )
    own = nbformat.from_dict({**right, "cells": [*right.cells, lies]})
    nbformat.write(own, handed_in / "lovelace_al1_8812_97_tiny.ipynb")
    nbformat.write(right, handed_in / "bob.ipynb")
    nbformat.write(right, handed_in / "mallory.ipynb")
    assert grade(folder, masters, handed_in, tmp_path / "graded") == 0
    records = [
        json.loads(p.read_text()) for p in (tmp_path / "graded/results").glob("*")
    ]
    found = {r["student"]: (r["points"], r["reason"]) for r in records}
    assert found == {
        "ada": (3, ""),
        "bob": (2, ""),
        "mallory": (0, "The roster has no such student."),
    }


@needs_box
def test_two_submissions_of_one_student_and_a_late_one(folder, masters, tmp_path):
    due = datetime.now(UTC) - timedelta(hours=5)
    with (folder / "course.toml").open("a") as file:
        file.write(f"97 = {due.isoformat()}\n")
    handed_in = tmp_path / "handed-in"
    handed_in.mkdir()
    for name in ("ada", "ada_2", "bob"):
        nbformat.write(notebook(), handed_in / f"{name}.ipynb")
    assert grade(folder, masters, handed_in, tmp_path / "graded") == 0
    records = [
        json.loads(p.read_text()) for p in (tmp_path / "graded/results").glob("*")
    ]
    assert sorted((r["student"], bool(r["reason"])) for r in records) == [
        ("ada", True), ("ada", True), ("bob", False),
    ]  # fmt: skip
    (bob,) = (r for r in records if r["student"] == "bob")
    assert bob["points"] == 2  # the book's own number is not Bob's
    assert any(
        note.startswith("The file is 5.0 hours younger") for note in bob["notes"]
    )
    (handed_in / "ada_2.ipynb").unlink()
    assert grade(folder, masters, handed_in, tmp_path / "graded") == 0
    rows = (tmp_path / "graded/grades.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [["ada", "2"], ["bob", "2"]]


def test_names_of_platforms(folder):
    found = course.load(folder)
    names = {
        "ada": "ada", "lovelace_al1_99_07": "ada", "Bob B_b2_assignsubmission_file_": "bob",
        "ada_bob": None, "adams": None, "": None,
    }  # fmt: skip
    assert {name: found.who(name) for name in names} == names


BAD = {
    "no secret": ("secret", None, "expected secret"),
    "no hexadecimal": ("secret", "zz", "secret"),
    "a short secret": ("secret", "00ff", "expected 32 hexadecimal bytes"),
    "no TOML": ("course.toml", "name = ", "course.toml"),
    "no time of day": ("course.toml", "[due]\n07 = 2030-11-19\n", r"under \[due\]"),
    "no time zone": (
        "course.toml",
        "[due]\n07 = 2030-11-19T10:00:00\n",
        r"under \[due\]",
    ),
    "no number": (
        "course.toml",
        "[due]\nseven = 2030-11-19T10:00:00Z\n",
        r"under \[due\]",
    ),
    "no roster": ("roster.csv", None, "expected roster.csv"),
    "an empty roster": ("roster.csv", "", "an empty file"),
    "no column": ("roster.csv", "name\nAda\n", "expected a column student, got name"),
    "twice": ("roster.csv", "student\nada\nbob\nada\n", "line 4: ada is there twice"),
    "no name": ("roster.csv", "student,name\nada,A\n,B\n", "line 3: no student"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_in_the_folder_is_said(folder, case):
    name, text, said = BAD[case]
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=said):
        course.load(folder)


@pytest.mark.parametrize("student", ["../ada", "a/b", "..", "a:b"])
def test_a_name_that_leads_elsewhere_is_refused(
    folder, masters, tmp_path, student, capsys
):
    (folder / "roster.csv").write_text(f"student\n{student}\n")
    assert release(folder, masters, tmp_path / "out") == 2
    assert "no name for a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_release_to_nobody(folder, masters, tmp_path, capsys):
    (folder / "roster.csv").write_text("student\n")
    assert release(folder, masters, tmp_path / "out") == 2
    assert "has no students" in capsys.readouterr().err


def test_the_courses_own_master_comes_first(folder, masters, tmp_path):
    shutil.copy(masters / "97_tiny.ipynb", folder / "masters/97_ours.ipynb")
    assert release(folder, masters, tmp_path / "out") == 0
    assert (tmp_path / "out/ada/97_ours.ipynb").is_file()


def test_the_secret_is_not_in_what_is_released(folder, masters, tmp_path):
    release(folder, masters, tmp_path / "out")
    secret = (folder / "secret").read_text().strip()
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert files and all(secret not in p.read_text("utf-8") for p in files)
    assert os.listdir(tmp_path / "out/ada") == ["97_tiny.ipynb"]  # noqa: PTH208
