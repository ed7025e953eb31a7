"""by_hand.csv: written for a person, never over a person."""

import shutil
import sys

import nbformat
import pytest

from dlcourse.grading import batch, by_hand
from grading.conftest import LIMITS, notebook
from grading.test_batch import Serial


def record(student: str, *essays: str, reason: str = "") -> dict:
    """A result with exercises 7.1 to 7.3, of 1, 2 and 3 points, some with a text."""
    marks = [
        {"id": f"7.{k}", "title": f"Title {k}", "status": "passed", "points": k,
         "possible": k, "message": "", "hint": "", "essay": f"7.{k}" in essays}
        for k in (1, 2, 3)
    ]  # fmt: skip
    return {"student": student, "assignment": "07_x", "points": 6, "possible": 6,
            "reason": reason, "notes": [], "marks": [] if reason else marks,
            "mark": "m"}  # fmt: skip


ADA, BOB = record("Ada", "7.2", "7.3"), record("Bob", "7.2", "7.3")
HEAD = "student,exercise,points,possible,comment\n"


def written(out, text: str):
    (out / by_hand.NAME).write_text(text, "utf-8")
    return out


def test_a_row_for_each_text(tmp_path):
    by_hand.update(tmp_path, [BOB, ADA, record("Cyd", "7.2", "7.3", reason="No.")])
    raw = (tmp_path / by_hand.NAME).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # spreadsheets need it
    assert raw.decode("utf-8-sig") == (
        HEAD + "Ada,7.2 Title 2,,2,\nAda,7.3 Title 3,,3,\n"
        "Bob,7.2 Title 2,,2,\nBob,7.3 Title 3,,3,\n"
    )


def test_without_texts_there_is_no_file(tmp_path):
    by_hand.update(tmp_path, [record("Ada")])
    assert list(tmp_path.iterdir()) == []
    assert by_hand.columns(by_hand.read(tmp_path, [record("Ada")])) == ([], {})


def test_what_a_person_wrote_is_kept(tmp_path):
    """Their own order, a further column, points and comments; new rows at the end."""
    text = (
        "exercise,student,points,possible,comment,reader\n"
        '7.3 Title 3,Ada,2.5,3,"Good, but\nshort",Eve'  # without a line's end
    )
    by_hand.update(written(tmp_path, text), [ADA, BOB])
    now = (tmp_path / by_hand.NAME).read_text("utf-8-sig")
    assert now.startswith(text + "\n")
    assert now.removeprefix(text + "\n").splitlines() == [
        "7.2 Title 2,Ada,,2,,",
        "7.2 Title 2,Bob,,2,,",
        "7.3 Title 3,Bob,,3,,",
    ]
    by_hand.update(tmp_path, [ADA, BOB])
    assert (tmp_path / by_hand.NAME).read_text("utf-8-sig") == now
    found = by_hand.read(tmp_path, [ADA, BOB])
    assert found["Ada"]["7.3"] == by_hand.Reading(2.5, 3, "Good, but\nshort")
    assert found["Ada"]["7.2"].points is None


def test_a_file_of_a_spreadsheet_with_decimal_commas(tmp_path):
    text = "student;exercise;points;possible;comment\nAda;7.2 Title 2;1,5;2;\n"
    by_hand.update(written(tmp_path, text), [ADA])
    assert by_hand.read(tmp_path, [ADA])["Ada"]["7.2"].points == 1.5
    assert "Ada;7.3 Title 3;;3;" in (tmp_path / by_hand.NAME).read_text("utf-8")


def test_columns_and_sum(tmp_path):
    text = HEAD + "Ada,7.2,0,2,\nAda,7.3,2.5,3,\nBob,7.3,1,3,\n"
    readings = by_hand.read(written(tmp_path, text), [ADA, BOB])
    titles, rows = by_hand.columns(readings)
    assert titles == ["7.2 by hand", "7.3 by hand", "by hand"]
    assert rows == {"Ada": ["0", "2.5", "2.5"], "Bob": ["", "1", ""]}


def test_names_that_a_spreadsheet_would_compute(tmp_path):
    odd = record("=HYPERLINK(1)", "7.2")
    by_hand.update(tmp_path, [odd])
    now = (tmp_path / by_hand.NAME).read_text("utf-8-sig")
    assert "\n'=HYPERLINK(1),7.2 Title 2,,2," in now
    (tmp_path / by_hand.NAME).write_text(now.replace(",,2,", ",1,2,"), "utf-8")
    assert by_hand.total(by_hand.read(tmp_path, [odd])["'=HYPERLINK(1)"]) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Ada,7.2,three,2,", "line 2: expected points from 0 to 2, .* got 'three'"),
        ("Ada,7.2,2.5,9,", "line 2: expected points from 0 to 2, .* got '2.5'"),
        ("Ada,7.2,-1,2,", "line 2: expected points from 0 to 2, .* got '-1'"),
        ("Ada,7.2,nan,2,", "line 2: expected points from 0 to 2, .* got 'nan'"),
        ("Ada,7.2,1,2,\nAda,7.2 again,1,2,", "line 3: Ada, 7.2 is there twice"),
        ("Ada,7.1,1,1,", "line 2: nobody named 'Ada' was graded in exercise '7.1'"),
        ("Adda,7.2,1,2,", "line 2: nobody named 'Adda' was graded"),
    ],
)
def test_a_bad_row_is_named(row, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        by_hand.read(written(tmp_path, HEAD + row + "\n"), [ADA])


def test_a_row_of_somebody_who_could_not_be_graded_is_kept_for_later(tmp_path):
    text = HEAD + "Bob,7.2,1,2,\n"
    records = [ADA, record("Bob", reason="It is no notebook.")]
    assert by_hand.read(written(tmp_path, text), records)["Bob"] == {}


def test_a_bad_file_is_told(tmp_path):
    with pytest.raises(ValueError, match="there is no points, comment"):
        by_hand.read(written(tmp_path, "student,exercise,possible\n"), [ADA])
    (tmp_path / by_hand.NAME).write_bytes(HEAD.encode() + b"Zo\xeb,7.2,1,2,\n")
    with pytest.raises(ValueError, match="Save it as CSV UTF-8"):
        by_hand.read(tmp_path, [ADA])


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None, reason="needs bubblewrap"
)
def test_grading_twice(masters, tmp_path):
    """The first run asks for the points, the second puts them into grades.csv."""
    master = notebook()
    text = nbformat.v4.new_markdown_cell("Why?", metadata={"tags": ["answer"]})
    master.cells.append(text)
    nbformat.write(master, masters / "97_tiny.ipynb")
    folder, out = tmp_path / "handed-in", tmp_path / "out"
    folder.mkdir()
    nbformat.write(notebook(), folder / "Ada.ipynb")

    def grade() -> list[str]:
        run = batch.prepare(out, masters, 97, LIMITS)
        jobs = batch.jobs(run, folder)
        list(batch.spread(jobs, Serial))
        batch.conclude(run, jobs, 1.0)
        return (out / "grades.csv").read_text("utf-8").splitlines()

    head = "student,points,possible,97.1,97.2,97.3,97.3 by hand,by hand,reason"
    assert grade() == [head, "Ada,3,3,1,1,1,,,"]
    path = out / by_hand.NAME
    path.write_text(path.read_text("utf-8").replace(",,1,", ",0.5,1,Why?"), "utf-8")
    assert grade() == [head, "Ada,3,3,1,1,1,0.5,0.5,"]
    path.write_text(path.read_text("utf-8").replace(",0.5,", ",5,"), "utf-8")
    with pytest.raises(ValueError, match="line 2: expected points from 0 to 1"):
        grade()
