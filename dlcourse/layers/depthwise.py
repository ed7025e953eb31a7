"""DepthwiseConv2D: every channel is correlated with kernels of its own."""

from dlcourse.kernels import depthwise
from dlcourse.layers.windowed import Windowed, windows_shape
from dlcourse.validation import generator, require_positive_int


class DepthwiseConv2D(Windowed):
    """y = phi(z), where the sum of z runs over i and j,

        z[n, r, c, k m + q] =
            b[k m + q] + sum xp[n, r s + i d, c s' + j d', k] W[i, j, k, q]

    x (batch, height, width, channels) -> y (batch, height', width', channels m) with
    m = depth_multiplier; windows, strides and padding as in Conv2D.
    params: kernel W (kernel height, kernel width, channels, m), bias b (channels m,).
    ValueError where x does not fit. Keras: keras.layers.DepthwiseConv2D.
    """

    rank = 2

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: str | None = None,
        use_bias: bool = True,
        depthwise_initializer: str = "glorot_uniform",
        bias_initializer: str = "zeros",
        depthwise_regularizer: str | None = None,
        bias_regularizer: str | None = None,
        depthwise_constraint: str | None = None,
        bias_constraint: str | None = None,
        name: str | None = None,
    ):
        super().__init__(name)
        self.depth_multiplier = require_positive_int(
            "DepthwiseConv2D", "depth_multiplier", depth_multiplier
        )
        self.set_window(kernel_size, strides, padding, dilation_rate)
        self.weight_options(
            "depthwise",
            depthwise_initializer,
            depthwise_regularizer,
            depthwise_constraint,
        )
        self.set_output(
            activation, use_bias, bias_initializer, bias_regularizer, bias_constraint
        )

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        channels, m = input_shape[-1], self.depth_multiplier
        shape = (*self.kernel_size, channels, m)
        self.add_weight("kernel", shape, rng, dtype, option="depthwise")
        if self.use_bias:
            self.add_weight("bias", (channels * m,), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        W, geometry = self.params["kernel"], self.geometry(x.shape[1:-1])
        y, kept = self.finish(depthwise.correlate(x, W, **geometry))
        return y, (x, kept)

    def backward(self, dy, cache):
        x, kept = cache
        W, geometry = self.params["kernel"], self.geometry(x.shape[1:-1])
        dz, grads = self.start(dy, kept)
        dx, dW = depthwise.gradients(x, W, dz, **geometry)
        return dx, {"kernel": dW, **grads}

    def compute_output_shape(self, input_shape):
        channels = input_shape[-1] * self.depth_multiplier
        return (*windows_shape(self, input_shape), channels)

    def __repr__(self):
        return f"DepthwiseConv2D({self.kernel_size})"
