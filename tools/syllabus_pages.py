"""The pages that lead from five course documents into the book: where each topic is treated, and what to correct there.

book/records/syllabus_map.json and errata.json hold the data. The documents are called 000 to 004 here and nowhere else.
"""

import json
import re

from project import Project
from record_text import table

MATHEMATICS = re.compile(r"(\$[^$]+\$)")
SPECIAL = re.compile(r"([\\*_\[\]<>`#~])")
SYLLABUS = """# From a course's documents into the book

Some courses hand out lecture notes whose topics this book takes up. Five of them are followed here line by line; they are called
{names}. Each row says what stands on the lines of a document, in our words, and which section of the book treats it. A section
without a link is in a chapter that is planned. The [errata](errata.md) list what to correct there. The search of this page,
or of the whole book, finds a topic.
"""
ERRATA = """# Errata of the course documents

Corrections to the documents {names} of the [syllabus map](syllabus.md), with what stands there, what is right, and how we know.
{count} corrections have evidence that we computed, derived or looked up; others are not listed. "Printed" quotes a formula or gives
the claim in our words.
"""


def prose(text: str) -> str:
    """Text as Markdown: signs mean themselves outside of mathematics."""
    parts = MATHEMATICS.split(text)
    return "".join(
        part if part.startswith("$") else SPECIAL.sub(r"\\\1", part) for part in parts
    )


def cell(text: str) -> str:
    """Markdown inside a table."""
    return prose(text).replace("|", r"\|")


def sections(numbers: list[str], targets: dict[str, dict]) -> str:
    """Links to the sections that exist, plain numbers for the others."""
    found = []
    for number in numbers:
        anchor = "section-" + number.replace(".", "-")
        target = targets.get(anchor)
        found.append(
            f"[{number}](../{target['doc']}.ipynb#{anchor})"
            if target
            else appendix(number)
        )
    return ", ".join(found)


def appendix(number: str) -> str:
    """7.3, or "appendix" where a topic has no chapter of its own."""
    return "appendix" if number.startswith("A") else number


def syllabus_markdown(record: dict, targets: dict[str, dict]) -> str:
    """Source -> section, a table for each document."""
    names = [source["document"] for source in record["sources"]]
    lines = [SYLLABUS.format(names=f"{names[0]} to {names[-1]}")]
    for source in record["sources"]:
        rows = [
            [place, cell(topic), sections(numbers, targets)]
            for place, topic, numbers in source["rows"]
        ]
        name = f"Document {source['document']}"
        head = ["lines", "topic", "section"]
        lines += [f"## {name}", *table(f"{name}, line by line", head, rows, "words")]
    return "\n".join(lines)


def errata_markdown(record: list[dict], targets: dict[str, dict]) -> str:
    """The corrections, document by document."""
    documents = sorted({entry["places"][0][0] for entry in record})
    names = f"{documents[0]} to {documents[-1]}"
    lines = [ERRATA.format(names=names, count=len(record))]
    for document in documents:
        lines += [f"## Corrections to document {document}", ""]
        for entry in record:
            if entry["places"][0][0] == document:
                lines += correction(entry, targets)
    return "\n".join(lines)


def place(document: str, lines: str) -> str:
    """000, lines 12–16"""
    return f"{document}, line{'' if lines.isdigit() else 's'} {lines}"


def correction(entry: dict, targets: dict[str, dict]) -> list[str]:
    """One correction as a paragraph for each of its parts."""
    where = "; ".join(place(*each) for each in entry["places"])
    anchor = entry["id"].lower().replace(".", "-")
    return [
        f'<a id="{anchor}"></a>**{entry["id"]}** · {where} · section {sections(entry["sections"], targets)}',
        "",
        *(
            f"- *{name}.* {prose(entry[name.lower()])}"
            for name in ("Printed", "Correct", "Evidence")
        ),
        "",
    ]


def syllabus_pages(project: Project, targets: dict[str, dict]) -> dict[str, bytes]:
    """The staged files; none where the repository has no such data."""
    folder, made = project.root / "book/records", {}
    for name, record, page in (
        ("syllabus", "syllabus_map", syllabus_markdown),
        ("errata", "errata", errata_markdown),
    ):
        path = folder / f"{record}.json"
        if path.is_file():
            data = json.loads(path.read_text("utf-8"))
            made[f"book/{name}.md"] = page(data, targets).encode()
    return made
