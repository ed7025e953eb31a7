"""The pages for instructors: plan and minutes from the masters, syllabus map and errata from their records."""

import json
import re

import pytest
import yaml
from labels import collect
from lint import ROOT
from project import Project
from syllabus_pages import correction, prose, sections, syllabus_pages
from teaching_page import WEEKS, exercises, grade, masters, teaching_markdown, titles

BOOK = Project(ROOT)
DOCUMENTS = ("000", "001", "002", "003", "004")
MAP = json.loads((ROOT / "book/records/syllabus_map.json").read_text("utf-8"))
ERRATA = json.loads((ROOT / "book/records/errata.json").read_text("utf-8"))
LINES = re.compile(r"\d+(–\d+)?(, \d+(–\d+)?)*")


# -- teaching


def test_the_plan_has_every_chapter_once_in_fourteen_weeks():
    assert len(WEEKS) == 14
    assert [number for week in WEEKS for number in week] == list(range(20))


def test_the_landing_page_names_every_chapter():
    assert sorted(titles((ROOT / "book/intro.md").read_text("utf-8"))) == [*range(20)]


def test_the_plan_links_what_exists_and_says_what_is_planned():
    page = teaching_markdown(BOOK)["book/teaching.md"].decode()
    for path in BOOK.chapters:
        assert f"(../chapters/{path.name})" in page
    assert page.count("(planned)") == 20 - len(BOOK.chapters)
    assert "<!-- table" not in page


def test_minutes_are_those_of_the_masters():
    """Counted here by another way: every line of facts of every master."""
    page = teaching_markdown(BOOK)["book/teaching.md"].decode()
    for number, found in masters(BOOK).items():
        (path,) = (ROOT / "solutions").glob(f"{number:02d}_*.ipynb")
        minutes = re.findall(r" · (\d+) minutes · ", path.read_text("utf-8"))
        assert len(found) == len(minutes) > 0
        total = sum(map(int, minutes))
        (row,) = re.findall(rf"^\| chapter {number} \| .*$", page, re.M)
        assert row.endswith(f"| {total} |") and f"| {len(minutes)} |" in row


def test_what_a_check_cannot_grade_is_for_a_person(tmp_path):
    cells = [
        "## 7.1 One\n\n*code · 15 minutes · difficulty 2 of 3*\n\nTask.",
        'dlcourse.check("7.1")',
        "## 7.2 Two\n\n*concept · 5 minutes · difficulty 1 of 3*\n\nWords.",
    ]
    path = tmp_path / "07_x.ipynb"
    path.write_text(json.dumps({"cells": [{"source": text} for text in cells]}))
    assert grade(exercises(path)) == "7.1 to 7.1, 2 points by check; 7.2 by hand"


# -- syllabus and errata


def test_the_map_covers_five_documents_in_order():
    assert tuple(source["document"] for source in MAP["sources"]) == DOCUMENTS
    for source in MAP["sources"]:
        starts = [int(re.match(r"\d+", place)[0]) for place, _, _ in source["rows"]]
        assert starts == sorted(starts) and len(starts) > 50
        for place, topic, numbers in source["rows"]:
            assert LINES.fullmatch(place), place
            assert topic and "|" not in place and numbers
            assert all(re.fullmatch(r"1?\d\.\d\d?|A\.0", n) for n in numbers), numbers


def test_every_correction_has_its_evidence():
    assert len({entry["id"] for entry in ERRATA}) == len(ERRATA) > 100
    for entry in ERRATA:
        for part in ("printed", "correct", "evidence"):
            assert len(entry[part].strip(" .–")) > 2, (entry["id"], part)
        assert all(d in DOCUMENTS and LINES.fullmatch(x) for d, x in entry["places"])
        assert "from memory" not in str(entry)


def test_formulas_are_closed():
    """An odd dollar would swallow the text after it."""
    texts = [topic for source in MAP["sources"] for _, topic, _ in source["rows"]]
    texts += [e[part] for e in ERRATA for part in ("printed", "correct", "evidence")]
    assert not [text for text in texts if text.count("$") % 2]


def test_sections_that_exist_are_links():
    targets = collect(BOOK).targets
    assert sections(["7.3", "99.1", "A.0"], targets) == (
        "[7.3](../chapters/07_backpropagation.ipynb#section-7-3), 99.1, appendix"
    )
    chapters = {path.stem[:2] for path in BOOK.chapters}
    named = {n for s in MAP["sources"] for row in s["rows"] for n in row[2]}
    named |= {number for entry in ERRATA for number in entry["sections"]}
    lost = [
        number
        for number in named
        if number.split(".")[0].zfill(2) in chapters
        and f"section-{number.replace('.', '-')}" not in targets
    ]
    assert lost == []


def test_signs_mean_themselves_outside_of_mathematics():
    assert prose("f_x *a* $b_1 * c$ [d]") == r"f\_x \*a\* $b_1 * c$ \[d\]"


def test_a_correction_names_its_lines():
    entry = {"id": "E1.2", "places": [["001", "60"], ["004", "7–9"]], "printed": "p", "correct": "c", "evidence": "e", "sections": ["2.4"]}  # fmt: skip
    first = correction(entry, {})[0]
    assert first.startswith('<a id="e1-2"></a>**E1.2** · 001, line 60; 004, lines 7–9')


def test_the_documents_are_named_nowhere_else():
    """Chapters and exercises speak of no document; the pages are in the table of contents."""
    assert {"book/syllabus", "book/errata", "book/teaching"} <= set(BOOK.documents)
    assert set(syllabus_pages(BOOK, {})) == {"book/syllabus.md", "book/errata.md"}
    name = re.compile(r"\bdocuments? 00[0-4]\b|\b00[0-4]:\d", re.I)
    for path in [*BOOK.chapters, *BOOK.exercises, *ROOT.glob("book/*.md")]:
        assert not name.search(path.read_text("utf-8")), path


@pytest.mark.parametrize("field", ["page", "edition"])
def test_the_issue_form_has_the_fields_that_the_button_fills_in(field, extensions):
    import book_meta

    form = yaml.safe_load(
        (ROOT / ".github/ISSUE_TEMPLATE/error.yml").read_text("utf-8")
    )
    assert field in {part.get("id") for part in form["body"]}
    book = {"repository": "https://example.org/a/b", "edition": "1.2.3"}
    found = book_meta.report(book, "chapters/07_x")
    assert found.startswith("https://example.org/a/b/issues/new?template=error.yml&")
    assert {"page": "page=chapters%2F07_x", "edition": "edition=1.2.3"}[field] in found
