"""What training minimises: the loss, weighted by sample, mask and output."""

import numpy as np

from dlcourse.losses import Loss

Array = np.ndarray


class Objective:
    """(y, y_pred, masks, sample_weight) -> (value, dL/dy_pred).

    One loss, or several outputs' losses with the sum weighted by loss_weights:
    L = sum_k loss_weights_k L_k. A mask limits a mean to the steps that count: each of
    them has the weight size / (number that count), the others 0, as in Keras.
    """

    def __init__(self, losses: "Loss | list[Loss]", loss_weights=None):
        self.losses, self.loss_weights = losses, loss_weights

    def __call__(self, y, y_pred, masks=None, sample_weight=None):
        if not isinstance(self.losses, list):
            return weighted(self.losses, y, y_pred, masks, sample_weight)
        total, gradients, self.values = 0.0, [], []
        factors = self.loss_weights or [1.0] * len(self.losses)
        masks = masks or [None] * len(self.losses)
        for loss, factor, own_y, own_pred, mask in zip(
            self.losses, factors, y, y_pred, masks, strict=True
        ):
            value, dy = weighted(loss, own_y, own_pred, mask, sample_weight)
            total, self.values = total + factor * value, [*self.values, value]
            gradients.append(dy * dy.dtype.type(factor))
        return total, gradients


def weighted(loss: Loss, y, y_pred: Array, mask=None, sample_weight=None):
    """The loss and its gradient, with the mask as weights."""
    weight = combine(mask, sample_weight, y_pred)
    return loss(y, y_pred) if weight is None else loss(y, y_pred, weight)


def combine(mask, sample_weight, y_pred: Array):
    """Weights of the samples from a mask and given ones; None where there are none."""
    if mask is None or mask.ndim >= y_pred.ndim:
        return sample_weight
    weight = mask.astype(y_pred.dtype)
    weight *= mask.size / max(1, np.count_nonzero(mask))
    if sample_weight is None:
        return weight
    return weight * sample_weight.reshape(
        sample_weight.shape + (1,) * (weight.ndim - sample_weight.ndim)
    )
