"""What an import loads, that imports run one way, and that none has side effects."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dlcourse

PACKAGE = Path(dlcourse.__file__).parent
CORE = ("activations", "initializers", "regularizers", "constraints", "losses", "metrics", "kernels", "layers",
        "schedules", "optimizers", "callbacks", "serialization", "models", "autodiff", "gradcheck")  # fmt: skip
EDGES = ("datasets", "plots", "widgets", "hardware", "results", "probes", "checks")
OFFERED = ("validation", "nested", *CORE, "twin", "architectures", *EDGES)
INSIDE = ("validation", "nested", "serialization", "probes")  # not for readers
ORDER = (*OFFERED, "grading")  # the grader is no part of a notebook: it is a command
HEAVY = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "matplotlib",
    "sklearn",
    "ipywidgets",
    "scipy",
    "pooch",
    "IPython",
)
FILES = sorted(PACKAGE.rglob("*.py"))


def loaded_after(code: str) -> set[str]:
    """The heavy packages, and modules of ours, that a fresh Python has after `code`."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_import_of_the_package_loads_nothing():
    modules = loaded_after("import dlcourse")
    assert not modules & {*HEAVY, "numpy"}
    assert [m for m in modules if m.startswith("dlcourse")] == ["dlcourse"]


def test_the_core_loads_numpy_alone():
    modules = loaded_after(f"from dlcourse import {', '.join(CORE)}, architectures")
    assert "numpy" in modules and not modules & set(HEAVY)


def test_the_edges_load_late():
    modules = loaded_after(f"from dlcourse import {', '.join(EDGES)}")
    assert not modules & set(HEAVY)


def test_every_module_has_its_place_and_is_offered():
    modules = {p.stem for p in PACKAGE.glob("*.py")} | {
        p.parent.name for p in PACKAGE.glob("*/__init__.py")
    }
    assert modules - {"__init__"} == set(ORDER)
    assert set(OFFERED) - set(INSIDE) <= set(dlcourse.__all__)
    assert all(hasattr(dlcourse, name) for name in dlcourse.__all__)
    assert set(dir(dlcourse)) == set(dlcourse.__all__)
    with pytest.raises(AttributeError, match="no attribute 'layer'"):
        dlcourse.layer  # noqa: B018


def place(file: Path) -> str:
    """The module of the order that a file belongs to."""
    parts = file.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """The modules of dlcourse that a module names in its imports, late ones included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "dlcourse":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "dlcourse."
        ):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                a.name.split(".")[1]
                for a in node.names
                if a.name.startswith("dlcourse.")
            }
    return found & set(ORDER)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_run_one_way(file):
    own, tree = place(file), ast.parse(file.read_text("utf-8"))
    if own == "__init__":
        return
    later = ORDER[ORDER.index(own) + 1 :]
    edges = EDGES if own in EDGES else ()  # edges may use one another
    assert not (imported(tree) & set(later)) - set(edges)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_nothing_draws_from_global_random_state(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in (
            "np.random",
            "numpy.random",
        ):
            assert node.attr in ("Generator", "default_rng"), (
                f"line {node.lineno}: {ast.unparse(node)}"
            )
        if isinstance(node, ast.ImportFrom | ast.Import):
            assert "random" not in [alias.name for alias in node.names], (
                f"line {node.lineno}"
            )


HARMLESS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_module_only_defines(file):
    body = ast.parse(file.read_text("utf-8")).body
    assert isinstance(body[0], ast.Expr), "a module begins with its docstring"
    for node in body[1:]:
        program = isinstance(node, ast.If) and "__name__ ==" in ast.unparse(node.test)
        assert program or isinstance(node, HARMLESS), (
            f"line {node.lineno}: {ast.unparse(node)[:60]}"
        )


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_no_star_import_and_no_mutable_default(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.names[0].name != "*"
        if isinstance(node, ast.FunctionDef):
            defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d]
            assert not [
                d for d in defaults if isinstance(d, ast.List | ast.Dict | ast.Set)
            ], node.name
