"""The glossary: entries with anchors; in each chapter the first occurrence of a term links there and is indexed.

book/glossary.md holds paragraphs `**term** (*another form*, *a third*): definition`. A form in lower case is found in
any case and in the plural; one with a capital (SGD) as it stands.
"""

import re

from book_names import chapter_of, link, names, plain_text, use
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

GLOSSARY = "book/glossary"
HEAD = re.compile(r"\A(?: \(.*?\))?: ", re.S)


class Entries(SphinxTransform):
    """The paragraphs of the glossary as a definition list."""

    default_priority = 510

    def apply(self, **_: object) -> None:
        if self.env.docname != GLOSSARY:
            return
        for paragraph in list(self.document.findall(nodes.paragraph)):
            strong = paragraph.children[0] if paragraph.children else None
            entry = (
                names(self.app)["terms"].get(strong.astext())
                if isinstance(strong, nodes.strong)
                else None
            )
            if entry is None:
                continue
            term = nodes.term(
                "", "", nodes.Text(strong.astext()), ids=[entry["anchor"]]
            )
            if others := entry["forms"][1:]:
                term += [
                    nodes.inline("", " also " + ", ".join(others), classes=["also"])
                ]
            definition = nodes.paragraph("", "", *_definition(paragraph))
            index = addnodes.index(
                entries=[("single", strong.astext(), entry["anchor"], "main", None)]
            )
            item = nodes.definition_list_item(
                "", term, nodes.definition("", definition)
            )
            siblings = paragraph.parent.children
            before = siblings[siblings.index(paragraph) - 1]
            if isinstance(before, nodes.definition_list):
                before += item
                before.parent.insert(before.parent.index(before), index)
                paragraph.parent.remove(paragraph)
            else:
                paragraph.replace_self(
                    [index, nodes.definition_list("", item, classes=["glossary"])]
                )


def _definition(paragraph: nodes.paragraph) -> list[nodes.Node]:
    """What stands after the first `: `, with the entry's other forms gone."""
    for position, child in enumerate(paragraph.children[1:], 1):
        if isinstance(child, nodes.Text) and ": " in child.astext():
            rest = child.astext().split(": ", 1)[1]
            return [nodes.Text(rest), *paragraph.children[position + 1 :]]
    return paragraph.children[1:]


class FirstOccurrences(SphinxTransform):
    """Links and index entries in chapters."""

    default_priority = 530

    def apply(self, **_: object) -> None:
        number = chapter_of(self.env)
        if number is None:
            return
        use(self.env, "terms")
        terms = names(self.app)["terms"]
        forms = {form: term for term, entry in terms.items() for form in entry["forms"]}
        where = f"chapter {number}: {names(self.app)['chapters'][str(number)]['title']}"
        for text in plain_text(self.document):
            pieces, end, source = [], 0, text.astext()
            if not forms or len(source) < 3:
                continue
            for match in list(_pattern(tuple(forms)).finditer(source)):
                term = _term(match[0], forms)
                if term is None:
                    continue
                entry = terms[term]
                for form in entry["forms"]:
                    forms.pop(form, None)
                anchor = f"index-{entry['anchor']}"
                index = addnodes.index(
                    entries=[("single", f"{term}; {where}", anchor, "", None)]
                )
                reference = link(self.env, {"doc": GLOSSARY}, entry["anchor"], [nodes.Text(match[0])],
                                 ["glossary-reference"], entry["text"])  # fmt: skip
                pieces += [
                    nodes.Text(source[end : match.start()]),
                    index,
                    nodes.target("", "", ids=[anchor]),
                    reference,
                ]
                end = match.end()
            if pieces:
                pieces.append(nodes.Text(source[end:]))
                kept = [
                    piece
                    for piece in pieces
                    if not isinstance(piece, nodes.Text) or piece.astext()
                ]
                text.parent.replace(text, kept)


def _pattern(forms: tuple[str, ...]) -> re.Pattern:
    if forms not in _PATTERNS:
        _PATTERNS.clear()
        parts = []
        for form in sorted(forms, key=len, reverse=True):
            words = r"\s".join(map(re.escape, form.split()))
            parts.append(rf"(?i:{words}(?:s|es)?)" if form.islower() else words)
        _PATTERNS[forms] = re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])")
    return _PATTERNS[forms]


def _term(found: str, forms: dict[str, str]) -> str | None:
    text = " ".join(found.split())
    for candidate in (
        text,
        text.lower(),
        text.lower().removesuffix("s"),
        text.lower().removesuffix("es"),
    ):
        if candidate in forms:
            return forms[candidate]
    return None


_PATTERNS: dict[tuple[str, ...], re.Pattern] = {}


def setup(app):
    app.setup_extension("book_names")
    app.add_transform(Entries)
    app.add_transform(FirstOccurrences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
