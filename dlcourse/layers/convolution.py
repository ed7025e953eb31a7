"""Conv1D and Conv2D.

The arithmetic stands in the kernels: correlation.py for everything, bands.py where
there are few channels, winograd.py for 3x3 and 5x5 at stride 1 in float32. A sequence
is an image of height 1, so one piece of code serves both.
"""

import numpy as np

from dlcourse.kernels import bands, correlation, winograd
from dlcourse.layers.windowed import Windowed, windows_shape
from dlcourse.validation import generator, require_positive_int


class Correlation(Windowed):
    """Conv1D and Conv2D."""

    can_skip_dx = True

    def set_up(
        self,
        filters,
        kernel_size,
        strides,
        padding,
        dilation_rate,
        groups,
        activation,
        use_bias,
        kernel_options,
        bias_options,
    ) -> None:
        name = type(self).__name__
        self.filters = require_positive_int(name, "filters", filters)
        self.groups = require_positive_int(name, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                f"{name}: expected filters to be a multiple of groups={groups}, "
                f"got {filters}."
            )
        self.set_window(kernel_size, strides, padding, dilation_rate)
        self.weight_options("kernel", *kernel_options)
        self.set_output(activation, use_bias, *bias_options)

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        channels = input_shape[-1] // self.groups
        shape = (*self.kernel_size, channels, self.filters)
        self.add_weight("kernel", shape, rng, dtype)
        if self.use_bias:
            self.add_weight("bias", (self.filters,), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        W, geometry = (
            self.as_planes(self.params["kernel"]),
            self.geometry(x.shape[1:-1]),
        )
        images = self.as_images(x)
        z = joined(
            [convolve(images[..., c], W[..., f], geometry) for c, f in self._groups()]
        )
        y, kept = self.finish(z[:, 0] if self.rank == 1 else z)
        return y, (x, kept)

    def backward(self, dy, cache, need_dx=True):
        """As every layer's; without need_dx dx is None and costs nothing."""
        x, kept = cache
        W, geometry = (
            self.as_planes(self.params["kernel"]),
            self.geometry(x.shape[1:-1]),
        )
        dz, grads = self.start(dy, kept)
        images, dz = self.as_images(x), self.as_images(dz)
        parts = [
            convolve_backward(images[..., c], W[..., f], dz[..., f], geometry, need_dx)
            for c, f in self._groups()
        ]
        dx, dW = (joined(part) for part in zip(*parts, strict=True))
        grads = {"kernel": dW[0] if self.rank == 1 else dW, **grads}
        if not need_dx:
            return None, grads
        return dx[:, 0] if self.rank == 1 else dx, grads

    def _groups(self) -> list[tuple[slice, slice]]:
        """The channels and the filters of each group."""
        if self.groups == 1:
            return [(slice(None), slice(None))]
        c, f = self.input_shape[-1] // self.groups, self.filters // self.groups
        return [
            (slice(g * c, (g + 1) * c), slice(g * f, (g + 1) * f))
            for g in range(self.groups)
        ]

    def check_input(self, shape):
        super().check_input(shape)
        if shape[-1] % self.groups:
            raise ValueError(
                f"{self}: expected channels to be a multiple of groups={self.groups}, "
                f"got {shape[-1]}."
            )

    def compute_output_shape(self, input_shape):
        return (*windows_shape(self, input_shape), self.filters)

    def __repr__(self):
        size = self.kernel_size[0] if self.rank == 1 else self.kernel_size
        return f"{type(self).__name__}({self.filters}, {size})"


class Conv1D(Correlation):
    """y = phi(z), where the sum of z runs over i and k,

        z[n, t, f] = b[f] + sum xp[n, t s + i d, k] W[i, k, f]

    x (batch, time, channels) -> y (batch, time', filters), correlated with windows of
    kernel_size steps, dilation_rate d apart, at every strides-th step s. xp is x padded
    with zeros: "valid" none; "same" so that time' = ceil(time / s), one more after than
    before where they differ; "causal" (kernel_size - 1) d before, so that y[:, t] sees
    no later step.
    params: kernel W (kernel_size, channels / groups, filters), bias b (filters,). Each
    of the groups of filters sees its own group of channels.
    ValueError where x does not fit. Keras: keras.layers.Conv1D (which refuses strides
    together with dilation).
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str = "valid",
        dilation_rate: int = 1,
        groups: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str = "glorot_uniform",
        bias_initializer: str = "zeros",
        kernel_regularizer: str | None = None,
        bias_regularizer: str | None = None,
        kernel_constraint: str | None = None,
        bias_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(name)
        self.set_up(
            filters,
            kernel_size,
            strides,
            padding,
            dilation_rate,
            groups,
            activation,
            use_bias,
            (kernel_initializer, kernel_regularizer, kernel_constraint),
            (bias_initializer, bias_regularizer, bias_constraint),
        )


class Conv2D(Correlation):
    """y = phi(z), where the sum of z runs over i, j and k,

        z[n, r, c, f] = b[f] + sum xp[n, r s + i d, c s' + j d', k] W[i, j, k, f]

    x (batch, height, width, channels) -> y (batch, height', width', filters),
    correlated with windows of kernel_size pixels, dilation_rate (d, d') apart, at
    strides (s, s'). xp is x padded with zeros: "valid" none; "same" so that
    height' = ceil(height / s), one more after than before where they differ.
    params: kernel W (kernel height, kernel width, channels / groups, filters), bias b
    (filters,). Each of the groups of filters sees its own group of channels.
    ValueError where x does not fit. Keras: keras.layers.Conv2D (which refuses strides
    together with dilation).
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str = "glorot_uniform",
        bias_initializer: str = "zeros",
        kernel_regularizer: str | None = None,
        bias_regularizer: str | None = None,
        kernel_constraint: str | None = None,
        bias_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(name)
        self.set_up(
            filters,
            kernel_size,
            strides,
            padding,
            dilation_rate,
            groups,
            activation,
            use_bias,
            (kernel_initializer, kernel_regularizer, kernel_constraint),
            (bias_initializer, bias_regularizer, bias_constraint),
        )


def convolve(x: np.ndarray, W: np.ndarray, geometry: dict) -> np.ndarray:
    """The correlation of x with W by the kernel that suits them best."""
    if winograd.pays(x, W, **geometry):
        return winograd.correlate(x, W, geometry["padding"])
    kernel = bands if bands.pays(W) else correlation
    return kernel.correlate(x, W, **geometry)


def convolve_backward(x, W, dz, geometry, need_dx=True):
    """(dL/dx, dL/dW) of `convolve`."""
    if winograd.pays(x, W, **geometry):
        return winograd.gradients(x, W, dz, geometry["padding"])
    to_input = bands if bands.pays_backward(W) else correlation
    to_kernel = bands if bands.pays(W) else correlation
    dW = to_kernel.kernel_gradient(x, dz, W.shape[:2], **geometry)
    if not need_dx:
        return x[:0], dW
    return to_input.input_gradient(dz, W, x.shape[1:3], **geometry), dW


def joined(groups) -> np.ndarray:
    """The groups of channels side by side; a single one as it is."""
    return groups[0] if len(groups) == 1 else np.concatenate(groups, axis=-1)
