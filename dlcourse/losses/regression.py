"""Losses of real numbers. d is the size of the last axis of y_pred, n that of the rest.

An error e is y_pred - y_true. Where a loss has a kink, the derivative there is 0.
"""

import numpy as np

from dlcourse.losses.base import EPSILON, Loss


class MeanSquaredError(Loss):
    """L = 1/(n d) sum e^2, with e = y_pred - y_true.

    Book: eq:mse. Keras: keras.losses.MeanSquaredError.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        with np.errstate(over="ignore"):  # a loss of infinity says enough
            return (error**2).mean(axis=-1), 2 / error.shape[-1] * error


class MeanAbsoluteError(Loss):
    """L = 1/(n d) sum |e|; the derivative at an exact hit is 0.

    Keras: keras.losses.MeanAbsoluteError.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        return np.abs(error).mean(axis=-1), np.sign(error) / error.shape[-1]


class MeanAbsolutePercentageError(Loss):
    """L = 100/(n d) sum |e| / max(|y_true|, 1e-7), in percent of the target.

    A target of 0 makes it enormous: the bound 1e-7 only keeps it finite. The derivative
    at an exact hit is 0. Keras: keras.losses.MeanAbsolutePercentageError.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        percent = 100 / np.maximum(np.abs(y_true), y_true.dtype.type(EPSILON))
        values = (np.abs(error) * percent).mean(axis=-1)
        return values, np.sign(error) * percent / error.shape[-1]


class MeanSquaredLogarithmicError(Loss):
    """L = 1/(n d) sum (log(1 + y_pred) - log(1 + y_true))^2, for sizes above 0.

    Both are raised to 1e-7 where they lie below; there the derivative is 0.
    Keras: keras.losses.MeanSquaredLogarithmicError.
    """

    def per_sample(self, y_true, y_pred):
        low = y_pred.dtype.type(EPSILON)
        pred = np.maximum(y_pred, low)
        gap = np.log1p(pred) - np.log1p(np.maximum(y_true, low))
        slope = 2 / gap.shape[-1] * gap / (1 + pred)
        return (gap**2).mean(axis=-1), slope * (y_pred >= low)


class LogCosh(Loss):
    """L = 1/(n d) sum log cosh e: near e^2/2 for small errors, |e| - log 2 for large.

    As |e| + log(1 + exp(-2 |e|)) - log 2, where no exponential overflows; the
    derivative is tanh e. Keras: keras.losses.LogCosh.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        size = np.abs(error)
        values = size + np.log1p(np.exp(-2 * size)) - size.dtype.type(np.log(2))
        return values.mean(axis=-1), np.tanh(error) / error.shape[-1]


class Huber(Loss):
    """L = 1/(n d) sum h(e): e^2/2 where |e| <= delta, else delta |e| - delta^2/2.

    The derivative is e, clipped to [-delta, delta], without a jump. ValueError where
    delta is not above 0. Huber, 1964. Keras: keras.losses.Huber.
    """

    def __init__(self, delta: float = 1.0):
        if not 0 < delta < np.inf:
            raise ValueError(f"Huber: expected delta above 0, got {delta!r}.")
        self.delta = float(delta)

    def per_sample(self, y_true, y_pred):
        error, delta = y_pred - y_true, self.delta
        size, slope = np.abs(error), np.clip(error, -delta, delta)
        values = np.where(size <= delta, error * error / 2, delta * (size - delta / 2))
        return values.mean(axis=-1), slope / error.shape[-1]


class CosineSimilarity(Loss):
    """l = -cos(y_true, y_pred) along `axis`, from -1 (one direction) to 1 (opposite).

    With u = y_pred/|y_pred| and t alike: l = -t.u, gradient (u (t.u) - t)/|y_pred|.
    A norm below 1e-7 counts as 1e-7; there the gradient is -t/1e-7.
    Keras: keras.losses.CosineSimilarity.
    """

    def __init__(self, axis: int = -1):
        self.axis = axis

    def per_sample(self, y_true, y_pred):
        t, _, _ = self.unit(y_true)
        u, norm, long = self.unit(y_pred)
        cosine = (t * u).sum(axis=self.axis, keepdims=True)
        gradient = (long * u * cosine - t) / norm
        return -cosine.squeeze(self.axis), gradient

    def unit(self, v):
        """(v / |v|, |v| of at least 1e-7, whether |v| was above that)."""
        norm = np.sqrt((v * v).sum(axis=self.axis, keepdims=True))
        low = v.dtype.type(EPSILON)
        bounded = np.maximum(norm, low)
        return v / bounded, bounded, norm > low
