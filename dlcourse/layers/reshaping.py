"""Layers that move entries or copy them: borders, larger images, other shapes."""

import math

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.shapes import borders, require_image
from dlcourse.layers.windowed import one_per_axis
from dlcourse.validation import lookup, require_positive_int


class ZeroPadding2D(Layer):
    """Zeros around each image: (batch, height, width, channels).

    `padding` is one number for all sides, (height, width), or ((top, bottom), (left,
    right)). Keras: keras.layers.ZeroPadding2D.
    """

    def __init__(self, padding: "int | tuple" = (1, 1), name: str | None = None):
        super().__init__(name)
        self.padding = borders("ZeroPadding2D", "padding", padding)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return np.pad(x, ((0, 0), *self.padding, (0, 0))), None

    def backward(self, dy, cache):
        return dy[inside(self.padding, dy.shape)].copy(), {}

    def compute_output_shape(self, input_shape):
        sizes = grown(input_shape[1:3], self.padding)
        return (input_shape[0], *sizes, input_shape[3])

    def check_input(self, shape):
        require_image(self, shape)

    def __repr__(self):
        return f"ZeroPadding2D({self.padding})"


class Cropping2D(Layer):
    """Cuts the borders off each image: (batch, height, width, channels).

    `cropping` is one number for all sides, (height, width), or ((top, bottom), (left,
    right)). ValueError where nothing would be left. Keras: keras.layers.Cropping2D.
    """

    def __init__(
        self, cropping: "int | tuple" = ((0, 0), (0, 0)), name: str | None = None
    ):
        super().__init__(name)
        self.cropping = borders("Cropping2D", "cropping", cropping)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return x[inside(self.cropping, x.shape)].copy(), None

    def backward(self, dy, cache):
        return np.pad(dy, ((0, 0), *self.cropping, (0, 0))), {}

    def compute_output_shape(self, input_shape):
        sizes = grown(input_shape[1:3], self.cropping, sign=-1)
        return (input_shape[0], *sizes, input_shape[3])

    def check_input(self, shape):
        require_image(self, shape)
        if any(n is not None and n <= 0 for n in self.compute_output_shape(shape)):
            raise ValueError(
                f"{self}: expected images larger than what is cut off, got shape "
                f"{tuple(shape)}. Crop less."
            )

    def __repr__(self):
        return f"Cropping2D({self.cropping})"


def inside(sides, shape) -> tuple[slice, ...]:
    """The index of an image without borders that wide."""
    (top, bottom), (left, right) = sides
    rows, columns = slice(top, shape[1] - bottom), slice(left, shape[2] - right)
    return (slice(None), rows, columns)


def grown(sizes, sides, sign: int = 1) -> list[int | None]:
    """Height and width with the borders added, or taken away where sign is -1."""
    return [
        None if n is None else n + sign * sum(pair)
        for n, pair in zip(sizes, sides, strict=True)
    ]


class UpSampling2D(Layer):
    """Images `size` times as high and wide: (batch, height, width, channels).

    "nearest" repeats each entry. "bilinear" draws straight lines between the middles
    of the entries: with factor s entry i of y lies at (i + 1/2) / s - 1/2 in x, and
    beyond the outermost middles y is constant. Each axis by itself is a product with a
    matrix, y = A x B^T, so dL/dx = A^T dy B. Keras: keras.layers.UpSampling2D.
    """

    def __init__(
        self,
        size: "int | tuple[int, int]" = (2, 2),
        interpolation: str = "nearest",
        name: str | None = None,
    ):
        super().__init__(name)
        self.size = one_per_axis("UpSampling2D", "size", size, 2)
        kinds = dict.fromkeys(("nearest", "bilinear"))
        lookup("UpSampling2D interpolation", interpolation, kinds)
        self.interpolation = interpolation

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        if self.interpolation == "nearest":
            y = x.repeat(self.size[0], axis=1).repeat(self.size[1], axis=2)
        else:
            y = self._stretch(x, transpose=False)
        return y, x.shape

    def backward(self, dy, cache):
        if self.interpolation == "bilinear":
            return self._stretch(dy, transpose=True), {}
        (batch, height, width, channels), (s, t) = cache, self.size
        parts = dy.reshape(batch, height, s, width, t, channels)
        return parts.sum(axis=(2, 4)), {}

    def _stretch(self, image, transpose):
        """A image B^T, or A^T image B."""
        for axis, s in zip((1, 2), self.size, strict=True):
            n = image.shape[axis] // s if transpose else image.shape[axis]
            matrix = bilinear_matrix(n, s).astype(image.dtype)
            matrix = matrix.T if transpose else matrix
            image = np.moveaxis(np.tensordot(matrix, image, (1, axis)), 0, axis)
        return np.ascontiguousarray(image)

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        larger = [
            None if n is None else n * s for n, s in zip(sizes, self.size, strict=True)
        ]
        return (batch, *larger, channels)

    def check_input(self, shape):
        require_image(self, shape)

    def __repr__(self):
        return f"UpSampling2D({self.size}, {self.interpolation!r})"


def bilinear_matrix(n: int, s: int) -> np.ndarray:
    """(n s, n): row i holds the weights of the entries that y_i lies between."""
    place = np.clip((np.arange(n * s) + 0.5) / s - 0.5, 0, n - 1)
    # 1 at the entry itself, falling to 0 at its neighbours
    return np.maximum(1 - np.abs(place[:, np.newaxis] - np.arange(n)), 0)


class Reshape(Layer):
    """Each sample in another shape, in C order: (batch, ...) -> (batch, *target_shape).

    One entry of target_shape may be -1: what is left. ValueError where the number of
    entries differs. Keras: keras.layers.Reshape.
    """

    def __init__(self, target_shape: tuple[int, ...], name: str | None = None):
        super().__init__(name)
        if not isinstance(target_shape, (tuple, list)):
            raise ValueError(
                "Reshape: expected target_shape to be a tuple such as (28, 28, 1), "
                f"got {target_shape!r}."
            )
        for n in target_shape:
            if n != -1:
                require_positive_int("Reshape", "each entry of target_shape", n)
        if list(target_shape).count(-1) > 1:
            raise ValueError(
                f"Reshape: expected at most one -1, got {tuple(target_shape)}."
            )
        self.target_shape = tuple(target_shape)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return x.reshape(self.compute_output_shape(x.shape)).copy(), x.shape

    def backward(self, dy, cache):
        return dy.reshape(cache).copy(), {}

    def compute_output_shape(self, input_shape):
        known = -math.prod(self.target_shape) if -1 in self.target_shape else 1
        rest = math.prod(input_shape[1:]) // known
        shape = [rest if n == -1 else n for n in self.target_shape]
        return (input_shape[0], *shape)

    def check_input(self, shape):
        if None in shape[1:]:
            raise ValueError(
                f"{self}: expected every axis but the first to be known, got {shape}."
            )
        if math.prod(self.compute_output_shape(shape)[1:]) != math.prod(shape[1:]):
            raise ValueError(
                f"{self}: expected samples with as many entries as the target shape, "
                f"got {tuple(shape[1:])} with {math.prod(shape[1:])}."
            )

    def __repr__(self):
        return f"Reshape({self.target_shape})"


class Permute(Layer):
    """The axes of each sample in another order: Permute((2, 1)) swaps two.

    Axes count from 1, the batch axis stays. ValueError where `dims` is no permutation
    of the axes of x. Keras: keras.layers.Permute.
    """

    def __init__(self, dims: tuple[int, ...], name: str | None = None):
        super().__init__(name)
        whole = isinstance(dims, (tuple, list))
        if not whole or sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Permute: expected dims to be a permutation of 1, 2, ..., such as "
                f"(2, 1), got {dims!r}. The batch axis is not counted."
            )
        self.dims = tuple(dims)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return x.transpose(0, *self.dims).copy(order="C"), None

    def backward(self, dy, cache):
        back = np.argsort((0, *self.dims))
        return dy.transpose(back).copy(order="C"), {}

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def check_input(self, shape):
        if len(shape) != len(self.dims) + 1:
            raise ValueError(
                f"{self}: expected x with {len(self.dims)} axes beside the batch axis, "
                f"got shape {tuple(shape)}."
            )

    def __repr__(self):
        return f"Permute({self.dims})"
