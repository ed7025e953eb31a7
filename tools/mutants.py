"""Branch coverage and mutation testing of the package: python tools/mutants.py

1. Runs the tests once and notes which test runs which line (tools/line_tests.py).
2. cosmic-ray, in an environment of its own, draws mutations of the code (tools/mutations.py).
3. Each mutant runs against some of the tests that run its line, in a fork that compiles
   the mutated text in place of the file: nothing on disk is changed. What outlives them,
   and has no reason to, meets all that run the line, up to a minute of them. A failure
   counts where the unchanged code passes the same tests.
4. Writes book/records/mutants.json: coverage, numbers for each part of the package,
   and every survivor, with its reason where tools/equivalent.json gives one.

All of it works on a copy of the tree in .build/mutation. --jobs 2 takes both cores.
--keep goes on with what the last run found: it measures anew the tests that have changed
since, or all where the package has, and runs only mutants that nothing has killed yet.
"""

import argparse
import ast
import functools
import hashlib
import importlib.machinery
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import line_tests
import pytest

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".build/mutation"
TOOL = "cosmic-ray==8.7.0"
NUMBER, SEED = 400, 2026
PARTS = (
    "layers", "kernels", "optimizers", "losses", "initializers", "schedules", "models",
    "activations", "regularizers", "constraints",
)  # fmt: skip
TESTS, A_FUNCTION, SECONDS = 40, 6, 60  # for one mutant
LONGER = 300  # seconds for a minute of tests, with their collection
FIRST = 100  # the exit status for a failure in the first file


def sources(tree: Path) -> list[str]:
    """The files that are mutated."""
    every = (path for part in PARTS for path in tree.glob(f"dlcourse/{part}/**/*.py"))
    alone = (tree / f"dlcourse/{part}.py" for part in PARTS)
    found = [*every, *(path for path in alone if path.is_file())]
    return sorted(path.relative_to(tree).as_posix() for path in found)


def drawn(tree: Path, number: int, seed: int) -> tuple[int, list[dict]]:
    """(number of places, mutants), from cosmic-ray in its own environment."""
    python = WORK / "tool/bin/python"
    if not python.is_file():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, python.parents[1]],
            check=True,
        )
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, TOOL], check=True
        )
    request = {
        "tree": str(tree),
        "files": sources(tree),
        "number": number,
        "seed": seed,
    }
    run = subprocess.run(
        [python, ROOT / "tools/mutations.py"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(f"mutations.py failed:\n{run.stderr}")
    head, *mutants = json.loads(run.stdout)
    for mutant in mutants:
        source = (tree / mutant["file"]).read_text("utf-8")
        mutant["within"] = ".".join(place(source, mutant["line"])[0])
    return head["places"], mutants


def chosen(tests: list[str], most: int = TESTS) -> list[str]:
    """At most `most`, at most A_FUNCTION a function; `tests` has the quickest first."""
    taken, kept = Counter(), []
    for test in tests:
        function = test.split("[")[0]
        taken[function] += 1
        if taken[function] <= A_FUNCTION:
            kept.append((taken[function], test))
    return [test for _, test in sorted(kept, key=lambda pair: pair[0])][:most]


def place(source: str, line: int) -> tuple[list[str], set[int]]:
    """(the definitions around a line, outermost first, the lines whose tests test it).

    For a line of a function's body, that line. A decorator, a signature or a statement
    of a class or module runs at import: for it the bodies of the functions within the
    innermost definition, or of the whole file where that has none.
    """
    root = ast.parse(source)
    functions = [n for n in ast.walk(root) if isinstance(n, ast.FunctionDef)]
    bodies = {n for f in functions for n in range(f.body[0].lineno, f.end_lineno + 1)}
    names, inside = [], bodies
    for node in ast.walk(root):  # what is within a definition comes after it
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        first = min(n.lineno for n in (node, *node.decorator_list))
        if first <= line <= node.end_lineno:
            names.append(node.name)
            inside = bodies & {*range(first, node.end_lineno + 1)}
    return names, {line} if line in bodies else inside or bodies


def tests_for(
    mutant: dict, tree: Path, lines: dict, idle: list[str]
) -> tuple[list[str], list[str]]:
    """(some tests that may see it, all that may): see `place` for which lines' tests.

    First come those whose names speak of the function or class, then of the file or
    part. `idle` are the tests that run no line: some of them look at signatures.
    """
    of_file = lines.get(str(tree / mutant["file"]), {})
    if not of_file:
        return [], []
    line, path = mutant["line"], Path(mutant["file"])
    names, wanted = place((tree / path).read_text("utf-8"), line)
    at_import = line not in wanted
    if not at_import:  # A statement of several lines is known by its first.
        wanted = {max((n for n in of_file if n <= line), default=min(of_file))}
    every = list(dict.fromkeys(t for n in sorted(wanted) for t in of_file.get(n, [])))
    part = path.parts[1].removesuffix(".py").removesuffix("s").removesuffix("se")
    words = {path.stem, part}
    exactly = re.compile(rf"(?<![a-z\d])({'|'.join(names).lower()})(?![a-z\d])")

    def of_part(tests):
        return [t for t in tests if any(word in t.lower() for word in words)]

    by_name = [t for t in every if names and exactly.search(t.lower())]
    idle = of_part(idle) if at_import else []
    some = [*chosen(by_name), *chosen(idle), *chosen(of_part(every)), *chosen(every)]
    return list(dict.fromkeys(some)), [*idle, *every]


def within(tests: list[str], seconds: dict[str, float], budget: float) -> list[str]:
    """The quickest of them that take no longer than `budget` together."""
    tests = sorted(tests, key=seconds.__getitem__)
    ends = itertools.accumulate(seconds[test] for test in tests)
    return [test for test, end in zip(tests, ends, strict=True) if end <= budget]


def replace_source(path: Path, code: str) -> None:
    """From now on importing `path` compiles `code`."""
    loader = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self, name):
        if Path(self.path) == path:
            return compile(code, str(path), "exec", dont_inherit=True)
        return original(self, name)

    loader.get_code = get_code


def failing(
    mutant: dict | None, tests: list[str], tree: Path, log: Path, seconds: float
) -> tuple[str, list[str]]:
    """(killed, timeout or survived, the tests at fault); None is the unchanged code.

    At fault are those of the first file with a failure, all where that is unknown.
    """
    by_file = defaultdict(list)
    for test in tests:
        by_file[test.split("::")[0]].append(test)
    # The files that collect quickly first: most mutants do not outlive one of them.
    files = sorted(by_file, key=lambda f: Path(f).name in line_tests.LARGE)

    def work() -> int:
        if mutant:
            replace_source(tree / mutant["file"], mutant["code"])
        for number, file in enumerate(files):
            if pytest.main([*line_tests.PYTEST, "-x", *by_file[file]]):
                return FIRST + number
        return 0

    code, _ = line_tests.forked(work, log, seconds)
    if code == 0:
        return "survived", []
    known = code is not None and code >= FIRST
    return (
        "timeout" if code is None else "killed",
        by_file[files[code - FIRST]] if known else tests,
    )


@functools.cache
def sound(tests: tuple[str, ...], tree: Path, log: Path, seconds: float) -> bool:
    """Whether the unchanged code passes them."""
    return failing(None, [*tests], tree, log, seconds)[0] == "survived"


def outcome(
    mutant: dict, tests: list[str], tree: Path, log: Path, seconds: float = SECONDS
) -> str:
    """killed, timeout or survived. Tests that fail without it too have no say."""
    while tests:
        found, fault = failing(mutant, tests, tree, log, seconds)
        unchanged = log.with_name("unchanged.log")
        if found == "survived" or sound(tuple(fault), tree, unchanged, seconds):
            return found
        tests = [test for test in tests if test not in fault]
    return "survived"


def key_of(mutant: dict) -> str:
    """The same for the same mutated text."""
    return hashlib.sha256((mutant["file"] + mutant["code"]).encode()).hexdigest()


def reason_for(mutant: dict, reasons: dict) -> str | None:
    """Why it changes no result, by tools/equivalent.json.

    There, by file, "class.function: before -> after", or "before -> after" for a
    statement of the module.
    """
    change = f"{mutant['before']} -> {mutant['after']}"
    where = f"{mutant['within']}: {change}" if mutant["within"] else change
    return reasons.get(mutant["file"], {}).get(where)


def run_all(
    mutants: list[dict], tree: Path, folder: Path, reasons: dict, jobs: int, work: Path
) -> None:
    """Give every mutant its outcome. Those killed before, in work/killed, are not run."""
    logs, killed = work / "logs", work / "killed"
    logs.mkdir(parents=True, exist_ok=True)
    before = set(killed.read_text().split()) if killed.is_file() else set()
    seconds, lines = line_tests.passed(folder), line_tests.tests_of_lines(folder)
    busy = {
        t for of_file in lines.values() for tests in of_file.values() for t in tests
    }
    idle = sorted(seconds.keys() - busy, key=seconds.__getitem__)

    def one(pair):
        number, mutant = pair
        mutant["outcome"] = "killed"
        if key_of(mutant) in before:
            return
        some, every = tests_for(mutant, tree, lines, idle)
        log = logs / f"{number}.log"
        mutant["outcome"] = outcome(mutant, some, tree, log)
        if mutant["outcome"] == "survived" and not reason_for(mutant, reasons):
            rest = within(list({*every} - {*some}), seconds, SECONDS)
            mutant["outcome"] = outcome(mutant, rest, tree, log, LONGER)
        if mutant["outcome"] != "survived":
            with killed.open("a") as file:
                file.write(key_of(mutant) + "\n")
        else:
            where = f"{number} {mutant['file']}:{mutant['line']}"
            print(
                f"{mutant['outcome']} {where}: {mutant['before']} -> {mutant['after']}",
                flush=True,
            )

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, enumerate(mutants)))


def record(
    mutants: list[dict], places: int, covered: dict, reasons: dict, seed: int
) -> dict:
    """What book/records/mutants.json holds."""
    parts, survivors = defaultdict(Counter), []
    for mutant in mutants:
        part = mutant["file"].split("/")[1].removesuffix(".py")
        reason = reason_for(mutant, reasons)
        kind = (
            "killed"
            if mutant["outcome"] != "survived"
            else "equivalent"
            if reason
            else "survived"
        )
        parts[part].update({"mutants": 1, kind: 1})
        if mutant["outcome"] == "survived":
            survivors.append(
                {key: mutant[key] for key in ("file", "line", "before", "after")}
                | {"reason": reason}
            )
    return {
        "date": date.today().isoformat(), "tool": TOOL.replace("==", " "), "seed": seed, "places": places,
        "coverage": covered,
        "parts": {part: {kind: parts[part][kind] for kind in ("mutants", "killed", "equivalent", "survived")}
                  for part in PARTS if part in parts},
        "survivors": sorted(survivors, key=lambda m: (m["file"], m["line"])),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--keep", action="store_true", help="go on with what the last run found"
    )
    options = parser.parse_args()
    tree, folder = WORK / "tree", WORK / "coverage"
    os.nice(15)
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
        (WORK / "killed").unlink(missing_ok=True)
    files = line_tests.refreshed(WORK, folder)
    line_tests.warm(tree)
    if failed := line_tests.measure(files, folder, options.jobs):
        print("failed, so their failures are without weight here:", *failed)
    places, mutants = drawn(tree, options.number, options.seed)
    reasons = json.loads((ROOT / "tools/equivalent.json").read_text("utf-8"))
    run_all(mutants, tree, folder, reasons, options.jobs, WORK)
    found = record(
        mutants, places, line_tests.percentages(folder), reasons, options.seed
    )
    target = ROOT / "book/records/mutants.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{target}: {len(found['survivors'])} of {len(mutants)} survived")


if __name__ == "__main__":
    main()
