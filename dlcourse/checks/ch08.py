"""Checks of the exercises of chapter 8, Keras basics and tooling.

What Keras should have done is computed by our own layers, losses and optimizers, with
weights and data drawn here.
"""

from itertools import pairwise

import numpy as np

from dlcourse import gradcheck, layers, losses, optimizers
from dlcourse.checks import (
    Variant,
    Wrong,
    choice,
    digest,
    exercise,
    expect,
    for_all,
    parts,
    variant,
)
from dlcourse.checks.compare import letters
from dlcourse.checks.derivation import follow
from dlcourse.checks.keras_objects import (
    NEAR,
    compare_moves,
    floats,
    given,
    listed,
    moves,
    network,
    objects,
    outputs,
    same,
    same_outputs,
    same_training,
    shapes,
    single,
    told,
    wanted_kind,
)
from dlcourse.layers import Dense

MODEL = "a Keras model"


# -- 8.1


REPAIRS = [f"repair_{i}" for i in range(1, 13)]


@exercise("8.1", answers=[f"{name}()" for name in REPAIRS], imports=["keras"])
def _(rng, **repair):
    """Run the broken snippet alone; read the last line of its error or warning."""
    checks = (
        *(stack, functional, history, momentum, falling, builder),
        *(scikit_learn, saved, images, log_cosh, two_optimizers, penalty),
    )
    for name, check in zip(REPAIRS, checks, strict=True):
        check(repair[name], rng)


def stack(answer, rng, kind="Sequential"):
    ours = network(rng, 10, Dense(20, "relu"), Dense(20, "relu"), Dense(10, "softmax"))
    where, x = f"{answer.name}()", rng.normal(size=(3, 10))
    found = told(answer, "model", where, MODEL, [], given(ours, x))
    same_outputs(found, ours, x, where)
    wanted_kind(found, kind, where)


def functional(answer, rng):
    stack(answer, rng, kind="Functional")


def history(answer, rng):
    ours = network(rng, 3, Dense(1))
    ours.compile(optimizers.SGD(0.1), loss="mse")
    x, x_val = rng.normal(size=(8, 3)), rng.normal(size=(4, 3))
    y, y_val = rng.normal(size=(8, 1)), rng.normal(size=(4, 1))
    found = told(
        answer, "fitted", "repair_3(...)", "a History", floats(ours), 0.1,
        *map(single, (x, y, x_val, y_val)),
    )  # fmt: skip
    past = ours.fit(
        x, y, epochs=3, shuffle=False, verbose=0, validation_data=(x_val, y_val)
    )
    record = found.get("history")
    if not isinstance(record, dict) or "val_loss" not in record:
        raise Wrong("repair_3: the history has no val_loss. Is validation_data passed?")
    if (seen := found.get("seen")) != [0, 1, 2]:
        raise Wrong(
            f"repair_3: its callback saw the epochs {seen}, expected [0, 1, 2]."
        )
    for name in ("loss", "val_loss"):
        got, want = record.get(name), past.history[name]
        expect(got, want, f"{name} in the history of repair_3", **NEAR)
    same(found.get("weights"), ours, "weights after the fit of repair_3")


def momentum(answer, rng):
    ours = optimizers.SGD(0.01, momentum=0.9)
    moves(answer, "repair_4()", "SGD", ours, range(4), rng)


def falling(answer, rng):
    ours = optimizers.SGD(lambda t: 0.01 / (1 + 1e-4 * t))
    at = [0, 1, 2, 5000, int(rng.integers(3, 100_000))]
    moves(answer, "repair_5()", "SGD", ours, at, rng)


def builder(answer, rng):
    drawn = (
        int(rng.integers(2, 5)),
        int(rng.integers(3, 9)),
        float(np.round(rng.uniform(0.02, 0.1), 3)),
        [int(rng.integers(2, 6))],
    )
    for arguments in ((), drawn):
        hidden, units, rate, shape = arguments or (1, 30, 1e-3, [8])
        inside = [Dense(units, "relu") for _ in range(hidden)]
        ours = network(rng, *shape, *inside, Dense(1))
        ours.compile(optimizers.SGD(rate), loss="mse")
        where = f"repair_6({', '.join(map(repr, arguments))})"
        x, y = rng.normal(size=(5, *shape)), rng.normal(0, 3, (5, 1))
        inputs = list(arguments), given(ours, x, y, steps=2)
        found = told(answer, "model", where, MODEL, *inputs)
        same_outputs(found, ours, x, where)
        same_training(found, ours, x, y, 2, where)


def scikit_learn(answer, rng):
    ours = network(rng, 3, Dense(1))
    ours.compile(optimizers.SGD(0.1), loss="mse")
    x, y, new = (rng.normal(size=shape) for shape in ((8, 3), 8, (5, 3)))
    where = "repair_7(build)"
    found = told(
        answer, "regressor", where, "a keras.wrappers.SKLearnRegressor", floats(ours),
        0.1, x, y, new,
    )  # fmt: skip
    calls = listed(found.get("got"))
    expect(len(calls), 1, f"calls of build when {where} is fitted")
    got_x, got_y = parts(calls[0], 2, "X, y")
    expect(got_x, x, "X that build got", **NEAR)
    expect(got_y, y[:, None], "y that build got", **NEAR)
    ours.train_on_batch(x, y[:, None])
    want = ours.predict(new)[:, 0]
    expect(
        found.get("predicted"), want, f"predictions of {where} after its fit", **NEAR
    )


def saved(answer, rng):
    ours, x = network(rng, 4, Dense(10, "softmax")), rng.normal(size=(5, 4))
    where, inputs = "repair_8()", ([], given(ours, x, reload=True))
    found = told(answer, "model", where, MODEL, *inputs)
    same_outputs(found, ours, x, where, fault="cannot be saved and loaded")


def images(answer, rng):
    ours = network(
        rng, (28, 28, 1), layers.Conv2D(28, 3), layers.MaxPooling2D(2),
        layers.Flatten(), Dense(128, "relu"), Dense(10, "softmax"),
    )  # fmt: skip
    where, x = "repair_9()", rng.random((2, 28, 28, 1))
    found = told(answer, "model", where, MODEL, [], given(ours, x))
    same_outputs(found, ours, x, where)
    if found["inputs"] not in ([(28, 28, 1)], [(28, 28)]):
        raise Wrong(f"{where}: expected images of 28×28, got {found['inputs']}.")


def log_cosh(answer, rng):
    ours = network(rng, 3, Dense(2))
    ours.compile(optimizers.SGD(0.01), losses.LogCosh())
    x, y = rng.normal(size=(8, 3)), rng.normal(0, 2, (8, 2))
    where, inputs = "repair_10(model)", given(ours, x, y, steps=5)
    found = told(answer, "same_model", where, "the model that was given", inputs)
    same_outputs(found, ours, x, where)
    same_training(found, ours, x, y, 5, where)


def two_optimizers(answer, rng):
    both = {"RMSprop": optimizers.RMSprop(), "Adadelta": optimizers.Adadelta()}
    start, at, gradients = np.zeros(3), range(4), rng.normal(size=(4, 3))
    inputs = single(start), list(at), single(gradients)
    found = answer.through("optimizers_of", *inputs)
    if not isinstance(found, list) or len(found) != len(both):
        raise Wrong(
            f"repair_11(): expected a list of two optimizers, got {found!r:.80}."
        )
    for i, (kind, ours) in enumerate(both.items()):
        one = objects(found[i], f"repair_11()[{i}]", f"the optimizer {kind}")
        compare_moves(one, f"repair_11()[{i}]", kind, ours, start, at, gradients)


def penalty(answer, rng):
    W, b, x = (rng.normal(size=shape) for shape in ((3, 5), 5, (2, 3)))
    found = told(
        answer, "layer", "repair_12()", "a keras.layers.Dense", [single(W), single(b)],
        single(x),
    )  # fmt: skip
    wanted_kind(found, "Dense", "repair_12()")
    shapes(found, [W, b], "repair_12(), for 3 inputs")
    expect(found.get("outputs"), x @ W + b, "the outputs of repair_12()", **NEAR)
    want = 0.01 * np.sum(W**2)
    expect(found.get("penalty"), want, "the penalty of repair_12()", rtol=1e-4)


# -- 8.2 to 8.8


ASK = {
    "params_8_2": "Which inputs and which bias does each unit of that layer have?",
    "bytes_8_2": "How many numbers are kept for each parameter, of how many bytes?",
    "steps_8_2": "Is the last, smaller batch a step, too?",
    "last_8_2": "How many images are left when the full batches are taken?",
}


@variant("8.2")
def _(draw):
    """Other widths, another split, another batch."""
    units = [20 * draw.whole(10, 30), 10 * draw.whole(8, 14)]
    images, batch = 1000 * draw.whole(45, 55), draw.one_of(24, 32, 48, 64, 96)
    if images % batch == 0:  # the last batch is to be a short one
        images += 500
    text = {
        "Dense(400,": f"Dense({units[0]},",
        "Dense(150,": f"Dense({units[1]},",
        "55,000": f"{images:,}",
        "batches of 32": f"batches of {batch}",
        "up to 32": f"up to {batch}",
    }
    return Variant({"units": units, "images": images, "batch": batch}, text)


@exercise("8.2", answers=["params_8_2", "bytes_8_2", "steps_8_2", "last_8_2"])
def _(
    params_8_2, bytes_8_2, steps_8_2, last_8_2,
    units=(400, 150), images=55_000, batch=32,
):  # fmt: skip
    """(inputs + 1) x units for a dense layer; weights, gradient and two moments take 4
    bytes each; the last batch is short.
    """
    if isinstance(params_8_2, np.ndarray):
        params_8_2 = params_8_2.tolist()
    if not isinstance(params_8_2, (list, tuple)) or len(params_8_2) != 4:
        raise Wrong(
            f"params_8_2: expected four numbers, one a layer, got {params_8_2!r}."
        )
    sizes = [28 * 28, *units, 10]
    right = [0, *((before + 1) * after for before, after in pairwise(sizes))]
    pairs = zip(params_8_2, right, strict=True)
    table = {f"params_8_2[{i}]": pair for i, pair in enumerate(pairs)}
    table["bytes_8_2"] = bytes_8_2, 4 * 4 * sum(right)
    table["steps_8_2"] = steps_8_2, -(-images // batch)
    table["last_8_2"] = last_8_2, images % batch
    for name, (value, want) in table.items():
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole and not (isinstance(value, float) and value.is_integer()):
            raise Wrong(f"{name}: expected a whole number, got {value!r}.")
        if int(value) != want:
            ask = ASK[name.partition("[")[0]]
            raise Wrong(f"{name}: {value!r} is not right. {ask}")


@exercise("8.3", answers=["Patient()"], imports=["dlcourse.callbacks.Callback"])
def _(Patient, rng):
    """An improvement must beat the best value by more than min_delta.

    Anything else adds one to the waiting time.
    """

    def training(draw):
        values = [draw.wholes(draw.whole(1, 9), low=0, high=8) / 4 for _ in range(2)]
        return {
            "monitor": draw.one_of("val_loss", "brier_score"),
            "patience": draw.whole(1, 3),
            "min_delta": draw.one_of(0.0, 0.25, 0.5),
            "restore_best_weights": draw.one_of(False, True),
            "values": values[0].tolist(),
            "second_training": values[1].tolist(),
        }

    def test(values, second_training, **settings):
        trainings, others = (values, second_training), ("loss", "val_loss", "val_mae")
        logs = [
            [{n: -float(t) for n in others} | {settings["monitor"]: v} for t, v in each]
            for each in map(enumerate, trainings)
        ]
        found = Patient.through("stopped", settings, logs)
        kinds, found = parts(found, 2)
        if "EarlyStopping" in listed(kinds):
            raise Wrong("Patient: expected a class of your own, got EarlyStopping.")
        said = ("", ", second training")
        for values, got, which in zip(trainings, parts(found, 2), said, strict=True):
            epochs, best_epoch = stop(
                values, settings["patience"], settings["min_delta"]
            )
            last = best_epoch if settings["restore_best_weights"] else epochs - 1
            got_epochs, best, got_best_epoch, weights = parts(got, 4)
            expect(got_epochs, epochs, "epochs run" + which)
            expect(got_best_epoch, best_epoch, "best_epoch" + which)
            expect(best, values[best_epoch], "best" + which)
            for w, shape in zip(parts(weights, 2), ((1, 2), (2,)), strict=True):
                where = f"weights at the end{which} (after epoch t all are t)"
                expect(w, np.full(shape, float(last)), where)

    names = ("monitor", "patience", "min_delta", "restore_best_weights")
    names += ("values", "second_training")
    rows = (
        ("val_loss", 2, 0.0, True, [5, 4, 3, 2, 1], [1, 2, 3, 4, 5]),
        ("val_loss", 2, 0.0, True, [3, 2, 2, 2, 2], [3, 1, 2, 0, 2, 2, 2]),
        ("val_loss", 3, 0.0, True, [2, 3], [1, 2, 3]),
        ("brier_score", 1, 0.25, False, [1, 0.5, 0.25, 0], [3, 1, 2]),
        ("brier_score", 3, 0.5, True, [3, 2.75, 2.5, 2.25, 2], [2, 1.75, 1.25, 1]),
    )
    edges = tuple(dict(zip(names, row, strict=True)) for row in rows)
    for_all(training, test, rng, edges)


def stop(values, patience, min_delta):
    """(epochs run, the best epoch): the last improvement is `patience` epochs ago."""
    best = 0
    for t, value in enumerate(values):
        if value < values[best] - min_delta:
            best = t
        elif t - best >= patience:
            break
    return t + 1, best


@exercise("8.4", answers=["two_inputs()"], imports=["keras"])
def _(two_inputs, rng):
    """Flatten and Dense(64) on one side, Dense(16) on the other.

    Then Concatenate and Dense(10, softmax).
    """
    image, numbers = rng.random((3, 28, 28)), rng.normal(size=(3, 5))
    left = network(rng, 784, Dense(64, "relu"))
    right = network(rng, 5, Dense(16, "relu"))
    top = network(rng, 80, Dense(10, "softmax"))
    h, k = left.predict(image.reshape(3, -1)), right.predict(numbers)
    weights = floats(left) + floats(right) + floats(top)
    inputs = {"weights": weights, "x": [single(image), single(numbers)]}
    where = "two_inputs()"
    found = told(two_inputs, "model", where, MODEL, [], inputs)
    got = found["inputs"]
    if got != [(28, 28), (5,)]:
        raise Wrong(f"{where}: expected inputs of shapes (28, 28) and (5,), got {got}.")
    shapes(found, weights, where)
    # Which of the two comes first in the concatenation is left open.
    wants = [top.predict(np.hstack(both)) for both in ((h, k), (k, h))]
    try:
        outputs(found, wants[1], where)
    except Wrong:
        outputs(found, wants[0], where)


@exercise(
    "8.5", answers=["train()"], imports=["keras", "dlcourse.losses", "dlcourse.twin"]
)
def _(train, rng):
    """Batches in order, a step after each; then the loss on all data, once an epoch."""
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    # Few shapes: JAX compiles for each.
    for n, batch, epochs in ((7, 5, 3), (5, 5, int(rng.integers(1, 4)))):
        rate = float(np.round(rng.uniform(0.1, 0.5), 2))
        ours = network(rng, 6, Dense(8, activation="tanh"), Dense(3))
        ours.compile(optimizer=optimizers.SGD(rate), loss=loss)
        x, y = rng.normal(size=(n, 6)), rng.integers(0, 3, n)
        found = train.through(
            "trained", floats(ours), single(x), y, rate, batch, epochs
        )
        record, weights = parts(found, 2, "record, weights")
        want = []
        for _ in range(epochs):
            ours.fit(x, y, batch_size=batch, shuffle=False, verbose=0, rng=rng)
            want.append(ours.evaluate(x, y, return_dict=True)["loss"])
        where = f"train(model, x, y, {rate}, {batch}, {epochs}) with {n} samples"
        same(weights, ours, f"weights after {where}")
        expect(record, want, f"losses of {where}", rtol=1e-3, atol=1e-4)


@exercise(
    "8.6",
    answers=["steps_8_6", "first_gradient()", "bias_only_loss()"],
    imports=["dlcourse.losses"],
)
def _(steps_8_6, first_gradient, bias_only_loss, rng):
    """At zero signal every probability is 1/K; the sum counts each class."""

    def counted(draw):
        k = draw.whole(2, 4)
        return {"b": draw.reals(k).round(2), "c": draw.wholes(k, low=1, high=9)}

    start = "diff(-(c / sum(c)) @ log(softmax(b)), b)"
    goal = "softmax(b) - c / sum(c)"
    follow(steps_8_6, counted, rng, start, goal, least=4)
    of = losses.SparseCategoricalCrossentropy(from_logits=True)

    def labels(draw):
        K = draw.whole(2, 5)
        return {"y": draw.wholes(draw.whole(1, 8), low=0, high=K - 1), "K": K}

    def gradient(y, K):
        loss = lambda b: of(y, np.tile(b, (len(y), 1)))[0]  # noqa: E731
        want = gradcheck.numerical_gradient(loss, np.zeros(K))
        expect(first_gradient(y, K), want, "first_gradient(y, K)", atol=1e-6)

    def smallest(y, K):
        share = np.bincount(y) / len(y)
        entropy = -sum(s * np.log(s) for s in share if s > 0)
        expect(bias_only_loss(y, K), entropy, "bias_only_loss(y, K)")

    edges = ({"y": np.array([0, 2, 2, 1]), "K": 3}, {"y": np.array([1, 1]), "K": 3})
    for_all(labels, gradient, rng, edges)
    for_all(labels, smallest, rng, edges)


@exercise("8.7", answers=["one_epoch()", "answer_8_7"])
def _(one_epoch, answer_8_7, rng):
    """Weigh the loss of each batch by its size.

    With one batch the only loss is taken before the only update.
    """
    for n, batch in ((30, 7), (30, 10), (30, 30), (int(rng.integers(33, 60)), 16)):
        rate = float(np.round(rng.uniform(0.2, 0.9), 2))
        ours = network(rng, 4, Dense(3, activation="softmax"))
        ours.compile(optimizers.SGD(rate), loss="sparse_categorical_crossentropy")
        x, y = rng.normal(size=(n, 4)), rng.integers(0, 3, n)
        weights = ours.get_weights()
        found = one_epoch.through("epoch", weights, rate, x, y, batch)
        result, weights = parts(found, 2, "result, weights")
        reported, after = parts(result, 2, "reported, after")
        past = ours.fit(x, y, batch_size=batch, shuffle=False, verbose=0, rng=rng)
        where = f", {n} samples, batch size {batch}"
        same(weights, ours, "weights after the epoch" + where)
        expect(reported, past.history["loss"][0], "reported loss" + where, rtol=1e-5)
        want = ours.evaluate(x, y, return_dict=True)["loss"]
        expect(after, want, "loss after the epoch" + where, rtol=1e-5)
    choice("8.7", answer_8_7, DIGESTS["answer_8_7"], part="answer_8_7")


@exercise("8.8", answers=["faults_8_8", "healthy()"], imports=["keras"])
def _(faults_8_8, healthy, rng):
    """Read the first and the last loss of each model.

    Logits go with from_logits=True and no activation.
    """
    text = letters(faults_8_8)
    if len(text) != 4 or set(text) - set("abcde"):
        raise Wrong(f"faults_8_8: expected four letters of a to e, got {faults_8_8!r}.")
    wrong = [
        m
        for m, letter in zip("ABCD", text, strict=True)
        if digest("8.8", m + letter) != DIGESTS[m]
    ]
    if wrong:
        raise Wrong(f"faults_8_8: not right for {', '.join(wrong)}.")
    # With weights 30 times as large the logits are large: only the stable form copes.
    for beta, scale, steps in ((0.0, 1, 1), (0.9, 1, 3), (0.0, 30, 1)):
        rate = float(np.round(rng.uniform(0.1, 0.5), 2))
        ours = network(rng, 64, Dense(64, "relu"), Dense(10), scale=scale)
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        ours.compile(optimizers.SGD(rate, beta), loss=loss, metrics=["accuracy"])
        x, y = rng.random((20, 64)), rng.integers(0, 10, 20)
        where = f"healthy(SGD({rate}, momentum={beta}))"
        settings = {"learning_rate": rate, "momentum": beta}
        inputs = "SGD", settings, given(ours, x, y, steps=steps)
        found = told(healthy, "model_with_optimizer", where, MODEL, *inputs)
        same_outputs(found, ours, x, where)
        same_training(found, ours, x, y, steps, where)


DIGESTS = {
    "answer_8_7": "b504340d42a41bc9",
    "A": "21e2fa30c1899ac3",
    "B": "501059c366916dce",
    "C": "2262c9a43409fe0e",
    "D": "4d4c3745d520e98f",
}
