"""Checks of what a reader passes in:

each error says who, what was expected, what was found, and what to do.
"""

import difflib
from collections.abc import Mapping

import numpy as np


def lookup(kind: str, name: str, table: Mapping):
    """The entry of `table`, or a ValueError that suggests the nearest name."""
    if name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"{kind}: expected one of {', '.join(sorted(table))}; got {name!r}.{hint}"
    )


def as_floats(who: str, what: str, value, *, ndim: int | None = None) -> np.ndarray:
    """`value` as a non-empty, finite array of floats (integers and booleans become
    float32).
    """
    array = as_numbers(who, what, value)
    if not np.issubdtype(array.dtype, np.floating):
        array = array.astype(np.float32)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(
            f"{who}: expected {what} with {ndim} axes, got shape {array.shape}."
        )
    require_finite(who, what, array)
    return array


def as_numbers(who: str, what: str, value) -> np.ndarray:
    """`value` as a non-empty array of real numbers."""
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
            f"{who}: expected {what} with at least one sample, got shape {array.shape}."
        )
    return array


def require_finite(who: str, what: str, array: np.ndarray) -> None:
    """Raise where a float array holds NaN or infinity."""
    # One sum instead of a full mask: NaN and infinity survive it. The mask is built for
    # the message alone.
    if array.dtype.kind == "f" and not np.isfinite(array.sum(dtype=np.float64)):
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            first = tuple(int(i) for i in bad[0])
            raise ValueError(
                f"{who}: expected finite {what}, got {array[first]} at index {first} ({len(bad)} such entries). "
                "Look for a division by zero, a missing value in the data, or a learning rate that is too large."
            )


def require_probability(
    who: str, what: str, value: float, *, below_one: bool = False
) -> float:
    """A number in [0, 1], or in [0, 1) with `below_one`."""
    top = "1)" if below_one else "1]"
    if (
        not isinstance(value, (int, float))
        or not 0 <= value <= 1
        or (below_one and value == 1)
    ):
        raise ValueError(f"{who}: expected {what} in [0, {top}, got {value!r}.")
    return float(value)


def require_positive_int(who: str, what: str, value: int) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(
            f"{who}: expected {what} to be a positive whole number, got {value!r}."
        )
    return int(value)


def generator(who: str, rng) -> np.random.Generator:
    """`rng` as a NumPy Generator; a whole number is a seed."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        return np.random.default_rng(int(rng))
    raise TypeError(
        f"{who}: expected rng to be a numpy.random.Generator or a seed, got {rng!r}. Pass rng=np.random.default_rng(0)."
    )
