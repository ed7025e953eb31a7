"""SimpleRNN, and what it shares with LSTM and GRU: the walk along time."""

import numpy as np

from dlcourse import activations
from dlcourse.kernels import scan, simple_rnn
from dlcourse.layers.base import Layer
from dlcourse.validation import generator, require_positive_int

Array = np.ndarray


class Recurrent(Layer):
    """Base of SimpleRNN, LSTM and GRU: x (batch, time, d) -> y (batch, units).

    With `return_sequences` y is the output of every step, (batch, time, units); with
    `return_state` it is the list [y, h] or [y, h, c] with the last states, and dy is
    such a list. `go_backwards` reads x from its end, and the outputs stand in that
    order. forward takes `initial_state`, a list of (batch, units), instead of zeros;
    then dx is the list [dx, dh0] or [dx, dh0, dc0].

    mask (batch, time), True where a step counts: elsewhere the states are carried along
    and the last output is repeated (zeros, with `zero_output_for_mask`, which
    Bidirectional sets). ValueError for x, mask or states of another shape.
    """

    supports_masking = takes_mask = True
    gates = 1  # blocks of units columns in W and U
    states = 1  # the output h, and what else a step hands to the next

    def __init__(
        self,
        units,
        activation,
        use_bias,
        kernel_initializer,
        recurrent_initializer,
        bias_initializer,
        kernel_regularizer,
        recurrent_regularizer,
        bias_regularizer,
        kernel_constraint,
        recurrent_constraint,
        bias_constraint,
        return_sequences,
        return_state,
        go_backwards,
        name,
    ):
        super().__init__(name)
        self.units = require_positive_int(type(self).__name__, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_options(
            "kernel", kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self.weight_options(
            "recurrent",
            recurrent_initializer,
            recurrent_regularizer,
            recurrent_constraint,
        )
        self.weight_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.zero_output_for_mask = go_backwards, False

    # -- what a subclass writes

    def run(self, x, states, mask, weights):
        """(h of every step (time, batch, units), the last states, cache)."""
        raise NotImplementedError

    def run_backward(self, dh, dstates, cache, weights):
        """(dx, gradients of the first states, (dW, dU, db)), dh as h or None."""
        raise NotImplementedError

    # -- what is the same for all

    def create(self, input_shape, rng, dtype):
        rng, columns = generator(f"{self}", rng), self.gates * self.units
        self.add_weight("kernel", (input_shape[-1], columns), rng, dtype)
        self.add_weight(
            "recurrent_kernel", (self.units, columns), rng, dtype, option="recurrent"
        )
        if self.use_bias:
            self.add_weight("bias", self.bias_shape(), rng, dtype)

    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def _weights(self):
        """(W, U, b), b of zeros where the layer has none."""
        W, U = self.params["kernel"], self.params["recurrent_kernel"]
        return W, U, self.params.get("bias", np.zeros(self.bias_shape(), W.dtype))

    def forward(self, x, training=False, rng=None, mask=None, initial_state=None):
        self.require_built()
        self.check_input(x.shape)
        steps = self._in_order(x)  # (time, batch, d)
        seen = None  # (time, batch, 1): False where the output is zero
        if mask is not None:
            mask = self._in_order(self._checked_mask(mask, x))[..., np.newaxis]
            repeat = np.logical_or.accumulate  # zeros as long as nothing counted
            seen = mask if self.zero_output_for_mask else repeat(mask, axis=0)
        states = self._first_states(x, initial_state)
        h, last, cache = self.run(steps, states, mask, self._weights())
        if seen is not None:
            h = h * seen
        # Fresh arrays: h may be a view of what the backward pass needs.
        y = np.array(h.swapaxes(0, 1) if self.return_sequences else h[-1], order="C")
        if self.return_state:
            y = [y, *(np.array(state, order="C") for state in last)]
        return y, (len(x), x.shape[1], initial_state is not None, seen, cache)

    def backward(self, dy, cache):
        batch, time, given, seen, run_cache = cache
        dy, *dlast = dy if self.return_state else [dy]
        shape = (batch, time, self.units) if self.return_sequences else None
        self._check_dy(dy, shape or (batch, self.units))
        if not dlast:
            dlast = [np.zeros((batch, self.units), dy.dtype)] * self.states
        dh = None
        if self.return_sequences:
            dh = dy.swapaxes(0, 1) if seen is None else dy.swapaxes(0, 1) * seen
        else:
            dlast = [dlast[0] + (dy if seen is None else dy * seen[-1]), *dlast[1:]]
        dx, dfirst, grads = self.run_backward(
            dh, tuple(dlast), run_cache, self._weights()
        )
        dx = np.array(self._in_order(dx, back=True), order="C")
        grads = dict(zip(("kernel", "recurrent_kernel", "bias"), grads, strict=True))
        dx = [dx, *(np.array(d, order="C") for d in dfirst)] if given else dx
        return dx, {name: grads[name] for name in self.params}

    def _in_order(self, a, back=False):
        """(batch, time, ...) -> (time, batch, ...) in the order of the steps."""
        if back:
            return (a[::-1] if self.go_backwards else a).swapaxes(0, 1)
        a = a.swapaxes(0, 1)
        return a[::-1] if self.go_backwards else a

    def _first_states(self, x, given):
        shape, dtype = (len(x), self.units), np.result_type(x, self.params["kernel"])
        if given is None:
            return (np.zeros(shape, dtype),) * self.states
        found = [np.shape(state) for state in given]
        if found != [shape] * self.states:
            raise ValueError(
                f"{self}: expected initial_state to be a list of {self.states} arrays "
                f"of shape {shape}, got shapes {found}."
            )
        return tuple(np.asarray(state, dtype) for state in given)

    def _checked_mask(self, mask, x):
        mask = np.asarray(mask)
        if mask.shape != x.shape[:2] or mask.dtype != bool:
            raise ValueError(
                f"{self}: expected mask to be bool of shape {x.shape[:2]}, "
                f"(batch, time), got {mask.dtype} of shape {mask.shape}."
            )
        return mask

    def _check_dy(self, dy, shape):
        if dy.shape != shape:
            raise ValueError(
                f"{self}: expected dy of shape {shape}, as y, got {dy.shape}."
            )

    def compute_output_shape(self, input_shape):
        batch, time = input_shape[:2]
        y = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        return [y, *[(batch, self.units)] * self.states] if self.return_state else y

    def compute_mask(self, x, mask=None):
        mask = mask if self.return_sequences else None
        return [mask, *[None] * self.states] if self.return_state else mask

    def check_input(self, shape):
        if len(shape) != 3:
            raise ValueError(
                f"{self}: expected x of shape (batch, time, features), got "
                f"{tuple(shape)}. Write x[..., np.newaxis] for one feature per step; "
                "a recurrent layer before this one needs return_sequences=True."
            )
        if shape[1] == 0:
            raise ValueError(f"{self}: expected at least one time step, got {shape}.")
        d = self.params["kernel"].shape[0] if self.built else shape[-1]
        if d is None:
            raise ValueError(
                f"{self}: expected a known last axis, got {shape}. "
                "Give the number of features."
            )
        if shape[-1] != d:
            raise ValueError(
                f"{self}: expected x of shape (batch, time, {d}), got {tuple(shape)}. "
                "Check the features of x, or build anew."
            )

    def __repr__(self):
        return f"{type(self).__name__}({self.units})"


class SimpleRNN(Recurrent):
    """h_t = phi(x_t W + h_{t-1} U + b), h_0 = 0: x (batch, time, d) -> h_T.

    params: kernel W (d, units), recurrent_kernel U (units, units), bias b (units,).
    Options, masks and errors: those of Recurrent. Keras: keras.layers.SimpleRNN.
    """

    def __init__(
        self,
        units: int,
        activation: str | None = "tanh",
        use_bias: bool = True,
        kernel_initializer: str = "glorot_uniform",
        recurrent_initializer: str = "orthogonal",
        bias_initializer: str = "zeros",
        kernel_regularizer: str | None = None,
        recurrent_regularizer: str | None = None,
        bias_regularizer: str | None = None,
        kernel_constraint: str | None = None,
        recurrent_constraint: str | None = None,
        bias_constraint: str | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        name: str | None = None,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            return_sequences,
            return_state,
            go_backwards,
            name,
        )

    def run(self, x, states, mask, weights):
        if is_same(self.activation, activations.tanh):
            return simple_rnn.forward(x, states, mask, weights)
        return scan.scan(simple_rnn.step, x, states, mask, weights, self.activation)

    def run_backward(self, dh, dstates, cache, weights):
        if is_same(self.activation, activations.tanh):
            return simple_rnn.backward(dh, dstates, cache, weights)
        return scan.scan_backward(
            simple_rnn.step_backward, dh, dstates, cache, weights, self.activation
        )


def is_same(phi, other) -> bool:
    """Whether two activations are one function, copies included."""
    return phi.phi is other.phi and phi._vjp is other._vjp
