"""Demos: live controls with a kernel, a player with every frame on the page."""

import base64
import html
import json
import re

import pytest

from dlcourse import widgets

VALUES = {"gain": [1, 2, 5], "rule": ["right", "wrong & <worse>"]}


def draw(fig, gain, rule):
    ax = fig.subplots()
    ax.plot([0, gain], [0, 1])
    return f"gain {gain}, rule {rule}"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("DLCOURSE_BOOK", "1")
    return lambda **options: widgets.demo(draw, **VALUES, **options).data


def test_render_gives_a_small_png_and_the_sentence():
    png, sentence = widgets.render(draw, {"gain": 2, "rule": "right"}, (3, 2))
    picture = base64.b64decode(png)
    assert picture.startswith(b"\x89PNG") and len(picture) < 20_000
    assert sentence == "gain 2, rule right"


@pytest.mark.parametrize("answer", [None, "", 3])
def test_a_drawing_without_a_sentence_is_refused(answer):
    with pytest.raises(TypeError, match="expected draw to return a sentence"):
        widgets.render(lambda fig: answer, {}, (3, 2))


def test_player_holds_every_frame_in_order(page):
    text = page(labels={"gain": "gain c"}, start={"gain": 5})
    frames = json.loads(
        re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)[1]
    )
    told = [sentence for _, sentence in frames]
    assert told == [
        f"gain {g}, rule {r}" for g in VALUES["gain"] for r in VALUES["rule"]
    ]
    assert all(base64.b64decode(png).startswith(b"\x89PNG") for png, _ in frames)
    assert len({png for png, _ in frames}) == 3  # the rule draws nothing


def test_player_begins_at_the_start_and_is_labelled(page):
    text = page(labels={"gain": "gain c"}, start={"gain": 5})
    assert re.search(r'<img alt="gain 5, rule right"', text)
    assert re.search(
        r'<input type="range"[^>]* value="2"[^>]* aria-valuetext="5"', text
    )
    assert ">gain c</label>" in text and ">rule</label>" in text
    assert 'aria-live="polite"' in text
    ids = re.findall(r'<label for="([^"]+)"', text)
    assert len(ids) == 2 and all(f'id="{name}"' in text for name in ids)


def test_player_escapes_what_it_shows(page):
    text = page(start={"rule": "wrong & <worse>"})
    assert html.escape("wrong & <worse>") in text
    assert "<worse>" not in text.replace("\\u003cworse>", "")


def test_live_controls_draw_again(monkeypatch):
    monkeypatch.delenv("DLCOURSE_BOOK", raising=False)
    box = widgets.demo(draw, **VALUES, start={"gain": 2})
    slider, dropdown, picture = box.children
    assert (slider.value, dropdown.value) == (2, "right")
    assert "gain 2, rule right" in picture.value
    slider.value = 5
    assert 'alt="gain 5, rule right"' in picture.value
