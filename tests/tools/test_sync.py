"""Generated copies equal their sources, and drift is seen."""

import nbformat
import pytest
import sync
from nbtext import to_notebook

from dlcourse.grading.stripping import generate


def test_nothing_has_drifted():
    assert sync.main(check=True) == 0


def test_a_source_cell_runs_as_it_stands():
    text = sync.source_cell("# dlcourse: layers/core.py::Dense")
    names = {}
    exec(compile(text, "cell", "exec"), names)
    assert names["Dense"](3).units == 3
    assert text.splitlines()[0] == "# dlcourse: layers/core.py::Dense"


def test_a_source_cell_holds_function_and_vjp():
    text = sync.source_cell("# dlcourse: activations.py::sigmoid")
    names = {}
    exec(compile(text, "cell", "exec"), names)
    assert text.count("def sigmoid") == 2
    assert names["sigmoid"].vjp(1.0, 0.0, 0.5) == 0.25


@pytest.mark.parametrize(
    "header", ["# dlcourse: nowhere.py::Dense", "# dlcourse: layers/core.py::Dens"]
)
def test_an_unknown_source_is_an_error(header):
    with pytest.raises(ValueError, match="there is no"):
        sync.source_cell(header)


def test_an_edited_source_cell_is_seen(tmp_path):
    path = tmp_path / "07_x.ipynb"
    nbformat.write(
        to_notebook("=== code a\n# dlcourse: activations.py::relu\nx = 1\n"), path
    )
    assert sync.synced(path).cells[0].source == sync.source_cell(
        "# dlcourse: activations.py::relu"
    )


MASTER = '''=== md task
## 7.1 Task
=== code answer {"tags": ["answer"]}
def f(x):
    """Double x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
=== code value {"tags": ["answer"]}
### BEGIN SOLUTION
answer_7_2 = "b"
### END SOLUTION
=== md essay {"tags": ["answer"]}
### BEGIN SOLUTION
Because.
### END SOLUTION
'''


def test_exercises_hold_stubs_and_no_solution():
    task, answer, value, essay = (
        cell.source for cell in generate(to_notebook(MASTER)).cells
    )
    assert task == "## 7.1 Task"
    assert (
        answer
        == 'def f(x):\n    """Double x."""\n    raise NotImplementedError  # your code here'
    )
    assert value == "answer_7_2 = None  # your answer here"
    assert essay == "*Your answer here.*"


@pytest.mark.parametrize(
    "source",
    [
        '=== code a {"tags": ["answer"]}\n### BEGIN SOLUTION\nx = 1\n',
        "=== code a\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n",
        '=== code a {"tags": ["answer"]}\nx = 1\n',
        '=== code a {"tags": ["answer"]}\n### BEGIN SOLUTION\nprint(1)\n### END SOLUTION\n',
    ],
)
def test_a_malformed_master_is_an_error(source):
    with pytest.raises(ValueError, match=r"SOLUTION|answer|assign"):
        generate(to_notebook(source))
