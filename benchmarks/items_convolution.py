"""Convolutions, forward and backward, beside Keras on TensorFlow.

ITEMS maps a name to (factory, goal): factory() gives the pair (ours, theirs) of
zero-argument steps, each a forward pass in training and a backward pass for dL/dx and
all weights, of float32 images; goal is the ratio of CPU seconds to reach, None where
none was set. Their step is compiled once by tf.function and returns y as well, for else
TensorFlow leaves out the forward pass of a linear layer, whose gradients do not need y.
"General path" is the same layer with Winograd's kernel switched off.
"""

from functools import partial

import numpy as np

from dlcourse import layers
from dlcourse.kernels import correlation


def contestants(name: str, shape: tuple[int, ...], general: bool = False, **options):
    """(ours, theirs): one step of the layer of that name on x of that shape."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=np.float32)
    ours = getattr(layers, name)(**options)
    ours.build((None, *shape[1:]), rng=rng)
    theirs = getattr(keras.layers, name)(**options)
    theirs.build((None, *shape[1:]))
    theirs.set_weights(ours.get_weights())
    y_shape = ours.compute_output_shape(shape)
    dy = rng.standard_normal(y_shape, dtype=np.float32)
    x_tensor, dy_tensor = tf.constant(x), tf.constant(dy)

    @tf.function
    def step(x, dy):
        weights = [v.value for v in theirs.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = theirs(x, training=True)
        return y, tape.gradient(y, [x, *weights], output_gradients=dy)

    def layer_step():
        _, cache = ours.forward(x, training=True)
        return ours.backward(dy, cache)

    def general_step():
        W, geometry = ours.params["kernel"], ours.geometry(shape[1:-1])
        _, kept = ours.finish(correlation.correlate(x, W, **geometry))
        dz, grads = ours.start(dy, kept)
        dx = correlation.input_gradient(dz, W, shape[1:-1], **geometry)
        return dx, correlation.kernel_gradient(x, dz, W.shape[:2], **geometry), grads

    our_step = general_step if general else layer_step
    return our_step, lambda: step(x_tensor, dy_tensor)


def conv2d(shape: tuple[int, ...], filters: int, kernel_size: int, **options):
    return partial(
        contestants,
        "Conv2D",
        shape,
        filters=filters,
        kernel_size=kernel_size,
        **{"padding": "same", **options},
    )


IMAGES = (32, 28, 28, 32)
ITEMS = {
    "Conv2D 3x3, 28x28x32 -> 64, batch 32, general path": (
        conv2d(IMAGES, 64, 3, general=True),
        1.35,
    ),
    "Conv2D 3x3, 28x28x32 -> 64, batch 32": (conv2d(IMAGES, 64, 3), 0.95),
    "Conv2D 5x5, 28x28x32 -> 64, batch 32, general path": (
        conv2d(IMAGES, 64, 5, general=True),
        None,
    ),
    "Conv2D 5x5, 28x28x32 -> 64, batch 32": (conv2d(IMAGES, 64, 5), 1.5),
    "Conv2D 1x1, 28x28x32 -> 64, batch 32": (conv2d(IMAGES, 64, 1), None),
    "Conv2D 3x3, stride 2, 28x28x32 -> 64, batch 32": (
        conv2d(IMAGES, 64, 3, strides=2),
        None,
    ),
    "Conv2D 3x3, 28x28x1 -> 32, batch 32 (a first layer)": (
        conv2d((32, 28, 28, 1), 32, 3, activation="relu"),
        None,
    ),
    "Conv2D 5x5, 28x28x1 -> 6, batch 64 (LeNet-5)": (
        conv2d((64, 28, 28, 1), 6, 5, activation="tanh"),
        None,
    ),
    "Conv2D 5x5, 14x14x6 -> 16, batch 64 (LeNet-5)": (
        conv2d((64, 14, 14, 6), 16, 5, padding="valid", activation="tanh"),
        None,
    ),
    "Conv2D 3x3, 32x32x3 -> 16, batch 32 (ResNet-20)": (
        conv2d((32, 32, 32, 3), 16, 3, use_bias=False),
        None,
    ),
    "Conv2D 3x3, 32x32x16 -> 16, batch 32 (ResNet-20)": (
        conv2d((32, 32, 32, 16), 16, 3, use_bias=False),
        None,
    ),
    "Conv2D 3x3, 16x16x32 -> 32, batch 32 (ResNet-20)": (
        conv2d((32, 16, 16, 32), 32, 3, use_bias=False),
        None,
    ),
    "Conv2D 3x3, 8x8x64 -> 64, batch 32 (ResNet-20)": (
        conv2d((32, 8, 8, 64), 64, 3, use_bias=False),
        None,
    ),
    "Conv2D 3x3, stride 2, 32x32x16 -> 32, batch 32 (ResNet-20)": (
        conv2d((32, 32, 32, 16), 32, 3, strides=2, use_bias=False),
        None,
    ),
    "Conv2D 7x7, stride 2, 64x64x3 -> 64, batch 8 (ResNet-18)": (
        conv2d((8, 64, 64, 3), 64, 7, strides=2, use_bias=False),
        None,
    ),
    "Conv1D 5, causal, 200x32 -> 64, batch 32": (
        partial(
            contestants,
            "Conv1D",
            (32, 200, 32),
            filters=64,
            kernel_size=5,
            padding="causal",
        ),
        None,
    ),
    "Conv2DTranspose 3x3, stride 2, 14x14x64 -> 32, batch 32": (
        partial(
            contestants,
            "Conv2DTranspose",
            (32, 14, 14, 64),
            filters=32,
            kernel_size=3,
            strides=2,
            padding="same",
        ),
        None,
    ),
    "DepthwiseConv2D 3x3, 28x28x32, batch 32": (
        partial(
            contestants,
            "DepthwiseConv2D",
            IMAGES,
            kernel_size=3,
            padding="same",
        ),
        None,
    ),
}
