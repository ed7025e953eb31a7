"""Global pooling: the maximum or the mean of a whole image or sequence."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.shapes import require_image


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
