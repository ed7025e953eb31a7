"""What a page says about itself: edition, day of the last run, where to report an error; og: tags and sitemap.xml.

tools/stage.py puts addresses, edition and days into html_context["book"]. A chapter's day is that of its own last run from top to
bottom; on other pages it is the oldest of all chapters.
"""

import html
import shutil
from pathlib import Path
from urllib.parse import urlencode

from docutils import nodes

LONGEST = 200
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{urls}
</urlset>
"""


def describe(_app, pagename, _templatename, context, doctree) -> None:
    """The variables of book/_templates/edition.html, and the tags for previews."""
    book = context.get("book") or {}
    if not book:
        return
    days = book["verified"]
    context["book_edition"] = book["edition"]
    context["book_repository"] = book["repository"]
    context["book_verified"] = days.get(
        pagename.removeprefix("chapters/"), min(days.values(), default="")
    )
    context["book_report"] = report(book, pagename)
    context["metatags"] = context.get("metatags", "") + tags(context, doctree)


def report(book: dict, pagename: str) -> str:
    """The address of the issue form, page and edition filled in."""
    filled = {
        "template": "error.yml",
        "title": f"Error on {pagename}",
        "page": pagename,
        "edition": book["edition"],
    }
    return f"{book['repository']}/issues/new?{urlencode(filled)}"


def tags(context: dict, doctree) -> str:
    """Title, first sentence and picture for whoever shows a link to the page."""
    book, name = context["book"], context["pagename"]
    found = {
        "og:type": "article" if name.startswith("chapters/") else "website",
        "og:site_name": book["title"],
        "og:title": context.get("title", ""),
        "og:url": f"{book['site']}{name}.html",
        "og:description": summary(doctree),
    }
    if book.get("cover"):
        found["og:image"] = f"{book['site']}_static/cover.png"
        found["og:image:alt"] = "A small network, values forward, gradients backward."
    return "".join(
        f'\n<meta property="{key}" content="{html.escape(plain(value))}" />'
        for key, value in found.items()
        if value
    )


def plain(text: str) -> str:
    """Text without markup, on one line."""
    return " ".join(html.unescape(text).split())


def summary(doctree) -> str:
    """The first paragraph of a page, cut at a word."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        if len(text := plain(paragraph.astext())) > 40:
            return (
                text
                if len(text) <= LONGEST
                else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
            )
    return ""


def finish(app, error) -> None:
    """sitemap.xml, and the cover as PNG where a tool could make it."""
    book = app.config.html_context.get("book") or {}
    if error or not book or app.builder.format != "html":
        return
    pages = sorted(app.env.found_docs)
    urls = "\n".join(
        f"<url><loc>{book['site']}{page}.html</loc></url>" for page in pages
    )
    out = Path(app.outdir)
    (out / "sitemap.xml").write_text(SITEMAP.format(urls=urls), "utf-8")
    if book.get("cover"):
        shutil.copyfile(book["cover"], out / "_static/cover.png")


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
