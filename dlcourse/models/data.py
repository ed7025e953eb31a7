"""What `fit`, `evaluate` and `predict` take: checked arrays, or lists of them."""

import math

import numpy as np

from dlcourse.callbacks import Callback
from dlcourse.validation import (
    as_floats,
    as_numbers,
    require_below_one,
    require_finite,
)

Array = np.ndarray


def each(function, data):
    """function(data), or the list of function(array) where there are several."""
    return [function(a) for a in data] if isinstance(data, list) else function(data)


def take(data, rows):
    """These rows of an array, of each array of a list, or None of None."""
    return None if data is None else each(lambda a: a[rows], data)


def several(who: str, what: str, data, count: int) -> list:
    """`data` as a list of `count` entries, or a ValueError."""
    if not isinstance(data, (list, tuple)) or len(data) != count:
        found = len(data) if isinstance(data, (list, tuple)) else type(data).__name__
        raise ValueError(
            f"{who}: expected {what} to be a list of {count} arrays, one for each "
            f"{'input' if what == 'x' else 'output'} of the model, got {found}."
        )
    return list(data)


def samples(who: str, x, shapes, dtype, many: bool):
    """x as floats; `shapes` are those of a sample, as Input says, or None.

    TypeError and ValueError of `as_floats`; ValueError where a shape does not fit or
    several inputs have different numbers of samples.
    """
    if many:
        found = [
            _one(who, a, shape, dtype)
            for a, shape in zip(several(who, "x", x, len(shapes)), shapes, strict=True)
        ]
        if len({len(a) for a in found}) > 1:
            raise ValueError(
                f"{who}: expected as many samples in each input, got "
                f"{', '.join(str(len(a)) for a in found)}."
            )
        return found
    return _one(who, x, shapes[0] if shapes else None, dtype)


def _one(who: str, x, shape, dtype) -> Array:
    x = as_floats(who, "x", x)
    if x.ndim < 2:
        raise ValueError(
            f"{who}: expected x of shape (batch, features), got {x.shape}. Write "
            "x[:, np.newaxis] for one feature, x[np.newaxis, :] for one sample."
        )
    if shape is not None and not fits(x.shape[1:], shape):
        want = ", ".join(map(str, shape))
        known = None not in shape
        same = known and math.prod(x.shape[1:]) == math.prod(shape)
        hint = " Reshape x, or build the model for it." if same else ""
        raise ValueError(
            f"{who}: expected x of shape (batch, {want}), as Input says, "
            f"got {x.shape}.{hint}"
        )
    return x if dtype is None else x.astype(dtype, copy=False)


def fits(found: tuple, wanted: tuple) -> bool:
    """Whether a shape is the wanted one, where None stands for any number."""
    return len(found) == len(wanted) and all(
        w in (None, f) for f, w in zip(found, wanted, strict=True)
    )


def targets(who: str, y, n: int, outputs: int):
    """y as numbers, as many as there are samples."""
    if outputs > 1:
        return [targets(who, a, n, 1) for a in several(who, "y", y, outputs)]
    y = as_numbers(who, "y", y)
    require_finite(who, "y", y)
    if y.ndim == 0 or n != len(y):
        found = len(y) if y.ndim else "one number for all"
        raise ValueError(
            f"{who}: expected as many targets as samples, got {n} samples "
            f"and {found} targets."
        )
    return y


def weights(who: str, sample_weight, class_weight, y, n: int):
    """One weight a sample (or time step), from `sample_weight` or a dict by class."""
    if class_weight is not None:
        if sample_weight is not None or isinstance(y, list):
            raise ValueError(
                f"{who}: expected class_weight alone and one output. "
                "Multiply the two into sample_weight."
            )
        if y.ndim > 2:
            raise ValueError(
                f"{who}: expected one class a sample for class_weight, got targets of "
                f"shape {y.shape}. Give sample_weight instead."
            )
        labels = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(n)
        missing = sorted(set(labels.tolist()) - set(class_weight))
        if missing:
            raise ValueError(
                f"{who}: expected class_weight to hold every class, got none for "
                f"{missing[0]!r}."
            )
        sample_weight = [class_weight[c] for c in labels.tolist()]
    if sample_weight is None:
        return None
    found = as_floats(who, "sample_weight", sample_weight)
    if found.ndim == 0 or len(found) != n or found.min() < 0:
        raise ValueError(
            f"{who}: expected one sample_weight of at least 0 for each of the {n} "
            f"samples, got shape {found.shape}, least {found.min():g}."
        )
    return found


def validation(x, y, w, share: float, given):
    """(x, y, w, validation data): `given` checked, or the last `share` of the data."""
    require_below_one("fit", "validation_split", share)
    if given is not None:
        if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
            raise ValueError(
                f"fit: expected validation_data=(x, y), a pair, got a "
                f"{type(given).__name__}."
            )
        return x, y, w, tuple(given)
    if not share:
        return x, y, w, None
    n = count(x)
    cut = int(n * (1 - share))
    if not 0 < cut < n:
        raise ValueError(
            f"fit: expected a validation_split that leaves samples on both sides, "
            f"got {share} of {n} samples."
        )
    first, last = slice(cut), slice(cut, None)
    held_out = tuple(take(part, last) for part in (x, y, w))
    return take(x, first), take(y, first), take(w, first), held_out


def count(x) -> int:
    """The number of samples."""
    return len(x[0] if isinstance(x, list) else x)


def callback_list(callbacks) -> list[Callback]:
    """The callbacks as a list; one alone is allowed."""
    found = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or [])
    for one in found:
        if not isinstance(one, Callback):
            raise TypeError(
                f"fit: expected callbacks to hold dlcourse callbacks, got {one!r}. "
                "Write EarlyStopping(), with brackets."
            )
    return found


def finite(values) -> bool:
    """Whether an array, or each array of a list, is finite."""
    values = values if isinstance(values, list) else [values]
    return all(bool(np.isfinite(a).all()) for a in values)
