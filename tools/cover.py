"""Draw the book's mark: a small network, values forward in green, gradients backward in vermilion.

python tools/cover.py    writes book/images/cover.svg, book/_static/logo.svg and book/_static/favicon.svg
"""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

from project import Project

ROOT = Path(__file__).resolve().parent.parent
FORWARD, BACKWARD, INK, PAPER, NODE = (
    "#2fbf92",
    "#f07a35",
    "#0f2433",
    "#f4f8fa",
    "#dfe9ef",
)


def layers(
    sizes: list[int], left: float, right: float, middle: float, gap: float
) -> list[list[tuple[float, float]]]:
    """The centres of the units, layer by layer."""
    step = (right - left) / (len(sizes) - 1)
    return [
        [(left + i * step, middle + (j - (size - 1) / 2) * gap) for j in range(size)]
        for i, size in enumerate(sizes)
    ]


def edges(
    units: list[list[tuple[float, float]]],
    bow: float,
    width: float,
    back: set[tuple[int, int, int]],
) -> str:
    """Every edge bowed up in green; those of `back` also bowed down in vermilion."""
    paths = []
    for number, (sources, targets) in enumerate(pairwise(units)):
        for i, (x0, y0) in enumerate(sources):
            for j, (x1, y1) in enumerate(targets):
                middle = (x0 + x1) / 2
                for colour, sign, opacity in ((FORWARD, -1, 0.9), (BACKWARD, 1, 0.95)):
                    if colour == BACKWARD and (number, i, j) not in back:
                        continue
                    paths.append(
                        f'<path d="M{x0:.1f} {y0:.1f}Q{middle:.1f} {(y0 + y1) / 2 + sign * bow:.1f} {x1:.1f} {y1:.1f}" '
                        f'stroke="{colour}" stroke-opacity="{opacity}" stroke-width="{width}"/>'
                    )
    return f'<g fill="none" stroke-linecap="round">{"".join(paths)}</g>'


def dots(units: list[list[tuple[float, float]]], radius: float, ring: float) -> str:
    """The units."""
    circles = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
        for layer in units
        for x, y in layer
    )
    return f'<g fill="{NODE}" stroke="{INK}" stroke-width="{ring}">{circles}</g>'


def svg(width: int, height: int, body: str, corner: float, title: str) -> str:
    """A picture on the book's dark ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{title}</title>'
        f'<rect width="{width}" height="{height}" rx="{corner}" fill="{INK}"/>{body}</svg>\n'
    )


def mark() -> str:
    """Two inputs, three hidden units, one output, on a square."""
    units = layers([2, 3, 1], 11, 53, 32, 17)
    back = {(1, 0, 0), (1, 1, 0), (1, 2, 0), (0, 0, 1), (0, 1, 1)}
    return svg(
        64,
        64,
        edges(units, 4.5, 2.2, back) + dots(units, 5.2, 1.5),
        13,
        "Deep Learning, Run Line by Line",
    )


def cover() -> str:
    """The banner of the landing page."""
    units = layers([3, 5, 4, 2], 90, 710, 150, 52)
    back = {(2, i, j) for i in range(4) for j in range(2)}
    back |= {(1, i, j) for i in range(5) for j in range(4) if (i + j) % 2 == 0} | {
        (0, 1, 2),
        (0, 0, 1),
        (0, 2, 3),
    }
    labels = "".join(
        f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{text}</text>'
        for x, y, colour, anchor, text in (
            (90, 286, FORWARD, "start", "forward: values →"),
            (710, 286, BACKWARD, "end", "← backward: gradients"),
        )
    )
    font = f'<g font-family="system-ui, sans-serif" font-size="17" font-weight="600">{labels}</g>'
    return svg(
        800,
        310,
        edges(units, 13, 2.6, back) + dots(units, 12.5, 3) + font,
        22,
        "A small network",
    )


def cover_png(project: Project) -> str:
    """The cover as a picture of 1200 pixels, for previews of links; "" where rsvg-convert is not installed."""
    svg, png = project.root / "book/images/cover.svg", project.build / "cover.png"
    program = shutil.which("rsvg-convert")
    if not svg.is_file() or program is None:
        return ""
    if not png.is_file() or png.stat().st_mtime < svg.stat().st_mtime:
        png.parent.mkdir(parents=True, exist_ok=True)
        command = [program, "--width", "1200", "--output", str(png), str(svg)]
        subprocess.run(command, check=True)
    return str(png)


if __name__ == "__main__":
    for name, picture in (
        ("images/cover", cover()),
        ("_static/logo", mark()),
        ("_static/favicon", mark()),
    ):
        (ROOT / "book" / f"{name}.svg").write_text(picture, "utf-8")
