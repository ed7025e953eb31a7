"""One source, three readers: a chapter shows no raw markup as plain Markdown with MathJax, nor in JupyterLab."""

import html
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from lint import ROOT, notebooks
from markdown_it import MarkdownIt

from browser.pages import BAD_MATHEMATICS, served

MATHJAX = ROOT / "book/_static/vendor/mathjax/tex-mml-chtml.js"
CHAPTERS = notebooks("chapters", "exercises")
MATH = re.compile(r"\$\$.+?\$\$|(?<![\\$\w])\$(?!\s)[^$]+?(?<!\s)\$(?!\w)", re.S)
CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.M | re.S)
RAW = re.compile(
    r"\$\$|\\tag|\\begin\{|\\frac|\*\*\w|:::|\{[a-z]+\}`|^\(\S+\)=|<!--|</?\w+>|^\s*> ",
    re.M,
)
PROSE = """() => [...document.querySelectorAll("SELECTOR")].map(root => {
  const copy = root.cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container, .MathJax, mjx-assistive-mml").forEach(n => n.remove());
  return copy.textContent;
}).join("\\n")"""
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


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory, needs):
    """A JupyterLab of our own on loopback, showing all cells at once; its address."""
    lab = Path(sys.executable).parent / "jupyter-lab"
    needs("JupyterLab", lab.is_file())
    folder = tmp_path_factory.mktemp("lab")
    settings = folder / "settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(
        json.dumps({"windowingMode": "none"})
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        lab, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=",
        f"--ServerApp.root_dir={ROOT}", f"--LabApp.user_settings_dir={folder / 'settings'}",
        f"--LabApp.workspaces_dir={folder}", "--ServerApp.disable_check_xsrf=True",
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail(
                "JupyterLab did not start:\n" + (folder / "log").read_text()[-2000:]
            )
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.browser
@pytest.mark.parametrize("path", notebooks("chapters"), ids=lambda path: path.stem)
def test_jupyterlab(browser, jupyterlab, path: Path):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{jupyterlab}/lab/tree/{path.relative_to(ROOT)}?reset")
    expected = sum(
        c.cell_type == "markdown" for c in nbformat.read(path, as_version=4).cells
    )
    page.wait_for_function(
        f"document.querySelectorAll('.jp-MarkdownCell .jp-RenderedMarkdown').length >= {expected}",
        timeout=90_000,
    )
    page.wait_for_function(
        "document.querySelectorAll('mjx-container').length > 20", timeout=60_000
    )
    page.wait_for_timeout(1500)
    errors = page.evaluate(BAD_MATHEMATICS)
    text = page.evaluate(
        PROSE.replace("SELECTOR", ".jp-MarkdownCell .jp-RenderedMarkdown")
    )
    page.close()
    assert errors == []
    assert [match[0] for match in RAW.finditer(text.replace("¶", ""))] == []
