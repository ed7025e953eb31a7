"""Where things are: the folders of the book, its table of contents, and two helpers that every tool shares."""

import contextlib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None

PREFIX = re.compile(r"^(\d\d)_")


class BookError(Exception):
    """What is wrong with the book, where, and what to do. Printed without a traceback."""


@dataclass(frozen=True)
class Project:
    """One checkout of the book."""

    root: Path

    @property
    def build(self) -> Path:
        """Everything that can be made again, but for the pages."""
        return self.root / ".build"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time of the builds that share the folder of what can be made again; the others wait here."""
        self.build.mkdir(parents=True, exist_ok=True)
        with (self.build / "lock").open("w") as file:
            if fcntl:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    print("another build runs in this folder: waiting for its end")
                    fcntl.flock(file, fcntl.LOCK_EX)
            yield  # the lock ends with the file, also where this process is killed

    @property
    def source(self) -> Path:
        """The staged tree that Sphinx reads."""
        return self.build / "src"

    @property
    def html(self) -> Path:
        """The pages."""
        return self.root / "book" / "_build" / "html"

    @cached_property
    def documents(self) -> list[str]:
        """Every page of the table of contents in reading order, without its suffix."""
        toc = yaml.safe_load((self.root / "book/_toc.yml").read_text("utf-8"))
        return [
            toc["root"],
            *_files(toc.get("parts", [])),
            *_files(toc.get("chapters", [])),
        ]

    @property
    def chapters(self) -> list[Path]:
        """The notebooks of the chapters in reading order."""
        return self._notebooks("chapters/")

    @property
    def exercises(self) -> list[Path]:
        """The notebooks of the exercises in reading order."""
        return self._notebooks("exercises/")

    @cached_property
    def repository(self) -> str:
        """The public address, from pyproject.toml."""
        return tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))[
            "project"
        ]["urls"]["Repository"]

    @property
    def site(self) -> str:
        """The public address of the pages, where GitHub serves those of a repository."""
        owner, name = self.repository.rstrip("/").split("/")[-2:]
        return f"https://{owner}.github.io/{name}/"

    def _notebooks(self, folder: str) -> list[Path]:
        paths = [
            self.root / f"{name}.ipynb"
            for name in self.documents
            if name.startswith(folder)
        ]
        missing = [
            str(path.relative_to(self.root)) for path in paths if not path.is_file()
        ]
        if missing:
            raise BookError(
                f"book/_toc.yml: no such file: {', '.join(missing)}. Write it, or take it out of the toc."
            )
        return paths


def _files(entries: list[dict]) -> Iterator[str]:
    for entry in entries:
        if "file" in entry:
            yield entry["file"]
        for nested in ("chapters", "sections"):
            yield from _files(entry.get(nested, []))


def edition(project: Project) -> str:
    """The version in pyproject.toml, which is the edition of the book."""
    text = (project.root / "pyproject.toml").read_text("utf-8")
    return tomllib.loads(text)["project"]["version"]


def chapter_number(path: Path | str) -> int:
    """7 for chapters/07_backpropagation.ipynb."""
    match = PREFIX.match(Path(path).name)
    if not match:
        raise BookError(
            f"{path}: a chapter's file name begins with two digits and an underscore, as in 07_name.ipynb"
        )
    return int(match[1])


def markdown_cells(path: Path) -> list[tuple[str, str]]:
    """(cell id, source) of each Markdown cell of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [
        (cell.get("id", "?"), "".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "markdown"
    ]


def digest(parts: Iterable[bytes]) -> str:
    """A sha256 over parts that cannot run into each other."""
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def digest_files(root: Path, paths: Iterable[Path]) -> str:
    """A sha256 over the names and contents of files."""
    files = sorted(set(paths))
    return digest(
        part
        for path in files
        for part in (str(path.relative_to(root)).encode(), path.read_bytes())
    )


def write_changed(path: Path, content: bytes) -> bool:
    """Write a file where its content differs, so that what reads it by time stays incremental. True if written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True
