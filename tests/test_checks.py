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
from dlcourse.checks.compare import digest, floats, kind_of, parts, show
from dlcourse.checks.limits import TimeUp, time_limit
from dlcourse.checks.verdict import judge
from dlcourse.probes.wire import Foreign, plain


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


def deep(levels: int):
    """A list in a list in a list, as a learner's endless recursion gives it."""
    value = 1.0
    for _ in range(levels):
        value = [value]
    return value


def said(compare, *arguments, **named) -> str:
    with pytest.raises(Wrong) as error:
        compare(*arguments, **named)
    return str(error.value)


# Each would pass, or be told as something else, if its own test were dropped.
FAULTS = [
    (3.0, [3.0], "here: expected shape (1,), got ()."),
    (np.ones(3), np.ones((2, 3)), "here: expected shape (2, 3), got (3,)."),
    (np.ones((1, 3)), np.ones(3), "here: expected shape (3,), got (1, 3)."),
    (np.ones((2, 1)), np.ones((1, 2)), "here: expected shape (1, 2), got (2, 1)."),
    (True, 1.0, "here: expected numbers, got bool."),
    (np.array([True, False]), [1, 0], "here: expected numbers, got ndarray of bool."),
    (np.array([1.0, None]), np.ones(2), "here: expected numbers, got ndarray of object."),
    (plain(np.ones(2, complex)), [1, 1], "here: expected numbers, got ndarray of complex128."),
    (1 + 0j, 1.0, "here: expected numbers, got complex."),
    (np.array("a"), 1.0, "here: expected numbers, got ndarray of str."),
    ("1", 1.0, "here: expected numbers, got str."),
    ([1, [2, 3]], [1, 2], "here: expected numbers, got list."),
    ({"a": 1}, 1.0, "here: expected numbers, got dict."),
    (Foreign("Value", "Value(1)"), 1.0, "here: expected numbers, got Value."),
    (deep(30), 1.0, "here: expected shape (), got (1, 1, 1,"),
    (plain(deep(30)), 1.0, "here: expected numbers, got list."),
    (deep(100), 1.0, "here: expected numbers, got list."),
    (plain([0.0] * 100_001), np.zeros(100_001), "here: expected numbers, got list."),
    (None, [1.0, 2.0], "here: expected [1. 2.], got None. Is there a return?"),
    (np.nan, 2.5, "here: expected finite numbers, 2.5, got nan."),
    (np.inf, 2.5, "here: expected finite numbers, 2.5, got inf."),
    ([1.0, np.nan], [1.0, 2.0], "here: expected finite numbers, [1. 2.], got [ 1. nan]."),
    (2.5, np.nan, "here: expected nan, got 2.5."),
    (-np.inf, np.inf, "here: expected inf, got -inf."),
    (1.0 + 3e-7, 1.0, "here: expected 1, got 1."),
    (2e-9, 0.0, "here: expected 0, got 2e-09."),
    (np.float32(0.5), 0.25, "here: expected 0.25, got 0.5."),
    (1, "1", "here: expected '1', got 1."),
    ("b", "a", "here: expected 'a', got 'b'."),
    (1, True, "here: expected True, got 1."),
    (0, None, "here: expected None, got 0."),
    ("x" * 500, "a", f"here: expected 'a', got '{'x' * 99}."),
]  # fmt: skip


@pytest.mark.parametrize(("got", "want", "words"), FAULTS)
def test_expect_says_what_is_wrong(got, want, words):
    assert said(expect, got, want, where="here").startswith(words)


def test_expect_measures_by_both_tolerances():
    expect(100.0 + 9e-6, 100.0, "here")  # rtol 1e-7 of 100
    expect(9e-10, 0.0, "here")
    expect(1.05, 1.0, "here", rtol=0.1)
    expect(0.5, 0.0, "here", atol=1)
    said(expect, 1.05, 1.0, "here", rtol=0.01)
    said(expect, 1e-10, 0.0, "here", atol=0)


FLOATS = [
    (True, (), "f: expected a number, got bool."),
    ([True, False], (2,), "f: expected numbers, got list."),
    ("2", (), "f: expected a number, got str."),
    (None, (), "f: expected a number, got NoneType."),
    (1j, (), "f: expected a number, got complex."),
    ([1, [2]], (2,), "f: expected numbers, got list."),
    (Foreign("Tensor"), (), "f: expected a number, got Tensor."),
    (np.array([None]), (1,), "f: expected numbers, got ndarray of object."),
    ([1.0], (), "f: expected a number, got shape (1,)."),
    (1.0, (1,), "f: expected shape (1,), got shape ()."),
    ([1, 2], (3,), "f: expected shape (3,), got shape (2,)."),
    ([[1, 2]], (2,), "f: expected shape (2,), got shape (1, 2)."),
    (deep(30), (1,), "f: expected shape (1,), got shape (1, 1,"),
    (np.nan, (), "f: expected a number, got nan."),
    ([1.0, -np.inf], (2,), "f: expected numbers, got [  1. -inf]."),
]


@pytest.mark.parametrize(("value", "shape", "words"), FLOATS)
def test_floats_says_what_is_wrong(value, shape, words):
    assert said(floats, value, shape, "f").startswith(words)


def test_floats_reads_numbers():
    for value in (2, 2.0, np.int8(2), np.float32(2), np.array(2)):
        got = floats(value, (), "f")
        assert got == 2.0 and got.shape == () and got.dtype == np.float64
    assert floats((1, 2), (2,), "f").tolist() == [1.0, 2.0]


PARTS = [
    ((1,), "g: expected 2 results, as in `return a, b`, got 1 of them."),
    ([1, 2, 3], "g: expected 2 results, as in `return a, b`, got 3 of them."),
    (np.ones(2), "g: expected 2 results, as in `return a, b`, got ndarray of float64."),
    ("ab", "g: expected 2 results, as in `return a, b`, got str."),
    ({"a": 1, "b": 2}, "g: expected 2 results, as in `return a, b`, got dict."),
    (None, "g: expected 2 results, as in `return a, b`, got NoneType."),
    (
        Foreign("generator"),
        "g: expected 2 results, as in `return a, b`, got generator.",
    ),
]


@pytest.mark.parametrize(("result", "words"), PARTS)
def test_parts_says_what_is_wrong(result, words):
    assert said(parts, result, 2, where="g") == words


def test_parts_keeps_the_parts():
    assert parts([1, "b"], 2) == parts((1, "b"), 2) == (1, "b")
    words = "expected 1 results, as in `return W`, got 0 of them."
    assert said(parts, (), 1, "W") == words


CHOICES = [
    ("a", "(i): this letter is not the answer."),
    ("e", "(i): expected one letter of a, b, c, d, got 'e'."),
    ("", "(i): expected one letter of a, b, c, d, got ''."),
    ("ab", "(i): expected one letter of a, b, c, d, got 'ab'."),
    (2, "(i): expected one letter of a, b, c, d, got 2."),
    (True, "(i): expected one letter of a, b, c, d, got True."),
    (["b"], "(i): expected one letter of a, b, c, d, got ['b']."),
    (Foreign("Value"), "(i): expected one letter of a, b, c, d, got a Value."),
]


@pytest.mark.parametrize(("answer", "words"), CHOICES)
def test_choice_says_what_is_wrong(answer, words):
    expected = digest("9.1", "b")
    assert said(checks.choice, "9.1", answer, expected, part="(i)") == words


def test_choice_takes_the_letter_of_its_own_question():
    checks.choice("9.1", " B\n", digest("9.1", "b"))
    checks.choice("9.1", "e", digest("9.1", "e"), options="abcde")
    said(checks.choice, "9.2", "b", digest("9.1", "b"))


def test_digests_differ_and_stay():
    """The same in every process, and for another exercise another one."""
    table = {digest(id, letter) for id in ("9.1", "9.2") for letter in "abcd"}
    assert len(table) == 8 and all(len(each) == 16 for each in table)
    assert digest("9.1", " B ") == digest("9.1", "b") == "4b822d2956847605"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.3333333"),
        (7, "7"),
        (np.float32(0.1), "0.1"),
        (1e-30, "1e-30"),
        (True, "True"),
        ("x" * 99, "x" * 40),
        ([1.0, 2.0], "[1. 2.]"),
        ([1 / 3], "[0.333333]"),
        (np.zeros((1, 2)), "[[0. 0.]]"),
        (np.eye(2), "\n[[1. 0.]\n [0. 1.]]"),
        (np.arange(100), "[ 0  1  2 ... 97 98 99]"),
    ],
)
def test_show_is_short(value, text):
    assert show(value) == text


def test_kind_of_names_types():
    assert kind_of(Foreign("Value")) == kind_of(type("Value", (), {})()) == "Value"
    assert kind_of(np.float32(1)) == "float32"
    assert kind_of(np.ones(1, np.int8)) == kind_of(plain(np.ones(1, np.int8)))
    assert kind_of(plain(np.array([{}]))) == "ndarray of object"


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


def test_nbgrader_counts_what_warns(monkeypatch, capsys):
    """So a right answer that warns must not: its warning goes to stdout there."""
    code = "import dlcourse, sys\ndef double(x):\n  print('hm', file=sys.stderr)\n  return x + x"
    names = lives(code)
    exec("dlcourse.check('1.2')", names)
    assert "hm" in capsys.readouterr().err
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    exec("dlcourse.check('1.2')", names)
    told = capsys.readouterr()
    assert told.err == "" and "hm" in told.out and "passed" in told.out


def test_nbgrader_runs_no_check_twice(monkeypatch, capsys):
    names = lives("import dlcourse")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    exec("dlcourse.progress(1)", names)
    assert capsys.readouterr().out == ""
