"""The cases that the twin, gradient, property and bad-input tests share.

One module a topic; each may define any of the tables below, and they are merged here:

    LAYERS LOSSES OPTIMIZERS INITIALIZERS METRICS    class name -> list of cases
    CALLBACKS                                        names that tests/test_callbacks.py compares
    NO_TWIN                                          what Keras lacks -> the oracle that stands in
    NOT_ON                                           backend -> {case id: why it is left out there}
    BAD_INPUT                                        list of (call, error, words that it must say, ...)
"""

import importlib
import pkgutil

from cases.base import GraphCase, K, LayerCase, LossCase, N, dense, filled, mlp

__all__ = ["GraphCase", "K", "LayerCase", "LossCase", "N", "dense", "filled", "mlp"]

LAYERS, LOSSES, OPTIMIZERS, INITIALIZERS, METRICS = {}, {}, {}, {}, {}
CALLBACKS, BAD_INPUT = [], []
NOT_ON: dict[str, dict[str, str]] = {}
NO_TWIN = dict.fromkeys(
    ("Layer", "Loss", "Optimizer", "Initializer", "Metric"),
    "a base class: its subclasses have cases",
)

for _found in pkgutil.iter_modules(__path__):
    _module = importlib.import_module(f"cases.{_found.name}")
    for _table in (LAYERS, LOSSES, OPTIMIZERS, INITIALIZERS, METRICS, NO_TWIN):
        _name = next(n for n, t in globals().items() if t is _table)
        _new = getattr(_module, _name, {})
        assert not _new.keys() & _table.keys(), f"{_found.name}: {_name} twice"
        _table |= _new
    for _backend, _ids in getattr(_module, "NOT_ON", {}).items():
        NOT_ON.setdefault(_backend, {}).update(_ids)
    CALLBACKS += getattr(_module, "CALLBACKS", [])
    BAD_INPUT += getattr(_module, "BAD_INPUT", [])


def all_of(table: dict) -> list:
    """Every case of a table, in order."""
    return [case for cases in table.values() for case in cases]


def name_of(thing) -> str:
    """A test id."""
    return (
        getattr(thing, "id", None)
        or f"{type(thing).__name__}-{'-'.join(str(v) for v in vars(thing).values() if isinstance(v, (bool, int, float, str)))}"
    )
