"""The figures of growth on the page Speed, drawn once for each record."""

import io
import json

from project import Project, digest


def drawn(project: Project, curve: dict) -> bytes:
    """The figure of one curve, drawn once for each record."""
    key = digest([json.dumps(curve, sort_keys=True).encode(), b"4"])[:16]
    path = project.build / "figures" / f"{key}.svg"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(figure(curve))
    return path.read_bytes()


def figure(curve: dict) -> bytes:
    """Measured points in blue, the expected slope dotted, through the last point."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    scale, unit = (1e6, "MB") if curve["unit"] == "byte" else (1e-3, "ms")
    x, y = curve["sizes"], [v / scale for v in curve["values"]]
    with mpl.rc_context(
        {"svg.hashsalt": "growth", "svg.fonttype": "path", "font.size": 11}
    ):
        fig = Figure(figsize=(4.4, 3.2), layout="constrained", facecolor="white")
        FigureCanvasSVG(fig)
        ax = fig.add_subplot()
        expected = [y[-1] * (size / x[-1]) ** curve["expected"] for size in x]
        ax.loglog(
            x,
            expected,
            color="#000000",
            linestyle=":",
            label=f"slope {curve['expected']:g}",
        )
        ax.loglog(
            x,
            y,
            color="#0072B2",
            marker="o",
            markersize=5,
            linewidth=2,
            label="measured",
        )
        ax.set(
            xlabel=curve["axis"],
            ylabel=f"{'memory' if unit == 'MB' else 'CPU time'} of a step, {unit}",
        )
        ax.set_xticks(x, [f"{size:,}" for size in x])
        ax.set_xticks([], minor=True)
        ax.yaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if y[-1] < 30 * y[0] else (1,))
        )
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
        ax.tick_params(axis="x", labelrotation=45 if len(x) > 6 else 0)
        ax.grid(color="#dddddd", linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False)
        out = io.BytesIO()
        fig.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
