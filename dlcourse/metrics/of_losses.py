"""Losses as metrics: each is the loss of the same name, averaged over all samples."""

import numpy as np

from dlcourse import losses
from dlcourse.metrics.base import Metric


class _OfLoss(Metric):
    """The mean of a loss over all samples."""

    loss: losses.Loss

    def targets(self, y_true, y_pred):
        return self.loss.targets(y_true, y_pred)

    def values(self, y_true, y_pred):
        return self.loss.per_sample(y_true, y_pred)[0]


class MeanSquaredError(_OfLoss):
    """Mean of (y_pred - y_true)^2. Keras: keras.metrics.MeanSquaredError."""

    default_name, loss = "mean_squared_error", losses.MeanSquaredError()


class MeanAbsoluteError(_OfLoss):
    """Mean of |y_pred - y_true|. Keras: keras.metrics.MeanAbsoluteError."""

    default_name, loss = "mean_absolute_error", losses.MeanAbsoluteError()


class MeanAbsolutePercentageError(_OfLoss):
    """Mean of 100 |y_pred - y_true| / max(|y_true|, 1e-7).

    Keras: keras.metrics.MeanAbsolutePercentageError.
    """

    default_name = "mean_absolute_percentage_error"
    loss = losses.MeanAbsolutePercentageError()


class MeanSquaredLogarithmicError(_OfLoss):
    """Mean of (log(1 + y_pred) - log(1 + y_true))^2.

    Keras: keras.metrics.MeanSquaredLogarithmicError.
    """

    default_name = "mean_squared_logarithmic_error"
    loss = losses.MeanSquaredLogarithmicError()


class LogCoshError(_OfLoss):
    """Mean of log cosh(y_pred - y_true). Keras: keras.metrics.LogCoshError."""

    default_name, loss = "logcosh", losses.LogCosh()


class CosineSimilarity(_OfLoss):
    """Mean of cos(y_true, y_pred) along `axis`: the loss of that name with the sign +.

    Keras: keras.metrics.CosineSimilarity.
    """

    default_name = "cosine_similarity"

    def __init__(self, name: str | None = None, axis: int = -1):
        super().__init__(name)
        self.axis, self.loss = axis, losses.CosineSimilarity(axis)

    def values(self, y_true, y_pred):
        return -super().values(y_true, y_pred)


class BinaryCrossentropy(_OfLoss):
    """Log loss of yes and no. Keras: keras.metrics.BinaryCrossentropy."""

    default_name = "binary_crossentropy"

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(name)
        self.loss = losses.BinaryCrossentropy(from_logits, label_smoothing)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(_OfLoss):
    """Log loss of one-hot targets. Keras: keras.metrics.CategoricalCrossentropy."""

    default_name = "categorical_crossentropy"

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(name)
        self.loss = losses.CategoricalCrossentropy(from_logits, label_smoothing)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class SparseCategoricalCrossentropy(_OfLoss):
    """Log loss of class numbers.

    Keras: keras.metrics.SparseCategoricalCrossentropy.
    """

    default_name = "sparse_categorical_crossentropy"

    def __init__(self, name: str | None = None, from_logits: bool = False):
        super().__init__(name)
        self.from_logits = from_logits
        self.loss = losses.SparseCategoricalCrossentropy(from_logits)


class Perplexity(SparseCategoricalCrossentropy):
    """exp of the mean of -log p[y]: among how many equally likely tokens one guesses.

    A model that gives each of V tokens 1/V has the perplexity V. Weights of 0 leave
    padding out. Keras has none; exp of scikit-learn's log_loss is the same.
    """

    default_name = "perplexity"

    def result(self):
        return float(np.exp(super().result())) if self.count else 0.0


class KLDivergence(_OfLoss):
    """Mean of sum_k y_k log(y_k / p_k). Keras: keras.metrics.KLDivergence."""

    default_name, loss = "kl_divergence", losses.KLDivergence()


class Poisson(_OfLoss):
    """Mean of y_pred - y_true log y_pred. Keras: keras.metrics.Poisson."""

    default_name, loss = "poisson", losses.Poisson()


class Hinge(_OfLoss):
    """Mean of max(0, 1 - y s). Keras: keras.metrics.Hinge."""

    default_name, loss = "hinge", losses.Hinge()


class SquaredHinge(_OfLoss):
    """Mean of max(0, 1 - y s)^2. Keras: keras.metrics.SquaredHinge."""

    default_name, loss = "squared_hinge", losses.SquaredHinge()


class CategoricalHinge(_OfLoss):
    """Mean of losses.CategoricalHinge. Keras: keras.metrics.CategoricalHinge."""

    default_name, loss = "categorical_hinge", losses.CategoricalHinge()
