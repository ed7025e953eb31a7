"""Shapes, checked and brought together, for layers on images and layers that merge."""

import numpy as np

from dlcourse.layers.base import Layer, Shape
from dlcourse.layers.windowed import one_per_axis

Array = np.ndarray

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


# -- several arrays


def shapes_of(layer: Layer, xs) -> list[Shape]:
    """The shapes of a list of arrays; ValueError for anything else."""
    if not isinstance(xs, (list, tuple)):
        raise ValueError(
            f"{layer}: expected a list of arrays, got {type(xs).__name__}. Write "
            f"{type(layer).__name__}()([a, b])."
        )
    return [np.shape(x) for x in xs]


def require_shapes(layer: Layer, shapes) -> None:
    """ValueError unless this is a list of one or more shapes."""
    listed = isinstance(shapes, (list, tuple)) and len(shapes) > 0
    if not listed or not all(isinstance(s, (list, tuple)) for s in shapes):
        raise ValueError(
            f"{layer}: expected a list of arrays, got one or none. Write "
            f"{type(layer).__name__}()([a, b])."
        )


def broadcast(shapes: list[Shape]) -> Shape | None:
    """The common shape, or None where there is none."""
    batches = {s[0] for s in shapes if s and s[0] is not None}
    if len(batches) > 1 or not all(shapes):
        return None
    rank = max(len(s) for s in shapes)
    aligned = [(1,) * (rank - len(s)) + tuple(s[1:]) for s in shapes]
    found = []
    for lengths in zip(*aligned, strict=True):
        longer = {n for n in lengths if n not in (1, None)}
        if len(longer) > 1:
            return None
        found.append(None if None in lengths and not longer else max(longer, default=1))
    return (batches.pop() if batches else None, *found)


def aligned(xs: list[Array]) -> list[Array]:
    """All with the same number of axes: those that lack are 1, after the batch axis."""
    rank = max(x.ndim for x in xs)
    return [x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in xs]


def unbroadcast(d: Array, shape: Shape) -> Array:
    """The sum of d over the axes that were repeated, as a fresh array of this shape."""
    whole = (shape[0], *(1,) * (d.ndim - len(shape)), *shape[1:])
    repeated = tuple(a for a, n in enumerate(whole) if n == 1 and d.shape[a] != 1)
    d = d.sum(axis=repeated, keepdims=True) if repeated else d.copy()
    return d.reshape(shape)


def column(mask: Array) -> Array:
    """(batch, time) -> (batch, time, 1)."""
    return np.asarray(mask, bool)[..., np.newaxis]
