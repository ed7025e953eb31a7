"""Batch normalization: each channel to mean beta and deviation gamma over the batch."""

import numpy as np

from dlcourse import initializers
from dlcourse.kernels import normalization as kernel
from dlcourse.layers.base import Layer
from dlcourse.validation import require_number

COUNT_EPSILON = 1e-7  # Keras adds it to the number of the entries that a mask leaves


class GammaBeta(Layer):
    """Base of what scales by gamma and shifts by beta. Both may be left out."""

    supports_masking = True

    def __init__(self, epsilon: float, center: bool, scale: bool, name: str | None):
        super().__init__(name)
        who = type(self).__name__
        self.epsilon = require_number(who, "epsilon", epsilon)
        self.center, self.scale = bool(center), bool(scale)

    def add_gamma_beta(self, shape: tuple[int, ...], rng, dtype: str) -> None:
        """The weights, in Keras' order."""
        if self.scale:
            self.add_weight("gamma", shape, rng, dtype)
        if self.center:
            self.add_weight("beta", shape, rng, dtype)

    def gradients_of(self, dgamma, dbeta) -> dict:
        """The entries of grads for the weights that there are."""
        found = {"gamma": dgamma, "beta": dbeta}
        return {name: found[name] for name in self.params}

    def length(self, shape, axis: int) -> int:
        """How long that axis of x is; ValueError where it is missing, free or 0."""
        if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
            raise ValueError(
                f"{self}: expected an axis of x other than the batch axis, got "
                f"axis={axis} for x of shape {tuple(shape)}. Use axis=-1 for channels."
            )
        if shape[axis] is None:
            raise ValueError(
                f"{self}: expected axis {axis} of x to be known, got {tuple(shape)}. "
                "Give its length."
            )
        return shape[axis]

    def check_length(self, shape, axes, lengths) -> None:
        """ValueError where x has other lengths along `axes` than the weights."""
        found = tuple(self.length(shape, axis) for axis in axes)
        if self.built and found != tuple(lengths):
            raise ValueError(
                f"{self}: expected x with {tuple(lengths)} entries along {axes}, as "
                f"built, got shape {tuple(shape)}. Check x, or build anew."
            )


class BatchNormalization(GammaBeta):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, channel by channel.

    In training mean and variance (divided by n) are those of the batch over all axes
    but `axis`, and the forward moves the averages in `state` towards them:

        moving = momentum moving + (1 - momentum) batch

    Without training, and always where `trainable` is False, the moving averages take
    their place. params: gamma, beta (channels,); state: moving_mean, moving_variance.
    A mask has one axis less than x: steps where it is False count for neither mean nor
    variance, though they are normalized too. ValueError where x does not fit.
    Book: eq:batch-norm, eq:batch-norm-backward, eq:moving-average.
    Keras: keras.layers.BatchNormalization. Source: Ioffe and Szegedy 2015.
    """

    takes_mask = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str = "zeros",
        gamma_initializer: str = "ones",
        moving_mean_initializer: str = "zeros",
        moving_variance_initializer: str = "ones",
        beta_regularizer: str | None = None,
        gamma_regularizer: str | None = None,
        beta_constraint: str | None = None,
        gamma_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(epsilon, center, scale, name)
        self.axis = require_axis("BatchNormalization", axis)
        self.momentum = require_number("BatchNormalization", "momentum", momentum, 0, 1)
        self.weight_options(
            "gamma", gamma_initializer, gamma_regularizer, gamma_constraint
        )
        self.weight_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def create(self, input_shape, rng, dtype):
        shape = (input_shape[self.axis],)
        self.add_gamma_beta(shape, rng, dtype)
        for name in ("moving_mean", "moving_variance"):
            self.state[name] = getattr(self, f"{name}_initializer")(shape, rng, dtype)

    def forward(self, x, training=False, rng=None, mask=None):
        self.require_built()
        self.check_input(x.shape)
        gamma, beta = self.params.get("gamma", 1), self.params.get("beta", 0)
        mean, variance = self.state["moving_mean"], self.state["moving_variance"]
        rows = self._rows(x)
        training = training and self.trainable
        real = self._real(x, mask) if training else None
        if training:
            if real is None:
                mean, variance = kernel.moments(rows)
            else:
                mean, variance = kernel.moments_textbook(rows, real, COUNT_EPSILON)
            self._move(mean, variance)
        else:
            mean = mean.copy()  # the averages may move before the backward pass
        inv = 1 / np.sqrt(variance + self.epsilon)
        y = kernel.scale(rows, mean, inv, gamma, beta)
        return self._image(y, x.shape), (rows, mean, inv, training, real)

    def backward(self, dy, cache):
        rows, mean, inv, training, real = cache
        gamma, dy_rows = self.params.get("gamma", 1), self._rows(dy)
        if not training:
            dgamma, dbeta = kernel.sums(rows, dy_rows, mean, inv)
            dx = kernel.scale(dy_rows, 0, inv, gamma, 0)
        elif real is None:
            dx, dgamma, dbeta = kernel.gradients(rows, dy_rows, mean, inv, gamma)
        else:
            dx, dgamma, dbeta = kernel.gradients_textbook(
                rows, dy_rows, mean, inv, gamma, real, COUNT_EPSILON
            )
        return self._image(dx, dy.shape), self.gradients_of(dgamma, dbeta)

    def _move(self, mean, variance) -> None:
        """The moving averages, in place."""
        for name, new in (("moving_mean", mean), ("moving_variance", variance)):
            self.state[name] *= self.momentum
            self.state[name] += (1 - self.momentum) * new

    def _rows(self, x):
        """(n, channels): the channels last, all other axes in one."""
        return np.moveaxis(x, self.axis, -1).reshape(-1, x.shape[self.axis])

    def _image(self, rows, shape):
        """Back to an array of that shape."""
        moved = [*shape[: self.axis], *shape[self.axis :][1:], shape[self.axis]]
        return np.ascontiguousarray(np.moveaxis(rows.reshape(moved), -1, self.axis))

    def _real(self, x, mask):
        """Which rows count, (n,); None where all do."""
        if mask is None:
            return None
        mask = np.asarray(mask, bool)
        if mask.shape != x.shape[:-1] or self.axis not in (-1, x.ndim - 1):
            raise ValueError(
                f"{self}: expected a mask of shape {x.shape[:-1]} and channels on the "
                f"last axis, got a mask of shape {mask.shape} and axis={self.axis}."
            )
        return mask.reshape(-1)

    def check_input(self, shape):
        built = self.state["moving_mean"].shape if self.built else ()
        self.check_length(shape, (self.axis,), built)


def require_axis(who: str, axis) -> int:
    """A whole number."""
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise ValueError(
            f"{who}: expected axis to be a whole number, got {axis!r}. "
            "Use axis=-1 for channels."
        )
    return int(axis)
