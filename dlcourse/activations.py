"""Activation functions, each with its vector-Jacobian product (VJP).

A layer computes y = phi(z). Going backward it receives dy = dL/dy and needs dz = dL/dz.
For an elementwise phi that is dy * phi'(z); for softmax, whose outputs depend on all
inputs, it is dy times the Jacobian. The VJP serves both:

    sigmoid(z)             phi
    sigmoid.vjp(dy, z, y)  dy -> dz, given the z that went in and the y that came out

Every function keeps the float dtype of its input and returns a fresh array.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from dlcourse.validation import lookup

Array = np.ndarray

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class ActivationFunction:
    """phi together with its VJP: `@activation` makes one, `@name.defvjp` completes it.

    Integers are taken as float64. TypeError where z holds no real numbers; ValueError
    where dy has another shape than y.
    """

    def __init__(self, phi: Callable[..., Array]):
        self.phi = phi
        functools.update_wrapper(self, phi)

    def __call__(self, z: Array, **options) -> Array:
        return self.phi(self._floats("z", z), **options)

    def vjp(self, dy: Array, z: Array, y: Array, **options) -> Array:
        """dL/dz from dy = dL/dy, given the z that went in and the y that came out."""
        dy, y = self._floats("dy", dy), self._floats("y", y)
        if dy.shape != y.shape:
            raise ValueError(
                f"{self.__name__}.vjp: expected dy of shape {y.shape}, as y, "
                f"got {dy.shape}."
            )
        return self._vjp(dy, self._floats("z", z), y, **options)

    def defvjp(self, vjp: Callable[..., Array]) -> "ActivationFunction":
        self._vjp = vjp
        return self

    def _floats(self, what: str, value) -> Array:
        array = np.asarray(value)
        if array.dtype.kind == "f":
            return array
        if array.dtype.kind in "biu":
            return array.astype(np.float64)
        raise TypeError(
            f"{self.__name__}: expected {what} to hold real numbers, "
            f"got dtype {array.dtype}."
        )

    def __repr__(self) -> str:
        return f"<activation {self.__name__}>"


activation = ActivationFunction


@activation
def linear(z: Array) -> Array:
    """phi(z) = z. Keras: keras.activations.linear."""
    return z.copy()


@linear.defvjp
def linear(dy, z, y):
    return dy.copy()


@activation
def sigmoid(z: Array) -> Array:
    """sigma(z) = 1 / (1 + exp(-z)).

    For z < 0 as the equal exp(z) / (1 + exp(z)), so that no exponential overflows.
    Book: eq:sigmoid. Keras: keras.activations.sigmoid.
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@sigmoid.defvjp
def sigmoid(dy, z, y):
    return dy * y * (1 - y)


@activation
def tanh(z: Array) -> Array:
    """tanh(z) = 2 sigma(2 z) - 1.

    Book: eq:tanh. Keras: keras.activations.tanh.
    """
    return np.tanh(z)


@tanh.defvjp
def tanh(dy, z, y):
    dz = y * y
    np.subtract(1, dz, out=dz)  # in place: a new array costs as much as the arithmetic
    dz *= dy
    return dz


@activation
def relu(z: Array) -> Array:
    """max(0, z); the derivative at the kink z = 0 is taken as 0.

    Keras: keras.activations.relu.
    """
    return np.maximum(z, z.dtype.type(0))


@relu.defvjp
def relu(dy, z, y):
    return dy * (z > 0)


@activation
def leaky_relu(z: Array, negative_slope: float = 0.2) -> Array:
    """z for z > 0, else negative_slope z; at z = 0 the derivative is negative_slope.

    Keras: keras.activations.leaky_relu.
    """
    # two products: np.where is slow where signs are mixed
    return np.maximum(z, z.dtype.type(0)) + negative_slope * np.minimum(z, 0)


@leaky_relu.defvjp
def leaky_relu(dy, z, y, negative_slope=0.2):
    above = z > 0
    return dy * above + negative_slope * (dy * ~above)


@activation
def elu(z: Array, alpha: float = 1.0) -> Array:
    """z for z > 0, else alpha (exp(z) - 1); at z = 0 the derivative is alpha.

    Keras: keras.activations.elu.
    """
    return np.maximum(z, z.dtype.type(0)) + alpha * np.expm1(np.minimum(z, 0))


@elu.defvjp
def elu(dy, z, y, alpha=1.0):
    above = z > 0
    return dy * above + (dy * ~above) * (y + alpha)


@activation
def selu(z: Array) -> Array:
    """scale * (z for z > 0, else alpha (exp(z) - 1)).

    Book: eq:selu, eq:selu-constants. Keras: keras.activations.selu.
    """
    return z.dtype.type(SELU_SCALE) * np.where(
        z > 0, z, z.dtype.type(SELU_ALPHA) * np.expm1(np.minimum(z, 0))
    )


@selu.defvjp
def selu(dy, z, y):
    return dy * np.where(
        z > 0, z.dtype.type(SELU_SCALE), y + z.dtype.type(SELU_SCALE * SELU_ALPHA)
    )


@activation
def softplus(z: Array) -> Array:
    """log(1 + exp(z)), a smooth max(0, z) with the derivative sigma(z).

    Keras: keras.activations.softplus.
    """
    return np.logaddexp(z, z.dtype.type(0))


@softplus.defvjp
def softplus(dy, z, y):
    return dy * sigmoid(z)


@activation
def softsign(z: Array) -> Array:
    """z / (1 + |z|). Keras: keras.activations.softsign."""
    return z / (1 + np.abs(z))


@softsign.defvjp
def softsign(dy, z, y):
    return dy / (1 + np.abs(z)) ** 2


@activation
def silu(z: Array) -> Array:
    """z sigma(z), also called swish.

    Book: eq:swish. Keras: keras.activations.silu.
    """
    return z * sigmoid(z)


@silu.defvjp
def silu(dy, z, y):
    s = sigmoid(z)
    return dy * (s + y * (1 - s))


@activation
def gelu(z: Array, approximate: bool = False) -> Array:
    """z Phi(z), with Phi the distribution function of N(0, 1).

    approximate: z (1 + tanh u)/2 with u = sqrt(2/pi) (z + 0.044715 z^3), within 5e-4.
    Keras: keras.activations.gelu.
    """
    if approximate:
        return z * (1 + np.tanh(_gelu_argument(z))) / 2
    return z * _normal_cdf(z)


@gelu.defvjp
def gelu(dy, z, y, approximate=False):
    if approximate:
        t = np.tanh(_gelu_argument(z))
        du = z.dtype.type(math.sqrt(2 / math.pi)) * (1 + 3 * 0.044715 * z * z)
        return dy * (1 + t + z * (1 - t * t) * du) / 2
    density = np.exp(-0.5 * z * z) / z.dtype.type(math.sqrt(2 * math.pi))
    return dy * (_normal_cdf(z) + z * density)


def _gelu_argument(z: Array) -> Array:
    return z.dtype.type(math.sqrt(2 / math.pi)) * (z + 0.044715 * z * z * z)


def _normal_cdf(z: Array) -> Array:
    # NumPy has no error function; SciPy comes with scikit-learn.
    from scipy.special import ndtr

    return ndtr(z)


@activation
def hard_sigmoid(z: Array) -> Array:
    """clip(z / 6 + 1/2, 0, 1). Keras: keras.activations.hard_sigmoid."""
    return np.clip(z / 6 + 0.5, 0, 1).astype(z.dtype)


@hard_sigmoid.defvjp
def hard_sigmoid(dy, z, y):
    return dy * ((z > -3) & (z < 3)) / 6


@activation
def softmax(z: Array, axis: int = -1) -> Array:
    """p_k = exp(z_k) / sum_j exp(z_j) over `axis`, the last one.

    The largest z is subtracted first, which changes nothing but avoids an overflow.
    Book: eq:softmax. Keras: keras.activations.softmax.
    """
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@softmax.defvjp
def softmax(dy, z, y, axis=-1):
    # dz_k = sum_j dy_j dp_j/dz_k with dp_j/dz_k = p_j (1[j = k] - p_k)
    return y * (dy - (dy * y).sum(axis=axis, keepdims=True))


@activation
def log_softmax(z: Array, axis: int = -1) -> Array:
    """z - log sum_j exp(z_j) over `axis`, the last one.

    Keras: keras.activations.log_softmax.
    """
    shifted = z - z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@log_softmax.defvjp
def log_softmax(dy, z, y, axis=-1):
    return dy - np.exp(y) * dy.sum(axis=axis, keepdims=True)


ACTIVATIONS = {
    name: f for name, f in globals().copy().items() if isinstance(f, ActivationFunction)
}


def get(name: "str | ActivationFunction | None") -> ActivationFunction:
    """The activation of that name; None means linear, "swish" silu.

    ValueError with the nearest name where there is none.
    """
    if name is None:
        return linear
    if isinstance(name, ActivationFunction):
        return name
    return lookup("activation", "silu" if name == "swish" else name, ACTIVATIONS)
