"""Checks that layers on images and sequences share: windows, strides, borders."""

from dlcourse.validation import lookup, require_positive_int

AXES = {1: "(batch, time, features)", 2: "(batch, height, width, channels)"}


def require_each(who: str, what: str, value, n: int, least: int = 1) -> tuple:
    """n whole numbers of at least `least`; one number stands for all."""
    if not isinstance(value, (tuple, list)):
        return (require_positive_int(who, what, value, least),) * n
    if len(value) != n:
        raise ValueError(
            f"{who}: expected {what} to be a whole number or {n} of them, "
            f"got {value!r}."
        )
    return tuple(
        require_positive_int(who, f"each entry of {what}", v, least) for v in value
    )


def require_borders(who: str, what: str, value) -> tuple[tuple[int, int], ...]:
    """((top, bottom), (left, right)); (a, b) stands for ((a, a), (b, b)), a for (a, a)."""
    if not isinstance(value, (tuple, list)):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(
            f"{who}: expected {what} to be a whole number, (height, width) or "
            f"((top, bottom), (left, right)), got {value!r}."
        )
    return tuple(require_each(who, what, v, 2, least=0) for v in value)


def require_padding(who: str, padding: str) -> str:
    """ "valid" or "same"."""
    lookup(f"{who} padding", padding, dict.fromkeys(("same", "valid")))
    return padding


def require_image(layer, shape, axes: int = 2) -> None:
    """ValueError where x of this shape is no batch of images (axes=1: of sequences)."""
    if len(shape) == axes + 2:
        return
    hint = f"Bring x into the shape {AXES[axes]}."
    if len(shape) == axes + 1:
        hint = "Add the channel axis: x[..., np.newaxis]."
        if axes == 1:
            hint = "Add the axis of the features: x[..., np.newaxis]."
    raise ValueError(
        f"{layer}: expected x of shape {AXES[axes]}, got {tuple(shape)}. {hint}"
    )
