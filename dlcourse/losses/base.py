"""The contract that every loss keeps, and how weights of samples enter."""

import numpy as np

from dlcourse.validation import as_floats, as_numbers

Array = np.ndarray

EPSILON = 1e-7  # Keras' epsilon()


class Loss:
    """Base: a subclass writes `per_sample`. Keras: keras.losses.Loss."""

    shape_hint = ""
    axis: int | tuple[int, ...] | None = -1  # what one value is computed over

    def __call__(self, y_true, y_pred, sample_weight=None) -> tuple[float, Array]:
        """(L, dL/dy_pred) with L = 1/n sum_i w_i l_i; without weights w_i = 1.

        l_i has the axes of y_pred but the last. sample_weight has the same, or leads
        with (n,), where a weight counts for all values of its sample. The sum is
        divided by the number of values n, not by the sum of the weights, as in Keras.
        """
        y_pred = as_floats(self.who, "y_pred", y_pred)
        if not y_pred.ndim:
            raise ValueError(
                f"{self.who}: expected y_pred with one row a sample, got the single "
                f"number {y_pred}. Write [[{y_pred}]]."
            )
        y_true = self.targets(y_true, y_pred)
        values, gradient = self.per_sample(y_true, y_pred)
        n = values.size
        if sample_weight is None:
            return float(values.sum() / n), gradient / n
        w = as_weights(self.who, sample_weight, values.shape).astype(y_pred.dtype)
        value = float((w * values).sum() / n)
        return value, np.expand_dims(w / n, self.axis) * gradient

    def targets(self, y_true, y_pred: Array) -> Array:
        """y_true in the shape and dtype of y_pred; (n,) against (n, 1) is allowed."""
        y_true = as_numbers(self.who, "y_true", y_true)
        if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., np.newaxis]
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{self.who}: expected y_true of shape {y_pred.shape}, as y_pred, "
                f"got {y_true.shape}.{self.shape_hint}"
            )
        return as_floats(self.who, "y_true", y_true.astype(y_pred.dtype, copy=False))

    def per_sample(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """(one value a sample, derivative of each value by its row of y_pred)."""
        raise NotImplementedError

    @property
    def who(self) -> str:
        return type(self).__name__


def as_weights(who: str, sample_weight, shape: tuple[int, ...]) -> Array:
    """sample_weight with as many axes as `shape`, the shape of the values it weighs.

    Given as one number, as (n,), (n, 1), or with an entry for every value. ValueError
    for another shape.
    """
    w = as_floats(who, "sample_weight", sample_weight)
    if not shape:
        raise ValueError(
            f"{who}: expected no sample_weight where one value stands for the whole "
            "batch. Give y_pred an axis for the outputs, y_pred[:, np.newaxis], or an "
            "axis to Dice."
        )
    if w.ndim == len(shape) + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    fits = w.ndim <= len(shape) and w.shape[:1] in ((), shape[:1])
    if not fits or any(a not in (1, b) for a, b in zip(w.shape, shape, strict=False)):
        raise ValueError(
            f"{who}: expected sample_weight of shape {shape[:1]}, one number a sample, "
            f"or {shape}, got {w.shape}."
        )
    return w.reshape(w.shape + (1,) * (len(shape) - w.ndim))


def clip(p: Array, high: float = 1 - EPSILON) -> tuple[Array, Array]:
    """p within [1e-7, high], and where it was there already."""
    low, high = p.dtype.type(EPSILON), p.dtype.type(high)
    return np.minimum(np.maximum(p, low), high), (p >= low) & (p <= high)
