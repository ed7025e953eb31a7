"""The layers that LeNet-5 of 1998 needs and Keras lacks, in NumPy."""

import numpy as np

from dlcourse.kernels import correlation
from dlcourse.layers.base import Layer
from dlcourse.validation import (
    as_floats,
    generator,
    require_number,
    require_positive_int,
)

Array = np.ndarray

# f(a) = A tanh(S a) has f(1) = 1 and f(-1) = -1, and bends most strongly there.
A, S = 1.7159, 2 / 3


class ScaledTanh(Layer):
    """y = A tanh(S x), A = 1.7159, S = 2/3: the squashing function of LeNet-5.

    Source: LeCun, Bottou, Bengio and Haffner 1998, equation 6 and appendix A.
    """

    def forward(self, x, training=False, rng=None):
        y = x.dtype.type(A) * np.tanh(x.dtype.type(S) * x)
        return y, y

    def backward(self, dy, cache):
        y = cache
        return dy * (y.dtype.type(S / A) * (A - y) * (A + y)), {}


class Subsampling2D(Layer):
    """y_c = a_c (x_1 + x_2 + x_3 + x_4) + b_c over 2x2 windows, one a and b a channel.

    With `pool_size` k the windows are k x k, side by side. params: coefficient a
    (channels,), which begins at the mean's 1/k^2, and bias b (channels,). ValueError
    where x is not cut into whole windows.
    Source: LeCun et al. 1998, section II.B (layers S2 and S4).
    """

    def __init__(self, pool_size: int = 2, name: str | None = None):
        super().__init__(name)
        self.pool_size = require_positive_int("Subsampling2D", "pool_size", pool_size)
        self.weight_options("bias", "zeros")

    def create(self, input_shape, rng, dtype):
        channels = (input_shape[-1],)
        self.params["coefficient"] = np.full(channels, self.pool_size**-2.0, dtype)
        self.add_weight("bias", channels, rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        a, b = self.params["coefficient"], self.params["bias"]
        total = x.reshape(self._windows(x.shape)).sum(axis=(2, 4))
        return a * total + b, (x.shape, total)

    def backward(self, dy, cache):
        shape, total = cache
        a = self.params["coefficient"]
        dx = np.empty(self._windows(shape), dy.dtype)
        dx[...] = (a * dy)[:, :, np.newaxis, :, np.newaxis]
        grads = {
            "coefficient": (dy * total).sum(axis=(0, 1, 2)),
            "bias": dy.sum(axis=(0, 1, 2)),
        }
        return dx.reshape(shape), grads

    def _windows(self, shape):
        """(batch, rows, k, columns, k, channels)."""
        batch, height, width, channels = shape
        k = self.pool_size
        return (batch, height // k, k, width // k, k, channels)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height // self.pool_size, width // self.pool_size, channels)

    def check_input(self, shape):
        k = self.pool_size
        if len(shape) != 4 or shape[1] % k or shape[2] % k:
            raise ValueError(
                f"{self}: expected x of shape (batch, height, width, channels) with "
                f"height and width multiples of {k}, got {tuple(shape)}."
            )


class SparseConv2D(Layer):
    """A convolution of which map f sees only the channels in table[f].

    params: kernel (k, k, 1, connections), a k x k plane for each connection in the
    order of the table, and bias (maps,): so many numbers are trained, and no more. In
    the arithmetic the planes are put at their places in an ordinary kernel with zeros
    elsewhere. ValueError where x does not fit.
    Source: LeCun et al. 1998, table I (layer C3).
    """

    def __init__(
        self,
        table: tuple[tuple[int, ...], ...],
        kernel_size: int,
        kernel_initializer: str = "glorot_uniform",
        name: str | None = None,
    ):
        super().__init__(name)
        who = "SparseConv2D"
        if not isinstance(table, (tuple, list)) or not all(table):
            raise ValueError(
                f"{who}: expected table with the channels of each map, such as "
                f"((0, 1), (1, 2)), got {table!r}."
            )
        self.table = tuple(
            tuple(require_positive_int(who, "channels", c, least=0) for c in row)
            for row in table
        )
        self.kernel_size = require_positive_int(who, "kernel_size", kernel_size)
        self.weight_options("kernel", kernel_initializer)
        self.weight_options("bias", "zeros")

    def create(self, input_shape, rng, dtype):
        rng, k = generator(f"{self}", rng), self.kernel_size
        connections = sum(len(row) for row in self.table)
        self.add_weight("kernel", (k, k, 1, connections), rng, dtype)
        self.add_weight("bias", (len(self.table),), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        W, places = self._dense(x)
        y = correlation.correlate(x, W)
        y += self.params["bias"]
        return y, (x, W, places)

    def backward(self, dy, cache):
        x, W, places = cache
        dy = np.ascontiguousarray(dy)
        dx = correlation.input_gradient(dy, W, x.shape[1:3])
        dW = correlation.kernel_gradient(x, dy, W.shape[:2])
        kernel = self.params["kernel"]
        dkernel = (dW.reshape(-1, len(places.T)) @ places.T).reshape(kernel.shape)
        return dx, {"kernel": dkernel, "bias": dy.sum(axis=(0, 1, 2))}

    def _dense(self, x):
        """(the kernel with all connections, `placement`)."""
        kernel, k = self.params["kernel"], self.kernel_size
        channels = x.shape[-1]
        places = placement(self.table, channels).astype(kernel.dtype)
        W = kernel.reshape(k * k, -1) @ places
        return W.reshape(k, k, channels, len(self.table)), places

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        k = self.kernel_size
        return (batch, height - k + 1, width - k + 1, len(self.table))

    def check_input(self, shape):
        needed = 1 + max(max(row) for row in self.table)
        if len(shape) != 4 or shape[-1] < needed or min(shape[1:3]) < self.kernel_size:
            raise ValueError(
                f"{self}: expected x of shape (batch, height, width, channels) with at "
                f"least {needed} channels and {self.kernel_size} pixels each way, got "
                f"{tuple(shape)}."
            )

    def __repr__(self):
        return f"SparseConv2D({len(self.table)}, {self.kernel_size})"


def placement(table: tuple[tuple[int, ...], ...], channels: int) -> Array:
    """P (connections, channels * maps): 1 where connection i belongs in the kernel.

    So kernel (k k, connections) @ P is the kernel (k k, channels * maps).
    """
    pairs = [(c, f) for f, row in enumerate(table) for c in row]
    places = np.zeros((len(pairs), channels, len(table)))
    for i, (c, f) in enumerate(pairs):
        places[i, c, f] = 1
    return places.reshape(len(pairs), -1)


class RBF(Layer):
    """y_i = |x - w_i|^2, the squared distance to the fixed code of each class.

    x (batch, d) -> y (batch, classes): a penalty, the smallest one names the class. As
    the negative logarithm of a Gaussian's density, up to a factor and a constant.
    state: codes w (classes, d), which no gradient moves. ValueError where x does not
    fit. Source: LeCun et al. 1998, equation 7 (the output layer).
    """

    def __init__(self, codes: Array, name: str | None = None):
        super().__init__(name)
        self.codes = as_floats("RBF", "codes", codes)
        if self.codes.ndim != 2:
            raise ValueError(
                f"RBF: expected codes of shape (classes, d), got {self.codes.shape}."
            )

    def create(self, input_shape, rng, dtype):
        self.state["codes"] = self.codes.astype(dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        difference = x[:, np.newaxis] - self.state["codes"]  # (batch, classes, d)
        return (difference * difference).sum(axis=2), difference

    def backward(self, dy, cache):
        difference = cache
        return 2 * (dy[:, :, np.newaxis] * difference).sum(axis=1), {}

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.codes))

    def check_input(self, shape):
        d = self.codes.shape[1]
        if len(shape) != 2 or shape[1] != d:
            raise ValueError(
                f"{self}: expected x of shape (batch, {d}), got {tuple(shape)}."
            )

    def __repr__(self):
        return f"RBF{self.codes.shape}"


class RubbishClass(Layer):
    """Penalties y_1 ... y_K -> logits (-y_1, ..., -y_K, -j), the last for rubbish.

    The cross-entropy of these logits is the criterion of LeNet-5,
    y_D + log(exp(-j) + sum_i exp(-y_i)) with D the right class: it pulls y_D down and
    pushes those of the other classes up, as far as they are below j or so. ValueError
    where y has not two axes. Source: LeCun et al. 1998, equation 9.
    """

    def __init__(self, j: float, name: str | None = None):
        super().__init__(name)
        self.j = require_number("RubbishClass", "j", j)

    def forward(self, x, training=False, rng=None):
        self.check_input(x.shape)
        return np.pad(-x, ((0, 0), (0, 1)), constant_values=-self.j), None

    def backward(self, dy, cache):
        return -dy[:, :-1], {}

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + 1)

    def check_input(self, shape):
        if len(shape) != 2:
            raise ValueError(
                f"{self}: expected penalties of shape (batch, classes), got "
                f"{tuple(shape)}."
            )
