"""Records of runs too long for a chapter: `make results` writes, chapters draw them.

A record is a JSON file with the values per seed, machine, date, versions, and the hash
of the code that ran. The hash leaves out comments, docstrings and layout; where the
code has changed since, the record is stale and says so.
"""

import ast
import hashlib
import json
import os
import platform
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent


def load(name: str) -> dict:
    """The record of that name. FileNotFoundError says which there are."""
    file = FOLDER / f"{name}.json"
    if not file.exists():
        have = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"results: expected a record {name!r}; there are: {have}. "
            "`make results` writes them."
        )
    return json.loads(file.read_text("utf-8"))


def save(name: str, values: dict, script: Path, modules: list[str], code: str) -> Path:
    """Write the record of a run of `script`, which depends on these modules.

    `code` is their `code_hash`, taken before the run: what was edited meanwhile did
    not run, so the record is stale.
    """
    from dlcourse import hardware

    record = {
        "name": name,
        "date": date.today().isoformat(),
        "versions": hardware.versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "script": script.name,
        "modules": sorted(modules),
        "hash": code,
        **values,
    }
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return file


def code_hash(script: Path, modules: list[str]) -> str:
    """sha256 over the meaning of a script and of modules such as "layers/core".

    Of a package such as "models" all files count.
    """
    digest = hashlib.sha256()
    for file in [script, *(f for module in sorted(modules) for f in files_of(module))]:
        digest.update(canonical(file.read_text("utf-8")).encode())
    return digest.hexdigest()[:16]


def files_of(module: str) -> list[Path]:
    """The files of a module or package of dlcourse."""
    folder = PACKAGE / module
    return (
        sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{module}.py"]
    )


def canonical(source: str) -> str:
    """A program without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            node.body = body[1:] or [ast.Pass()]
    return _shape(tree)


def _shape(node) -> str:
    """A syntax tree as text, the same on every Python (ast.dump is not)."""
    if isinstance(node, ast.AST):
        fields = [(k, v) for k, v in ast.iter_fields(node) if v is not None and v != []]
        inside = ", ".join(f"{name}={_shape(value)}" for name, value in fields)
        return f"{type(node).__name__}({inside})"
    if isinstance(node, list):
        return f"[{', '.join(map(_shape, node))}]"
    return repr(node)


def is_stale(record: dict, experiments: Path) -> bool:
    """True where the code that made the record has changed since."""
    return record["hash"] != code_hash(
        experiments / record["script"], record["modules"]
    )
