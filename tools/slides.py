"""Slides of each chapter, for instructors: python tools/slides.py [05 07]

Nothing is written twice: the slides come from the chapters by rules, and open without a network.

- A section is a horizontal slide, what is in it goes down; "###" opens a slide of its own.
- Shown are the first sentence of a section, displays with the sentence that leads to them (a key press each), lists, tables,
  boxes, figures with their captions, demos, and what experiments print. All other text is in the speaker's notes (key S).
- Code is shown where a cell has the tag `twin`, `source` or `slide`; `no-slide` hides a cell, and `slide` on a text cell
  shows all of its text. Set-up cells and boxes marked "Deeper" are skipped.
"""

import argparse
import html
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from execute import Chapter, execute, outputs
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from project import BookError, Project, edition
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from vendor import SLIDES, vendor

ROOT = Path(__file__).resolve().parents[1]
STYLE = HtmlFormatter(style="a11y-high-contrast-light", nowrap=False)
SHOWN = {"twin", "source", "slide"}
ROOM = 13  # lines that fit on a slide
LEAD = re.compile(r"\*\*(Watch out|Prediction|Deeper|Recall)\.\*\*")
SENTENCE = re.compile(r"(?<=[.:!?])\s+(?=[A-Z*$])(?=(?:[^$]*\$[^$]*\$)*[^$]*$)")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="assets/reveal/reveal.css"><link rel="stylesheet" href="assets/slides.css">
<style>{style}</style></head>
<body><div class="reveal"><div class="slides">
{body}
</div></div>
<script src="assets/slides.js"></script>
<script src="assets/mathjax/tex-mml-chtml.js"></script>
<script src="assets/reveal/reveal.js"></script><script src="assets/reveal/plugin/notes.js"></script>
</body></html>
"""


@dataclass
class Item:
    """A piece of a slide, and the lines that it takes."""

    page: str
    lines: float
    step: bool = False  # waits for a key press


@dataclass
class Slide:
    """What is shown, and what is said."""

    title: str
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def page(self) -> str:
        """The slide as HTML."""
        shown = "\n".join(
            f'<div class="fragment">{item.page}</div>' if item.step else item.page
            for item in self.items
        )
        notes = "\n".join(self.notes)
        said = f'<aside class="notes">{notes}</aside>' if notes else ""
        return f"<section>\n{self.title}\n{shown}\n{said}\n</section>"


# -- Markdown


def mathematics(content: str, options: dict) -> str:
    """A formula as MathJax finds it."""
    opening, closing = ("\\[", "\\]") if options["display_mode"] else ("\\(", "\\)")
    return f"{opening}{html.escape(content.strip(), quote=False)}{closing}"


def reader() -> MarkdownIt:
    """The Markdown of the chapters."""
    options = {"allow_labels": False, "double_inline": True, "renderer": mathematics}
    found = MarkdownIt("commonmark", {"html": True}).enable("table")
    found.use(dollarmath_plugin, **options)
    found.add_render_rule("link_open", link_open)
    return found


def link_open(_self, tokens: list[Token], index: int, *_: object) -> str:
    """Links between chapters lead to their slides, those into the book nowhere."""
    address = str(tokens[index].attrs["href"])
    if chapter := re.fullmatch(r"(\d\d_\w+)\.ipynb(#.*)?", address):
        address = f"{chapter[1]}.html"
    elif not address.startswith("http"):
        return "<a>"
    return f'<a href="{html.escape(address)}">'


READER = reader()


def blocks(source: str) -> Iterator[tuple[str, str, list[Token]]]:
    """(kind, source, tokens) of each block at the top level; a folded answer is one block."""
    lines, tokens = source.splitlines(keepends=True), READER.parse(source)
    found, folded = [], 0
    for token in tokens:
        found.append(token)
        if token.type == "html_block":
            folded += token.content.count("<details") - token.content.count("</detail")
        if token.level or token.nesting == 1 or folded:
            continue
        kind = found[0].type.removesuffix("_open")
        spans = [t.map for t in found if t.map]
        text = "".join(lines[spans[0][0] : max(end for _, end in spans)])
        yield kind, text, found
        found = []


def rendered(tokens: list[Token]) -> str:
    """Tokens as HTML."""
    return READER.renderer.render(tokens, READER.options, {})


def sentences(source: str) -> list[str]:
    """The sentences of a paragraph; none ends inside a formula."""
    return [part for part in SENTENCE.split(" ".join(source.split())) if part]


def height(source: str) -> float:
    """About how many lines a block of Markdown takes on a slide."""
    if "$$" in source:
        return 1.5 + 1.1 * (source.count("\\\\") + source.count("\\frac"))
    return sum(max(1, -(-len(line) // 75)) for line in source.strip().splitlines())


# -- the rules


class Deck:
    """The slides of one chapter as its cells are read."""

    def __init__(self) -> None:
        self.stacks: list[list[Slide]] = []
        self.section = self.heading = ""
        self.before = ""  # the last sentence of the paragraph before

    @property
    def now(self) -> Slide:
        return self.stacks[-1][-1]

    def stack(self, title: str, tag: str = "h2") -> None:
        """The next slide to the right."""
        self.section = self.heading = READER.renderInline(title)
        self.stacks.append([Slide(f"<{tag}>{self.section}</{tag}>")])

    def down(self, heading: str | None = None) -> None:
        """The next slide below; an empty one is taken."""
        self.heading = heading or self.heading
        title = f"<h3>{self.heading}</h3>"
        if not self.now.items and self.now is not self.stacks[-1][0]:
            self.now.title = title
        else:
            self.stacks[-1].append(Slide(title))

    def show(self, page: str, lines: float, step: bool = False) -> None:
        """Put a piece where there is room for it."""
        used = sum(item.lines for item in self.now.items)
        if self.now.items and used + lines > ROOM:
            self.down()
        self.now.items.append(Item(page, lines, step))

    def alone(self, page: str) -> None:
        """A slide for one thing."""
        if self.now.items:
            self.down()
        self.now.items.append(Item(page, ROOM))

    # text

    def text(self, source: str, tags: set[str]) -> None:
        """A Markdown cell."""
        for kind, block, tokens in blocks(source):
            self.block(kind, block, tokens, "slide" in tags)
            if kind != "paragraph" and not block.startswith("<!--"):
                self.before = ""

    def block(self, kind: str, source: str, tokens: list[Token], whole: bool) -> None:
        """One block of Markdown, by its kind."""
        page = rendered(tokens)
        if kind == "heading":
            self.title(tokens)
        elif kind == "blockquote":
            self.box(source)
        elif kind == "html_block":
            self.folded(page)
        elif kind == "paragraph":
            self.paragraph(source, page, whole)
        elif kind == "math_block":
            lead = READER.render(self.before) if self.before else ""
            lines = height(source) + height(self.before)
            self.show(lead + page, lines, bool(self.now.items))
        elif kind in ("bullet_list", "ordered_list", "table"):
            self.show(page, height(source))
        else:
            self.now.notes.append(page)

    def title(self, tokens: list[Token]) -> None:
        """A heading opens a slide."""
        level, text = tokens[0].tag, tokens[1].content
        if level in ("h1", "h2"):
            self.stack(text, level)
        else:
            self.down(READER.renderInline(text))

    def box(self, source: str) -> None:
        """A box stands alone; what goes further is left out."""
        text = re.sub(r"^> ?", "", source, flags=re.M)
        lead = LEAD.match(text)
        if lead and lead[1] == "Deeper":
            return
        if lead and lead[1] == "Recall":
            self.down()
        kind = lead[1].lower().replace(" ", "-") if lead else "quote"
        body = READER.render(text)
        if height(text) > ROOM / 2:
            self.alone(f'<div class="box {kind}">{body}</div>')
        else:
            self.show(f'<div class="box {kind}">{body}</div>', height(text) + 1)

    def folded(self, page: str) -> None:
        """A folded answer comes with a key press."""
        if "<details" not in page:
            return
        words = len(re.sub(r"<[^>]+>", "", page)) / 75
        opened = re.sub(r"<details>\s*<summary>.*?</summary>", "", page, flags=re.S)
        self.show(
            f'<div class="answer">{opened.replace("</details>", "")}</div>',
            words + 1,
            True,
        )

    def paragraph(self, source: str, page: str, whole: bool) -> None:
        """A caption, the first sentence of a section, or words for the speaker."""
        parts = sentences(source)
        if source.startswith("**Figure"):
            self.now.items.append(
                Item(f'<p class="caption">{READER.renderInline(source)}</p>', 0)
            )
            return
        first = not self.now.items and len(self.stacks[-1]) == 1
        if whole or first:
            shown = source if whole else parts[0]
            self.show(READER.render(shown), height(shown))
        self.now.notes.append(page)
        self.before = parts[-1] if not first or len(parts) > 1 else ""

    # code

    def code(self, cell: dict, results: list[dict]) -> None:
        """A code cell: its source where it is tagged, its results."""
        tags = set(cell["metadata"].get("tags", []))
        if SHOWN & tags:
            source = "".join(cell["source"])
            self.down()
            long = ' class="long"' if source.count("\n") > 18 else ""
            self.alone(f"<div{long}>{highlight(source, PythonLexer(), STYLE)}</div>")
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        for result in joined(results):
            self.result(result, tags, alt)

    def result(self, result: dict, tags: set[str], alt: str) -> None:
        """One output."""
        data = result.get("data", {})
        if picture := data.get("image/png"):
            self.alone(
                f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{"".join(picture).strip()}">'
            )
        elif page := data.get("text/html"):
            self.alone(f'<div class="output">{"".join(page)}</div>')
        elif result.get("name") == "stdout" and tags & {"experiment", *SHOWN}:
            text = "".join(result["text"]).rstrip()
            if 0 < text.count("\n") + 1 <= ROOM:
                self.show(f"<pre>{html.escape(text)}</pre>", text.count("\n") + 2)

    def page(self) -> str:
        """All slides as HTML; a stack that holds one is a plain slide."""
        pages = []
        for stack in self.stacks:
            kept = [s for s in stack if s.items or s.notes or s is stack[0]]
            inner = "\n".join(slide.page() for slide in kept)
            pages.append(inner if len(kept) == 1 else f"<section>{inner}</section>")
        return "\n".join(pages)


def joined(results: list[dict]) -> list[dict]:
    """Outputs with what was printed piece by piece in one."""
    found: list[dict] = []
    for result in results:
        if found and result.get("name") and result["name"] == found[-1].get("name"):
            text = "".join(found[-1]["text"]) + "".join(result["text"])
            found[-1] = {**found[-1], "text": text}
        else:
            found.append(result)
    return found


def deck(notebook: dict, results: list[list[dict]]) -> Deck:
    """The slides of a notebook with its outputs."""
    found, code = Deck(), iter(results)
    for cell in notebook["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        result = next(code) if cell["cell_type"] == "code" else []
        if tags & {"setup", "no-slide"}:
            continue
        if cell["cell_type"] == "code":
            found.code(cell, result)
        else:
            found.text("".join(cell["source"]), tags)
    return found


# -- files


def slides(project: Project, numbers: list[str]) -> Path:
    """Write the slides of the chapters, all where none is named; returns their folder."""
    vendor(project.root)
    vendor(project.root, SLIDES, ".build/slides-vendor")
    folder = project.root / "book/_build/slides"
    assets(project, folder / "assets")
    config = yaml.safe_load((project.root / "book/_config.yml").read_text("utf-8"))
    entries = []
    for chapter in execute(project):
        name, page = chapter_page(project, chapter)
        entries.append(
            f'<li><a href="{chapter.name}.html">{html.escape(name)}</a></li>'
        )
        if not numbers or chapter.name[:2] in numbers:
            (folder / f"{chapter.name}.html").write_text(page, "utf-8")
    title = f"{config['title']}: slides, edition {edition(project)}"
    first = f"<section><h2>{title}</h2><ul>{''.join(entries)}</ul></section>"
    (folder / "index.html").write_text(written(title, first), "utf-8")
    return folder


def chapter_page(project: Project, chapter: Chapter) -> tuple[str, str]:
    """A chapter's title and its page of slides."""
    notebook = json.loads(chapter.path.read_text("utf-8"))
    name = re.search(r"^# (.+)$", "".join(notebook["cells"][0]["source"]), re.M)[1]
    found = deck(notebook, outputs(project, chapter))
    return name, written(name, found.page())


def written(title: str, body: str) -> str:
    """A page of slides."""
    style = STYLE.get_style_defs(".highlight")
    return PAGE.format(title=html.escape(title), style=style, body=body)


def assets(project: Project, folder: Path) -> None:
    """What every page of slides loads."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = {
        "mathjax": project.root / "book/_static/vendor/mathjax",
        "reveal": project.root / ".build/slides-vendor/reveal",
    }
    for name, source in copied.items():
        shutil.copytree(source, folder / name, dirs_exist_ok=True)
    for name in ("slides.css", "slides.js"):
        shutil.copyfile(Path(__file__).with_name(name), folder / name)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "chapter", nargs="*", help="two digits; all where none is named"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args()
    project = Project(options.root.resolve())
    try:
        with project.alone():
            folder = slides(project, options.chapter)
    except BookError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"slides in {folder}: open index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
