"""Variants: each has one right answer, which is neither the book's nor a neighbour's."""

from itertools import permutations
from pathlib import Path

import nbformat
import numpy as np
import pytest
from test_wrong_answers import answered
from variants import ANSWERS

from dlcourse import checks
from dlcourse.checks.answers import Here, reordered
from dlcourse.checks.draw import Draw
from dlcourse.checks.registry import exercises, variant_table
from dlcourse.checks.verdict import judge
from dlcourse.grading import release, stripping
from dlcourse.grading.course import Course

ROOT = Path(__file__).resolve().parents[1]
STUDENTS = ("ada", "bob", "cyd", "dan", "eve", "日本")
COURSE = Course(ROOT, "A course", {}, {s: {} for s in STUDENTS}, bytes(32))
VARIED = sorted(variant_table(), key=lambda id: [int(n) for n in id.split(".")])


def names_of(id: str) -> dict:
    """What the master of the chapter leaves behind."""
    return answered(exercises()[id].chapter)


def outcome(id: str, answers: dict, values: dict) -> str:
    return judge(exercises()[id], Here(names_of(id) | answers), values=values).status


def values_of(id: str, student: str) -> dict:
    return COURSE.variants(student)[id].values


def differ(a: dict, b: dict) -> bool:
    """Whether two answers differ by more than the checks allow."""
    return any(not _alike(a[name], b[name]) for name in a if not callable(a[name]))


def _alike(a, b) -> bool:
    if isinstance(a, str) or (isinstance(a, list) and isinstance(a[0], str)):
        return a == b
    if isinstance(a, tuple):  # (w, b) of a gate: w decides
        a, b = a[0], b[0]
    return np.allclose(a, b, rtol=0.04, atol=1e-3)


@pytest.mark.parametrize("id", VARIED)
def test_each_variant_has_a_right_answer(id):
    assert id in ANSWERS, f"write the right answer to {id} into tests/variants.py"
    for student in STUDENTS:
        values = values_of(id, student)
        assert outcome(id, ANSWERS[id](**values), values) == "passed", values


@pytest.mark.parametrize("id", VARIED)
def test_a_neighbours_answer_is_wrong(id):
    tried = 0
    for one, other in permutations(STUDENTS, 2):
        mine, theirs = (values_of(id, student) for student in (one, other))
        if differ(ANSWERS[id](**theirs), ANSWERS[id](**mine)):
            tried += 1
            assert outcome(id, ANSWERS[id](**theirs), mine) == "wrong"
    assert tried >= len(STUDENTS) * (len(STUDENTS) - 1) / 2


@pytest.mark.parametrize("id", VARIED)
def test_the_books_answer_is_wrong(id):
    book, tried = names_of(id), 0
    for student in STUDENTS:
        values = values_of(id, student)
        right = ANSWERS[id](**values)
        if differ({n: _lower(book[n]) for n in right}, right):
            tried += 1
            assert outcome(id, {}, values) == "wrong", values
    assert tried >= len(STUDENTS) / 2


def _lower(value):
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("solutions/*.ipynb")), ids=lambda p: p.stem
)
def test_the_text_says_what_the_values_are(path):
    stripped = stripping.generate(nbformat.read(path, as_version=4))
    for student in STUDENTS:
        drawn = release.own(COURSE.variants(student), int(path.name[:2]))
        own = release.personal(stripped, drawn)
        assert [c.id for c in own.cells] == [c.id for c in stripped.cells]
        text = "\n".join(cell.source for cell in own.cells)
        for variant in drawn.values():
            assert all(new in text for new in variant.text.values())
        changed = [
            c.source != s.source for c, s in zip(own.cells, stripped.cells, strict=True)
        ]
        assert sum(changed) >= len(drawn)


def test_draws_hang_on_the_secret_the_student_and_the_exercise_alone():
    """Nothing but HMAC-SHA256 decides: these numbers must never change."""
    draw = COURSE._draw("ada", "7.3")
    assert [draw.whole(0, 999) for _ in range(4)] == GOLDEN
    assert [COURSE._draw("ada", "7.4").whole(0, 999) for _ in range(4)] != GOLDEN
    other = Course(ROOT, "Another", {}, {}, bytes([1]) + bytes(31))
    assert other._draw("ada", "7.3").whole(0, 999) != GOLDEN[0]


GOLDEN = [263, 564, 817, 544]

OPTIONS = """Choose.

- a) one
- b) two, see a)
- c) three

And of these:
   - **A** first
   - **B** second"""


def test_options_are_shuffled_list_by_list():
    found = release.shuffle("9.9", OPTIONS, ["cab", "ba"])
    assert found.split("\n")[2:5] == ["- a) three", "- b) one", "- c) two, see a)"]
    assert found.split("\n")[7:] == ["   - **A** second", "   - **B** first"]


@pytest.mark.parametrize("orders", [["cab", "ba", "ba"], ["abcd"], ["ab"]])
def test_a_list_that_is_not_there_is_an_error(orders):
    with pytest.raises(ValueError, match=r"exercise 9\.9: no list of the options"):
        release.shuffle("9.9", OPTIONS, orders)


def test_a_text_that_is_not_there_is_an_error():
    cell = nbformat.v4.new_markdown_cell("## 7.3 Title\n\ntake $w=(1,-2)$")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(ValueError, match=r"exercise 7\.3: there is no"):
        release.personal(notebook, {"7.3": COURSE.variants("ada")["7.3"]})


def test_letters_are_read_in_the_students_order():
    assert reordered("A", "cab") == "C"
    assert reordered("b, c", "cab") == "a, b"
    assert reordered(["a", "C"], "cab") == ["c", "B"]
    assert reordered(3, "cab") == 3


def test_an_order_is_never_the_books():
    draws = [Draw(np.random.default_rng(seed)).order("ab") for seed in range(20)]
    assert set(draws) == {"ba"}
    assert sorted(Draw(np.random.default_rng(1)).order("abcdefg")) == list("abcdefg")


def test_the_learners_checks_know_the_variant(capsys):
    values = values_of("7.3", "ada")
    answers = names_of("7.3") | ANSWERS["7.3"](**values)
    try:
        checks.variants({"7.3": values})
        assert checks.outcome("7.3", answers).status == "passed"
        assert checks.outcome("7.3", names_of("7.3")).status == "wrong"
    finally:
        checks.variants({})
    assert checks.outcome("7.3", names_of("7.3")).status == "passed"


@pytest.mark.parametrize("table", [{"99.1": {}}, {"7.3": 4}])
def test_a_wrong_table_of_variants_is_an_error(table):
    with pytest.raises(ValueError, match="variants: expected exercises"):
        checks.variants(table)
