"""`make test` runs every notebook that there is; runs are compared; nothing leaves this machine."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import kernel_hooks
import nbclient
import nbformat
import pytest
import reproducible
import run_notebook
from lint import ROOT, notebooks
from nbtext import to_notebook


def test_nbval_collects_every_notebook():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    found = subprocess.run(
        [*command, "chapters", "exercises", "solutions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    collected = {
        line.split("::")[0] for line in found.stdout.splitlines() if "::" in line
    }
    assert collected == {
        str(path.relative_to(ROOT))
        for path in notebooks("chapters", "exercises", "solutions")
    }


def execute(text: str, tmp_path: Path, **variables: str):
    notebook = to_notebook(text)
    path = tmp_path / "07_x.ipynb"
    nbformat.write(notebook, path)
    client = nbclient.NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**run_notebook.environment(), **variables})
    return notebook


def test_a_connection_is_refused_in_the_kernel(tmp_path):
    text = "=== code a\nimport socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)\n"
    with pytest.raises(
        nbclient.exceptions.CellExecutionError, match="offline: a chapter must not open"
    ):
        execute(text, tmp_path, DLCOURSE_OFFLINE="1")


def test_loopback_stays_open(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        execute(
            f"=== code a\nimport socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=5).close()\n",
            tmp_path,
            DLCOURSE_OFFLINE="1",
        )
    assert kernel_hooks.is_loopback("::1")
    assert not kernel_hooks.is_loopback("example.org")


def test_asserted_values_are_recorded_and_compared(tmp_path):
    text = "=== code a\nimport numpy as np\nx = np.arange(3.0)\nassert x.sum() == 3 and np.allclose(x, [0, 1, 2])\n"
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        execute(text, tmp_path, DLCOURSE_ASSERTED=str(folder))
    one, two = map(reproducible.read, folders)
    assert reproducible.compare(one, two) == (4, [])
    assert next(iter(one.values()))[:2] == [3.0, 3.0]
    (row,) = two.values()
    row[0] = 3.0001
    assert len(reproducible.compare(one, two)[1]) == 1


def test_values_that_differ_by_rounding_count_as_equal():
    assert reproducible.same([1.0, "a", [2.0]], [1.0 + 1e-9, "a", [2.0]])
    assert not reproducible.same([1.0], [1.0, 1.0])


def test_run_notebook_reports_a_failing_cell(tmp_path):
    path = tmp_path / "bad.ipynb"
    nbformat.write(to_notebook("=== code a\nassert 1 == 2\n"), path)
    done = subprocess.run(
        [sys.executable, ROOT / "tools/run_notebook.py", path],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 1
    assert "assert 1 == 2" in done.stderr


def test_records_are_json_lines(tmp_path):
    execute(
        "=== code a\nassert 2 > 1\n", tmp_path, DLCOURSE_ASSERTED=str(tmp_path / "r")
    )
    (file,) = (tmp_path / "r").glob("*.jsonl")
    assert json.loads(file.read_text("utf-8").splitlines()[0])["asserted"] == [2.0, 1.0]


def test_long_text_is_not_compared():
    assert kernel_hooks.summarise("relu") == "relu"
    assert kernel_hooks.summarise("no such file: " + 60 * "x") is None
