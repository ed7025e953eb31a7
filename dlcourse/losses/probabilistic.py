"""Kullback-Leibler divergence and the Poisson loss."""

import numpy as np

from dlcourse.losses.base import EPSILON, Loss, clip


class KLDivergence(Loss):
    """l = sum_k y_k log(y_k / p_k), the divergence of p from y, both distributions.

    Both are clipped to [1e-7, 1] first; where the clip acts on p the gradient -y/p is
    0. Nothing is divided by its sum. ValueError where an entry lies below 0.
    Keras: keras.losses.KLDivergence.
    """

    def per_sample(self, y_true, y_pred):
        for what, array in (("y_true", y_true), ("y_pred", y_pred)):
            if array.min() < 0:
                raise ValueError(
                    f"{self.who}: expected probabilities in {what}, got "
                    f"{array.min():g}. End the model with a softmax."
                )
        y, _ = clip(y_true, 1)
        p, inside = clip(y_pred, 1)
        return (y * np.log(y / p)).sum(axis=-1), -(inside * y) / p


class Poisson(Loss):
    """L = 1/(n d) sum (m - y log(m + 1e-7)), y the count and m = y_pred its mean.

    The negative log-likelihood of a Poisson law but for log y!. ValueError where a
    mean lies below 0. Keras: keras.losses.Poisson.
    """

    def per_sample(self, y_true, y_pred):
        if y_pred.min() < 0:
            raise ValueError(
                f"{self.who}: expected means of at least 0, got {y_pred.min():g}. "
                "End the model with a softplus."
            )
        safe = y_pred + y_pred.dtype.type(EPSILON)
        values = (y_pred - y_true * np.log(safe)).mean(axis=-1)
        return values, (1 - y_true / safe) / y_pred.shape[-1]
