"""Copies that must not drift: python tools/sync.py [--check]

- the set-up cell of every notebook, with the repository's address and tag from pyproject.toml;
- cells that show the package's code, `# dlcourse: layers/core.py::Dense`;
- what nbgrader must know of the masters;
- exercises/, generated from solutions/;
- book/references.md, generated from book/references.bib;
- CITATION.cff, with title, version and address.

With --check nothing is written and a difference is an error.
"""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from nbtext import write
from project import Project, edition
from references import references_markdown

from dlcourse.grading.nbgrader import annotate
from dlcourse.grading.stripping import generate

ROOT = Path(__file__).resolve().parents[1]

SETUP = """\
# Set-up. On Colab this installs the course; elsewhere it
# changes nothing.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("dlcourse") is None:
    source = os.environ.get(
        "DLCOURSE_SOURCE",
        "{source}",
    )
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", source], check=True)

import dlcourse

rng = dlcourse.start(chapter={chapter})"""


CITATION = """\
# Made by `make sync` from pyproject.toml and book/_config.yml. Do not edit.
cff-version: 1.2.0
title: {title}
message: If you use this book, please cite it as below.
type: software
authors:
  - name: {author}
version: {version}
license: [CC-BY-4.0, BSD-3-Clause]
repository-code: "{address}"
"""


def citation() -> str:
    """CITATION.cff: how the book is cited."""
    config = yaml.safe_load((ROOT / "book/_config.yml").read_text("utf-8"))
    return CITATION.format(
        title=config["title"],
        author=config["author"],
        version=version(),
        address=Project(ROOT).repository,
    )


def version() -> str:
    """The version in pyproject.toml, which is the edition of the book."""
    return edition(Project(ROOT))


def setup_cell(chapter: int) -> str:
    """The first code cell of a chapter. --no-deps leaves every version that Colab pins as it is."""
    return SETUP.format(
        source=f"git+{Project(ROOT).repository}@v{version()}", chapter=chapter
    )


def source_cell(header: str, package: Path = ROOT / "dlcourse") -> str:
    """The text of a cell that shows package code, the imports it needs included; ValueError for an unknown name."""
    target = header.removeprefix("# dlcourse:").strip()
    file, _, name = target.partition("::")
    if not (package / file).is_file():
        raise ValueError(f"{header}: expected a file of dlcourse/, there is no {file}")
    text = (package / file).read_text("utf-8")
    tree = ast.parse(text)
    found = [node for node in tree.body if getattr(node, "name", None) == name]
    if not found:
        raise ValueError(
            f"{header}: expected a definition in dlcourse/{file}, there is no {name}"
        )
    imports = needed_imports(
        tree, found, name, "dlcourse." + file.removesuffix(".py").replace("/", ".")
    )
    blocks = [segment(text, node) for node in found]
    return formatted(
        "\n".join([f"# dlcourse: {target}", *imports, "", "", "\n\n\n".join(blocks)])
    )


def formatted(code: str) -> str:
    """The code as ruff lays it out in the width of the notebooks."""
    ruff = [
        Path(sys.executable).parent / "ruff",
        "format",
        "--quiet",
        "--line-length",
        "72",
        "-",
    ]
    return subprocess.run(
        ruff, input=code, capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip("\n")


def needed_imports(tree: ast.Module, found: list, name: str, module: str) -> list[str]:
    """The import lines that these definitions need, as they stand in their module; its own names come from it."""
    used = {
        node.id
        for each in found
        for node in ast.walk(each)
        if isinstance(node, ast.Name)
    } - {name}
    lines, own = [], []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            aliases = [
                alias
                for alias in node.names
                if (alias.asname or alias.name).split(".")[0] in used
            ]
            if aliases:
                kept = (
                    ast.Import(aliases)
                    if isinstance(node, ast.Import)
                    else ast.ImportFrom(node.module, aliases, 0)
                )
                lines.append(ast.unparse(kept))
        else:
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            own += [
                n
                for t in targets
                if (n := getattr(t, "name", getattr(t, "id", None))) in used
            ]
    if own:
        lines.append(f"from {module} import {', '.join(sorted(set(own)))}")
    return lines


def segment(text: str, node) -> str:
    """The source of a definition, decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def synced(path: Path):
    """The notebook with its set-up and source cells as they should be."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if cell.id == "setup":
            cell.source = setup_cell(int(path.name[:2]))
        elif cell.source.startswith("# dlcourse:"):
            cell.source = source_cell(cell.source.splitlines()[0])
    if path.parent.name == "solutions":
        annotate(notebook)
    notebook.metadata.pop("widgets", None)
    return notebook


def main(check: bool) -> int:
    stale = []

    def put(path: Path, text: str) -> None:
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(text, "utf-8")

    for path in [
        *sorted(ROOT.glob("chapters/*.ipynb")),
        *sorted(ROOT.glob("solutions/*.ipynb")),
    ]:
        put(path, write(synced(path)))
    masters = sorted(ROOT.glob("solutions/*.ipynb"))
    for path in masters:
        put(ROOT / "exercises" / path.name, write(generate(synced(path))))
    for orphan in {p.name for p in ROOT.glob("exercises/*.ipynb")} - {
        p.name for p in masters
    }:
        stale.append(Path("exercises") / orphan)
        if not check:
            (ROOT / "exercises" / orphan).unlink()
    put(ROOT / "book" / "references.md", references_markdown())
    put(ROOT / "CITATION.cff", citation())
    for path in stale:
        print(f"{'differs from its source' if check else 'updated'}: {path}")
    if check and stale:
        print("Run `make sync`.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
