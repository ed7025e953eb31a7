"""Exercise checks: passed, wrong, not answered, and whatever a learner's code raises."""

import numpy as np
import pytest

import dlcourse
from dlcourse import checks
from dlcourse.checks import Wrong, expect, outcome


@pytest.fixture(autouse=True)
def table(monkeypatch):
    """Two exercises of a chapter 1 that does not exist."""
    monkeypatch.setattr(checks, "CHAPTERS", ())
    monkeypatch.setattr(checks, "_EXERCISES", {})

    @checks.exercise("1.10", answers=["answer_1_10"])
    def _(answer_1_10):
        checks.choice("1.10", answer_1_10, checks.digest("1.10", "b"))

    @checks.exercise("1.2", answers=["double"])
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
    ],
)
def test_outcome(code, status, words):
    with np.errstate():
        found = outcome("1.2", lives(code))
    assert found.status == status
    assert words in found.message
    if status == "wrong" and "raised" not in found.message:
        assert found.message.endswith("Hint: Add the number to itself.")
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
