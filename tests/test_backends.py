"""The twin on Keras' other backends, each in a Python of its own, in float32 to 1e-5."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cases
import pytest

FOLDER = Path(__file__).parent
WARNINGS = (
    *("-W", "error"),
    *("-W", "ignore:__array__ implementation:DeprecationWarning"),
    # JAX has no float64 unless told so, and says it for each array.
    *("-W", "ignore:Explicitly requested dtype float64:UserWarning"),
)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_twin_on_another_backend(backend, needs):
    needs(backend)
    paths = [str(FOLDER), str(FOLDER.parent), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        # As in the tests of JAX itself: here it compiles longer than it computes.
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    run = subprocess.run(
        [sys.executable, *WARNINGS, FOLDER / "prove_on_backend.py"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["backend"] == backend and not found["failed"], found["failed"]
    assert sorted(found["left_out"]) == sorted(cases.NOT_ON.get(backend, {}))
    assert found["proved"] > 250  # the layers of a few cases, all losses and optimizers
