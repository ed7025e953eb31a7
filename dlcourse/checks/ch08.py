"""Checks of chapter 8: Keras basics and tooling."""

import itertools
import pathlib
import tempfile
import warnings

import numpy as np

from dlcourse.checks import Wrong, choice, digest, exercise, expect


def _quiet(function, *arguments, **named):
    """The result of a call; Wrong where Keras warns about an argument."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*arguments, **named)
    told = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    if told:
        raise Wrong(f"{function.__name__}: Keras warns: {told[0]}")
    return result


def _instance(value, kind, where: str) -> None:
    if not isinstance(value, kind):
        raise Wrong(f"{where}: expected {kind.__name__}, got {type(value).__name__}.")


def _number(x) -> float:
    import keras

    return float(keras.ops.convert_to_numpy(x))


def _dense_net(model, where: str) -> None:
    """10-20-20-10 with ReLU and softmax, by its values."""
    import keras

    _instance(model, keras.Model, where)
    expect(model.count_params(), 850, f"parameters of {where}")
    x = np.random.default_rng(0).normal(size=(7, 10)).astype("float32")
    a = x
    weights = model.get_weights()
    for i in range(0, 6, 2):
        a = a @ weights[i] + weights[i + 1]
        a = np.maximum(a, 0) if i < 4 else np.exp(a) / np.exp(a).sum(1, keepdims=True)
    out = keras.ops.convert_to_numpy(model(x))
    expect(out, a, f"outputs of {where}", rtol=1e-4, atol=1e-5)


_TWELVE = [f"repair_{i}" for i in range(1, 13)]


@exercise("8.1", answers=_TWELVE)
def _(**repair):
    """Run the broken snippet alone; read the last line of its error or warning."""
    import keras

    r = [None, *(repair[name] for name in _TWELVE)]
    rng = np.random.default_rng(1)

    model = _quiet(r[1])
    _instance(model, keras.Sequential, "repair_1()")
    _dense_net(model, "repair_1()")
    _dense_net(_quiet(r[2]), "repair_2()")

    small = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    small.compile("sgd", loss="mse")
    ends = []
    stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: ends.append(e))
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    past = r[3](small, x, y, x[:4], y[:4], stop)
    _instance(past, keras.callbacks.History, "repair_3(...)")
    if "val_loss" not in past.history:
        raise Wrong("repair_3: the history has no val_loss. Is validation_data passed?")
    expect(ends, [0, 1, 2], "epochs that the callback of repair_3 saw")

    sgd = _quiet(r[4])
    _instance(sgd, keras.optimizers.SGD, "repair_4()")
    expect(_number(sgd.learning_rate), 0.01, "learning rate of repair_4()", rtol=1e-5)
    expect(sgd.momentum, 0.9, "momentum of repair_4()")

    falling = _quiet(r[5])
    _instance(falling, keras.optimizers.SGD, "repair_5()")
    falling.build([keras.Variable(np.zeros(1, "float32"))])
    for t in (0, 1, 5000):
        falling.iterations.assign(t)
        want = 0.01 / (1 + 1e-4 * t)
        expect(
            _number(falling.learning_rate),
            want,
            f"rate of repair_5() after {t} steps",
            rtol=1e-4,
        )

    for hidden, units, rate, shape in ((1, 30, 1e-3, [8]), (3, 7, 0.5, [4])):
        model = _quiet(r[6], hidden, units, rate, shape)
        where = f"repair_6({hidden}, {units}, {rate}, {shape})"
        _instance(model, keras.Model, where)
        sizes = [shape[0], *[units] * hidden, 1]
        want = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
        expect(model.count_params(), want, f"parameters of {where}")
        if not model.compiled:
            raise Wrong(f"{where}: the model is not compiled.")
        expect(
            _number(model.optimizer.learning_rate),
            rate,
            f"learning rate of {where}",
            rtol=1e-5,
        )
        names = [
            layer.activation.__name__
            for layer in model.layers
            if hasattr(layer, "activation")
        ]
        if names != ["relu"] * hidden + ["linear"]:
            raise Wrong(
                f"{where}: expected ReLU inside and a linear output, got {names}."
            )

    def build(X, y):
        net = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1)])
        net.compile("sgd", loss="mse")
        return net

    regressor = r[7](build)
    _instance(regressor, keras.wrappers.SKLearnRegressor, "repair_7(build)")
    regressor.fit(x, y[:, 0], verbose=0)
    expect(np.shape(regressor.predict(x)), (8,), "shape of the regressor's prediction")

    model = _quiet(r[8])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        again = keras.models.load_model(path)
    rows = rng.normal(size=(5, 4)).astype("float32")
    out = keras.ops.convert_to_numpy(again(rows))
    expect(
        out.sum(axis=1),
        np.ones(5),
        "sums of the reloaded outputs of repair_8()",
        rtol=1e-5,
    )
    W, b = model.get_weights()
    e = np.exp(rows @ W + b)
    expect(
        out, e / e.sum(1, keepdims=True), "reloaded outputs of repair_8()", rtol=1e-4
    )

    model = _quiet(r[9])
    expect(model.count_params(), 607394, "parameters of repair_9()")
    expect(model.output_shape[1:], (10,), "output shape of repair_9() for one image")

    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    net = r[10](net)
    _instance(net, keras.Model, "repair_10(model)")
    y2 = rng.normal(size=(8, 2)).astype("float32")
    x32 = x.astype("float32")
    error = keras.ops.convert_to_numpy(net(x32)) - y2
    loss = net.evaluate(x32, y2, verbose=0)
    expect(loss, np.log(np.cosh(error)).mean(), "loss of repair_10(model)", rtol=1e-3)

    names = [type(optimizer).__name__ for optimizer in r[11]()]
    if names != ["RMSprop", "Adadelta"]:
        raise Wrong(f"repair_11(): expected RMSprop and Adadelta, got {names}.")

    layer = _quiet(r[12])
    _instance(layer, keras.layers.Dense, "repair_12()")
    expect(layer.units, 5, "units of repair_12()")
    if layer.kernel_regularizer is None:
        raise Wrong("repair_12(): the kernel has no regularizer.")
    penalty = _number(layer.kernel_regularizer(keras.ops.convert_to_tensor([3.0, 4.0])))
    expect(penalty, 0.25, "penalty of repair_12() for the weights 3 and 4", rtol=1e-5)


@exercise("8.2", answers=["params_8_2", "bytes_8_2", "steps_8_2", "last_8_2"])
def _(params_8_2, bytes_8_2, steps_8_2, last_8_2):
    """(inputs + 1) x units for a dense layer; weights, gradient and two moments take 4
    bytes each; the last batch is short.
    """
    params_8_2 = np.ravel(params_8_2).tolist()
    if len(params_8_2) != 4:
        raise Wrong(
            f"params_8_2: expected four numbers, one a layer, got {params_8_2!r}."
        )
    table = [(f"params_8_2[{i}]", value) for i, value in enumerate(params_8_2)]
    table += [
        ("bytes_8_2", bytes_8_2),
        ("steps_8_2", steps_8_2),
        ("last_8_2", last_8_2),
    ]
    for name, value in table:
        if not (
            isinstance(value, (int, float, np.number)) and float(value).is_integer()
        ):
            raise Wrong(f"{name}: expected a whole number, got {value!r}.")
        if digest("8.2", f"{name} {int(value)}") != _DIGESTS[name]:
            raise Wrong(f"{name}: {value!r} is not right.")


class _Model:
    """A stand-in for a model: its weights are the number of the epoch."""

    def __init__(self):
        self.w, self.stop_training = np.array([-1.0]), False

    def get_weights(self):
        return [self.w.copy()]

    def set_weights(self, weights):
        self.w = np.array(weights[0])


def _drive(callback, values, monitor):
    """(epochs run, weights at the end) when the monitored value takes these values."""
    model = _Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.w = np.array([float(epoch)])
        callback.on_epoch_end(
            epoch,
            {monitor: value, "loss": -float(epoch), "val_loss": -float(epoch)}
            | {monitor: value},
        )
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1, float(model.w[0])


@exercise("8.3", answers=["Patient"])
def _(Patient):
    """An improvement must beat the best value by more than min_delta.

    Anything else adds one to the waiting time.
    """
    from dlcourse.callbacks import EarlyStopping

    rng = np.random.default_rng(3)
    runs = [
        [5, 4, 3, 2, 1],
        [1, 2, 3, 4, 5],
        [3, 2, 2, 2, 2, 2],
        [3, 1, 2, 1.5, 1.2, 0.5, 1, 1, 1],
        [2.0, 1.95, 1.9, 1.85, 1.8, 1.75],
    ]
    runs += [list(np.round(rng.random(15), 2)) for _ in range(10)]
    for values in runs:
        for patience, delta, restore in (
            (1, 0.0, True),
            (3, 0.0, True),
            (3, 0.0, False),
            (2, 0.2, True),
        ):
            for monitor in ("val_loss", "val_error"):
                settings = dict(
                    monitor=monitor,
                    patience=patience,
                    min_delta=delta,
                    restore_best_weights=restore,
                )
                ours = EarlyStopping(**settings, mode="min")
                want_epochs, want_w = _drive(ours, values, monitor)
                callback = Patient(**settings)
                for again in (False, True):
                    where = f"{settings}, values {values}" + (
                        ", second training" if again else ""
                    )
                    epochs, w = _drive(callback, values, monitor)
                    expect(epochs, want_epochs, f"epochs run with {where}")
                    expect(
                        callback.best_epoch, ours.best_epoch, f"best_epoch with {where}"
                    )
                    expect(callback.best, ours.best, f"best with {where}")
                    expect(
                        w, want_w, f"epoch whose weights the model ends with, {where}"
                    )


@exercise("8.4", answers=["two_inputs"])
def _(two_inputs):
    """Flatten and Dense(64) on one side, Dense(16) on the other.

    Then Concatenate and Dense(10, softmax).
    """
    import keras

    model = _quiet(two_inputs)
    _instance(model, keras.Model, "two_inputs()")
    shapes = [tuple(t.shape)[1:] for t in model.inputs]
    if shapes != [(28, 28), (5,)]:
        raise Wrong(
            f"two_inputs(): expected inputs of shapes (28, 28) and (5,), got {shapes}."
        )
    expect(model.output_shape[1:], (10,), "output shape of two_inputs() for one sample")
    expect(
        model.count_params(), 785 * 64 + 6 * 16 + 81 * 10, "parameters of two_inputs()"
    )
    rng = np.random.default_rng(4)
    image, numbers = (
        rng.random((3, 28, 28), dtype="float32"),
        rng.normal(size=(3, 5)).astype("float32"),
    )
    out = keras.ops.convert_to_numpy(model([image, numbers]))
    expect(out.sum(axis=1), np.ones(3), "sums of the outputs", rtol=1e-5)
    for what, other in (
        ("image", [image[::-1].copy(), numbers]),
        ("numbers", [image, 5 * numbers]),
    ):
        if np.allclose(out, keras.ops.convert_to_numpy(model(other)), atol=1e-7):
            raise Wrong(f"two_inputs(): the output does not depend on the {what}.")


@exercise("8.5", answers=["train"])
def _(train):
    """Batches in order, a step after each; then the loss on all data, once an epoch."""
    from dlcourse import layers, losses, models, optimizers, twin

    rng = np.random.default_rng(5)
    x = rng.normal(size=(50, 6)).astype("float32")
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    for rate, batch, epochs in ((0.1, 16, 3), (0.5, 50, 2)):
        ours = models.Sequential(
            [layers.Input((6,)), layers.Dense(8, activation="tanh"), layers.Dense(3)]
        )
        ours.build(rng=rng)
        ours.compile(optimizer=optimizers.SGD(rate), loss=loss)
        keras_model = twin.to_keras(ours)
        where = f"train(model, x, y, {rate}, {batch}, {epochs})"
        record = train(keras_model, x, y, rate, batch, epochs)
        want = []
        for _ in range(epochs):
            ours.fit(
                x, y, batch_size=batch, epochs=1, shuffle=False, verbose=0, rng=rng
            )
            want.append(ours.evaluate(x, y, return_dict=True)["loss"])
        for got_w, want_w, name in zip(
            keras_model.get_weights(),
            ours.get_weights(),
            ("kernel 1", "bias 1", "kernel 2", "bias 2"),
            strict=True,
        ):
            expect(got_w, want_w, f"{name} after {where}", rtol=1e-3, atol=1e-5)
        expect(
            np.array([float(v) for v in record]),
            np.array(want),
            f"losses of {where}",
            rtol=1e-3,
            atol=1e-4,
        )


@exercise("8.6", answers=["first_gradient", "bias_only_loss"])
def _(first_gradient, bias_only_loss):
    """At zero signal every probability is 1/K; the sum counts each class."""
    from dlcourse import losses

    rng = np.random.default_rng(6)
    of = losses.SparseCategoricalCrossentropy(from_logits=True)
    for K, n in ((2, 5), (10, 40), (4, 3)):
        y = rng.integers(0, K, n)
        where = f"(y, {K}) with y = {y.tolist()}"
        want = of(y, np.zeros((n, K)))[1].sum(axis=0)
        expect(first_gradient(y, K), want, "first_gradient" + where)
        share = np.bincount(y, minlength=K) / n
        entropy = -sum(s * np.log(s) for s in share if s > 0)
        expect(float(bias_only_loss(y, K)), entropy, "bias_only_loss" + where)


@exercise("8.7", answers=["one_epoch", "answer_8_7"])
def _(one_epoch, answer_8_7):
    """Weigh the loss of each batch by its size.

    With one batch the only loss is taken before the only update.
    """
    from dlcourse import layers, models, optimizers

    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(30, 4)).astype("float32"), rng.integers(0, 3, 30)
    for batch in (7, 10, 30):
        pair = []
        for _ in range(2):
            model = models.Sequential(
                [layers.Input((4,)), layers.Dense(3, activation="softmax")]
            )
            model.build(rng=np.random.default_rng(1))
            model.compile(
                optimizer=optimizers.SGD(0.5), loss="sparse_categorical_crossentropy"
            )
            pair.append(model)
        past = pair[0].fit(
            x, y, batch_size=batch, epochs=1, shuffle=False, verbose=0, rng=rng
        )
        result = one_epoch(pair[1], x, y, batch)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong(f"one_epoch: expected two numbers, got {result!r}.")
        expect(
            float(result[0]),
            past.history["loss"][0],
            f"reported loss, batch size {batch}",
            rtol=1e-5,
        )
        want = pair[0].evaluate(x, y, return_dict=True)["loss"]
        expect(
            float(result[1]),
            want,
            f"loss after the epoch, batch size {batch}",
            rtol=1e-5,
        )
    choice("8.7", answer_8_7, _DIGESTS["answer_8_7"])


@exercise("8.8", answers=["faults_8_8", "healthy"])
def _(faults_8_8, healthy):
    """Read the first and the last loss of each model.

    Logits go with from_logits=True and no activation.
    """
    import keras

    from dlcourse import datasets

    text = "".join(letter for letter in str(faults_8_8).lower() if letter.isalnum())
    if len(text) != 4 or set(text) - set("abcde"):
        raise Wrong(f"faults_8_8: expected four letters of a to e, got {faults_8_8!r}.")
    wrong = [
        m
        for m, letter in zip("ABCD", text, strict=True)
        if digest("8.8", m + letter) != _DIGESTS[m]
    ]
    if wrong:
        raise Wrong(f"faults_8_8: not right for {', '.join(wrong)}.")
    data = datasets.load("digits")
    x, x_test = (a.reshape(len(a), -1) for a in (data.x_train, data.x_test))
    model = _quiet(healthy, keras.optimizers.Adam(0.01))
    _instance(model, keras.Model, "healthy(optimizer)")
    expect(model.count_params(), 65 * 64 + 65 * 10, "parameters of healthy(optimizer)")
    logits = keras.ops.convert_to_numpy(model(x[:50]))
    if np.allclose(logits.sum(axis=1), 1, atol=1e-3) or (logits >= 0).all():
        raise Wrong(
            "healthy: the outputs are no logits. The last layer has no activation."
        )
    middle = keras.ops.convert_to_numpy(model(x[:50] / 2 + x[50:100] / 2))
    ends = keras.ops.convert_to_numpy(model(x[50:100]))
    if np.allclose(middle, logits / 2 + ends / 2, atol=1e-4):
        raise Wrong("healthy: the model is linear. The hidden layer needs its ReLU.")
    results = model.evaluate(x[:50], data.y_train[:50], verbose=0, return_dict=True)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    want = -log_p[np.arange(50), data.y_train[:50]].mean()
    expect(results["loss"], want, "first loss of healthy", rtol=1e-3)
    if "accuracy" not in results:
        raise Wrong(f"healthy: expected the metric accuracy, got {list(results)}.")
    model.fit(x, data.y_train, epochs=6, batch_size=64, verbose=0)
    accuracy = model.evaluate(x_test, data.y_test, verbose=0, return_dict=True)[
        "accuracy"
    ]
    if accuracy < 0.9:
        raise Wrong(
            f"healthy: expected at least 0.9 after six epochs, got {accuracy:.3f}."
        )


_DIGESTS = {
    "params_8_2[0]": "bde5a3dc0902ef8a",
    "params_8_2[1]": "2abf09db11d84c80",
    "params_8_2[2]": "6618f411619c89e9",
    "params_8_2[3]": "fc998be7587fae6a",
    "bytes_8_2": "f435ca8d44371ea0",
    "steps_8_2": "344d9d79fb3f2c27",
    "last_8_2": "7e64d51e3203b57f",
    "answer_8_7": "b504340d42a41bc9",
    "A": "21e2fa30c1899ac3",
    "B": "501059c366916dce",
    "C": "2262c9a43409fe0e",
    "D": "4d4c3745d520e98f",
}
