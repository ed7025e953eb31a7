"""Build the book: run the chapters, stage the sources, make the pages, serve them.

python tools/book.py html            run what is stale, build the pages
python tools/book.py html --serve    the same, then serve them on loopback
python tools/book.py execute         only run the chapters
python tools/book.py names           only check equations, figures, labels and citations
"""

import argparse
import errno
import functools
import http.server
import json
import shutil
import sys
import time
from pathlib import Path

from execute import execute, surroundings
from project import BookError, Project, digest, digest_files
from references import references_markdown
from stage import registry, stage
from vendor import vendor

ROOT = Path(__file__).resolve().parent.parent
REDIRECT = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={page}.html">\n'


def inputs(project: Project) -> str:
    """A hash of everything that the pages are made from."""
    root, tools = project.root, Path(__file__).parent
    files = [*project.chapters, *project.exercises, root / "pyproject.toml"]
    files += [
        path
        for path in (root / "book").rglob("*")
        if path.is_file() and not _made(path.relative_to(root))
    ]
    parts = [
        digest_files(root, files),
        digest_files(tools, tools.glob("*.*")),
        surroundings(project),
    ]
    return digest(part.encode() for part in parts)


def state(project: Project, made_from: str) -> str:
    """The hash of what the pages are made from, and of which pages there are."""
    pages = [path.name for path in expected_pages(project) if path.is_file()]
    return digest([made_from.encode(), json.dumps(pages).encode()])


def _made(path: Path) -> bool:
    return (
        path.parts[1] == "_build"
        or path.parts[1:3] == ("_static", "vendor")
        or "__pycache__" in path.parts
    )


def expected_pages(project: Project) -> list[Path]:
    """One page for each entry of the table of contents, and the search."""
    return [
        project.html / f"{name}.html"
        for name in [*project.documents, "search", "index"]
    ]


def html(project: Project, fresh: bool = False) -> None:
    """Bring the pages up to date."""
    begin, stamp = time.perf_counter(), project.build / "html.stamp"
    made_from = inputs(project)  # before: what is edited meanwhile is not in the pages
    current = state(project, made_from).encode()
    if not fresh and stamp.is_file() and stamp.read_bytes() == current:
        print(
            f"nothing changed: {_shown(project)} is up to date ({time.perf_counter() - begin:.1f} s)"
        )
        return
    registry(project)  # what is wrong with names shows before anything is run
    stamp.unlink(missing_ok=True)
    vendor(project.root)
    executed = execute(project)
    after_execution = time.perf_counter()
    stage(project, executed)
    sphinx(project, fresh)
    for path in [
        *project.chapters,
        *project.exercises,
    ]:  # the download is the notebook itself, without our outputs
        shutil.copyfile(
            path, project.html / "_sources" / path.relative_to(project.root)
        )
    stamp.write_text(state(project, made_from), "utf-8")
    end = time.perf_counter()
    print(
        f"pages in {_shown(project)}: {after_execution - begin:.0f} s running, {end - after_execution:.0f} s building"
    )


def _shown(project: Project) -> str:
    return project.html.relative_to(project.root).as_posix()


def sphinx(project: Project, fresh: bool) -> None:
    """Jupyter Book's Sphinx with warnings as errors; asserts that each page was made."""
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import nocolor

    watched = sys.stdout.isatty()
    if not watched:
        nocolor()
        print(f"building {len(project.documents)} pages", flush=True)
    book, seen = project.root / "book", project.build / "sphinx.json"
    made_with = {  # Sphinx sees neither of them change: the one needs pages read again, the other written again
        "extensions": digest_files(project.root, book.glob("_ext/*.py")),
        "static": digest_files(
            project.root,
            [
                path
                for folder in ("_static", "_templates")
                for path in book.glob(f"{folder}/*")
                if path.is_file()
            ],
        ),
    }
    before = _read(seen)
    fresh = fresh or before.get("extensions") != made_with["extensions"]
    if fresh:
        shutil.rmtree(project.html, ignore_errors=True)
    # Only a build that ended well leaves it: after one that was killed, half a page would pass for a new one.
    seen.unlink(missing_ok=True)
    project.html.mkdir(parents=True, exist_ok=True)
    (project.html / "index.html").write_text(
        REDIRECT.format(page=project.documents[0]), "utf-8"
    )
    code = build_sphinx(
        project.source,
        project.html,
        noconfig=True,
        path_config=project.source / "_config.yml",
        doctreedir=project.build / "doctrees",
        confoverrides={
            "external_toc_path": str(project.source / "_toc.yml"),
            "nitpicky": True,
            "latex_individualpages": False,
        },
        freshenv=fresh,
        force_all=before.get("static") != made_with["static"],
        quiet=not watched,
        warningiserror=True,
        keep_going=True,
    )
    if isinstance(code, KeyboardInterrupt | OSError):  # Jupyter Book returns them
        raise code
    if isinstance(code, Exception) and not fresh:
        print("the pages' cache is damaged: building every page again", flush=True)
        sphinx(project, fresh=True)
        return
    missing = [path.name for path in expected_pages(project) if not path.is_file()]
    if code != 0 or missing:
        lacking = f" Missing: {', '.join(missing)}." if missing else ""
        raise BookError(
            f"the pages were not built cleanly; the warnings above are errors.{lacking}"
        )
    seen.write_text(json.dumps(made_with), "utf-8")


def _read(stamp: Path) -> dict:
    """What the last build left; nothing where it left none, or half of it."""
    try:
        found = json.loads(stamp.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def serve(folder: Path, port: int) -> None:
    """Serve a folder on loopback until Ctrl-C, on the next free port from `port` on."""
    handler = functools.partial(_Quiet, directory=str(folder))
    for candidate in range(port, port + 100):
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
            break
        except OSError:
            continue
    else:
        raise BookError(f"no free port from {port} to {port + 99}")
    with server:
        print(
            f"the book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def cannot_write(error: OSError) -> str | None:
    """What to do about a full disk or a folder that one may not write to; None for another error."""
    advice = {
        errno.ENOSPC: "The disk is full. Free some space (`make clean` removes what was built)",
        errno.EDQUOT: "Your quota is used up. Free some space (`make clean` removes what was built)",
        errno.EROFS: "The disk is read-only. Copy the book to a folder that you may write to",
        errno.EACCES: "You may not write there. Copy the book to a folder of your own",
    }
    if error.errno not in advice:
        return None
    return f"{error}. {advice[error.errno]}, then run the same command again."


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a line for each request, and lets nothing be cached that a rebuild may change."""

    def log_message(self, *_: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 with a message where the book is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["html", "execute", "names", "references"])
    parser.add_argument(
        "--serve", action="store_true", help="serve the pages on loopback afterwards"
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="build every page again (chapters stay cached)",
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="first port to try (8000)"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    project = Project(options.root.resolve())
    try:
        match options.step:
            case "execute":
                with project.alone():
                    execute(project)
            case "names":
                registry(project)
            case "references":
                print(references_markdown(project.root), end="")
            case "html":
                with project.alone():
                    html(project, options.fresh)
                if options.serve:
                    serve(project.html, options.port)
    except BookError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if (told := cannot_write(error)) is None:
            raise
        print(f"\nerror: {told}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
