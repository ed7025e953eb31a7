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
    [("a - b", "killed"), ("a * b", "survived"), ("a +", "killed"), (None, "survived")],
    ids=["another-sum", "the-same-for-2-and-2", "no-python", "unchanged"],
)
def test_outcome_of_a_mutant(after, want, tree):
    root, file, test = tree
    mutant = after and {"file": file, "code": CODE.replace("a + b", after)}
    arguments = json.dumps([mutant, [test], str(root), str(root / "log")])
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


def test_a_line_is_tested_by_what_runs_it():
    lines = {"/tree/dlcourse/a.py": {1: [], 2: ["t::one"], 3: ["t::two", "t::one"]}}

    def found(line, file="dlcourse/a.py"):
        return mutants.tests_for({"file": file, "line": line}, Path("/tree"), lines)

    assert found(2) == ["t::one"] and found(3) == ["t::two", "t::one"]
    assert found(1) == ["t::one", "t::two"]  # runs at import: the next line, all others
    many = {1: [f"t{i}.py::test_{i}" for i in range(99)], 2: ["u.py::test_pooling"]}
    lines["/tree/dlcourse/kernels/pooling.py"] = {1: [*many[1], *many[2]]}
    assert found(1, "dlcourse/kernels/pooling.py") == [
        *many[2],
        *many[1][: mutants.TESTS],
    ]
    assert found(9) == found(3)  # a later line of the same statement
    assert found(2, "dlcourse/b.py") == []


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
        "before": "x",
        "after": after,
        "code": "",
        "outcome": outcome,
    }


def test_the_record_counts_and_gives_reasons():
    reasons = {"dlcourse/layers/core.py": {"x -> same": "x is y"}}
    found = mutants.record(
        [mutant("killed"), mutant("timeout"), mutant("survived"), mutant("survived", "same"),
         mutant("killed", file="dlcourse/activations.py")],
        99, {"percent": 98.0}, reasons, 5,
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
    reasons = {"dlcourse/layers/core.py": {"x -> same": "x is y"}}
    killed, kept = (
        [mutant("killed")] * 2,
        [mutant("survived", "a | b"), mutant("survived", "same")],
    )
    covered = {"percent": 98.76, "lines": 8000, "branches": 2000, "missed_lines": 12,
               "missed_branches": 34, "parts": {"layers": 99.5}}  # fmt: skip
    page = mutants_page.mutants_markdown(
        mutants.record([*killed, *kept], 4800, covered, reasons, 5)
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
