"""Input, Dense, Activation, Flatten."""

import math

import numpy as np

from dlcourse import activations
from dlcourse.kernels.products import deep_gram, deep_product
from dlcourse.layers.base import Layer
from dlcourse.layers.node import Node
from dlcourse.validation import generator, require_positive_int


class InputLayer(Layer):
    """The shape of one sample, for a model that is built before it sees data.

    None stands for an axis of any length, such as the time steps of a sequence.
    Keras: keras.layers.InputLayer.
    """

    def __init__(self, shape: tuple[int, ...], name: str | None = None):
        super().__init__(name)
        if not isinstance(shape, (tuple, list)):
            raise TypeError(
                f"Input: expected shape to be a tuple such as (784,), got {shape!r}."
            )
        self.shape = tuple(
            n if n is None else require_positive_int("Input", "each entry of shape", n)
            for n in shape
        )
        self.built = True

    def forward(self, x, training=False, rng=None):
        return x.copy(), None

    def backward(self, dy, cache):
        return dy.copy(), {}


def Input(shape: tuple[int | None, ...], name: str | None = None) -> Node:  # noqa: N802 (Keras' name)
    """The first element of a Sequential model, or an input of a graph: `Input((784,))`.

    Keras: keras.Input.
    """
    layer = InputLayer(shape, name)
    return Node(layer, None, (None, *layer.shape))


class Dense(Layer):
    """y = phi(x W + b): x (batch, ..., d) -> y (batch, ..., units).

    params: kernel W (d, units), bias b (units,). ValueError where x does not fit W.
    Regularizers and constraints act in `fit`.
    Book: eq:dense, eq:dense-backward. Keras: keras.layers.Dense.
    """

    supports_masking = True
    can_skip_dx = True  # a third of the work

    def __init__(
        self,
        units: int,
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
        self.units = require_positive_int("Dense", "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_options(
            "kernel", kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self.weight_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        self.add_weight("kernel", (input_shape[-1], self.units), rng, dtype)
        if self.use_bias:
            self.add_weight("bias", (self.units,), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        W = self.params["kernel"]
        z = deep_product(x, W) if x.ndim == 2 else x @ W
        if self.use_bias:
            z += self.params["bias"]
        y = self.activation(z)
        return y, (x, z, y)

    def backward(self, dy, cache, need_dx=True):
        x, z, y = cache
        dz = self.activation.vjp(dy, z, y)
        dx = dz @ self.params["kernel"].T if need_dx else None
        rows, dz_rows = x.reshape(-1, x.shape[-1]), dz.reshape(-1, self.units)
        grads = {"kernel": deep_gram(rows, dz_rows)}
        if self.use_bias:
            grads["bias"] = dz_rows.sum(axis=0)
        return dx, grads

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def check_input(self, shape):
        if len(shape) < 2:
            raise ValueError(
                f"{self}: expected x of shape (batch, d), got {shape}. "
                "For one sample write x[np.newaxis, :]."
            )
        if not self.built:
            if shape[-1] is None:
                raise ValueError(
                    f"{self}: expected a known last axis, got {shape}. "
                    "Give the number of features."
                )
            return
        d = self.params["kernel"].shape[0]
        if shape[-1] != d:
            hint = "Check the features of x, or build anew."
            if len(shape) > 2 and math.prod(shape[1:]) == d:
                hint = "Put a Flatten() layer before it."
            raise ValueError(
                f"{self}: expected x of shape (batch, {d}), got {tuple(shape)}. {hint}"
            )

    def __repr__(self):
        return f"Dense({self.units})"


class Activation(Layer):
    """y = phi(x), elementwise or, for softmax, over the last axis.

    Keras: keras.layers.Activation.
    """

    supports_masking = True

    def __init__(self, activation: str, name: str | None = None):
        super().__init__(name)
        self.activation = activations.get(activation)

    def forward(self, x, training=False, rng=None):
        y = self.activation(x)
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        return self.activation.vjp(dy, x, y), {}

    def __repr__(self):
        return f"Activation({self.activation.__name__!r})"


class Flatten(Layer):
    """(batch, a, b, ...) -> (batch, a b ...), in C order.

    Keras: keras.layers.Flatten.
    """

    def check_input(self, shape):
        if None in shape[1:]:
            raise ValueError(
                f"{self}: expected every axis but the first to be known, got {shape}."
            )

    def forward(self, x, training=False, rng=None):
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, dy, cache):
        return np.array(dy.reshape(cache)), {}

    def compute_output_shape(self, input_shape):
        return (input_shape[0], math.prod(input_shape[1:]))
