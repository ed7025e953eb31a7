"""Checks of what a reader passes in.

Each error says who, what was expected, what was found, and what to do.
"""

import difflib
import math
from collections.abc import Mapping
from numbers import Real

import numpy as np


def lookup(kind: str, name: str, table: Mapping):
    """The entry of `table`, or a ValueError that suggests the nearest name."""
    if isinstance(name, str) and name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"{kind}: expected one of {', '.join(sorted(table))}; got {name!r}.{hint}"
    )


def as_floats(who: str, what: str, value) -> np.ndarray:
    """`value` as a non-empty, finite array of floats.

    Integers and booleans become float32. Errors: those of `as_numbers` and
    `require_finite`.
    """
    array = as_numbers(who, what, value)
    if array.dtype.kind != "f":
        return array.astype(np.float32)  # of finite numbers
    require_finite(who, what, array)
    return array


def as_numbers(who: str, what: str, value) -> np.ndarray:
    """`value` as a non-empty array of real numbers.

    TypeError for strings, objects and complex numbers; ValueError where it is empty or
    ragged.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{who}: expected {what} to be a rectangular array. {error}"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{who}: expected {what} to hold real numbers, got dtype {array.dtype}. "
            "Convert it first, for example with np.asarray(..., dtype='float32')."
        )
    if array.size == 0:
        raise ValueError(
            f"{who}: expected {what} with at least one sample, got shape "
            f"{array.shape}. Check the slice or the file it came from."
        )
    return array


def require_finite(who: str, what: str, array: np.ndarray) -> None:
    """ValueError where a float array holds NaN or infinity."""
    if array.dtype.kind != "f":
        return
    # NaN and infinity survive the sum of squares, which is one pass of BLAS. Large
    # entries may overflow it too: the mask, built for the message, has the last word.
    if not math.isfinite(np.vdot(array, array)):
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            first = tuple(int(i) for i in bad[0])
            raise ValueError(
                f"{who}: expected finite {what}, got {array[first]} at index {first} "
                f"({len(bad)} such entries). Look for a division by zero, a missing "
                "value in the data, or a learning rate that is too large."
            )


def require_number(
    who: str, what: str, value: float, low: float = 0.0, high: float = math.inf
) -> float:
    """A finite number of at least `low` and at most `high`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not (low <= value <= high and math.isfinite(value)):
        top = f"[{low:g}, {high:g}]" if math.isfinite(high) else f"at least {low:g}"
        within = "in" if math.isfinite(high) else "to be a finite number of"
        raise ValueError(f"{who}: expected {what} {within} {top}, got {value!r}.")
    return float(value)


def require_above_zero(who: str, what: str, value: float) -> float:
    """A finite number above 0."""
    if require_number(who, what, value) == 0:
        raise ValueError(f"{who}: expected {what} above 0, got {value!r}.")
    return float(value)


def require_below_one(who: str, what: str, value: float) -> float:
    """A number in [0, 1), such as a rate of dropout or of decay."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 <= value < 1:
        raise ValueError(f"{who}: expected {what} in [0, 1), got {value!r}.")
    return float(value)


def require_positive_int(who: str, what: str, value: int, least: int = 1) -> int:
    """A whole number of at least 1, or of at least `least`."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        kind = "a positive whole number" if least == 1 else f"a whole number >= {least}"
        raise ValueError(f"{who}: expected {what} to be {kind}, got {value!r}.")
    return int(value)


def generator(who: str, rng) -> np.random.Generator:
    """`rng` as a NumPy Generator; a whole number is a seed. TypeError otherwise."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        return np.random.default_rng(int(rng))
    raise TypeError(
        f"{who}: expected rng to be a numpy.random.Generator or a seed, got {rng!r}. "
        "Pass rng=np.random.default_rng(0)."
    )
