"""What runs beside a learner's code to call their answers: in the notebook, and, when
graded, in the sandbox.

A checker asks in plain data and gets plain data (wire.py); it holds the expected values
and compares elsewhere. Nothing here knows what is right. Where an answer takes or gives
objects, such as models or Values, a probe stands between: a function of chNN.py that
makes them from plain data, calls the answer, and describes what came out.
"""

import importlib
import inspect
import re

import numpy as np

from dlcourse.probes.wire import Foreign, plain

COLOURS = re.compile(r"\x1b\[[0-9;]*m|\[[01]m")  # of a terminal, in Keras' messages


def respond(names: dict, request: dict) -> dict:
    """The reply to one request about the answers in `names`, a notebook's names.

    {"look": [name, ...]} -> {name: {"value": plain data}, {"callable": "function"}, or
    {"missing": True} each}. {"call": [name, ...], "probe": "ch07.operation" or None,
    "inputs": [...], "seed": ...} -> one of
        {"value": ..., "changed": [numbers of inputs that the call changed]}
        {"todo": True}                       NotImplementedError
        {"raised": {"kind", "text", "line"}} whatever else it raised
    """
    if "look" in request:
        return {name: _look(names.get(name)) for name in request["look"]}
    answers, inputs = [names[name] for name in request["call"]], request["inputs"]
    kept = plain(list(inputs))
    try:
        if request.get("probe"):
            value = find(request["probe"])(*answers, *inputs)
        else:
            value = answers[0](*inputs)
    except NotImplementedError:
        return {"todo": True}
    except Exception as error:
        return {"raised": _told(error, names)}
    value = plain(value)
    changed = [
        i for i, (a, b) in enumerate(zip(kept, inputs, strict=True)) if not same(a, b)
    ]
    return {"value": value, "changed": changed}


def find(probe: str):
    """The probe "chNN.name"."""
    module, _, name = probe.partition(".")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)


def same(a, b) -> bool:
    """Whether an input is what it was; only arrays and lists can change."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        fits = isinstance(b, np.ndarray) and a.shape == b.shape
        return fits and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b or a != a


def _look(value) -> dict:
    if value is None:
        return {"missing": True}
    if callable(value):
        return {"callable": type(value).__name__}
    reduced = plain(value)
    if isinstance(reduced, Foreign):
        return {"foreign": reduced.kind}
    return {"value": reduced}


def _told(error: Exception, names: dict) -> dict:
    """What it was, and the line of the learner's own code, if it was theirs."""
    try:
        text = COLOURS.sub("", str(error))[:500]
    except Exception:
        text = ""
    lines = [
        f"in {frame.frame.f_code.co_name}, line {frame.lineno}"
        for frame in inspect.getinnerframes(error.__traceback__, context=0)
        if frame.frame.f_globals is names
    ]
    kind = type(error).__name__
    return {"kind": kind, "text": text, "line": lines[-1] if lines else ""}
