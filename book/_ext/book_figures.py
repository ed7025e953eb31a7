"""Captions: a paragraph "**Figure 7.2.** ..." right after a cell becomes the caption of that cell's picture.

The picture is every image of the cell's output, or, where there is none, its HTML (a player). The figure gets the
anchor figure-7-2.
"""

import re

from book_names import logger
from docutils import nodes
from sphinx.transforms import SphinxTransform

CAPTION = re.compile(r"Figure (\d+)\.(\d+)\.$")


class Figures(SphinxTransform):
    """Real figures with captions."""

    default_priority = 505

    def apply(self, **_: object) -> None:
        for paragraph in list(self.document.findall(nodes.paragraph)):
            strong = paragraph.children[0] if paragraph.children else None
            match = (
                CAPTION.match(strong.astext())
                if isinstance(strong, nodes.strong)
                else None
            )
            if match:
                self.lift(paragraph, match)

    def lift(self, paragraph: nodes.paragraph, match: re.Match) -> None:
        siblings = paragraph.parent.children
        before = (
            siblings[siblings.index(paragraph) - 1]
            if siblings.index(paragraph)
            else None
        )
        pictures = _pictures(before) if before is not None else []
        if not pictures:
            message = f"Figure {match[1]}.{match[2]}: the cell right before its caption shows no picture"
            logger.warning(message, location=paragraph, type="book", subtype="figure")
            return
        figure = nodes.figure(
            "", ids=[f"figure-{match[1]}-{match[2]}"], classes=["book-figure"]
        )
        pictures[0].replace_self(figure)
        for picture in pictures[1:]:
            picture.parent.remove(picture)
        figure.extend(pictures)
        figure += nodes.caption(paragraph.rawsource, "", *paragraph.children)
        paragraph.parent.remove(paragraph)


def _pictures(before: nodes.Node) -> list[nodes.Element]:
    """The bundles of a cell's output that hold an image, else those that hold HTML; or a Markdown image."""
    if isinstance(before, nodes.paragraph) and any(
        isinstance(child, nodes.image) for child in before.children
    ):
        return [before]
    if (
        not isinstance(before, nodes.container)
        or before.get("nb_element") != "cell_code"
    ):
        return []
    bundles = [
        node
        for node in before.findall(nodes.container)
        if node.get("nb_element") == "mime_bundle"
    ]
    for kinds in (("image/png", "image/svg+xml", "image/jpeg"), ("text/html",)):
        found = [
            bundle
            for bundle in bundles
            if any(child.get("mime_type") in kinds for child in bundle.children)
        ]
        if found:
            return found
    return []


def setup(app):
    app.add_transform(Figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
