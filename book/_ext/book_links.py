"""Links from plain text: "(7.3)", "Figure 7.2", "section 7.1", and citations.

When is "(7.3)" a reference and when a decimal? In prose (no code, mathematics, link or heading), a parenthesis that
holds nothing but N.M, M from 1 to 99 without a leading zero:

- it is a reference where equation N.M exists (for N = 0 only in chapter 0 or after a word of BEFORE);
- where it does not exist, but chapter N has numbered equations and N is not 0, it is a reference to nothing, and fails
  the build, if a word of BEFORE stands before it ("by (7.40)") or M is at most three beyond the last equation;
- everything else is a decimal: "(0.85)", "(5.75)".

Under the heading "Exercises" the same form names exercise N.M. Whoever means a decimal that fits the first rule writes
it as mathematics: ($7.3$). "Figure N.M" is always a reference; "section N.M" and "exercise N.M" are where it exists.
"""

import re

from book_names import chapter_of, link, logger, names, plain_text, use
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

BEFORE = re.compile(
    r"\b(by|from|in|of|with|into|and|or|to|equations?|formulas?|formulae|rules?|see|uses?|using|apply|applying|"
    r"inserting|is|gives?|both|than|through|under)\s*$|[–-]\s*$",
    re.I,
)
REFERENCE = re.compile(
    r"\((?P<equation>(?:\d|[1-9]\d)\.[1-9]\d?)\)"
    r"|\b(?P<kind>Figures?|[Ss]ections?|[Ee]xercises?)\s(?P<numbers>\d+\.\d+(?:(?:,\s|\sand\s|\sto\s|\sor\s|–)\d+\.\d+)*)"
)
NUMBER = re.compile(r"\d+\.\d+")


class TextReferences(SphinxTransform):
    """Equations, figures and sections named in prose."""

    default_priority = 520

    def apply(self, **_: object) -> None:
        for text in plain_text(self.document):
            pieces, end, source = [], 0, text.astext()
            for match in REFERENCE.finditer(source):
                if new := self.lift(match, source[: match.start()], text):
                    pieces += [nodes.Text(source[end : match.start()]), *new]
                    end = match.end()
            if pieces:
                pieces.append(nodes.Text(source[end:]))
                text.parent.replace(text, [piece for piece in pieces if piece.astext()])

    def lift(self, match: re.Match, before: str, where: nodes.Text) -> list[nodes.Node]:
        """The nodes that stand for a match; [] leaves the text as it is."""
        if match["equation"]:
            return self.equation(match["equation"], before, where)
        kind = match["kind"].lower().removesuffix("s")
        pieces, end, text = [], 0, match[0]
        numbers = list(NUMBER.finditer(text))
        for index, number in enumerate(numbers):
            start = 0 if index == 0 else number.start()
            node = self.to(
                f"{kind}-{number[0].replace('.', '-')}", text[start : number.end()]
            )
            if node is None:
                if kind == "figure":
                    self.complain(f"Figure {number[0]} does not exist", where)
                return []
            pieces += [nodes.Text(text[end:start]), node]
            end = number.end()
        return [piece for piece in pieces if piece.astext()]

    def equation(self, number: str, before: str, where: nodes.Text) -> list[nodes.Node]:
        chapter, index = map(int, number.split("."))
        announced = bool(BEFORE.search(before))
        kind = "exercise" if _section_title(where) == "Exercises" else "equation"
        hidden = chapter == 0 and not announced and chapter_of(self.env) != 0
        if not hidden and (node := self.to(f"{kind}-{chapter}-{index}", number)):
            return [nodes.Text("("), node, nodes.Text(")")]
        last = max((int(name.split("-")[2]) for name in names(self.app)["targets"] if name.startswith(f"{kind}-{chapter}-")),
                   default=0)  # fmt: skip
        if last and chapter and (announced or index <= last + 3):
            self.complain(
                f"{kind} ({number}) does not exist; a decimal is written as mathematics: (${number}$)",
                where,
            )
        return []

    def to(self, anchor: str, text: str) -> nodes.Element | None:
        """A link to an anchor of the book, or None."""
        use(self.env, anchor)
        target = names(self.app)["targets"].get(anchor)
        if target is None:
            return None
        kind, major, minor = anchor.split("-")
        title = f"{kind.capitalize()} {major}.{minor}: {target['title']}" if kind != "equation" else (
            f"Equation {major}.{minor} {target['title']}")  # fmt: skip
        return link(
            self.env, target, anchor, [nodes.Text(text)], [f"{kind}-reference"], title
        )

    def complain(self, message: str, where: nodes.Text) -> None:
        logger.warning(message, location=where.parent, type="book", subtype="reference")


def _section_title(node: nodes.Node) -> str:
    """The heading of the section that a node stands in."""
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return node.next_node(nodes.title).astext() if node is not None else ""


class Citations(SphinxTransform):
    """[text](../book/references.md#key) and [text](07_x.ipynb#equation-7-3), checked."""

    default_priority = 515

    def apply(self, **_: object) -> None:
        found = names(self.app)
        for node in list(self.document.findall(addnodes.pending_xref)):
            anchor, doc = node.get("reftargetid"), node.get("reftarget")
            if node.get("refdomain") != "doc" or not anchor:
                continue
            if doc == "book/references":
                use(self.env, f"cite:{anchor}")
                if anchor not in found["citations"]:
                    logger.warning(
                        f"{anchor} is not in book/references.bib",
                        location=node,
                        type="book",
                        subtype="cite",
                    )
                    continue
                title, classes = found["citations"][anchor], ["citation"]
            elif found["targets"].get(anchor, {}).get("doc") == doc:
                use(self.env, anchor)
                title, classes = (
                    found["targets"][anchor]["title"],
                    ["equation-reference"],
                )
            else:
                continue
            children = node.children[0].children if node.children else []
            node.replace_self(
                link(self.env, {"doc": doc}, anchor, children, classes, title)
            )


def setup(app):
    app.setup_extension("book_names")
    app.add_transform(Citations)
    app.add_transform(TextReferences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
