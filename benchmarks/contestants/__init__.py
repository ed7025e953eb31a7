"""The contestants, one module each, imported in a process of its own.

build(work, weights) returns {way: step}; every step returns its witness, an array or a
number that must be the same for all contestants: the loss of a training step (before
the update), dL/dx of a pass. `weights` maps a layer's name to its list of arrays in
Keras' layout, or is None (then each draws its own, as when memory is measured).
"""

import importlib
import importlib.util

# key -> (module, package that must be there, title)
RIVALS = {
    "keras": ("with_keras", "tensorflow", "Keras on TensorFlow"),
    "torch": ("with_torch", "torch", "PyTorch"),
    "jax": ("with_jax", "jax", "JAX"),
    "sklearn": ("with_sklearn", "sklearn", "scikit-learn"),
    "floor": ("floor", "numpy", "matrix products alone"),
}


class NotDone(Exception):  # noqa: N818 (no error: the contestant has no such thing)
    """Says why a contestant does not take part in an item."""


def here(key: str) -> bool:
    """Whether what the contestant needs is installed."""
    return importlib.util.find_spec(RIVALS[key][1]) is not None


def load(key: str):
    """The contestant's module."""
    return importlib.import_module(f"contestants.{RIVALS[key][0]}")
