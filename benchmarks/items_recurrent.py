"""Recurrent layers, forward and backward, beside Keras on TensorFlow.

ITEMS maps a name to (factory, goal): factory() gives the pair (ours, theirs) of
zero-argument steps, each a forward and a backward pass for dL/dx and all weights, of
float32 sequences; goal is the ratio of CPU seconds to reach, None where none was set.
Their step is compiled once by tf.function, which is faster than train_on_batch.
"""

from functools import partial

import numpy as np

from dlcourse import layers


def contestants(name: str, d=64, units=128, time=50, batch=32, **options):
    """(ours, theirs): one step of the layer of that name, (batch, time, d) -> units."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, time, d)).astype(np.float32)
    ours = getattr(layers, name)(units, **options)
    ours.build((None, time, d), rng=rng)
    theirs = getattr(keras.layers, name)(units, **options)
    theirs.build((None, time, d))
    theirs.set_weights(ours.get_weights())
    shape = ours.compute_output_shape(x.shape)
    dy = rng.standard_normal(shape).astype(np.float32)
    x_tensor, dy_tensor = tf.constant(x), tf.constant(dy)

    @tf.function
    def step(x, dy):
        weights = [v.value for v in theirs.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = theirs(x)
        # With y: TensorFlow leaves out a forward pass that nobody asks for.
        return y, tape.gradient(y, [x, *weights], output_gradients=dy)

    def our_step():
        _, cache = ours.forward(x)
        return ours.backward(dy, cache)

    return our_step, lambda: step(x_tensor, dy_tensor)


def ids_contestants(vocabulary=10_000, units=64, time=50, batch=32):
    """(ours, theirs): one step of Embedding; Keras leaves its gradient sparse."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    ids = rng.integers(0, vocabulary, (batch, time))
    dy = rng.standard_normal((batch, time, units)).astype(np.float32)
    ours = layers.Embedding(vocabulary, units)
    ours.build((None, time), rng=rng)
    theirs = keras.layers.Embedding(vocabulary, units)
    theirs.build((None, time))
    ids_tensor, dy_tensor = tf.constant(ids), tf.constant(dy)

    @tf.function
    def step(ids, dy):
        with tf.GradientTape() as tape:
            y = theirs(ids)
        weights = [v.value for v in theirs.trainable_variables]
        found = tape.gradient(y, weights, output_gradients=dy)
        return [tf.convert_to_tensor(g) for g in found]  # dense, as ours

    def our_step():
        _, cache = ours.forward(ids)
        return ours.backward(dy, cache)

    return our_step, lambda: step(ids_tensor, dy_tensor)


SEQUENCES = {"return_sequences": True}
ITEMS = {
    "LSTM 64->128, T=50, batch 32": (partial(contestants, "LSTM"), 0.75),
    "LSTM 64->128, T=50, batch 32, sequences": (
        partial(contestants, "LSTM", **SEQUENCES),
        0.75,
    ),
    "GRU 64->128, T=50, batch 32": (partial(contestants, "GRU"), None),
    "GRU 64->128, T=50, batch 32, reset before": (
        partial(contestants, "GRU", reset_after=False),
        None,
    ),
    "SimpleRNN 64->128, T=50, batch 32": (partial(contestants, "SimpleRNN"), None),
    "Embedding 10,000 x 64, T=50, batch 32": (ids_contestants, None),
}
