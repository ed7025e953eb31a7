"""The layers of numpy_layers.py, and local response normalization, as Keras layers.

The only module of the architectures that imports Keras. Products are written with @,
since on PyTorch ops.matmul rounds float64 to float32.
"""

import keras
import numpy as np
from keras import ops

from dlcourse.architectures.lenet_layers import A, S, placement


class _Layer(keras.layers.Layer):
    """Keeps the options, so that Keras can save a model that has such a layer."""

    def __init__(self, name=None, **options):
        super().__init__(
            name=name,
            dtype=options.pop("dtype", None),
            trainable=options.pop("trainable", True),
        )
        self.own = options

    def get_config(self):
        return {**super().get_config(), **self.own}


class ScaledTanh(_Layer):
    """y = A tanh(S x)."""

    def call(self, x):
        return A * ops.tanh(S * x)

    def compute_output_shape(self, shape):
        return shape


class Subsampling2D(_Layer):
    """y_c = a_c (sum of a window) + b_c."""

    def __init__(self, pool_size=2, name=None, **options):
        super().__init__(name, pool_size=pool_size, **options)
        self.pool_size = pool_size

    def build(self, shape):
        start = keras.initializers.Constant(self.pool_size**-2.0)
        self.coefficient = self.add_weight((shape[-1],), start, name="coefficient")
        self.bias = self.add_weight((shape[-1],), "zeros", name="bias")

    def call(self, x):
        mean = ops.average_pool(x, self.pool_size, self.pool_size)
        return self.coefficient * self.pool_size**2 * mean + self.bias

    def compute_output_shape(self, shape):
        k = self.pool_size
        return (shape[0], shape[1] // k, shape[2] // k, shape[3])


class SparseConv2D(_Layer):
    """A convolution of which map f sees only the channels in table[f]."""

    def __init__(
        self,
        table,
        kernel_size,
        kernel_initializer="glorot_uniform",
        name=None,
        **options,
    ):
        super().__init__(name, table=table, kernel_size=kernel_size, **options)
        self.table, self.kernel_size = table, kernel_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, shape):
        self.places = placement(self.table, shape[-1])
        size, draw = (self.kernel_size,) * 2, self.kernel_initializer
        self.kernel = self.add_weight((*size, 1, len(self.places)), draw, name="kernel")
        self.bias = self.add_weight((len(self.table),), "zeros", name="bias")

    def call(self, x):
        k, places = (
            self.kernel_size,
            ops.convert_to_tensor(self.places, self.compute_dtype),
        )
        W = ops.reshape(self.kernel, (k * k, -1)) @ places
        W = ops.reshape(W, (k, k, x.shape[-1], len(self.table)))
        return ops.conv(x, W) + self.bias

    def compute_output_shape(self, shape):
        less = self.kernel_size - 1
        return (shape[0], shape[1] - less, shape[2] - less, len(self.table))


class RBF(_Layer):
    """y_i = |x - w_i|^2 with fixed codes w."""

    def __init__(self, codes, name=None, **options):
        codes = np.asarray(codes)
        super().__init__(name, codes=codes.tolist(), **options)
        self.given = codes

    def build(self, shape):
        self.codes = self.add_weight(
            self.given.shape, lambda *_, **__: self.given, trainable=False, name="codes"
        )

    def call(self, x):
        difference = ops.expand_dims(x, 1) - self.codes
        return ops.sum(difference * difference, axis=2)

    def compute_output_shape(self, shape):
        return (shape[0], len(self.given))


class RubbishClass(_Layer):
    """Penalties y -> logits (-y, -j)."""

    def __init__(self, j, name=None, **options):
        super().__init__(name, j=j, **options)
        self.j = j

    def call(self, x):
        return ops.pad(-x, ((0, 0), (0, 1)), constant_values=-self.j)

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] + 1)


class IdentityShortcut(_Layer):
    """Every s-th pixel, with channels of zeros added."""

    def __init__(self, filters, strides=1, name=None, **options):
        super().__init__(name, filters=filters, strides=strides, **options)
        self.filters, self.strides = filters, strides

    def call(self, x):
        s, more = self.strides, self.filters - x.shape[-1]
        return ops.pad(x[:, ::s, ::s], ((0, 0), (0, 0), (0, 0), (0, more)))

    def compute_output_shape(self, shape):
        s = self.strides
        return (shape[0], -(-shape[1] // s), -(-shape[2] // s), self.filters)


class LocalResponseNormalization(_Layer):
    """y_i = x_i (bias + alpha sum of x_j^2 over |j - i| <= depth_radius)^-beta."""

    def __init__(
        self, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5, name=None, **options
    ):
        own = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}
        super().__init__(name, **own, **options)

    def call(self, x):
        o, i = self.own, np.arange(x.shape[-1])
        band = np.abs(i[:, np.newaxis] - i) <= o["depth_radius"]
        total = (x * x) @ ops.convert_to_tensor(band, dtype=self.compute_dtype)
        return x * (o["bias"] + o["alpha"] * total) ** -o["beta"]

    def compute_output_shape(self, shape):
        return shape
