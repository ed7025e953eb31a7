"""Callbacks: the same events, stops, restored weights and CSV as Keras'."""

import csv
from pathlib import Path

import keras
import numpy as np
import pytest
from test_fit import same_history, setting

import dlcourse.callbacks
from dlcourse import callbacks, layers, models, optimizers, twin

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


# -- scripted: the callback alone, with the logs of a training that never was


class Recorder:
    """Stands in for a model: writes down what is saved, and the rate at that moment."""

    def __init__(self, optimizer):
        self.optimizer, self.saved, self.metrics = optimizer, [], []
        self.stop_training = False

    def save(self, path, overwrite=True):
        self.saved.append(("model", Path(path).with_suffix("").name))

    def save_weights(self, path, overwrite=True):
        self.saved.append(("weights", Path(path).with_suffix("").with_suffix("").name))


def play(callback, optimizer, script, batches=2):
    """Run the callback through epochs with these values; (model, logs of the epochs)."""
    model = Recorder(optimizer)
    callback.set_model(model)
    callback.set_params({"epochs": len(script), "steps": batches, "verbose": 0})
    callback.on_train_begin({})
    records = []
    for epoch, value in enumerate(script):
        callback.on_epoch_begin(epoch, {})
        for batch in range(batches):
            callback.on_train_batch_begin(batch, {})
            callback.on_train_batch_end(batch, {"loss": value})
        logs = {"loss": value, "val_loss": value + 0.5}
        callback.on_epoch_end(epoch, logs)
        records.append(logs)
    callback.on_train_end({})
    return model, records


LONG = [
    1.0,
    0.9,
    0.95,
    0.91,
    0.9,
    0.90005,
    0.8,
    0.85,
    0.85,
    0.85,
    0.85,
    0.7,
    0.7,
    0.7,
    0.7,
    0.6,
]
PLATEAUS = [
    {"monitor": "loss", "factor": 0.5, "patience": 2},
    {"monitor": "loss", "factor": 0.5, "patience": 1, "cooldown": 2},
    {"monitor": "loss", "factor": 0.1, "patience": 1, "min_lr": 0.003},
    {"monitor": "val_loss", "factor": 0.2, "patience": 3, "min_delta": 0.2},
    {"monitor": "loss", "factor": 0.5, "patience": 2, "mode": "max"},
    {"monitor": "val_loss", "factor": 0.5, "patience": 0},
    {"monitor": "loss"},
]


@pytest.mark.parametrize(
    "options", PLATEAUS, ids=lambda o: "-".join(map(str, o.values()))
)
def test_reduce_lr_on_plateau(options):
    sides = (
        (callbacks, optimizers.SGD(1.0)),
        (keras.callbacks, keras.optimizers.SGD(1.0)),
    )
    (ours, logs), (theirs, wanted) = (
        play(module.ReduceLROnPlateau(**options), optimizer, LONG)
        for module, optimizer in sides
    )
    for record, want in zip(logs, wanted, strict=True):
        assert record == pytest.approx(want, rel=1e-6)
    rate = float(theirs.optimizer.learning_rate)
    assert ours.optimizer.learning_rate == pytest.approx(rate, rel=1e-6)
    if options != {"monitor": "loss"}:
        assert rate < 1, "the case should reach a plateau"


def test_reduce_lr_on_plateau_in_fit(rng):
    sides, data = pair(rng, optimizer=optimizers.SGD(1.0, momentum=0.9))
    records = [
        model.fit(
            **data,
            epochs=8,
            callbacks=[module.ReduceLROnPlateau("loss", patience=1, factor=0.3)],
            **OPTIONS,
        )
        for module, model in sides
    ]
    same_history(*records, rtol=1e-4)
    assert len(set(records[0].history["learning_rate"])) > 1


def test_reduce_lr_on_plateau_says_what_it_does(capsys):
    options = {"monitor": "loss", "patience": 1, "factor": 0.5, "verbose": 1}
    play(callbacks.ReduceLROnPlateau(**options), optimizers.SGD(1.0), [1.0, 1.0, 0.5])
    assert capsys.readouterr().out == "epoch 2: learning rate 0.5\n"


def test_reduce_lr_on_plateau_refuses_a_schedule(rng):
    (ours, _), data = pair(rng, optimizer=optimizers.SGD(lambda t: 0.1))
    module, model = ours
    with pytest.raises(TypeError, match="with a number as its learning rate"):
        model.fit(**data, callbacks=module.ReduceLROnPlateau(), **OPTIONS)


CHECKPOINTS = [
    ({}, "a"),
    ({"monitor": "loss", "save_best_only": True}, "e{epoch:02d}-{val_loss:.2f}"),
    ({"save_best_only": True, "mode": "max"}, "e{epoch}"),
    ({"save_weights_only": True}, "{epoch:03d}-{loss:.3f}"),
    ({"monitor": "loss", "save_best_only": True, "initial_value_threshold": 0.82}, "{epoch}"),
    ({"save_freq": 3}, "{epoch}-{batch}"),
    ({"save_freq": 1, "save_weights_only": True}, "{epoch}-{batch}-{loss:.2f}"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "name"), CHECKPOINTS, ids=str)
def test_model_checkpoint(options, name, tmp_path):
    saved = []
    weights = options.get("save_weights_only", False)
    for module, endings in ((callbacks, ("npz", "weights.npz")), (keras.callbacks, ("keras", "weights.h5"))):  # fmt: skip
        path = tmp_path / "made" / f"{name}.{endings[weights]}"
        callback = module.ModelCheckpoint(str(path), **options)
        saved.append(play(callback, None, LONG)[0].saved)
    assert saved[0] == saved[1] and saved[0]
    assert {kind for kind, _ in saved[0]} == {"weights" if weights else "model"}
    assert (tmp_path / "made").is_dir()


def test_model_checkpoint_says_what_it_does(tmp_path, capsys):
    path = tmp_path / "best.npz"
    best = callbacks.ModelCheckpoint(path, "loss", verbose=1, save_best_only=True)
    play(best, None, [1.0, 2.0, 0.5])
    assert capsys.readouterr().out == f"epoch 1: saved {path}\nepoch 3: saved {path}\n"


def test_model_checkpoint_names_what_it_can_format(tmp_path):
    with pytest.raises(KeyError, match="'val_acc'") as caught:
        play(callbacks.ModelCheckpoint(tmp_path / "{val_acc}.npz"), None, [1.0])
    assert "epoch, loss, val_loss" in str(caught.value)
    best = callbacks.ModelCheckpoint(tmp_path / "a.npz", "val_acc", save_best_only=True)
    with pytest.raises(KeyError, match="ModelCheckpoint: expected 'val_acc'"):
        play(best, None, [1.0])


def metrics_with_a_direction():
    m = keras.metrics
    found = [m.MeanIoU(2), m.IoU(2, [0]), m.OneHotMeanIoU(2), m.OneHotIoU(2, [0])]
    found += [m.SensitivityAtSpecificity(0.5), m.PrecisionAtRecall(0.5)]
    found += [m.SpecificityAtSensitivity(0.5), m.RecallAtPrecision(0.5)]
    for kind in vars(m).values():
        try:
            found.append(kind())
        except TypeError:  # a function, or one with arguments
            continue
    return {
        one.name: one._direction for one in found if getattr(one, "_direction", None)
    }


def test_directions_are_those_of_keras():
    directions = metrics_with_a_direction()
    assert len(directions) > 30
    for name, direction in directions.items():
        sign = callbacks.EarlyStopping(f"val_{name}").sign
        assert sign == (1.0 if direction == "up" else -1.0), name
    assert callbacks.EarlyStopping("val_loss").sign == -1.0
