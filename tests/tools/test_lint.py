"""The notebooks keep the conventions, and the program that says so can fail."""

import nbformat
import pytest
from lint import (
    chapter_problems,
    code_problems,
    lint,
    notebooks,
    renumber,
    text_problems,
)
from nbtext import to_notebook, to_text, write

ALL = notebooks("chapters", "solutions", "exercises")


@pytest.mark.parametrize(
    "path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_notebook_keeps_the_conventions(path):
    assert lint(path) == []


def test_there_are_notebooks_of_every_kind():
    stems = [
        {path.stem for path in notebooks(folder)}
        for folder in ("chapters", "solutions", "exercises")
    ]
    assert stems[0] == stems[1] == stems[2] != set()


def markdown(source):
    return nbformat.v4.new_markdown_cell(source, id="a")


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, id="a", metadata=metadata)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (":::{note}\nx\n:::", "no directive"),
        ("see {cite}`a`", "no directive"),
        ("(eq:dense)=", "no directive"),
        ('<div class="x">x</div>', "no HTML"),
        ("for $a <b$ and $c> d$", "no HTML"),
        ("[x](nowhere.ipynb)", "link to nothing"),
        ("![](../README.md)", "without alt text"),
        ("$$ x", "in pairs"),
        ("$W^T x$", "expected \\top"),
        ("${W^{(1)}}^{T}$", "expected \\top"),
        ("$$\n\\begin{align} x \\end{align}\n$$", "bare align"),
    ],
)
def test_markup_that_other_readers_show_raw_is_refused(source, words, tmp_path):
    found = text_problems(markdown(source), tmp_path / "07_x.ipynb", 7)
    assert any(words in problem for problem in found), found


def test_plain_markdown_is_accepted(tmp_path):
    source = "> **Watch out.** Text with $a < b$, $p^{T-1}$, $W^\\top x$.\n\n<details><summary>Answer</summary>\n\n$$\nx \\tag{7.1}\n$$\n\n</details>"
    assert text_problems(markdown(source), tmp_path / "07_x.ipynb", 7) == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (code("x = 1\n" * 41), "at most 40 lines"),
        (code("x = " + "1 + " * 30 + "1"), "at most 72 columns"),
        (code("fig, ax = plt.subplots()"), "alt text"),
    ],
)
def test_long_wide_or_mute_code_is_refused(cell, words):
    assert any(words in problem for problem in code_problems(cell))


SWITCH = "if keras.backend.backend() == 'tensorflow':\n    assert x\n"


@pytest.mark.parametrize("rest", ["", "else:\n    pass  # Skipped: x", "y = 'Skippe'"])
def test_what_a_backend_leaves_out_in_silence_is_refused(rest):
    assert any(
        "on a backend" in problem for problem in code_problems(code(SWITCH + rest))
    )
    indented = "def f():\n    if backend() != 'jax':\n        g()"
    assert any("on a backend" in problem for problem in code_problems(code(indented)))


@pytest.mark.parametrize("words", ["Skipped: it needs JAX.", "Not asserted: no."])
def test_what_a_backend_leaves_out_by_name_is_accepted(words):
    assert code_problems(code(f"{SWITCH}else:\n    print('{words}')")) == []
    assert code_problems(code("print(keras.backend.backend())")) == []


def test_a_timed_step_that_draws_from_the_chapters_generator_is_refused():
    source = "def step(n):\n    x = {}.random(n)\n    return lambda: x @ x\n\n\nhardware.seconds_by_size('', step, (2,))"
    assert "from the chapter's rng" in " ".join(
        code_problems(code(source.format("rng")))
    )
    assert not code_problems(code(source.format("np.random.default_rng(n)")))


def test_stored_output_is_refused():
    cell = code("1")
    cell.outputs = [nbformat.v4.new_output("stream", text="1")]
    assert any("no outputs" in problem for problem in code_problems(cell))


def test_chapter_without_predictions_order_and_asserts_is_refused():
    notebook = to_notebook(
        '=== md a\n# 7. Title\n## 7.2 Second\n$$x \\tag{7.2}$$\n=== code b {"tags": ["experiment"]}\nx = 1\n'
    )
    found = "\n".join(chapter_problems(notebook, 7))
    for words in (
        "sections numbered in order",
        "equations numbered",
        "prediction before",
        "asserted",
        "tagged",
        "at the end",
    ):
        assert words in found


def test_renumber_carries_references_along(tmp_path):
    path = tmp_path / "07_x.ipynb"
    text = "=== md a\n$$a \\tag{7.5}$$\n\nBy (7.5) and (7.2), Figure 7.9.\n=== md b\n$$b \\tag{7.2}$$\n=== md c\n**Figure 7.9.** C\n"
    path.write_text(write(to_notebook(text)), "utf-8")
    renumber([path])
    assert to_text(nbformat.read(path, as_version=4)) == (
        "=== md a\n$$a \\tag{7.1}$$\n\nBy (7.1) and (7.2), Figure 7.1.\n"
        "=== md b\n$$b \\tag{7.2}$$\n=== md c\n**Figure 7.1.** C\n"
    )


def test_notebook_text_round_trip_is_lossless():
    for path in ALL:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.metadata.pop("nbgrader", None)  # make sync writes it
        again = to_notebook(to_text(notebook))
        assert [dict(cell) for cell in again.cells] == [
            dict(cell) for cell in notebook.cells
        ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "before the first"),
        ("=== md a\n=== md a", "stands twice"),
        ("=== x", "not a cell"),
    ],
)
def test_bad_notebook_text_names_its_line(text, words):
    with pytest.raises(ValueError, match=f"line [12]: .*{words}"):
        to_notebook(text)
