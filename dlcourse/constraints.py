"""Constraints: a projection of a weight, w -> w, which `fit` applies after each update.

Names and arguments are those of keras.constraints. Norms run over `axis`: 0 for the
kernel of Dense, one norm a unit; (0, 1, 2) for that of Conv2D.
"""

import numpy as np

from dlcourse.validation import lookup, require_number

Array = np.ndarray

EPSILON = 1e-7


class Constraint:
    """Base. Keras: keras.constraints.Constraint."""

    def __call__(self, w: Array) -> Array:
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({options})"


class MaxNorm(Constraint):
    """w min(|w|, max_value) / |w|: shortens what is longer than max_value.

    Book: eq:max-norm. Keras: keras.constraints.MaxNorm.
    """

    def __init__(self, max_value: float = 2, axis: "int | tuple[int, ...]" = 0):
        self.max_value = require_number("MaxNorm", "max_value", max_value)
        self.axis = _axes("MaxNorm", axis)

    def __call__(self, w):
        length = norms(w, self.axis)
        return w * (np.minimum(length, self.max_value) / (EPSILON + length))


class NonNeg(Constraint):
    """max(w, 0). Keras: keras.constraints.NonNeg."""

    def __call__(self, w):
        return np.maximum(w, w.dtype.type(0))


class UnitNorm(Constraint):
    """w / |w|. Keras: keras.constraints.UnitNorm."""

    def __init__(self, axis: "int | tuple[int, ...]" = 0):
        self.axis = _axes("UnitNorm", axis)

    def __call__(self, w):
        return w / (EPSILON + norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Moves |w| by the share `rate` of the way into [min_value, max_value].

    Keras: keras.constraints.MinMaxNorm.
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: "int | tuple[int, ...]" = 0,
    ):
        self.min_value = require_number("MinMaxNorm", "min_value", min_value)
        self.max_value = require_number("MinMaxNorm", "max_value", max_value, min_value)
        self.rate = require_number("MinMaxNorm", "rate", rate, high=1)
        self.axis = _axes("MinMaxNorm", axis)

    def __call__(self, w):
        length = norms(w, self.axis)
        inside = np.clip(length, self.min_value, self.max_value)
        wanted = self.rate * inside + (1 - self.rate) * length
        return w * (wanted / (EPSILON + length))


def norms(w: Array, axis: "int | tuple[int, ...]") -> Array:
    """Euclidean lengths over `axis`, kept as axes of length 1."""
    return np.sqrt((w * w).sum(axis=axis, keepdims=True))


def _axes(who: str, axis):
    """One axis or a tuple of them."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    whole = [isinstance(a, int) and not isinstance(a, bool) for a in axes]
    if not all(whole) or not axes:
        raise ValueError(
            f"{who}: expected axis to be a whole number or a tuple of them, "
            f"got {axis!r}."
        )
    return tuple(axes) if isinstance(axis, (tuple, list)) else axis


CONSTRAINTS = {
    "max_norm": MaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
    "min_max_norm": MinMaxNorm,
}
# Keras takes the names of the classes too.
ALIASES = {kind.__name__: name for name, kind in CONSTRAINTS.items()}


def get(constraint: "str | Constraint | None") -> Constraint | None:
    """The constraint of that name, with its defaults; None stays None.

    ValueError with the nearest name where there is none.
    """
    if constraint is None or isinstance(constraint, Constraint):
        return constraint
    known = isinstance(constraint, str) and constraint in ALIASES
    name = ALIASES[constraint] if known else constraint
    return lookup("constraint", name, CONSTRAINTS)()
