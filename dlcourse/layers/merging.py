"""Layers that merge a list of arrays into one: sums, products, joined channels."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.shapes import (
    aligned,
    broadcast,
    column,
    require_shapes,
    shapes_of,
    unbroadcast,
)

Array = np.ndarray


class Merge(Layer):
    """Base: a subclass writes merge(xs) and split(dy, cache), all arrays broadcast.

    Axes of length 1 are repeated as NumPy does; where an x has fewer axes, axes of
    length 1 come after its batch axis. The output has a mask where all inputs have one:
    True where one of them is. ValueError where x is no list or the shapes do not fit.
    """

    supports_masking = True
    inputs: int | None = None  # how many; None: any number

    def merge(self, xs: list[Array]) -> tuple[Array, object]:
        """(y, cache)."""
        raise NotImplementedError

    def split(self, dy: Array, cache) -> list[Array]:
        """dL/dx of each, in the shape of dy."""
        raise NotImplementedError

    def forward(self, x, training=False, rng=None):
        shapes = shapes_of(self, x)
        self.check_input(shapes)
        y, cache = self.merge(aligned(x))
        return y, (shapes, cache)

    def backward(self, dy, cache):
        shapes, inner = cache
        parts = self.split(dy, inner)
        return [unbroadcast(d, s) for d, s in zip(parts, shapes, strict=True)], {}

    def compute_output_shape(self, input_shape):
        return broadcast(input_shape)

    def compute_mask(self, x, mask=None):
        if mask is None or any(m is None for m in mask):
            return None
        return np.logical_or.reduce(np.broadcast_arrays(*mask))

    def check_input(self, shape):
        require_shapes(self, shape)
        if self.inputs not in (None, len(shape)):
            raise ValueError(
                f"{self}: expected a list of {self.inputs} arrays, got {len(shape)}."
            )
        if broadcast(shape) is None:
            raise ValueError(
                f"{self}: expected arrays of one shape, got "
                f"{', '.join(str(tuple(s)) for s in shape)}. Bring them to one shape, "
                "for example by a 1x1 convolution."
            )


class Add(Merge):
    """y = x_1 + x_2 + ...; each gets dy. Keras: keras.layers.Add."""

    def merge(self, xs):
        y = xs[0].copy() if len(xs) == 1 else xs[0] + xs[1]
        for x in xs[2:]:
            y = y + x
        return y, len(xs)

    def split(self, dy, cache):
        return [dy] * cache


class Subtract(Merge):
    """y = x_1 - x_2. Keras: keras.layers.Subtract."""

    inputs = 2

    def merge(self, xs):
        return xs[0] - xs[1], None

    def split(self, dy, cache):
        return [dy, -dy]


class Average(Merge):
    """y = (x_1 + ... + x_n) / n; each gets dy / n. Keras: keras.layers.Average."""

    def merge(self, xs):
        return sum(xs[1:], xs[0]) / len(xs), len(xs)

    def split(self, dy, cache):
        return [dy / cache] * cache


class Multiply(Merge):
    """y = x_1 x_2 ..., entry by entry; each gets dy times the product of the others.

    Where its mask is False, an x counts as 1; where all masks are False, y is 0.
    Keras: keras.layers.Multiply.
    """

    takes_mask = True

    def forward(self, x, training=False, rng=None, mask=None):
        y, (shapes, xs) = super().forward(x)
        if mask is None:
            return y, (shapes, (xs, None))
        real = [None if m is None else column(m) for m in mask]
        xs = [
            v if m is None else np.where(m, v, v.dtype.type(1))
            for v, m in zip(xs, real, strict=True)
        ]
        y, _ = self.merge(xs)
        if all(m is not None for m in real):
            y = y * np.logical_or.reduce(np.broadcast_arrays(*real))
        return y, (shapes, (xs, real))

    def merge(self, xs):
        y = xs[0].copy()
        for x in xs[1:]:
            y = y * x
        return y, xs

    def split(self, dy, cache):
        xs, real = cache
        found = []
        for i in range(len(xs)):
            d = dy
            for x in xs[:i] + xs[i + 1 :]:
                d = d * x
            found.append(d if real is None or real[i] is None else d * real[i])
        return found


class Maximum(Merge):
    """y = max(x_1, x_2, ...), entry by entry; dy goes to the one that won.

    Of several equal ones the first takes all. Where its mask is False, an x does not
    count; where all are, y is x_1. Keras: keras.layers.Maximum.
    """

    takes_mask = True

    def forward(self, x, training=False, rng=None, mask=None):
        shapes = shapes_of(self, x)
        self.check_input(shapes)
        xs = aligned(x)
        if mask is not None:
            real = [np.True_ if m is None else column(m) for m in mask]
            real = list(np.broadcast_arrays(*real))
            real[0] = real[0] | ~np.logical_or.reduce(real)
            low = xs[0].dtype.type(-np.inf)
            xs = [np.where(m, v, low) for v, m in zip(xs, real, strict=True)]
        y, cache = self.merge(xs)
        return y, (shapes, cache)

    def merge(self, xs):
        y = xs[0].copy()
        for x in xs[1:]:
            y = np.maximum(y, x)
        return y, (xs, y)

    def split(self, dy, cache):
        xs, y = cache
        free, found = np.ones(y.shape, bool), []
        for x in xs:
            won = (x == y) & free
            free ^= won
            found.append(dy * won)
        return found


class Concatenate(Merge):
    """The arrays side by side along `axis`; each gets its part of dy.

    ValueError where they differ along another axis. Its mask is that of the parts;
    along the features a step counts where it counts in one of them.
    Keras: keras.layers.Concatenate.
    """

    def __init__(self, axis: int = -1, name: str | None = None):
        super().__init__(name)
        if not isinstance(axis, int) or isinstance(axis, bool) or axis == 0:
            raise ValueError(
                "Concatenate: expected axis to be a whole number other than 0, the "
                f"batch axis, got {axis!r}. Use axis=-1 for channels."
            )
        self.axis = axis

    def forward(self, x, training=False, rng=None):
        shapes = shapes_of(self, x)
        self.check_input(shapes)
        return np.concatenate(x, axis=self.axis), shapes

    def backward(self, dy, cache):
        ends = np.cumsum([shape[self.axis] for shape in cache])[:-1]
        return [part.copy() for part in np.split(dy, ends, axis=self.axis)], {}

    def compute_output_shape(self, input_shape):
        lengths = [shape[self.axis] for shape in input_shape]
        shape = list(input_shape[0])
        shape[self.axis] = None if None in lengths else sum(lengths)
        return tuple(shape)

    def compute_mask(self, x, mask=None):
        if mask is None or all(m is None for m in mask):
            return None
        parts = [
            np.ones(v.shape, bool) if m is None else np.broadcast_to(column(m), v.shape)
            for v, m in zip(x, mask, strict=True)
        ]
        return np.concatenate(parts, axis=self.axis).any(axis=-1)

    def check_input(self, shape):
        require_shapes(self, shape)
        ranks = {len(s) for s in shape}
        fits = len(ranks) == 1 and -min(ranks) < self.axis < min(ranks)
        if fits:
            axis = self.axis % len(shape[0])
            fits = all(
                a == axis or len({n for n in lengths if n is not None}) <= 1
                for a, lengths in enumerate(zip(*shape, strict=True))
            )
        if not fits:
            raise ValueError(
                f"{self}: expected arrays that differ along axis {self.axis} alone, "
                f"got {', '.join(str(tuple(s)) for s in shape)}. Crop or pad them."
            )

    def __repr__(self):
        return f"Concatenate(axis={self.axis})"
