"""The slides of a chapter in a browser: no error, no request beyond loopback, formulas, figures, keys, nothing cut off."""

from collections.abc import Iterator

import pytest
import slides
from execute import chapters
from project import Project
from vendor import SLIDES, vendor

from browser.pages import BAD_MATHEMATICS, ROOT, served

NAME = "05_perceptrons"
CUT = """() => {
  const wrong = [];
  for (const slide of Reveal.getSlides()) {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v, 99);
    fit(slide);
    if (slide.scrollHeight > 740) wrong.push(`${h}.${v}: ${slide.scrollHeight} px`);
  }
  return wrong;
}"""


@pytest.fixture(scope="module")
def address(needs, tmp_path_factory) -> Iterator[str]:
    """The slides of one chapter, served on loopback."""
    project = Project(ROOT)
    chapter = next(c for c in chapters(project) if c.name == NAME)
    needs("the executed chapters (`make html`)", chapter.cache(project).is_file())
    folder = tmp_path_factory.mktemp("slides")
    vendor(project.root)
    vendor(project.root, SLIDES, ".build/slides-vendor")
    slides.assets(project, folder / "assets")
    page = slides.chapter_page(project, chapter)[1]
    (folder / f"{NAME}.html").write_text(page, "utf-8")
    with served(folder) as found:
        yield f"{found}{NAME}.html"


@pytest.fixture
def page(browser, address: str) -> Iterator:
    """The slides, set; what went wrong on the way fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    found, wrong = context.new_page(), []
    found.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    found.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    found.on("requestfailed", lambda r: wrong.append(f"failed: {r.url}"))
    home = address.rsplit("/", 1)[0]
    found.on(
        "request",
        lambda r: r.url.startswith((home, "data:")) or wrong.append(r.url),
    )
    found.goto(address)
    found.wait_for_selector("body[data-ready]", timeout=60_000)
    yield found
    context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_formulas_and_figures_are_there(page) -> None:
    assert page.locator("section mjx-container").count() > 50
    assert page.evaluate(BAD_MATHEMATICS) == []
    images = page.locator("section img")
    assert images.count() >= 8
    assert all(image.get_attribute("alt").strip() for image in images.all())


@pytest.mark.browser
def test_keys_go_forward(page) -> None:
    where = "() => { const { h, v, f } = Reveal.getIndices(); return [h, v, f ?? -1]; }"
    seen = [page.evaluate(where)]
    page.locator("body").click(position={"x": 600, "y": 5})
    for _ in range(12):
        page.keyboard.press("Space")
        seen.append(page.evaluate(where))
    assert seen == sorted(seen) and len({tuple(place) for place in seen}) == 13
    for _ in range(12):  # what waits on a slide comes first
        page.keyboard.press("ArrowRight")
    assert page.evaluate(where)[0] > seen[-1][0] + 1


@pytest.mark.browser
def test_no_slide_is_cut_off(page) -> None:
    assert page.evaluate(CUT) == []
