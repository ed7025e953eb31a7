"""What an honest, a clumsy and a dishonest submission gets."""

import json
import shutil
import sys

import nbformat
import pytest

from dlcourse.grading import box, report
from grading.conftest import CELLS, notebook

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None, reason="needs bubblewrap"
)

FULL = {"97.1": "passed", "97.2": "passed", "97.3": "passed"}


def statuses(result) -> dict:
    return {mark.id: mark.status for mark in result.marks}


def test_the_doctor_finds_this_machine_well():
    assert [one.what for one in box.doctor() if not one.well] == []


def test_model_answers_earn_all_points(graded):
    result, executed = graded(notebook())
    assert (result.points, result.possible, result.reason) == (3, 3, "")
    assert statuses(result) == FULL and result.notes == []
    assert len(executed.cells) == 7


CLUMSY = {
    "wrong": ({"double": "def double(x): return x + 2"}, 2, "expected"),
    "stub": ({"double": "def double(x): raise NotImplementedError"}, 2, "Still to do"),
    "none": ({"value": "answer_97_1 = None"}, 2, "Still to do: answer_97_1"),
    "deleted": ({"total": None}, 2, "Still to do: total"),
    "renamed": ({"total": "def summe(x): return float(np.sum(x))"}, 2, "Still to do"),
    "syntax error": ({"total": "def total(x)\n    return"}, 2, "Still to do: total"),
    "twice": ({"more": "def double(x): return 3 * x"}, 2, "double(x): expected"),
    "in place": ({"double": "def double(x):\n    x *= 2\n    return x"}, 2, "in place"),
    "raises": ({"total": "def total(x): return x / '2'"}, 2, "raised"),
    "prints": ({"total": "def total(x):\n    print(x)\n    return float(np.sum(x))"}, 3, ""),
    "given cell deleted": ({"given": None}, 3, ""),
    "magic": ({"total": "%time 1\n" + CELLS["total"]}, 3, ""),
    "exit": ({"more": "import sys\nsys.exit(0)"}, 3, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CLUMSY)
def test_clumsy(graded, name):
    changed, points, words = CLUMSY[name]
    result, _ = graded(notebook(**changed))
    assert result.points == points, result
    messages = " ".join(mark.message for mark in result.marks if mark.points == 0)
    assert words in messages and result.reason == ""


def test_order_of_cells_does_not_matter(graded):
    submitted = notebook(
        helper="FACTOR = 2", double="F = FACTOR\ndef double(x): return F * x"
    )
    submitted.cells = submitted.cells[::-1]
    assert graded(submitted)[0].points == 3


OTHER_FILES = {
    "empty": (b"", "is empty"),
    "half": (b'{"cells": [', "no notebook that can be read"),
    "list": (b"[1, 2]", "no notebook that can be read"),
    "not text": (b"\xff\xfe\x00", "no UTF-8"),
    "deep": (b"[" * 100_000, "no notebook"),
    "many cells": (
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "", "id": f"c{i}"}
            for i in range(3000)]}).encode(),
        "3000 cells",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_FILES)
def test_files_that_are_no_notebooks(graded, name):
    data, words = OTHER_FILES[name]
    result, executed = graded(data)
    assert words in result.reason and result.points == 0 and executed is None


def test_version_three_is_read(graded):
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[nbformat.v3.new_code_cell(input=text) for text in CELLS.values()]
            )
        ]
    )
    assert graded(nbformat.v3.writes_json(old).encode())[0].points == 3


def test_another_kernel_and_odd_metadata(graded):
    submitted = notebook()
    submitted.metadata = {"kernelspec": {"name": "R", "display_name": "R"}, "x": [1]}
    submitted.cells[0]["metadata"] = {"tags": "not a list"}
    text = nbformat.writes(submitted).replace(
        '"execution_count": null', '"execution_count": 9'
    )
    assert graded(text.encode())[0].points == 3


def test_a_link_is_not_followed(graded, tmp_path):
    (tmp_path / "handed-in").mkdir()
    (tmp_path / "handed-in/97_tiny.ipynb").symlink_to("/etc/passwd")
    from dlcourse.grading.limits import Limits
    from dlcourse.grading.submission import Refused, read

    with pytest.raises(Refused, match="cannot be opened"):
        read(tmp_path / "handed-in/97_tiny.ipynb", Limits())
    with pytest.raises(Refused, match="no regular file"):
        read(tmp_path / "handed-in", Limits())


def test_the_seed_draws_the_inputs(graded):
    wrong = notebook(total="def total(x): return 0.1 + float(np.sum(x))")
    messages = [graded(wrong, seed=s)[0].marks[2].message for s in (1, 1)]
    assert messages[0] == messages[1]


def test_reports_hold_no_script(graded):
    bad = "<script>alert(1)</script>"
    submitted = notebook(
        total=f"def total(x): raise ValueError({bad!r})",
        show=f"from IPython.display import HTML, display\ndisplay(HTML({bad!r}))",
    )
    result, executed = graded(submitted)
    record = result.record()
    page = report.feedback(record)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "Content-Security-Policy" in page
    kinds = {k for cell in executed.cells if cell.cell_type == "code"
             for out in nbformat.reads(report.executed(executed), 4).cells[-1].outputs
             for k in out.get("data", {})}  # fmt: skip
    assert kinds <= {"text/plain", "image/png"} and kinds
    assert json.loads(report.as_json(record))["points"] == 2


def test_spreadsheets_get_no_formula():
    record = {
        "student": "=1+1",
        "points": 0,
        "possible": 1,
        "marks": [],
        "reason": "-x",
    }
    assert "'=1+1,0,1,'-x" in report.grades([record])
