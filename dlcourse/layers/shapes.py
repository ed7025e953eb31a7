"""Checks of shapes that pooling and reshaping layers share."""

from dlcourse.layers.base import Layer, Shape
from dlcourse.layers.windowed import one_per_axis

AXES = {1: "(batch, time, features)", 2: "(batch, height, width, channels)"}


def require_image(layer: Layer, shape: Shape, axes: int = 2) -> None:
    """ValueError where x of this shape is no batch of images (axes=1: of sequences)."""
    if len(shape) == axes + 2:
        return
    hint = f"Bring x into the shape {AXES[axes]}."
    if len(shape) == axes + 1:
        hint = "Add the channel axis: x[..., np.newaxis]."
    raise ValueError(
        f"{layer}: expected x of shape {AXES[axes]}, got {tuple(shape)}. {hint}"
    )


def borders(who: str, what: str, value) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)) from that, from (height, width), or one number."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2:
        raise ValueError(
            f"{who}: expected {what} to be a whole number, (height, width) or "
            f"((top, bottom), (left, right)), got {value!r}."
        )
    return tuple(one_per_axis(who, what, v, 2, least=0) for v in pair)
