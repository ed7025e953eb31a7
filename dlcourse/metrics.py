"""Metrics:

what is reported but not minimised. As in Keras, a metric sums over batches and divides
at the end.

metric.update_state(y_true, y_pred); metric.result(); metric.reset_state()
"""

import numpy as np

from dlcourse.validation import as_numbers, lookup

Array = np.ndarray


class Metric:
    """Base: a running mean of `values(y_true, y_pred)`, one value a sample."""

    def __init__(self, name: str | None = None):
        self.name = name or self.default_name
        self.reset_state()

    default_name = "metric"

    def reset_state(self) -> None:
        self.total, self.count = 0.0, 0

    def update_state(self, y_true, y_pred) -> None:
        who = type(self).__name__
        values = self.values(
            as_numbers(who, "y_true", y_true), as_numbers(who, "y_pred", y_pred)
        )
        self.total += float(values.sum(dtype=np.float64))
        self.count += values.size

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        raise NotImplementedError


class BinaryAccuracy(Metric):
    """Share of entries with [y_pred > threshold] = y_true.

    Keras: keras.metrics.BinaryAccuracy.
    """

    default_name = "binary_accuracy"

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true, y_pred):
        return ((y_pred > self.threshold) == _same_shape(self, y_true, y_pred)).mean(
            axis=-1
        )


class CategoricalAccuracy(Metric):
    """Share of samples whose largest output is that of the one-hot target.

    Keras: keras.metrics.CategoricalAccuracy.
    """

    default_name = "categorical_accuracy"

    def values(self, y_true, y_pred):
        return _same_shape(self, y_true, y_pred).argmax(axis=-1) == y_pred.argmax(
            axis=-1
        )


class SparseCategoricalAccuracy(Metric):
    """Share of samples whose largest output is at the class number.

    Keras: keras.metrics.SparseCategoricalAccuracy.
    """

    default_name = "sparse_categorical_accuracy"

    def values(self, y_true, y_pred):
        labels = (
            y_true[..., 0]
            if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1
            else y_true
        )
        if labels.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{type(self).__name__}: expected one class number a sample, shape {y_pred.shape[:-1]}, "
                f"got {y_true.shape}. For one-hot targets use categorical_accuracy."
            )
        return labels == y_pred.argmax(axis=-1)


class MeanSquaredError(Metric):
    """Mean of (y_pred - y_true)^2. Keras: keras.metrics.MeanSquaredError."""

    default_name = "mean_squared_error"

    def values(self, y_true, y_pred):
        return ((y_pred - _same_shape(self, y_true, y_pred)) ** 2).mean(axis=-1)


class MeanAbsoluteError(Metric):
    """Mean of |y_pred - y_true|. Keras: keras.metrics.MeanAbsoluteError."""

    default_name = "mean_absolute_error"

    def values(self, y_true, y_pred):
        return np.abs(y_pred - _same_shape(self, y_true, y_pred)).mean(axis=-1)


def _same_shape(metric: Metric, y_true: Array, y_pred: Array) -> Array:
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., np.newaxis]
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"{type(metric).__name__}: expected y_true of shape {y_pred.shape}, as y_pred, got {y_true.shape}."
        )
    return y_true


METRICS = {
    "binary_accuracy": BinaryAccuracy, "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "mean_squared_error": MeanSquaredError, "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError, "mae": MeanAbsoluteError,
}  # fmt: skip


def get(metric: "str | Metric", loss=None) -> Metric:
    """The metric of that name;

    "accuracy" (or "acc") takes the form that fits the loss, as in Keras.
    """
    if isinstance(metric, Metric):
        return metric
    if metric in ("accuracy", "acc"):
        kind = type(loss).__name__
        form = {"BinaryCrossentropy": BinaryAccuracy, "SparseCategoricalCrossentropy": SparseCategoricalAccuracy,
                "CategoricalCrossentropy": CategoricalAccuracy}.get(kind)  # fmt: skip
        if form is None:
            raise ValueError(f"metric 'accuracy': expected a cross-entropy loss to choose its form by, got {kind}. "
                             "Name the form: 'binary_accuracy', 'categorical_accuracy' or "
                             "'sparse_categorical_accuracy'.")  # fmt: skip
        return form(name=metric)
    return lookup("metric", metric, METRICS)(name=metric)
