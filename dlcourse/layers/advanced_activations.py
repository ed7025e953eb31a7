"""Activations with options or weights of their own, as layers."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.validation import require_number


class ReLU(Layer):
    """max_value for x >= max_value, x above the threshold, else slope (x - threshold).

    slope is negative_slope; at the threshold itself y = 0. The derivative at a kink is
    the one on its left. Keras: keras.layers.ReLU.
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        name: str | None = None,
    ):
        super().__init__(name)
        if max_value is not None:
            max_value = require_number("ReLU", "max_value", max_value)
        self.max_value = max_value
        self.negative_slope = require_number("ReLU", "negative_slope", negative_slope)
        self.threshold = require_number("ReLU", "threshold", threshold)

    def forward(self, x, training=False, rng=None):
        y = x * (x > self.threshold)
        if self.max_value is not None:
            np.minimum(y, self.max_value, out=y)
        if self.negative_slope:
            y += self.negative_slope * np.minimum(x - self.threshold, 0)
        return y, x

    def backward(self, dy, cache):
        x = cache
        above = x > self.threshold
        passed = above if self.max_value is None else above & (x <= self.max_value)
        dx = dy * passed
        if self.negative_slope:
            dx += self.negative_slope * (dy * ~above)
        return dx, {}


class LeakyReLU(Layer):
    """x for x > 0, else negative_slope x; the derivative at 0 is negative_slope.

    Keras: keras.layers.LeakyReLU. Source: Maas, Hannun and Ng 2013.
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, name: str | None = None):
        super().__init__(name)
        self.negative_slope = require_number(
            "LeakyReLU", "negative_slope", negative_slope
        )

    def forward(self, x, training=False, rng=None):
        # Two products instead of np.where, which is slow where signs are mixed.
        return np.maximum(x, 0) + self.negative_slope * np.minimum(x, 0), x

    def backward(self, dy, cache):
        above = cache > 0
        return dy * above + self.negative_slope * (dy * ~above), {}


class PReLU(Layer):
    """x for x > 0, else alpha x with a learned alpha; the derivative at 0 is 0.

    params: alpha, one for every entry of a sample; along `shared_axes` (counted from
    1) one for all: shared_axes=[1, 2] gives each channel of an image its own. Start
    with alpha_initializer=initializers.Constant(0.25), as the paper does.
    Keras: keras.layers.PReLU. Source: He et al. 2015, Delving Deep into Rectifiers.
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: str = "Zeros",
        alpha_regularizer: str | None = None,
        alpha_constraint: str | None = None,
        shared_axes: "int | list[int] | None" = None,
        name: str | None = None,
    ):
        super().__init__(name)
        if alpha_initializer == "Zeros":  # so Keras spells this default
            alpha_initializer = "zeros"
        self.weight_options(
            "alpha", alpha_initializer, alpha_regularizer, alpha_constraint
        )
        if shared_axes is not None and not isinstance(shared_axes, (tuple, list)):
            shared_axes = [shared_axes]
        for axis in shared_axes or []:
            if not isinstance(axis, int) or isinstance(axis, bool) or axis < 1:
                raise ValueError(
                    "PReLU: expected shared_axes to be whole numbers from 1, the first "
                    f"axis after the batch, got {shared_axes!r}."
                )
        self.shared_axes = None if shared_axes is None else list(shared_axes)

    def create(self, input_shape, rng, dtype):
        self.add_weight("alpha", self._shape(input_shape), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        alpha = self.params["alpha"]
        return np.maximum(x, 0) + alpha * np.minimum(x, 0), x

    def backward(self, dy, cache):
        x, alpha = cache, self.params["alpha"]
        dx = dy * (x > 0) + alpha * (dy * (x < 0))
        shared = tuple(self.shared_axes or ())
        dalpha = (dy * np.minimum(x, 0)).sum(axis=0)
        dalpha = dalpha.sum(axis=tuple(a - 1 for a in shared), keepdims=True)
        return dx, {"alpha": dalpha}

    def _shape(self, input_shape) -> tuple[int, ...]:
        shared = self.shared_axes or []
        return tuple(
            1 if axis in shared else n for axis, n in enumerate(input_shape) if axis
        )

    def check_input(self, shape):
        largest = max(self.shared_axes or [0])
        if largest >= len(shape):
            raise ValueError(
                f"{self}: expected x with an axis {largest} to share alpha along, got "
                f"shape {tuple(shape)}."
            )
        needed = self._shape(shape)
        if None in needed:
            raise ValueError(
                f"{self}: expected every axis that alpha has to be known, got "
                f"{tuple(shape)}. Name the free ones in shared_axes."
            )
        if self.built and needed != self.params["alpha"].shape:
            raise ValueError(
                f"{self}: expected x that fits alpha of shape "
                f"{self.params['alpha'].shape}, got {tuple(shape)}. Check x, or build "
                "anew."
            )


class ELU(Layer):
    """x for x > 0, else alpha (exp(x) - 1).

    Keras: keras.layers.ELU. Source: Clevert, Unterthiner and Hochreiter 2016.
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, name: str | None = None):
        super().__init__(name)
        self.alpha = require_number("ELU", "alpha", alpha)

    def forward(self, x, training=False, rng=None):
        y = np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0))
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        above = x > 0
        return dy * above + dy * (~above * (y + self.alpha)), {}


class Softmax(Layer):
    """p_k = exp(x_k) / sum_j exp(x_j) over `axis`, one axis or several.

    Where a mask (broadcastable to x) is False, p = 0, and the others share the 1; where
    it is False all along the axis, all are 0. Keras: keras.layers.Softmax.
    """

    supports_masking = True
    takes_mask = True

    def __init__(self, axis: "int | tuple[int, ...]" = -1, name: str | None = None):
        super().__init__(name)
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        if not axes or any(not isinstance(a, int) or isinstance(a, bool) for a in axes):
            raise ValueError(
                "Softmax: expected axis to be a whole number or a tuple of them, got "
                f"{axis!r}."
            )
        self.axis = tuple(axis) if isinstance(axis, (tuple, list)) else axis

    def forward(self, x, training=False, rng=None, mask=None):
        self.check_input(x.shape)
        if mask is not None:
            mask = self._broadcast(np.asarray(mask, bool), x.shape)
            x = np.where(mask, x, x.dtype.type(-1e9))
        e = np.exp(x - x.max(axis=self.axis, keepdims=True))
        p = e / e.sum(axis=self.axis, keepdims=True)
        return p if mask is None else p * mask, p if mask is None else p * mask

    def backward(self, dy, cache):
        # dx_k = sum_j dy_j dp_j/dx_k with dp_j/dx_k = p_j (1[j = k] - p_k)
        p = cache
        return p * (dy - (dy * p).sum(axis=self.axis, keepdims=True)), {}

    def _broadcast(self, mask, shape):
        try:
            return np.broadcast_to(mask, shape)
        except ValueError:
            raise ValueError(
                f"{self}: expected a mask of shape {shape}, as x, or with ones in it, "
                f"got {mask.shape}."
            ) from None

    def check_input(self, shape):
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if any(not -len(shape) <= a < len(shape) for a in axes):
            raise ValueError(
                f"{self}: expected x with an axis {self.axis}, got shape "
                f"{tuple(shape)}."
            )
