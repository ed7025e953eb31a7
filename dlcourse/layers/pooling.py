"""Pooling: the maximum or the mean of windows, or of a whole image or sequence."""

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
        pool_size: "int | tuple[int, int]" = (2, 2),
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
        pool_size: int = 2,
        strides: int | None = None,
        padding: str = "valid",
        name: str | None = None,
    ):
        super().__init__(pool_size, strides, padding, name)


class _GlobalPooling(Layer):
    """Over all of `over`, which stay as axes of length 1 with keepdims."""

    over = (1, 2)

    def __init__(self, keepdims: bool = False, name: str | None = None):
        super().__init__(name)
        self.keepdims = bool(keepdims)

    def check_input(self, shape):
        require_image(self, shape, len(self.over))

    def compute_output_shape(self, input_shape):
        ones = (1,) * len(self.over) if self.keepdims else ()
        return (input_shape[0], *ones, input_shape[-1])

    def _spread(self, dy, shape):
        """dy with the pooled axes as axes of length 1."""
        return dy.reshape(shape[0], *(1,) * len(self.over), shape[-1])


class _GlobalMaxPooling(_GlobalPooling):
    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        y = x.max(axis=self.over, keepdims=self.keepdims)
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        won = x == self._spread(y, x.shape)
        share = won.sum(axis=self.over, keepdims=True).astype(x.dtype)
        return won * (self._spread(dy, x.shape) / share), {}


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest entry of each channel: (batch, height, width, channels) -> (batch,
    channels), or (batch, 1, 1, channels) with keepdims.

    dL/dx: dy goes to the entry that won; several equal ones share it in equal parts
    (in MaxPooling2D the first takes all; Keras on TensorFlow does both).
    Keras: keras.layers.GlobalMaxPooling2D.
    """


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest entry of each feature: (batch, time, features) -> (batch, features).

    As GlobalMaxPooling2D. Keras: keras.layers.GlobalMaxPooling1D.
    """

    over = (1,)


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel: (batch, height, width, channels) -> (batch, channels),
    or (batch, 1, 1, channels) with keepdims.

    Keras: keras.layers.GlobalAveragePooling2D. Source: Lin et al. 2014, Network in
    Network, section 3.2.
    """

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return x.mean(axis=self.over, keepdims=self.keepdims), x.shape

    def backward(self, dy, cache):
        share = self._spread(dy, cache) / dy.dtype.type(cache[1] * cache[2])
        return np.broadcast_to(share, cache).copy(), {}


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean over time: (batch, time, features) -> (batch, features).

    With a mask (batch, time) over the steps where it is True alone; ValueError for a
    sequence without such a step. The output has no mask.
    Keras: keras.layers.GlobalAveragePooling1D.
    """

    over = (1,)
    takes_mask = True

    def forward(self, x, training=False, rng=None, mask=None):
        self.check_input(x.shape)
        if mask is None:
            return x.mean(axis=1, keepdims=self.keepdims), (x.shape, None)
        mask = np.asarray(mask, bool)
        if mask.shape != x.shape[:2]:
            raise ValueError(
                f"{self}: expected a mask of shape {x.shape[:2]}, as (batch, time) of "
                f"x, got {mask.shape}."
            )
        steps = mask.sum(axis=1)
        if not steps.all():
            raise ValueError(
                f"{self}: expected at least one real time step in each sequence, got "
                f"none in sample {int(steps.argmin())}. Drop empty sequences."
            )
        weight = (mask / steps[:, np.newaxis]).astype(x.dtype)[..., np.newaxis]
        # where, not a product: a masked step may hold anything, NaN as well
        real = np.where(mask[..., np.newaxis], x, x.dtype.type(0))
        return (real * weight).sum(axis=1, keepdims=self.keepdims), (x.shape, weight)

    def backward(self, dy, cache):
        shape, weight = cache
        if weight is None:
            weight = np.full((1, shape[1], 1), 1 / shape[1], dy.dtype)
        return self._spread(dy, shape) * weight, {}
