"""Writes down what the tests prove: pytest --record FOLDER (`make proofs`).

Without that option nothing here runs. With it, each twin.prove and gradcheck.check that
passes leaves a row with its class, case and largest difference, each that refuses a
planted error a count, and each test a row with the classes it is about, the libraries
it compares with, and the largest difference that its assertions saw. The rows are lines
of JSON, a file a process; tools/proofs.py makes book/records/proofs.json of them.

A test may say itself what it proves: @pytest.mark.oracle("SciPy correlate", of="Conv2D").
Else the classes are those of its parameters or those that its code names, and the
libraries those that its code, or a helper in its module, calls.
"""

import functools
import inspect
import json
import os
import re
import types
import weakref
from pathlib import Path

import numpy as np
import pytest

LIBRARIES = {
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "scipy": "SciPy",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
    "jax": "JAX",
    "pandas": "pandas",
}
BY_HAND = re.compile(r"by_hand|worked|published|in_the_paper|of_the_paper")
FAMILIES = (
    "layers", "losses", "optimizers", "initializers", "metrics", "callbacks",
    "regularizers", "constraints", "schedules",
)  # fmt: skip


class Rows:
    """The file of this process, and what the running test has compared so far."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{os.getpid()}.jsonl"
        self.test, self.compared, self.largest = None, 0, 0.0

    def write(self, **row) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "test": self.test}) + "\n")

    def saw(self, ours, theirs) -> None:
        """One comparison of numbers."""
        try:
            a, b = (np.asarray(v, dtype=np.float64) for v in (ours, theirs))
            finite = np.isfinite(a) & np.isfinite(b)
            if not finite.all():  # infinities that agree
                a, b = np.where(finite, a, 0), np.where(finite, b, 0)
            gap, scale = np.abs(a - b).max(initial=0), np.abs(b).max(initial=0)
        except (TypeError, ValueError):
            return
        self.compared += 1
        found = float(gap / scale if scale > 1e-12 else gap)
        self.largest = max(self.largest, found)


# -- whose case is it


@functools.cache
def owners() -> dict[int, tuple[str, str, str]]:
    """id of a case -> (family, class, case id)."""
    import cases

    found = {}
    for family in ("layers", "losses", "optimizers", "initializers", "metrics"):
        for name, table in getattr(cases, family.upper()).items():
            for case in table:
                found[id(case)] = (family, name, cases.name_of(case))
                if family == "losses":
                    found[id(case.loss)] = found[id(case)]
    return found


@functools.cache
def public() -> dict[str, list[str]]:
    """Name -> families, of everything that the package shows its readers."""
    import importlib

    from dlcourse import activations

    found = {name: ["activations"] for name in activations.ACTIVATIONS}
    for family in FAMILIES:
        module = importlib.import_module(f"dlcourse.{family}")
        for name, thing in vars(module).items():
            inside = inspect.isclass(thing) and thing.__module__.startswith(
                module.__name__
            )
            if inside and not name.startswith("_"):
                found.setdefault(name, []).append(family)
    return found


def owner(thing) -> tuple[str, str] | None:
    """(family, name) of a case, an object or class of the package, or a name."""
    if id(thing) in owners():
        return owners()[id(thing)][:2]
    if isinstance(thing, str):
        return (public()[thing][0], thing) if thing in public() else None
    kind = thing if isinstance(thing, type) else type(thing)
    package, _, rest = kind.__module__.partition(".")
    if package == "dlcourse" and kind.__name__ in public():
        return rest.split(".")[0], kind.__name__
    return None


# -- what is wrapped


def install(folder: Path) -> Rows:
    """Wrap the functions that prove something."""
    import cases

    from dlcourse import gradcheck, twin

    rows, case_of = Rows(folder), weakref.WeakKeyDictionary()
    prove, check = twin.prove, gradcheck.check

    def remember(kind):
        make = kind.model

        @functools.wraps(make)
        def model(self, *arguments, **options):
            made = make(self, *arguments, **options)
            case_of[made] = self
            return made

        kind.model = model

    remember(cases.LayerCase)
    remember(cases.GraphCase)

    def about(model, loss, optimizer=None):
        for thing in (optimizer, loss, case_of.get(model)):
            if thing is not None and (found := owners().get(id(thing))):
                return found
        return ("other", "", "")

    @functools.wraps(prove)
    def proved(model, x, y, loss, optimizer=None, *rest, **options):
        try:
            report = prove(model, x, y, loss, optimizer, *rest, **options)
        except twin.TwinMismatch:
            rows.write(kind="refused", by="twin")
            raise
        family, name, case = about(model, loss, optimizer)
        backend, number = report.title.removeprefix("NumPy = Keras on ").split(", ")
        worst = max(report.rows, key=lambda row: row[2])
        rows.write(
            kind="twin", family=family, name=name, case=case, backend=backend, dtype=number,
            largest=worst[2], tolerance=max(row[3] for row in report.rows), compared=len(report.rows),
        )  # fmt: skip
        return report

    @functools.wraps(check)
    def checked(model, x, y, loss, **options):
        try:
            worst = check(model, x, y, loss, **options)
        except gradcheck.GradientMismatch:
            rows.write(kind="refused", by="differences")
            raise
        family, name, case = about(model, loss)
        rows.write(kind="gradient", family=family, name=name, case=case, largest=worst)
        return worst

    twin.prove, gradcheck.check = proved, checked
    watch_numbers(rows)
    return rows


def watch_numbers(rows: Rows) -> None:
    """Let assert_allclose and pytest.approx tell what they compare."""
    close = np.testing.assert_allclose

    @functools.wraps(close)
    def assert_allclose(actual, desired, *rest, **options):
        close(actual, desired, *rest, **options)
        rows.saw(actual, desired)

    np.testing.assert_allclose = assert_allclose
    approx = type(pytest.approx(1.0))
    equal = approx.__eq__

    def __eq__(self, actual):  # noqa: N807 (a method to be)
        found = equal(self, actual)
        if found:
            rows.saw(actual, self.expected)
        return found

    approx.__eq__, approx.__hash__ = __eq__, None


class Plugin:
    """The hooks of pytest: which test is running, what it is about, how it ended."""

    def __init__(self, folder: str):
        self.rows = install(Path(folder))

    def pytest_runtest_setup(self, item):
        self.rows.test, self.rows.compared, self.rows.largest = item.nodeid, 0, 0.0

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            if hasattr(
                report, "node"
            ):  # an xdist controller hears of its workers' tests
                return
            facts = dict(report.user_properties).get("proves", {})
            self.rows.write(kind="test", outcome=report.outcome, **facts)

    def pytest_runtest_teardown(self, item):
        self.rows.test = item.nodeid

    def pytest_runtest_call(self, item):
        """Before the call: the facts that do not hang on its result."""
        item.user_properties.append(("proves", facts(item)))

    def pytest_runtest_makereport(self, item, call):
        if call.when == "call":
            found = dict(item.user_properties).get("proves")
            if found is not None:
                found |= {"compared": self.rows.compared, "largest": self.rows.largest}


def facts(item) -> dict:
    """The classes and libraries of a test."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    classes = [found for value in parameters.values() if (found := owner(value))]
    names, own = reached(item.function)
    if not classes:
        classes = [
            (family, name)
            for name in sorted(own & public().keys())
            for family in public()[name]
            if family in names
        ]
    libraries = sorted({LIBRARIES[n] for n in names & LIBRARIES.keys()})
    if "TensorFlow" in libraries and "Keras" in libraries:
        libraries.remove("TensorFlow")
    if BY_HAND.search(item.name) or BY_HAND.search(item.path.stem):
        libraries.append("arithmetic by hand")
    if any(name.endswith("_textbook") for name in names):
        libraries.append("the textbook form")
    for mark in item.iter_markers("oracle"):
        libraries = [*mark.args]
        of = mark.kwargs.get("of", [])
        of = [of] if isinstance(of, str) else of
        classes = [(public().get(name, ["other"])[0], name) for name in of] or classes
    property_ = hasattr(item.function, "hypothesis")
    return {"classes": classes, "libraries": libraries, "property": property_}


@functools.cache
def reached(function) -> tuple[frozenset, frozenset]:
    """(names that a test, its module's helpers and tables use; those of the test alone).

    A name that stands for a module, or for something out of one, counts as that
    module's package too: `special.expit` as scipy.
    """
    if hasattr(function, "hypothesis"):
        function = function.hypothesis.inner_test
    scope, own = function.__globals__, set()
    names, seen = set(), set()
    stack: list = [function]
    while stack:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            stack += thing.values()
        elif isinstance(thing, (list, tuple)):
            stack += thing
        elif isinstance(thing, types.CodeType):
            names.update(thing.co_names)
            if thing.co_qualname.startswith(function.__qualname__):
                own.update(thing.co_names)
            stack += [c for c in thing.co_consts if isinstance(c, types.CodeType)]
            stack += [scope[name] for name in thing.co_names if name in scope]
        elif inspect.isfunction(thing) and thing.__module__ == function.__module__:
            stack.append(thing.__code__)
        else:
            module = (
                thing.__name__
                if inspect.ismodule(thing)
                else getattr(thing, "__module__", "")
            )
            names.add((module or "").split(".")[0])
    return frozenset(names), frozenset(own)


def from_environment() -> None:
    """For a test that runs Python itself: record where DLCOURSE_RECORD says."""
    if folder := os.environ.get("DLCOURSE_RECORD"):
        install(Path(folder)).test = "test_backends"
