"""Callbacks: the same events, stops, restored weights and CSV as Keras'."""

import csv

import keras
import numpy as np
import pytest
from test_fit import same_history, setting

import dlcourse.callbacks
from dlcourse import layers, models, optimizers, twin

OPTIONS = {"batch_size": 8, "shuffle": False, "verbose": 0}
EVENTS = [name for name in dir(dlcourse.callbacks.Callback) if name.startswith("on_")]


def pair(rng, head="sparse", optimizer=None):
    """(ours, Keras') as (callbacks module, model), then the data of `fit`."""
    model, theirs, x, y = setting(head, rng, optimizer)
    data = {"x": x, "y": y, "validation_data": (x[:9] + 0.5, y[:9])}
    return ((dlcourse.callbacks, model), (keras.callbacks, theirs)), data


def spy(module, log: list):
    """A LambdaCallback that writes every event, its index and its logs down."""

    def writer(event):
        def write(*arguments, **named):  # Keras passes logs either way
            *index, logs = *arguments, *named.values()
            log.append((event, index, {k: float(v) for k, v in (logs or {}).items()}))

        return write

    return module.LambdaCallback(**{event: writer(event) for event in EVENTS})


def test_events_come_in_the_order_of_keras(rng):
    sides, data = pair(rng)
    ours, theirs = [], []
    for (module, model), log in zip(sides, (ours, theirs), strict=True):
        model.fit(**data, epochs=2, callbacks=[spy(module, log)], **OPTIONS)
    assert [entry[:2] for entry in ours] == [entry[:2] for entry in theirs]
    assert len(ours) == 2 + 2 * (2 + 3 * 2)  # training; epochs; three batches each
    for (event, _, found), (_, _, wanted) in zip(ours, theirs, strict=True):
        assert found == pytest.approx(wanted, rel=1e-5), event


EARLY = [
    {"monitor": "val_loss", "patience": 2},
    {"monitor": "val_loss", "patience": 1, "restore_best_weights": True},
    {"monitor": "val_accuracy", "patience": 2, "restore_best_weights": True},
    {"monitor": "loss", "patience": 0, "min_delta": 0.05},
    {"monitor": "loss", "patience": 1, "mode": "max", "restore_best_weights": True},
    {"monitor": "accuracy", "patience": 3, "baseline": 0.99},
    {"monitor": "loss", "patience": 1, "min_delta": 10.0, "start_from_epoch": 3},
]


@pytest.mark.parametrize("options", EARLY, ids=lambda o: "-".join(map(str, o.values())))
def test_early_stopping(options, rng):
    sides, data = pair(rng, optimizer=optimizers.SGD(1.0, momentum=0.9))
    stops, records = [], []
    for module, model in sides:
        stops.append(module.EarlyStopping(**options))
        records.append(model.fit(**data, epochs=12, callbacks=[stops[-1]], **OPTIONS))
    same_history(*records, rtol=1e-4)
    ours, theirs = stops
    assert (ours.stopped_epoch, ours.best_epoch, ours.wait) == (
        theirs.stopped_epoch,
        theirs.best_epoch,
        theirs.wait,
    )
    assert len(records[0].epoch) < 12, "the case should stop"
    for w, v in zip(sides[0][1].get_weights(), sides[1][1].get_weights(), strict=True):
        np.testing.assert_allclose(w, v, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "schedule", [lambda epoch, rate: rate / (1 + epoch), lambda epoch: 0.3 * 0.5**epoch]
)
def test_learning_rate_scheduler(schedule, rng):
    sides, data = pair(rng)
    records = [
        model.fit(
            **data,
            epochs=4,
            callbacks=[module.LearningRateScheduler(schedule)],
            **OPTIONS,
        )
        for module, model in sides
    ]
    same_history(*records, rtol=1e-6)
    assert len(set(records[0].history["learning_rate"])) > 2


@pytest.mark.parametrize("validation", [True, False])
def test_csv_logger(validation, rng, tmp_path):
    sides, data = pair(rng)
    if not validation:
        del data["validation_data"]
    tables = []
    for i, (module, model) in enumerate(sides):
        file = tmp_path / f"{i}.csv"
        model.fit(**data, epochs=2, callbacks=[module.CSVLogger(str(file))], **OPTIONS)
        model.fit(
            **data,
            epochs=1,
            callbacks=[module.CSVLogger(str(file), append=True)],
            **OPTIONS,
        )
        tables.append(list(csv.reader(file.read_text().splitlines())))
    ours, theirs = tables
    assert ours[0] == theirs[0] and len(ours) == len(theirs) == 4
    for row, wanted in zip(ours[1:], theirs[1:], strict=True):
        for cell, want in zip(row, wanted, strict=True):
            assert cell == want or float(cell) == pytest.approx(float(want), rel=1e-5)


def test_terminate_on_nan_stops_where_keras_does(capsys):
    # With eta = 2 the error of the bias grows by |1 - 2 eta| = 3 a step; in float32 its
    # square overflows first, near 3^40.
    model = models.Sequential([layers.Input((1,)), layers.Dense(1)])
    model.build(rng=0)
    model.compile(optimizers.SGD(2.0), "mse")
    sides = (dlcourse.callbacks, model), (keras.callbacks, twin.to_keras(model))
    x, y = np.full((100, 1), 0.01, np.float32), np.ones((100, 1), np.float32)
    options = {"batch_size": 1, "epochs": 3, "shuffle": False, "verbose": 0}
    records, logs = [], ([], [])
    for (module, each), log in zip(sides, logs, strict=True):
        hooks = [module.TerminateOnNaN(), spy(module, log)]
        records.append(each.fit(x, y, callbacks=hooks, **options))
    events = [[entry[:2] for entry in log] for log in logs]
    assert events[0] == events[1] and 70 < len(events[0]) < 100
    assert records[0].epoch == records[1].epoch == [0]
    assert records[0].history["loss"] == records[1].history["loss"] == [np.inf]
    assert "not finite" in capsys.readouterr().out


def test_progress_line(rng, capsys):
    sides, data = pair(rng)
    _, model = sides[0]
    model.fit(**data, epochs=2, batch_size=8, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    last = [line.rsplit("\r", 1)[-1] for line in lines if line.strip()]
    assert last[-1].startswith("epoch 2/2")
    assert f"val_loss {model.history.history['val_loss'][1]:.4f}" in last[-1]


def test_a_shorter_progress_line_covers_the_longer_one(capsys):
    bar = dlcourse.callbacks.ProgbarLogger()
    bar.set_params({"epochs": 1, "steps": 100})
    bar.on_epoch_begin(0)
    bar.shown -= 1  # a quarter second later
    bar.on_train_batch_end(50, {"loss": 1234567.0})
    bar.on_epoch_end(0, {"loss": 1.0})
    first, second = capsys.readouterr().out.strip("\n").split("\r")[1:]
    assert len(second) >= len(first) and "51/100" in first


def test_one_callback_alone_is_allowed(rng):
    (ours, _), data = pair(rng)
    module, model = ours
    model.fit(**data, epochs=2, callbacks=module.EarlyStopping(), **OPTIONS)
