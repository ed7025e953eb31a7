"""Model answers pass their checks; stubs are "not answered"; a wrong answer is refused."""

import contextlib
import io

import nbformat
import pytest
from lint import notebooks

from dlcourse import checks


def run(path) -> dict:
    """The names that a notebook's code leaves behind; what it prints is dropped. Raises where a cell raises."""
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), names)
    return names


def ids(path) -> list[str]:
    chapter = int(path.name[:2])
    return [name for name in checks.exercises() if int(name.split(".")[0]) == chapter]


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_model_answers_pass(path):
    names = run(path)
    assert len(ids(path)) >= 8
    outcomes = [checks.outcome(name, names) for name in ids(path)]
    assert [str(each) for each in outcomes if each.status != "passed"] == []


@pytest.mark.parametrize("path", notebooks("exercises"), ids=lambda path: path.stem)
def test_stubs_raise_when_called_and_are_not_answered(path):
    names = run(path)
    outcomes = [checks.outcome(name, names) for name in ids(path)]
    assert [str(each) for each in outcomes if each.status != "not answered"] == []


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_wrong_answers_are_refused(path):
    """Each answer replaced by a function that returns 0, by the number 7, by a wrong letter: none passes."""
    names = run(path)
    passed = []
    for name in ids(path):
        answers = checks.exercises()[name].names
        for wrong in (lambda *a, **k: 0.0, 7, "z", [], {}):
            planted = {**names, **dict.fromkeys(answers, wrong)}
            if checks.outcome(name, planted).status == "passed":
                passed.append((name, wrong))
    assert passed == []


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_every_check_stands_in_its_notebook(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert [name for name in ids(path) if f'dlcourse.check("{name}")' not in text] == []


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_hints_open_one_after_another(path):
    """Each hint stands inside the one before."""
    for cell in nbformat.read(path, as_version=4).cells:
        for second in ("Hint 2", "Hint 3"):
            if f"<summary>{second}" in cell.source:
                before = cell.source.split(f"<summary>{second}")[0]
                between = before[before.index("<summary>Hint 1") :]
                assert "</details>" not in between, (cell.id, second)
