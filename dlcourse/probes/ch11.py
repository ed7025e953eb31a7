"""Chapter 11: the rates that a callback sets, and Keras optimizers."""

import keras

from dlcourse.probes.ch08 import array, optimizer
from dlcourse.probes.wire import Foreign

__all__ = ["optimizer", "rates"]


def rates(make, settings, trainings):
    """The learning rate of each step under the callback make(**settings).

    A training is (epochs, steps an epoch); the callback's methods are called as `fit`
    calls them. One list of rates for each training; a Foreign where `make` gives no
    callback of Keras.
    """
    callback = make(**settings)
    if not isinstance(callback, keras.callbacks.Callback):
        return Foreign(type(callback).__name__)
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(0.5), loss="mse")
    callback.set_model(net)
    return [_rates(callback, net.optimizer, *training) for training in trainings]


def _rates(callback, optimizer, epochs, steps):
    found = []
    callback.set_params({"epochs": epochs, "steps": steps, "verbose": 0})
    callback.on_train_begin({})
    for epoch in range(epochs):
        callback.on_epoch_begin(epoch, {})
        for batch in range(steps):
            callback.on_train_batch_begin(batch, {})
            found.append(float(array(optimizer.learning_rate)))
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    callback.on_train_end({})
    return found
