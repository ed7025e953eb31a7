"""One's own notebook, run without a sandbox: only where it was asked for, and loudly."""

import dataclasses
import json
import shutil
import sys

import nbformat
import pytest

from dlcourse.grading import batch, cli
from dlcourse.grading.limits import Limits
from grading.conftest import LIMITS, PATIENT, notebook
from grading.test_hostile import children, printed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")
UNBOXED = dataclasses.replace(LIMITS, sandbox=False)


@pytest.fixture
def command(masters, tmp_path):
    """command(file or folder, more options) -> (exit status, result or None)."""

    def run(path, *more):
        out = tmp_path / "out"
        line = ["grade", path, "--assignment", 97, "-o", out, "--masters", masters]
        status = cli.main([str(part) for part in (*line, "-j", 1, *more)])
        found = [json.loads(p.read_text("utf-8")) for p in out.glob("results/*.json")]
        return status, next(iter(found), None)

    return run


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.ipynb"
    nbformat.write(notebook(), path)
    return path


def test_it_runs_as_the_user_and_says_so(command, mine, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PATH", str(tmp_path))  # here is no bubblewrap
    monkeypatch.setenv("MINE", "seen")
    show = "import os\nprint(os.environ['MINE'], os.listdir())"
    nbformat.write(notebook(show=show, total="def total(x): return 0.0"), mine)
    status, result = command(mine, "--no-sandbox")
    said = " ".join(capfd.readouterr().err.replace("│", " ").split())
    assert "WARNING: no sandbox" in said and "delete your files" in said
    assert status == 0 and result["points"] == 2 and result["student"] == "mine"
    assert "without a sandbox" in result["notes"][0]
    executed = nbformat.read(next(tmp_path.glob("out/executed/*")), as_version=4)
    assert printed(executed.cells[-1]) == "seen []\n"


def test_the_model_answers_earn_all_points(command, mine):
    status, result = command(mine, "--no-sandbox")
    assert (status, result["points"], result["reason"]) == (0, 3, "")


# name: (cell, words in the notes[, its limits])
ENDLESS = {
    "loop": ("while True: pass", "did not end in time"),
    "deaf loop": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "could not be interrupted",
    ),
    "memory": (
        "x = []\nwhile True: x.append(bytearray(20_000_000))",
        "used too much memory",
        dataclasses.replace(PATIENT, sandbox=False),
    ),
    "exit": ("import os\nos._exit(0)", "ended the process"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_time_and_memory_are_watched_all_the_same(graded, name):
    source, words, *limits = ENDLESS[name]
    before = children()
    result, _ = graded(notebook(more=source), limits=(*limits, UNBOXED)[0])
    assert result.points == 3 and words in " ".join(result.notes)
    assert children() <= before and not list(graded.folder.iterdir())


def test_a_folder_or_other_machines_are_refused(command, mine, tmp_path, capsys):
    for given, *more in ((mine.parent,), (mine, "--scheduler", "tcp://127.0.0.1:1")):
        assert command(given, "--no-sandbox", *more) == (2, None)
        assert "one notebook of your own" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_the_word_nothing_runs_unprotected(
    command, mine, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command(mine) == (2, None)
    assert "cannot sandbox" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_a_file_is_graded_in_the_box_as_a_folder_of_one(command, mine):
    status, result = command(mine)
    assert (status, result["points"], result["notes"]) == (0, 3, [])


def test_only_notebooks(command, mine, tmp_path, capsys):
    text = tmp_path / "mine.txt"
    text.write_text("x")
    assert command(text, "--no-sandbox") == (2, None)
    assert "expected a folder or NAME.ipynb" in capsys.readouterr().err


def test_a_result_of_other_limits_is_stale(masters, mine, tmp_path):
    """So what was graded without a sandbox does not count as graded in one."""
    marks = {
        batch.prepare(tmp_path / "out", masters, 97, limits, seed=1).mark
        for limits in (LIMITS, UNBOXED, LIMITS.changed(["cell=5"]), LIMITS)
    }
    assert len(marks) == 3


def test_limits_can_be_changed():
    changed = Limits().changed(["cell=120", "memory=8e9"])
    assert changed == dataclasses.replace(Limits(), cell=120.0, memory=8_000_000_000)
    assert isinstance(changed.memory, int)


@pytest.mark.parametrize(
    "setting",
    ["cell", "cel=1", "cell=x", "cell=nan", "memory=inf", "cell=0", "sandbox=0"],
)
def test_bad_limits_are_named(command, mine, setting, capsys):
    assert command(mine, "--no-sandbox", "--limit", setting) == (2, None)
    assert f"got '{setting}'" in capsys.readouterr().err
