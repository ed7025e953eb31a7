"""Branch coverage and mutation testing of the package: python tools/mutants.py

1. Runs the tests once and notes which test runs which line (tools/line_tests.py).
2. cosmic-ray, in an environment of its own, draws mutations of the code (tools/mutations.py).
3. Each mutant runs against the tests that run its line, the quickest first, in a fork
   that compiles the mutated text in place of the file: nothing on disk is changed.
4. Writes book/records/mutants.json: coverage, numbers for each part of the package,
   and every survivor, with its reason where tools/equivalent.json gives one.

All of it works on a copy of the tree in .build/mutation. --jobs 2 takes both cores.
--keep goes on with the copy of the last run: it takes over tests that have changed since,
measures those anew, and runs only mutants that nothing has killed yet.
"""

import argparse
import hashlib
import importlib.machinery
import json
import os
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


def tests_for(mutant: dict, tree: Path, lines: dict) -> list[str]:
    """The tests that run its line: those that speak of its part or file, then others.

    For a line that runs at import, such as a default, those that run the next line that
    a test runs, then those of the whole file.
    """
    of_file = lines.get(str(tree / mutant["file"]), {})
    if not of_file:
        return []
    # A statement of several lines is known by its first.
    line = max((n for n in of_file if n <= mutant["line"]), default=min(of_file))
    path = Path(mutant["file"])
    words = {
        path.stem,
        path.parts[1].removesuffix(".py").removesuffix("s").removesuffix("se"),
    }

    def both(tests):
        named = [t for t in tests if any(word in t.lower() for word in words)]
        return dict.fromkeys([*chosen(named), *chosen(tests)])

    if of_file[line]:
        return list(both(of_file[line]))
    after = next((of_file[n] for n in sorted(of_file) if n > line and of_file[n]), [])
    every = dict.fromkeys(test for tests in of_file.values() for test in tests)
    return list({**both(after), **both(every)})


def replace_source(path: Path, code: str) -> None:
    """From now on importing `path` compiles `code`."""
    loader = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self, name):
        if Path(self.path) == path:
            return compile(code, str(path), "exec", dont_inherit=True)
        return original(self, name)

    loader.get_code = get_code


def outcome(mutant: dict | None, tests: list[str], tree: Path, log: Path) -> str:
    """killed, timeout or survived; a mutant None is the unchanged code."""

    def work() -> int:
        if mutant:
            replace_source(tree / mutant["file"], mutant["code"])
        by_file = defaultdict(list)
        for test in tests:
            by_file[test.split("::")[0]].append(test)
        # The files that collect quickly first: most mutants do not outlive one of them.
        for file in sorted(by_file, key=lambda f: Path(f).name in line_tests.LARGE):
            if code := pytest.main([*line_tests.PYTEST, "-x", *by_file[file]]):
                return code
        return 0

    if not tests:
        return "survived"
    code, _ = line_tests.forked(work, log, SECONDS)
    return "timeout" if code is None else "survived" if code == 0 else "killed"


def key_of(mutant: dict) -> str:
    """The same for the same mutated text."""
    return hashlib.sha256((mutant["file"] + mutant["code"]).encode()).hexdigest()


def run_all(
    mutants: list[dict], tree: Path, lines: dict, jobs: int, work: Path
) -> None:
    """Give every mutant its outcome. Those killed before, in work/killed, are not run."""
    logs, killed = work / "logs", work / "killed"
    logs.mkdir(parents=True, exist_ok=True)
    before = set(killed.read_text().split()) if killed.is_file() else set()

    def one(pair):
        number, mutant = pair
        mutant["outcome"] = "killed"
        if key_of(mutant) in before:
            return
        tests, log = tests_for(mutant, tree, lines), logs / f"{number}.log"
        if number % 20 == 0 and tests and outcome(None, tests, tree, log) != "survived":
            raise RuntimeError(f"The unchanged code fails these tests: {log}")
        mutant["outcome"] = outcome(mutant, tests, tree, log)
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
        where = f"{mutant['before']} -> {mutant['after']}"
        reason = reasons.get(mutant["file"], {}).get(where)
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
        "--keep", action="store_true", help="the copy and coverage of the last run"
    )
    options = parser.parse_args()
    tree, folder = WORK / "tree", WORK / "coverage"
    os.nice(15)
    if options.keep and folder.is_dir():
        done, changed = (
            {p.stem for p in folder.glob("*.json")},
            line_tests.refreshed(tree),
        )
        files = [
            f
            for f in line_tests.measured_files(tree)
            if f in changed or Path(f).stem not in done
        ]
    else:
        shutil.rmtree(folder, ignore_errors=True)
        (WORK / "killed").unlink(missing_ok=True)
        tree = line_tests.copied(WORK)
        files = line_tests.measured_files(tree)
    line_tests.warm(tree)
    if failed := line_tests.measure(files, folder, options.jobs):
        print("failed, so their failures are without weight here:", *failed)
    places, mutants = drawn(tree, options.number, options.seed)
    run_all(mutants, tree, line_tests.tests_of_lines(folder), options.jobs, WORK)
    reasons = json.loads((ROOT / "tools/equivalent.json").read_text("utf-8"))
    found = record(
        mutants, places, line_tests.percentages(folder), reasons, options.seed
    )
    target = ROOT / "book/records/mutants.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{target}: {len(found['survivors'])} of {len(mutants)} survived")


if __name__ == "__main__":
    main()
