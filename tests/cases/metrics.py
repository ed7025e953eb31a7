"""Metrics, drawn in batches by the twin test."""

import numpy as np

from cases.base import K
from dlcourse import metrics

METRICS = {
    "Accuracy": [metrics.Accuracy()],
    "BinaryAccuracy": [metrics.BinaryAccuracy(), metrics.BinaryAccuracy(threshold=0.8)],
    "CategoricalAccuracy": [metrics.CategoricalAccuracy()],
    "SparseCategoricalAccuracy": [metrics.SparseCategoricalAccuracy()],
    "TopKCategoricalAccuracy": [
        metrics.TopKCategoricalAccuracy(),
        metrics.TopKCategoricalAccuracy(k=2),
    ],
    "SparseTopKCategoricalAccuracy": [
        metrics.SparseTopKCategoricalAccuracy(),
        metrics.SparseTopKCategoricalAccuracy(k=2),
    ],
    "Precision": [
        metrics.Precision(),
        metrics.Precision(0.7),
        metrics.Precision([0.2, 0.7]),
        metrics.Precision([0.0, 0.25, 0.5, 0.75, 1.0]),
        metrics.Precision(top_k=2),
        metrics.Precision(0.6, top_k=3, class_id=1),
    ],
    "Recall": [
        metrics.Recall(),
        metrics.Recall([0.2, 0.7]),
        metrics.Recall(top_k=2, class_id=0),
        metrics.Recall(class_id=2),
    ],
    "FBetaScore": [
        metrics.FBetaScore(),
        metrics.FBetaScore("macro", 2.0),
        metrics.FBetaScore("weighted", 0.5, 0.4),
        metrics.FBetaScore("micro", 2.0, 0.4),
        metrics.FBetaScore(None, 2.0, 0.6),
    ],
    "F1Score": [
        metrics.F1Score(),
        metrics.F1Score("macro"),
        metrics.F1Score("micro", 0.5),
        metrics.F1Score("weighted"),
    ],
    "AUC": [
        metrics.AUC(),
        *(
            metrics.AUC(num, curve, way)
            for num in (2, 7)
            for curve in ("ROC", "PR")
            for way in ("interpolation", "minoring", "majoring")
        ),
        metrics.AUC(curve="PR"),
        metrics.AUC(thresholds=[0.9, 0.1, 0.35]),
    ],
    "BinaryCrossentropy": [
        metrics.BinaryCrossentropy(),
        metrics.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    ],
    "CategoricalCrossentropy": [
        metrics.CategoricalCrossentropy(),
        metrics.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
    ],
    "SparseCategoricalCrossentropy": [
        metrics.SparseCategoricalCrossentropy(),
        metrics.SparseCategoricalCrossentropy(from_logits=True),
    ],
    "KLDivergence": [metrics.KLDivergence()],
    "Poisson": [metrics.Poisson()],
    "Hinge": [metrics.Hinge()],
    "SquaredHinge": [metrics.SquaredHinge()],
    "CategoricalHinge": [metrics.CategoricalHinge()],
    "MeanSquaredError": [metrics.MeanSquaredError()],
    "RootMeanSquaredError": [metrics.RootMeanSquaredError()],
    "MeanAbsoluteError": [metrics.MeanAbsoluteError()],
    "MeanAbsolutePercentageError": [metrics.MeanAbsolutePercentageError()],
    "MeanSquaredLogarithmicError": [metrics.MeanSquaredLogarithmicError()],
    "LogCoshError": [metrics.LogCoshError()],
    "CosineSimilarity": [metrics.CosineSimilarity(), metrics.CosineSimilarity(axis=1)],
    "R2Score": [
        metrics.R2Score(),
        metrics.R2Score("variance_weighted_average"),
        metrics.R2Score(None),
        metrics.R2Score(num_regressors=3),
    ],
    "IoU": [
        metrics.IoU(K, [0, 2]),
        metrics.IoU(K, (1,), ignore_class=2),
    ],
    "BinaryIoU": [metrics.BinaryIoU(), metrics.BinaryIoU([1], 0.3)],
    "MeanIoU": [
        metrics.MeanIoU(K),
        metrics.MeanIoU(K + 3),  # classes that never come
        metrics.MeanIoU(K - 1),  # numbers that are no class
    ],
    "OneHotIoU": [metrics.OneHotIoU(K, [0, 1]), metrics.OneHotIoU(K, [2], None, 1)],
    "OneHotMeanIoU": [metrics.OneHotMeanIoU(K)],
    "Mean": [metrics.Mean()],
}
NO_TWIN = {
    "ConfusionMatrix": "scikit-learn's confusion_matrix, tests/test_metrics.py",
    "Perplexity": "exp of scikit-learn's log_loss, tests/test_metrics.py",
}

# -- batches: function(rng, n) -> (y_true, y_pred)


def _labels(rng, n):
    return rng.integers(0, K, n), _scores(rng, n)


def _one_hot(rng, n):
    return np.eye(K)[rng.integers(0, K, n)], _scores(rng, n)


def _bits(rng, n):
    return rng.integers(0, 2, (n, K)), _scores(rng, n)


def _one_column(rng, n):
    """Positives score higher on the whole; some scores are equal."""
    y = rng.integers(0, 2, (n, 1))
    p = np.round((y + 2 * rng.uniform(size=(n, 1))) / 3, 1).astype(np.float32)
    return y, p


def _equal_labels(rng, n):
    return rng.integers(0, 2, (n, K)), rng.integers(0, 2, (n, K))


def _real(rng, n):
    y = rng.normal(size=(n, K)).astype(np.float32)
    return y, y + rng.normal(size=(n, K)).astype(np.float32)


def _positive(rng, n):
    y = rng.gamma(2.0, size=(n, K)).astype(np.float32)
    return y, y * rng.uniform(0.5, 2.0, (n, K)).astype(np.float32)


def _distributions(rng, n):
    p = rng.dirichlet(np.ones(K), (2, n)).astype(np.float32)
    return p[0], p[1]


def _label_images(rng, n):
    """Label images (n, 2, 3)."""
    y_true, y_pred = rng.integers(0, K, (2, n, 2, 3))
    return y_true, np.where(rng.uniform(size=y_pred.shape) < 0.6, y_true, y_pred)


def _one_hot_images(rng, n):
    y_true, y_pred = _label_images(rng, n)
    return np.eye(K)[y_true], _image_scores(rng, y_pred)


def _image_scores(rng, labels):
    return np.eye(K)[labels] + 0.9 * rng.uniform(size=(*labels.shape, K))


def _masks(rng, n):
    return rng.integers(0, 2, (n, 2, 3)), rng.uniform(size=(n, 2, 3))


def _weighted_numbers(rng, n):
    """For Mean: what stands for y_pred is sample_weight."""
    return rng.normal(size=(n, 3)), rng.uniform(size=n)


def _scores(rng, n):
    return rng.uniform(0.01, 0.99, (n, K)).astype(np.float32)


_KINDS = {
    _labels: (
        "SparseCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "SparseCategoricalCrossentropy",
    ),
    _one_hot: (
        "CategoricalAccuracy",
        "TopKCategoricalAccuracy",
        "CategoricalCrossentropy",
        "CategoricalHinge",
        "FBetaScore",
        "F1Score",
    ),
    _bits: (
        "BinaryAccuracy",
        "BinaryCrossentropy",
        "Precision",
        "Recall",
        "Hinge",
        "SquaredHinge",
    ),
    _one_column: ("AUC",),
    _equal_labels: ("Accuracy",),
    _real: (
        "MeanSquaredError",
        "RootMeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "LogCoshError",
        "CosineSimilarity",
        "R2Score",
    ),
    _positive: ("MeanSquaredLogarithmicError", "Poisson"),
    _distributions: ("KLDivergence",),
    _label_images: ("IoU", "MeanIoU"),
    _one_hot_images: ("OneHotIoU", "OneHotMeanIoU"),
    _masks: ("BinaryIoU",),
    _weighted_numbers: ("Mean",),
}
METRIC_DATA = {name: draw for draw, names in _KINDS.items() for name in names}


# -- options that ask for other data than their class: (metric, function)


def _logits(rng, n):
    y, p = _one_column(rng, n)
    return y, 6 * p - 3


def _labels_and_scores(rng, n):
    y_true, y_pred = _label_images(rng, n)
    return y_true, _image_scores(rng, y_pred)


def _one_hot_and_labels(rng, n):
    y_true, y_pred = _label_images(rng, n)
    return np.eye(K)[y_true], y_pred


OTHER_DATA = [
    (metrics.AUC(from_logits=True), _logits),
    (metrics.IoU(K, [3], None, None, False, False), _one_hot_images),
    (metrics.MeanIoU(K, ignore_class=0, sparse_y_pred=False), _labels_and_scores),
    (metrics.OneHotMeanIoU(K, None, 1, sparse_y_pred=True), _one_hot_and_labels),
]

_P, _BITS = np.full((4, K), 0.25), np.array([[0], [1], [1], [0]])
# fmt: off
BAD_INPUT = [
    (lambda: metrics.get("f1score"), ValueError, "metric: expected one of", "Did you mean 'f1_score'?"),
    (lambda: metrics.get("top_k_accuracy"), ValueError, "Did you mean 'top_k_categorical_accuracy'?"),
    (lambda: metrics.TopKCategoricalAccuracy(0), ValueError, "TopKCategoricalAccuracy: expected k to be a positive whole number, got 0"),
    (lambda: metrics.SparseTopKCategoricalAccuracy(2).update_state([0, 1, 2, 4], _P), ValueError, "expected labels 0 to 3 for 4 outputs, got 0 to 4"),
    (lambda: metrics.SparseTopKCategoricalAccuracy(2).update_state(np.eye(4), _P), ValueError, "one class number a sample", "use top_k_categorical_accuracy"),
    (lambda: metrics.Precision(1.5), ValueError, "Precision: expected each threshold in [0, 1], got 1.5"),
    (lambda: metrics.Recall([0.5, -1]), ValueError, "Recall: expected each threshold in [0, 1], got -1"),
    (lambda: metrics.Precision(top_k=0), ValueError, "Precision: expected top_k", "got 0"),
    (lambda: metrics.Recall(class_id=4).update_state(np.eye(4), _P), ValueError, "Recall: expected y_pred with a column 4", "(4, 4)"),
    (lambda: metrics.Recall(class_id=0).update_state([0, 1], [0.1, 0.2]), ValueError, "with a column 0", "(2,)"),
    (lambda: metrics.Precision().update_state(_BITS, _P), ValueError, "Precision: expected y_true of shape (4, 4)"),
    (lambda: metrics.F1Score("mean"), ValueError, "F1Score: expected average None, 'micro', 'macro' or 'weighted', got 'mean'"),
    (lambda: metrics.FBetaScore(beta=0), ValueError, "FBetaScore: expected beta above 0, got 0"),
    (lambda: metrics.FBetaScore(beta="a"), ValueError, "FBetaScore: expected beta", "got 'a'"),
    (lambda: metrics.F1Score(threshold=2), ValueError, "F1Score: expected threshold in [0, 1], got 2"),
    (lambda: metrics.F1Score().update_state([0, 1], [0.2, 0.8]), ValueError, "F1Score: expected y_pred of shape (n, classes), got (2,)"),
    (lambda: metrics.ConfusionMatrix(0), ValueError, "ConfusionMatrix: expected num_classes"),
    (lambda: metrics.ConfusionMatrix(3, "rows"), ValueError, "ConfusionMatrix: expected normalize None", "got 'rows'"),
    (lambda: metrics.ConfusionMatrix(3).update_state([0, 3], [0, 1]), ValueError, "expected y_true to hold class numbers from 0 to 2, got 3"),
    (lambda: metrics.ConfusionMatrix(3).update_state([0, 1], [0, 0.5]), ValueError, "expected y_pred to hold class numbers from 0 to 2, got 0.5"),
    (lambda: metrics.ConfusionMatrix(3).update_state([0, 1], [0, 1, 2]), ValueError, "one class number a sample, shape (3,), got (2,)"),
    (lambda: metrics.AUC(curve="ROCK"), ValueError, "AUC: expected curve 'ROC' or 'PR'", "got 'ROCK'"),
    (lambda: metrics.AUC(summation_method="mean"), ValueError, "summation_method among", "'mean'"),
    (lambda: metrics.AUC(1), ValueError, "AUC: expected num_thresholds to be a whole number >= 2, got 1"),
    (lambda: metrics.AUC(thresholds=[0.5, 3]), ValueError, "AUC: expected thresholds in [0, 1], got 3"),
    (lambda: metrics.AUC().update_state(_BITS, 3 * _BITS), ValueError, "AUC: expected outputs in [0, 1], got values from 0 to 3", "from_logits=True"),
    (lambda: metrics.roc_curve([0, 1], [0.1, 0.2, 0.3]), ValueError, "roc_curve: expected one target and one score a sample, got shapes (2,) and (3,)"),
    (lambda: metrics.roc_auc_score([1, 1], [0.1, 0.2]), ValueError, "roc_auc_score: expected targets 0 and 1, both present"),
    (lambda: metrics.average_precision_score([-1, 1], [0.1, 0.2]), ValueError, "average_precision_score: expected targets 0 and 1"),
    (lambda: metrics.roc_curve([0, 1], [0.1, np.nan]), ValueError, "roc_curve: expected finite y_score"),
    (lambda: metrics.precision_recall_curve([0, 1], [0.1, 0.2], [1.0]), ValueError, "expected sample_weight of shape (2,)"),
    (lambda: metrics.IoU(3, [3]), ValueError, "IoU: expected target_class_ids from 0 to 2, got [3]"),
    (lambda: metrics.IoU(3, []), ValueError, "IoU: expected target_class_ids from 0 to 2, got []"),
    (lambda: metrics.MeanIoU(0), ValueError, "MeanIoU: expected num_classes to be a positive whole number, got 0"),
    (lambda: metrics.MeanIoU(3).update_state(np.ones((2, 3)), np.ones((2, 3, 3))), ValueError, "MeanIoU: expected y_true of shape (2, 3, 3)"),
    (lambda: metrics.R2Score("mean"), ValueError, "R2Score: expected class_aggregation among", "got 'mean'"),
    (lambda: metrics.R2Score(num_regressors=-1), ValueError, "R2Score: expected num_regressors to be a whole number >= 0, got -1"),
    (lambda: metrics.R2Score().update_state([1.0], [1.0]), ValueError, "R2Score: expected y_pred of shape (n, outputs), got (1,)"),
    (lambda: metrics.MeanSquaredError().update_state(_P, _P, np.ones(3)), ValueError, "MeanSquaredError: expected sample_weight of shape (4,)", "got (3,)"),
    (lambda: metrics.MeanSquaredError().update_state([1.0], [1.0], [1.0]), ValueError, "expected no sample_weight", "np.newaxis"),
    (lambda: metrics.Mean().update_state(np.nan), ValueError, "Mean: expected finite values, got nan"),
    (lambda: metrics.Perplexity().update_state([0, 1, 2, 9], _P), ValueError, "expected labels 0 to 3 for 4 outputs, got 9"),
]
# fmt: on
