"""Conv2DTranspose: what a convolution does to gradients, used going forward."""

from dlcourse.kernels import correlation
from dlcourse.layers.windowed import Windowed, one_per_axis
from dlcourse.validation import generator, require_positive_int


class Conv2DTranspose(Windowed):
    """y = phi(C^T x + b) with C the matrix of a Conv2D from y's shape to x's.

    x (batch, height, width, channels) -> y (batch, height', width', filters): every
    pixel of x adds its multiple of the kernel to a window of y, the windows being
    strides s apart. With the span e = (kernel_size - 1) dilation_rate + 1 of a window
    they cover (height - 1) s + e rows.
    padding "valid": these, and with s > e s - e rows more, of bias alone, at the end;
    "same": height' = height s, cut evenly, one more at the end where they differ.
    output_padding p < s instead gives (height - 1) s + e + p with "valid" and
    (height - 1) s + e mod 2 + p with "same".
    params: kernel W (kernel height, kernel width, filters, channels), filters before
    channels; bias b (filters,). ValueError where x does not fit.
    Keras: keras.layers.Conv2DTranspose (which refuses strides together with dilation).
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int] | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
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
        who = "Conv2DTranspose"
        self.filters = require_positive_int(who, "filters", filters)
        self.set_window(kernel_size, strides, padding, dilation_rate)
        self.output_padding = output_padding
        if output_padding is not None:
            extra = one_per_axis(who, "output_padding", output_padding, 2, least=0)
            if any(p >= s for p, s in zip(extra, self.strides, strict=True)):
                raise ValueError(
                    f"{who}: expected output_padding below strides={self.strides}, "
                    f"got {output_padding!r}."
                )
            self.output_padding = extra
        self.weight_options(
            "kernel", kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self.set_output(
            activation, use_bias, bias_initializer, bias_regularizer, bias_constraint
        )

    def create(self, input_shape, rng, dtype):
        rng = generator(f"{self}", rng)
        shape = (*self.kernel_size, self.filters, input_shape[-1])
        self.add_weight("kernel", shape, rng, dtype)
        if self.use_bias:
            self.add_weight("bias", (self.filters,), rng, dtype)

    def forward(self, x, training=False, rng=None):
        self.require_built()
        self.check_input(x.shape)
        W, geometry = self.params["kernel"], self.geometry(x.shape[1:-1])
        size = self.compute_output_shape(x.shape)[1:-1]
        y, kept = self.finish(correlation.input_gradient(x, W, size, **geometry))
        return y, (x, kept)

    def backward(self, dy, cache):
        x, kept = cache
        W, geometry = self.params["kernel"], self.geometry(x.shape[1:-1])
        dz, grads = self.start(dy, kept)
        dx = correlation.correlate(dz, W, **geometry)
        dW = correlation.kernel_gradient(dz, x, W.shape[:2], **geometry)
        return dx, {"kernel": dW, **grads}

    def geometry(self, sizes):
        """Of the convolution C, which maps y's size to these."""
        found = super().geometry(sizes)
        wanted = self.compute_output_shape((None, *sizes, None))[1:-1]
        pads = []
        for i, (n, out) in enumerate(zip(sizes, wanted, strict=True)):
            cut = (n - 1) * self.strides[i] + self._span(i) - out
            before = max(cut, 0) // 2
            pads.append((before, cut - before))
        return {**found, "padding": tuple(pads)}

    def compute_output_shape(self, input_shape):
        sizes = [
            None if n is None else self._size(i, n)
            for i, n in enumerate(input_shape[1:-1])
        ]
        return (input_shape[0], *sizes, self.filters)

    def _size(self, i: int, n: int) -> int:
        """The output's size along axis i."""
        s, e = self.strides[i], self._span(i)
        extra = None if self.output_padding is None else self.output_padding[i]
        if self.padding == "valid":
            return (n - 1) * s + e + (max(s - e, 0) if extra is None else extra)
        return n * s if extra is None else (n - 1) * s + e % 2 + extra

    def _span(self, i: int) -> int:
        return (self.kernel_size[i] - 1) * self.dilation_rate[i] + 1

    def __repr__(self):
        return f"Conv2DTranspose({self.filters}, {self.kernel_size})"
