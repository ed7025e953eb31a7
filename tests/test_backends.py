"""The twin on Keras' other backends, each in a Python of its own, in float32 to 1e-5."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
import keras
import numpy as np
import cases
import recording
from dlcourse import layers, models, twin

recording.from_environment()
assert keras.backend.backend() == BACKEND
rng = np.random.default_rng(0)
for case in cases.all_of(cases.LAYERS):
    for dtype in ("float32", "float64"):
        model, x = case.model(dtype), case.x(dtype)
        y = rng.normal(size=model(x).shape)
        twin.prove(model, x, y, "mse", seed=case.seed)
for case in cases.all_of(cases.LOSSES):
    if "clipped" in case.id:
        continue  # each backend has its own order of clip and sum
    model = models.Sequential([layers.Input(case.y_pred.shape[1:]), layers.Activation("linear")])
    model.build(rng=0)
    twin.prove(model, case.y_pred, case.y_true, case.loss)
x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
for optimizer in cases.all_of(cases.OPTIMIZERS):
    report = twin.prove(cases.mlp("float32"), x, y, "mse", optimizer=optimizer)
    assert len(report.rows) == 11
model = cases.mlp("float32", "softmax")
model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
theirs = twin.to_keras(model)
options = {"epochs": 2, "batch_size": 3, "shuffle": False, "verbose": 0}
labels = rng.integers(0, 4, 8)
ours, record = model.fit(x, labels, **options), theirs.fit(x.astype("float32"), labels, **options)
for name, values in record.history.items():
    np.testing.assert_allclose(ours.history[name], values, rtol=1e-5, err_msg=name)
back = twin.from_keras(theirs)
np.testing.assert_allclose(back.predict(x), model.predict(x), rtol=1e-4)
print("proved on", BACKEND)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_twin_on_another_backend(backend, needs):
    needs(backend)
    folder = Path(__file__).parent
    paths = [str(folder), str(folder.parent), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(paths),
    }
    program = f"BACKEND = {backend!r}\n{PROGRAM}"
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert f"proved on {backend}" in run.stdout
