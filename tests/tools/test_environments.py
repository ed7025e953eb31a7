"""Environments of other Pythons: made anew exactly when they must be."""

import json
import sys

import environments
import matrix
import pytest

VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture
def calls(monkeypatch):
    """The commands of uv that ran; those that would install or ask for a Python only pretend."""
    made, run = [], environments.subprocess.run

    def pretend(command, check):
        if command[0] != environments.UV:
            return run(command, check=check)
        made.append([str(word) for word in command[1:]])
        return run([sys.executable, "-m", "venv", "--without-pip", command[-1]], check=check) \
            if command[1] == "venv" else run([sys.executable, "-c", ""], check=check)  # fmt: skip

    monkeypatch.setattr(environments.subprocess, "run", pretend)
    return made


def test_an_environment_is_kept_while_nothing_changes(tmp_path, calls):
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.0\n")
    for _ in range(2):
        python = environments.environment(tmp_path / "venv", VERSION, ["-r", lock])
    assert python.is_file()
    assert [command[0] for command in calls] == ["venv", "pip"]


@pytest.mark.parametrize("change", ["lock", "further", "python", "half"])
def test_it_is_made_anew(tmp_path, calls, change):
    """Another lock file, another further package, a Python that is gone, an install that did not end."""
    venv, lock, further = tmp_path / "venv", tmp_path / "lock.txt", ["jax"]
    lock.write_text("numpy==2.0\n")
    python = environments.environment(venv, VERSION, ["-r", lock], further)
    if change == "lock":
        lock.write_text("numpy==2.1\n")
    elif change == "further":
        further = ["jax==1"]
    elif change == "python":
        python.unlink()
        python.symlink_to(tmp_path / "gone")
    else:
        (venv / "installs").unlink()
    environments.environment(venv, VERSION, ["-r", lock], further)
    assert [command[0] for command in calls] == ["venv", "pip", "pip"] * 2
    assert python.exists()


def test_a_python_that_is_nowhere_is_named(tmp_path):
    with pytest.raises(environments.NoPythonError, match=r"Python 9\.9 is needed"):
        environments.environment(tmp_path / "venv", "9.9", ["numpy"])
    assert not (tmp_path / "venv").exists()


def test_the_matrix_runs_the_chapters_that_are_asked_for():
    every = matrix.chosen([])
    assert every == sorted(every)
    assert len(every) > 1
    assert [path.name for path in matrix.chosen(["7", "00", "7"])] == [
        "00_first_hour.ipynb",
        "07_backpropagation.ipynb",
    ]
    with pytest.raises(SystemExit, match="got 99"):
        matrix.chosen(["99"])


# -- the matrix of chapters, backends and Pythons


def test_the_matrix_compares_the_runs_of_a_chapter(tmp_path, monkeypatch):
    """With the same packages a number that differs is a failure, with others its difference is told."""
    monkeypatch.setattr(matrix, "BUILD", tmp_path)
    made_of = {v: {"python": v, "jax": "1"} for v in matrix.PYTHONS}

    def write(version, number):
        folder = matrix.asserted("05_perceptrons", "jax", version)
        folder.mkdir(parents=True, exist_ok=True)
        row = {"cell": "abc", "asserted": [[number], "a"]}
        (folder / "run.jsonl").write_text(json.dumps(row) + "\n")

    def compared():
        return matrix.repeated("05_perceptrons", "jax", made_of)

    assert compared() is None
    write("3.11", 1.0)
    assert compared() is None
    write("3.13", 1.0 + 1e-9)
    same = compared()
    assert same == {"runs": 2, "values": 2, "differences": [], "drift": {}}
    assert matrix.told({"seconds": 2.0}, same) == "2.0 s, 2 values as on another Python"
    write("3.12", 1.25)
    other = compared()
    assert other["runs"] == 3
    assert len(other["differences"]) == 1
    assert "FAILED: other numbers" in matrix.told({"seconds": 2.0}, other)
    made_of["3.12"]["jax"] = "2"
    drifted = compared()
    assert drifted == {**same, "drift": {"3.12": 1}}
    write("3.12", 1.0)
    assert compared()["drift"] == {"3.12": 0}


def test_the_matrix_compares_no_run_of_another_text(tmp_path, monkeypatch):
    for name in ("chapters", "dlcourse"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(matrix, "ROOT", tmp_path)
    folders = set()
    for chapter, package in (("1", "1"), ("2", "1"), ("2", "2")):
        (tmp_path / "chapters/a.ipynb").write_text(chapter)
        (tmp_path / "dlcourse/b.py").write_text(package)
        folders.add(matrix.asserted("a", "jax", "3.12"))
    assert len(folders) == 3


def test_a_run_replaces_its_own_entry_of_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix, "RECORD", tmp_path / "matrix.json")
    record = {"runs": {"a": {"3.11": {"jax": {"seconds": 1.0}}}}, "repeated": {}}
    matrix.write_down(record, ("a", "3.11", "torch"), {"failed": "E: no"}, None)
    matrix.write_down(record, ("a", "3.11", "jax"), {"seconds": 3.0}, {"runs": 2})
    found = json.loads(matrix.RECORD.read_text())
    runs = found["runs"]["a"]["3.11"]
    assert runs["jax"]["seconds"] == 3.0
    assert runs["torch"]["failed"] == "E: no"
    assert found["repeated"] == {"a": {"jax": {"runs": 2}}}
    assert matrix.told(runs["torch"], None) == "FAILED: E: no"
