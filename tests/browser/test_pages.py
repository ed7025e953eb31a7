"""The built pages in a browser: no error, no request beyond loopback, no sideways scroll, no raw markup, no dead link,
no fault that axe-core finds.

Needs `make html` and Chromium. Where one is missing the tests skip in one loud line; DLCOURSE_ALLOW_SKIP=0 makes
that a failure.
"""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from project import Project

from browser.pages import BAD_MATHEMATICS, HTML, PAGES, ROOT, page_text, search, settled

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
MOST_BYTES = 1_500_000
RAW = re.compile(
    r"\$\$|\\tag|\\begin\{|\\frac|\*\*\w|\]\(\.\./|^:::|\{math\}|(?<!\w)\$[^$\n]{1,80}\\[a-z]+[^$\n]*\$",
    re.M,
)
PROSE = """() => {
  const copy = document.querySelector("article").cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container, .headerlink").forEach(node => node.remove());
  return copy.textContent;
}"""
BARE_IMAGES = "[...document.querySelectorAll('article img')].filter(i => !i.alt.trim()).map(i => i.src.slice(-80))"
WIDE = """() => [...document.querySelectorAll("article *")].filter(n => n.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map(n => n.tagName + "." + n.className)"""
# A box that scrolls up and down by a few pixels shows a bar, which Playwright's Chromium hides.
BARS = """() => [...document.querySelectorAll("article *")].filter(n => n.scrollHeight > n.clientHeight + 1
  && n.clientHeight && /auto|scroll/.test(getComputedStyle(n).overflowY)).slice(0, 3).map(n => n.tagName + "." + n.className)"""
# A formula whose end, which is its number, lies beyond the edge.
CUT = """() => [...document.querySelectorAll("article div.math")].map(f => [f.scrollWidth - f.clientWidth, f])
  .filter(([over]) => over > 1).map(([over, f]) => `${over} px: ` + f.textContent.trim().slice(-60))"""
# What a cell gave out and does not fit: printed lines wrap, proofs have narrow columns; printed tables may scroll.
CLIPPED = """() => [...document.querySelectorAll(".cell_output .output:not(.columns) pre, .cell_output table")].map(b =>
  [b.tagName == "PRE" ? b.scrollWidth - b.clientWidth : b.scrollWidth - b.parentElement.clientWidth, b])
  .filter(([over]) => over > 1).map(([over, b]) => `${over} px: ` + b.textContent.trim().slice(0, 60))"""
NAMELESS = """[...document.querySelectorAll("article svg:not([aria-hidden=true])")]
  .filter(s => !s.querySelector("title") && !s.ariaLabel && !s.closest("summary, button")).map(s => s.outerHTML.slice(0, 80))"""
# contrast.js measures the colours, in a fiftieth of the time and in both modes. Inside a formula all is MathJax's own
# (MathML for screen readers, which axe takes for no words).
AXE_CONTEXT = {"exclude": [["mjx-container"], ["th:has(mjx-container)"]]}
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "preload": False,  # it would fetch style sheets by wrong addresses
    "rules": {"color-contrast": {"enabled": False}},
}
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8").split("\n", 1)[1]


def faults(page) -> list[str]:
    """What axe-core finds, with the rule and the elements."""
    found = Axe().run(page, AXE_CONTEXT, AXE_OPTIONS).response["violations"]
    return [
        f"axe, {fault['impact']}: {fault['help']} ({fault['id']}): "
        + "; ".join(node["html"][:120] for node in fault["nodes"][:3])
        for fault in found
    ]


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES or ["none"])
def test_page(browser, address: str, name: str, size: str) -> None:
    """A page opens clean, light and dark: console, network, markup, mathematics, pictures, width, contrast."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light"
    )
    page, wrong = context.new_page(), []
    page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning")
            and wrong.append(f"console: {message.text}")
        ),
    )
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda response: (
            response.status >= 400
            and wrong.append(f"{response.status}: {response.url}")
        ),
    )
    page.on(
        "request",
        lambda r: (
            r.url.startswith((address, "data:", "blob:"))
            or wrong.append(f"left loopback: {r.url}")
        ),
    )
    page.goto(address + name)
    settled(page)
    if name != "search.html":
        wrong += [
            f"raw markup: …{found[0]}…" for found in RAW.finditer(page.evaluate(PROSE))
        ]
    wrong += [f"no alt text: {source}" for source in page.evaluate(BARE_IMAGES)]
    wrong += [f"a picture without words: {svg}" for svg in page.evaluate(NAMELESS)]
    wrong += [f"mathematics: {text}" for text in page.evaluate(BAD_MATHEMATICS)]
    page.evaluate(
        "document.querySelectorAll('details').forEach(box => box.open = true)"
    )
    for mode in ("light", "dark"):
        page.emulate_media(color_scheme=mode)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{mode}'")
        wrong += [
            f"{mode}, contrast {ratio}: {text}"
            for text, ratio in page.evaluate(CONTRAST).items()
        ]
        if (scroll := page.evaluate("document.documentElement.scrollWidth")) > width:
            wrong.append(
                f"{mode}, scrolls sideways: {scroll} px; {page.evaluate(WIDE)}"
            )
    wrong += [f"scrolls up and down: {box}" for box in page.evaluate(BARS)]
    wrong += [f"a formula too wide: {text}" for text in page.evaluate(CUT)]
    wrong += [f"an output too wide: {text}" for text in page.evaluate(CLIPPED)]
    if size == "desktop":  # on a phone: test_buttons.py, with the side bars open
        wrong += faults(page)
    context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_faults_are_seen(browser) -> None:
    """A button without a name, a chevron without one, a table's head of nothing; a formula's own bar, a formula
    cut off; a bare drawing; an output that is cut."""
    page = browser.new_page()
    page.set_content(
        """<html lang="en"><title>x</title><main><h1>One</h1><article><button></button>
        <details><summary></summary>x</details><table><tr><th></th></tr><tr><td>1</td></tr></table>
        <div style="overflow:auto;height:20px"><p style="height:26px">x</p></div><svg></svg>
        <div class="math" style="overflow:auto"><p style="width:3000px">(1.1)</p></div><div class="math">(1.2)</div>
        <div class="cell_output"><div class="output"><pre style="overflow:auto;width:50px">a-long-word</pre></div>
        <div class="output columns"><pre style="overflow:auto;width:50px">a-table-of-columns</pre></div></div></article></main>"""
    )
    found = "\n".join(faults(page))
    for rule in ("button-name", "summary-name", "empty-table-header"):
        assert f"({rule})" in found
    assert len(page.evaluate(BARS)) == len(page.evaluate(NAMELESS)) == 1
    assert [text[-5:] for text in page.evaluate(CUT)] == ["(1.1)"]
    assert [text[-11:] for text in page.evaluate(CLIPPED)] == ["a-long-word"]
    page.close()


@pytest.mark.browser
def test_search_finds_a_term(browser, address: str) -> None:
    """The search works without a network and leads to a chapter."""
    found = search(browser, address, "perceptron")
    assert any("/chapters/" in link for link in found), found


@pytest.mark.browser
def test_a_deeper_box_opens_by_keyboard(browser, address: str) -> None:
    """Folded boxes are buttons that take the focus."""
    name = next(
        (
            name
            for name in PAGES
            if "toggle-hidden" in page_text(name)
            or "deeper dropdown" in page_text(name)
        ),
        None,
    )
    if name is None:
        pytest.skip("no chapter has a Deeper box")
    page = browser.new_page()
    page.goto(address + name)
    settled(page)
    button = page.locator(".deeper button.toggle-button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator(".deeper").first.evaluate(
        "box => !box.classList.contains('toggle-hidden')"
    )
    page.close()


def test_links_and_anchors_lead_somewhere(built) -> None:
    """Every internal link of every page has its file and its anchor."""
    ids = {name: set(re.findall(r'\sid="([^"]+)"', page_text(name))) for name in PAGES}
    dead = []
    for name in PAGES:
        for link in re.findall(r'<a\s[^>]*?href="([^"]*)"', page_text(name)):
            if re.match(r"[a-z]+:|//", link) or link in ("", "#"):
                continue
            target, anchor = urldefrag(
                urljoin(name, unquote(link).replace("&amp;", "&"))
            )
            target = target.split("?")[0] or name
            if not (HTML / target).is_file() or (
                anchor and target in ids and anchor not in ids[target]
            ):
                dead.append(f"{name}: {link}")
    assert not dead, "\n".join(sorted(set(dead)))


def test_launch_buttons_name_existing_files(built) -> None:
    """Every notebook's page opens in Colab what lies in the repository."""
    repository = re.escape(urlparse(Project(ROOT).repository).path)
    opens, opened, wrong = (
        r'href="https://colab\.research\.google\.com([^"]*)"',
        set(),
        [],
    )
    for name in PAGES:
        for link in re.findall(opens, page_text(name)):
            match = re.fullmatch(rf"/github{repository}/blob/[\w.]+/(.+\.ipynb)", link)
            if match and (ROOT / match[1]).is_file():
                opened.add(match[1].replace(".ipynb", ".html"))
            else:
                wrong.append(f"{name}: {link}")
    assert not wrong
    assert opened == {n for n in PAGES if n.startswith(("chapters/", "exercises/"))}


def test_chapters_are_not_heavy(built) -> None:
    """A chapter's page with its pictures weighs at most 1.5 MB."""
    heavy = {}
    for name in PAGES:
        text = page_text(name)
        pictures = {
            urljoin(name, source)
            for source in re.findall(r'<img\s[^>]*?src="([^"]+)"', text)
        }
        size = len(text.encode()) + sum(
            (HTML / p).stat().st_size for p in pictures if not p.startswith("data:")
        )
        if size > MOST_BYTES:
            heavy[name] = f"{size / 1e6:.2f} MB"
    assert not heavy, heavy


PLAYERS = [name for name in PAGES if "dl-player" in page_text(name)]


@pytest.mark.browser
@pytest.mark.parametrize("name", PLAYERS or ["none"])
def test_the_player_moves_by_keyboard_and_mouse(
    browser, address: str, name: str
) -> None:
    """Every control of a demo changes the picture, its alt text and the sentence below, without a kernel."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address + name)
    settled(page)
    for player in page.locator(".dl-player").all():
        picture, says = player.locator("img"), player.locator(".dl-says")
        for control in player.locator("input, select").all():
            before = picture.get_attribute("src")
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
            value, count = control.evaluate(
                "c => [Number(c.value), Number(c.dataset.n)]"
            )
            step = -1 if value == count - 1 else 1
            if control.evaluate("c => c.tagName") == "SELECT":
                control.select_option(index=value + step)
            else:
                control.press("ArrowLeft" if step < 0 else "ArrowRight")
            assert picture.get_attribute("src") != before
            assert picture.get_attribute("alt") == says.inner_text()
            control.evaluate(
                "(c, value) => { c.value = value; c.dispatchEvent(new Event('input')); }",
                value,
            )
            assert picture.get_attribute("src") == before
        for slider in player.locator("input").all():
            before, box = slider.input_value(), slider.bounding_box()
            side = 3 if int(before) else box["width"] - 3
            page.mouse.click(box["x"] + side, box["y"] + box["height"] / 2)
            assert slider.input_value() != before
    page.close()


def test_every_chapter_has_a_player(built) -> None:
    chapters = {name for name in PAGES if name.startswith("chapters/")}
    assert chapters <= set(PLAYERS)
