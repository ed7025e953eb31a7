"""A tiny assignment, 97: three questions of one point each, which need no framework."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import nbformat
import pytest

from dlcourse.checks import registry
from dlcourse.grading import assignment, one
from dlcourse.grading.limits import MB, Limits

CELLS = {
    "given": "import numpy as np\n\npoints = np.arange(3.0)",
    "value": "answer_97_1 = 42",
    "double": "def double(x):\n    return 2 * x",
    "total": "def total(x):\n    return float(np.sum(x))",
}
LIMITS = Limits(
    memory=1000 * MB,
    output=MB,
    file=32 * MB,
    cell=4,
    call=2,
    exercise=8,
    total=60,
    grace=1,
    start=30,
)
# Where memory is the question, time must not be: a busy machine fills it slowly.
PATIENT = dataclasses.replace(LIMITS, cell=60, total=120)


def notebook(**changed: str):
    """A submission: the model answers, with some cells changed; None drops one."""
    cells = []
    for i, (name, source) in enumerate({**CELLS, **changed}.items()):
        if name in ("value", "double", "total"):
            number = ("value", "double", "total").index(name) + 1
            facts = "*code · 5 minutes · difficulty 1 of 3*"
            text = f"## 97.{number} Question {name}\n\n{facts}"
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"m{i}"))
        if source is not None:
            tags = [] if name == "given" else ["answer"]
            cell = nbformat.v4.new_code_cell(
                source, metadata={"tags": tags}, id=f"c{i}"
            )
            cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def masters(tmp_path, monkeypatch):
    """The folder of the master and its checks."""
    monkeypatch.setattr(registry, "CHAPTERS", ())
    monkeypatch.setattr(registry, "_EXERCISES", {})
    monkeypatch.setattr(registry, "_VARIANTS", {})
    folder = tmp_path / "masters"
    (folder / "checks").mkdir(parents=True)
    nbformat.write(notebook(), folder / "97_tiny.ipynb")
    shutil.copy(Path(__file__).with_name("checks_97.py"), folder / "checks/97.py")
    return folder


@pytest.fixture
def graded(masters, tmp_path, monkeypatch):
    """graded(notebook or bytes) -> (result, executed notebook). `graded.folder` is
    where boxes make temporary folders."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    def run(submitted, name="97_tiny.ipynb", limits=LIMITS, seed=5):
        path = tmp_path / "handed-in" / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(submitted, bytes):
            path.write_bytes(submitted)
        else:
            nbformat.write(submitted, path)
        asked = assignment.load(masters, 97)
        return one.grade(path, "Ada", asked, seed, limits)

    run.folder = folder
    return run
