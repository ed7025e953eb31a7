"""Figures with one colour code through the whole book.

Colours are those of Okabe and Ito, distinct to colour-blind eyes. Meaning never rests
on colour alone: line style, marker or a direct label carries it too.
"""

import numpy as np

NUMPY = "#0072B2"  # blue, solid: computed by our NumPy code
KERAS = "#E69F00"  # orange, dashed: computed by Keras
FORWARD = "#009E73"  # green: forward pass, values
BACKWARD = "#D55E00"  # vermilion: backward pass, gradients
THEORY = "#000000"  # black, dotted: what a formula predicts
WRONG = "#A8447A"  # purple: a wrong formula, falsified
MUTED = "#767676"  # grey: what is only context
CLASSES = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#A8447A",
    "#56B4E9",
    "#000000",
    "#767676",
    "#8C6D1F",
    "#4B2E83",
]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*", "<", ">"]
STYLES = {NUMPY: "-", KERAS: "--", THEORY: ":", WRONG: "-."}


def style() -> None:
    """Set the book's matplotlib style."""
    import matplotlib.pyplot as plt

    settings = {
        "figure.figsize": (6.4, 3.8),
        "figure.dpi": 110,
        "figure.facecolor": "white",
        "figure.constrained_layout.use": True,
        "savefig.dpi": 110,
        "font.size": 11,
        "axes.titlesize": 11,
        "axes.labelsize": 11,
        "axes.facecolor": "white",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": plt.cycler(color=CLASSES),
        "grid.color": "#dddddd",
        "grid.linewidth": 0.6,
        "legend.fontsize": 10,
        "legend.frameon": False,
        "lines.linewidth": 2,
        "lines.markersize": 5,
        "image.cmap": "gray",
    }
    plt.rcParams.update(settings)


def curve(ax, x, y, colour: str, label: str, **options):
    """A line in one of the book's colours, with that colour's own line style."""
    options.setdefault("linestyle", STYLES.get(colour, "-"))
    return ax.plot(x, y, color=colour, label=label, **options)[0]


def history(ax, records: dict, key: str = "loss", validation: bool = True) -> None:
    """Training curves of several histories: {"NumPy": (history, plots.NUMPY), ...}.

    Validation in a thin dashed line. KeyError where a history lacks `key`.
    """
    for label, (record, colour) in records.items():
        values = getattr(record, "history", record)
        epochs = np.arange(1, len(values[key]) + 1)
        curve(ax, epochs, values[key], colour, label)
        if validation and f"val_{key}" in values:
            ax.plot(
                epochs,
                values[f"val_{key}"],
                color=colour,
                linestyle=(0, (1, 1.5)),
                linewidth=1.4,
                label=f"{label}, validation",
            )
    ax.set(xlabel="epoch", ylabel=key.replace("_", " "))
    ax.legend()


def points(ax, x, y, names=None, **options) -> None:
    """A scatter of 2-D points, one colour and marker a class."""
    for k in np.unique(y):
        chosen = y == k
        label = names[int(k)] if names is not None else f"class {int(k)}"
        ax.scatter(
            x[chosen, 0],
            x[chosen, 1],
            color=CLASSES[int(k)],
            marker=MARKERS[int(k)],
            s=24,
            label=label,
            edgecolor="white",
            linewidth=0.5,
            **options,
        )


def regions(
    ax,
    predict,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    resolution: int = 200,
) -> None:
    """Shade the plane by class: predict maps points (n, 2) to class numbers (n,)."""
    from matplotlib.colors import ListedColormap

    across, up = np.linspace(*xlim, resolution), np.linspace(*ylim, resolution)
    grid_x, grid_y = np.meshgrid(across, up)
    points = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    ax.pcolormesh(
        grid_x,
        grid_y,
        np.asarray(predict(points)).reshape(grid_x.shape),
        cmap=ListedColormap(CLASSES),
        vmin=-0.5,
        vmax=len(CLASSES) - 0.5,
        alpha=0.18,
        shading="auto",
        rasterized=True,
    )
    ax.set(xlim=xlim, ylim=ylim)


def images(x, titles=None, columns: int = 8, size: float = 0.95):
    """A sheet of grey images (n, height, width), each under its title: the figure.

    ValueError where x has another number of axes.
    """
    import matplotlib.pyplot as plt

    x = np.asarray(x)
    if x.ndim != 3:
        raise ValueError(
            f"images: expected images of shape (n, height, width), got {x.shape}. "
            "For one image write x[np.newaxis]."
        )
    rows = -(-len(x) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + 0.22) * rows), squeeze=False
    )
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes.flat, x, strict=False)):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=max(1.0, float(x.max())))
        if titles is not None:
            ax.set_title(titles[i], fontsize=9)
    return figure
