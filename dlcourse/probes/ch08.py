"""Chapter 8: Keras models, layers, optimizers and trainings as plain data.

Keras objects are made here, with weights and data that the check drew; what comes out
goes back as names of classes, shapes and arrays.
"""

import contextlib
import io
import math
import pathlib
import tempfile
import warnings

import keras
import numpy as np

from dlcourse import callbacks, layers, models, optimizers
from dlcourse.probes.wire import Foreign

# For a few steps TensorFlow's compiler takes longer than it saves. JAX is slow without.
EAGER = keras.backend.backend() == "tensorflow"


def model(build, arguments, given):
    """What `described` says of the Keras model build(*arguments)."""
    found, warned = heard(build, *arguments)
    return described(found, warned, **given)


def model_with_optimizer(build, name, settings, given):
    """The same for build(optimizer), of a class of Keras and its settings."""
    optimizer = keras.optimizers.get({"class_name": name, "config": settings})
    return model(build, [optimizer], given)


def same_model(change, given):
    """The same for change(model), of a model with one dense layer."""
    before = dense(given["weights"])
    found, warned = heard(change, before)
    if isinstance(found, keras.Model) and found is not before:
        return Foreign("another model")
    return described(found, warned, **given)


def described(found, warned, weights, x, **use):
    """A Keras model: its classes, layers, optimizer, and the shapes of its weights and
    inputs; what `used` says where `weights` and `x` fit these. Else a Foreign."""
    if not isinstance(found, keras.Model):
        return Foreign(type(found).__name__)
    inputs = getattr(found, "inputs", None) or () if found.built else ()
    told = {
        "kinds": kinds(found),
        "warned": warned,
        "layers": [_line(layer) for layer in found.layers],
        "optimizer": _rate(found.optimizer) if found.compiled else None,
        "shapes": [tuple(w.shape) for w in found.get_weights()],
        "inputs": [tuple(t.shape[1:]) for t in inputs],
    }
    x = [x] if isinstance(x, np.ndarray) else x
    fits = sorted(told["shapes"]) == sorted(w.shape for w in weights)
    sizes = [math.prod(n or 0 for n in shape) for shape in told["inputs"]]
    if not fits or sizes != [a[0].size for a in x]:
        return told
    x = [a.reshape(-1, *s) for a, s in zip(x, told["inputs"], strict=True)]
    assign(found, weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return told | used(found, x if len(x) > 1 else x[0], **use)
        except Exception as error:
            text = str(error).split("\n\n")[0][:300]
            return told | {"failed": f"{type(error).__name__}: {text}"}


def used(net, x, y=None, steps=0, reload=False):
    """The outputs for x, with `reload` of the model that was saved and loaded.

    Given y, and where it is compiled, also the loss and metrics for (x, y), and the
    weights after so many steps, at least one.
    """
    net = reloaded(net) if reload else net
    net.run_eagerly = EAGER
    told = {"outputs": net.predict_on_batch(x)}
    if y is not None and net.compiled:
        net.reset_metrics()
        told["results"] = net.train_on_batch(x, y, return_dict=True)
        for _ in range(steps - 1):
            net.train_on_batch(x, y)
        told["weights"] = net.get_weights()
    return told


def layer(make, weights, x):
    """The Keras layer make(): its classes, and what it gives for x; else a Foreign."""
    found, warned = heard(make)
    if not isinstance(found, keras.layers.Layer):
        return Foreign(type(found).__name__)
    found.build((None, x.shape[1]))
    shapes = [tuple(w.shape) for w in found.get_weights()]
    told = {"kinds": kinds(found), "warned": warned, "shapes": shapes}
    if sorted(shapes) == sorted(w.shape for w in weights):
        assign(found, weights)
        told["outputs"] = array(found(x))
        told["penalty"] = float(sum(float(array(loss)) for loss in found.losses))
    return told


def optimizer(make, start, at, gradients):
    """What `moved` says of the optimizer make()."""
    found, warned = heard(make)
    return moved(found, warned, start, at, gradients)


def optimizers_of(make, start, at, gradients):
    """The same for each optimizer of the list make(); else a Foreign."""
    found, warned = heard(make)
    if not isinstance(found, (list, tuple)):
        return Foreign(type(found).__name__)
    return [moved(one, warned, start, at, gradients) for one in found]


def moved(found, warned, start, at, gradients):
    """A Keras optimizer: its classes, and its learning rate and the weights that began
    at `start`, for each step number and gradient; else a Foreign."""
    if not isinstance(found, keras.optimizers.Optimizer):
        return Foreign(type(found).__name__)
    w, rates, path = keras.Variable(start), [], []
    found.build([w])
    for step, gradient in zip(at, gradients, strict=True):
        found.iterations.assign(step)
        rates.append(float(array(found.learning_rate)))
        found.apply([keras.ops.convert_to_tensor(gradient)], [w])
        path.append(array(w))
    return {"kinds": kinds(found), "warned": warned, "rates": rates, "path": path}


def fitted(fit, weights, rate, x, y, x_val, y_val):
    """fit(model, x, y, x_val, y_val, callback) of a dense layer with squared errors.

    The history, the epochs that the callback saw, the weights. Foreign where no History
    came out.
    """
    net, seen = dense(weights, rate), []
    spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))
    found, warned = heard(fit, net, x, y, x_val, y_val, spy)
    if not isinstance(found, keras.callbacks.History):
        return Foreign(type(found).__name__)
    return {
        "history": dict(found.history),
        "seen": seen,
        "weights": net.get_weights(),
        "warned": warned,
    }


def regressor(make, weights, rate, x, y, x_new):
    """make(build), fitted to (x, y): what build got, and the predictions for x_new.

    Foreign where it is no scikit-learn regressor of Keras.
    """
    got = []

    def build(X, y):
        got.append((np.array(X), np.array(y)))
        return dense(weights, rate)

    found, warned = heard(make, build)
    if not isinstance(found, keras.wrappers.SKLearnRegressor):
        return Foreign(type(found).__name__)
    with contextlib.redirect_stdout(io.StringIO()):
        predicted = found.fit(x, y).predict(x_new)
    return {"got": got, "predicted": predicted, "warned": warned}


def trained(train, weights, *inputs):
    """(result, weights) of train(model, *inputs), of dense layers with tanh between."""
    net = keras.Sequential([keras.Input((len(weights[0]),))])
    for bias in weights[1::2]:
        last = bias is weights[-1]
        net.add(keras.layers.Dense(len(bias), activation=None if last else "tanh"))
    net.set_weights(weights)
    return train(net, *inputs), net.get_weights()


def epoch(one_epoch, weights, rate, *inputs):
    """(result, weights) of one_epoch(model, *inputs), of our softmax layer."""
    outputs = layers.Dense(len(weights[1]), activation="softmax")
    net = models.Sequential([layers.Input((len(weights[0]),)), outputs])
    net.build(rng=0, dtype="float64")
    net.set_weights(weights)
    net.compile(optimizers.SGD(rate), loss="sparse_categorical_crossentropy")
    return one_epoch(net, *inputs), net.get_weights()


def stopped(make, settings, trainings):
    """A callback make(**settings) of ours in one training after the other.

    A training is a list of logs, one dict an epoch; in epoch t all weights are t. For
    each: the epochs run, best, best_epoch, and the weights at the end. Also the classes
    of the callback.
    """
    callback, told = make(**settings), []
    for logs in trainings:
        net = models.Sequential([layers.Input((1,)), layers.Dense(2)])
        net.build(rng=0)
        callback.set_model(net)
        callback.set_params({"epochs": len(logs), "steps": 1, "verbose": 0})
        net.stop_training, run = False, 0
        callback.on_train_begin({})
        for t, line in enumerate(logs):
            callback.on_epoch_begin(t, {})
            net.set_weights([np.full(w.shape, t) for w in net.get_weights()])
            callback.on_epoch_end(t, dict(line))
            run += 1
            if net.stop_training:
                break
        callback.on_train_end(dict(line))
        told.append((run, callback.best, callback.best_epoch, net.get_weights()))
    ours = [
        k.__name__ for k in type(callback).__mro__ if issubclass(k, callbacks.Callback)
    ]
    return ours, told


# -- helpers


def heard(function, *arguments):
    """(result, texts of the warnings) of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*arguments)
    return result, [str(w.message) for w in caught if w.category is UserWarning]


def kinds(thing) -> list[str]:
    """The names of an object's classes that are Keras' own."""
    return [c.__name__ for c in type(thing).__mro__ if c.__module__.startswith("keras")]


def array(tensor) -> np.ndarray:
    if isinstance(tensor, keras.Variable):  # np.array of one warns on TensorFlow
        return tensor.numpy()
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def dense(weights, rate=None):
    """A Keras model of one dense layer; with a rate compiled for squared errors."""
    n, units = weights[0].shape
    net = keras.Sequential([keras.Input((n,)), keras.layers.Dense(units)])
    net.set_weights(weights)
    if rate is not None:
        net.compile(keras.optimizers.SGD(rate), loss="mse", run_eagerly=EAGER)
    return net


def assign(owner, weights) -> None:
    """Give each weight the first of `weights` that has its shape and is left."""
    left = list(weights)
    for w in owner.weights:
        shape = tuple(w.shape)
        w.assign(left.pop([a.shape for a in left].index(shape)))


def reloaded(net):
    """The model that was saved and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        net.save(path)
        return keras.models.load_model(path)


def _line(layer) -> str:
    """A layer in a few words: Dense(20, relu)."""
    parts = [getattr(layer, name, None) for name in ("units", "activation")]
    said = ", ".join(getattr(p, "__name__", str(p)) for p in parts if p is not None)
    return f"{type(layer).__name__}({said})"


def _rate(optimizer) -> str:
    rate = float(array(optimizer.learning_rate))
    return f"{type(optimizer).__name__} with learning rate {rate:.4g}"
