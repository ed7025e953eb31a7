"""Ranking: the ROC and precision-recall curves and the areas under them.

`AUC` is Keras' metric: it counts at 200 fixed thresholds, batch by batch, so that it
needs no memory of the scores, and its value depends on the thresholds. The functions
below it see all scores at once and are exact; they have scikit-learn's names.
"""

import numpy as np

from dlcourse import activations
from dlcourse.losses.base import EPSILON, as_weights
from dlcourse.metrics.base import Array, Metric
from dlcourse.validation import (
    as_floats,
    as_numbers,
    require_number,
    require_positive_int,
)


class AUC(Metric):
    """The area under the curve of counts at fixed thresholds t, positive where p > t.

    curve "ROC": true-positive rate over false-positive rate; "PR": precision over
    recall. The thresholds are num_thresholds even steps from -1e-7 to 1 + 1e-7, or
    those given between the same ends. summation_method: the height between two
    thresholds is their mean ("interpolation"), the smaller ("minoring") or the larger
    one ("majoring"). For "PR" interpolation means that of Davis and Goadrich, 2006:
    false positives grow evenly with true ones, where a straight line between
    precisions would promise too much. Outputs of several columns are ranked together.
    Keras: keras.metrics.AUC.
    """

    default_name = "auc"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: list[float] | None = None,
        from_logits: bool = False,
    ):
        ways = ("interpolation", "minoring", "majoring")
        if curve not in ("ROC", "PR") or summation_method not in ways:
            raise ValueError(
                "AUC: expected curve 'ROC' or 'PR' and summation_method among "
                f"{', '.join(ways)}; got {curve!r} and {summation_method!r}."
            )
        require_positive_int("AUC", "num_thresholds", num_thresholds, 2)
        if thresholds is None:
            inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
        else:
            inner = [
                require_number("AUC", "thresholds", t, high=1.0) for t in thresholds
            ]
        self.levels = np.array([-EPSILON, *sorted(inner), 1 + EPSILON])
        self.num_thresholds, self.thresholds = len(self.levels), thresholds
        self.curve, self.summation_method = curve, summation_method
        self.from_logits = from_logits
        super().__init__(name)

    def reset_state(self):
        self.tp, self.fp = np.zeros((2, len(self.levels)))  # tp[0], fp[0]: all of them

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_floats(self.who, "y_pred", y_pred)
        true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred) != 0
        w = self.weights(sample_weight, y_pred.shape)
        p = activations.sigmoid(y_pred) if self.from_logits else y_pred
        if p.min() < 0 or p.max() > 1:
            raise ValueError(
                f"AUC: expected outputs in [0, 1], got values from {p.min():g} to "
                f"{p.max():g}. End the model with a sigmoid, or set from_logits=True."
            )
        # above[i]: how many thresholds lie below p; then sum from the last one down
        above = np.searchsorted(self.levels, p) - 1
        for counts, which in ((self.tp, true), (self.fp, ~true)):
            at = np.bincount(above[which], w[which], len(self.levels))
            counts += at[::-1].cumsum()[::-1]

    def result(self):
        tp, fp = self.tp, self.fp
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._pr_interpolated()
        recall = _ratio(tp, tp[0])
        if self.curve == "ROC":
            x, y = _ratio(fp, fp[0]), recall
        else:
            x, y = recall, _ratio(tp, tp + fp)
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        return float(((x[:-1] - x[1:]) * heights[self.summation_method]).sum())

    def _pr_interpolated(self) -> float:
        """Between two thresholds TP = a + s P, P = TP + FP the number called positive.

        The precision TP/P = s + a/P integrates, over dTP = s dP, to
        s (TP_0 - TP_1 + a log(P_0/P_1)).
        """
        tp, p = self.tp, self.tp + self.fp
        s = _ratio(tp[:-1] - tp[1:], p[:-1] - p[1:])
        a = tp[1:] - s * p[1:]
        ratio = np.where(p[1:] > 0, _ratio(p[:-1], p[1:]), 1.0)
        area = s * (tp[:-1] - tp[1:] + a * np.log(ratio))
        return float(_ratio(area, tp[0]).sum())


def _ratio(a: Array, b: Array) -> Array:
    """a / b, 0 where b is 0."""
    return a / np.where(b == 0, 1, b) * (b != 0)


def roc_curve(y_true, y_score, sample_weight=None) -> tuple[Array, Array, Array]:
    """(fpr, tpr, thresholds): the rates of false and of true positives at y_score >= t.

    Every distinct score is a threshold, from infinity (nothing is positive) down.
    ValueError where a class is missing. scikit-learn: roc_curve(...,
    drop_intermediate=False).
    """
    fp, tp, thresholds = _counts("roc_curve", y_true, y_score, sample_weight)
    return fp / fp[-1], tp / tp[-1], thresholds


def precision_recall_curve(
    y_true, y_score, sample_weight=None
) -> tuple[Array, Array, Array]:
    """(precision, recall, thresholds), thresholds rising, as scikit-learn gives them.

    The last point, precision 1 at recall 0, has no threshold.
    """
    who = "precision_recall_curve"
    fp, tp, thresholds = _counts(who, y_true, y_score, sample_weight)
    precision, recall = tp[1:] / (tp[1:] + fp[1:]), tp[1:] / tp[-1]
    return np.r_[precision[::-1], 1.0], np.r_[recall[::-1], 0.0], thresholds[:0:-1]


def roc_auc_score(y_true, y_score) -> float:
    """P(score of a positive > score of a negative) + P(equal)/2: the area under ROC.

    By the ranks r of all scores, equal ones sharing their mean rank (Mann-Whitney):
    (sum of r over positives - m (m + 1)/2) / (m k), m positives and k negatives.
    scikit-learn: roc_auc_score.
    """
    true, scores, _ = _ranking("roc_auc_score", y_true, y_score, None)
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]
    m, k = true.sum(), (~true).sum()
    return float((ranks[true].sum() - m * (m + 1) / 2) / (m * k))


def average_precision_score(y_true, y_score, sample_weight=None) -> float:
    """sum_i (R_i - R_(i-1)) P_i over all thresholds: steps, no line between points.

    scikit-learn: average_precision_score.
    """
    who = "average_precision_score"
    fp, tp, _ = _counts(who, y_true, y_score, sample_weight)
    return float((np.diff(tp / tp[-1]) * tp[1:] / (tp[1:] + fp[1:])).sum())


def _counts(who: str, y_true, y_score, sample_weight) -> tuple[Array, Array, Array]:
    """False and true positives at y_score >= t, t infinite and then every score."""
    true, scores, w = _ranking(who, y_true, y_score, sample_weight)
    thresholds, place = np.unique(-scores, return_inverse=True)  # from the largest down
    fp = np.bincount(place[~true], w[~true], len(thresholds)).cumsum()
    tp = np.bincount(place[true], w[true], len(thresholds)).cumsum()
    return np.r_[0.0, fp], np.r_[0.0, tp], np.r_[np.inf, -thresholds]


def _ranking(who: str, y_true, y_score, sample_weight) -> tuple[Array, Array, Array]:
    """(whether positive, score, weight) of each sample."""
    y_true = as_numbers(who, "y_true", y_true).squeeze()
    scores = as_floats(who, "y_score", y_score).squeeze()
    if y_true.shape != scores.shape or scores.ndim != 1:
        raise ValueError(
            f"{who}: expected one target and one score a sample, got shapes "
            f"{y_true.shape} and {scores.shape}."
        )
    if set(np.unique(y_true)) != {0, 1}:
        raise ValueError(
            f"{who}: expected targets 0 and 1, both present, "
            f"got {np.unique(y_true)[:5]}."
        )
    w = np.ones(len(scores))
    if sample_weight is not None:
        w = as_weights(who, sample_weight, scores.shape).astype(np.float64)
    return y_true == 1, scores, w
