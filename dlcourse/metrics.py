"""Metrics: what is reported but not minimised.

As in Keras, a metric sums over batches and divides at the end:

    metric.update_state(y_true, y_pred); metric.result(); metric.reset_state()
"""

import numpy as np

from dlcourse.validation import as_floats, as_numbers, lookup

Array = np.ndarray


class Metric:
    """Base: a running mean of `values(y_true, y_pred)`, one value a sample."""

    default_name = "metric"

    def __init__(self, name: str | None = None):
        self.name = name or self.default_name
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all samples."""
        self.total, self.count = 0.0, 0

    def update_state(self, y_true, y_pred) -> None:
        """Add a batch. ValueError where the shapes do not fit, y_pred is not finite."""
        y_pred = as_floats(self.who, "y_pred", y_pred)
        y_true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred)
        values = self.values(y_true, y_pred)
        self.total += float(values.sum(dtype=np.float64))
        self.count += values.size

    def result(self) -> float:
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
        raise NotImplementedError

    @property
    def who(self) -> str:
        return type(self).__name__


class BinaryAccuracy(Metric):
    """Share of entries with [y_pred > threshold] = y_true.

    Keras: keras.metrics.BinaryAccuracy.
    """

    default_name = "binary_accuracy"

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true, y_pred):
        return ((y_pred > self.threshold) == y_true).mean(axis=-1)


class CategoricalAccuracy(Metric):
    """Share of samples whose largest output is that of the one-hot target.

    Keras: keras.metrics.CategoricalAccuracy.
    """

    default_name = "categorical_accuracy"

    def values(self, y_true, y_pred):
        return y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)


class SparseCategoricalAccuracy(Metric):
    """Share of samples whose largest output is at the class number.

    Keras: keras.metrics.SparseCategoricalAccuracy.
    """

    default_name = "sparse_categorical_accuracy"

    def targets(self, y_true, y_pred):
        """y_true as class numbers (n,); (n, 1) is allowed."""
        labels = y_true
        if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
            labels = y_true[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{self.who}: expected one class number a sample, shape "
                f"{y_pred.shape[:-1]}, got {y_true.shape}. For one-hot targets use "
                "categorical_accuracy."
            )
        return labels

    def values(self, y_true, y_pred):
        return y_true == y_pred.argmax(axis=-1)


class MeanSquaredError(Metric):
    """Mean of (y_pred - y_true)^2. Keras: keras.metrics.MeanSquaredError."""

    default_name = "mean_squared_error"

    def values(self, y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean(axis=-1)


class MeanAbsoluteError(Metric):
    """Mean of |y_pred - y_true|. Keras: keras.metrics.MeanAbsoluteError."""

    default_name = "mean_absolute_error"

    def values(self, y_true, y_pred):
        return np.abs(y_pred - y_true).mean(axis=-1)


METRICS = {
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
}
ACCURACIES = {
    "BinaryCrossentropy": BinaryAccuracy,
    "CategoricalCrossentropy": CategoricalAccuracy,
    "SparseCategoricalCrossentropy": SparseCategoricalAccuracy,
}


def get(metric: "str | Metric", loss=None) -> Metric:
    """The metric of that name. ValueError with the nearest name where there is none.

    "accuracy" (or "acc") takes the form that fits the loss. Keras goes by the shapes
    instead, which gives the same form unless several outputs have a binary loss.
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str) and metric in ("accuracy", "acc"):
        kind = type(loss).__name__
        if kind not in ACCURACIES:
            raise ValueError(
                "metric 'accuracy': expected a cross-entropy loss to choose its form "
                f"by, got {kind}. Name the form: 'binary_accuracy', "
                "'categorical_accuracy' or 'sparse_categorical_accuracy'."
            )
        return ACCURACIES[kind](name=metric)
    return lookup("metric", metric, METRICS)(name=metric)
