"""What is stopped can be run again; what is damaged is made again, or named with what to do."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import data
import execute
import nbformat
import pytest
import vendor
from lint import ROOT
from project import Project

import book as builder
from dlcourse import datasets

TOC = "format: jb-book\nroot: book/intro\nchapters:\n- file: chapters/07_back\n"
# The second cell waits as long as the file `wait` is there, so that a test can stop the run there.
WAIT = """import pathlib, time
pathlib.Path("../started").touch()
while pathlib.Path("../wait").exists():
    time.sleep(0.05)
print("forty", 2)"""


@pytest.fixture
def tiny(tmp_path: Path, needs) -> Project:
    """A book of one page and one chapter."""
    needs("MathJax (`make html`)", (ROOT / "book/_static/vendor/key.txt").is_file())
    for name, text in {
        "book/_toc.yml": TOC,
        "book/intro.md": "# Tiny\n\nWords.\n",
        "book/references.bib": "",
        "book/glossary.md": "# Glossary\n",
        "pyproject.toml": (ROOT / "pyproject.toml").read_text("utf-8"),
        "book/_config.yml": (ROOT / "book/_config.yml").read_text("utf-8"),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    for name in ("_ext", "_static", "_templates", "images"):
        (tmp_path / "book" / name).symlink_to(ROOT / "book" / name)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/ipython").symlink_to(ROOT / "tools/ipython")
    cells = [
        nbformat.v4.new_markdown_cell("# 7. Backpropagation", id="title"),
        nbformat.v4.new_code_cell(WAIT, id="wait"),
    ]
    (tmp_path / "chapters").mkdir()
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"language_info": language}
    )
    nbformat.write(notebook, tmp_path / "chapters/07_back.ipynb")
    return Project(tmp_path)


def build(book: Project) -> subprocess.Popen:
    """`make html` of the tiny book, in a session of its own, as from a terminal."""
    return subprocess.Popen(
        [sys.executable, ROOT / "tools/book.py", "html", "--root", book.root],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stop(book: Project, there, how: signal.Signals) -> None:
    """Start to build; as soon as `there()`, end the whole session of it."""
    process, latest = build(book), time.monotonic() + 120
    try:
        while not there():
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < latest
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, how)
        process.communicate(timeout=60)


def whole(book: Project) -> str:
    """Build to the end; what it printed. The chapter's page has the output."""
    process = build(book)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    page = (book.html / "chapters/07_back.html").read_text("utf-8")
    assert "forty 2" in page and page.rstrip().endswith("</html>")
    return said


@pytest.mark.slow
def test_a_build_that_is_stopped_goes_on(tiny):
    """Killed while a chapter runs, interrupted there, killed while pages are written."""
    wait, started = tiny.root / "wait", tiny.root / "started"
    for how in (signal.SIGKILL, signal.SIGINT):
        wait.touch()
        started.unlink(missing_ok=True)
        stop(tiny, started.exists, how)
    wait.unlink()
    page = tiny.html / "book/intro.html"
    stop(tiny, page.exists, signal.SIGKILL)
    page.write_text("<html>half a p", "utf-8")  # as the disk may have it
    assert "pages in" in whole(tiny)
    assert "Words." in page.read_text("utf-8")
    assert "nothing changed" in whole(tiny)


@pytest.mark.slow
def test_damaged_caches_are_made_again(tiny):
    """Outputs cut short, stamps of nonsense, a page's tree that is no tree."""
    whole(tiny)
    build_folder = tiny.build
    (cache,) = (build_folder / "executed").glob("*.json")
    cache.write_bytes(cache.read_bytes()[:-20])
    (build_folder / "html.stamp").write_bytes(b"\xff\x00")
    (tiny.root / "book/intro.md").write_text("# Tiny\n\nWords. More.\n", "utf-8")
    seen = build_folder / "sphinx.json"
    seen.write_text(  # so that every page is written again, from its tree
        json.dumps(json.loads(seen.read_text("utf-8")) | {"static": "others"}), "utf-8"
    )
    for tree in (build_folder / "doctrees").rglob("*.doctree"):
        tree.write_bytes(b"no pickle")
    said = whole(tiny)
    assert "is damaged: running the chapter again" in said
    assert "cache is damaged: building every page again" in said
    assert "More." in (tiny.html / "book/intro.html").read_text("utf-8")
    seen.write_text("{", "utf-8")
    (build_folder / "html.stamp").unlink()
    assert "pages in" in whole(tiny)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"seconds": 1}', '{"seconds": 1, "outputs": [[]'],
)
def test_outputs_that_cannot_be_read_count_as_none(tmp_path, content, capsys):
    cache = tmp_path / "07_x-0123.json"
    assert not execute.whole(cache)
    cache.write_text(content, "utf-8")
    assert not execute.whole(cache)
    assert "is damaged" in capsys.readouterr().out
    cache.write_text(json.dumps({"seconds": 1.0, "outputs": []}), "utf-8")
    assert execute.whole(cache)


# -- vendored scripts


def test_a_copy_that_was_cut_short_is_made_again(tmp_path, monkeypatch):
    """The key is written last, so what has none is not taken for whole."""
    home = tmp_path / "book/_static/vendor"
    fetched = []
    monkeypatch.setattr(vendor, "fetch", lambda name, *_: fetched.append(name))
    monkeypatch.setattr(
        vendor,
        "unpack",
        lambda archive, pattern, folder, strip: folder.mkdir(parents=True),
    )
    real = shutil.copytree

    def cut_short(source, target, *more):
        real(source, target, *more)
        raise KeyboardInterrupt

    files = {"mathjax": vendor.FILES["mathjax"]}
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", cut_short)
        with pytest.raises(KeyboardInterrupt):
            vendor.vendor(tmp_path, files)
    assert home.is_dir()
    assert vendor.vendor(tmp_path, files) and not vendor.vendor(tmp_path, files)
    assert fetched == ["mathjax", "mathjax"]


def test_an_archive_of_another_content_is_not_used(tmp_path, monkeypatch):
    def npm_pack(command, cwd, **_):
        (Path(cwd) / "a-1.tgz").write_bytes(b"half an archive")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(vendor, "npm", lambda: ["npm"])
    monkeypatch.setattr(vendor.subprocess, "run", npm_pack)
    with pytest.raises(vendor.BookError, match="The archive is not used"):
        vendor.fetch("a", "1", "sha512-AAAA", tmp_path)


# -- disks


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full. Free some space"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EROFS, "read-only. Copy the book"),
        (errno.EACCES, "may not write there"),
    ],
)
def test_a_disk_that_takes_nothing_is_named(tiny, number, words, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(number, os.strerror(number), str(tiny.build))

    monkeypatch.setattr(builder, "execute", refuse)
    assert builder.main(["html", "--root", str(tiny.root)]) == 1
    said = capsys.readouterr().err
    assert words in said and str(tiny.build) in said and "run the same command" in said


def test_another_error_of_the_system_is_not_hidden(tiny, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, "broken", "disk")

    monkeypatch.setattr(builder, "execute", refuse)
    with pytest.raises(OSError, match="broken"):
        builder.main(["html", "--root", str(tiny.root)])


@pytest.mark.slow
def test_a_chapter_that_is_edited_while_it_runs_is_named(tiny):
    """Its old outputs belong to no cell of the new text."""
    wait, started = tiny.root / "wait", tiny.root / "started"
    wait.touch()
    process, latest = build(tiny), time.monotonic() + 120
    try:
        while not started.exists():
            assert time.monotonic() < latest
            time.sleep(0.01)
        path = tiny.root / "chapters/07_back.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell("1 + 1", id="new"))
        nbformat.write(notebook, path)
    finally:
        wait.unlink()
        said, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "error: 07_back: edited while the chapters ran. Run the same" in said
    whole(tiny)


def test_builds_in_one_folder_wait_for_each_other(tmp_path):
    """The second writes only when the first has ended; a lock whose owner was killed is free."""
    program = (
        "import sys, time, pathlib, project\n"
        "with project.Project(pathlib.Path(sys.argv[1])).alone():\n"
        "    print('in', flush=True)\n"
        "    time.sleep(float(sys.argv[2]))\n"
    )

    def build(seconds: float) -> subprocess.Popen:
        command = [sys.executable, "-c", program, tmp_path, str(seconds)]
        return subprocess.Popen(
            command, cwd=ROOT / "tools", stdout=subprocess.PIPE, text=True
        )

    first = build(600)
    try:
        assert first.stdout.readline() == "in\n"
        second = build(0)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
    finally:
        first.kill()
        first.communicate()
    said = second.communicate(timeout=60)[0].splitlines()
    assert said == ["another build runs in this folder: waiting for its end", "in"]
    assert second.returncode == 0


# -- data


def test_data_that_cannot_be_had_is_told_and_the_others_are_fetched(
    monkeypatch, capsys
):
    def load(name, download):
        assert download
        if name == "mnist":
            raise datasets.DownloadError("mnist: expected an answer, got none.")
        return f"{name} is there"

    monkeypatch.setattr(datasets, "load", load)
    assert data.main() == 1
    out, err = capsys.readouterr()
    assert err == "error: mnist: expected an answer, got none.\n"
    others = [name for name in datasets.FILES if name != "mnist"]
    assert out == "".join(f"{name} is there\n" for name in others)


# -- the environment


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A Makefile with an environment that was made a moment ago; its Python is the test's to write."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/.ready").touch()
    return tmp_path


def planned(checkout: Path) -> str:
    """What `make html` would run."""
    command = ["make", "-n", "html", f"PYTHON={sys.executable}"]
    done = subprocess.run(
        command, cwd=checkout, capture_output=True, text=True, check=True
    )
    return done.stdout


def python(checkout: Path, text: str) -> None:
    program = checkout / ".venv/bin/python"
    program.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    program.chmod(0o755)


def test_an_environment_that_works_is_kept(checkout, needs):
    needs("make", shutil.which("make") is not None)
    python(checkout, f'exec {sys.executable} "$@"')
    assert "pip sync" not in planned(checkout)


@pytest.mark.parametrize("broken", ["no python", "an import fails", "a dead link"])
def test_a_broken_environment_is_made_anew(checkout, needs, broken):
    needs("make", shutil.which("make") is not None)
    if broken == "an import fails":
        python(checkout, 'case "$*" in *import*) exit 1;; esac')
    if broken == "a dead link":
        (checkout / ".venv/bin/python").symlink_to("/gone/python3")
    assert "pip sync" in planned(checkout)
