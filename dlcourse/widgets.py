"""Interactive demos:

live sliders where a kernel runs, a player over pre-computed frames on the rendered
page.

Both show the same drawings. The player is HTML with native range inputs and selects: it
needs no kernel, works by keyboard and announces the sentence that describes each frame.
"""

import base64
import hashlib
import html
import io
import itertools
import json
import os
from collections.abc import Callable, Sequence

MAX_FRAMES = 60


def demo(
    draw: Callable[..., str],
    labels: dict[str, str] | None = None,
    start: dict | None = None,
    figsize: tuple[float, float] = (6.0, 3.6),
    **values: Sequence,
):
    """Show draw(fig, **choice) for a choice of each value list;

    `draw` returns one sentence that says what to see.

    demo(draw, gain=[1, 2, 5, 10], rule=["right", "wrong"], labels={"gain": "gain c"},
    start={"gain": 5})

    ValueError where a name has no values, `start` names none of them, or the frames are
    more than 60.
    """
    labels, start = labels or {}, start or {}
    for name, options in values.items():
        if len(options) < 2:
            raise ValueError(
                f"demo: expected at least two values for {name!r}, got {list(options)}."
            )
    for name, value in start.items():
        if name not in values or value not in values[name]:
            raise ValueError(
                f"demo: expected start to name one of the values, got {name}={value!r}."
            )
    frames = 1
    for options in values.values():
        frames *= len(options)
    if frames > MAX_FRAMES:
        raise ValueError(
            f"demo: expected at most {MAX_FRAMES} frames for the page, got {frames}. Thin out the values."
        )
    controls = [
        (name, labels.get(name, name.replace("_", " ")), list(options))
        for name, options in values.items()
    ]
    first = {name: start.get(name, options[0]) for name, _, options in controls}
    if os.environ.get("DLCOURSE_BOOK") == "1":
        return _player(draw, controls, first, figsize)
    return _live(draw, controls, first, figsize)


def render(
    draw: Callable[..., str], choice: dict, figsize: tuple[float, float]
) -> tuple[str, str]:
    """(PNG as base64, sentence) of one frame;

    colours are reduced to 64 to keep pages light.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=figsize, dpi=100, layout="constrained")
    sentence = draw(figure, **choice)
    if not isinstance(sentence, str) or not sentence:
        raise TypeError(
            f"demo: expected draw to return a sentence that says what to see, got {sentence!r}."
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    small = Image.open(buffer).convert("RGB").quantize(64)
    buffer = io.BytesIO()
    small.save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii"), sentence


def _image(png: str, sentence: str) -> str:
    return f'<img alt="{html.escape(sentence)}" style="max-width:100%;height:auto" src="data:image/png;base64,{png}">'


def _live(draw, controls, first, figsize):
    import ipywidgets

    sliders = {}
    for name, label, options in controls:
        kind = (
            ipywidgets.Dropdown
            if isinstance(options[0], str)
            else ipywidgets.SelectionSlider
        )
        sliders[name] = kind(
            options=[(str(option), option) for option in options], value=first[name], description=label,
            style={"description_width": "initial"}, layout=ipywidgets.Layout(width="98%", max_width="36em"),
        )  # fmt: skip
    picture = ipywidgets.HTML()

    def show(_=None):
        png, sentence = render(
            draw, {name: slider.value for name, slider in sliders.items()}, figsize
        )
        picture.value = f"{_image(png, sentence)}<p>{html.escape(sentence)}</p>"

    for slider in sliders.values():
        slider.observe(show, names="value")
    show()
    return ipywidgets.VBox([*sliders.values(), picture])


def _player(draw, controls, first, figsize):
    from IPython.display import HTML

    choices = itertools.product(*(options for _, _, options in controls))
    names = [name for name, _, _ in controls]
    frames = [
        render(draw, dict(zip(names, choice, strict=True)), figsize)
        for choice in choices
    ]
    return HTML(player_html(controls, first, frames))


def player_html(controls, first: dict, frames: list[tuple[str, str]]) -> str:
    """The player:

    its controls index `frames`, which run through the product of the value lists, last
    control fastest.
    """
    key = hashlib.sha1(
        json.dumps([c[1] for c in controls]).encode() + frames[0][0].encode()
    ).hexdigest()[:8]
    index = 0
    inputs = []
    for i, (name, label, options) in enumerate(controls):
        at = options.index(first[name])
        index = index * len(options) + at
        texts = html.escape(json.dumps([str(option) for option in options]))
        control = f"dl-{key}-{i}"
        if isinstance(options[0], str):
            entries = "".join(
                f'<option value="{k}"{" selected" if k == at else ""}>{html.escape(option)}</option>'
                for k, option in enumerate(options)
            )
            box = f'<select id="{control}" data-n="{len(options)}">{entries}</select>'
        else:
            box = (
                f'<input type="range" id="{control}" min="0" max="{len(options) - 1}" step="1" value="{at}" '
                f'data-n="{len(options)}" data-texts="{texts}" aria-valuetext="{html.escape(str(options[at]))}">'
                f'<output for="{control}">{html.escape(str(options[at]))}</output>'
            )
        inputs.append(
            f'<div class="dl-control"><label for="{control}">{html.escape(label)}</label> {box}</div>'
        )
    png, sentence = frames[index]
    data = json.dumps(frames).replace("<", "\\u003c")  # no "</script>" inside a script
    return f"""<div class="dl-player" id="dl-{key}" role="group" aria-label="Demo">
{"".join(inputs)}
{_image(png, sentence)}
<p class="dl-says" aria-live="polite">{html.escape(sentence)}</p>
<script type="application/json">{data}</script>
<script>
(function () {{
  const root = document.getElementById("dl-{key}");
  const frames = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const controls = [...root.querySelectorAll("input, select")];
  const picture = root.querySelector("img"), says = root.querySelector(".dl-says");
  function show() {{
    let index = 0;
    for (const c of controls) {{
      index = index * Number(c.dataset.n) + Number(c.value);
      if (c.dataset.texts) {{
        const text = JSON.parse(c.dataset.texts)[Number(c.value)];
        c.setAttribute("aria-valuetext", text);
        c.nextElementSibling.textContent = text;
      }}
    }}
    picture.src = "data:image/png;base64," + frames[index][0];
    picture.alt = says.textContent = frames[index][1];
  }}
  controls.forEach((c) => c.addEventListener("input", show));
}})();
</script>
</div>"""
