"""What readers get wrong with files."""

import os
import tempfile
from pathlib import Path

import numpy as np

from cases.base import mlp
from dlcourse import layers, models, optimizers

V, T, R, M = ValueError, TypeError, RuntimeError, FileNotFoundError


def folder() -> Path:
    return Path(tempfile.mkdtemp())


def saved(change, path="model.npz", model=None, weights=False):
    """Write a good file, change it, load it."""
    path = folder() / path
    model = model or mlp()
    (model.save_weights if weights else model.save)(path)
    change(path)
    return mlp().load_weights(path) if weights else models.load_model(path)


def cut(path):
    os.truncate(path, 100)


def compiled_with(rate):
    model = mlp()
    model.compile(optimizers.SGD(rate), "mse")
    return model


def shared():
    one = layers.Dense(5)
    inner = models.Sequential([layers.Input((5,)), one], name="inner")
    x = layers.Input((5,))
    model = models.Model(x, inner(one(x)))
    model.build(rng=0)
    model.save(folder() / "a.npz")


# fmt: off
BAD_INPUT = [
    (lambda: mlp().save("a.keras"), V, "save: expected a path that ends in .npz, got 'a.keras'"),
    (lambda: mlp().save(3), T, "save: expected a path, got 3"),
    (lambda: models.Sequential([layers.Dense(2)]).save("a.npz"), R, "expected a built layer"),
    (lambda: mlp().save_weights("a.npz"), V, "save_weights: expected a path that ends in .weights.npz or .weights.h5"),
    (lambda: models.load_model("a.h5"), V, "load_model: expected a path that ends in .npz"),
    (lambda: models.load_model("not_there.npz"), M, "load_model: expected a file, but there is no not_there.npz"),
    (lambda: mlp().load_weights("not_there.weights.h5"), M, "load_weights: expected a file"),
    (lambda: mlp().load_weights("a.json"), V, "load_weights: expected a path that ends in .npz or .weights.h5"),
    (lambda: saved(cut), V, "load_model: expected a file that dlcourse saved", "is damaged or of another kind"),
    (lambda: saved(lambda path: path.write_bytes(b"")), V, "load_model: expected a file that dlcourse saved"),
    (lambda: saved(lambda path: np.savez(path, a=np.ones(2))), V, "load_model: expected a file that dlcourse saved"),
    (lambda: saved(cut, "a.weights.h5", weights=True), V, "load_weights: expected a file of Keras' weights", "is damaged"),
    (lambda: saved(mlp().save_weights, "a.weights.npz"), V, "load_model: expected a whole model", "call its load_weights"),
    (lambda: saved(len, "a.weights.npz", weights=True, model=models.Sequential([layers.Dense(2)])), R, "expected a built"),
    (lambda: saved(lambda path: None, model=compiled_with(lambda t: 0.1)), T, "in SGD(learning_rate)", "a schedule instead"),
    (shared, V, "save: expected each layer to stand at one place", "Call a shared layer twice within one Model"),
]
# fmt: on
