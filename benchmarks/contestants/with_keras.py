"""Keras on TensorFlow, in each of its ways; the fastest is the one we compare with."""

import os

import keras
import tensorflow as tf
from work import Pass, Training

from contestants.with_numpy import trains

threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)


def build(work, weights=None) -> dict:
    """{way: step}"""
    return (
        training(work, weights) if isinstance(work, Training) else passes(work, weights)
    )


def rule(work: Training):
    if work.optimizer == "momentum":
        return keras.optimizers.SGD(work.learning_rate, momentum=0.9)
    return getattr(keras.optimizers, work.optimizer)(work.learning_rate)


def convolution(node, name, filters, size, stride=1, padding="same", **options):
    return keras.layers.Conv2D(
        filters, size, strides=stride, padding=padding, name=name, **options
    )(node)


def normalized(node, name, activation=True, **options):
    node = convolution(node, name, use_bias=False, **options)
    node = keras.layers.BatchNormalization(name=f"{name}_bn")(node)
    return keras.layers.Activation("relu")(node) if activation else node


def residual(node, name, filters, stride):
    y = normalized(node, f"{name}_a", filters=filters, size=3, stride=stride)
    y = normalized(y, f"{name}_b", False, filters=filters, size=3)
    if stride > 1:
        node = normalized(
            node, f"{name}_c", False, filters=filters, size=1, stride=stride
        )
    return keras.layers.Activation("relu")(keras.layers.Add()([y, node]))


BLOCKS = {
    "dense": lambda node, name, **o: keras.layers.Dense(**o, name=name)(node),
    "conv": convolution,
    "pool": lambda node, name, size: keras.layers.MaxPooling2D(size)(node),
    "flatten": lambda node, name: keras.layers.Flatten()(node),
    "global-average": lambda node, name: keras.layers.GlobalAveragePooling2D()(node),
    "conv-bn-relu": normalized,
    "residual": residual,
}


def model(work: Training, weights=None, jit: bool = False) -> keras.Model:
    node = inputs = keras.Input(work.shape)
    for i, (kind, options) in enumerate(work.blocks):
        node = BLOCKS[kind](node, f"block{i}", **options)
    found = keras.Model(inputs, node)
    for name, values in (weights or {}).items():
        found.get_layer(name).set_weights(values)
    found.compile(rule(work), "sparse_categorical_crossentropy", jit_compile=jit)
    return found


def training(work: Training, weights):
    x, y = work.data()
    if work.samples:
        options = {"batch_size": work.batch, "epochs": 1, "verbose": 0}
        nets = {jit: model(work, weights, jit) for jit in (False, True)}
        return {
            "fit": lambda: nets[False].fit(x, y, **options),
            "fit, jit": lambda: nets[True].fit(x, y, **options),
        }
    net = model(work, weights)
    return {
        "train_on_batch": lambda: net.train_on_batch(x, y),
        "tf.function": compiled(work, model(work, weights), False),
        "tf.function, jit": compiled(work, model(work, weights), True),
    }


def compiled(work: Training, net: keras.Model, jit: bool):
    """The step by hand, as one graph."""
    x, y = map(tf.constant, work.data())
    optimizer, loss = rule(work), keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(net.trainable_variables)

    @tf.function(jit_compile=jit)
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, net(x, training=True))
        grads = tape.gradient(value, [v.value for v in net.trainable_variables])
        optimizer.apply(grads, net.trainable_variables)
        return value

    return lambda: step(x, y)


def passes(work: Pass, weights):
    layer = getattr(keras.layers, work.layer)(**work.options)
    layer.build((None, *work.shape[1:]))
    if weights:
        layer.set_weights(weights["layer"])
    found = work.data(layer.compute_output_shape(work.shape))
    x, dy = (tf.constant(array) for array in found)
    options = {"training": True} if trains(work) else {}

    def one(jit):
        @tf.function(jit_compile=jit)
        def step(x, dy):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, **options)
            values = [v.value for v in layer.trainable_variables]
            # y too, or the graph is cut back to what the gradients need
            return tape.gradient(y, [x, *values], output_gradients=dy), y

        return lambda: step(x, dy)[0][0]

    return {"tf.function": one(False), "tf.function, jit": one(True)}
