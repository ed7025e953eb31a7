"""The built book as the browser tests see it: where its pages are, how to serve and settle them."""

import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("DLCOURSE_HTML", ROOT / "book/_build/html"))
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for folder in ("book", "chapters", "exercises", ".")
    for path in HTML.glob(f"{folder}/*.html")
    if path.name != "index.html"
)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)

BAD_MATHEMATICS = """() => [...document.querySelectorAll("mjx-merror, [data-mjx-error]")]
  .map(node => node.dataset.mjxError || node.textContent)"""

# What a reader must not see outside code; what he sees, per SELECTOR, without code and mathematics.
RAW = re.compile(
    r"\$\$|\\tag|\\begin\{|\\frac|\*\*\w|:::|\{[a-z]+\}`|^\(\S+\)=|<!--|</?\w+>|^\s*> ",
    re.M,
)
PROSE = """() => [...document.querySelectorAll("SELECTOR")].map(root => {
  const copy = root.cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container, .MathJax, mjx-assistive-mml").forEach(n => n.remove());
  return copy.textContent;
}).join("\\n")"""


def chromium() -> str | None:
    """The browser, from DLCOURSE_CHROMIUM or the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("DLCOURSE_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )


def page_text(name: str) -> str:
    """A page's HTML."""
    return (HTML / name).read_text("utf-8")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder, served on loopback."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settled(page) -> None:
    """Wait until mathematics is set."""
    page.wait_for_load_state("load")
    page.evaluate(
        "async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }"
    )


def search(browser, address: str, words: str) -> list[str]:
    """Where the results of the book's search lead."""
    links, page = "#search-results ul.search li a", browser.new_page()
    page.goto(f"{address}search.html?q={words}")
    page.wait_for_selector(links, timeout=20_000)
    found = page.eval_on_selector_all(links, "links => links.map(link => link.href)")
    page.close()
    return found
