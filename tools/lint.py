"""The conventions of CONTRIBUTING.md that a program can test: python tools/lint.py [--renumber]

--renumber puts the equations and figures of every chapter in order, and the references to them in all chapters.
What names refer to (equations, figures, citations, labels) is tested by tools/labels.py when the book is built.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbtext import write

ROOT = Path(__file__).resolve().parents[1]
TAGS = {
    "setup",
    "twin",
    "experiment",
    "watch-out",
    "widget",
    "gpu",
    "source",
    "answer",
    "check",
}
REQUIRED_TAGS = {"setup", "twin", "experiment", "watch-out", "widget", "gpu"}
ENDS = ["Try it", "On a GPU", "Exercises", "Summary", "Further reading"]
MAX_LINES, MAX_COLUMNS = 40, 72
DIRECTIVE = re.compile(r"^\s*(?::{3,}|```\{)|\{[a-z:]+\}`|^\([\w:-]+\)=\s*$", re.M)
HTML = re.compile(r"<(?!/?(?:details|summary)>|!--)/?[a-zA-Z][^>]*>")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")
BRANCHES = re.compile(r"^\s*if [^\n]*\bbackend\(\)", re.M)  # on Keras' backend
SAID = re.compile(r"""["'](?:Skipped|Not asserted)[: ]""")
TRANSPOSE = re.compile(r"\^T(?![A-Za-z])|\^\{T\}")
TIMED = re.compile(r"seconds_by_size\(")  # more steps on a fast machine
SHARED = re.compile(r"\brng\b")  # the chapter's generator
DRAWS = re.compile(r"plt\.(?:subplots|figure)\(|plots\.images\(")
TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
CAPTION = re.compile(r"^\*\*Figure (\d+)\.(\d+)\.\*\*", re.M)
COMMENT = re.compile(r"#[^\n]*|\"\"\".*?\"\"\"", re.M | re.S)
FENCED = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.M | re.S)


def lint(path: Path) -> list[str]:
    """What is wrong with a notebook, each problem with its cell."""
    notebook = nbformat.read(path, as_version=4)
    number, found = int(path.name[:2]), []

    def say(cell, text):
        found.append(f"{path.parent.name}/{path.name}, cell {cell.id}: {text}")

    ids = [cell.id for cell in notebook.cells]
    for cell in notebook.cells:
        if ids.count(cell.id) > 1 or not re.fullmatch(
            r"[a-z0-9]+(-[a-z0-9]+)*", cell.id
        ):
            say(cell, "expected a cell id in kebab-case that stands once")
        if unknown := set(cell.metadata.get("tags", [])) - TAGS:
            say(
                cell,
                f"expected tags among {', '.join(sorted(TAGS))}; got {', '.join(sorted(unknown))}",
            )
        if cell.cell_type == "code":
            found += [
                f"{path.parent.name}/{path.name}, cell {cell.id}: {text}"
                for text in code_problems(cell)
            ]
        else:
            found += [
                f"{path.parent.name}/{path.name}, cell {cell.id}: {text}"
                for text in text_problems(cell, path, number)
            ]
    if path.parent.name == "chapters":
        found += [
            f"chapters/{path.name}: {text}"
            for text in chapter_problems(notebook, number)
        ]
    return found


def code_problems(cell) -> list[str]:
    """Outputs, length, width, alt text of a code cell."""
    found, tags = [], cell.metadata.get("tags", [])
    if cell.get("outputs") or cell.get("execution_count"):
        found.append("expected no outputs and no execution count. Run `make sync`")
    if "source" in tags or cell.source.startswith("# dlcourse:") or cell.id == "setup":
        return found
    lines = cell.source.splitlines()
    if len(lines) > MAX_LINES:
        found.append(f"expected at most {MAX_LINES} lines, got {len(lines)}")
    if wide := [line for line in lines if len(line) > MAX_COLUMNS]:
        found.append(
            f"expected at most {MAX_COLUMNS} columns, got {len(wide[0])}: {wide[0].strip()[:50]}"
        )
    if BRANCHES.search(cell.source) and not SAID.search(cell.source):
        found.append(
            "leaves something out on a backend, so it must print 'Skipped: ...'"
        )
    if TIMED.search(cell.source) and SHARED.search(cell.source):
        found.append(
            "a timed step draws from the chapter's rng, how often hangs on the machine: "
            "give it np.random.default_rng(size)"
        )
    has_alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    if (
        DRAWS.search(cell.source)
        and not re.search(r"^def draw", cell.source, re.M)
        and not has_alt
    ):
        found.append("draws, so it needs alt text in its metadata")
    return found


def text_problems(cell, path: Path, number: int) -> list[str]:
    """Markup that JupyterLab and Colab would show raw, dead links, empty alt texts."""
    found, text = [], FENCED.sub(lambda m: "`x`" if m[1] is None else "", cell.source)
    for what, pattern in (
        ("directive, role or target", DIRECTIVE),
        ("HTML beyond <details>", HTML),
    ):
        if match := pattern.search(text):
            found.append(f"expected no {what}, got {match[0].strip()[:40]!r}")
    if re.search(r"!\[\s*\]\(", text):
        found.append("a picture without alt text")
    found += [
        f"a link to nothing: {target}"
        for target in LINK.findall(text)
        if not (path.parent / target).resolve().exists()
    ]
    if TRANSPOSE.search(text):
        found.append(r"expected \top for the transpose, got ^T (book/notation.md)")
    if text.count("$$") % 2:
        found.append("expected $$ in pairs")
    if re.search(r"\\begin\{(align|equation|gather)\*?\}", text):
        found.append(
            "expected `aligned` inside $$, got a bare align, equation or gather"
        )
    return found


def chapter_problems(notebook, number: int) -> list[str]:
    """Order, headings, tags, predictions and asserts of a chapter."""
    found, cells = [], notebook.cells
    text = "\n\n".join(
        FENCED.sub("", cell.source) for cell in cells if cell.cell_type == "markdown"
    )
    if len(re.findall(r"^# ", text, re.M)) != 1 or not re.search(
        rf"^# {number}\. \S", text, re.M
    ):
        found.append(f"expected one title, '# {number}. ...'")
    sections = [
        int(minor) for minor in re.findall(rf"^## {number}\.(\d+) ", text, re.M)
    ]
    if sections != list(range(1, len(sections) + 1)):
        found.append(f"expected sections numbered in order, got {sections}")
    ends = [
        heading for heading in re.findall(r"^## (.+)$", text, re.M) if heading in ENDS
    ]
    if ends != ENDS:
        found.append(
            f"expected the sections {', '.join(ENDS)} at the end, got {', '.join(ends) or 'none'}"
        )
    code = [cell for cell in cells if cell.cell_type == "code"]
    if not code or code[0].id != "setup":
        found.append("expected the first code cell to be `setup`")
    if missing := REQUIRED_TAGS - {
        tag for cell in cells for tag in cell.metadata.get("tags", [])
    }:
        found.append(f"expected cells tagged {', '.join(sorted(missing))}")
    if "**Recall.**" not in text or "<details>" not in text:
        found.append(
            "expected recall questions, '**Recall.** ...', with answers in <details>"
        )
    for lead in ("Prediction.", "Watch out."):
        if f"> **{lead}**" not in text:
            found.append(f"expected a box '> **{lead}** ...'")
    for kind, pattern in (("equations", TAG), ("figures", CAPTION)):
        numbers = [(int(major), int(minor)) for major, minor in pattern.findall(text)]
        if numbers != [(number, k + 1) for k in range(len(numbers))]:
            found.append(
                f"expected {kind} numbered {number}.1, {number}.2, ... in order. Run `make numbers`"
            )
    tagged = {f"{a}.{b}" for a, b in TAG.findall(text)}
    for position, cell in enumerate(cells):
        comments = (
            " ".join(COMMENT.findall(cell.source)) if cell.cell_type == "code" else ""
        )
        for name in re.findall(rf"(?<!\w)\(({number}\.\d+)\)", comments):
            if name not in tagged and number > 0:
                found.append(
                    f"cell {cell.id}: a comment names ({name}), which is no equation"
                )
        tags = cell.metadata.get("tags", [])
        if "experiment" in tags and "Prediction." not in "".join(
            c.source for c in cells[max(0, position - 3) : position]
        ):
            found.append(f"cell {cell.id}: expected a prediction before the experiment")
        if {"experiment", "watch-out"} & set(tags) and not re.search(
            r"\bassert\b|assert_|\.prove\(", cell.source
        ):
            following = cells[position + 1].source if position + 1 < len(cells) else ""
            if not re.search(r"\bassert\b|assert_", following):
                found.append(f"cell {cell.id}: expected the result to be asserted")
        if cell.metadata.get("mystnb") and DRAWS.search(cell.source):
            following = cells[position + 1] if position + 1 < len(cells) else None
            if following is None or not CAPTION.match(following.source):
                found.append(
                    f"cell {cell.id}: expected a caption '**Figure {number}.k.** ...' in the next cell"
                )
    return found


def renumber(paths: list[Path]) -> None:
    """Number equations and figures in order and carry the new numbers into every reference."""
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    equations, figures = {}, {}
    for path, notebook in notebooks.items():
        number = int(path.name[:2])
        for table, pattern in ((equations, TAG), (figures, CAPTION)):
            seen = [
                m
                for c in notebook.cells
                if c.cell_type == "markdown"
                for m in pattern.findall(c.source)
            ]
            if len(set(seen)) != len(seen):
                raise SystemExit(
                    f"{path.name}: a number stands twice, so its references are ambiguous: {seen}"
                )
            table |= {f"{a}.{b}": f"{number}.{k + 1}" for k, (a, b) in enumerate(seen)}
    for path, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.source = COMMENT.sub(lambda m: refer(m[0], equations), cell.source)
                continue
            text = re.sub(
                r"\\tag\{([\d.]+)\}",
                lambda m: f"\\tag{{{equations.get(m[1], m[1])}}}",
                cell.source,
            )
            text = re.sub(
                r"Figure (\d+\.\d+)",
                lambda m: f"Figure {figures.get(m[1], m[1])}",
                text,
            )
            cell.source = refer(text, equations)
        path.write_text(write(notebook), "utf-8")


def refer(text: str, equations: dict[str, str]) -> str:
    """(7.3) in a text replaced by its new number."""
    return re.sub(
        r"(?<!\w)\((\d+\.\d+)\)", lambda m: f"({equations.get(m[1], m[1])})", text
    )


def notebooks(*folders: str) -> list[Path]:
    """The notebooks of these folders, in order."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).glob("[0-9][0-9]_*.ipynb"))
    ]


if __name__ == "__main__":
    if "--renumber" in sys.argv[1:]:
        renumber(notebooks("chapters"))
    problems = [
        text
        for path in notebooks("chapters", "solutions", "exercises")
        for text in lint(path)
    ]
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
