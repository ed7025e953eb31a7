"""The book as a PDF: a tiny book by XeLaTeX where it is installed, and the parts that change sources for paper."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import execute
import nbformat
import paper
import pytest
from lint import ROOT
from project import BookError, Project

PLAYER = '<div class="dl-player"><img alt="One &amp; two." style="x" src="data:image/png;base64,{png}"></div>'
REPORT = (
    "<table><caption>NumPy = Keras</caption><thead><tr><th>what</th><th>a|b</th></tr></thead>"
    "<tbody><tr><td>loss</td><td>✓ equal</td></tr></tbody></table>"
)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CODE = 'print("≥ → ∂ α ✓ −")  # ' + "a line that is far too long for the page " * 4
TEXT = """## 7.1 Chain rule

By (7.1), in section 7.1, and [a table](../book/intro.md):

<!-- eq:chain -->
$$
\\begin{aligned}
a &\\lt b
\\end{aligned}
\\tag{7.1}
$$

<details><summary>Answer</summary>

Folded words.

</details>

| a | b |
|---|---|
| $x \\odot y$ | “two” |
"""


def notebook(cells: list[tuple[str, str, list[str]]]) -> nbformat.NotebookNode:
    make = {"md": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    nodes = [
        make[kind](source, id=f"c{i}", metadata={"tags": tags})
        for i, (kind, source, tags) in enumerate(cells)
    ]
    language = {"name": "python", "pygments_lexer": "ipython3"}
    return nbformat.v4.new_notebook(cells=nodes, metadata={"language_info": language})


@pytest.fixture
def book(tmp_path: Path) -> Project:
    """A book of one chapter, as if it had been run."""
    files = {
        "book/_toc.yml": "format: jb-book\nroot: book/intro\nparts:\n- caption: One\n  chapters:\n  - file: chapters/07_back\n",
        "book/intro.md": "# Tiny\n\n![A net.](images/cover.svg)\n\nWords.\n",
        "book/references.bib": "",
        "book/glossary.md": "# Glossary\n",
        "pyproject.toml": (ROOT / "pyproject.toml").read_text("utf-8"),
        "book/_config.yml": (ROOT / "book/_config.yml").read_text("utf-8"),
        "book/images/cover.svg": (ROOT / "book/images/cover.svg").read_text("utf-8"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    for name in ("_ext", "_static", "_templates"):
        (tmp_path / "book" / name).symlink_to(ROOT / "book" / name)
    (tmp_path / "chapters").mkdir()
    cells = [
        ("md", "# 7. Backpropagation", []),
        ("code", "secret_setup = 1", ["setup"]),
        ("md", TEXT, []),
        ("code", CODE, []),
        ("md", "**Figure 7.1.** A picture.", []),
        ("code", "report", []),
    ]
    nbformat.write(notebook(cells), tmp_path / "chapters/07_back.ipynb")
    project = Project(tmp_path)
    results = [
        [],
        [paper.shown("text/html", PLAYER.format(png=PNG))],
        [paper.shown("text/html", REPORT)],
    ]
    (chapter,) = execute.chapters(project)
    chapter.cache(project).parent.mkdir(parents=True)
    run = {"seconds": 1.0, "date": "2026-01-02", "outputs": results}
    chapter.cache(project).write_text(json.dumps(run), "utf-8")
    return project


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::FutureWarning"
)  # Sphinx looks into every module, PyTorch's too
def test_a_tiny_book(book):
    """Set without a fault in the log, in less than a minute; the words of each part are in the PDF."""
    missing = [name for name in paper.PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"NOT TESTED: make pdf needs {', '.join(missing)}")
    begin = time.perf_counter()
    made = paper.pdf(book)
    assert time.perf_counter() - begin < 60
    assert made.read_bytes().startswith(b"%PDF")
    log = (paper.paper(book) / "tex" / f"{paper.NAME}.log").read_text("utf-8", "replace")  # fmt: skip
    assert "Output written on" in log and paper.faults(log) == []
    tex = (paper.paper(book) / "tex" / f"{paper.NAME}.tex").read_text("utf-8")
    assert "secret_setup" not in tex
    for words in ("Folded words.", "One & two.".replace("&", r"\&"), "last verified 2026-01-02", "CC BY 4.0", "BSD 3-Clause"):  # fmt: skip
        assert words in tex, words
    if shutil.which("pdftotext"):
        command = ["pdftotext", str(made), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # fmt: skip
        for words in ("7.1 Chain rule", "(7.1)", "≥ → ∂ α ✓ −", "✓ equal", "A picture"):
            assert words in text, words


def test_a_log_with_faults():
    log = (
        "Missing character: There is no ⅚ in font x!\n"
        "LaTeX Warning: Hyper reference `a:b' on page 1 undefined on input line 2.\n"
        "! Undefined control sequence.\nOverfull \\hbox\nLaTeX Font Warning: harmless\n"
        "LaTeX Warning: File `gone.png' not found on input line 3.\n"
    )
    found = paper.faults(log)
    assert len(found) == 4 and not any("harmless" in line for line in found)


def test_a_line_that_tex_broke_is_read_whole():
    line = "LaTeX Warning: Hyper reference `" + "x" * 60 + "' on page 1 undefined."
    assert paper.faults(f"{line[:79]}\n{line[79:]}\n") == [line]


def test_missing_programs_are_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(paper.shutil, "which", lambda name: None if name == "latexmk" else "/x")  # fmt: skip
    with pytest.raises(BookError, match=r"needs latexmk\. .*apt install .*latexmk"):
        paper.need_programs()


def test_folded_text_stands_open():
    text = paper.opened("<details><summary>Hint 1.</summary>\n\nWords.\n\n</details>\n![x](images/a.svg)")  # fmt: skip
    assert text == "**Hint 1.**\n\nWords.\n\n\n![x](images/a.pdf)"


def test_a_player_shows_its_first_picture_and_what_it_says():
    found = paper.output(paper.shown("text/html", PLAYER.format(png=PNG)))
    assert [*found[0]["data"]] == ["image/png"]
    assert found[1]["data"] == {"text/markdown": "*One & two.*"}


def test_a_report_becomes_a_table():
    (found,) = paper.output(paper.shown("text/html", REPORT))
    assert found["data"]["text/markdown"] == (
        "NumPy = Keras\n\n| what | a\\|b |\n| :-- | :-- |\n| loss | ✓ equal |"
    )
