"""Losses: (y_true, y_pred) -> (loss, dL/dy_pred).

The loss is the mean over all samples, as in Keras (reduction "sum_over_batch_size"), so
the gradient already holds the factor 1/n; with more axes the mean runs over all but the
last. With `sample_weight` each value is multiplied by its weight before the mean.
Cross-entropies take probabilities, or logits with from_logits=True; that form is
stable for any logit. Probabilities are clipped to [1e-7, 1 - 1e-7] before the
logarithm, as Keras does; where the clip acts the gradient is 0.

Every loss raises ValueError where shapes do not fit or a number is not finite, and
TypeError where something is no number.
"""

from dlcourse.losses.base import Loss
from dlcourse.losses.crossentropy import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from dlcourse.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
from dlcourse.losses.probabilistic import KLDivergence, Poisson
from dlcourse.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from dlcourse.losses.segmentation import Dice
from dlcourse.validation import lookup

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "get",
]

LOSSES = {
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mape": MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "msle": MeanSquaredLogarithmicError,
    "log_cosh": LogCosh,
    "huber": Huber,
    "cosine_similarity": CosineSimilarity,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "categorical_hinge": CategoricalHinge,
    "binary_crossentropy": BinaryCrossentropy,
    "bce": BinaryCrossentropy,
    "binary_focal_crossentropy": BinaryFocalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "kl_divergence": KLDivergence,
    "kld": KLDivergence,
    "poisson": Poisson,
    "dice": Dice,
}


def get(loss: "str | Loss") -> Loss:
    """The loss of that name, with its defaults.

    ValueError with the nearest name where there is none.
    """
    return loss if isinstance(loss, Loss) else lookup("loss", loss, LOSSES)()
