"""Planted wrong answers, tests/wrong/chNN.py, are refused: code on top of the model answers."""

import contextlib
import importlib
import io
import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest

from dlcourse import checks

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path.stem for path in (ROOT / "tests/wrong").glob("ch*.py"))
TABLE = {m: importlib.import_module(f"wrong.{m}").WRONG for m in MODULES}
PLANTED = [(m, id, what) for m in MODULES for id in TABLE[m] for what in TABLE[m][id]]


@cache
def answered(module: str) -> dict:
    """The names that the master of a chapter leaves behind."""
    (path,) = ROOT.glob(f"solutions/{module.removeprefix('ch')}_*.ipynb")
    names, state = {"__name__": "__main__"}, np.random.get_state()  # noqa: NPY002
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(path, as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and "check" not in tags:
                exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), names)
    np.random.set_state(state)  # noqa: NPY002 (the set-up cell seeds it)
    return names


@pytest.mark.parametrize(("module", "id", "what"), PLANTED)
def test_a_wrong_answer_is_refused(module, id, what):
    names = answered(module)  # functions look up there what they call
    kept = dict(names)
    try:
        exec(compile(TABLE[module][id][what], f"wrong {id}", "exec"), names)
        found = checks.outcome(id, names)
    finally:
        names.clear()
        names.update(kept)
    assert found.status == "wrong", f"{what}: {found}"
    assert found.message


@pytest.mark.parametrize("module", MODULES)
def test_three_wrong_answers_for_each_question(module):
    """Of an exercise that asks for several things, three for each of them."""
    missing = {}
    for id, exercise in checks.exercises().items():
        if exercise.chapter == module:
            planted = TABLE[module].get(id, {}).values()
            for name in exercise.names:
                gives = re.compile(rf"^(def |class )?{name}\b", re.M)
                if (count := sum(bool(gives.search(code)) for code in planted)) < 3:
                    missing[name] = count
    assert missing == {}
