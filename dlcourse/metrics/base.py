"""The contract that every metric keeps, and the running mean that most of them are."""

import numpy as np

from dlcourse.losses.base import as_weights
from dlcourse.validation import as_floats, as_numbers

Array = np.ndarray


class Metric:
    """Base: sums over batches in update_state, divides in result. Keras: keras.Metric.

    A subclass writes `values(y_true, y_pred)`, of which the mean over all samples is
    reported, or its own update_state, result and reset_state.
    """

    default_name = "metric"

    def __init__(self, name: str | None = None):
        self.name = name or self.default_name
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all samples."""
        self.total, self.count = 0.0, 0.0

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add a batch, each sample times its weight.

        sample_weight is (n,) or has the leading axes of the values. ValueError where
        the shapes do not fit or y_pred is not finite.
        """
        y_pred = as_floats(self.who, "y_pred", y_pred)
        y_true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred)
        self.add(self.values(y_true, y_pred), sample_weight)

    def result(self) -> "float | Array":
        """The mean over all samples since the last reset; 0 before the first."""
        return self.total / self.count if self.count else 0.0

    def targets(self, y_true: Array, y_pred: Array) -> Array:
        """y_true as floats in the shape of y_pred; (n,) against (n, 1) is allowed."""
        if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., np.newaxis]
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{self.who}: expected y_true of shape {y_pred.shape}, as y_pred, "
                f"got {y_true.shape}."
            )
        return as_floats(self.who, "y_true", y_true)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value a sample, or more, which are averaged within the sample."""
        raise NotImplementedError

    def add(self, values: Array, sample_weight=None) -> None:
        """Add to the running mean: sum w_i v_i above, sum w_i below."""
        values = np.asarray(values, dtype=np.float64)
        n = len(values) if values.ndim else 1
        share = n / values.size  # of one value in the mean of its sample
        if sample_weight is None:
            self.total += float(values.sum() * share)
            self.count += n
        else:
            w = self.weights(sample_weight, values.shape)
            self.total += float((w * values).sum() * share)
            self.count += float(w.sum() * share)

    def weights(self, sample_weight, shape: tuple[int, ...]) -> Array:
        """A weight for each of the values of this shape; 1 without sample_weight."""
        if sample_weight is None:
            return np.ones(shape)
        w = as_weights(self.who, sample_weight, shape).astype(np.float64)
        return np.broadcast_to(w, shape)

    @property
    def who(self) -> str:
        return type(self).__name__


class Mean(Metric):
    """The weighted mean of the numbers it is given: update_state(values, weights).

    Keras: keras.metrics.Mean.
    """

    default_name = "mean"

    def update_state(self, values, sample_weight=None) -> None:
        """Add numbers: one, or one or more a sample."""
        self.add(as_floats(self.who, "values", values), sample_weight)


def class_numbers(who: str, y_true: Array, shape: tuple[int, ...], hint: str) -> Array:
    """y_true as class numbers of this shape; a last axis of 1 is dropped."""
    labels = y_true
    if y_true.ndim == len(shape) + 1 and y_true.shape[-1] == 1:
        labels = y_true[..., 0]
    if labels.shape != shape:
        raise ValueError(
            f"{who}: expected one class number a sample, shape {shape}, "
            f"got {y_true.shape}. For one-hot targets use {hint}."
        )
    return labels
