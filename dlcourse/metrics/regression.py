"""Errors of real numbers that are no mean of losses."""

import numpy as np

from dlcourse.metrics.base import Metric
from dlcourse.validation import as_floats, as_numbers, require_positive_int


class RootMeanSquaredError(Metric):
    """Root of the mean over all samples of (y_pred - y_true)^2, in the unit of y.

    Not the mean of the roots of batches. Keras: keras.metrics.RootMeanSquaredError.
    """

    default_name = "root_mean_squared_error"

    def values(self, y_true, y_pred):
        return (y_pred - y_true) ** 2

    def result(self):
        return float(np.sqrt(super().result()))


class R2Score(Metric):
    """R^2 = 1 - sum w (y - y_pred)^2 / sum w (y - mean y)^2 of each output.

    The outputs are averaged ("uniform_average"), weighted by their variances
    ("variance_weighted_average") or reported apart (None). With p `num_regressors` it
    is adjusted: 1 - (1 - R^2)(N - 1)/(N - p - 1), where N counts all entries of y, as
    in Keras. An output whose targets are all equal gives 0 (NaN where it is hit
    exactly). ValueError unless y_pred has the shape (n, outputs).
    Keras: keras.metrics.R2Score.
    """

    default_name = "r2_score"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
    ):
        kinds = ("uniform_average", "variance_weighted_average", None)
        if class_aggregation not in kinds:
            raise ValueError(
                f"R2Score: expected class_aggregation among {kinds}, "
                f"got {class_aggregation!r}."
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = require_positive_int(
            self.who, "num_regressors", num_regressors, 0
        )
        super().__init__(name)

    def reset_state(self):
        self.entries, self.weight = 0, 0.0
        self.sum, self.squares, self.residual = 0.0, 0.0, 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_floats(self.who, "y_pred", y_pred)
        y_true = self.targets(as_numbers(self.who, "y_true", y_true), y_pred)
        if y_pred.ndim != 2:
            raise ValueError(
                f"{self.who}: expected y_pred of shape (n, outputs), got "
                f"{y_pred.shape}. For one output write y_pred[:, np.newaxis]."
            )
        y, error = y_true.astype(np.float64), y_pred.astype(np.float64) - y_true
        w = self.weights(sample_weight, y.shape)
        self.entries += y.size
        self.weight = self.weight + w.sum(axis=0)
        self.sum = self.sum + (w * y).sum(axis=0)
        self.squares = self.squares + (w * y * y).sum(axis=0)
        self.residual = self.residual + (w * error * error).sum(axis=0)

    def result(self):
        if not self.entries:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = self.squares - self.sum * self.sum / self.weight
            score = 1 - self.residual / spread
            score = np.where(np.isinf(score), 0.0, score)
            if self.class_aggregation == "uniform_average":
                score = score.mean()
            elif self.class_aggregation == "variance_weighted_average":
                score = (spread * score).sum() / spread.sum()
        n, p = self.entries, self.num_regressors
        if p and n - p - 1 > 0:
            score = 1 - (1 - score) * (n - 1) / (n - p - 1)
        return float(score) if np.ndim(score) == 0 else score
