"""The book's machinery on a small book: keys, names, references, staging."""

import base64
import io
import json
import sys
from pathlib import Path

import execute
import nbformat
import numpy as np
import pytest
import stage
from labels import collect, formulas_markdown
from PIL import Image
from project import BookError, Project
from references import references_markdown

ROOT = Path(__file__).resolve().parents[2]
BIB = """@article{rumelhart1986, author = {Rumelhart, David E. and Hinton, Geoffrey E.}, year = {1986},
 title = {Learning representations by back-propagating errors}, journal = {Nature}, volume = {323}, doi = {10.1038/323533a0}}"""
CHAPTER = [
    ("md", "intro", "# 7. Backpropagation"),
    ("code", "setup", "x = 1"),
    (
        "md",
        "chain",
        "## 7.1 Chain rule\n\n<!-- eq:chain -->\n$$ a = b \\tag{7.1} $$\n\n> $$ c \\tag{7.2} $$",
    ),
    ("code", "draw", "plot(x)"),
    (
        "md",
        "caption",
        "**Figure 7.1.** A picture.\n\n`<!-- eq:code -->` and `$$ \\tag{7.9} $$` are code.",
    ),
]


def write(path: Path, cells: list[tuple[str, str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    make = {"md": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    nodes = [
        make[kind](
            source, id=name, metadata={"tags": ["setup"]} if name == "setup" else {}
        )
        for kind, name, source in cells
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=nodes), path)


@pytest.fixture
def book(tmp_path: Path) -> Project:
    """A book of one chapter with exercises."""
    write(tmp_path / "chapters/07_back.ipynb", CHAPTER)
    write(
        tmp_path / "exercises/07_back.ipynb",
        [("md", "one", "# Exercises 7: Backpropagation\n\n## 7.1 One")],
    )
    for name, text in {
        "book/_toc.yml": "root: book/intro\nparts:\n- chapters:\n  - file: chapters/07_back\n    sections:\n    - file: exercises/07_back\n",
        "book/intro.md": "# Intro\n",
        "book/references.bib": BIB,
        "book/glossary.md": "# Glossary\n\n**gradient descent** (*steepest descent*): steps *against* the gradient.\n",
        "dlcourse/layers.py": '"""Book: eq:chain."""\n\n\nclass Dense:\n    """y. Book: eq:chain. Keras: Dense."""\n',
        "pyproject.toml": '[project]\nversion = "1.2.3"\n[project.urls]\nRepository = "https://github.com/some/book"\n',
        "book/_config.yml": (ROOT / "book/_config.yml").read_text("utf-8"),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return Project(tmp_path)


def key(book: Project) -> str:
    return execute.chapters(Project(book.root))[0].key


def test_prose_keeps_the_key_and_code_changes_it(book):
    before, path = key(book), book.root / "chapters/07_back.ipynb"
    write(path, [*CHAPTER, ("md", "more", "More prose.")])
    assert key(book) == before
    write(path, [*CHAPTER, ("code", "more", "y = 2")])
    assert key(book) != before
    write(path, [CHAPTER[0], CHAPTER[3], CHAPTER[1]])
    assert key(book) != before


@pytest.mark.parametrize(
    "name", ["dlcourse/layers.py", "dlcourse/results/a.json", "requirements.lock"]
)
def test_what_an_output_depends_on_changes_the_key(book, name):
    before, path = key(book), book.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("# changed\n", "utf-8")
    assert key(book) != before


def test_the_backend_changes_the_key(book, monkeypatch):
    before = key(book)
    monkeypatch.setenv("KERAS_BACKEND", "another")
    assert key(book) != before


def test_names_are_collected(book):
    names = collect(book)
    assert names.errors == []
    assert set(names.targets) == {
        "equation-7-1",
        "equation-7-2",
        "figure-7-1",
        "section-7-1",
        "exercise-7-1",
    }
    assert names.labels["eq:chain"] == {"number": "7.1", "doc": "chapters/07_back"}
    assert names.named["eq:chain"] == ["layers.py", "layers.py::Dense"]
    assert names.terms["gradient descent"]["forms"] == [
        "gradient descent",
        "steepest descent",
    ]
    assert names.citations["rumelhart1986"].startswith(
        "Rumelhart and Hinton (1986): Learning"
    )
    row = next(
        line
        for line in formulas_markdown(book, names).splitlines()
        if "eq:chain" in line and line.startswith("| [")
    )
    assert "(7.1)](../chapters/07_back.ipynb#equation-7-1)" in row
    assert "https://github.com/some/book/blob/main/dlcourse/layers.py" in row


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("$$ a \\tag{7.1} $$", "equation 7.1 stands twice"),
        ("$$ a \\tag{8.1} $$", "equation 8.1 in chapter 7"),
        (
            "<!-- eq:chain -->\n$$ a \\tag{7.3} $$",
            "eq:chain is also in chapters/07_back",
        ),
        ("<!-- eq:other -->\n$$ a $$", "labels a display without"),
        ("<!-- eq:other -->\n\n$$ a \\tag{7.3} $$", "is not on the line before"),
        ("**Figure 7.1.** Again.", "figure 7.1 stands twice"),
        ("$$ a \\tag{7.3} \\tag{7.4} $$", "2 tags in one display"),
    ],
)
def test_wrong_names_are_errors(book, text, error):
    write(book.root / "chapters/07_back.ipynb", [*CHAPTER, ("md", "wrong", text)])
    assert any(error in found for found in collect(book).errors)


def test_a_docstring_that_names_nothing_is_an_error(book):
    (book.root / "dlcourse/layers.py").write_text('"""Book: eq:chian."""\n', "utf-8")
    with pytest.raises(BookError, match="names eq:chian, but no chapter has"):
        stage.registry(book)


def test_a_page_missing_from_the_disk_is_an_error(book):
    (book.root / "chapters/07_back.ipynb").unlink()
    with pytest.raises(BookError, match=r"no such file: chapters/07_back\.ipynb"):
        _ = book.chapters


def test_references_have_anchors_and_addresses(book):
    page = references_markdown(book.root)
    assert (
        '<a id="rumelhart1986"></a>Rumelhart, D. E. and Hinton, G. E. (1986). Learning'
        in page
    )
    assert "[doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)" in page
    (book.root / "book/references.bib").write_text(
        "@misc{a, title = {No year}}", "utf-8"
    )
    with pytest.raises(BookError, match="a needs author"):
        references_markdown(book.root)


def test_staging_attaches_outputs_and_leaves_unchanged_files_alone(book):
    chapter = execute.chapters(book)[0]
    output = {"output_type": "stream", "name": "stdout", "text": "one\n"}
    chapter.cache(book).parent.mkdir(parents=True)
    chapter.cache(book).write_text(
        json.dumps({"seconds": 1.0, "outputs": [[output], []]}), "utf-8"
    )
    (book.source / "book").mkdir(parents=True)
    (book.source / "book/gone.md").write_text("# Gone\n", "utf-8")
    stage.stage(book, [chapter])
    staged = book.source / "chapters/07_back.ipynb"
    cells = [
        cell
        for cell in nbformat.read(staged, as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert cells[0].outputs[0].text == "one\n"
    assert "hide-input" in cells[0].metadata.tags
    assert not (book.source / "book/gone.md").exists()
    before = {
        path: path.stat().st_mtime_ns
        for path in book.source.rglob("*")
        if path.is_file()
    }
    stage.stage(book, [chapter])
    assert before == {
        path: path.stat().st_mtime_ns
        for path in book.source.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("From (7.1) follows", ["equation-7-1"]),
        ("an error of (0.85), a mean (7.75), a share (7.05)", []),
        ("by Figures 7.1 and section 7.1", ["figure-7-1", "section-7-1"]),
        ("a median (0.1)", []),
    ],
)
def test_which_numbers_are_references(text, links, extensions, monkeypatch):
    import book_links
    from docutils import nodes

    targets = {
        name: {"doc": "x", "title": "t"}
        for name in ("equation-7-1", "equation-0-1", "figure-7-1", "section-7-1")
    }
    found, complaints = [], []
    transform = book_links.TextReferences.__new__(book_links.TextReferences)
    transform.document = None
    monkeypatch.setattr(book_links.TextReferences, "env", None)
    monkeypatch.setattr(book_links.TextReferences, "app", None)
    monkeypatch.setattr(book_links, "names", lambda _: {"targets": targets})
    monkeypatch.setattr(book_links, "use", lambda *_: None)
    monkeypatch.setattr(book_links, "chapter_of", lambda _: 7)
    monkeypatch.setattr(
        book_links,
        "link",
        lambda _env, _target, anchor, *_: found.append(anchor) or nodes.inline("", "x"),
    )
    monkeypatch.setattr(
        transform,
        "complain",
        lambda message, _: complaints.append(message),
        raising=False,
    )
    where = nodes.Text(text)
    nodes.paragraph("", "", where)
    for match in book_links.REFERENCE.finditer(text):
        transform.lift(match, text[: match.start()], where)
    assert found == links
    assert complaints == []
    assert "book_links" in sys.modules


@pytest.mark.parametrize(
    ("text", "is_table"),
    [
        ("unit  R  gamma\ndm    1  0.063\nor    2  0.1", True),
        ("┃ Layer ┃ Params ┃", True),
        ("plain   accuracy 0.10, after ten epochs 0.20\n" * 9, False),
        ("unit  R  gamma\ndm    1  0.063", False),
        ("", False),
    ],
)
def test_printed_tables_keep_their_columns(text, is_table, extensions):
    import book_accessible

    assert book_accessible.aligned(text) == is_table


def test_a_per_cent_sign_stays_with_its_number(extensions):
    import portable_markdown
    from docutils import nodes, utils

    document = utils.new_document("x")
    words = nodes.paragraph("", "", nodes.Text("at 40 % of "), nodes.literal("", "5 %"))
    document += [words, nodes.math_block("", "3 %")]
    portable_markdown.HeldUnits(document).apply()
    assert document.astext().replace("\xa0", "_") == "at 40_% of 5 %\n\n3 %"


def png(colours: int, **more) -> str:
    """A picture of so many columns, each of a colour of its own."""
    columns = np.stack([np.arange(colours) % 256, np.arange(colours) // 256], axis=-1)
    pixels = np.zeros((40, colours, 3), np.uint8)
    pixels[..., :2] = columns
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png", compress_level=0, **more)
    return base64.b64encode(buffer.getvalue()).decode()


def opened(output: dict) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"])))


def test_pictures_of_a_page_are_light_and_look_the_same():
    output = {"output_type": "display_data", "data": {"image/png": png(900, dpi=(72, 72)), "text/plain": "figure"}}  # fmt: skip
    small = execute.lighter(output)
    assert len(small["data"]["image/png"]) < len(output["data"]["image/png"]) / 4
    assert small["data"]["text/plain"] == "figure"
    before, after = opened(output), opened(small)
    assert after.size == before.size
    assert after.info["dpi"] == pytest.approx((72, 72), abs=0.1)
    far = np.asarray(before).astype(int) - np.asarray(after.convert("RGB"))
    assert abs(far).max() <= 8


def test_what_is_transparent_becomes_white_and_other_outputs_stay():
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(
        buffer, format="png", compress_level=0
    )
    text = base64.b64encode(buffer.getvalue()).decode()
    small = execute.lighter({"data": {"image/png": text}})
    assert opened(small).convert("RGB").getpixel((5, 5)) == (255, 255, 255)
    stream = {"output_type": "stream", "text": "one"}
    assert execute.lighter(stream) is stream
    assert execute.lighter(small) == small
