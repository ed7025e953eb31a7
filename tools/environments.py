"""Environments of other Pythons and versions, made by uv and kept until what they are made of changes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UV = Path(sys.executable).parent / "uv"


class NoPythonError(Exception):
    """uv could neither find nor fetch this Python."""


def interpreter(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(venv: Path, version: str, *installs: Sequence) -> Path:
    """The interpreter of an environment of this Python, made anew where it is broken or the installs have changed.

    Each of `installs` holds the arguments of one `uv pip install`. Files that it names (`-r`, a path) count with their
    content. NoPythonError where there is no such Python.
    """
    python, stamp = interpreter(venv), venv / "installs"
    wanted = "\n".join([version, *map(_content, _flat(installs))])
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and _runs(python):
        return python
    shutil.rmtree(venv, ignore_errors=True)
    command = [UV, "venv", "--quiet", "--seed", "--python", version, venv]
    if subprocess.run(command, check=False).returncode:
        raise NoPythonError(
            f"Python {version} is needed, and uv could neither find nor fetch one. Install it, and put it on the PATH "
            f"(python{version})."
        )
    for arguments in installs:
        subprocess.run(
            [UV, "pip", "install", "--quiet", "--python", python, *arguments],
            check=True,
        )
    stamp.write_text(wanted, "utf-8")
    return python


def _flat(installs: Sequence[Sequence]) -> list:
    return [argument for arguments in installs for argument in arguments]


def _content(argument) -> str:
    path = Path(argument)
    return path.read_text("utf-8") if path.is_file() else str(argument)


def _runs(python: Path) -> bool:
    """False where the Python that the environment stands on is gone."""
    try:
        return not subprocess.run([python, "-c", ""], check=False).returncode
    except OSError:
        return False
