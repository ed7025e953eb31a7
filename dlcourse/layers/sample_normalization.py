"""Normalization within one sample: by layer, by group, by neighbouring channels."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.normalization import GammaBeta, require_axis
from dlcourse.validation import require_number, require_positive_int

Array = np.ndarray


def standardize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """(xhat, inv): xhat = (x - mean) inv, inv = 1 / sqrt(variance + epsilon).

    Mean and variance (divided by n) are taken over `axes`.
    """
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = (centred * centred).mean(axis=axes, keepdims=True)
    inv = 1 / np.sqrt(variance + epsilon)
    return centred * inv, inv


def standardize_vjp(dxhat: Array, xhat: Array, inv: Array, axes) -> Array:
    """dL/dx = inv (dxhat - mean(dxhat) - xhat mean(dxhat xhat))."""
    mean = dxhat.mean(axis=axes, keepdims=True)
    slope = (dxhat * xhat).mean(axis=axes, keepdims=True)
    return inv * (dxhat - mean - xhat * slope)


class LayerNormalization(GammaBeta):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, each sample by itself.

    Mean and variance are taken over `axis`, one axis or several, and gamma and beta
    have its shape; so each time step of (batch, time, features) has its own mean. It
    does the same in training and after it. ValueError where x does not fit.
    Book: eq:layer-norm.
    Keras: keras.layers.LayerNormalization. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(
        self,
        axis: "int | tuple[int, ...]" = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str = "zeros",
        gamma_initializer: str = "ones",
        beta_regularizer: str | None = None,
        gamma_regularizer: str | None = None,
        beta_constraint: str | None = None,
        gamma_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(epsilon, center, scale, name)
        if isinstance(axis, (tuple, list)) and len(axis) > 0:
            self.axis = tuple(require_axis("LayerNormalization", a) for a in axis)
        else:
            self.axis = require_axis("LayerNormalization", axis)
        self.weight_options(
            "gamma", gamma_initializer, gamma_regularizer, gamma_constraint
        )
        self.weight_options("beta", beta_initializer, beta_regularizer, beta_constraint)

    def create(self, input_shape, rng, dtype):
        axes = self._axes(input_shape)
        self.add_gamma_beta(tuple(input_shape[a] for a in axes), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        gamma, beta = self._wide("gamma", x.shape, 1), self._wide("beta", x.shape, 0)
        xhat, inv = standardize(x, self._axes(x.shape), self.epsilon)
        return gamma * xhat + beta, (xhat, inv)

    def backward(self, dy, cache):
        xhat, inv = cache
        axes = self._axes(dy.shape)
        others = tuple(a for a in range(dy.ndim) if a not in axes)
        gamma = self._wide("gamma", dy.shape, 1)
        dx = standardize_vjp(gamma * dy, xhat, inv, axes)
        dgamma, dbeta = (dy * xhat).sum(axis=others), dy.sum(axis=others)
        return dx, self.gradients_of(dgamma, dbeta)

    def _axes(self, shape) -> tuple[int, ...]:
        """The axes that are normalized, counted from the front."""
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        return tuple(sorted(a % len(shape) for a in axes))

    def _wide(self, name, shape, default):
        """gamma or beta, broadcastable to x."""
        if name not in self.params:
            return default
        axes = self._axes(shape)
        wide = [n if a in axes else 1 for a, n in enumerate(shape)]
        return self.params[name].reshape(wide)

    def check_input(self, shape):
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        for axis in axes:
            self.length(shape, axis)
        built = next(iter(self.params.values())).shape if self.params else None
        if built is not None:
            self.check_length(shape, self._axes(shape), built)


class GroupNormalization(GammaBeta):
    """Layer normalization within each of `groups` groups of neighbouring channels.

    Mean and variance are taken over the channels of a group and all axes but the batch;
    gamma and beta are (channels,). groups=-1 makes every channel its own group
    (instance normalization), groups=1 one of all. ValueError where the number of
    channels is no multiple of `groups`, or x does not fit.
    Keras: keras.layers.GroupNormalization. Source: Wu and He 2018.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str = "zeros",
        gamma_initializer: str = "ones",
        beta_regularizer: str | None = None,
        gamma_regularizer: str | None = None,
        beta_constraint: str | None = None,
        gamma_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(epsilon, center, scale, name)
        if groups != -1:
            groups = require_positive_int("GroupNormalization", "groups", groups)
        self.groups = groups
        self.axis = require_axis("GroupNormalization", axis)
        self.weight_options(
            "gamma", gamma_initializer, gamma_regularizer, gamma_constraint
        )
        self.weight_options("beta", beta_initializer, beta_regularizer, beta_constraint)

    def create(self, input_shape, rng, dtype):
        self.add_gamma_beta((input_shape[self.axis],), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        gamma, beta = self.params.get("gamma", 1), self.params.get("beta", 0)
        grouped, axes = self._grouped(x)
        xhat, inv = standardize(grouped, axes, self.epsilon)
        y = gamma * self._channels_last(xhat, x.shape) + beta
        return np.moveaxis(y, -1, self.axis).copy(order="C"), (xhat, inv)

    def backward(self, dy, cache):
        xhat, inv = cache
        dy_last = np.moveaxis(dy, self.axis, -1)
        dxhat = np.moveaxis(self.params.get("gamma", 1) * dy_last, -1, self.axis)
        grouped, axes = self._grouped(dxhat)
        dx = standardize_vjp(grouped, xhat, inv, axes).reshape(dy.shape)
        others = tuple(range(dy.ndim - 1))
        dgamma = (dy_last * self._channels_last(xhat, dy.shape)).sum(axis=others)
        return dx, self.gradients_of(dgamma, dy_last.sum(axis=others))

    def _grouped(self, x):
        """x with the channels as (groups, channels a group), and the axes of a mean."""
        axis = self.axis % x.ndim
        groups = x.shape[axis] if self.groups == -1 else self.groups
        shape = (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
        axes = tuple(a for a in range(1, x.ndim + 1) if a != axis)
        return x.reshape(shape), axes

    def _channels_last(self, grouped, shape):
        return np.moveaxis(grouped.reshape(shape), self.axis, -1)

    def check_input(self, shape):
        channels = self.length(shape, self.axis)
        if self.groups != -1 and channels % self.groups:
            raise ValueError(
                f"{self}: expected a number of channels that {self.groups} groups "
                f"divide, got {channels}. Choose groups among the divisors of "
                f"{channels}."
            )
        if self.params:
            built = next(iter(self.params.values())).shape
            self.check_length(shape, (self.axis,), built)


class LocalResponseNormalization(Layer):
    """y_i = x_i / s_i^beta, s_i = bias + alpha sum_{|j - i| <= depth_radius} x_j^2.

    i, j are channels, the last axis; at its ends the sum has fewer terms. AlexNet has
    depth_radius 2, bias 2, alpha 1e-4, beta 0.75. Arguments and defaults are those of
    tf.nn.lrn; Keras has no such layer. (PyTorch's alpha is divided by the number
    2 depth_radius + 1 of terms.) Source: Krizhevsky, Sutskever and Hinton 2012,
    section 3.3.
    """

    def __init__(
        self,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        name: str | None = None,
    ):
        super().__init__(name)
        who = "LocalResponseNormalization"
        self.depth_radius = require_positive_int(who, "depth_radius", depth_radius, 0)
        self.bias = require_number(who, "bias", bias)
        if self.bias == 0:
            raise ValueError(
                f"{who}: expected bias above 0, got {bias!r}: where all x are 0 the "
                "denominator would be 0."
            )
        self.alpha = require_number(who, "alpha", alpha)
        self.beta = require_number(who, "beta", beta)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        s = self.bias + self.alpha * self._neighbours(x * x)
        power = s ** x.dtype.type(-self.beta)
        return x * power, (x, s, power)

    def backward(self, dy, cache):
        # dy_j/dx_i = [i = j] s_i^-beta - 2 alpha beta x_j x_i s_j^(-beta - 1)
        x, s, power = cache
        pull = self._neighbours(dy * x * power / s)
        return dy * power - (2 * self.alpha * self.beta) * x * pull, {}

    def _neighbours(self, a):
        """The sum over the channels |j - i| <= depth_radius, as one matrix product."""
        i = np.arange(a.shape[-1])
        band = np.abs(i[:, np.newaxis] - i) <= self.depth_radius
        rows = a.reshape(-1, a.shape[-1]) @ band.astype(a.dtype)
        return rows.reshape(a.shape)

    def check_input(self, shape):
        if len(shape) < 2:
            raise ValueError(
                f"{self}: expected x of shape (batch, ..., channels), got "
                f"{tuple(shape)}."
            )
