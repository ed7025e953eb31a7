"""Lift a chapter's portable Markdown for the page; JupyterLab and Colab show the same source clean.

- A display with \\tag{7.3} keeps its own number (Sphinx would wrap several lines in `split`, where \\tag is an error)
  and gets the anchor equation-7-3.
- A block quote that opens with a bold lead word of LEADS becomes a box.
- A heading "7.1 Chain rule" gets the anchor section-7-1.
- Mathematics and code in a <summary> line, which Markdown passes through as HTML, is set.
"""

import html
import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

LEADS = {
    "Watch out.": ["watch-out"],
    "Prediction.": ["prediction"],
    "Deeper.": ["deeper", "dropdown"],
    "Recall.": ["recall"],
}
OWN_ROWS = re.compile(r"\s*\\begin\{(align|gather|equation)\*?\}")
TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
SECTION = re.compile(r"(\d+)\.(\d+) ")
PUNCTUATION = re.compile(r"[.,;:!?)]+")
PER_CENT = re.compile(r"(?<=\d) %")
SUMMARY = re.compile(r"(<summary[^>]*>)(.*?)(</summary>)", re.S)
INLINE = re.compile(
    r"\$(?P<math>[^$\n]+)\$|`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|\*(?P<italic>[^*\n]+)\*"
)


class JoinText(SphinxTransform):
    """One node for each run of text: Markdown's parser leaves empty ones, and cuts at line ends."""

    default_priority = 490

    def apply(self, **_: object) -> None:
        for parent in list(self.document.findall(nodes.TextElement)):
            children: list[nodes.Node] = []
            for child in parent.children:
                if not isinstance(child, nodes.Text):
                    children.append(child)
                elif children and isinstance(children[-1], nodes.Text):
                    children[-1] = nodes.Text(children[-1].astext() + child.astext())
                elif child.astext():
                    children.append(child)
            if len(children) < len(parent.children):
                parent.children = []
                parent.extend(children)


class TaggedMath(SphinxTransform):
    """Anchors and numbers of displays."""

    default_priority = 500

    def apply(self, **_: object) -> None:
        for node in self.document.findall(nodes.math_block):
            text = node.astext()
            for major, minor in TAG.findall(text):
                node["ids"].append(f"equation-{major}-{minor}")
                node["classes"].append("numbered")
            if TAG.search(text) and not node.get("nowrap") and not OWN_ROWS.match(text):
                wrapped = f"\\begin{{equation}}\n{text}\n\\end{{equation}}"
                node.children = [nodes.Text(wrapped)]
                node.rawsource = wrapped
                node["nowrap"] = True


class LeadBoxes(SphinxTransform):
    """Boxes from block quotes."""

    default_priority = 501

    def apply(self, **_: object) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            first = quote.children[0] if quote.children else None
            strong = (
                first.children[0]
                if isinstance(first, nodes.paragraph) and first.children
                else None
            )
            if not isinstance(strong, nodes.strong) or strong.astext() not in LEADS:
                continue
            lead = strong.astext()
            first.remove(strong)
            if first.children and isinstance(first.children[0], nodes.Text):
                first.replace(
                    first.children[0], nodes.Text(first.children[0].astext().lstrip())
                )
            box = nodes.admonition(classes=list(LEADS[lead]))
            box += nodes.title("", lead.rstrip("."))
            box += (
                quote.children
                if first.astext().strip() or len(first.children) > 1
                else quote.children[1:]
            )
            quote.replace_self(box)


class HeldPunctuation(SphinxTransform):
    """A comma or full stop after a short formula stays on the formula's line."""

    default_priority = 504

    def apply(self, **_: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            match = (
                PUNCTUATION.match(after.astext())
                if isinstance(after, nodes.Text)
                else None
            )
            if match is None or len(formula.astext()) > 30:
                continue
            parent = formula.parent
            parent.replace(after, nodes.Text(after.astext()[match.end() :]))
            held = nodes.inline("", "", classes=["nobreak"])
            parent.replace(formula, held)
            held += [formula, nodes.Text(match[0])]


class HeldUnits(SphinxTransform):
    """The per cent sign stays on its number's line."""

    default_priority = 504

    def apply(self, **_: object) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(
                text.parent, nodes.FixedTextElement | nodes.literal | nodes.math
            ):
                held = PER_CENT.sub("\N{NO-BREAK SPACE}%", text)
                if held != text:
                    text.parent.replace(text, nodes.Text(held))


class SectionAnchors(SphinxTransform):
    """section-7-1 for "7.1 Chain rule" (exercise-7-1 in exercises), beside the anchor made of the words."""

    default_priority = 502

    def apply(self, **_: object) -> None:
        for section in self.document.findall(nodes.section):
            if match := SECTION.match(section.next_node(nodes.title).astext()):
                kind = (
                    "exercise"
                    if self.env.docname.startswith("exercises/")
                    else "section"
                )
                section["ids"].append(f"{kind}-{match[1]}-{match[2]}")


class Summaries(SphinxTransform):
    """Mathematics, code and emphasis in <summary>."""

    default_priority = 503

    def apply(self, **_: object) -> None:
        for node in list(self.document.findall(nodes.raw)):
            if (
                node.get("format") == "html"
                and "<summary" in node.astext()
                and not _output(node)
            ):
                text = SUMMARY.sub(
                    lambda found: found[1] + INLINE.sub(_set, found[2]) + found[3],
                    node.astext(),
                )
                node.replace_self(nodes.raw("", text, format="html"))


def _set(match: re.Match) -> str:
    if match["math"]:
        return f'<span class="math notranslate nohighlight">\\({html.escape(html.unescape(match["math"]))}\\)</span>'
    kind, tag = next(
        (kind, tag)
        for kind, tag in (("code", "code"), ("bold", "strong"), ("italic", "em"))
        if match[kind]
    )
    return f"<{tag}>{match[kind]}</{tag}>"


def _output(node: nodes.Node) -> bool:
    while node := node.parent:
        if "cell_output" in node.get("classes", []):
            return True
    return False


def setup(app):
    for transform in (
        JoinText,
        TaggedMath,
        LeadBoxes,
        SectionAnchors,
        HeldPunctuation,
        HeldUnits,
        Summaries,
    ):
        app.add_transform(transform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
