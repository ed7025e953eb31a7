"""The whole book as one PDF: python tools/paper.py

Sphinx' LaTeX builder reads the same sources as the pages, changed where paper differs: the set-up cells are left out, folded
answers stand open, a player shows its first picture, drawings in SVG become PDF. latexmk sets what it writes with XeLaTeX. A
character without a glyph, a reference to nothing or a file that is not there is an error.
"""

import html
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import yaml
from execute import execute, verified
from project import BookError, Project, edition
from stage import sources, write_tree

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = {
    "xelatex": "texlive-xetex",
    "latexmk": "latexmk",
    "makeindex": "texlive-binaries",
    "rsvg-convert": "librsvg2-bin",
}
PACKAGES = (
    "texlive-xetex texlive-latex-extra texlive-fonts-recommended latexmk librsvg2-bin "
    "fonts-freefont-otf fonts-dejavu"
)
NAME = "deep-learning-run-line-by-line"
SUMMARY = re.compile(r"<details>\s*<summary>(.*?)</summary>", re.S)
PICTURE = re.compile(r'<img alt="([^"]*)"[^>]*src="data:image/png;base64,([^"]+)"')
FAULTS = (  # what latexmk's log says of a page that is not right
    re.compile(r"^Missing character: .*", re.M),
    re.compile(r"^LaTeX Warning: (?:Reference|Hyper reference|Citation) .*", re.M),
    re.compile(r"^Package hyperref Warning: Hyper reference .*", re.M),
    re.compile(r"^.*(?:File|file) [`'].*' not found.*", re.M),
    re.compile(r"^! .*", re.M),
)

# The text carries the numbers, as on the pages. Fonts with the signs that code and tables need.
PREAMBLE = r"""
\setcounter{secnumdepth}{-1}
\setcounter{tocdepth}{1}
\setlength{\headheight}{14pt}
\usepackage{graphicx}
\usepackage{caption}
\captionsetup{labelformat=empty}
\providecommand{\lt}{<}\providecommand{\gt}{>}
\allowdisplaybreaks
\sphinxsetup{verbatimwrapslines=true, verbatimforcewraps=true, TitleColor={HTML}{0A6B5C}, InnerLinkColor={HTML}{0B6285},
  OuterLinkColor={HTML}{0B6285}, VerbatimColor={HTML}{F5F7F9}, VerbatimBorderColor={HTML}{D9DFE6},
  noteBorderColor={HTML}{0A6B5C}}
"""
FONTS = r"""
\setmainfont{FreeSerif}[Extension=.otf, UprightFont=*, ItalicFont=*Italic, BoldFont=*Bold, BoldItalicFont=*BoldItalic]
\setsansfont{FreeSans}[Extension=.otf, UprightFont=*, ItalicFont=*Oblique, BoldFont=*Bold, BoldItalicFont=*BoldOblique]
\setmonofont{DejaVuSansMono}[Extension=.ttf, Scale=0.8, UprightFont=*, ItalicFont=*-Oblique, BoldFont=*-Bold,
  BoldItalicFont=*-BoldOblique]
"""
TITLE_PAGE = r"""
\begin{titlepage}\centering\sffamily
\vspace*{2.2cm}{\Huge\bfseries @TITLE@\par}\vspace{1.2cm}
\includegraphics[width=0.86\linewidth]{cover.pdf}\par\vspace{1.2cm}
{\Large @AUTHOR@\par}\vspace{0.4cm}{\large Edition @EDITION@, last verified @DAY@\par}
\vfill\normalfont\small
Text and figures: Creative Commons Attribution 4.0 International (CC BY 4.0), \url{https://creativecommons.org/licenses/by/4.0/}.\par
Code: BSD 3-Clause License.\par
The interactive edition, the code and the exercises: \url{@ADDRESS@}\par
\end{titlepage}
"""


def need_programs() -> None:
    """BookError says what is missing and how Debian and Ubuntu get it."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise BookError(
            f"make pdf needs {', '.join(missing)}. Debian and Ubuntu: apt install {PACKAGES}"
        )


# -- the sources, changed for paper


def for_paper(tree: dict[str, bytes]) -> dict[str, bytes]:
    """The staged files as LaTeX needs them."""
    found = {}
    for name, content in tree.items():
        if name.endswith(".svg"):
            found[name.removesuffix(".svg") + ".pdf"] = drawing(content)
        elif name.endswith(".md") and name != "genindex.md":
            found[name] = opened(content.decode()).encode()
        elif name.endswith(".ipynb"):
            found[name] = json.dumps(notebook(json.loads(content))).encode()
        else:
            found[name] = content
    toc = yaml.safe_load(tree["_toc.yml"])
    found["_toc.yml"] = yaml.safe_dump(contents(toc)).encode()
    found["contents.md"] = f"# {title(tree)}\n".encode()
    first = f"{toc['root']}.md"
    found[first] = re.sub(
        r"\A# .*", "# About this book", found[first].decode()
    ).encode()
    return found


def title(tree: dict[str, bytes]) -> str:
    """The book's title."""
    return yaml.safe_load(tree["_config.yml"])["title"]


def contents(toc: dict) -> dict:
    """The table of contents with its first page as a chapter of its own; LaTeX makes the index."""
    parts = [
        {**part, "chapters": [c for c in part["chapters"] if c["file"] != "genindex"]}
        for part in toc["parts"]
    ]
    about = {"caption": "Contents", "chapters": [{"file": toc["root"]}]}
    return {
        **toc,
        "root": "contents",
        "parts": [about, *(part for part in parts if part["chapters"])],
    }


@cache
def drawing(svg: bytes) -> bytes:
    """An SVG as PDF."""
    command = ["rsvg-convert", "--format", "pdf"]
    return subprocess.run(command, input=svg, capture_output=True, check=True).stdout


def opened(text: str) -> str:
    """Markdown with its folded boxes open and its drawings as PDF."""
    text = SUMMARY.sub(lambda found: f"**{found[1].strip().rstrip('.')}.**", text)
    text = text.replace("</details>", "")
    return re.sub(r"(images/[\w-]+)\.svg\b", r"\1.pdf", text)


def notebook(found: dict) -> dict:
    """A notebook without its set-up cell, its outputs as paper can show them."""
    cells = [c for c in found["cells"] if "setup" not in c["metadata"].get("tags", [])]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for each in cell["outputs"] for o in output(each)]
        else:
            cell["source"] = opened("".join(cell["source"]))
    return {**found, "cells": cells}


def output(found: dict) -> list[dict]:
    """An output as paper shows it: a player's first picture and its sentence, a table of HTML as one of Markdown."""
    page = "".join(found.get("data", {}).get("text/html", ""))
    if picture := PICTURE.search(page):
        says = html.unescape(picture[1])
        return [shown("image/png", picture[2]), shown("text/markdown", f"*{says}*")]
    if "<table" in page:
        return [shown("text/markdown", Table.markdown(page))]
    return [found]


def shown(kind: str, content: str) -> dict:
    """An output of one kind."""
    return {"output_type": "display_data", "metadata": {}, "data": {kind: content}}


class Table(HTMLParser):
    """The tables that our reports print, as Markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.words = ""
        self.caption = ""

    @classmethod
    def markdown(cls, page: str) -> str:
        """A caption and a table in Markdown."""
        reader = cls()
        reader.feed(page)
        head, *body = reader.rows
        lines = [head, [":--"] * len(head), *body]
        rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{reader.caption}\n\n{rows}" if reader.caption else rows

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th", "caption"):
            self.words = ""

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.rows[-1].append(self.words.strip().replace("|", r"\|"))
        elif tag == "caption":
            self.caption = self.words.strip()


# -- LaTeX


def settings(project: Project, config: dict, day: str) -> dict:
    """What Sphinx' LaTeX builder is told."""
    page = TITLE_PAGE
    for name, text in {
        "TITLE": config["title"].replace(", ", ",\\\\[0.3em] "),
        "AUTHOR": config["author"],
        "EDITION": edition(project),
        "DAY": day,
        "ADDRESS": project.repository,
    }.items():
        page = page.replace(f"@{name}@", text)
    return {
        "external_toc_path": str(paper(project) / "src/_toc.yml"),
        "master_doc": "contents",
        "root_doc": "contents",
        "latex_individualpages": False,
        "nb_render_markdown_format": "gfm",
        "latex_engine": "xelatex",
        "latex_use_xindy": False,
        "latex_additional_files": [
            str(paper(project) / "src/book/images/cover.pdf"),
        ],
        "latex_documents": [
            ("contents", f"{NAME}.tex", config["title"], config["author"], "manual")
        ],
        "latex_elements": {
            "papersize": "a4paper",
            "pointsize": "10pt",
            "extraclassoptions": "openany,oneside",
            "fncychap": "",
            "fontpkg": FONTS,
            "preamble": PREAMBLE,
            "maketitle": page,
            "figure_align": "H",
        },
    }


def paper(project: Project) -> Path:
    """The folder in which the PDF is made."""
    return project.build / "paper"


def faults(log: str) -> list[str]:
    """The lines of a log that tell of what a reader would miss."""
    joined = re.sub(r"(?<=.{79})\n", "", log)  # TeX breaks its lines there
    return sorted({m[0] for fault in FAULTS for m in fault.finditer(joined)})


def pdf(project: Project) -> Path:
    """Make the PDF; BookError where anything is missing in it."""
    need_programs()
    found = execute(project)
    tree = for_paper(sources(project, found))
    config = yaml.safe_load(tree["_config.yml"])
    extensions = config["sphinx"]["local_extensions"]
    extensions["book_paper"] = next(iter(extensions.values()))
    tree["_config.yml"] = yaml.safe_dump(config, allow_unicode=True).encode()
    source = paper(project) / "src"
    write_tree(source, tree)
    day = min(verified(project, found).values(), default="never")
    written(project, settings(project, config, day))
    return typeset(project)


def written(project: Project, overrides: dict) -> None:
    """The LaTeX sources, by Sphinx with warnings as errors."""
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import nocolor

    nocolor()
    source = paper(project) / "src"
    code = build_sphinx(
        source,
        paper(project) / "tex",
        builder="latex",
        noconfig=True,
        path_config=source / "_config.yml",
        doctreedir=paper(project) / "doctrees",
        confoverrides=overrides,
        freshenv=True,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    if code != 0:
        raise BookError("the LaTeX sources were not written cleanly; see above")


def typeset(project: Project) -> Path:
    """Run latexmk, read its log, put the PDF beside the pages."""
    folder = paper(project) / "tex"
    command = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-silent", NAME]
    run = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
    )
    log = folder / f"{NAME}.log"
    said = log.read_text("utf-8", "replace") if log.is_file() else run.stdout
    if wrong := faults(said):
        shown = "\n".join(wrong[:40])
        raise BookError(f"{len(wrong)} faults in {log}:\n{shown}")
    if run.returncode:
        raise BookError(f"latexmk failed; see {log}\n{run.stdout[-2000:]}")
    target = project.root / "book/_build/pdf" / f"{NAME}.pdf"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / f"{NAME}.pdf", target)
    return target


if __name__ == "__main__":
    try:
        with (project := Project(ROOT)).alone():
            print("the book:", pdf(project).relative_to(ROOT))
    except BookError as error:
        sys.exit(f"error: {error}")
