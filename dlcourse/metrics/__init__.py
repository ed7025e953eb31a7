"""Metrics: what is reported but not minimised.

As in Keras, a metric sums over batches and divides at the end:

    metric.update_state(y_true, y_pred, sample_weight)
    metric.result()
    metric.reset_state()

so that the result does not depend on how the samples were cut into batches.
"""

from dlcourse.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from dlcourse.metrics.base import Mean, Metric
from dlcourse.metrics.confusion import (
    ConfusionMatrix,
    F1Score,
    FBetaScore,
    Precision,
    Recall,
)
from dlcourse.metrics.curves import (
    AUC,
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from dlcourse.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from dlcourse.metrics.of_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Perplexity,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from dlcourse.metrics.regression import R2Score, RootMeanSquaredError
from dlcourse.validation import lookup

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConfusionMatrix",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "Perplexity",
    "Poisson",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SquaredHinge",
    "TopKCategoricalAccuracy",
    "average_precision_score",
    "get",
    "precision_recall_curve",
    "roc_auc_score",
    "roc_curve",
]

METRICS = {
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "precision": Precision,
    "recall": Recall,
    "f1_score": F1Score,
    "fbeta_score": FBetaScore,
    "auc": AUC,
    "binary_crossentropy": BinaryCrossentropy,
    "bce": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "perplexity": Perplexity,
    "kl_divergence": KLDivergence,
    "poisson": Poisson,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "categorical_hinge": CategoricalHinge,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mape": MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "msle": MeanSquaredLogarithmicError,
    "log_cosh_error": LogCoshError,
    "cosine_similarity": CosineSimilarity,
    "r2_score": R2Score,
    "binary_io_u": BinaryIoU,
}
ACCURACIES = {
    "BinaryCrossentropy": BinaryAccuracy,
    "BinaryFocalCrossentropy": BinaryAccuracy,
    "CategoricalCrossentropy": CategoricalAccuracy,
    "CategoricalHinge": CategoricalAccuracy,
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
