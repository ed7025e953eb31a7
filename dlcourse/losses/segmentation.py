"""The loss of overlaps, for masks of images."""

from dlcourse.losses.base import EPSILON, Loss


class Dice(Loss):
    """l = 1 - 2 sum y p / (sum y + sum p + 1e-7), the sums over `axis`.

    With axis None one value for the whole batch, so that a small object counts with the
    others; with axis=(1, 2, 3) one for each image. Two empty masks have the loss 1.
    Milletari et al., 2016, square the entries of the denominator; Keras does not.
    Keras: keras.losses.Dice.
    """

    def __init__(self, axis: int | tuple[int, ...] | None = None):
        self.axis = tuple(axis) if isinstance(axis, list) else axis

    def per_sample(self, y_true, y_pred):
        both = 2 * (y_true * y_pred).sum(axis=self.axis, keepdims=True)
        total = (y_true + y_pred).sum(axis=self.axis, keepdims=True)
        total += total.dtype.type(EPSILON)
        share = both / total
        # d share / dp = (2 y total - both) / total^2 = (2 y - share) / total
        return 1 - share.squeeze(self.axis), (share - 2 * y_true) / total
