"""Model answers pass their checks; stubs are "not answered"; a wrong answer is refused.

Every chapter has at least eight exercises, of all five kinds, each with minutes, difficulty, hints, an answer, a check.
"""

import contextlib
import io
import re

import nbformat
import pytest
from lint import notebooks

from dlcourse import checks

KINDS = {"concept", "derivation", "code", "debugging", "experiment"}
TITLE = re.compile(r"\A## (\d+\.\d+) \S.*\n\n(.*)\n")
FACTS = re.compile(r"\*(\w+) · (\d+) minutes · difficulty ([123]) of 3\*")
DETAILS = re.compile(r"<details><summary>(.*?)</summary>|(</details>)")


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


def exercises(path) -> dict[str, list]:
    """The cells of each exercise of a master, its task first."""
    found, cells = {}, None
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and (match := TITLE.match(cell.source)):
            assert match[1] not in found
            cells = found[match[1]] = []
        if cell.id == "progress":
            break
        if cells is not None:
            cells.append(cell)
    return found


def tagged(cells, tag) -> list:
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_every_exercise_has_its_answer_and_its_check(path):
    found = exercises(path)
    assert [*found] == ids(path)
    for name, cells in found.items():
        assert [each.source for each in tagged(cells, "check")] == [
            f'dlcourse.check("{name}")'
        ]
        code = "\n".join(
            each.source for each in tagged(cells, "answer") if each.cell_type == "code"
        )
        for answer in checks.exercises()[name].names:
            assert re.search(rf"^(def |class )?{answer}\b", code, re.M), (name, answer)


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_a_chapter_has_eight_exercises_of_five_kinds(path):
    kinds = []
    for name, cells in exercises(path).items():
        facts = FACTS.fullmatch(TITLE.match(cells[0].source)[2])
        assert facts, f"{name}: expected kind, minutes and difficulty under the title"
        assert 5 <= int(facts[2]) <= 30 and int(facts[2]) % 5 == 0, name
        kinds.append(facts[1])
    assert len(kinds) >= 8 and set(kinds) == KINDS


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_an_exercise_has_one_to_three_hints(path):
    """Numbered where there are several; nothing stays open, nothing is closed twice."""
    for name, (task, *_) in exercises(path).items():
        hints, depth = [], 0
        for summary, end in DETAILS.findall(task.source):
            depth += -1 if end else 1
            assert depth >= 0, name
            hints += [summary] if summary.startswith("Hint") else []
        assert depth == 0 and 1 <= len(hints) <= 3, (name, hints)
        numbers = range(1, len(hints) + 1)
        wanted = [f"Hint {i}" for i in numbers] if len(hints) > 1 else ["Hint"]
        assert [hint.partition(",")[0] for hint in hints] == wanted, name


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_a_chapter_names_its_exercises(path):
    """In a table with title, kind and minutes."""
    chapter = nbformat.read(path.parents[1] / "chapters" / path.name, as_version=4)
    whole = "\n\n".join(cell.source for cell in chapter.cells)
    (text,) = re.findall(r"^## Exercises\n(.*?)^## ", whole, re.M | re.S)
    assert f"(../exercises/{path.name})" in text
    rows = re.findall(r"^\| (\d+\.\d+) \| (.*) \| (\w+) \| (\d+) \|$", text, re.M)
    wanted = []
    for name, (task, *_) in exercises(path).items():
        title, facts = task.source.splitlines()[0], FACTS.search(task.source)
        wanted.append((name, title.removeprefix(f"## {name} "), facts[1], facts[2]))
    assert rows == wanted


@pytest.mark.parametrize("path", notebooks("solutions"), ids=lambda path: path.stem)
def test_hints_open_one_after_another(path):
    """Each hint stands inside the one before."""
    for cell in nbformat.read(path, as_version=4).cells:
        for second in ("Hint 2", "Hint 3"):
            if f"<summary>{second}" in cell.source:
                before = cell.source.split(f"<summary>{second}")[0]
                between = before[before.index("<summary>Hint 1") :]
                assert "</details>" not in between, (cell.id, second)
