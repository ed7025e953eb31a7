"""Every chapter on every backend of Keras and every Python: python tools/matrix.py [--python 3.12] [--backend jax] [--chapter 7]

Each Python gets an environment of its own from requirements.lock, with JAX and PyTorch beside it. The seconds, or what
went wrong, go into book/records/matrix.json, from which the page "Where it runs" is made. Without options all nine
combinations run; with options only their rows of the record are replaced. The twins on these backends are a test
(tests/test_backends.py).
"""

import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import environments
import run_notebook
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


def attempt(path: Path, python: Path, backend: str) -> dict:
    """{"seconds": ...} or {"failed": the last line of the error}."""
    variables = run_notebook.environment() | {
        "KERAS_BACKEND": backend,
        "DLCOURSE_OFFLINE": "1",
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return run_notebook.attempt(path, TIMEOUT, python, variables)


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
    record = (
        json.loads(RECORD.read_text("utf-8"))
        if RECORD.is_file()
        else {"runs": {}, "versions": {}}
    )
    chapters, failed = chosen(options.chapter), 0
    for version in options.python or PYTHONS:
        try:
            python = environment(version)
        except environments.NoPythonError as error:
            console.print(f"not run: {error}", highlight=False)
            failed += 1
            continue
        record["versions"][version] = versions(python)
        for backend in options.backend or BACKENDS:
            for path in chapters:
                found = attempt(path, python, backend) | {
                    "date": date.today().isoformat()
                }
                failed += "failed" in found
                record["runs"].setdefault(path.stem, {}).setdefault(version, {})[
                    backend
                ] = found
                said = (
                    f"{found['seconds']:.1f} s"
                    if "seconds" in found
                    else f"FAILED: {found['failed']}"
                )
                console.print(
                    f"{path.stem}, Python {version}, {backend}: {said}", highlight=False
                )
                RECORD.write_text(
                    json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8"
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
