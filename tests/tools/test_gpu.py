"""`make test-gpu` with a pretended GPU: what is run, what is written down, what a new run replaces."""

import json

import gpu
import nbformat
import pytest
import run_notebook
from project import Project
from records import record

PLACE = {
    "gpu": "A card", "driver": "1.2", "versions": {"Python": "3.12", "keras": "3.15"},
    "machine": {"processor": "A chip", "cores": 2, "system": "Linux 6"},
}  # fmt: skip
CELL = """\
import os
from dlcourse import hardware
hidden = os.environ.get("CUDA_VISIBLE_DEVICES") == "-1"
assert hidden == (os.environ["DLCOURSE_REQUIRE_GPU"] == "0")
hardware.peak_memory = lambda: None if hidden else 1000
hardware.write_down("a step, by n", {64: 2.0 if hidden else 0.5})
hardware.write_down("a larger step, by n", {64: 4.0})
"""


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter of one cell; the record and what is built stay in a folder of their own."""
    monkeypatch.setattr(gpu, "RECORD", tmp_path / "book/records/gpu.json")
    monkeypatch.setattr(gpu, "BUILD", tmp_path / "build")
    monkeypatch.setattr(gpu, "device", lambda: {"backend": "jax", **PLACE})
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpu.RECORD.parent.mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    path = tmp_path / "07_small.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_chapter_runs_on_both_and_other_rows_stay(chapter, tmp_path):
    kept = {"tensorflow": {"07_small": {"gpu": "Another"}}, "jax": {"05_x": {"a": 1}}}
    gpu.RECORD.write_text(json.dumps(kept))
    assert gpu.main([str(chapter)]) == 0
    found = record(Project(tmp_path), "gpu")
    made = found["jax"].pop("07_small")
    assert found == kept
    assert {key: made[key] for key in PLACE} == PLACE
    on_gpu, on_cpu = made["on_gpu"], made["on_cpu"]
    assert on_gpu.pop("seconds") > 0 and on_cpu.pop("seconds") > 0
    larger = {"a larger step, by n": {"64": 4.0}}
    assert on_gpu == {"series": {"a step, by n": {"64": 0.5}} | larger, "peak": 1000}
    assert on_cpu == {"series": {"a step, by n": {"64": 2.0}} | larger, "peak": None}


def test_what_fails_is_in_the_record_and_in_the_exit_status(chapter, tmp_path):
    bad = nbformat.v4.new_code_cell("raise MemoryError('the card is full')")
    cells = [nbformat.v4.new_code_cell(CELL), bad]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), chapter)
    assert gpu.main([str(chapter)]) == 1
    made = record(Project(tmp_path), "gpu")["jax"]["07_small"]
    assert made["on_gpu"]["failed"] == "MemoryError: the card is full"
    assert made["on_gpu"]["series"]["a step, by n"] == {"64": 0.5}


def test_the_second_run_starts_from_nothing(chapter):
    first = gpu.measured(chapter, "on_cpu", gpu.HIDDEN)
    assert gpu.measured(chapter, "on_cpu", gpu.HIDDEN)["series"] == first["series"]
    lines = (gpu.BUILD / "07_small-on_cpu.jsonl").read_text().splitlines()
    assert len(lines) == len(first["series"]) == 2


@pytest.mark.slow
def test_without_a_gpu_nothing_runs(monkeypatch):
    for name, value in gpu.HIDDEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(run_notebook, "run", lambda *_: pytest.fail("it ran"))
    with pytest.raises(
        SystemExit, match=r"expected a GPU that \w+ can use, found none"
    ):
        gpu.main([])


def test_the_card_is_called_what_its_maker_calls_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu.card() == {}
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\necho 'NVIDIA A1, with comma, 555.42'\necho other, 1\n"
    )
    program.chmod(0o755)
    assert gpu.card() == {"gpu": "NVIDIA A1, with comma", "driver": "555.42"}
