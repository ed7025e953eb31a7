"""Precision, recall, F-scores, and the matrix of all confusions.

TP: positive and said so; FP: said so wrongly; FN: positive and missed.
"""

import numpy as np

from dlcourse.losses.base import EPSILON
from dlcourse.metrics.base import Array, Metric, class_numbers
from dlcourse.validation import (
    as_floats,
    as_numbers,
    require_number,
    require_positive_int,
)


class _Decisions(Metric):
    """TP, FP and FN at each threshold, over all entries of all samples."""

    def __init__(
        self,
        thresholds: "float | list[float] | None" = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ):
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        if thresholds is None:
            self.levels = [0.5 if top_k is None else -np.inf]
        else:
            self.levels = [
                require_number(self.who, "each threshold", t, high=1.0)
                for t in np.atleast_1d(thresholds).tolist()
            ]
        if top_k is not None:
            require_positive_int(self.who, "top_k", top_k)
        super().__init__(name)

    def reset_state(self):
        self.tp, self.fp, self.fn = np.zeros((3, len(self.levels)))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_floats(self.who, "y_pred", y_pred)
        true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred) != 0
        w = self.weights(sample_weight, y_pred.shape)
        chosen = np.ones(y_pred.shape, dtype=bool)
        if self.top_k is not None:
            ranks = np.argsort(-y_pred, axis=-1, kind="stable").argsort(axis=-1)
            chosen = ranks < self.top_k
        if self.class_id is not None:
            self.require_class(y_pred.shape)
            own = (..., self.class_id)
            true, y_pred, w, chosen = true[own], y_pred[own], w[own], chosen[own]
        for i, level in enumerate(self.levels):
            said = chosen & (y_pred > level)
            self.tp[i] += w[true & said].sum()
            self.fp[i] += w[~true & said].sum()
            self.fn[i] += w[true & ~said].sum()

    def require_class(self, shape: tuple[int, ...]) -> None:
        if len(shape) < 2 or not 0 <= self.class_id < shape[-1]:
            raise ValueError(
                f"{self.who}: expected y_pred with a column {self.class_id}, as "
                f"class_id says, got shape {shape}."
            )

    def share(self, part: Array, whole: Array) -> "float | Array":
        """part / whole at each threshold, 0 where whole is 0."""
        ratio = part / np.where(whole == 0, 1, whole)
        return float(ratio[0]) if len(self.levels) == 1 else ratio


class Precision(_Decisions):
    """TP / (TP + FP): how much of what is called positive is. 0 where nothing is.

    Positive is an output above the threshold (0.5), or in a list of thresholds above
    each; with top_k only the k largest outputs of a row; with class_id only that column
    is counted. Keras: keras.metrics.Precision.
    """

    default_name = "precision"

    def result(self):
        return self.share(self.tp, self.tp + self.fp)


class Recall(_Decisions):
    """TP / (TP + FN): how much of what is positive is found. 0 where nothing is.

    The options are those of Precision. Keras: keras.metrics.Recall.
    """

    default_name = "recall"

    def result(self):
        return self.share(self.tp, self.tp + self.fn)


class FBetaScore(Metric):
    """F = (1 + beta^2) P R / (beta^2 P + R) of each class, P precision, R recall.

    Targets and outputs have the shape (n, classes), targets one-hot or of several
    labels. Without threshold the largest output of a row is positive. average None
    gives one score a class, "macro" their mean, "weighted" their mean by frequency,
    "micro" the score of all decisions together. The macro score is the mean of the
    scores, not the score of mean precision and mean recall. 1e-7 is added to each
    denominator, so that a class without any positive scores 0.
    Keras: keras.metrics.FBetaScore.
    """

    default_name = "fbeta_score"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = None,
    ):
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"{self.who}: expected average None, 'micro', 'macro' or 'weighted', "
                f"got {average!r}."
            )
        if require_number(self.who, "beta", beta) == 0:
            raise ValueError(f"{self.who}: expected beta above 0, got {beta!r}.")
        if threshold is not None:
            require_number(self.who, "threshold", threshold, high=1.0)
        self.average, self.beta, self.threshold = average, float(beta), threshold
        super().__init__(name)

    def reset_state(self):
        self.tp = self.fp = self.fn = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_floats(self.who, "y_pred", y_pred)
        true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred)
        if y_pred.ndim != 2:
            raise ValueError(
                f"{self.who}: expected y_pred of shape (n, classes), got "
                f"{y_pred.shape}."
            )
        if self.threshold is None:
            largest = y_pred == y_pred.max(axis=-1, keepdims=True)
            said = largest & (
                np.abs(y_pred) > 1e-9
            )  # as Keras: a row of 0 says nothing
        else:
            said = y_pred > self.threshold
        w = self.weights(sample_weight, y_pred.shape)
        self.tp = self.tp + (w * said * true).sum(axis=0)
        self.fp = self.fp + (w * said * (1 - true)).sum(axis=0)
        self.fn = self.fn + (w * ~said * true).sum(axis=0)

    def result(self):
        tp, fp, fn = self.tp, self.fp, self.fn
        if self.average == "micro":
            tp, fp, fn = np.sum(tp), np.sum(fp), np.sum(fn)
        precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
        b2 = self.beta**2
        score = (1 + b2) * precision * recall / (b2 * precision + recall + EPSILON)
        if self.average == "weighted":
            score = (score * (tp + fn)).sum() / (np.sum(tp + fn) + EPSILON)
        elif self.average == "macro":
            score = np.mean(score)
        return float(score) if np.ndim(score) == 0 else score


class F1Score(FBetaScore):
    """F = 2 P R / (P + R), the harmonic mean: FBetaScore with beta 1.

    Keras: keras.metrics.F1Score.
    """

    default_name = "f1_score"

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = None,
    ):
        super().__init__(average, 1.0, threshold, name)


class ConfusionMatrix(Metric):
    """C[i, j]: how many samples of class i were taken for class j; with weights, sums.

    y_true holds class numbers or one-hot rows; y_pred class numbers or a row of outputs
    a sample, of which the largest counts. normalize "true" divides each row by its sum,
    "pred" each column, "all" everything (0 where nothing is to divide). ValueError for
    a class number outside 0 ... num_classes - 1. Keras has none; scikit-learn's
    confusion_matrix is the same.
    """

    default_name = "confusion_matrix"

    def __init__(
        self, num_classes: int, normalize: str | None = None, name: str | None = None
    ):
        self.num_classes = require_positive_int(self.who, "num_classes", num_classes)
        if normalize not in (None, "true", "pred", "all"):
            raise ValueError(
                f"{self.who}: expected normalize None, 'true', 'pred' or 'all', "
                f"got {normalize!r}."
            )
        self.normalize = normalize
        super().__init__(name)

    def reset_state(self):
        self.counts = np.zeros((self.num_classes, self.num_classes))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = as_numbers(self.who, "y_true", y_true)
        y_pred = as_floats(self.who, "y_pred", y_pred)
        if y_pred.ndim > 1 and y_pred.shape[-1] == self.num_classes > 1:
            if y_true.shape == y_pred.shape and _one_hot(y_true):
                y_true = y_true.argmax(axis=-1)
            if y_true.shape != y_pred.shape:
                y_pred = y_pred.argmax(axis=-1)
        y_true = class_numbers(self.who, y_true, y_pred.shape, "y_true.argmax(axis=-1)")
        for what, labels in (("y_true", y_true), ("y_pred", y_pred)):
            known = (labels == np.floor(labels)) & (labels >= 0)
            known &= labels < self.num_classes
            if not known.all():
                raise ValueError(
                    f"{self.who}: expected {what} to hold class numbers from 0 to "
                    f"{self.num_classes - 1}, got {labels[~known][0]:g}."
                )
        w = self.weights(sample_weight, y_true.shape)
        self.counts += confusions(y_true, y_pred, self.num_classes, w)

    def result(self):
        axis = {"true": 1, "pred": 0, "all": None}
        if self.normalize is None:
            return self.counts.copy()
        whole = self.counts.sum(axis=axis[self.normalize], keepdims=True)
        return self.counts / np.where(whole == 0, 1, whole)


def _one_hot(y: Array) -> bool:
    """Whether every row holds a single 1 and is 0 else."""
    return bool((((y == 0) | (y == 1)).all()) and (y.sum(axis=-1) == 1).all())


def confusions(y_true: Array, y_pred: Array, classes: int, w: Array) -> Array:
    """Sums of w by true class (row) and predicted class (column)."""
    cells = y_true.astype(np.int64) * classes + y_pred.astype(np.int64)
    sums = np.bincount(cells.ravel(), weights=w.ravel(), minlength=classes**2)
    return sums.reshape(classes, classes)
