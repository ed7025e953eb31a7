"""The page book/references.md, made from book/references.bib."""

import re
from pathlib import Path

from project import BookError

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# References

Every work that the book cites. The page is made from `book/references.bib` by `make sync`.
"""
KINDS = {
    "journal",
    "booktitle",
    "publisher",
    "howpublished",
    "school",
    "institution",
    "organization",
}


def bibliography(path: Path) -> dict:
    """The entries of a BibTeX file by key, in the file's order; {} where there is no file."""
    from pybtex.database import BibliographyDataError, parse_file
    from pybtex.scanner import PybtexError

    if not path.is_file():
        return {}
    try:
        return dict(parse_file(str(path), bib_format="bibtex").entries)
    except (BibliographyDataError, PybtexError) as error:
        raise BookError(f"{path.name}: {error}") from error


def plain(text: str) -> str:
    """LaTeX of a BibTeX field as Unicode, on one line."""
    from pybtex.richtext import Text

    return " ".join(str(Text.from_latex(text)).replace("--", "–").split())


def surname(person) -> str:
    """Family name with its particle."""
    return plain(
        " ".join([*person.prelast_names, *person.last_names, *person.lineage_names])
    )


def _author(person) -> str:
    initials = " ".join(
        f"{plain(name)[0]}." for name in [*person.first_names, *person.middle_names]
    )
    return f"{surname(person)}, {initials}" if initials else surname(person)


def _joined(names: list[str]) -> str:
    if len(names) > 8:
        return f"{names[0]} et al."
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _people(entry) -> list:
    return entry.persons.get("author") or entry.persons.get("editor") or []


def citation_text(entry) -> str:
    """Glorot and Bengio (2010): Understanding the difficulty of training deep feedforward neural networks."""
    names = [surname(person) for person in _people(entry)]
    short = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{short} ({entry.fields.get('year', 'no year')}): {plain(entry.fields['title'])}"


def _entry_markdown(key: str, entry) -> str:
    fields = {name.lower(): value for name, value in entry.fields.items()}
    if "title" not in fields or "year" not in fields or not _people(entry):
        raise BookError(
            f"references.bib: {key} needs author (or editor), title and year"
        )
    venue = next((f"*{plain(fields[kind])}*" for kind in fields if kind in KINDS), "")
    if venue and "volume" in fields:
        venue += f" {plain(fields['volume'])}" + (
            f"({plain(fields['number'])})" if "number" in fields else ""
        )
    if venue and "pages" in fields:
        venue += f", {plain(fields['pages'])}"
    if (
        venue
        and "publisher" in fields
        and f"*{plain(fields['publisher'])}*" not in venue
    ):
        venue += f", {plain(fields['publisher'])}"
    authors = _joined([_author(person) for person in _people(entry)])
    authors += "" if entry.persons.get("author") else " (ed.)"
    parts = [
        f"{authors} ({plain(fields['year'])})",
        plain(fields["title"]),
        venue,
        plain(fields.get("note", "")),
    ]
    text = " ".join(
        part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part
    )
    if "doi" in fields:
        doi = re.sub(
            r"^https?://(dx\.)?doi\.org/", "", fields["doi"].replace("\\_", "_")
        )
        text += f" [doi:{doi}](https://doi.org/{doi.replace('(', '%28').replace(')', '%29')})"
    elif "url" in fields:
        address = fields["url"].replace("\\_", "_").replace("\\%", "%")
        text += (
            f" [{re.sub(r'^https?://(www[.])?', '', address).rstrip('/')}]({address})"
        )
    return f'- <a id="{key}"></a>{text}'


def references_markdown(root: Path = ROOT) -> str:
    """The whole page; BookError names an entry that lacks a field."""
    entries = bibliography(root / "book/references.bib")
    order = sorted(entries.items(), key=lambda item: (surname(_people(item[1])[0]).lower() if _people(item[1]) else "",
                                                      item[1].fields.get("year", ""), item[0]))  # fmt: skip
    return (
        HEAD
        + "\n"
        + "\n".join(_entry_markdown(key, entry) for key, entry in order)
        + "\n"
    )
