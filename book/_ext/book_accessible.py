"""What the theme leaves out: names of the chevrons, cells that head nothing, outputs that wrap on narrow screens.

tests/browser/test_pages.py runs axe-core on every page; book/_templates/book-logo.html puts the logo into a landmark.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

FRAME = re.compile("[│┃]")
GAP = re.compile(r"\S {2,}(?=\S)")


class blank_entry(nodes.entry):  # noqa: N801 (docutils names the visitor after it)
    """An empty cell in the head of a table: <td>, since a <th> without words announces nothing."""


class BlankHeads(SphinxPostTransform):
    """Empty cells of table heads."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: object) -> None:
        for head in self.document.findall(nodes.thead):
            for entry in list(head.findall(nodes.entry)):
                if not entry.astext().strip() and not list(entry.findall(nodes.image)):
                    entry.replace_self(blank_entry("", **entry.attributes))


def aligned(text: str) -> bool:
    """Whether a print is a table: framed, or three lines with two gaps each."""
    rows = [line for line in text.splitlines() if len(GAP.findall(line)) >= 2]
    return len(rows) >= 3 or bool(FRAME.search(text))


class Columns(SphinxPostTransform):
    """Printed lines wrap, as in JupyterLab; a printed table has the class "columns", and scrolls."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: object) -> None:
        for block in self.document.findall(nodes.literal_block):
            if "output" in block["classes"] and aligned(block.astext()):
                block["classes"].append("columns")


def visit_blank_entry(translator, node: blank_entry) -> None:
    node.parent.column += 1  # as the translator counts them
    translator.body.append(translator.starttag(node, "td", ""))


def depart_blank_entry(translator, _node: blank_entry) -> None:
    translator.body.append("</td>\n")


def name_chevrons(_app, _pagename, _templatename, context, _doctree) -> None:
    """Each chevron of the side bar says which pages it opens."""
    if (original := context.get("generate_toctree_html")) is None:
        return

    def generate_toctree_html(*arguments, **options):
        soup = original(*arguments, **options)
        if not isinstance(soup, str):
            for summary in soup.select("li > details > summary"):
                parent = summary.find_parent("li").find("a")
                summary["aria-label"] = f"Pages under {parent.get_text(strip=True)}"
        return soup

    context["generate_toctree_html"] = generate_toctree_html


def setup(app):
    app.add_node(blank_entry, html=(visit_blank_entry, depart_blank_entry))
    app.add_post_transform(BlankHeads)
    app.add_post_transform(Columns)
    app.connect("html-page-context", name_chevrons, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
