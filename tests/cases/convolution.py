"""Convolutions. What TensorFlow refuses stands in BEYOND: PyTorch is the oracle there."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers
from dlcourse.layers import Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D, Input
from dlcourse.models import Sequential


def table(name: str, options: dict) -> list[LayerCase]:
    """Cases from {id: (arguments, shape of one sample)}; tanh unless they say else."""
    cls = getattr(layers, name)
    return [
        LayerCase(
            f"{name}-{what}",
            lambda arguments=arguments: [cls(**{"activation": "tanh", **arguments})],
            shape,
        )
        for what, (arguments, shape) in options.items()
    ]


# fmt: off
CONV1D = {
    "plain": ({"filters": 3, "kernel_size": 3}, (6, 2)),
    "one-step": ({"filters": 3, "kernel_size": 1}, (4, 2)),
    "even": ({"filters": 2, "kernel_size": 2, "padding": "same"}, (5, 2)),
    "strides": ({"filters": 3, "kernel_size": 3, "strides": 2}, (8, 2)),
    "strides-same": ({"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"}, (8, 2)),
    "gaps": ({"filters": 2, "kernel_size": 1, "strides": 2, "padding": "same"}, (5, 2)),
    "dilation": ({"filters": 2, "kernel_size": 3, "dilation_rate": 2}, (7, 2)),
    "dilation-same": ({"filters": 2, "kernel_size": 2, "dilation_rate": 3, "padding": "same"}, (6, 2)),
    "causal": ({"filters": 3, "kernel_size": 3, "padding": "causal"}, (5, 2)),
    "causal-dilation": ({"filters": 2, "kernel_size": 2, "dilation_rate": 4, "padding": "causal"}, (6, 2)),
    "causal-strides": ({"filters": 2, "kernel_size": 4, "strides": 2, "padding": "causal"}, (7, 2)),
    "wide-kernel": ({"filters": 2, "kernel_size": 7, "padding": "same"}, (4, 2)),
    "groups": ({"filters": 4, "kernel_size": 3, "groups": 2}, (5, 4)),
    "no-bias": ({"filters": 3, "kernel_size": 2, "use_bias": False, "activation": None}, (5, 2)),
    "capitals": ({"filters": 2, "kernel_size": (3,), "strides": (1,), "padding": "SAME"}, (4, 2)),
}
CONV2D = {
    "plain": ({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
    "linear": ({"filters": 3, "kernel_size": 3, "activation": None}, (4, 5, 2)),
    "relu": ({"filters": 3, "kernel_size": 2, "activation": "relu"}, (4, 5, 2)),
    "softmax": ({"filters": 3, "kernel_size": 2, "activation": "softmax"}, (3, 4, 2)),
    "no-bias": ({"filters": 3, "kernel_size": 2, "use_bias": False}, (4, 3, 2)),
    "pixel": ({"filters": 3, "kernel_size": 1}, (3, 4, 2)),
    "pixel-strides": ({"filters": 3, "kernel_size": 1, "strides": 2}, (5, 4, 2)),
    "oblong": ({"filters": 2, "kernel_size": (2, 3)}, (4, 5, 3)),
    "strides": ({"filters": 3, "kernel_size": 3, "strides": 2}, (7, 8, 2)),
    "unequal-strides": ({"filters": 2, "kernel_size": 3, "strides": (1, 2)}, (5, 6, 2)),
    "gaps": ({"filters": 2, "kernel_size": 2, "strides": 3}, (7, 8, 2)),
    "same": ({"filters": 3, "kernel_size": 3, "padding": "same"}, (4, 5, 2)),
    "same-even": ({"filters": 2, "kernel_size": (4, 2), "padding": "same"}, (5, 4, 2)),
    "same-strides": ({"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, (5, 6, 2)),
    "same-gaps": ({"filters": 2, "kernel_size": 2, "strides": (3, 4), "padding": "same"}, (7, 5, 2)),
    "same-wide-kernel": ({"filters": 2, "kernel_size": 7, "padding": "same"}, (3, 2, 2)),
    "dilation": ({"filters": 2, "kernel_size": 3, "dilation_rate": 2}, (6, 7, 2)),
    "dilation-same": ({"filters": 2, "kernel_size": (2, 3), "dilation_rate": (3, 1), "padding": "same"}, (5, 4, 2)),
    "one-channel": ({"filters": 3, "kernel_size": 3}, (5, 6, 1)),
    "one-channel-same": ({"filters": 2, "kernel_size": 5, "strides": 2, "padding": "same"}, (7, 8, 1)),
    "groups": ({"filters": 6, "kernel_size": 3, "groups": 3, "padding": "same"}, (4, 4, 3)),
    "groups-strides": ({"filters": 4, "kernel_size": 2, "groups": 2, "strides": 2}, (4, 5, 4)),
    "whole": ({"filters": 3, "kernel_size": (3, 4), "activation": None}, (3, 4, 2)),
    "one-pixel": ({"filters": 2, "kernel_size": 3, "padding": "same"}, (1, 1, 2)),
}
TRANSPOSE = {
    "plain": ({"filters": 3, "kernel_size": 3}, (3, 4, 2)),
    "no-bias": ({"filters": 2, "kernel_size": 2, "use_bias": False, "activation": None}, (3, 2, 2)),
    "relu": ({"filters": 2, "kernel_size": 2, "activation": "relu"}, (3, 2, 2)),
    "pixel": ({"filters": 2, "kernel_size": 1}, (2, 3, 2)),
    "strides": ({"filters": 2, "kernel_size": 3, "strides": 2}, (3, 2, 2)),
    "u-net": ({"filters": 2, "kernel_size": 2, "strides": 2}, (3, 2, 3)),
    "gaps": ({"filters": 2, "kernel_size": 2, "strides": 3}, (3, 2, 2)),
    "unequal": ({"filters": 2, "kernel_size": (2, 3), "strides": (2, 1)}, (2, 3, 2)),
    "same": ({"filters": 2, "kernel_size": 3, "padding": "same"}, (3, 4, 2)),
    "same-strides": ({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 2, 2)),
    "same-even": ({"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same"}, (3, 2, 2)),
    "same-gaps": ({"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"}, (2, 3, 2)),
    "output-padding": ({"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 1}, (2, 3, 2)),
    "output-padding-0": ({"filters": 2, "kernel_size": 2, "strides": 3, "output_padding": 0}, (2, 3, 2)),
    "output-padding-same": ({"filters": 2, "kernel_size": 3, "strides": 3, "padding": "same", "output_padding": (0, 2)}, (2, 3, 2)),
    "output-padding-same-even": ({"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same", "output_padding": 1}, (3, 2, 2)),
}
DEPTHWISE = {
    "plain": ({"kernel_size": 3}, (5, 4, 3)),
    "multiplier": ({"kernel_size": 2, "depth_multiplier": 3}, (3, 4, 2)),
    "no-bias": ({"kernel_size": 2, "use_bias": False, "activation": None}, (3, 4, 2)),
    "pixel": ({"kernel_size": 1, "depth_multiplier": 2}, (2, 3, 2)),
    "oblong": ({"kernel_size": (3, 2), "padding": "same"}, (4, 3, 2)),
    "strides": ({"kernel_size": 3, "strides": 2, "padding": "same"}, (5, 6, 2)),
    "strides-multiplier": ({"kernel_size": 2, "strides": 2, "depth_multiplier": 2}, (5, 4, 2)),
    "dilation": ({"kernel_size": 2, "dilation_rate": (2, 1)}, (4, 4, 2)),
    "dilation-strides": ({"kernel_size": 2, "dilation_rate": 2, "strides": 2, "padding": "same"}, (5, 4, 2)),
    "wide-kernel": ({"kernel_size": 5, "padding": "same"}, (2, 3, 2)),
}
# fmt: on
LAYERS = {
    "Conv1D": table("Conv1D", CONV1D),
    "Conv2D": [
        *table("Conv2D", CONV2D),
        LayerCase(
            "Conv2D-stack",
            lambda: [
                Conv2D(3, 3, padding="same", activation="tanh"),
                Conv2D(2, 2, strides=2),
                layers.Flatten(),
                layers.Dense(2),
            ],
            (4, 4, 2),
        ),
    ],
    "Conv2DTranspose": table("Conv2DTranspose", TRANSPOSE),
    "DepthwiseConv2D": table("DepthwiseConv2D", DEPTHWISE),
}
# Keras refuses strides together with dilation, TensorFlow's CPU the rest.
BEYOND = [
    *table("Conv1D", {"strides-dilation": ({"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 3}, (9, 2))}),
    *table("Conv2D", {
        "strides-dilation": ({"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, (8, 7, 2)),
        "strides-dilation-unequal": ({"filters": 2, "kernel_size": (2, 4), "strides": (3, 2), "dilation_rate": (2, 3)}, (8, 11, 2)),
        "strides-dilation-groups": ({"filters": 4, "kernel_size": 2, "strides": 2, "dilation_rate": 3, "groups": 2}, (7, 6, 2)),
    }),
    *table("Conv2DTranspose", {
        "dilation": ({"filters": 2, "kernel_size": 3, "dilation_rate": 2}, (3, 2, 2)),
        "dilation-unequal": ({"filters": 2, "kernel_size": (2, 3), "dilation_rate": (3, 1)}, (3, 2, 2)),
        "strides-dilation": ({"filters": 2, "kernel_size": 3, "strides": (2, 3), "dilation_rate": 2}, (3, 2, 2)),
    }),
    *table("DepthwiseConv2D", {
        "unequal-strides": ({"kernel_size": 3, "strides": (2, 1)}, (6, 5, 2)),
        "unequal-strides-multiplier": ({"kernel_size": 2, "strides": (1, 2), "depth_multiplier": 2}, (4, 5, 2)),
    }),
]  # fmt: skip


X2, X1 = np.ones((2, 5, 4, 3)), np.ones((2, 6, 3))


def run(layer, x, shape=None):
    """Build for `shape`, or for x, and run."""
    layer.build((None, *(shape or x.shape[1:])), rng=0)
    layer.forward(x)


V, T = ValueError, TypeError
# fmt: off
BAD_INPUT = [
    (lambda: Conv2D(0, 3), V, "Conv2D: expected filters to be a positive whole number, got 0"),
    (lambda: Conv2D(8, 2.5), V, "Conv2D: expected kernel_size", "got 2.5"),
    (lambda: Conv2D(8, (3, 3, 3)), V, "Conv2D: expected kernel_size to be a whole number or 2 of them, got (3, 3, 3)"),
    (lambda: Conv1D(8, (3, 3)), V, "Conv1D: expected kernel_size to be a whole number or 1 of them"),
    (lambda: Conv2D(8, 3, strides=0), V, "Conv2D: expected strides"),
    (lambda: Conv2D(8, 3, dilation_rate=(1, 0)), V, "Conv2D: expected dilation_rate", "got 0"),
    (lambda: Conv2D(8, 3, padding="full"), V, "Conv2D: expected padding 'valid' or 'same', got 'full'"),
    (lambda: Conv2D(8, 3, padding="causal"), V, "expected padding 'valid' or 'same', got 'causal'"),
    (lambda: Conv1D(8, 3, padding=1), V, "expected padding 'valid' or 'same' or 'causal', got 1"),
    (lambda: Conv2D(8, 3, groups=3), V, "Conv2D: expected filters to be a multiple of groups=3, got 8"),
    (lambda: Conv2D(8, 3, activation="rleu"), V, "Did you mean 'relu'?"),
    (lambda: run(Conv2D(8, 3, groups=2), X2), V, "expected channels to be a multiple of groups=2, got 3"),
    (lambda: run(Conv2D(8, 3), np.ones((8, 28, 28)), (28, 28, 1)), V, "expected x of shape (batch, height, width, 1), got (8, 28, 28). Add the channel axis: x[..., np.newaxis]."),
    (lambda: run(Conv2D(8, 3), np.ones((8, 28, 28, 3)), (28, 28, 1)), V, "expected x of shape (batch, height, width, 1), got (8, 28, 28, 3). Check the channels"),
    (lambda: run(Conv1D(8, 3), X2), V, "Conv1D(8, 3): expected x of shape (batch, time, channels), got (None, 5, 4, 3). Reshape x."),
    (lambda: Conv2D(8, 3).build((None, 5, 4, None), rng=0), V, "expected a known last axis"),
    (lambda: Conv2D(8, 3).build((None, 5, 4, 3)), T, "expected rng"),
    (lambda: run(Conv2D(8, 5), X2), V, "expected x with width of at least 5, got 4", 'padding="same"'),
    (lambda: run(Conv1D(8, 3, dilation_rate=3), X1), V, "expected x with time of at least 7, got 6"),
    (lambda: Conv2D(8, 3).forward(X2), RuntimeError, "expected a built layer"),
    (lambda: Conv2DTranspose(0, 3), V, "Conv2DTranspose: expected filters"),
    (lambda: Conv2DTranspose(4, 3, strides=2, output_padding=2), V, "expected output_padding below strides=(2, 2), got 2"),
    (lambda: Conv2DTranspose(4, 3, strides=2, output_padding=-1), V, "expected output_padding to be a whole number >= 0, got -1"),
    (lambda: run(Conv2DTranspose(4, 3), X1), V, "expected x of shape (batch, height, width, channels), got (None, 6, 3). Add the channel"),
    (lambda: run(DepthwiseConv2D(7), X2), V, "DepthwiseConv2D((7, 7)): expected x with height of at least 7, got 5"),
    (lambda: DepthwiseConv2D(3, depth_multiplier=0), V, "expected depth_multiplier"),
    (lambda: Sequential([Input((28, 28)), Conv2D(6, 5)]).build(rng=0), V, "Add the channel axis"),
]
# fmt: on
