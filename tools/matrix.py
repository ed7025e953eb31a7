"""Every chapter on every backend of Keras and every Python: python tools/matrix.py [--python 3.12] [--backend jax] [--chapter 7]

Each Python gets an environment of its own from requirements.lock, with JAX and PyTorch beside it. The seconds, or what
went wrong, go into book/records/matrix.json, from which the page "Where it runs" is made. Without options all nine
combinations run; with options only their rows of the record are replaced. What the asserts of a chapter compare must be
the same numbers in each of its runs on a backend with the same packages, whatever the Python. The twins on these backends are a test
(tests/test_backends.py).
"""

import argparse
import json
import shutil
import subprocess
import sys
from datetime import date
from itertools import product
from pathlib import Path

import environments
import reproducible
import run_notebook
from project import digest_files
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "book/records/matrix.json"
BUILD = ROOT / ".build/matrix"
PYTHONS = ("3.11", "3.12", "3.13")
BACKENDS = ("tensorflow", "jax", "torch")
FURTHER = ("jax", "torch==2.13.0")  # beside the lock
SHOWN = ("tensorflow", "keras", "jax", "torch", "numpy")
TIMEOUT = 600


def environment(version: str) -> Path:
    """The interpreter of an environment with all three backends."""
    lock = ["--require-hashes", "-r", ROOT / "requirements.lock"]
    return environments.environment(BUILD / version, version, lock, FURTHER)


def versions(python: Path) -> dict[str, str]:
    """Of what the results hang on."""
    program = (
        "import json, platform, sys; from importlib.metadata import version; "
        "print(json.dumps({'python': platform.python_version()} | {n: version(n) for n in sys.argv[1:]}))"
    )
    run = subprocess.run(
        [python, "-c", program, *SHOWN], check=True, capture_output=True, text=True
    )
    return json.loads(run.stdout)


def asserted(chapter: str, backend: str, version: str) -> Path:
    """The folder of the numbers that a run's asserts compared, another one where the chapter or the package changed."""
    files = [ROOT / f"chapters/{chapter}.ipynb", *(ROOT / "dlcourse").rglob("*.py")]
    digest = digest_files(ROOT, files)[:16]
    return BUILD / "asserted" / chapter / digest / backend / version


def attempt(path: Path, python: Path, backend: str, version: str) -> dict:
    """{"seconds": ...} or {"failed": the last line of the error}."""
    folder = asserted(path.stem, backend, version)
    shutil.rmtree(folder, ignore_errors=True)
    variables = run_notebook.environment() | {
        "KERAS_BACKEND": backend,
        "DLCOURSE_ASSERTED": str(folder),
        "DLCOURSE_OFFLINE": "1",
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return run_notebook.attempt(path, TIMEOUT, python, variables)


def repeated(chapter: str, backend: str, made_of: dict[str, dict]) -> dict | None:
    """What the runs of a chapter on a backend share, or None where there are not two.

    "runs", "values" and "differences" are of the runs with the same packages (`made_of`: Python -> versions), which must
    not differ; "drift" holds, for each Python with other packages, how many cells gave another value there.
    """
    found = {
        version: reproducible.read(folder) for version in reversed(PYTHONS)
        if (folder := asserted(chapter, backend, version)).is_dir() and version in made_of
    }  # fmt: skip
    if len(found) < 2:
        return None
    newest, *others = found
    packages = {v: {**made_of[v], "python": None} for v in found}
    compared = [
        reproducible.compare(found[newest], found[other])
        for other in others if packages[other] == packages[newest]
    ]  # fmt: skip
    return {
        "runs": 1 + len(compared),
        "values": min((count for count, _ in compared), default=0),
        "differences": [line for _, lines in compared for line in lines],
        "drift": {
            other: len(reproducible.compare(found[newest], found[other])[1])
            for other in others if packages[other] != packages[newest]
        },
    }  # fmt: skip


def chosen(numbers: list[str]) -> list[Path]:
    """The chapters of these numbers ("7" or "07"); all of them where none is given."""
    every = {
        int(path.name.split("_")[0]): path for path in ROOT.glob("chapters/*.ipynb")
    }
    if unknown := [n for n in numbers if not n.isdigit() or int(n) not in every]:
        sys.exit(
            f"matrix: expected chapters out of {sorted(every)}, got {', '.join(unknown)}."
        )
    return [every[n] for n in sorted({int(n) for n in numbers} or every)]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--chapter", action="append", metavar="NN", default=[])
    options, console = parser.parse_args(), Console()
    record = {"runs": {}, "versions": {}, "repeated": {}}
    if RECORD.is_file():
        record |= json.loads(RECORD.read_text("utf-8"))
    chapters, failed = chosen(options.chapter), 0
    for version in options.python or PYTHONS:
        try:
            python = environment(version)
        except environments.NoPythonError as error:
            console.print(f"not run: {error}", highlight=False)
            failed += 1
            continue
        record["versions"][version] = versions(python)
        for backend, path in product(options.backend or BACKENDS, chapters):
            found = attempt(path, python, backend, version)
            again = repeated(path.stem, backend, record["versions"])
            write_down(record, (path.stem, version, backend), found, again)
            said = told(found, again)
            failed += "FAILED" in said
            console.print(
                f"{path.stem}, Python {version}, {backend}: {said}", highlight=False
            )
    return 1 if failed else 0


def write_down(record: dict, run: tuple, found: dict, again: dict | None) -> None:
    """Put a run (chapter, Python, backend) into the record, and what it gave beside the other Pythons."""
    chapter, version, backend = run
    there = record["runs"].setdefault(chapter, {}).setdefault(version, {})
    there[backend] = found | {"date": date.today().isoformat()}
    repeated_here = record["repeated"].setdefault(chapter, {})
    repeated_here.pop(backend, None)
    if again:
        repeated_here[backend] = again
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")


def told(found: dict, again: dict | None) -> str:
    """The line of a run for the console."""
    if "failed" in found:
        return f"FAILED: {found['failed']}"
    if again and again["differences"]:
        return f"FAILED: other numbers than on another Python: {again['differences']}"
    shared = again and again["values"]
    same = f", {shared} values as on another Python" if shared else ""
    return f"{found['seconds']:.1f} s{same}"


if __name__ == "__main__":
    sys.exit(main())
