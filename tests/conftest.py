"""Set-up of all tests: a quiet TensorFlow, `rng`, and `needs` for what may be missing."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis
import numpy as np
import pytest

# CI tries the same inputs every time; at home they are drawn anew, and may find more.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

PROGRAMS = {
    "bubblewrap": ("bwrap",),
    "Chromium": ("chromium", "chromium-browser", "google-chrome"),
    "TeX": ("latex", "pdflatex", "xelatex"),
}
PACKAGES = ("torch", "jax")


def pytest_addoption(parser):
    parser.addoption(
        "--record",
        metavar="FOLDER",
        help="write down what the tests prove (tools/proofs.py makes a page of it)",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "oracle(library, of=class): what a test compares with, for the record",
    )
    if folder := config.getoption("--record"):
        import recording

        os.environ["DLCOURSE_RECORD"] = folder
        config.pluginmanager.register(recording.Plugin(folder), "recording")


def pytest_collection_modifyitems(items):
    """The two tests that take minutes begin first, one on each of two processes.

    pytest-xdist hands a process an eighth of the tests to begin with.
    """
    long = [item for item in items if "test_twin_on_another_backend" in item.name]
    rest = [item for item in items if item not in long]
    eighth = len(rest) // 8
    if len(long) == 2:
        items[:] = [long[0], *rest[:eighth], long[1], *rest[eighth:]]


def is_here(what: str) -> bool:
    """Whether a program of that name, or a package, is installed."""
    if what in PROGRAMS:
        return any(shutil.which(program) for program in PROGRAMS[what])
    if what in PACKAGES:
        return importlib.util.find_spec(what) is not None
    raise ValueError(f"needs: expected one of {[*PROGRAMS, *PACKAGES]}, got {what!r}.")


@pytest.fixture(scope="session")
def needs():
    """needs("torch"): skip in one loud line where it is missing, or fail where
    DLCOURSE_ALLOW_SKIP=0 allows no skip. Whether it is there may be told."""

    def require(what: str, there: bool | None = None) -> None:
        if is_here(what) if there is None else there:
            return
        if os.environ.get("DLCOURSE_ALLOW_SKIP") == "0":
            pytest.fail(f"{what} is not installed, and DLCOURSE_ALLOW_SKIP=0")
        pytest.skip(f"NOT TESTED: {what} is not installed")

    return require


@pytest.fixture
def rng() -> np.random.Generator:
    """A fresh generator, the same for every test."""
    return np.random.default_rng(2026)


@pytest.fixture
def extensions(monkeypatch) -> None:
    """The extensions of the book can be imported, as Sphinx does."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "book/_ext"))


@pytest.fixture(autouse=True)
def _no_global_randomness(request):
    """The package must draw from `rng` alone; notebooks may seed Keras."""
    if request.path.parent != Path(__file__).parent:
        yield
        return
    loaded = "keras" in sys.modules  # its import seeds NumPy
    before = np.random.get_state()[1].copy()  # noqa: NPY002 (reads, draws nothing)
    yield
    after = np.random.get_state()[1]  # noqa: NPY002
    if loaded and not np.array_equal(before, after):
        pytest.fail("NumPy's global random state was touched")
