"""LSTM and GRU: recurrent cells whose gates decide what is kept and what is written."""

from dlcourse import activations
from dlcourse.kernels import gru, lstm, scan
from dlcourse.layers.recurrent import Recurrent, is_same


class LSTM(Recurrent):
    """c_t = f c_{t-1} + i g and h_t = o phi(c_t), with gates i, f, o and candidate g.

    x (batch, time, d) -> h_T. The four are sigma or phi of x_t W + h_{t-1} U + b, in
    blocks of units columns in the order i, f, g, o (g is Keras' c).
    params: kernel W (d, 4 units), recurrent_kernel U (units, 4 units), bias b
    (4 units,), which begins at 1 for f with `unit_forget_bias`.
    Options, masks and errors: those of Recurrent. Hochreiter and Schmidhuber (1997);
    the gate f is of Gers, Schmidhuber and Cummins (2000). Keras: keras.layers.LSTM.
    """

    gates, states = 4, 2

    def __init__(
        self,
        units: int,
        activation: str | None = "tanh",
        recurrent_activation: str | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: str = "glorot_uniform",
        recurrent_initializer: str = "orthogonal",
        bias_initializer: str = "zeros",
        unit_forget_bias: bool = True,
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
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def create(self, input_shape, rng, dtype):
        super().create(input_shape, rng, dtype)
        if self.use_bias and self.unit_forget_bias:
            self.params["bias"][self.units : 2 * self.units] = 1

    def run(self, x, states, mask, weights):
        phi, sigma = self.activation, self.recurrent_activation
        if is_standard(phi, sigma):
            return lstm.forward(x, states, mask, weights)
        return scan.scan(lstm.step, x, states, mask, weights, phi, sigma)

    def run_backward(self, dh, dstates, cache, weights):
        phi, sigma = self.activation, self.recurrent_activation
        if is_standard(phi, sigma):
            return lstm.backward(dh, dstates, cache, weights)
        return scan.scan_backward(
            lstm.step_backward, dh, dstates, cache, weights, phi, sigma
        )


class GRU(Recurrent):
    """h_t = z h_{t-1} + (1 - z) g, with update gate z, reset gate r and candidate g.

    x (batch, time, d) -> h_T. Blocks of units columns in the order z, r, g; in g the
    reset gate multiplies h_{t-1} U (`reset_after`, with a second bias) or h_{t-1}.
    params: kernel W (d, 3 units), recurrent_kernel U (units, 3 units), bias b
    (2, 3 units) with reset_after, of x W and of h U, else (3 units,).
    Options, masks and errors: those of Recurrent. Cho et al. (2014). Keras:
    keras.layers.GRU.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: str | None = "tanh",
        recurrent_activation: str | None = "sigmoid",
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
        reset_after: bool = True,
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
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def bias_shape(self):
        columns = self.gates * self.units
        return (2, columns) if self.reset_after else (columns,)

    def run(self, x, states, mask, weights):
        phi, sigma = self.activation, self.recurrent_activation
        if self.reset_after and is_standard(phi, sigma):
            return gru.forward(x, states, mask, weights)
        step = gru.step if self.reset_after else gru.step_reset_before
        return scan.scan(step, x, states, mask, weights, phi, sigma)

    def run_backward(self, dh, dstates, cache, weights):
        phi, sigma = self.activation, self.recurrent_activation
        if self.reset_after and is_standard(phi, sigma):
            return gru.backward(dh, dstates, cache, weights)
        back = gru.step_backward if self.reset_after else gru.step_reset_before_backward
        return scan.scan_backward(back, dh, dstates, cache, weights, phi, sigma)


def is_standard(phi, sigma) -> bool:
    """Whether the activations are those that the fast kernels serve."""
    return is_same(phi, activations.tanh) and is_same(sigma, activations.sigmoid)
