"""Hinge losses: no loss where the margin is kept. At the kinks the derivative is 0."""

import numpy as np

from dlcourse.losses.base import Array, Loss


def signs(y_true: Array) -> Array:
    """Targets 0 and 1 as -1 and 1; targets with any other number stay, as in Keras."""
    binary = ((y_true == 0) | (y_true == 1)).all()
    return 2 * y_true - 1 if binary else y_true


class Hinge(Loss):
    """L = 1/(n d) sum max(0, 1 - y s), y the score, s = -1 or 1 the class.

    Targets 0 and 1 are taken as -1 and 1. Keras: keras.losses.Hinge.
    """

    def per_sample(self, y_true, y_pred):
        s = signs(y_true)
        gap = np.maximum(1 - s * y_pred, y_pred.dtype.type(0))
        return gap.mean(axis=-1), -s * (gap > 0) / gap.shape[-1]


class SquaredHinge(Loss):
    """L = 1/(n d) sum max(0, 1 - y s)^2, which is smooth; targets as for Hinge.

    Keras: keras.losses.SquaredHinge.
    """

    def per_sample(self, y_true, y_pred):
        s = signs(y_true)
        gap = np.maximum(1 - s * y_pred, y_pred.dtype.type(0))
        return (gap * gap).mean(axis=-1), -2 / gap.shape[-1] * s * gap


class CategoricalHinge(Loss):
    """l = max(0, 1 + max_k (1 - t_k) y_k - sum_k t_k y_k), t one-hot, y the scores.

    The best wrong score should stay 1 below the right one. The right class enters the
    inner maximum as 0: a wrong score below 0 does not count. Of equal maxima the first
    takes the gradient. Keras: keras.losses.CategoricalHinge.
    """

    def per_sample(self, y_true, y_pred):
        right = (y_true * y_pred).sum(axis=-1)
        others = (1 - y_true) * y_pred
        worst = others.argmax(axis=-1)[..., np.newaxis]
        wrong = np.take_along_axis(others, worst, -1)
        values = np.maximum(1 + wrong[..., 0] - right, y_pred.dtype.type(0))
        gradient = -y_true
        at_worst = np.take_along_axis(1 - 2 * y_true, worst, -1)  # -t + (1 - t)
        np.put_along_axis(gradient, worst, at_worst, -1)
        return values, gradient * (values > 0)[..., np.newaxis]
