"""The names of the book (labels.json of the staged tree), for the other extensions; and what to read again.

Which references a page has depends on names that other chapters define. So each page's uses are noted, and a page is
read again when a name it uses comes, goes or moves.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

SKIP = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.reference, nodes.title, nodes.raw,
        nodes.comment, addnodes.pending_xref, addnodes.download_reference, addnodes.index)  # fmt: skip
logger = logging.getLogger(__name__)


def names(app) -> dict:
    """labels.json: chapters, targets, labels, terms, citations."""
    if not hasattr(app, "book_names"):
        app.book_names = json.loads(
            (Path(app.srcdir) / "labels.json").read_text("utf-8")
        )
    return app.book_names


def use(env, name: str) -> None:
    """Note that the page being read depends on a name."""
    _uses(env).setdefault(env.docname, set()).add(name)


def link(
    env,
    target: dict,
    anchor: str,
    content: list[nodes.Node],
    classes: list[str],
    title: str,
) -> nodes.Element:
    """A link to an anchor of a page, resolved when pages are written."""
    node = addnodes.pending_xref(
        "",
        refdomain="book",
        reftype="anchor",
        reftarget=target["doc"],
        refdoc=env.docname,
    )
    node["anchor"], node["title"] = anchor, title
    node += nodes.inline("", "", *content, classes=classes)
    return node


class Resolve(SphinxPostTransform):
    """Our links, before Sphinx resolves the others."""

    default_priority = 8

    def run(self, **_: object) -> None:
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("refdomain") != "book":
                continue
            anchor = "#" + node["anchor"]
            if node["reftarget"] != node["refdoc"]:
                anchor = (
                    self.app.builder.get_relative_uri(node["refdoc"], node["reftarget"])
                    + anchor
                )
            link = nodes.reference(
                "",
                "",
                *node.children,
                refuri=anchor,
                internal=True,
                reftitle=node["title"],
            )
            node.replace_self(link)


def plain_text(document) -> list[nodes.Text]:
    """The runs of prose: no code, mathematics, links, headings or outputs."""
    return [text for text in document.findall(nodes.Text) if _is_prose(text)]


def _is_prose(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None and not isinstance(node, nodes.caption):
        if isinstance(node, SKIP) or node.get("nb_element") == "cell_code":
            return False
        node = node.parent
    return True


def chapter_of(env) -> int | None:
    """The number of the chapter being read; None for other pages."""
    return next(
        (
            int(n)
            for n, chapter in names(env.app)["chapters"].items()
            if chapter["doc"] == env.docname
        ),
        None,
    )


def _uses(env) -> dict[str, set[str]]:
    if not hasattr(env, "book_uses"):
        env.book_uses = {}
    return env.book_uses


def _purge(_app, env, docname) -> None:
    _uses(env).pop(docname, None)


def _merge(_app, env, docnames, other) -> None:
    _uses(env).update(
        {doc: uses for doc, uses in _uses(other).items() if doc in docnames}
    )


def _outdated(app, env, _added, _changed, _removed) -> list[str]:
    found = names(app)
    now = {name: target["doc"] for name, target in found["targets"].items()}
    now |= {f"cite:{key}": text for key, text in found["citations"].items()}
    now |= {"terms": json.dumps(found["terms"], sort_keys=True)}
    before, env.book_snapshot = getattr(env, "book_snapshot", now), now
    moved = {
        name for name in now.keys() | before.keys() if now.get(name) != before.get(name)
    }
    return [doc for doc, uses in _uses(env).items() if uses & moved]


def setup(app):
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-get-outdated", _outdated)
    app.add_post_transform(Resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
