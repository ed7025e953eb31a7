"""What readers get wrong: each a clear error that says who, expected, got, what to do."""

import re

import cases
import numpy as np
import pytest

from dlcourse import (
    activations,
    autodiff,
    callbacks,
    gradcheck,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    plots,
    widgets,
)
from dlcourse.layers import Activation, Dense, Dropout, Flatten, Input
from dlcourse.optimizers import SGD, Adam

X, Y = np.ones((4, 5)), np.array([0, 1, 2, 3])
P = np.full((4, 4), 0.25)
SCCE, CCE, BCE, MSE = (
    losses.SparseCategoricalCrossentropy(),
    losses.CategoricalCrossentropy(),
    losses.BinaryCrossentropy(),
    losses.MeanSquaredError(),
)


def model(compiled=True):
    made = cases.mlp("float32", "softmax")
    if compiled:
        made.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    return made


def fit(x=X, y=Y, **options):
    return model().fit(x, y, rng=0, verbose=0, **options)


def build(*stack, shape=(None, 5), **options):
    return models.Sequential(list(stack)).build(shape, **{"rng": 0, **options})


def apply(optimizer, grads, w=None):
    optimizer.apply({"w": np.ones(2) if w is None else w}, grads)


def shared_optimizer():
    one = Adam()
    apply(one, {"w": np.ones(2)})
    apply(one, {"w": np.ones(2)})


def with_nan(shape):
    array = np.ones(shape)
    array.flat[1] = np.nan
    return array


T, V, R, K, F = TypeError, ValueError, RuntimeError, KeyError, FloatingPointError
# fmt: off
TABLE = [
    *cases.BAD_INPUT,
    # -- names
    (lambda: Dense(3, activation="relu6"), V, "activation: expected one of", "Did you mean 'relu'?"),
    (lambda: Dense(3, activation=np.tanh), V, "activation: expected one of", "ufunc 'tanh'"),
    (lambda: Dense(3, activation=["relu"]), V, "activation: expected", "got ['relu']"),
    (lambda: Dense(3, kernel_initializer="glorot"), V, "initializer", "Did you mean"),
    (lambda: losses.get("mean_square_error"), V, "loss", "Did you mean 'mean_squared_error'?"),
    (lambda: losses.get(None), V, "loss: expected one of", "got None"),
    (lambda: optimizers.get("Adan"), V, "optimizer", "Did you mean 'adam'?"),
    (lambda: metrics.get("binary_acuracy"), V, "metric", "Did you mean 'binary_accuracy'?"),
    (lambda: metrics.get("accuracy", MSE), V, "metric 'accuracy'", "Name the form"),
    (lambda: model().get_layer("dens"), V, "Sequential", "dense, dense_1"),
    # -- layers
    (lambda: Dense(0), V, "Dense: expected units to be a positive whole number, got 0"),
    (lambda: Dense(2.5), V, "Dense: expected units", "got 2.5"),
    (lambda: Dense(True), V, "Dense: expected units", "got True"),
    (lambda: Dropout(1), V, "Dropout: expected rate in [0, 1), got 1"),
    (lambda: Dropout("a"), V, "Dropout: expected rate", "got 'a'"),
    (lambda: Dropout(np.nan), V, "Dropout: expected rate"),
    (lambda: Input(784), T, "Input: expected shape to be a tuple such as (784,), got 784"),
    (lambda: Input((0,)), V, "Input: expected each entry of shape"),
    (lambda: Dense(3)(X), R, "Dense(3)", "Call build(input_shape, rng=rng) first"),
    (lambda: build(Dense(3), shape=(784,)), V, "Dense(3): expected x of shape (batch, d), got (784,)"),
    (lambda: build(Dense(3), shape=784), V, "such as (None, 784), got 784"),
    (lambda: build(Dense(3), shape=(None, None)), V, "Dense(3): expected a known last axis"),
    (lambda: build(Flatten(), shape=(None, None, 3)), V, "Flatten: expected every axis"),
    (lambda: build(Dense(3), dtype="int32"), V, "expected dtype 'float32' or 'float64', got 'int32'"),
    (lambda: build(Dense(3), rng=None), T, "Sequential: expected rng", "default_rng(0)"),
    (lambda: build(Dense(3), rng=np.random), T, "expected rng to be a numpy.random.Generator or a seed"),
    (lambda: Dense(3).build((None, 5)), T, "Dense(3): expected rng", "got None"),
    (lambda: model().forward(np.ones((4, 6))), V, "Dense(6): expected x of shape (batch, 5), got (4, 6)"),
    (lambda: model().forward(np.ones((4, 1, 5))[:, 0].T), V, "expected x of shape (batch, 5)", "got (5, 4)"),
    (lambda: cases.mlp().layers[0](np.ones((64, 5, 1))), V, "Put a Flatten() layer before it"),
    (lambda: Dropout(0.5).forward(X, training=True), T, "Dropout(0.5): expected rng", "got None"),
    (lambda: Dropout(0.5).forward(X, training=True, rng=0), T, "Dropout(0.5): expected rng", "got 0"),
    (lambda: Activation("tanh").backward(np.ones((4, 1)), (X, X)), V, "tanh.vjp: expected dy of shape (4, 5)"),
    (lambda: Dropout(0.5).backward(np.ones((4, 1)), X), V, "Dropout(0.5): expected dy of shape (4, 5)"),
    (lambda: activations.sigmoid(["a"]), T, "sigmoid: expected z to hold real numbers"),
    (lambda: activations.relu(np.array([1j])), T, "relu: expected z", "complex128"),
    # -- models
    (lambda: models.Sequential([Dense]), T, "Sequential: expected a dlcourse layer", "with brackets"),
    (lambda: models.Sequential(Dense(2)), T, "Sequential: expected a list of layers"),
    (lambda: models.Sequential([Dense(2, name="a"), Dense(2, name="a")]), V, "'a' twice"),
    (lambda: models.Sequential([one := Dense(2), one]), V, "stands in the model already"),
    (lambda: models.Sequential([Dense(2), Input((2,))]), V, "expected Input only as the first"),
    (lambda: models.Sequential().build((None, 2), rng=0), V, "at least one layer"),
    (lambda: models.Sequential([Dense(2)]).build(rng=0), V, "Begin the model with Input((784,))"),
    (lambda: models.Sequential([Dense(2)]).predict(X), R, "expected a built layer"),
    (lambda: models.Sequential([Dense(2)]).summary(), R, "Call build"),
    (lambda: model(compiled=False).fit(X, Y), R, "fit: expected a compiled model"),
    (lambda: model(compiled=False).train_on_batch(X, Y), R, "train_on_batch: expected a compiled"),
    (lambda: model().compile("sgd"), V, "Sequential.compile: expected a loss"),
    (lambda: model().set_weights([np.ones((5, 6))]), V, "expected 4 weight arrays, got 1"),
    (lambda: model().set_weights([np.ones((6, 5))] * 4), V, "weight 0 of shape (5, 6), got (6, 5)"),
    (lambda: model().set_weights([with_nan((5, 6)), *model().get_weights()[1:]]), V, "expected finite weight 0"),
    # -- data
    (lambda: fit(X[:3]), V, "fit: expected as many targets as samples, got 3 samples and 4 targets"),
    (lambda: fit(y=3), V, "fit: expected as many targets", "one number for all"),
    (lambda: fit(3.0), V, "fit: expected x of shape (batch, features), got ()"),
    (lambda: fit(np.ones(4)), V, "fit: expected x of shape (batch, features), got (4,)"),
    (lambda: fit(np.ones((4, 6))), V, "fit: expected x of shape (batch, 5), as Input says, got (4, 6)"),
    (lambda: model().predict(np.ones((4, 6))), V, "predict: expected x of shape (batch, 5)"),
    (lambda: fit(np.ones((0, 5)), []), V, "fit: expected x with at least one sample, got shape (0, 5)"),
    (lambda: fit(with_nan((4, 5))), V, "fit: expected finite x, got nan at index (0, 1) (1 such entries)"),
    (lambda: fit(X * np.array([np.inf, -np.inf, 1, 1, 1])), V, "fit: expected finite x, got inf"),
    (lambda: fit(y=[0, 1, np.nan, 2]), V, "fit: expected finite y, got nan at index (2,)"),
    (lambda: fit([["a"] * 5] * 4), T, "fit: expected x to hold real numbers, got dtype <U1"),
    (lambda: fit(X.astype(object)), T, "fit: expected x to hold real numbers, got dtype object"),
    (lambda: fit(X * 1j), T, "fit: expected x to hold real numbers, got dtype complex128"),
    (lambda: fit([[1, 2], [1]]), V, "fit: expected x to be a rectangular array"),
    (lambda: fit(y=["a", "b", "c", "d"]), T, "fit: expected y to hold real numbers"),
    (lambda: model().forward([["a"]]), T, "Sequential: expected x to hold real numbers"),
    (lambda: model().predict(with_nan((4, 5))), V, "predict: expected finite x"),
    # -- options of fit
    (lambda: fit(batch_size=0), V, "fit: expected batch_size to be a positive whole number, got 0"),
    (lambda: fit(epochs=1.5), V, "fit: expected epochs"),
    (lambda: fit(initial_epoch=-1), V, "fit: expected initial_epoch to be a whole number >= 0"),
    (lambda: fit(validation_split=1.0), V, "fit: expected validation_split in [0, 1), got 1.0"),
    (lambda: fit(validation_split=0.9), V, "samples on both sides"),
    (lambda: fit(validation_data=X), V, "fit: expected validation_data=(x, y)"),
    (lambda: fit(validation_data=(X, Y[:2])), V, "evaluate: expected as many targets"),
    (lambda: fit(callbacks=[callbacks.EarlyStopping]), T, "fit: expected callbacks", "with brackets"),
    (lambda: fit(callbacks=[callbacks.EarlyStopping()]), K, "'val_loss' among the logs", "validation_data"),
    (lambda: model().fit(X, Y, rng="0", verbose=0), T, "fit: expected rng"),
    (lambda: model().evaluate(X, Y, batch_size=-1), V, "evaluate: expected batch_size"),
    (lambda: model().predict(X, batch_size=0), V, "predict: expected batch_size"),
    (lambda: callbacks.EarlyStopping(mode="up"), V, "EarlyStopping: expected mode"),
    (lambda: callbacks.LambdaCallback(on_epoch=print), V, "LambdaCallback: expected one of on_epoch_begin"),
    (lambda: callbacks.LambdaCallback(on_epoch_end=3), T, "LambdaCallback: expected a function for on_epoch_end"),
    (lambda: fit(callbacks=[callbacks.LearningRateScheduler(lambda e: "a")]), V, "expected learning_rate"),
    # -- losses
    (lambda: SCCE([0, 1, 2, 4], P), V, "expected labels 0 to 3 for 4 outputs, got 4", "Renumber"),
    (lambda: SCCE([0, 1, 2, -1], P), V, "expected labels 0 to 3 for 4 outputs, got -1"),
    (lambda: SCCE([0, 1, 2, 0.5], P), T, "expected whole class numbers", "mean_squared_error"),
    (lambda: SCCE([0, 1, 2, np.nan], P), V, "expected finite y_true"),
    (lambda: SCCE(np.eye(4), P), V, "one class number a sample", "use categorical_crossentropy"),
    (lambda: SCCE([0, 1], P), V, "shape (4,), got (2,)"),
    (lambda: SCCE(Y, np.log(P)), V, "expected probabilities", "or set from_logits=True"),
    (lambda: CCE(np.eye(4), np.eye(4)[[0, 1, 2, 3]] * 0), V, "expected probabilities, got a row of zeros"),
    (lambda: CCE(Y, P), V, "expected y_true of shape (4, 4)", "use sparse_categorical_crossentropy"),
    (lambda: BCE(P[:, :1], 9 * P[:, :1]), V, "expected probabilities", "with a sigmoid"),
    (lambda: BCE([[-1], [1], [1], [-1]], P[:, :1]), V, "expected targets in [0, 1]", "-1 to 1"),
    (lambda: MSE(np.ones((4, 1)), np.ones(4)), V, "expected y_true of shape (4,), as y_pred, got (4, 1)"),
    (lambda: MSE(np.ones(4), np.ones((4, 3))), V, "expected y_true of shape (4, 3), as y_pred, got (4,)"),
    (lambda: MSE(np.ones((4, 3)), np.ones((4, 1))), V, "expected y_true of shape (4, 1)"),
    (lambda: MSE(1.0, 2.0), V, "expected y_pred with one row a sample"),
    (lambda: MSE([], []), V, "at least one sample"),
    (lambda: MSE([1.0], [np.inf]), V, "expected finite y_pred"),
    (lambda: metrics.MeanSquaredError().update_state(np.ones(4), P), V, "expected y_true of shape (4, 4)"),
    (lambda: metrics.SparseCategoricalAccuracy().update_state(np.eye(4), P), V, "use categorical_accuracy"),
    # -- optimizers and initializers
    (lambda: SGD(-0.1), V, "SGD: expected learning_rate to be a finite number of at least 0, got -0.1"),
    (lambda: SGD(np.inf), V, "SGD: expected learning_rate", "got inf"),
    (lambda: Adam("fast"), V, "Adam: expected learning_rate", "got 'fast'"),
    (lambda: setattr(SGD(), "learning_rate", -1), V, "SGD: expected learning_rate", "got -1"),
    (lambda: apply(SGD(lambda t: None), {"w": np.ones(2)}), V, "SGD: expected learning_rate", "got None"),
    (lambda: SGD(momentum=1.5), V, "SGD: expected momentum in [0, 1], got 1.5"),
    (lambda: Adam(beta_1=1), V, "Adam: expected beta_1 in [0, 1), got 1"),
    (lambda: Adam(epsilon=-1), V, "Adam: expected epsilon"),
    (lambda: apply(SGD(), {}), K, "expected a gradient for w"),
    (lambda: apply(SGD(), np.ones(2)), K, "expected a gradient for w, got ndarray"),
    (lambda: apply(SGD(), {"w": np.ones(3)}), V, "expected a gradient of shape (2,) for w, got (3,)"),
    (lambda: apply(SGD(), {"w": [1.0, np.nan]}), F, "gradient of w", "No weight was changed"),
    (shared_optimizer, V, "Adam: expected the arrays of the steps before", "Make a new optimizer"),
    (lambda: initializers.HeNormal()((2, 2), None), T, "HeNormal: expected rng"),
    (lambda: initializers.RandomNormal(stddev=-1), V, "RandomNormal: expected stddev"),
    (lambda: initializers.RandomUniform(1, 0), V, "RandomUniform: expected minval <= maxval"),
    (lambda: initializers.VarianceScaling(0), V, "VarianceScaling: expected scale above 0"),
    (lambda: initializers.VarianceScaling(mode="fan"), V, "VarianceScaling mode"),
    # -- tools
    (lambda: gradcheck.check(model(), X, Y, "mse", rng=0), T, "rounding drowns the difference"),
    (lambda: gradcheck.numerical_gradient(sum, [1.0]), T, "expected x as an array of float64, got list"),
    (lambda: gradcheck.numerical_gradient(lambda x: (1, x), np.ones(2)), T, "take the first item"),
    (lambda: gradcheck.relative_error(np.ones(2), np.ones((2, 1))), V, "arrays of one shape"),
    (lambda: autodiff.Value(-1).log(), V, "Value.log: expected a number above 0, got -1.0"),
    (lambda: autodiff.Value(2) ** autodiff.Value(2), T, "expected a number as exponent"),
    (lambda: plots.images(np.ones((8, 8))), V, "images: expected images of shape (n, height, width)"),
    (lambda: widgets.demo(print), V, "demo: expected values to choose from"),
    (lambda: widgets.demo(print, a=[1]), V, "demo: expected at least two values for 'a'"),
    (lambda: widgets.demo(print, a=range(61)), V, "at most 60 frames", "got 61"),
    (lambda: widgets.demo(print, a=[1, 2], start={"a": 3}), V, "expected start to name one", "a=3"),
]
# fmt: on


def lines(entries):
    return [f"{i}-{entry[2][:40]}" for i, entry in enumerate(entries)]


@pytest.mark.parametrize("entry", TABLE, ids=lines(TABLE))
def test_error_says_what_is_wrong(entry):
    call, kind, *words = entry
    with pytest.raises(kind) as caught:
        call()
    assert caught.type is kind
    said = str(caught.value.args[0])
    for word in words:
        assert word in said, said
    assert not re.search("broadcast|operands|ufunc '(?!tanh)", said)


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), Adam()])
def test_a_gradient_that_is_not_finite_changes_nothing(optimizer):
    params = {"a": np.ones(2), "b": np.ones(3)}
    with pytest.raises(FloatingPointError, match="gradient of b"):
        optimizer.apply(params, {"a": np.ones(2), "b": with_nan(3)})
    assert (params["a"] == 1).all() and (params["b"] == 1).all()
    assert optimizer.iterations == 0


GOOD = [
    (SCCE, np.array([0.0, 1.0, 2.0, 3.0]), P, "whole floats"),
    (SCCE, np.array([True, False, True, False]), P, "booleans"),
    (SCCE, Y.astype(np.uint8)[:, np.newaxis], P, "a column of bytes"),
    (BCE, np.array([True, False, True, False]), P[:, :1], "(n,) against (n, 1)"),
    (MSE, [1, 2, 3, 4], np.ones((4, 1)), "a list"),
]


@pytest.mark.parametrize("entry", GOOD, ids=lambda e: e[3])
def test_what_is_meant_is_taken(entry):
    loss, y_true, y_pred, _ = entry
    value, dy = loss(y_true, y_pred)
    assert np.isfinite(value) and dy.shape == y_pred.shape


def test_lists_and_whole_numbers_are_samples():
    y = model().predict([[1, 2, 3, 4, 5]])
    assert y.dtype == np.float32 and y.shape == (1, 4)
    assert model()(np.ones((2, 5), int)).dtype == np.float32
    assert layers.Dense(np.int64(3)).units == 3
    assert SGD(np.float32(0.5)).learning_rate == 0.5
