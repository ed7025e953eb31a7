"""The chapters' GPU sections at full size: python tools/gpu.py [NOTEBOOK ...]   (`make test-gpu`)

Every chapter runs twice on the Keras backend of this environment (KERAS_BACKEND chooses it): once on the GPU, once with
the GPU hidden. What its cells measure (hardware.seconds_by_size, hardware.write_down) goes into book/records/gpu.json,
from which the page "Where it runs" is made; chapters and backends that did not run keep what the record says of them.
Without a GPU that the backend can use nothing runs, and the command fails.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import run_notebook

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "book/records/gpu.json"
BUILD = ROOT / ".build/gpu"
TIMEOUT = 1800  # seconds a cell may take
STEP_LIMIT = "3"  # seconds: longer steps end a series of hardware.seconds_by_size
PROBE = """\
import json, platform
from importlib.metadata import version
from dlcourse import hardware
name = hardware.backend()
found = {"Python": platform.python_version()} | {n: version(n) for n in ("numpy", "keras", name)}
print(json.dumps({"backend": name, "gpu": hardware.gpus()[0], "versions": found}))
"""
HIDDEN = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "DLCOURSE_REQUIRE_GPU": "0",
}
# Memory is taken when it is needed, so that the peak is what the work needs, and two frameworks can share a GPU.
SHARED = {
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def surroundings(**more: str) -> dict[str, str]:
    """The environment of every process of ours."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    own = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return run_notebook.environment() | SHARED | own | more


def device() -> dict:
    """Backend, GPU and versions; SystemExit says what is missing."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE],
        env=surroundings(DLCOURSE_REQUIRE_GPU="1"),
        capture_output=True,
        text=True,
    )
    if probe.returncode:
        sys.exit(f"test-gpu: {probe.stderr.strip().splitlines()[-1]}")
    found = json.loads(probe.stdout.splitlines()[-1])
    return found | {"machine": machine()} | card()


def card() -> dict[str, str]:
    """Model and driver of an NVIDIA GPU in its maker's words; empty where nvidia-smi is missing."""
    if not shutil.which("nvidia-smi"):
        return {}
    ask = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    said = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    name, driver = said.splitlines()[0].rsplit(", ", 1)
    return {"gpu": name, "driver": driver}


def machine() -> dict:
    """Processor, cores, memory, system, as the benchmarks describe them."""
    sys.path.append(str(ROOT / "benchmarks"))
    try:
        from machine import machine as described
    finally:
        sys.path.pop()
    return described()


def measured(path: Path, side: str, variables: dict[str, str]) -> dict:
    """One run of a chapter: its seconds or what failed, and the series that its cells wrote down."""
    file = BUILD / f"{path.stem}-{side}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    wanted = {"DLCOURSE_MEASURED": str(file), "DLCOURSE_STEP_LIMIT": STEP_LIMIT}
    found = run_notebook.attempt(
        path, TIMEOUT, sys.executable, surroundings(**wanted, **variables)
    )
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    written = list(map(json.loads, lines))
    peaks = [line["peak"] for line in written if line["peak"] is not None]
    series = {line["what"]: line["seconds"] for line in written}
    return found | {"series": series, "peak": max(peaks, default=None)}


def merged(record: dict, backend: str, chapter: str, entry: dict) -> dict:
    """The record with one chapter of one backend replaced."""
    return record | {backend: record.get(backend, {}) | {chapter: entry}}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    where, failed = device(), 0
    backend = where.pop("backend")
    print(f"{where['gpu']}, Keras on {backend}", flush=True)
    for path in options.notebooks or sorted(ROOT.glob("chapters/*.ipynb")):
        entry = {**where, "date": date.today().isoformat()}
        for side, variables in {
            "on_gpu": {"DLCOURSE_REQUIRE_GPU": "1"},
            "on_cpu": HIDDEN,
        }.items():
            entry[side] = found = measured(path.resolve(), side, variables)
            failed += "failed" in found
            said = found.get("failed") or f"{found['seconds']:.1f} s"
            print(f"{path.stem}, {side.replace('_', ' ')}: {said}", flush=True)
        record = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
        made = merged(record, backend, path.stem, entry)
        RECORD.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
