"""The book on Colab's versions: python tools/colab.py test [NOTEBOOK ...] | refresh

test      makes an environment of Colab's Python with the packages of colab/constraints.txt, lets the set-up cell of a
          chapter install the course there as Colab does, asserts that this changed no other package, and runs all
          chapters, exercises and masters. What ran goes into .build/colab/report.json and, where all ran, into
          book/records/colab.json, from which the page "Where it runs" is made.
refresh   fetches the published list and brings colab/constraints.txt up to date.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from datetime import date
from pathlib import Path

import nbclient
import run_notebook
from environments import UV, NoPythonError, environment, interpreter
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "colab/constraints.txt"
BUILD = ROOT / ".build/colab"
RECORD = ROOT / "book/records/colab.json"
PYTHON = "3.13"
PUBLISHED = (
    "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
)
HEAD = """\
# Colab's CPU runtime, Python {python}, as published on {day} (googlecolab/backend-info, pip-freeze.txt).
# Refreshed by: python tools/colab.py refresh
"""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;#]+)", re.M)
TIMEOUT = 600


def pins(text: str) -> dict[str, str]:
    """Versions by normalised name."""
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


# -- the environment


def make(venv: Path) -> Path:
    """The interpreter of an environment with Colab's packages and without the course."""
    try:
        python = environment(venv, PYTHON, ["-r", LIST])
    except NoPythonError as error:
        sys.exit(f"test-colab: {error}")
    remove_course(venv)
    return python


def remove_course(venv: Path) -> None:
    subprocess.run(
        [UV, "pip", "uninstall", "--quiet", "--python", interpreter(venv), "dlcourse"],
        check=False,
    )


def installed(venv: Path) -> dict[str, str]:
    """What is installed, but the course."""
    run = [UV, "pip", "freeze", "--python", interpreter(venv)]
    text = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    return {name: pin for name, pin in pins(text).items() if name != "dlcourse"}


def wrong_versions(found: dict[str, str]) -> list[str]:
    """Where an environment differs from the list."""
    wanted = pins(LIST.read_text("utf-8"))
    return [
        f"{name} {version}, got {found.get(name, 'nothing')}"
        for name, version in wanted.items()
        if found.get(name) != version
    ]


def copy_source(folder: Path) -> Path:
    """The files that git knows or does not ignore: what a release holds, without what was built here."""
    shutil.rmtree(folder, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


# -- the notebooks


def run(path: Path, venv: Path, source: Path) -> float:
    """Run a notebook in a folder of its own, as on Colab; the seconds. nbclient's error where a cell raises.

    In a master a check that an answer does not pass raises.
    """
    folder = BUILD / "content"
    folder.mkdir(parents=True, exist_ok=True)
    gone = ("PYTHONPATH", "DLCOURSE_DATA", "IPYTHONDIR")
    variables = {k: v for k, v in os.environ.items() if k not in gone}
    variables |= {
        "DLCOURSE_SOURCE": str(source), "DLCOURSE_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }  # fmt: skip
    if path.parent.name == "solutions":
        variables["NBGRADER_EXECUTION"] = "colab"
    return run_notebook.run(path, TIMEOUT, interpreter(venv), variables, folder)[1]


def test(notebooks: list[Path]) -> tuple[int, dict]:
    """The number of notebooks that failed, and the report."""
    venv = BUILD / "venv"
    make(venv)
    before = installed(venv)
    if wrong := wrong_versions(before):
        sys.exit(
            "test-colab: the environment is not Colab's: expected " + "; ".join(wrong)
        )
    source, seconds, failed = copy_source(BUILD / "source"), {}, []
    for path in notebooks:
        name = str(path.relative_to(ROOT))
        try:
            seconds[name] = round(run(path, venv, source), 1)
            print(f"{name}: {seconds[name]:.1f} s", flush=True)
        except (
            nbclient.exceptions.CellExecutionError,
            nbclient.exceptions.CellTimeoutError,
            nbclient.exceptions.DeadKernelError,
        ) as error:
            failed.append(name)
            print(f"{name}: FAILED\n{error}", file=sys.stderr, flush=True)
    after = installed(venv)
    changed = {name: (before.get(name), after.get(name)) for name in before | after}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    if changed:
        print(f"the set-up cell changed packages: {changed}", file=sys.stderr)
    report = {
        "date": date.today().isoformat(),
        "list": listed(),
        "python": PYTHON,
        "seconds": seconds,
        "failed": failed,
        "changed": sorted(changed),
    }
    (BUILD / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    count = len(failed) + bool(changed)
    print(f"{len(seconds)} passed, {count} failed")
    return count, report


def listed() -> str:
    """The date of the list."""
    return re.search(r"published on (\S+)", LIST.read_text("utf-8"))[1]


# -- the list


def refreshed(published: str, old: str, day: str) -> str:
    """The new text of the list. ValueError names packages that are no longer published."""
    news, wanted = pins(published), pins(old)
    if gone := sorted(wanted.keys() - news.keys()):
        raise ValueError(
            f"colab refresh: the published list no longer has {', '.join(gone)}."
        )
    lines = [f"{name}=={news[canonicalize_name(name)]}" for name, _ in PIN.findall(old)]
    return HEAD.format(python=PYTHON, day=day) + "\n".join(lines) + "\n"


def refresh() -> int:
    with urllib.request.urlopen(PUBLISHED, timeout=60) as answer:
        published = answer.read().decode()
    LIST.write_text(
        refreshed(published, LIST.read_text("utf-8"), date.today().isoformat()), "utf-8"
    )
    return subprocess.run(
        ["git", "diff", "--stat", "--", str(LIST)], cwd=ROOT, check=False
    ).returncode


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["test", "refresh"])
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    if options.action == "refresh":
        return refresh()
    every = [
        p
        for folder in ("chapters", "exercises", "solutions")
        for p in sorted((ROOT / folder).glob("*.ipynb"))
    ]
    failed, report = test([path.resolve() for path in options.notebooks] or every)
    if not options.notebooks:
        RECORD.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
