"""Pooling: the maximum or the mean of windows."""

import numpy as np

from dlcourse.kernels import pooling
from dlcourse.layers.base import Layer
from dlcourse.layers.shapes import require_image
from dlcourse.layers.windowed import one_per_axis, require_padding


class _Pooling(Layer):
    """Windows over `axes` axes; a sequence is an image of width 1."""

    axes = 2

    def __init__(self, pool_size, strides, padding, name):
        super().__init__(name)
        who = type(self).__name__
        strides = pool_size if strides is None else strides
        self.pool_size = one_per_axis(who, "pool_size", pool_size, self.axes)
        self.strides = one_per_axis(who, "strides", strides, self.axes)
        self.padding = require_padding(who, padding)

    @property
    def _windows(self) -> tuple:
        """(size, strides, padding) as the kernels take them."""
        ones = (1,) * (2 - self.axes)
        return self.pool_size + ones, self.strides + ones, self.padding

    def _image(self, x):
        """(batch, height, width, channels), a view."""
        return x if self.axes == 2 else x[:, :, np.newaxis]

    def check_input(self, shape):
        require_image(self, shape, self.axes)
        for n, size in zip(shape[1:-1], self.pool_size, strict=True):
            if self.padding == "valid" and n is not None and n < size:
                raise ValueError(
                    f"{self}: expected x with at least {size} entries along each "
                    f"pooled axis, got shape {tuple(shape)}. Choose a smaller "
                    "pool_size or padding='same'."
                )

    def compute_output_shape(self, input_shape):
        counts = [
            None if n is None else pooling.window(n, k, s, self.padding)[0]
            for n, k, s in zip(
                input_shape[1:-1], self.pool_size, self.strides, strict=True
            )
        ]
        return (input_shape[0], *counts, input_shape[-1])

    def __repr__(self):
        size = self.pool_size if self.axes == 2 else self.pool_size[0]
        return f"{type(self).__name__}({size})"


class _MaxPooling(_Pooling):
    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        y = pooling.max_pool(self._image(x), *self._windows)
        return y.reshape(self.compute_output_shape(x.shape)), (x, y)

    def backward(self, dy, cache):
        x, y = cache
        dx = pooling.max_pool_gradient(
            self._image(x), y, dy.reshape(y.shape), *self._windows
        )
        return dx.reshape(x.shape), {}


class _AveragePooling(_Pooling):
    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        y = pooling.mean_pool(self._image(x), *self._windows)
        return y.reshape(self.compute_output_shape(x.shape)), x.shape

    def backward(self, dy, cache):
        shape = cache
        if self.axes == 1:
            shape = (*shape[:2], 1, shape[2])
        dx = pooling.mean_pool_gradient(shape, self._image(dy), *self._windows)
        return dx.reshape(cache), {}


class MaxPooling2D(_MaxPooling):
    """The largest entry of each window: (batch, height, width, channels), channelwise.

    `strides` is pool_size where None. padding "valid": windows inside of x, floor((n -
    k) / s) + 1 of them; "same": ceil(n / s), and what is padded never wins. dL/dx: dy
    goes to the entry that won; of several equal ones the first, row by row, takes all.
    ValueError where x is no batch of images or a window does not fit into it.
    Keras: keras.layers.MaxPooling2D.
    """

    def __init__(
        self,
        pool_size: "int | tuple[int, int]" = (2, 2),
        strides: "int | tuple[int, int] | None" = None,
        padding: str = "valid",
        name: str | None = None,
    ):
        super().__init__(pool_size, strides, padding, name)


class MaxPooling1D(_MaxPooling):
    """The largest entry of each window of time steps: (batch, time, features).

    Options, ties and errors as in MaxPooling2D. Keras: keras.layers.MaxPooling1D.
    """

    axes = 1

    def __init__(
        self,
        pool_size: int = 2,
        strides: int | None = None,
        padding: str = "valid",
        name: str | None = None,
    ):
        super().__init__(pool_size, strides, padding, name)


class AveragePooling2D(_AveragePooling):
    """The mean of each window: (batch, height, width, channels), channelwise.

    Options and errors as in MaxPooling2D. Under "same" a mean at the border divides by
    the number of real entries, not by the size of the window. dL/dx: every entry of a
    window gets dy / that number. Keras: keras.layers.AveragePooling2D.
    """

    def __init__(
        self,
        pool_size: "int | tuple[int, int]",
        strides: "int | tuple[int, int] | None" = None,
        padding: str = "valid",
        name: str | None = None,
    ):
        super().__init__(pool_size, strides, padding, name)


class AveragePooling1D(_AveragePooling):
    """The mean of each window of time steps: (batch, time, features).

    As AveragePooling2D. Keras: keras.layers.AveragePooling1D.
    """

    axes = 1

    def __init__(
        self,
        pool_size: int,
        strides: int | None = None,
        padding: str = "valid",
        name: str | None = None,
    ):
        super().__init__(pool_size, strides, padding, name)
