"""Interactive demos: live sliders with a kernel, a player of frames on the page.

Both show the same drawings. The player is HTML with native range inputs and selects: it
needs no kernel, works by keyboard and announces the sentence that describes each frame.
"""

import base64
import hashlib
import html
import io
import itertools
import json
import math
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
    """Show draw(fig, **choice); `draw` returns one sentence that says what to see.

        demo(draw, gain=[1, 2, 5], rule=["right", "wrong"], start={"gain": 5})

    ValueError where a name has fewer than two values, `start` names none of them, there
    is nothing to choose, or the frames are more than 60.
    """
    labels, start = labels or {}, start or {}
    if not values:
        raise ValueError("demo: expected values to choose from, such as gain=[1, 2].")
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
    frames = math.prod(len(options) for options in values.values())
    if frames > MAX_FRAMES:
        raise ValueError(
            f"demo: expected at most {MAX_FRAMES} frames for the page, got {frames}. "
            "Thin out the values."
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
    """(PNG as base64, sentence) of one frame, in 32 colours to keep pages light.

    TypeError where `draw` returns no sentence.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=figsize, dpi=90, layout="constrained")
    sentence = draw(figure, **choice)
    if not isinstance(sentence, str) or not sentence:
        raise TypeError(
            "demo: expected draw to return a sentence that says what to see, "
            f"got {sentence!r}."
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    small = Image.open(buffer).convert("RGB").quantize(32)
    buffer = io.BytesIO()
    small.save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii"), sentence


def _image(png: str, sentence: str) -> str:
    return (
        f'<img alt="{html.escape(sentence)}" style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{png}">'
    )


def _live(draw, controls, first, figsize):
    import ipywidgets

    sliders = {}
    for name, label, options in controls:
        words = isinstance(options[0], str)
        kind = ipywidgets.Dropdown if words else ipywidgets.SelectionSlider
        sliders[name] = kind(
            options=[(str(option), option) for option in options],
            value=first[name],
            description=label,
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="98%", max_width="36em"),
        )
    picture = ipywidgets.HTML()

    def show(_=None):
        choice = {name: slider.value for name, slider in sliders.items()}
        png, sentence = render(draw, choice, figsize)
        picture.value = f"{_image(png, sentence)}<p>{html.escape(sentence)}</p>"

    for slider in sliders.values():
        slider.observe(show, names="value")
    show()
    return ipywidgets.VBox([*sliders.values(), picture])


def _player(draw, controls, first, figsize):
    from IPython.display import HTML

    names = [name for name, _, _ in controls]
    products = itertools.product(*(options for _, _, options in controls))
    choices = (dict(zip(names, product, strict=True)) for product in products)
    frames = [render(draw, choice, figsize) for choice in choices]
    return HTML(player_html(controls, first, frames))


def player_html(controls, first: dict, frames: list[tuple[str, str]]) -> str:
    """The player: its controls index `frames`, the last control fastest."""
    text = json.dumps([label for _, label, _ in controls]) + frames[0][0]
    key = hashlib.sha256(text.encode()).hexdigest()[:8]
    index = 0
    inputs = []
    for i, (name, label, options) in enumerate(controls):
        at = options.index(first[name])
        index = index * len(options) + at
        control = f"dl-{key}-{i}"
        box = (_select if isinstance(options[0], str) else _range)(control, options, at)
        inputs.append(
            f'<div class="dl-control"><label for="{control}">{html.escape(label)}'
            f"</label> {box}</div>"
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
  const data = root.querySelector('script[type="application/json"]');
  const frames = JSON.parse(data.textContent);
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


def _select(control: str, options: list, at: int) -> str:
    entries = "".join(
        f'<option value="{k}"{" selected" if k == at else ""}>{html.escape(option)}'
        "</option>"
        for k, option in enumerate(options)
    )
    return f'<select id="{control}" data-n="{len(options)}">{entries}</select>'


def _range(control: str, options: list, at: int) -> str:
    texts = html.escape(json.dumps([str(option) for option in options]))
    now = html.escape(str(options[at]))
    return (
        f'<input type="range" id="{control}" min="0" max="{len(options) - 1}" step="1" '
        f'value="{at}" data-n="{len(options)}" data-texts="{texts}" '
        f'aria-valuetext="{now}"><output for="{control}">{now}</output>'
    )
