"""What convolutions share: sizes, padding, bias, activation, checks of shapes."""

import numpy as np

from dlcourse import activations
from dlcourse.kernels import correlation
from dlcourse.kernels.rows import add_to_rows, sum_of_rows
from dlcourse.layers.base import Layer
from dlcourse.validation import require_positive_int

AXES = {1: ("time",), 2: ("height", "width")}


class Windowed(Layer):
    """What all convolutions share: windows, bias, activation, checks of shapes.

    A subclass sets `rank`, the number of axes that a window slides along.
    """

    rank: int

    def set_window(self, kernel_size, strides, padding, dilation_rate) -> None:
        name, rank = type(self).__name__, self.rank
        self.kernel_size = one_per_axis(name, "kernel_size", kernel_size, rank)
        self.strides = one_per_axis(name, "strides", strides, rank)
        self.dilation_rate = one_per_axis(name, "dilation_rate", dilation_rate, rank)
        self.padding = require_padding(name, padding, causal=name == "Conv1D")

    def set_output(
        self, activation, use_bias, initializer, regularizer, constraint
    ) -> None:
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_options("bias", initializer, regularizer, constraint)

    def finish(self, z: np.ndarray):
        """(y, what `start` needs) from z without its bias, which is added in place.

        The cache holds one array where one will do: a linear layer needs neither z nor
        y, and relu tells from y > 0 alone what passed.
        """
        if self.use_bias:
            add_to_rows(z, self.params["bias"])
        if self.activation is activations.linear:
            return z, None
        if self.activation is activations.relu:
            y = np.maximum(z, z.dtype.type(0), out=z)
            return y, (y, y)
        y = self.activation(z)
        return y, (z, y)

    def start(self, dy: np.ndarray, kept):
        """(dz, {"bias": db}) from dy; dz is contiguous."""
        dz = dy if kept is None else self.activation.vjp(dy, *kept)
        dz = np.ascontiguousarray(dz)
        if not self.use_bias:
            return dz, {}
        return dz, {"bias": sum_of_rows(dz)}

    def check_input(self, shape):
        axes = ", ".join(AXES[self.rank])
        if len(shape) != self.rank + 2:
            hint = "Add the channel axis: x[..., np.newaxis]."
            if len(shape) > self.rank + 2:
                hint = "Reshape x."
            raise ValueError(
                f"{self}: expected x of shape (batch, {axes}, {self._channels()}), "
                f"got {tuple(shape)}. {hint}"
            )
        if self.built:
            if shape[-1] != self.input_shape[-1]:
                raise ValueError(
                    f"{self}: expected x of shape (batch, {axes}, "
                    f"{self._channels()}), got {tuple(shape)}. "
                    "Check the channels of x, or build anew."
                )
        elif shape[-1] is None:
            raise ValueError(
                f"{self}: expected a known last axis, got {tuple(shape)}. "
                "Give the number of channels."
            )
        sizes = self.compute_output_shape(shape)[1:-1]
        for n, out, axis in zip(shape[1:-1], sizes, AXES[self.rank], strict=True):
            if out is not None and out < 1:
                raise ValueError(
                    f"{self}: expected x with {axis} of at least "
                    f"{self._least(axis)}, got {n}. "
                    'Use a smaller kernel, or padding="same".'
                )

    def _channels(self) -> str:
        return str(self.input_shape[-1]) if self.built else "channels"

    def _least(self, axis: str) -> int:
        """What the window spans along this axis."""
        i = AXES[self.rank].index(axis)
        return (self.kernel_size[i] - 1) * self.dilation_rate[i] + 1

    def geometry(self, sizes: tuple[int, ...]) -> dict[str, tuple]:
        """strides, dilation and padding for the kernels, as pairs."""
        pads = tuple(
            pad_of(self.padding, *args)
            for args in zip(
                sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        )
        one, none = ((1,), ((0, 0),)) if self.rank == 1 else ((), ())
        return {
            "strides": one + self.strides,
            "dilation": one + self.dilation_rate,
            "padding": none + pads,
        }

    def as_images(self, array: np.ndarray) -> np.ndarray:
        """(batch, time, channels) -> (batch, 1, time, channels); images stay."""
        return array[:, np.newaxis] if self.rank == 1 else array

    def as_planes(self, kernel: np.ndarray) -> np.ndarray:
        """(k, in, out) -> (1, k, in, out); kernels of images stay."""
        return kernel[np.newaxis] if self.rank == 1 else kernel


def one_per_axis(who: str, what: str, value, rank: int, least: int = 1) -> tuple:
    """`value` as a tuple with one whole number an axis; a single one serves all."""
    several = isinstance(value, (tuple, list))
    if several and len(value) != rank:
        raise ValueError(
            f"{who}: expected {what} to be a whole number or {rank} of them, "
            f"got {value!r}."
        )
    values = value if several else (value,) * rank
    return tuple(require_positive_int(who, what, n, least) for n in values)


def require_padding(who: str, padding: str, causal: bool = False) -> str:
    """The name of a padding, in small letters as Keras takes it."""
    names = ("valid", "same", "causal") if causal else ("valid", "same")
    if not isinstance(padding, str) or padding.lower() not in names:
        expected = " or ".join(repr(name) for name in names)
        raise ValueError(f"{who}: expected padding {expected}, got {padding!r}.")
    return padding.lower()


def pad_of(padding: str, size: int, kernel: int, stride: int, dilation: int) -> tuple:
    """(zeros before, zeros after) along one axis."""
    span = (kernel - 1) * dilation + 1
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    outputs = -(-size // stride)  # rounded up
    total = max((outputs - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def windows_shape(layer: Windowed, input_shape: tuple) -> tuple:
    """(batch, *number of windows); None where the size is not known."""
    axes = zip(
        input_shape[1:-1],
        layer.kernel_size,
        layer.strides,
        layer.dilation_rate,
        strict=True,
    )
    counts = [
        None
        if n is None
        else correlation.output_size(n, k, s, d, pad_of(layer.padding, n, k, s, d))
        for n, k, s, d in axes
    ]
    return (input_shape[0], *counts)
