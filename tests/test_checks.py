"""Exercise checks: passed, wrong, not answered, and whatever a learner's code raises."""

import contextlib
import sys
import threading
import time

import numpy as np
import pytest

import dlcourse
from dlcourse import checks
from dlcourse.checks import Draw, Wrong, expect, for_all, outcome, registry
from dlcourse.checks.answers import Here
from dlcourse.checks.limits import TimeUp, time_limit
from dlcourse.checks.verdict import judge


@pytest.fixture(autouse=True)
def table(monkeypatch):
    """Two exercises of a chapter 1 that does not exist."""
    monkeypatch.setattr(registry, "CHAPTERS", ())
    monkeypatch.setattr(registry, "_EXERCISES", {})

    @checks.exercise("1.10", answers=["answer_1_10"])
    def _(answer_1_10):
        checks.choice("1.10", answer_1_10, checks.digest("1.10", "b"))

    @checks.exercise("1.2", answers=["double()"])
    def _(double):
        """Add the number
        to itself."""
        expect(
            double(np.array([1.0, 2.0])), np.array([2.0, 4.0]), where="double([1, 2])"
        )


def lives(code: str) -> dict:
    """The names that a notebook has after a cell."""
    names = {"np": np}
    exec(code, names)
    return names


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("def double(x): return 2 * x", "passed", ""),
        ("def double(x): return 3 * x", "wrong", "expected [2. 4.], got [3. 6.]"),
        ("def double(x): return x[:1]", "wrong", "expected shape (2,), got (1,)"),
        ("def double(x): pass", "wrong", "Is there a return?"),
        ("def double(x): return 'a'", "wrong", "expected numbers, got str"),
        (
            "def double(x): return x / 0 if np.seterr(all='ignore') else 0",
            "wrong",
            "expected finite numbers",
        ),
        (
            "def double(x): return y",
            "wrong",
            "Your code raised NameError: name 'y' is not defined\n  in double, line 1",
        ),
        ("def double(x): raise NotImplementedError", "not answered", ""),
        ("double = None", "not answered", "Still to do: double."),
        ("", "not answered", "Still to do: double."),
        ("double = 3", "wrong", "double: expected a function, got 3."),
    ],
)
def test_outcome(code, status, words):
    with np.errstate():
        found = outcome("1.2", lives(code))
    assert found.status == status
    assert words in found.message
    if status == "wrong" and "raised" not in found.message:
        assert str(found).endswith("Hint: Add the number to itself.")
    mark = {
        "passed": "✓ Exercise 1.2: passed",
        "wrong": "✗ Exercise 1.2: not right yet",
    }
    assert str(found).startswith(mark.get(status, "○ Exercise 1.2: not answered"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("b", "passed"),
        (" B ", "passed"),
        ("a", "wrong"),
        ("ab", "wrong"),
        (None, "not answered"),
    ],
)
def test_multiple_choice(answer, status):
    found = outcome("1.10", {"answer_1_10": answer})
    assert found.status == status
    assert "'b'" not in found.message  # never gives the answer away


def test_check_and_progress_print(capsys):
    names = lives("import dlcourse\ndef double(x): return 2 * x\nanswer_1_10 = 'a'")
    exec("dlcourse.check('1.2')\ndlcourse.progress(1)", names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[1] == "✓ Exercise 1.2: passed"  # 1.2 stands before 1.10
    assert lines[2] == "✗ Exercise 1.10: not right yet" and lines[3] == "1 of 2 passed"
    with pytest.raises(ValueError, match=r"among 1\.2, 1\.10; got '9\.9'"):
        dlcourse.check("9.9")
    with pytest.raises(ValueError, match=r"expected a chapter with exercises, got 9"):
        dlcourse.progress(9)


EQUAL = [
    (1, 1.0),
    ([1, 2], np.array([1.0, 2.0])),
    (np.True_, True),
    (np.nan, np.nan),
    ("a", "a"),
    (None, None),
]
UNEQUAL = [
    (1, True),
    (True, False),
    ("a", "b"),
    ([1, [2]], np.ones(2)),
    (np.nan, 1.0),
    (1 + 1j, 1.0),
    (None, 1.0),
]


@pytest.mark.parametrize(("got", "want"), EQUAL)
def test_expect_takes(got, want):
    expect(got, want, where="here")


@pytest.mark.parametrize(("got", "want"), UNEQUAL)
def test_expect_refuses(got, want):
    with pytest.raises(Wrong, match=r"^here: expected"):
        expect(got, want, where="here")


# -- the smallest input that fails


def pair(draw: Draw) -> dict:
    n = draw.whole(1, 6)
    return {"x": draw.reals(n), "k": draw.whole(-5, 5)}


def test_all_inputs_are_tried_and_the_smallest_is_shown(rng):
    pytest.importorskip("hypothesis")
    seen = []

    def test(x, k):
        seen.append(len(x))
        expect(x.sum() if len(x) > 2 and k > 1 else 0.0, 0.0, where="the sum")

    with pytest.raises(Wrong) as error:
        for_all(pair, test, rng)
    assert "x = [0.  , 0.  , 0.25]" in str(error.value) and "k = 2" in str(error.value)
    seen.clear()
    for_all(pair, lambda x, k: seen.append(len(x)), rng)
    assert set(seen) == {1, 2, 3, 4, 5, 6} and len(seen) >= 40


def test_edges_come_first(rng):
    with pytest.raises(Wrong, match="x = 7"):
        for_all(pair, lambda x, k=0: expect(1, 0, "f"), rng, edges=({"x": 7},))


def test_without_hypothesis_random_inputs_serve(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    tried = []
    for_all(pair, lambda x, k: tried.append(k), rng)
    assert len(tried) == 8
    with pytest.raises(Wrong, match="On this input"):
        for_all(pair, lambda x, k: expect(len(x), 0, "n"), rng)


def test_the_same_seed_draws_the_same_inputs():
    found = []
    for _ in range(2):
        seen = []
        for_all(pair, lambda x, k, seen=seen: seen.append(k), np.random.default_rng(3))
        found.append(seen)
    assert found[0] == found[1]


def test_random_answers_are_told_so():
    pytest.importorskip("hypothesis")

    @checks.exercise("1.3", answers=["double()"])
    def _(double, rng):
        for_all(pair, lambda x, k: expect(double(x), 2 * x, "double(x)"), rng)

    state = iter(range(10**6))
    names = {"double": lambda x: 2 * x + (next(state) % 13 == 12)}
    assert outcome("1.3", names).status == "wrong"


def test_what_cannot_be_compared_is_wrong():
    @checks.exercise("1.4", answers=["table"])
    def _(table):
        expect(table["a"], 1, where="table['a']")

    found = outcome("1.4", {"table": {"b": 1}})
    assert found.status == "wrong" and "cannot be compared (KeyError" in found.message


# -- code that does not end


def forever():
    while True:
        pass


def test_an_endless_loop_is_stopped():
    names = {"double": lambda x: forever(), "answer_1_10": "b"}
    found = judge(registry.exercises()["1.2"], Here(names, seconds=0.3))
    assert found.status == "wrong" and "double did not return in time" in found.message


def test_swallowed_stops_are_repeated_and_then_told(capsys):
    def deaf():
        for _ in range(5):
            with contextlib.suppress(BaseException):
                forever()
        return 1

    with pytest.raises(TimeUp), time_limit(0.1):
        deaf()
        forever()
    assert "Interrupt the kernel" in capsys.readouterr().err


def test_a_limit_in_another_thread():
    found = []

    def run():
        try:
            with time_limit(0.2):
                forever()
        except TimeUp:
            found.append("stopped")
        with time_limit(5):
            found.append("went on")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert found == ["stopped", "went on"]


def test_the_time_of_a_check_is_shared_by_its_calls():
    here = Here({"f": lambda: time.sleep(0.2)}, seconds=0.3)
    here.ask({"call": ["f"], "inputs": []})
    with pytest.raises(TimeUp):
        for _ in range(3):
            here.ask({"call": ["f"], "inputs": []})


# -- how it looks


def test_html_says_the_same_and_escapes(monkeypatch):
    found = outcome("1.2", lives("def double(x): raise ValueError('<b>&')"))
    page = found._repr_html_()
    assert "✗ Exercise 1.2: not right yet" in page and "&lt;b&gt;&amp;" in page
    assert "<b>" not in page and "Add the number to itself" in page


def test_nbgrader_counts_what_raises(monkeypatch, capsys):
    names = lives("import dlcourse\ndef double(x): return 3 * x")
    exec("dlcourse.check('1.2')", names)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(Wrong, match=r"Exercise 1\.2: not right yet"):
        exec("dlcourse.check('1.2')", names)
