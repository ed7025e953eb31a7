"""Accuracies: the share of predictions that hit."""

import numpy as np

from dlcourse.metrics.base import Array, Metric, class_numbers
from dlcourse.validation import require_positive_int


class Accuracy(Metric):
    """Share of entries with y_pred = y_true exactly: for labels, not for scores.

    Keras: keras.metrics.Accuracy.
    """

    default_name = "accuracy"

    def values(self, y_true, y_pred):
        return y_pred == y_true


class BinaryAccuracy(Metric):
    """Share of entries with [y_pred > threshold] = y_true.

    Keras: keras.metrics.BinaryAccuracy.
    """

    default_name = "binary_accuracy"

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true, y_pred):
        return (y_pred > self.threshold) == y_true


class CategoricalAccuracy(Metric):
    """Share of samples whose largest output is that of the one-hot target.

    Of equal outputs the first counts. Keras: keras.metrics.CategoricalAccuracy.
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
        hint = "categorical_accuracy"
        return class_numbers(self.who, y_true, y_pred.shape[:-1], hint)

    def values(self, y_true, y_pred):
        return y_true == y_pred.argmax(axis=-1)


class TopKCategoricalAccuracy(Metric):
    """Share of samples with fewer than k outputs above that of the target, one-hot.

    Outputs equal to it do not count against it. ValueError where k is not at least 1.
    Keras: keras.metrics.TopKCategoricalAccuracy.
    """

    default_name = "top_k_categorical_accuracy"

    def __init__(self, k: int = 5, name: str | None = None):
        super().__init__(name)
        self.k = require_positive_int(self.who, "k", k)

    def values(self, y_true, y_pred):
        return _in_top_k(y_true.argmax(axis=-1), y_pred, self.k)


class SparseTopKCategoricalAccuracy(Metric):
    """TopKCategoricalAccuracy with targets as class numbers.

    ValueError where a number is none of the classes.
    Keras: keras.metrics.SparseTopKCategoricalAccuracy.
    """

    default_name = "sparse_top_k_categorical_accuracy"

    def __init__(self, k: int = 5, name: str | None = None):
        super().__init__(name)
        self.k = require_positive_int(self.who, "k", k)

    def targets(self, y_true, y_pred):
        """y_true as class numbers (n,); (n, 1) is allowed."""
        hint, classes = "top_k_categorical_accuracy", y_pred.shape[-1]
        labels = class_numbers(self.who, y_true, y_pred.shape[:-1], hint)
        if labels.min() < 0 or labels.max() >= classes:
            raise ValueError(
                f"{self.who}: expected labels 0 to {classes - 1} for {classes} "
                f"outputs, got {labels.min()} to {labels.max()}. "
                "Renumber the classes from 0."
            )
        return labels.astype(np.int64)

    def values(self, y_true, y_pred):
        return _in_top_k(y_true, y_pred, self.k)


def _in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Whether fewer than k outputs of a row exceed that of the label."""
    own = np.take_along_axis(y_pred, labels[..., np.newaxis], -1)
    return (y_pred > own).sum(axis=-1) < k
