"""As plain Markdown with MathJax, a chapter shows no raw markup. (On the page: test_pages; in JupyterLab: test_lab.)"""

import html
import re
from pathlib import Path

import nbformat
import pytest
from lint import ROOT, notebooks
from markdown_it import MarkdownIt

from browser.pages import BAD_MATHEMATICS, PROSE, RAW, served

MATHJAX = ROOT / "book/_static/vendor/mathjax/tex-mml-chtml.js"
CHAPTERS = notebooks("chapters", "exercises")
MATH = re.compile(r"\$\$.+?\$\$|(?<![\\$\w])\$(?!\s)[^$]+?(?<!\s)\$(?!\w)", re.S)
CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.M | re.S)
PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>x</title>
<script>MathJax = {{tex: {{inlineMath: [["$", "$"]]}},
  loader: {{paths: {{fonts: "[mathjax]/fonts", sre: "[mathjax]/sre"}}}},
  options: {{menuOptions: {{settings: {{enrich: false, speech: false, braille: false}}}}}},
  startup: {{pageReady: () => MathJax.startup.defaultPageReady().then(() => {{ document.body.dataset.done = "yes"; }})}}
}};</script>
<script src="mathjax/tex-mml-chtml.js"></script>
<main>{body}</main>"""


def plain(notebook) -> str:
    """The Markdown cells as HTML by a plain CommonMark renderer; mathematics is kept for MathJax, as notebooks do."""
    render, cells = MarkdownIt("commonmark", {"html": True}).enable("table").render, []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        kept: list[str] = []

        def keep(match, kept=kept):
            kept.append(html.escape(match[0]))
            return f"@@{len(kept) - 1}@@"

        parts = CODE.split(cell.source)
        parts[::2] = [MATH.sub(keep, part) for part in parts[::2]]
        done = render("".join(parts))
        cells.append(re.sub(r"@@(\d+)@@", lambda m, kept=kept: kept[int(m[1])], done))
    return "\n".join(cells)


@pytest.mark.browser
@pytest.mark.parametrize(
    "path", CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_plain_markdown_with_mathjax(browser, needs, path: Path, tmp_path):
    needs("MathJax (`make html`)", MATHJAX.is_file())
    notebook = nbformat.read(path, as_version=4)
    (tmp_path / "mathjax").symlink_to(MATHJAX.parent)
    (tmp_path / "page.html").write_text(PAGE.format(body=plain(notebook)), "utf-8")
    page = browser.new_page()
    with served(tmp_path) as address:
        page.goto(f"{address}page.html")
        page.wait_for_function("document.body.dataset.done === 'yes'", timeout=60_000)
        errors, text = (
            page.evaluate(BAD_MATHEMATICS),
            page.evaluate(PROSE.replace("SELECTOR", "main")),
        )
        formulas = page.evaluate("document.querySelectorAll('mjx-container').length")
    page.close()
    assert errors == []
    assert [match[0] for match in RAW.finditer(text)] == []
    assert formulas > 0 or "$" not in "".join(cell.source for cell in notebook.cells)


def test_the_test_sees_raw_markup():
    for text in (
        "see {cite}`a`",
        ":::{note}",
        "$$",
        "**bold**",
        "(eq:dense)=",
        "<!-- x -->",
        "\\tag{7.1}",
    ):
        assert RAW.search(text), text
    assert not RAW.search("A line (7.3) with $5 and 3 < 4, a * b.")
