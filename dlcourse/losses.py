"""Losses: (y_true, y_pred) -> (loss, dL/dy_pred).

The loss is the mean over all samples, as in Keras (reduction "sum_over_batch_size"), so
the gradient already holds the factor 1/n; with more axes the mean runs over all but the
last. Cross-entropies take probabilities, or logits with from_logits=True; that form is
stable for any logit. Probabilities are clipped to [1e-7, 1 - 1e-7] before the
logarithm, as Keras does; where the clip acts the gradient is 0.

Every loss raises ValueError where shapes do not fit or a number is not finite, and
TypeError where something is no number.
"""

import numpy as np

from dlcourse import activations
from dlcourse.validation import as_floats, as_numbers, lookup, require_finite

Array = np.ndarray

EPSILON = 1e-7


class Loss:
    """Base: a subclass writes `per_sample`. Keras: keras.losses.Loss."""

    shape_hint = ""

    def __call__(self, y_true, y_pred) -> tuple[float, Array]:
        y_pred = as_floats(self.who, "y_pred", y_pred)
        if not y_pred.ndim:
            raise ValueError(
                f"{self.who}: expected y_pred with one row a sample, got the single "
                f"number {y_pred}. Write [[{y_pred}]]."
            )
        y_true = self.targets(y_true, y_pred)
        values, gradient = self.per_sample(y_true, y_pred)
        return float(values.mean()), gradient / values.size

    def targets(self, y_true, y_pred: Array) -> Array:
        """y_true in the shape and dtype of y_pred; (n,) against (n, 1) is allowed."""
        y_true = as_numbers(self.who, "y_true", y_true)
        if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., np.newaxis]
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{self.who}: expected y_true of shape {y_pred.shape}, as y_pred, "
                f"got {y_true.shape}.{self.shape_hint}"
            )
        return as_floats(self.who, "y_true", y_true.astype(y_pred.dtype, copy=False))

    def per_sample(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """(one value a sample, derivative of each value by its row of y_pred)."""
        raise NotImplementedError

    @property
    def who(self) -> str:
        return type(self).__name__


class MeanSquaredError(Loss):
    """L = 1/(n d) sum (y_pred - y_true)^2.

    Book: eq:mse. Keras: keras.losses.MeanSquaredError.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        with np.errstate(over="ignore"):  # a loss of infinity says enough
            return (error**2).mean(axis=-1), 2 / error.shape[-1] * error


class MeanAbsoluteError(Loss):
    """L = 1/(n d) sum |y_pred - y_true|; the derivative at an exact hit is 0.

    Keras: keras.losses.MeanAbsoluteError.
    """

    def per_sample(self, y_true, y_pred):
        error = y_pred - y_true
        return np.abs(error).mean(axis=-1), np.sign(error) / error.shape[-1]


class _CrossEntropy(Loss):
    """What the three share: the choice between probabilities and logits."""

    highest = 1.001  # room for rounding; Keras clips what is above

    def __init__(self, from_logits: bool = False):
        self.from_logits = from_logits

    def require_probabilities(self, p: Array) -> None:
        """ValueError where an entry is below 0 or clearly above 1."""
        low, high = p.min(), p.max()
        if low < 0 or high > self.highest:
            raise ValueError(
                f"{self.who}: expected probabilities, got values from {low:g} to "
                f"{high:g}. End the model with {self.squash}, or set from_logits=True."
            )


class BinaryCrossentropy(_CrossEntropy):
    """L = -1/(n d) sum [y log p + (1 - y) log(1 - p)], y and p of shape (n, d).

    From logits z with p = sigma(z): max(z, 0) - z y + log(1 + exp(-|z|)), gradient
    (p - y)/(n d). ValueError where a target lies outside [0, 1].
    Book: eq:bce. Keras: keras.losses.BinaryCrossentropy.
    """

    squash = "a sigmoid"

    def per_sample(self, y_true, y_pred):
        low, high = y_true.min(), y_true.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"{self.who}: expected targets in [0, 1], got values from {low:g} to "
                f"{high:g}. Code the classes as 0 and 1."
            )
        d = y_pred.shape[-1]
        if self.from_logits:
            z = y_pred
            values = np.maximum(z, 0) - z * y_true + np.log1p(np.exp(-np.abs(z)))
            return values.mean(axis=-1), (activations.sigmoid(z) - y_true) / d
        self.require_probabilities(y_pred)
        p, inside = _clip(y_pred)
        values = -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
        return values.mean(axis=-1), inside * (p - y_true) / (p * (1 - p)) / d


class CategoricalCrossentropy(_CrossEntropy):
    """L = -1/n sum_i sum_k y_ik log p_ik, targets as rows of K numbers (one-hot).

    From logits: p = softmax(z), gradient (p - y)/n for targets that sum to 1. From
    probabilities: rows are divided by their sum first, as Keras does.
    Book: eq:cce, eq:softmax-cross-entropy-gradient.
    Keras: keras.losses.CategoricalCrossentropy.
    """

    squash = "a softmax"
    highest = np.inf
    shape_hint = (
        " For targets that are class numbers use sparse_categorical_crossentropy."
    )

    def per_sample(self, y_true, y_pred):
        mass = y_true.sum(axis=-1, keepdims=True)  # 1 for one-hot rows
        if self.from_logits:
            log_p = activations.log_softmax(y_pred)
            return -(y_true * log_p).sum(axis=-1), mass * np.exp(log_p) - y_true
        self.require_probabilities(y_pred)
        total = y_pred.sum(axis=-1, keepdims=True)
        if not total.all():
            raise ValueError(
                f"{self.who}: expected probabilities, got a row of zeros. "
                f"End the model with {self.squash}, or set from_logits=True."
            )
        p, inside = _clip(y_pred / total)
        values = -(y_true * np.log(p)).sum(axis=-1)
        dp = -(inside * y_true) / p  # now through p = y_pred / total:
        return values, (dp - (dp * p).sum(axis=-1, keepdims=True)) / total


class SparseCategoricalCrossentropy(_CrossEntropy):
    """L = -1/n sum_i log p_i[y_i], targets as class numbers 0 ... K-1.

    From logits: p = softmax(z), gradient (p - onehot(y))/n. ValueError where a label is
    no class number; TypeError where labels are not whole numbers.
    Book: eq:cce, eq:softmax-cross-entropy-gradient.
    Keras: keras.losses.SparseCategoricalCrossentropy.
    """

    squash = "a softmax"

    def targets(self, y_true, y_pred):
        """y_true as class numbers (n,); (n, 1) and whole floats are allowed."""
        y_true = as_numbers(self.who, "y_true", y_true)
        if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
            y_true = y_true[..., 0]
        if y_true.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{self.who}: expected one class number a sample, shape "
                f"{y_pred.shape[:-1]}, got {y_true.shape}. "
                "For one-hot targets use categorical_crossentropy."
            )
        require_finite(self.who, "y_true", y_true)
        labels = y_true.astype(np.int64)
        if not np.array_equal(labels, y_true):
            raise TypeError(
                f"{self.who}: expected whole class numbers, got {y_true.dtype} with "
                "fractions. For regression use mean_squared_error."
            )
        classes = y_pred.shape[-1]
        if labels.min() < 0 or labels.max() >= classes:
            bad = labels.max() if labels.max() >= classes else labels.min()
            raise ValueError(
                f"{self.who}: expected labels 0 to {classes - 1} for {classes} "
                f"outputs, got {bad}. Renumber the classes from 0, or give the last "
                "layer more units."
            )
        return labels

    def per_sample(self, y_true, y_pred):
        labels = y_true[..., np.newaxis]
        if self.from_logits:
            log_p = activations.log_softmax(y_pred)
            p = np.exp(log_p)
            p_own = np.take_along_axis(p, labels, -1)
            np.put_along_axis(p, labels, p_own - 1, -1)  # p - onehot(y)
            return -np.take_along_axis(log_p, labels, -1)[..., 0], p
        self.require_probabilities(y_pred)
        # Keras on TensorFlow takes the softmax of log p, which divides by the sum of p.
        p, inside = _clip(y_pred)
        total = p.sum(axis=-1, keepdims=True)
        p_own = np.take_along_axis(p, labels, -1)
        gradient = np.broadcast_to(1 / total, p.shape).copy()
        np.put_along_axis(gradient, labels, 1 / total - 1 / p_own, -1)
        return (np.log(total) - np.log(p_own))[..., 0], inside * gradient


def _clip(p: Array) -> tuple[Array, Array]:
    """p within [1e-7, 1 - 1e-7], and where it was there already."""
    low, high = p.dtype.type(EPSILON), p.dtype.type(1 - EPSILON)
    return np.clip(p, low, high), (p >= low) & (p <= high)


LOSSES = {
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def get(loss: "str | Loss") -> Loss:
    """The loss of that name, with its defaults.

    ValueError with the nearest name where there is none.
    """
    return loss if isinstance(loss, Loss) else lookup("loss", loss, LOSSES)()
