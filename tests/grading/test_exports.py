"""Grades as the learning platforms want them, line by line."""

import json

import pytest

from dlcourse.grading import by_hand, cli, exports
from grading.test_by_hand import HEAD, record

ROSTER = """\
student,name,email,canvas_id,login,moodle_id,section
Ada,"Lovelace, Ada",ada@x.org,11,al1,m1,A
=Bob,=cmd(),bob@x.org,12,bb1,m2,A
Cyd,Cyd Charisse,cyd@x.org,13,cc1,m3,B
Eve,Ève,eve@x.org,14,ee1,m4,B
"""


@pytest.fixture
def out(tmp_path):
    """Three results: all read, one text not read, one that could not be graded."""
    ada, bob = record("Ada", "7.2", "7.3"), record("=Bob", "7.2", "7.3")
    bob["marks"][0] |= {
        "status": "wrong",
        "points": 0,
        "message": "<b>",
        "hint": "Add.",
    }
    bob["points"], bob["notes"] = 5, ["Handed in late."]
    cyd = record("Cyd", reason="It is <no> notebook.") | {"points": 0}
    (tmp_path / "out/results").mkdir(parents=True)
    for each in (ada, bob, cyd):
        name = each["student"].strip("=").lower()
        path = tmp_path / f"out/results/{name}.json"
        path.write_text(json.dumps(each), "utf-8")
    rows = "Ada,7.2,1,2,Short.\nAda,7.3,2.5,3,\n'=Bob,7.2,2,2,=1+1\n'=Bob,7.3,,3,\n"
    (tmp_path / "out" / by_hand.NAME).write_text(HEAD + rows, "utf-8")
    return tmp_path / "out"


def export(out, to: str, *more: str, roster: str | None = ROSTER) -> tuple[int, str]:
    """(exit status, the file's text)."""
    target = out.parent / "exported"
    line = ["export", str(out), "--to", to, "-o", str(target), *more]
    if roster is not None:
        (out.parent / "roster.csv").write_text(roster, "utf-8")
        line += ["--roster", str(out.parent / "roster.csv")]
    status = cli.main(line)
    return status, target.read_text("utf-8") if target.is_file() else ""


def test_canvas(out, capsys):
    status, text = export(out, "canvas")
    assert status == 0
    assert text == (
        'Student,ID,SIS User ID,SIS Login ID,Section,07_x,"07_x, texts"\n'
        "    Points Possible,,,,,6,5\n"
        '"Lovelace, Ada",11,,al1,A,6,3.5\n'
        "'=cmd(),12,,bb1,A,5,\n"
        "Cyd Charisse,13,,cc1,B,0,\n"
        "Ève,14,,ee1,B,,\n"
    )
    said = capsys.readouterr().out
    assert "3 submissions" in said
    assert "no submission, so no grade (not a 0): Eve" in said
    assert "texts that nobody has read yet: 1" in said


def test_canvas_finds_an_assignment_by_its_number(out):
    head = export(out, "canvas", "--title", "Week 7 (4711)")[1].splitlines()[0]
    assert head.endswith(',Section,Week 7 (4711),"Week 7, texts"')


def test_without_texts_there_is_no_column_for_them(out):
    for path in (out / "results").glob("*.json"):
        found = json.loads(path.read_text("utf-8"))
        for mark in found["marks"]:
            mark["essay"] = False
        path.write_text(json.dumps(found), "utf-8")
    (out / by_hand.NAME).unlink()
    assert export(out, "canvas")[1].splitlines()[1:3] == [
        "    Points Possible,,,,,6",
        '"Lovelace, Ada",11,,al1,A,6',
    ]
    assert (
        export(out, "moodle")[1].splitlines()[0] == "Email address,07_x,07_x (feedback)"
    )


def test_moodle(out):
    status, text = export(out, "moodle")
    assert status == 0
    assert text == (
        'Email address,07_x,07_x (feedback),"07_x, texts","07_x, texts (feedback)"\n'
        "ada@x.org,6,7.1 passed; 7.2 passed; 7.3 passed.,3.5,"
        "7.2: 1 of 2. Short. 7.3: 2.5 of 3.\n"
        "bob@x.org,5,7.1 not right yet; 7.2 passed; 7.3 passed. Handed in late.,-,"
        "7.2: 2 of 2. =1+1\n"
        "cyd@x.org,0,It is &lt;no&gt; notebook.,-,\n"
        "eve@x.org,-,No submission.,-,\n"
    )


@pytest.mark.parametrize(
    ("kept", "head"), [("moodle_id", "ID number"), ("login", "Username")]
)
def test_moodle_takes_what_all_students_have(kept, head, out):
    rows = [line.split(",") for line in ROSTER.replace(', Ada"', '"').splitlines()]
    at = rows[0].index(kept)
    roster = "".join(f"{row[0]},{row[at]}\n" for row in rows)
    text = export(out, "moodle", roster=roster)[1]
    assert text.splitlines()[0].startswith(f"{head},07_x,")
    assert text.splitlines()[1].startswith(f"{rows[1][at]},6,")


def test_without_a_roster_names_are_logins(out):
    assert export(out, "canvas", roster=None)[1].splitlines()[2:] == [
        "'=Bob,,,'=Bob,,5,",
        "Ada,,,Ada,,6,3.5",
        "Cyd,,,Cyd,,0,",
    ]
    assert export(out, "moodle", roster=None)[1].splitlines()[2].startswith("Ada,6,")


def test_gradescope(out):
    assert export(out, "gradescope")[0] == 0
    folder = out.parent / "exported"
    assert sorted(p.name for p in folder.iterdir()) == ["ada", "bob", "cyd"]
    found = {p.parent.name: json.loads(p.read_text("utf-8"))
             for p in folder.glob("*/results.json")}  # fmt: skip
    assert found["cyd"] == {
        "score": 0,
        "output": "It is <no> notebook.",
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "after_published",
        "tests": [],
    }
    ada, bob = found["ada"], found["bob"]
    assert (ada["score"], bob["score"]) == (9.5, 7)
    assert ada["tests"][2] == {
        "number": "7.3",
        "name": "Title 3",
        "score": 3,
        "max_score": 3,
        "output": "",
        "visibility": "after_published",
    }
    assert ada["tests"][4] == {
        **ada["tests"][2],
        "name": "Title 3: your text",
        "score": 2.5,
    }
    assert bob["tests"][0]["score"] == 0
    assert bob["tests"][0]["output"] == "<b>\n\nAdd."
    assert bob["output"] == "Handed in late."
    assert bob["tests"][4] == {
        "number": "7.3",
        "name": "Title 3: your text",
        "output": "A person reads it.",
        "visibility": "after_published",
    }


@pytest.mark.parametrize(
    ("to", "roster", "words"),
    [
        ("canvas", "name\nAda\n", "expected a column student"),
        ("canvas", ROSTER + "Ada,,,15,,,\n", "Ada is there twice"),
        ("canvas", ROSTER.replace("Cyd,", "Sid,"), "no row for Cyd, who handed in"),
        ("canvas", ROSTER.replace("canvas_id,login", "id,log"),
         "expected a column canvas_id or login"),
        ("moodle", ROSTER.replace("email", "mail").replace("login", "log").replace(
            "moodle_id", "m"), "expected a column email or moodle_id or login"),
        ("canvas", ROSTER.replace("13,cc1", ","), "canvas_id or login for Cyd, got noth"),
        ("canvas", ROSTER.replace("13,", "12,"), "Cyd and =Bob have the same canvas_id"),
        ("moodle", ROSTER.replace("cyd@", "ada@"), "Cyd and Ada have the same email, ad"),
        ("moodle", ROSTER.replace("cyd@x.org", "").replace("m2", "").replace("al1", ""),
         "Moodle identifies all students by the same one"),
        ("gradescope", ROSTER.replace("Ada,", "Eda,"), "no row for Ada, who handed in"),
    ],
)  # fmt: skip
def test_a_bad_roster_is_told(to, roster, words, out, capsys):
    status, text = export(out, to, roster=roster)
    assert (status, text) == (2, "")
    assert words in capsys.readouterr().err


def test_only_one_finished_run_is_exported(out, capsys):
    path = out / "results/cyd.json"
    found = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**found, "mark": "older"}), "utf-8")
    assert export(out, "canvas")[0] == 2
    assert "results of different runs: those of Cyd" in capsys.readouterr().err
    path.write_text(json.dumps({**found, "student": "Ada"}), "utf-8")
    assert export(out, "canvas")[0] == 2
    assert "several results of Ada" in capsys.readouterr().err
    assert export(out.parent, "canvas")[0] == 2
    assert "found none. Make them with dlcourse grade" in capsys.readouterr().err


def test_bad_points_stop_an_export(out, capsys):
    path = out / by_hand.NAME
    path.write_text(path.read_text("utf-8").replace(",1,2,Short.", ",3,2,"), "utf-8")
    assert export(out, "canvas")[0] == 2
    assert "by_hand.csv, line 2: expected points from 0 to 2" in capsys.readouterr().err


def test_every_format_is_offered():
    assert list(exports.NEEDED) == ["canvas", "moodle", "gradescope"]
