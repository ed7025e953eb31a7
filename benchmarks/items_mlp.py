"""The dense network 784-300-100-10: one training step, and a whole epoch of fit.

Each item is (factory, goal): the factory returns (ours, theirs), two functions without
arguments that do the same work. Theirs is the faster of Keras' ways: `train_on_batch`,
or a step compiled by hand with tf.function, which skips its callbacks and metrics.
"""

from functools import partial

import numpy as np

from dlcourse import layers, models, optimizers, twin

LOSS = "sparse_categorical_crossentropy"


def data(n: int):
    """Random images and labels, as float32 and int64."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 784)).astype(np.float32)
    return x, rng.integers(0, 10, n)


def network(rule) -> models.Sequential:
    """784-300-100-10 with ReLU and softmax, compiled."""
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.build(rng=0)
    model.compile(rule(0.001), LOSS)
    return model


def compiled_step(theirs, x, y):
    """Keras' model in a hand-written step: no metrics, no callbacks."""
    import tensorflow as tf

    x, y = tf.constant(x), tf.constant(y)
    loss = twin.to_keras_loss(LOSS)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = loss(y, theirs(x, training=True))
        weights = theirs.trainable_variables
        gradients = tape.gradient(value, [w.value for w in weights])
        theirs.optimizer.apply(gradients, weights)
        return value

    return lambda: step().numpy()


def step(batch: int, rule, by_hand: bool):
    """(ours, theirs): one step of each."""
    (x, y), model = data(batch), network(rule)
    theirs = twin.to_keras(model)
    if by_hand:
        return lambda: model.train_on_batch(x, y), compiled_step(theirs, x, y)
    return lambda: model.train_on_batch(x, y), lambda: theirs.train_on_batch(x, y)


def epoch(batch: int, rule, n: int = 3200):
    """(ours, theirs): one epoch of fit each, shuffled."""
    (x, y), model = data(n), network(rule)
    theirs = twin.to_keras(model)
    options = {"batch_size": batch, "verbose": 0}
    return lambda: model.fit(x, y, rng=0, **options), lambda: theirs.fit(
        x, y, **options
    )


SGD, ADAM = optimizers.SGD, optimizers.Adam
GOALS = {(32, SGD): 0.45, (32, ADAM): 0.55, (128, SGD): 0.75, (128, ADAM): 0.80}
ITEMS = {
    **{
        f"MLP, batch {batch}, {rule.__name__}, beside {way}": (
            partial(step, batch, rule, by_hand),
            goal,
        )
        for (batch, rule), goal in GOALS.items()
        for way, by_hand in (("train_on_batch", False), ("tf.function", True))
    },
    "MLP, an epoch of fit, batch 32, SGD": (partial(epoch, 32, SGD), 0.40),
    "MLP, an epoch of fit, batch 32, Adam": (partial(epoch, 32, ADAM), 0.40),
}
