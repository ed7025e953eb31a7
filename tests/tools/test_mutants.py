"""The mutation driver: it tells killed from survived, picks tests, keeps files as they are."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import line_tests
import mutants
import mutants_page
import mutations
import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = "def add(a: int, b: int = 2) -> int:\n    return a + b\n"
TEST = "import {name}\n\n\ndef test_sum():\n    assert {name}.add(2) == 4\n"
FORKS = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture
def tree(tmp_path):
    name = f"to_mutate_{os.getpid()}_{time.time_ns()}"
    (tmp_path / f"{name}.py").write_text(CODE)
    test = tmp_path / f"test_{name}.py"
    test.write_text(TEST.format(name=name))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path, f"{name}.py", f"{test}::test_sum"


# A fresh Python, as the tool has it: this one has loaded what its tests need.
OUTCOME = """
import json, pathlib, sys
import mutants
mutant, tests, tree, log = json.loads(sys.argv[1])
print(mutants.outcome(mutant, tests, pathlib.Path(tree), pathlib.Path(log)))
"""


@pytest.mark.parametrize(
    ("after", "want"),
    [
        ("a - b", "killed"),
        ("a * b", "survived"),
        ("a +", "killed"),
        ("-a if a == 7 else a + b", "survived"),
    ],
    ids=[
        "another-sum",
        "the-same-for-2-and-2",
        "no-python",
        "a-test-that-fails-anyway",
    ],
)
def test_outcome_of_a_mutant(after, want, tree):
    root, file, test = tree
    wrong = Path(test.split("::")[0]).with_name("test_wrong.py")
    wrong.write_text("def test_wrong():\n    assert False\n")
    mutant = {"file": file, "code": CODE.replace("a + b", after)}
    tests = [f"{wrong}::test_wrong", test]
    arguments = json.dumps([mutant, tests, str(root), str(root / "log")])
    run = subprocess.run(
        [sys.executable, "-c", OUTCOME, arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
    )
    assert run.stdout.split()[-1:] == [want], run.stderr
    assert (root / file).read_text() == CODE


def test_a_mutant_that_no_test_runs_survives(tree):
    root, file, _ = tree
    assert (
        mutants.outcome({"file": file, "code": ""}, [], root, root / "log")
        == "survived"
    )


@FORKS
def test_a_fork_that_hangs_is_stopped(tmp_path):
    assert line_tests.forked(lambda: time.sleep(60), tmp_path / "log", 0.3) == (
        None,
        0.3,
    )
    assert line_tests.forked(lambda: 7, tmp_path / "log", 60)[0] == 7


@FORKS
def test_a_fork_that_raises_says_so(tmp_path):
    assert line_tests.forked(lambda: 1 / 0, tmp_path / "log", 60)[0] == 70


def test_the_tests_chosen_are_few_and_various():
    quick = [f"t.py::test_a[{i}]" for i in range(100)]
    got = mutants.chosen([*quick, "t.py::test_b"])
    assert got[:2] == [quick[0], "t.py::test_b"]
    assert len(got) == mutants.A_FUNCTION + 1
    many = [f"t.py::test_{i}" for i in range(100)]
    assert mutants.chosen(many) == many[: mutants.TESTS]


SOURCE = """\
LIMIT = 3


class Small:
    least = 1

    def __init__(self, size=2):
        self.size = (
            size
        )

    @property
    def double(self): return 2 * self.size


@cached
def large(size: int = 9):
    def inner(n=LIMIT):
        return n

    return inner()


class Empty:
    most = 5
"""
INIT, DOUBLE, LARGE = {8, 9, 10}, {13}, {18, 19, 20, 21}


@pytest.mark.parametrize(
    ("line", "names", "lines"),
    [
        (1, [], INIT | DOUBLE | LARGE),  # of the module: every function of the file
        (5, ["Small"], INIT | DOUBLE),  # an attribute: the methods
        (7, ["Small", "__init__"], INIT),  # a signature: its body
        (9, ["Small", "__init__"], {9}),
        (12, ["Small", "double"], DOUBLE),  # a decorator
        (16, ["large"], LARGE),
        (17, ["large"], LARGE),
        (18, ["large", "inner"], {18}),  # runs when `large` does
        (25, ["Empty"], INIT | DOUBLE | LARGE),  # no methods of its own
    ],
)
def test_which_lines_test_a_line(line, names, lines):
    assert mutants.place(SOURCE, line) == (names, lines)


@pytest.fixture
def covered(tmp_path):
    """(tests of a line, the lines of the file that tests run)."""
    path = tmp_path / "dlcourse/sizes/areas.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    lines = {1: [], 5: [], 8: ["t::a"], 13: ["t::b", "t::a"], 18: ["t::c"]}

    def found(line, idle=(), file="dlcourse/sizes/areas.py"):
        mutant = {"file": file, "line": line}
        return mutants.tests_for(mutant, tmp_path, {str(path): lines}, list(idle))

    return found, lines


def test_a_line_is_tested_by_what_runs_it(covered):
    found, _ = covered
    assert found(13) == (["t::b", "t::a"], ["t::b", "t::a"])
    assert found(10) == (["t::a"], ["t::a"])  # a later line of the same statement
    assert found(17) == (["t::c"], ["t::c"])
    assert found(1)[1] == ["t::a", "t::b", "t::c"]
    assert found(2, file="dlcourse/b.py") == ([], [])


def test_what_looks_at_signatures_is_asked_about_what_runs_at_import(covered):
    found, _ = covered
    idle = ["t::defaults[sizes]", "t::another"]
    assert found(7, idle)[1] == ["t::defaults[sizes]", "t::a"]
    assert found(8, idle)[1] == ["t::a"]


def test_tests_that_name_the_definition_or_the_part_come_first(covered):
    found, lines = covered
    many = [f"t{i}.py::test_{i}" for i in range(99)]
    lines[18] = [*many, "t::areas", "t::smaller", "t::inner[Large-1]"]
    some, every = found(18)
    assert every == lines[18]
    assert some == ["t::inner[Large-1]", "t::areas", *many[: mutants.TESTS]]


def test_the_rest_are_the_quickest_within_a_time():
    seconds = {"a": 3.0, "b": 1.0, "c": 2.0, "d": 0.5}
    assert mutants.within(["a", "b", "c"], seconds, 3.0) == ["b", "c"]
    assert mutants.within(["a"], seconds, 2.0) == []


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ([], ["test_b.py"]),  # was not measured yet
        (["tests/test_a.py"], ["test_a.py", "test_b.py"]),
        (["dlcourse/code.py"], ["test_a.py", "test_b.py", "test_twin.py"]),
        (["tests/cases/core.py"], ["test_b.py", "test_twin.py"]),
        (["chapters/a.py"], ["test_b.py"]),
    ],
    ids=["nothing", "a-test", "the-package", "a-case", "a-chapter"],
)
def test_what_has_changed_is_measured_anew(changed, wanted, tmp_path, monkeypatch):
    root, folder = tmp_path / "root", tmp_path / "coverage"
    for file in (
        "dlcourse/code.py", "tests/test_a.py", "tests/test_b.py", "tests/test_twin.py",
        "tests/tools/test_exercises.py", "tests/cases/core.py", "chapters/a.py",
    ):  # fmt: skip
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("")
    monkeypatch.setattr(line_tests, "ROOT", root)
    line_tests.copied(tmp_path)
    folder.mkdir()
    for stem in ("test_a", "test_twin", "test_exercises", "test_gone"):
        (folder / f"{stem}.json").write_text("{}")
        (folder / f"{stem}.coverage").write_text("")
    for file in changed:
        (root / file).write_text("changed")
    found = line_tests.refreshed(tmp_path, folder)
    assert [Path(f).name for f in found if "exercises" not in f] == wanted
    left = {path.stem for path in folder.iterdir()}
    assert "test_gone" not in left and not left & {Path(f).stem for f in found}


def test_annotations_are_left_out_and_a_change_is_found():
    spans = mutations.annotated(CODE)
    texts = {CODE.splitlines()[a[0] - 1][a[1] : b[1]] for a, b in spans}
    assert texts == {"int"} and len(spans) == 3
    changed = mutations.changed(CODE, CODE.replace("a + b", "a - b"))
    assert changed == (2, "return a + b", "return a - b")
    gone = mutations.changed("a\n\n\n@b\ndef c(): 0\n", "a\ndef c(): 0\n")
    assert gone == (4, "@b", "def c(): 0")  # without its decorator
    with pytest.raises(ValueError, match="changed nothing"):
        mutations.changed(CODE, CODE)


@pytest.mark.parametrize(
    ("operator", "kept"),
    [
        ("ReplaceBinaryOperator_Add_Sub", True),
        ("ReplaceBinaryOperator_Add_LShift", False),
        ("ReplaceBinaryOperator_BitAnd_BitOr", True),
        ("ReplaceComparisonOperator_Lt_LtE", True),
        ("ReplaceComparisonOperator_Eq_Is", False),
        ("NumberReplacer", True),
        ("VariableReplacer", False),
    ],
)
def test_mutations_that_cannot_live_are_left_out(operator, kept):
    assert mutations.sensible(f"core/{operator}") is kept


def test_the_drawing_depends_on_seed_and_place_alone():
    assert mutations.rank(1, "a.py", "x", 3) == mutations.rank(1, "a.py", "x", 3)
    assert len({mutations.rank(s, f, "x", 3) for s in (1, 2) for f in ("a", "b")}) == 4


def mutant(outcome, after="y", file="dlcourse/layers/core.py"):
    return {
        "file": file,
        "line": 3,
        "within": "Dense.forward",
        "before": "x",
        "after": after,
        "code": "",
        "outcome": outcome,
    }


REASONS = {"dlcourse/layers/core.py": {"Dense.forward: x -> same": "x is y"}}


def test_a_reason_holds_for_one_definition():
    same = mutant("survived", "same")
    assert mutants.reason_for(same, REASONS) == "x is y"
    assert mutants.reason_for({**same, "within": "Flatten.forward"}, REASONS) is None
    of_module = {"dlcourse/layers/core.py": {"x -> same": "x is y"}}
    assert mutants.reason_for({**same, "within": ""}, of_module) == "x is y"


def test_the_record_counts_and_gives_reasons():
    found = mutants.record(
        [mutant("killed"), mutant("timeout"), mutant("survived"), mutant("survived", "same"),
         mutant("killed", file="dlcourse/activations.py")],
        99, {"percent": 98.0}, REASONS, 5,
    )  # fmt: skip
    assert found["parts"] == {
        "layers": {"mutants": 4, "killed": 2, "equivalent": 1, "survived": 1},
        "activations": {"mutants": 1, "killed": 1, "equivalent": 0, "survived": 0},
    }
    assert [s["reason"] for s in found["survivors"]] == [None, "x is y"]
    assert found["coverage"] == {"percent": 98.0} and (
        found["seed"],
        found["places"],
    ) == (5, 99)


def test_the_page_shows_numbers_and_survivors():
    killed, kept = (
        [mutant("killed")] * 2,
        [mutant("survived", "a | b"), mutant("survived", "same")],
    )
    covered = {"percent": 98.76, "lines": 8000, "branches": 2000, "missed_lines": 12,
               "missed_branches": 34, "parts": {"layers": 99.5}}  # fmt: skip
    page = mutants_page.mutants_markdown(
        mutants.record([*killed, *kept], 4800, covered, REASONS, 5)
    )
    for words in (
        "98.8 % of the package", "8,000 statements all but 12, of 2,000 branches all but 34",
        "Of 4,800 places in the code 4 were drawn", "Of the other 3 the tests killed 2, 66.7 %",
        "| `layers` | 4 | 2 | 1 | 1 | 99.5 % |", r"| layers/core.py:3 | `x` | `a \| b` |",
        "| layers/core.py:3 | `x` | `same` | x is y |",
    ):  # fmt: skip
        assert words in page
    assert mutants_page.mutants_markdown(None) == ""


def test_every_reason_names_a_file_and_says_something():
    reasons = json.loads((ROOT / "tools/equivalent.json").read_text("utf-8"))
    for file, entries in reasons.items():
        assert (ROOT / file).is_file(), f"{file}: gone"
        assert all(
            " -> " in where and len(why) > 10 for where, why in entries.items()
        ), file
