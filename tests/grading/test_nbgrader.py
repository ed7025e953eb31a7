"""nbgrader itself releases, grades and counts our masters as they are."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import nbformat
import pytest
from nbtext import to_notebook

from dlcourse.grading import assignment, cli, nbgrader, stripping

ROOT = Path(__file__).resolve().parents[2]
SEVEN, TINY = "07_backpropagation", "99_tiny"
MASTER = '''=== md title
# Exercises 99: Tiny
=== code setup {"tags": ["setup"]}
import sys

import dlcourse
=== md task
## 7.2 The steps in order

*concept · 5 minutes · difficulty 1 of 3*
=== code order {"tags": ["answer"]}
### BEGIN SOLUTION
answer_7_2 = "DCBEAG"
### END SOLUTION
=== code order-check {"tags": ["check"]}
dlcourse.check("7.2")
=== md count
## 7.9 Counting

*code · 5 minutes · difficulty 3 of 3*
=== code given
FACTOR = 1
=== code count-answer {"tags": ["answer"]}
def multiplications(widths, n):
    """Forward, and backward."""
    ### BEGIN SOLUTION
    pairs = list(zip(widths[:-1], widths[1:], strict=True))
    forward = FACTOR * n * sum(a * b for a, b in pairs)
    later = n * sum(a * b for a, b in pairs[1:])
    print("A warning.", file=sys.stderr)
    return forward, forward + later
    ### END SOLUTION
=== md count-text {"tags": ["answer"]}
### BEGIN SOLUTION
Because.
### END SOLUTION
=== code count-check {"tags": ["check"]}
dlcourse.check("7.9")
=== code progress {"tags": ["check"]}
dlcourse.progress(7)
'''


def annotated(master: str = MASTER) -> dict[str, dict]:
    """What nbgrader is told, by cell."""
    notebook = to_notebook(master)
    nbgrader.annotate(notebook)
    return {cell.id: dict(cell.metadata.nbgrader) for cell in notebook.cells}


def test_who_may_change_what_and_what_counts():
    told = annotated()
    solutions = {name for name, cell in told.items() if cell["solution"]}
    assert solutions == {"order", "count-answer", "count-text"}
    assert {name for name, cell in told.items() if not cell["locked"]} == solutions
    points = {name: cell["points"] for name, cell in told.items() if cell["grade"]}
    assert points == {"order-check": 1, "count-text": 3, "count-check": 3}
    assert all(cell["grade_id"] == name for name, cell in told.items())


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
def test_the_notebooks_carry_it_and_nbgrader_finds_it_valid(folder):
    from nbgrader.nbgraderformat import MetadataValidator

    paths = sorted((ROOT / folder).glob("*.ipynb"))
    assert len(paths) >= 4
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        MetadataValidator().validate_nb(notebook)
        assert all(
            cell.metadata.nbgrader["schema_version"] == 3 for cell in notebook.cells
        )


def test_annotating_again_changes_nothing():
    notebook = to_notebook(MASTER)
    nbgrader.annotate(notebook)
    once = nbformat.writes(notebook)
    nbgrader.annotate(notebook)
    assert nbformat.writes(notebook) == once


def test_the_sums_are_those_of_our_grader():
    """nbgrader's maximum is what the checks bring, and the texts."""
    notebook = nbformat.read(ROOT / f"solutions/{SEVEN}.ipynb", as_version=4)
    nbgrader.annotate(notebook)
    counted = [c for c in notebook.cells if c.metadata.nbgrader["grade"]]
    asked = assignment.load(ROOT / "solutions", 7)
    checks = sum(
        c.metadata.nbgrader["points"] for c in counted if c.cell_type == "code"
    )
    texts = sum(c.metadata.nbgrader["points"] for c in counted if c.cell_type != "code")
    assert checks == asked.possible
    assert texts == sum(
        question.points for question in asked.questions if question.essay
    )


def test_a_missing_master_is_an_error(tmp_path, capsys):
    line = ["course", "nbgrader", str(tmp_path), "--masters", str(ROOT / "solutions")]
    assert cli.main([*line, "--assignment", "7", "--assignment", "66"]) == 2
    assert "expected masters 66_*.ipynb in" in capsys.readouterr().err
    assert cli.main([*line[:-1], str(tmp_path)]) == 2
    assert "expected masters NN_*.ipynb" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# -- nbgrader's own programs, on a course of two assignments


def run(folder: Path, *arguments: str) -> None:
    """nbgrader in a course's folder, with no configuration but the course's own."""
    home = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{home}{os.pathsep}{os.environ['PATH']}",  # it calls alembic by name
        "JUPYTER_CONFIG_DIR": str(folder / "no-configuration"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run([home / "nbgrader", *arguments], cwd=folder, env=environment,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def hand_in(folder: Path, student: str, name: str, answers: dict[str, str]) -> None:
    """The released notebook with some cells filled in, from a master or otherwise."""
    notebook = nbformat.read(folder / f"release/{name}/{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    path = folder / f"submitted/{student}/{name}/{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def model(folder: Path, name: str) -> dict[str, str]:
    """The model answers by cell."""
    notebook = nbformat.read(folder / f"source/{name}/{name}.ipynb", as_version=4)
    return {
        c.id: c.source for c in notebook.cells if "answer" in c.metadata.get("tags", [])
    }


def graded(folder: Path) -> Path:
    """A course, made by our command, released, handed in and graded by nbgrader."""
    masters = folder / "masters"
    masters.mkdir()
    shutil.copy(ROOT / f"solutions/{SEVEN}.ipynb", masters)
    nbformat.write(to_notebook(MASTER), masters / f"{TINY}.ipynb")
    assert cli.main(["course", "nbgrader", str(folder), "--masters", str(masters)]) == 0
    run(folder, "generate_assignment", "--assignment=*")
    for name in (SEVEN, TINY):
        right = model(folder, name)
        hand_in(folder, "Ada", name, right)
        hand_in(folder, "Bob", name, {})
    wrong = {**model(folder, SEVEN), "a2": 'answer_7_2 = "DCBEA"'}
    hand_in(folder, "Cyd", SEVEN, wrong)
    # Dan writes his own tests, and changes what was given.
    cheat = {"count-check": "print('passed')", "given": "FACTOR = 2", "order": "x = ("}
    hand_in(folder, "Dan", TINY, {**model(folder, TINY), **cheat})
    run(folder, "autograde", "--assignment=*")
    return folder


def test_a_course_in_nbgrader(tmp_path):
    """One test, because it takes half a minute to get there."""
    course = graded(tmp_path)
    the_release_is_the_books_exercise(course)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of SQLAlchemy's next version
        from nbgrader.api import Gradebook

        # What the formgrader reads, too.
        with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
            model_answers_get_all_points(gradebook)
            the_untouched_release_gets_none(gradebook)
            a_wrong_answer_costs_its_own_points(gradebook)
            what_is_locked_is_restored(course, gradebook)
            a_person_grades_the_text(gradebook)
    a_configuration_that_was_edited_is_kept(course)


def scores(gradebook, name: str, student: str) -> dict[str, float | None]:
    """What nbgrader gave each cell: None where a person must read it."""
    found = gradebook.find_submission(name, student).notebooks[0].grades
    return {grade.name: grade.auto_score for grade in found}


def the_release_is_the_books_exercise(course):
    """The same texts and stubs; and no cell of an untouched notebook raises."""
    for name in (SEVEN, TINY):
        release = nbformat.read(course / f"release/{name}/{name}.ipynb", as_version=4)
        master = nbformat.read(course / f"source/{name}/{name}.ipynb", as_version=4)
        ours = stripping.generate(master)
        assert [c.source for c in release.cells] == [c.source for c in ours.cells]
        assert "SOLUTION" not in nbformat.writes(release)
    sources = {cell.id: cell.source for cell in release.cells}
    assert sources["order"] == "answer_7_2 = None  # your answer here"
    assert sources["count-text"] == "*Your answer here.*"


def model_answers_get_all_points(gradebook):
    possible = assignment.load(ROOT / "solutions", 7).possible
    ada = gradebook.find_submission(SEVEN, "Ada")
    assert ada.score == possible
    assert ada.needs_manual_grade  # of the texts
    texts = [
        name for name, score in scores(gradebook, SEVEN, "Ada").items() if score is None
    ]
    assert texts and all(name.endswith("-text") for name in texts)
    assert (
        gradebook.find_submission(TINY, "Ada").score == 4
    )  # its warning costs nothing
    assert gradebook.find_submission(TINY, "Ada").max_score == 7


def the_untouched_release_gets_none(gradebook):
    for name in (SEVEN, TINY):
        bob = gradebook.find_submission(name, "Bob")
        assert bob.score == 0 and not bob.needs_manual_grade


def a_wrong_answer_costs_its_own_points(gradebook):
    ada, cyd = scores(gradebook, SEVEN, "Ada"), scores(gradebook, SEVEN, "Cyd")
    assert {name for name in ada if ada[name] != cyd[name]} == {"c2"}
    assert (ada["c2"], cyd["c2"]) == (1, 0)


def what_is_locked_is_restored(course, gradebook):
    assert scores(gradebook, TINY, "Dan") == {
        "order-check": 0,
        "count-check": 3,
        "count-text": None,
    }
    path = course / f"autograded/Dan/{TINY}/{TINY}.ipynb"
    sources = {c.id: c.source for c in nbformat.read(path, as_version=4).cells}
    assert sources["given"] == "FACTOR = 1"
    assert sources["count-check"] == 'dlcourse.check("7.9")'


def a_person_grades_the_text(gradebook):
    """As the formgrader writes it."""
    grade = gradebook.find_grade("count-text", TINY, TINY, "Ada")
    grade.manual_score, grade.needs_manual_grade = 2, False
    gradebook.db.commit()
    ada = gradebook.find_submission(TINY, "Ada")
    assert ada.score == 6 and not ada.needs_manual_grade


def a_configuration_that_was_edited_is_kept(course):
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text("utf-8") + "# mine\n", "utf-8")
    line = ["course", "nbgrader", str(course), "--masters", str(course / "masters")]
    assert cli.main(line) == 0
    assert config.read_text("utf-8").endswith("# mine\n")


def test_a_course_of_its_own_configuration_takes_the_masters(tmp_path):
    """Copied from solutions/ into somebody's course, without our configuration."""
    (tmp_path / "source" / SEVEN).mkdir(parents=True)
    shutil.copy(ROOT / f"solutions/{SEVEN}.ipynb", tmp_path / "source" / SEVEN)
    run(tmp_path, "generate_assignment", SEVEN)
    path = tmp_path / f"release/{SEVEN}/{SEVEN}.ipynb"
    release = {c.id: c.source for c in nbformat.read(path, as_version=4).cells}
    assert release["a2"] == "# YOUR CODE HERE\nraise NotImplementedError()"
    assert "SOLUTION" not in path.read_text("utf-8")
