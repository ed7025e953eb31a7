"""For LaTeX: what HTML alone gives a place to point at. Loaded by tools/paper.py."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

ANCHOR = re.compile(r'<a id="([^"]+)">')
LONG, FITS, WIDEST = 30, 85, 48  # rows, and characters of a line and of a column
LABEL = r"\phantomsection\label{{\detokenize{{{doc}:{name}}}}}"


class Places(SphinxPostTransform):
    """Labels before displays that have a name, and for anchors that Markdown left as HTML."""

    default_priority = 7
    formats = ("latex",)

    def run(self, **_: object) -> None:
        for display in list(self.document.findall(nodes.math_block)):
            rows = [row for row in display.astext().splitlines() if row.strip()]
            display.children = [nodes.Text("\n".join(rows))]  # TeX: no empty line
            if names := display["ids"]:
                display["ids"] = []  # Sphinx passes over targets called equation-...
                display.parent.insert(
                    display.parent.index(display), self.label(display, names)
                )
        for raw in list(self.document.findall(nodes.raw)):
            if match := ANCHOR.match(raw.astext()):
                raw.replace_self(nodes.target("", "", ids=[match[1]]))

        for table in self.document.findall(nodes.table):
            columns(table)

    def label(self, node: nodes.Element, names: list[str]) -> nodes.raw:
        """The labels of a place in the document that it comes from: the builder leaves its parents as they were."""
        top = node
        while top.parent is not None:
            top = top.parent
        doc = self.env.path2doc(top["source"])
        text = "".join(LABEL.format(doc=doc, name=name) for name in names)
        return nodes.raw("", text, format="latex")


def columns(table: nodes.table) -> None:
    """Widths by content for a table that would not fit or breaks over pages: LaTeX would set each cell in one line."""
    rows = [
        [entry.astext() for entry in row.findall(nodes.entry)]
        for row in table.findall(nodes.row)
    ]
    widths = [
        max(min(len(text), WIDEST), *map(len, text.split()), 1)
        for text in (max(column, key=len) for column in zip(*rows, strict=False))
    ]
    if len(rows) <= LONG and sum(widths) <= FITS:
        return
    table["classes"].append("colwidths-given")
    for spec, width in zip(table.findall(nodes.colspec), widths, strict=False):
        spec["colwidth"] = width


def setup(app):
    app.add_post_transform(Places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
