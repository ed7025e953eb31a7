"""What in the book has a name: equations, figures, sections, glossary terms, citations; and what names them.

`collect` reads the sources and returns a Registry; its `errors` are the doubled, misplaced and missing names. The
Sphinx extensions take their links from it (labels.json in the staged tree), the page `formulas` is made from it.
"""

import ast
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from project import Project, chapter_number, markdown_cells
from references import bibliography, citation_text

CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.M | re.S)
QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.M)
DISPLAY = re.compile(
    r"(?:<!--[ \t]*(?P<label>eq:[\w-]+)[ \t]*-->[ \t]*\n)?[ \t]*\$\$(?P<body>.+?)\$\$",
    re.S,
)
COMMENT = re.compile(r"<!--[ \t]*(eq:[\w-]+)[ \t]*-->")
TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
FIGURE = re.compile(r"\A\*\*Figure (\d+)\.(\d+)\.\*\*\s*(.*)", re.S)
TITLE = re.compile(r"^# (?:(\d+)\. )?(.+)$", re.M)
SECTION = re.compile(r"^## (\d+)\.(\d+) (.+)$", re.M)
TERM = re.compile(
    r"^\*\*(?P<term>[^*\n]+)\*\*(?: \((?P<also>[^)\n]+)\))?: (?P<text>.+(?:\n.+)*)",
    re.M,
)
NAMED = re.compile(r"Book:((?:[ \t]*(?:,|and)?[ \t]*eq:[\w-]+)+)")


@dataclass
class Registry:
    """Names and where they are. `targets` holds anchor -> {doc, title}."""

    chapters: dict[str, dict] = field(default_factory=dict)  # "7" -> {doc, title}
    targets: dict[str, dict] = field(
        default_factory=dict
    )  # "equation-7-3" -> {doc, title}
    labels: dict[str, dict] = field(default_factory=dict)  # "eq:dense" -> {number, doc}
    named: dict[str, list[str]] = field(
        default_factory=dict
    )  # "eq:dense" -> ["layers/core.py::Dense"]
    terms: dict[str, dict] = field(
        default_factory=dict
    )  # "gradient descent" -> {anchor, forms, text}
    citations: dict[str, str] = field(
        default_factory=dict
    )  # "glorot2010" -> "Glorot and Bengio (2010): ..."
    errors: list[str] = field(default_factory=list)

    def public(self) -> dict:
        """What the Sphinx extensions read."""
        return {
            key: value
            for key, value in asdict(self).items()
            if key not in {"errors", "named"}
        }


def collect(project: Project) -> Registry:
    """Read chapters, package, glossary and bibliography."""
    registry = Registry()
    for path in project.chapters:
        _chapter(registry, project.root, path)
    for path in project.exercises:
        doc = path.relative_to(project.root).with_suffix("").as_posix()
        for _, source in markdown_cells(path):
            for major, minor, heading in SECTION.findall(CODE.sub("", source)):
                registry.targets[f"exercise-{major}-{minor}"] = {
                    "doc": doc,
                    "title": heading.strip(),
                }
    for path in sorted((project.root / "dlcourse").rglob("*.py")):
        for name, docstring in _docstrings(path):
            for label in (
                label
                for found in NAMED.findall(docstring)
                for label in re.findall(r"eq:[\w-]+", found)
            ):
                where = f"{path.relative_to(project.root / 'dlcourse')}::{name}".removesuffix(
                    "::"
                )
                if where not in registry.named.setdefault(label, []):
                    registry.named[label].append(where)
                if label not in registry.labels:
                    registry.errors.append(
                        f"dlcourse/{where}: the docstring names {label}, but no chapter has <!-- {label} -->"
                    )
    _glossary(registry, project.root / "book/glossary.md")
    entries = bibliography(project.root / "book/references.bib")
    registry.citations = {key: citation_text(entry) for key, entry in entries.items()}
    return registry


def _chapter(registry: Registry, root: Path, path: Path) -> None:
    number, doc = (
        chapter_number(path),
        path.relative_to(root).with_suffix("").as_posix(),
    )
    chapter = registry.chapters[str(number)] = {"doc": doc, "title": doc}

    def note(kind: str, found: tuple[str, str], title: str, cell: str) -> None:
        name = "-".join((kind, *found))
        if int(found[0]) != number:
            registry.errors.append(
                f"{doc}, cell {cell}: {kind} {'.'.join(found)} in chapter {number}"
            )
        if name in registry.targets:
            registry.errors.append(
                f"{doc}, cell {cell}: {kind} {'.'.join(found)} stands twice. Run `make numbers`."
            )
        registry.targets[name] = {"doc": doc, "title": title}

    for cell, source in markdown_cells(path):
        text = QUOTE.sub("", CODE.sub("", source))
        if (title := TITLE.search(text)) and title[1]:
            chapter["title"] = title[2].strip()
        for major, minor, heading in SECTION.findall(text):
            note("section", (major, minor), heading.strip(), cell)
        if figure := FIGURE.match(text):
            note(
                "figure",
                (figure[1], figure[2]),
                " ".join(figure[3].split())[:120],
                cell,
            )
        labelled = set()
        for display in DISPLAY.finditer(text):
            tags = TAG.findall(display["body"])
            if len(tags) > 1:
                registry.errors.append(
                    f"{doc}, cell {cell}: {len(tags)} tags in one display; give each its own $$"
                )
            for tag in tags:
                note("equation", tag, f"in “{chapter['title']}”", cell)
            label = display["label"]
            if label is None:
                continue
            labelled.add(label)
            if label in registry.labels:
                registry.errors.append(
                    f"{doc}, cell {cell}: {label} is also in {registry.labels[label]['doc']}"
                )
            if not tags:
                registry.errors.append(
                    f"{doc}, cell {cell}: {label} labels a display without \\tag"
                )
            registry.labels[label] = {
                "number": ".".join(tags[0]) if tags else "",
                "doc": doc,
            }
        for label in set(COMMENT.findall(text)) - labelled:
            registry.errors.append(
                f"{doc}, cell {cell}: <!-- {label} --> is not on the line before a $$"
            )


def _docstrings(path: Path):
    """(qualified name, docstring) of a module, its classes and functions."""

    def walk(node, prefix):
        docstring = ast.get_docstring(node, clean=False)
        if docstring:
            yield prefix.rstrip("."), docstring
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(child, f"{prefix}{child.name}.")

    return walk(ast.parse(path.read_text("utf-8"), str(path)), "")


def _glossary(registry: Registry, path: Path) -> None:
    """Entries are paragraphs: **term** (*another form*, *a third*): definition."""
    for match in TERM.finditer(path.read_text("utf-8")):
        term = match["term"].strip()
        also = [form.strip(" *") for form in (match["also"] or "").split(",")]
        if term in registry.terms:
            registry.errors.append(f"{path.name}: {term!r} stands twice")
        registry.terms[term] = {
            "anchor": "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-"),
            "forms": [term, *(form for form in also if form)],
            "text": re.sub(
                r"\]\([^)]*\)|[\[\]*`$]", "", " ".join(match["text"].split())
            ),
        }


def formulas_markdown(project: Project, registry: Registry) -> str:
    """The page `formulas`: number, label, package, chapter."""
    lines = [
        "# Formulas",
        "",
        "Every formula of the book that has a name, where it is derived and where the package computes it. The label",
        "stands in the docstring of the code (`Book: eq:label`) and beside the equation in the chapter.",
        "",
        "| formula | label | in the package | chapter |",
        "|---|---|---|---|",
    ]
    titles = {
        chapter["doc"]: chapter["title"] for chapter in registry.chapters.values()
    }
    for label, where in sorted(
        registry.labels.items(),
        key=lambda item: [int(n) for n in item[1]["number"].split(".")],
    ):
        page, anchor = (
            f"../{where['doc']}.ipynb",
            f"equation-{where['number'].replace('.', '-')}",
        )
        code = [
            f"[`{place}`]({project.repository}/blob/main/dlcourse/{place.split('::')[0]})"
            for place in registry.named.get(label, [])
        ]
        lines.append(
            f"| [({where['number']})]({page}#{anchor}) | `{label}` | {', '.join(code) or 'in the chapter alone'} "
            f"| [{titles[where['doc']]}]({page}) |"
        )
    return "\n".join(lines) + "\n"
