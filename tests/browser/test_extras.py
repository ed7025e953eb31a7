"""What the pages say about themselves: edition and day, the button that reports an error, previews, sitemap."""

import json
import re
from datetime import date
from urllib.parse import parse_qs, urlparse

import pytest
from project import Project, edition

from browser.pages import HTML, PAGES, ROOT, page_text, search

BOOK = Project(ROOT)
NAMED = [name for name in PAGES if name not in ("search.html", "genindex.html")]


def test_every_page_reports_errors_to_the_repository(built) -> None:
    for name in NAMED:
        (link,) = re.findall(r'class="book-report" href="([^"]+)"', page_text(name))
        address = urlparse(link.replace("&amp;", "&"))
        asked = parse_qs(address.query)
        assert address.geturl().startswith(f"{BOOK.repository}/issues/new?")
        assert asked["page"] == [name.removesuffix(".html")]
        assert asked["edition"] == [edition(BOOK)]


def test_every_page_tells_edition_day_and_licences(built) -> None:
    days = {}
    for name in NAMED:
        text = page_text(name)
        assert f"Edition {edition(BOOK)}, last verified" in text
        days[name] = re.search(r'<time datetime="([^"]+)">', text)[1]
        assert "by/4.0" in text and "BSD 3-Clause" in text
    for day in days.values():
        assert date.fromisoformat(day) <= date.today()
    of_chapters = [day for name, day in days.items() if name.startswith("chapters/")]
    assert days["book/intro.html"] == min(of_chapters)


def test_previews_and_sitemap(built) -> None:
    for name in NAMED:
        tags = dict(
            re.findall(
                r'<meta property="(og:[^"]+)" content="([^"]+)"', page_text(name)
            )
        )
        assert tags["og:url"] == BOOK.site + name
        assert tags["og:title"] and tags["og:site_name"]
        if image := tags.get("og:image"):
            assert (HTML / image.removeprefix(BOOK.site)).is_file()
    found = re.findall(r"<loc>(.+?)</loc>", (HTML / "sitemap.xml").read_text("utf-8"))
    assert {BOOK.site + name for name in NAMED} <= set(found)


@pytest.mark.browser
def test_the_search_finds_a_topic_of_the_syllabus_map(browser, address: str) -> None:
    found = search(browser, address, "snowboard persona")
    assert any("/book/syllabus" in link for link in found), found
    rows = json.loads((ROOT / "book/records/syllabus_map.json").read_text("utf-8"))
    assert "nowboard persona" in json.dumps(rows)
