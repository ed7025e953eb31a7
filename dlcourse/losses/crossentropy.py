"""Cross-entropies, from probabilities or, stable for any logit, from logits."""

import numpy as np

from dlcourse import activations
from dlcourse.losses.base import EPSILON, Array, Loss, clip
from dlcourse.validation import as_numbers, require_finite, require_number


class _CrossEntropy(Loss):
    """What they share: the choice between probabilities and logits, and smoothing."""

    highest = 1.001  # room for rounding; Keras clips what is above

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0):
        self.from_logits = from_logits
        self.label_smoothing = require_number(
            self.who, "label_smoothing", label_smoothing, high=1.0
        )

    def require_probabilities(self, p: Array) -> None:
        """ValueError where an entry is below 0 or clearly above 1."""
        low, high = p.min(), p.max()
        if low < 0 or high > self.highest:
            raise ValueError(
                f"{self.who}: expected probabilities, got values from {low:g} to "
                f"{high:g}. End the model with {self.squash}, or set from_logits=True."
            )

    def smooth(self, y_true: Array, classes: int) -> Array:
        """y (1 - s) + s/K: a share s of each target is spread over the K classes."""
        s = self.label_smoothing
        return y_true * (1 - s) + s / classes if s else y_true

    def bits(self, y_true: Array) -> Array:
        """Targets of yes and no, smoothed. ValueError outside [0, 1]."""
        low, high = y_true.min(), y_true.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"{self.who}: expected targets in [0, 1], got values from {low:g} to "
                f"{high:g}. Code the classes as 0 and 1."
            )
        return self.smooth(y_true, 2)


class BinaryCrossentropy(_CrossEntropy):
    """L = -1/(n d) sum [y log p + (1 - y) log(1 - p)], y and p of shape (n, d).

    From logits z with p = sigma(z): max(z, 0) - z y + log(1 + exp(-|z|)), gradient
    (p - y)/(n d). `label_smoothing` s moves targets 0 and 1 to s/2 and 1 - s/2.
    ValueError where a target lies outside [0, 1].
    Book: eq:bce. Keras: keras.losses.BinaryCrossentropy.
    """

    squash = "a sigmoid"

    def per_sample(self, y_true, y_pred):
        y_true, d = self.bits(y_true), y_pred.shape[-1]
        if self.from_logits:
            z = y_pred
            values = np.maximum(z, 0) - z * y_true + np.log1p(np.exp(-np.abs(z)))
            return values.mean(axis=-1), (activations.sigmoid(z) - y_true) / d
        self.require_probabilities(y_pred)
        p, inside = clip(y_pred)
        values = -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
        return values.mean(axis=-1), inside * (p - y_true) / (p * (1 - p)) / d


class BinaryFocalCrossentropy(_CrossEntropy):
    """Binary cross-entropy times (1 - q)^gamma, q = y p + (1 - y)(1 - p).

    q is the probability of the truth: what is right already hardly counts, so that rare
    objects are heard. With `apply_class_balancing` also times y alpha + (1 - y)(1 -
    alpha). Logits go through the sigmoid first, so that |z| above 16 is clipped.
    Lin et al., 2017. Keras: keras.losses.BinaryFocalCrossentropy.
    """

    squash = "a sigmoid"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(from_logits, label_smoothing)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = require_number(self.who, "alpha", alpha, high=1.0)
        self.gamma = require_number(self.who, "gamma", gamma)

    def per_sample(self, y_true, y_pred):
        y, gamma = self.bits(y_true), self.gamma
        if self.from_logits:
            p_out = activations.sigmoid(y_pred)
        else:
            self.require_probabilities(y_pred)
            p_out = y_pred
        p, inside = clip(p_out)
        entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        entropy_slope = inside * (p - y) / (p * (1 - p))
        miss = 1 - (y * p_out + (1 - y) * (1 - p_out))  # 1 - q
        miss = np.maximum(miss, 0)  # where rounding leaves p above 1
        factor = miss**gamma
        # the bound matters for gamma < 1 alone, where the power has a pole
        factor_slope = gamma * np.maximum(miss, EPSILON) ** (gamma - 1) * (1 - 2 * y)
        values, slope = (
            factor * entropy,
            factor_slope * entropy + factor * entropy_slope,
        )
        if self.apply_class_balancing:
            weight = y * self.alpha + (1 - y) * (1 - self.alpha)
            values, slope = weight * values, weight * slope
        if self.from_logits:
            slope = activations.sigmoid.vjp(slope, y_pred, p_out)
        return values.mean(axis=-1), slope / y_pred.shape[-1]


class CategoricalCrossentropy(_CrossEntropy):
    """L = -1/n sum_i sum_k y_ik log p_ik, targets as rows of K numbers (one-hot).

    From logits: p = softmax(z), gradient (p - y)/n for targets that sum to 1. From
    probabilities: rows are divided by their sum first, as Keras does.
    `label_smoothing` s moves the targets to y (1 - s) + s/K.
    Book: eq:cce, eq:softmax-cross-entropy-gradient, eq:smoothing.
    Keras: keras.losses.CategoricalCrossentropy.
    """

    squash = "a softmax"
    highest = np.inf
    shape_hint = (
        " For targets that are class numbers use sparse_categorical_crossentropy."
    )

    def per_sample(self, y_true, y_pred):
        y_true = self.smooth(y_true, y_pred.shape[-1])
        mass = y_true.sum(axis=-1, keepdims=True)  # 1 for one-hot rows
        if self.from_logits:
            log_p, p = _log_softmax(y_pred)
            return -(y_true * log_p).sum(axis=-1), mass * p - y_true
        self.require_probabilities(y_pred)
        total = y_pred.sum(axis=-1, keepdims=True)
        if not total.all():
            raise ValueError(
                f"{self.who}: expected probabilities, got a row of zeros. "
                f"End the model with {self.squash}, or set from_logits=True."
            )
        p, inside = clip(y_pred / total)
        values = -(y_true * np.log(p)).sum(axis=-1)
        dp = -(inside * y_true) / p  # now through p = y_pred / total:
        return values, (dp - (dp * p).sum(axis=-1, keepdims=True)) / total


class SparseCategoricalCrossentropy(_CrossEntropy):
    """L = -1/n sum_i log p_i[y_i], targets as class numbers 0 ... K-1.

    From logits: p = softmax(z), gradient (p - onehot(y))/n. Samples of `ignore_class`
    (any number, such as -1 for padding) are left out of the sum and of n. ValueError
    where a label is no class number; TypeError where labels are not whole numbers.
    Book: eq:cce, eq:softmax-cross-entropy-gradient.
    Keras: keras.losses.SparseCategoricalCrossentropy.
    """

    squash = "a softmax"

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None):
        self.from_logits, self.ignore_class = from_logits, ignore_class

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
        labels = y_true.astype(np.int64, copy=False)
        if y_true.dtype.kind == "f" and not np.array_equal(labels, y_true):
            raise TypeError(
                f"{self.who}: expected whole class numbers, got {y_true.dtype} with "
                "fractions. For regression use mean_squared_error."
            )
        classes, known = y_pred.shape[-1], labels
        if self.ignore_class is not None:
            known = np.where(labels == self.ignore_class, 0, labels)
        low, high = known.min(), known.max()
        if low < 0 or high >= classes:
            bad = high if high >= classes else low
            raise ValueError(
                f"{self.who}: expected labels 0 to {classes - 1} for {classes} "
                f"outputs, got {bad}. Renumber the classes from 0, or give the last "
                "layer more units."
            )
        return labels

    def per_sample(self, y_true, y_pred):
        if self.ignore_class is None:
            return self.own_class(y_true, y_pred)
        keep = y_true != self.ignore_class
        values, gradient = self.own_class(np.where(keep, y_true, 0), y_pred)
        # the mean that follows divides by all: make up for what is left out
        weight = (keep * (keep.size / max(keep.sum(), 1))).astype(y_pred.dtype)
        return weight * values, weight[..., np.newaxis] * gradient

    def own_class(self, labels: Array, y_pred: Array) -> tuple[Array, Array]:
        """-log p[y] of each sample, and its derivative."""
        own = (*np.indices(labels.shape, sparse=True), labels)  # p[own] is p[y]
        if self.from_logits:
            log_p, p = _log_softmax(y_pred)
            p[own] -= 1  # p - onehot(y)
            return -log_p[own], p
        self.require_probabilities(y_pred)
        # Keras on TensorFlow takes the softmax of log p, which divides by the sum of p.
        p, inside = clip(y_pred)
        total, p_own = p.sum(axis=-1), p[own]
        gradient = inside / total[..., np.newaxis]
        gradient[own] -= inside[own] / p_own
        return np.log(total / p_own), gradient


def _log_softmax(z: Array) -> tuple[Array, Array]:
    """(log softmax(z), softmax(z)) with one exponential."""
    shifted = z - z.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=-1, keepdims=True)
    e /= total
    shifted -= np.log(total)
    return shifted, e
