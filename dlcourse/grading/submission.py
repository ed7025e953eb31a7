"""Reading a submitted notebook: a file that a stranger wrote."""

import ast
import os
import stat
import warnings
from pathlib import Path

import nbformat

from dlcourse.grading.limits import Limits

MOST_CELLS = 2000
CHECKS = ("dlcourse.check", "dlcourse.progress", "dlcourse.variants")


class Refused(Exception):  # noqa: N818
    """The file cannot be graded; says why."""


def read(path: Path, limits: Limits):
    """The notebook, as nbformat 4. Refused with a reason that a learner understands."""
    text = _text(path, limits)
    if not text.strip():
        raise Refused("The file is empty.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            notebook = nbformat.reads(text, as_version=4)
            cells = list(notebook.cells)
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise Refused(f"The file is no notebook that can be read: {said}") from None
    if len(cells) > MOST_CELLS:
        raise Refused(f"The notebook has {len(cells)} cells, more than {MOST_CELLS}.")
    sound = [cell for cell in cells if _is_sound(cell)]
    return nbformat.v4.new_notebook(cells=[_fresh(cell) for cell in sound])


def _text(path: Path, limits: Limits) -> str:
    """The contents of a regular file; links are not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"The file cannot be opened: {error.strerror}.") from None
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise Refused("This is no regular file.")
    with os.fdopen(handle, "rb") as file:
        if about.st_size > limits.notebook:
            raise Refused(
                f"The file has {about.st_size:,} bytes, more than {limits.notebook:,}. "
                "Clear the outputs and submit it again."
            )
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("The file is no UTF-8 text.") from None


def _is_sound(cell) -> bool:
    return (
        isinstance(cell, dict)
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("source"), str)
    )


def _fresh(cell):
    """The cell's text alone: outputs and metadata of the submission are dropped."""
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    return make[cell["cell_type"]](cell["source"])


def tree(source: str) -> ast.Module | None:
    """The syntax of a cell, without IPython's magics; None where it has an error."""
    lines = [
        "" if line.lstrip().startswith(("%", "!")) else line
        for line in source.split("\n")
    ]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def only_checks(source: str) -> bool:
    """Whether a cell does nothing but call the learner's checks."""
    module = tree(source)
    return bool(module and module.body) and all(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) in CHECKS
        for node in module.body
    )
