"""The pages Proofs and Speed, from small records; and the record of proofs itself. The third page: test_surfaces_page."""

import json
import re
import subprocess
import sys
from pathlib import Path

import cases
import growth_figure
import proof_rows
import proofs
import pytest
import records
from project import Project

ROOT = Path(__file__).resolve().parents[2]
RATIO = {
    "median": 0.4,
    "low": 0.38,
    "high": 0.42,
    "ours": 0.001,
    "theirs": 0.0025,
    "groups": 5,
}
SPEED = {
    "date": "2026-11-21",
    "machine": {"processor": "A chip", "cores": 2, "vectors": "avx2", "memory": "8 GiB", "system": "Linux 6"},
    "versions": {"Python": "3.11", "numpy": "2.4"},
    "method": "CPU seconds",
    "absent": ["JAX"],
    "items": {
        "Small net": {
            "goal": 0.45, "beyond": 0.39, "note": "batch 32",
            "keras": {**RATIO, "way": "fit", "ways": {"fit": 0.0025, "fit, jit": 0.003}},
            "torch": {**RATIO, "way": "autograd", "ways": {}},
            "sklearn": {"not_run": "ValueError: no"},
            "wall": RATIO,
        },
        "Large net": {"goal": 0.3, "beyond": None, "note": "", "keras": {**RATIO, "way": "fit", "ways": {"fit": 1}}},
        "Later": {"goal": 1.0, "beyond": None, "note": ""},
    },
    "memory": {"Small net": {"numpy": {"peak": 2**26, "now": 1}, "keras": {"peak": 2**28, "now": 1}}},
    "growth": {
        "batch": {"title": "Batch", "axis": "samples", "unit": "s", "sizes": [8, 16, 32, 64],
                  "values": [1e-3, 2e-3, 4e-3, 8e-3], "expected": 1, "slope": 1.0, "fitted": 2},
        "width": {"not_run": "late"},
    },
    "import": {"dlcourse": {"cpu": 0.1, "wall": 0.11, "runs": 9}, "goal": 0.15},
    "further": {"GRU": {"goal": None, "keras": RATIO}},
}  # fmt: skip


def rows_of(markdown: str, caption: str) -> list[list[str]]:
    """The body of the table whose caption begins so."""
    found = re.search(
        rf"~~~{{table}} {re.escape(caption)}.*?\n\n(.*?)~~~", markdown, re.S
    )
    lines = found[1].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_speed_page():
    page = records.speed_markdown(SPEED)
    beside = rows_of(page, "CPU time of a step, ours relative to the fastest way")
    assert beside[0] == [
        "Small net (batch 32)",
        "**0.40**",
        "0.38 to 0.42",
        "0.45 ✓",
        "1.00 /\u00a02.50",
    ]
    assert beside[1][3] == "0.30 ✗" and len(beside) == 2
    assert rows_of(page, "Milliseconds")[0] == [
        "Small net",
        "2.50",
        "–",
        "3.00",
        "0.40",
    ]
    assert rows_of(page, "CPU time of a step, ours relative to each") == [
        ["Small net", "0.40"]
    ]
    assert rows_of(page, "Peak resident")[0] == ["Small net", "64", "256", "0.25"]
    assert rows_of(page, "Measured and expected") == [["Batch", "1", "1.00"]]
    gaps = page.split("## Not run")[1]
    for words in (
        "JAX is not installed",
        "Small net: sklearn: ValueError: no",
        "Later: keras: not measured yet",
        "width: growth",
    ):
        assert words in gaps
    assert "`import dlcourse` takes 0.1 s (0.11 s on the clock)" in page
    assert "from 1.00 ms at 8 to 8.00 ms at 64" in page
    widths = {len(row) for row in beside}
    assert widths == {5}


def test_speed_page_beside_the_textbook():
    page = records.speed_markdown(SPEED, {"Mean of 2×2": 0.0894})
    assert rows_of(page, "CPU time of the fast kernel") == [["Mean of 2×2", "0.089"]]


def test_pages_without_records(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    made = records.pages(Project(tmp_path))
    assert sorted(made) == ["book/proofs.md", "book/speed.md", "book/surfaces.md"]
    assert all(b"here is no record yet" in page for page in made.values())


def test_titles_of_the_chapters():
    found = records.titles(Project(ROOT))
    assert found["07_backpropagation"] == "7. Backpropagation: derivations"
    assert len(found) == len(list(ROOT.glob("chapters/*.ipynb")))


def test_figures_are_the_same_bytes_every_time(tmp_path):
    curve = SPEED["growth"]["batch"]
    first = growth_figure.figure(curve)
    assert first == growth_figure.figure(curve) and first.startswith(b"<?xml")
    assert growth_figure.drawn(Project(tmp_path), curve) == first


def row(kind, **facts):
    return {"kind": kind, "test": "tests/test_x.py::test_y[1]", **facts}


def twin(case, dtype, largest, backend="tensorflow", name="Dense"):
    return row("twin", family="layers", name=name, case=case, backend=backend, dtype=dtype,
               largest=largest, tolerance=1e-10 if dtype == "float64" else 1e-5, compared=3)  # fmt: skip


ROWS = [
    twin("a", "float64", 1e-16), twin("b", "float64", 3e-16), twin("a", "float32", 2e-7), twin("b", "float32", 1e-7),
    twin("a", "float32", 4e-7, "jax"),
    row("gradient", family="layers", name="Dense", case="a", largest=2e-9),
    row("refused", by="twin"), row("refused", by="differences"), row("refused", by="differences"),
    row("test", outcome="passed", classes=[["activations", "gelu"]], libraries=["SciPy"], property=False, compared=2, largest=1e-15),
    row("test", outcome="passed", classes=[["metrics", "AUC"]], libraries=["Keras", "SciPy"], property=False, compared=0, largest=0.0),
    row("test", outcome="passed", classes=[], libraries=[], property=True, compared=0, largest=0.0),
    row("test", outcome="skipped"),
]  # fmt: skip


def test_proofs_from_rows():
    made = proof_rows.summary(ROWS)
    dense = made["twins"]["layers"]["Dense"]
    assert dense["cases"] == 2
    assert dense["float64"] == {"cases": 2, "largest": 3e-16, "tolerance": 1e-10}
    assert dense["jax"]["largest"] == 4e-7
    assert made["gradients"]["layers"]["Dense"] == {"cases": 1, "largest": 2e-9}
    assert made["refused"] == {"twin": 1, "differences": 2}
    assert [(o["name"], o["oracle"]) for o in made["oracles"]] == [("gelu", "SciPy")]
    assert made["beside_keras"]["metrics"]["AUC"] == {"tests": 1, "largest": None}
    record = {
        "date": "2026-11-21",
        "versions": {"keras": "3.15"},
        "no_twin": {"Lrn": "TensorFlow's op", "Layer": "a base class: x"},
        **made,
    }
    page = records.proofs_markdown(record)
    assert rows_of(page, "Layers: outputs and gradients")[0] == [
        "`Dense`",
        "2",
        "3e‑16",
        "2e‑7",
        "4e‑7",
    ]
    assert rows_of(page, "Classes that Keras lacks") == [["`Lrn`", "TensorFlow's op"]]
    assert "3 planted errors" in page and "Not all is proven" not in page
    record["failed"] = ["tests/test_x.py::test_y"]
    assert "**Not all is proven.**" in records.proofs_markdown(record)


def test_a_changed_case_is_seen():
    now = proofs.tables()
    record = {"tables": json.loads(json.dumps(now))}
    assert proofs.differences(record, now) == []
    record["tables"]["layers"]["Dense"][1] = "other"
    del record["tables"]["losses"]["MeanSquaredError"]
    record["tables"]["metrics"]["Gone"] = [1, "x"]
    assert proofs.differences(record, now) == [
        "layers: the cases of Dense changed",
        "losses: MeanSquaredError is new",
        "metrics: Gone is gone",
    ]


@pytest.mark.parametrize("name", ["proofs", "benchmarks"])
def test_the_records_of_the_book_make_pages(name):
    found = records.record(Project(ROOT), name)
    assert found is not None, (
        f"book/records/{name}.json: run `make {'proofs' if name == 'proofs' else 'bench'}`"
    )
    make = {"proofs": records.proofs_markdown, "benchmarks": records.speed_markdown}[
        name
    ]
    page = make(found)
    assert page.count("~~~{table}") >= 3
    assert str(ROOT) not in page


def test_the_record_of_proofs_is_that_of_the_cases():
    record = records.record(Project(ROOT), "proofs")
    assert record is not None, "book/records/proofs.json: run `make proofs`"
    stale = proofs.differences(record, proofs.tables())
    assert not stale, (
        f"book/records/proofs.json is stale ({'; '.join(stale[:8])}): run `make proofs`"
    )
    assert not record["failed"], (
        "tests failed when proofs.json was made: run `make proofs`"
    )
    twins = {name for family in record["twins"].values() for name in family}
    wanted = {*cases.LAYERS, *cases.LOSSES, *cases.OPTIMIZERS} - set(cases.NO_TWIN)
    lacking = {name for name in wanted - twins if any(cases.LAYERS.get(name, [1]))}
    assert not lacking, f"no twin case of {sorted(lacking)} was recorded"


@pytest.mark.slow
def test_tests_write_down_what_they_prove(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--record",
        str(tmp_path),
    ]
    chosen = ["tests/test_twin.py", "-k", "test_layer and Dense-tanh and not leading"]
    run = subprocess.run([*command, *chosen], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:]
    made = proof_rows.summary(proof_rows.rows(tmp_path))
    dense = made["twins"]["layers"]["Dense"]
    assert dense["cases"] == 1 and dense["float64"]["largest"] < 1e-12
    assert 1e-9 < dense["float32"]["largest"] < 1e-5
    assert made["tests"] == {"passed": 2} and not made["failed"]
