"""Regularizers: a penalty on a weight, (w) -> (penalty, d penalty / d w).

`fit` adds the penalty to the loss and its gradient to that of the weight. Names and
arguments are those of keras.regularizers.
"""

import numpy as np

from dlcourse.validation import lookup, require_number

Array = np.ndarray


class Regularizer:
    """Base. Keras: keras.regularizers.Regularizer."""

    def __call__(self, w: Array) -> tuple[float, Array]:
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({options})"


class L1(Regularizer):
    """l1 sum |w|; the derivative at w = 0 is taken as 0.

    Book: eq:penalties. Keras: keras.regularizers.L1.
    """

    def __init__(self, l1: float = 0.01):
        self.l1 = require_number("L1", "l1", l1)

    def __call__(self, w):
        return self.l1 * float(np.abs(w).sum()), self.l1 * np.sign(w)


class L2(Regularizer):
    """l2 sum w^2, without the factor 1/2.

    Book: eq:penalties. Keras: keras.regularizers.L2.
    """

    def __init__(self, l2: float = 0.01):
        self.l2 = require_number("L2", "l2", l2)

    def __call__(self, w):
        return self.l2 * float((w * w).sum()), 2 * self.l2 * w


class L1L2(Regularizer):
    """l1 sum |w| + l2 sum w^2.

    Book: eq:penalties. Keras: keras.regularizers.L1L2.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = require_number("L1L2", "l1", l1)
        self.l2 = require_number("L1L2", "l2", l2)

    def __call__(self, w):
        penalty = self.l1 * np.abs(w).sum() + self.l2 * (w * w).sum()
        return float(penalty), self.l1 * np.sign(w) + 2 * self.l2 * w


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between two different rows (or columns) of w.

    With u_i the rows divided by their lengths: factor / (k (k - 1)) sum_{i != j}
    |u_i . u_j| for k rows. ValueError where w is no matrix. Keras:
    keras.regularizers.OrthogonalRegularizer.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = require_number("OrthogonalRegularizer", "factor", factor)
        lookup("OrthogonalRegularizer mode", mode, dict.fromkeys(("rows", "columns")))
        self.mode = mode

    def __call__(self, w):
        if w.ndim != 2:
            raise ValueError(
                f"OrthogonalRegularizer: expected a weight with two axes, got shape "
                f"{w.shape}. Use it for kernels of Dense."
            )
        if self.mode == "columns":
            penalty, gradient = OrthogonalRegularizer(self.factor)(w.T)
            return penalty, gradient.T
        pairs = len(w) * (len(w) - 1)
        if not pairs:
            return 0.0, np.zeros_like(w)
        length = np.sqrt((w * w).sum(axis=1, keepdims=True))
        length = np.maximum(length, w.dtype.type(1e-12))
        u = w / length
        cosine = u @ u.T
        np.fill_diagonal(cosine, 0)
        scale = self.factor / pairs
        du = 2 * scale * np.sign(cosine) @ u
        # through u = w / |w|: only what is orthogonal to u moves its direction
        dw = (du - (du * u).sum(axis=1, keepdims=True) * u) / length
        return scale * float(np.abs(cosine).sum()), dw


REGULARIZERS = {
    "l1": L1,
    "l2": L2,
    "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}
# Keras takes the names of the classes too.
ALIASES = {kind.__name__: name for name, kind in REGULARIZERS.items()}


def get(regularizer: "str | Regularizer | None") -> Regularizer | None:
    """The regularizer of that name, with its defaults; None stays None.

    ValueError with the nearest name where there is none.
    """
    if regularizer is None or isinstance(regularizer, Regularizer):
        return regularizer
    known = isinstance(regularizer, str) and regularizer in ALIASES
    name = ALIASES[regularizer] if known else regularizer
    return lookup("regularizer", name, REGULARIZERS)()
