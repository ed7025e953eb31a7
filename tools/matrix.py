"""Every chapter on every backend of Keras and every Python: python tools/matrix.py [--python 3.12] [--backend jax]

Each Python gets an environment of its own from requirements.lock, with JAX and PyTorch beside it. The seconds, or what
went wrong, go into book/records/matrix.json, from which the page "Where it runs" is made. Without options all nine
combinations run; with options only their rows of the record are replaced. The twins on these backends are a test
(tests/test_backends.py).
"""

import argparse
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import run_notebook
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "book/records/matrix.json"
BUILD = ROOT / ".build/matrix"
PYTHONS = ("3.11", "3.12", "3.13")
BACKENDS = ("tensorflow", "jax", "torch")
FURTHER = ("jax", "torch==2.13.0")  # beside the lock
SHOWN = ("tensorflow", "keras", "jax", "torch", "numpy")
UV = Path(sys.executable).parent / "uv"
TIMEOUT = 600


def environment(version: str) -> Path | None:
    """The interpreter of an environment with all three backends; None where uv has no such Python."""
    venv, lock = BUILD / version, (ROOT / "requirements.lock").read_text("utf-8")
    python, stamp = venv / "bin/python", venv / "lock"
    if stamp.is_file() and stamp.read_text("utf-8") == lock:
        return python
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run(
        [UV, "venv", "--quiet", "--python", version, venv], check=False
    )
    if made.returncode:
        return None
    install = [UV, "pip", "install", "--quiet", "--python", python]
    subprocess.run(
        [*install, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True
    )
    subprocess.run([*install, *FURTHER], check=True)
    stamp.write_text(lock, "utf-8")
    return python


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


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    options, console = parser.parse_args(), Console()
    record = (
        json.loads(RECORD.read_text("utf-8"))
        if RECORD.is_file()
        else {"runs": {}, "versions": {}}
    )
    chapters, failed = sorted(ROOT.glob("chapters/*.ipynb")), 0
    for version in options.python or PYTHONS:
        python = environment(version)
        if python is None:
            console.print(
                f"Python {version}: not run, uv could neither find nor fetch it"
            )
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
