"""Pooling, normalization and dropout, forward and backward, beside Keras on TensorFlow.

ITEMS maps a name to (factory, goal): factory() gives the pair (ours, theirs) of
zero-argument steps, each a forward pass in training and a backward pass for dL/dx and
all weights, of float32 arrays; goal is the ratio of CPU seconds to reach, None where
none was set. Their step is compiled once by tf.function. BatchNormalization is Keras'
own formula, the one that its layer computes, not TensorFlow's fused op.
"""

from functools import partial

import numpy as np

from dlcourse import layers


def contestants(name: str, shape: tuple[int, ...], **options):
    """(ours, theirs): one step of the layer of that name on x of that shape."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=np.float32)
    ours = getattr(layers, name)(**options)
    ours.build((None, *shape[1:]), rng=rng)
    theirs = getattr(keras.layers, name)(**options)
    theirs.build((None, *shape[1:]))
    y_shape = ours.compute_output_shape(shape)
    dy = rng.standard_normal(y_shape, dtype=np.float32)
    x_tensor, dy_tensor = tf.constant(x), tf.constant(dy)
    training = {"training": True} if hasattr(ours, "rate") or ours.state else {}

    @tf.function
    def step(x, dy):
        weights = [v.value for v in theirs.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = theirs(x, **training)
        # With y: TensorFlow leaves out a forward pass that nobody asks for.
        return y, tape.gradient(y, [x, *weights], output_gradients=dy)

    def our_step():
        _, cache = ours.forward(x, training=True, rng=rng)
        return ours.backward(dy, cache)

    return our_step, lambda: step(x_tensor, dy_tensor)


IMAGES = (32, 28, 28, 32)
ITEMS = {
    "BatchNormalization 28x28x32, batch 32": (
        partial(contestants, "BatchNormalization", IMAGES),
        0.65,
    ),
    "BatchNormalization 28x28x64, batch 32": (
        partial(contestants, "BatchNormalization", (32, 28, 28, 64)),
        0.65,
    ),
    "BatchNormalization 300, batch 128": (
        partial(contestants, "BatchNormalization", (128, 300)),
        0.65,
    ),
    "LayerNormalization 50x128, batch 32": (
        partial(contestants, "LayerNormalization", (32, 50, 128)),
        None,
    ),
    "Dropout 28x28x32, batch 32": (
        partial(contestants, "Dropout", IMAGES, rate=0.5),
        0.25,
    ),
    "Dropout 300, batch 128": (
        partial(contestants, "Dropout", (128, 300), rate=0.2),
        0.25,
    ),
    "MaxPooling2D 2x2, 28x28x32, batch 32": (
        partial(contestants, "MaxPooling2D", IMAGES, pool_size=2),
        3.5,
    ),
    "MaxPooling2D 3x3, stride 2, 28x28x32, batch 32": (
        partial(contestants, "MaxPooling2D", IMAGES, pool_size=3, strides=2),
        None,
    ),
    "AveragePooling2D 2x2, 28x28x32, batch 32": (
        partial(contestants, "AveragePooling2D", IMAGES, pool_size=2),
        None,
    ),
    "GlobalAveragePooling2D 7x7x512, batch 32": (
        partial(contestants, "GlobalAveragePooling2D", (32, 7, 7, 512)),
        None,
    ),
}
