"""Which test runs which line of the package: the measuring half of tools/mutants.py.

Every test file runs in a fork of one process that has imported the frameworks, so that
they are loaded once. Coverage.py notes lines and branches with the test that ran them.
"""

import importlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import coverage
import pytest

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "tensorflow",
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
LARGE = {"test_gradients.py", "test_twin.py", "test_properties.py"}  # collect slowly
LEFT_OUT = {"test_backends"}  # needs JAX and PyTorch
FRAMEWORKS = (
    "hypothesis.extra.numpy", "keras", "scipy.signal", "scipy.special", "scipy.stats", "sklearn.linear_model",
    "sklearn.neural_network",
)  # fmt: skip
PYTEST = [
    "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbval", "-p", "no:anyio",
    "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning",
]  # fmt: skip


def copied(work: Path) -> Path:
    """The tree without what is built."""
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    hidden = shutil.ignore_patterns(".*", "__pycache__", "_build", "*.egg-info")
    shutil.copytree(ROOT, tree, ignore=hidden)
    return tree


def refreshed(work: Path, folder: Path) -> list[str]:
    """Copy the tree anew; the test files that are not measured as they are now.

    A test file is measured anew where it or a case has changed; all are where the
    package has. What is out of date is deleted from `folder`.
    """
    before = contents(work / "tree")
    tree = copied(work)
    after, files = contents(tree), measured_files(tree)
    changed = {name for name in after | before if after.get(name) != before.get(name)}
    if any(name.startswith("tests/cases/") for name in changed):
        changed |= {f"tests/{name}" for name in {*LARGE, "test_bad_input.py"}}
    package = any(name.startswith("dlcourse/") for name in changed)
    kept = set() if package else {Path(file).stem for file in {*files} - changed}
    for path in folder.glob("*.json"):
        if path.stem not in kept:
            path.unlink()
            path.with_suffix(".coverage").unlink(missing_ok=True)
    return [f for f in files if not (folder / f"{Path(f).stem}.json").is_file()]


def contents(tree: Path) -> dict[str, bytes]:
    """The package and the tests."""
    found = [*tree.glob("dlcourse/**/*.py"), *tree.glob("tests/**/*.py")]
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in found}


def measured_files(tree: Path) -> list[str]:
    """The test files that are run, tests of the tools but one aside."""
    found = [p for p in sorted(tree.glob("tests/test_*.py")) if p.stem not in LEFT_OUT]
    return [p.relative_to(tree).as_posix() for p in found] + [
        "tests/tools/test_exercises.py"
    ]


def warm(tree: Path) -> None:
    """Import what the tests need, but nothing of the package itself."""
    os.environ.update(QUIET)
    os.chdir(tree)
    sys.path[:0] = [str(tree), str(tree / "tests"), str(tree / "tools")]
    for name in FRAMEWORKS:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.split(".")[0] == "dlcourse"]


def forked(
    work: Callable[[], int], log: Path, seconds: float
) -> tuple[int | None, float]:
    """(what `work` returned in a fork, seconds); None where it took longer than allowed."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        with log.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        code = 70
        try:
            code = int(work())
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    while time.monotonic() - start < seconds:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), time.monotonic() - start
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None, seconds


class Contexts:
    """Tells coverage which test runs; keeps outcome and seconds of each."""

    def __init__(self, measured: coverage.Coverage):
        self.measured, self.tests = measured, {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        self.measured.switch_context(item.nodeid)
        yield
        self.measured.switch_context("")

    def pytest_runtest_logreport(self, report):
        outcome, seconds = self.tests.get(report.nodeid, ("passed", 0.0))
        if report.outcome != "passed":
            outcome = report.outcome
        self.tests[report.nodeid] = outcome, seconds + report.duration


def measure_file(test_file: str, folder: Path) -> int:
    """Run one test file under coverage; writes NAME.coverage and NAME.json."""
    name = Path(test_file).stem
    measured = coverage.Coverage(
        data_file=str(folder / f"{name}.coverage"),
        branch=True,
        source=["dlcourse"],
        config_file=False,
    )
    contexts = Contexts(measured)
    measured.start()
    code = pytest.main([*PYTEST, test_file], plugins=[contexts])
    measured.stop()
    measured.save()
    (folder / f"{name}.json").write_text(json.dumps(contexts.tests))
    return code


def measure(
    test_files: list[str], folder: Path, jobs: int = 1, seconds: float = 600
) -> list[str]:
    """Measure every file; returns those that did not pass."""
    folder.mkdir(parents=True, exist_ok=True)

    def one(test_file):
        log = folder / f"{Path(test_file).stem}.log"
        code, took = forked(lambda: measure_file(test_file, folder), log, seconds)
        print(f"{test_file}: {code}, {took:.0f} s", flush=True)
        return code

    with ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(one, test_files))
    return [file for file, code in zip(test_files, codes, strict=True) if code != 0]


def combined(folder: Path) -> coverage.Coverage:
    """All files together."""
    whole = coverage.Coverage(
        data_file=str(folder / "all"),
        branch=True,
        source=["dlcourse"],
        config_file=False,
    )
    whole.combine([str(p) for p in sorted(folder.glob("*.coverage"))], keep=True)
    return whole


def passed(folder: Path) -> dict[str, float]:
    """The seconds of every test that passed."""
    return {
        test: seconds
        for path in folder.glob("*.json")
        for test, (outcome, seconds) in json.loads(path.read_text()).items()
        if outcome == "passed"
    }


def tests_of_lines(folder: Path) -> dict[str, dict[int, list[str]]]:
    """file -> line -> the tests that run it, the quickest first; passed ones alone."""
    seconds, data = passed(folder), combined(folder).get_data()
    found: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for file in data.measured_files():
        for line, tests in data.contexts_by_lineno(file).items():
            known = [t for t in tests if t in seconds]
            found[file][line] = sorted(known, key=seconds.__getitem__)
    return found


def percentages(folder: Path) -> dict:
    """Branch coverage in per cent, of the package and of each part."""
    path = folder.with_suffix(".report.json")
    combined(folder).json_report(outfile=str(path), ignore_errors=True)
    report = json.loads(path.read_text("utf-8"))
    counts = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    parts = defaultdict(Counter)
    for file, entry in report["files"].items():
        inside = Path(file).parts[Path(file).parts.index("dlcourse") + 1 :]
        for part in (inside[0].removesuffix(".py"), ""):
            parts[part].update({key: entry["summary"][key] for key in counts})

    def percent(n):
        every = n["num_statements"] + n["num_branches"]
        covered = n["covered_lines"] + n["covered_branches"]
        return round(100 * covered / every, 2) if every else 100.0

    whole = parts.pop("")
    return {
        "percent": percent(whole), "lines": whole["num_statements"], "branches": whole["num_branches"],
        "missed_lines": whole["num_statements"] - whole["covered_lines"],
        "missed_branches": whole["num_branches"] - whole["covered_branches"],
        "parts": {part: percent(parts[part]) for part in sorted(parts)},
    }  # fmt: skip
