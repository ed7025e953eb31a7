"""Corners that the tables do not reach: base classes, names in print, rare branches."""

import re
import types
import zipfile
from pathlib import Path

import cases
import keras
import numpy as np
import pytest

from dlcourse import (
    activations,
    callbacks,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    schedules,
    twin,
)
from dlcourse.kernels import products
from dlcourse.layers.dropout import Noise
from dlcourse.layers.merging import Merge
from dlcourse.layers.recurrent import Recurrent
from dlcourse.models import data
from dlcourse.models.objective import combine
from dlcourse.models.training import Trainer

W = np.ones((2, 2))


# -- a subclass that forgets its method


def bare(cls):
    """An object whose class defines nothing of its own, without its constructor."""
    return object.__new__(type("Bare", (cls,), {}))


FORGOTTEN = {
    "Layer.forward": lambda: bare(layers.Layer).forward(W),
    "Layer.backward": lambda: bare(layers.Layer).backward(W, None),
    "Loss.per_sample": lambda: bare(losses.Loss).per_sample(W, W),
    "Metric.values": lambda: bare(metrics.Metric).values(W, W),
    "Optimizer.update": lambda: bare(optimizers.Optimizer).update(W, W, {}, 1),
    "Initializer.draw": lambda: bare(initializers.Initializer).draw((2,), None),
    "Constraint": lambda: constraints.Constraint()(W),
    "Regularizer": lambda: regularizers.Regularizer()(W),
    "LearningRateSchedule": lambda: schedules.LearningRateSchedule()(0),
    "Noise.draw": lambda: bare(Noise).draw(W, None),
    "Noise.affine": lambda: bare(Noise).affine(None),
    "Merge.merge": lambda: bare(Merge).merge([W]),
    "Merge.split": lambda: bare(Merge).split(W, None),
    "Recurrent.run": lambda: bare(Recurrent).run(W, (), None, ()),
    "Recurrent.run_backward": lambda: bare(Recurrent).run_backward(W, (), None, ()),
    "Trainer.flow": lambda: bare(Trainer).flow(W, False, None, None),
}


@pytest.mark.parametrize("what", FORGOTTEN)
def test_what_a_subclass_forgets_is_not_implemented(what):
    with pytest.raises(NotImplementedError):
        FORGOTTEN[what]()


# -- names in print


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (activations.relu, "<activation relu>"),
        (initializers.Constant(3), "Constant(value=3)"),
        (optimizers.SGD(0.25), "SGD(learning_rate=0.25)"),
    ],
    ids=str,
)
def test_a_thing_shows_its_options(thing, text):
    assert repr(thing) == text


def compiled(loss="mse", **options):
    model = cases.mlp()
    model.compile(optimizers.SGD(0.1), loss, **options)
    return model


def test_one_metric_needs_no_list(rng):
    model = compiled(metrics="mae")
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 4))
    found = model.evaluate(x, y, return_dict=True)
    assert found["mae"] == pytest.approx(np.abs(model(x) - y).mean())


def test_a_metric_of_several_numbers_is_printed_whole(rng, capsys):
    model = compiled("mse", metrics=[metrics.F1Score(average=None)])
    x, y = rng.normal(size=(8, 5)), np.eye(4)[np.arange(8) % 4]
    history = model.fit(x, y, epochs=1, rng=0, verbose=2)
    (key,) = [key for key in history.history if "f1" in key]
    want = " ".join(f"{v:.4f}" for v in history.history[key][0])
    assert f"[{want}]" in capsys.readouterr().out


# -- callbacks


def on_its_own(callback, **options):
    """The callback with a model that has an optimizer alone."""
    callback.model = types.SimpleNamespace(optimizer=optimizers.SGD(0.5), **options)
    return callback


def test_learning_rate_scheduler_says_the_rate(capsys):
    callback = callbacks.LearningRateScheduler(
        lambda e, rate: rate / (e + 1), verbose=1
    )
    callback = on_its_own(callback)
    callback.on_epoch_begin(3)
    assert callback.model.optimizer.learning_rate == 0.125
    assert capsys.readouterr().out == "epoch 4: learning rate 0.125\n"
    logs = {}
    callback.on_epoch_end(3, logs)
    callback.on_epoch_end(3)  # no logs, nothing to write them to
    assert logs == {"learning_rate": 0.125}


def test_early_stopping_says_when(capsys):
    callback = on_its_own(callbacks.EarlyStopping("loss", patience=1, verbose=1))
    callback.model.stop_training = False
    callback.on_train_begin()
    for epoch, value in enumerate([3.0, 2.0, 2.5]):
        callback.on_epoch_end(epoch, {"loss": value})
    callback.on_train_end()
    assert callback.model.stop_training
    assert capsys.readouterr().out == "Stopped after epoch 3; the best was epoch 2.\n"


def test_reduce_lr_on_plateau_without_logs_names_what_it_lacks():
    callback = on_its_own(callbacks.ReduceLROnPlateau("loss"))
    callback.on_train_begin()
    with pytest.raises(KeyError, match="expected 'loss' among the logs"):
        callback.on_epoch_end(0)


# -- data sets


def test_the_cache_and_what_fetches_into_it(monkeypatch, tmp_path):
    import pooch

    assert datasets.cache() == Path(pooch.os_cache("dlcourse"))
    asked = []

    def retrieve(address, known_hash, fname, path, **options):
        asked.append(address)
        place = Path(path) / fname
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"fetched")
        return str(place)

    monkeypatch.delenv("DLCOURSE_DATA", raising=False)
    monkeypatch.setattr(datasets, "cache", lambda: tmp_path)
    monkeypatch.setattr(pooch, "retrieve", retrieve)
    remote = datasets.FILES["mnist"]["y_test"]
    place = datasets.path("mnist", "y_test", download=True)
    assert (
        place == tmp_path / "mnist" / remote.file and place.read_bytes() == b"fetched"
    )
    assert asked == [remote.url + remote.file]
    assert datasets.path("mnist", "y_test", download=True) == place and len(asked) == 1


# -- layers and graphs


def test_freezing_a_wrapper_freezes_what_it_holds(rng):
    wrapper = layers.Bidirectional(layers.LSTM(3))
    model = cases.filled(models.Sequential([layers.Input((4, 2)), wrapper]))
    assert all(inner.trainable for inner in wrapper.sublayers.values())
    wrapper.trainable = False
    assert not any(inner.trainable for inner in wrapper.sublayers.values())
    model.compile(optimizers.SGD(0.1), "mse")
    kept = model.get_weights()
    model.train_on_batch(rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 6)))
    for w, old in zip(model.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(w, old)


def test_embedding_wants_dy_as_y():
    layer = layers.Embedding(5, 3)
    layer.build((None, 2), rng=0)
    _, cache = layer.forward(np.zeros((4, 2), int))
    with pytest.raises(
        ValueError, match=re.escape("dy of shape (4, 2, 3), as y, got (4, 3)")
    ):
        layer.backward(np.ones((4, 3)), cache)


def test_a_graph_may_begin_in_the_middle_of_another(rng):
    x = layers.Input((5,))
    first, second = layers.Dense(4, activation="tanh"), layers.Dense(3)
    middle = first(x)
    model = cases.filled(models.Model(x, second(middle)))
    end = models.Model(middle, model.outputs[0])
    end.build(rng=0, dtype="float64")
    z = rng.normal(size=(2, 4))
    W, b = second.params["kernel"], second.params["bias"]
    np.testing.assert_allclose(end(z), z @ W + b, rtol=1e-12)
    assert [layer.name for layer in end.layers][-1] == second.name
    assert len(end.weights) == 2


def test_a_model_as_a_layer_refuses_another_shape():
    inner = cases.filled(models.Model(a := layers.Input((4,)), layers.Dense(2)(a)))
    with pytest.raises(
        ValueError, match=r"expected an input of shape \(None, 4\), got \(None, 3\)"
    ):
        inner(layers.Input((3,)))


def test_random_layers_within_a_nested_model_have_a_twin(rng):
    inner = models.Sequential(
        [layers.Input((6,)), layers.Dropout(0.4), layers.Dense(3)]
    )
    model = cases.filled(
        models.Sequential(
            [layers.Input((5,)), layers.Dense(6), inner, layers.Dropout(0.3)]
        )
    )
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))
    twin.prove(model, x, y, "mse", seed=3)


# -- masks and weights of samples


@pytest.mark.parametrize("weight", [None, "a sample", "a step"])
def test_a_mask_and_weights_multiply(weight):
    mask = np.array([[True, True, False], [True, False, False]])
    y_pred = np.zeros((2, 3, 4))
    given = {
        "a sample": np.array([2.0, 3.0]),
        "a step": np.array([[2.0, 5, 7], [3, 1, 1]]),
    }
    got = combine(mask, given.get(weight), y_pred)
    want = {
        None: [[2, 2, 0], [2, 0, 0]],  # 6 steps, 3 of which count
        "a sample": [[4, 4, 0], [6, 0, 0]],
        "a step": [[4, 10, 0], [6, 0, 0]],
    }[weight]
    np.testing.assert_array_equal(got, want)
    assert got.shape == mask.shape and got.dtype == y_pred.dtype


def test_a_mask_of_nothing_divides_by_no_zero():
    got = combine(np.zeros((2, 3), bool), None, np.zeros((2, 3, 1)))
    np.testing.assert_array_equal(got, np.zeros((2, 3)))


@pytest.mark.parametrize("from_logits", [True, False])
def test_class_numbers_of_a_series_may_have_an_axis_of_their_own(from_logits, rng):
    loss = losses.SparseCategoricalCrossentropy(from_logits)
    p, labels = rng.dirichlet(np.ones(4), (2, 3)), rng.integers(0, 4, (2, 3))
    want, gradient = loss(labels, p)
    got, same = loss(labels[..., np.newaxis], p)
    assert got == want
    np.testing.assert_array_equal(same, gradient)
    with pytest.raises(ValueError, match=r"shape \(2, 1\), got \(2, 1, 3\)"):
        loss(np.zeros((2, 1, 3)), p[:, :1])


# -- fit


def test_an_error_about_the_targets_stays_that_error(rng):
    model = compiled()
    with pytest.raises(ValueError, match="expected y_true"):
        model.train_on_batch(rng.normal(size=(3, 5)), rng.normal(size=(3, 7)))


CLASS_WEIGHT = {0: 1.0, 1: 2.0, 2: 5.0}


@pytest.mark.parametrize(
    "y",
    [np.array([2, 0, 1, 1]), np.array([[2], [0], [1], [1]]), np.eye(3)[[2, 0, 1, 1]]],
    ids=["numbers", "column", "one-hot"],
)
def test_weights_by_class_are_those_of_the_labels(y):
    got = data.weights("fit", None, CLASS_WEIGHT, y, 4)
    np.testing.assert_array_equal(got, [5, 1, 2, 2])


def test_weights_by_class_need_one_class_a_sample():
    with pytest.raises(ValueError, match=r"one class a sample .* shape \(2, 4, 3\)"):
        data.weights("fit", None, CLASS_WEIGHT, np.zeros((2, 4, 3)), 2)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [((2, 3, 4), True), ((2, 13), False)],
    ids=["another-order", "another-size"],
)
def test_reshape_is_advised_where_it_helps(shape, hint):
    with pytest.raises(ValueError, match=r"as Input says, got") as error:
        data.samples("fit", np.ones(shape), [(12,)], None, False)
    assert ("Reshape x" in str(error.value)) == hint


# -- products in pieces


@pytest.mark.parametrize("rows", [400, 407])
def test_products_whose_pieces_divide_the_rows_or_do_not(rows, monkeypatch, rng):
    monkeypatch.setattr(products, "SMALL", 1000)  # pieces of 100 rows
    x, w, y = (
        rng.normal(size=(rows, 5)),
        rng.normal(size=(5, 2)),
        rng.normal(size=(rows, 2)),
    )
    tall = products.tall_product(x, w, np.full((rows, 2), np.nan))
    np.testing.assert_allclose(tall, x @ w, rtol=1e-12, atol=1e-13)
    wide = products.wide_product(w.T.copy(), x.T.copy(), np.full((2, rows), np.nan))
    np.testing.assert_allclose(wide, w.T @ x.T, rtol=1e-12, atol=1e-13)
    gram = np.ones((5, 2))
    products.add_gram(x, y, gram)
    np.testing.assert_allclose(gram, 1 + x.T @ y, rtol=1e-12, atol=1e-12)


# -- files


def test_options_of_numpy_scalars_are_saved_as_numbers(tmp_path):
    stack = [
        layers.Input((5,)),
        layers.Dense(np.int64(3)),
        layers.LeakyReLU(np.float32(0.25)),
    ]
    model = cases.filled(models.Sequential(stack))
    model.save(tmp_path / "model.npz")
    again = models.load_model(tmp_path / "model.npz")
    slope = again.layers[-1].negative_slope
    assert slope == 0.25 and not isinstance(slope, np.generic)


def test_bytes_after_an_array_are_refused(tmp_path):
    path, found = tmp_path / "model.npz", {}
    cases.mlp().save(path)
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            found[name] = file.read(name)
    victim = next(name for name in found if "header" not in name)
    found[victim] += b"more"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in found.items():
            file.writestr(name, content)
    with pytest.raises(ValueError, match="is no array"):
        models.load_model(path)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    cases.mlp().save(path)

    def refused(*arguments):
        raise PermissionError("no")

    monkeypatch.setattr(zipfile, "ZipFile", refused)
    with pytest.raises(PermissionError, match="no"):
        models.load_model(path)


# -- from and to Keras


def test_regularizers_and_constraints_come_from_keras():
    theirs = keras.Sequential(
        [
            keras.layers.Input((4,)),
            keras.layers.Dense(
                3,
                kernel_regularizer=keras.regularizers.L1L2(0.25, 0.5),
                bias_constraint=keras.constraints.MaxNorm(2.0, axis=0),
            ),
        ]
    )
    layer = twin.from_keras(theirs).layers[-1]
    kept, limit = layer.kernel_regularizer, layer.bias_constraint
    assert isinstance(kept, regularizers.L1L2) and (kept.l1, kept.l2) == (0.25, 0.5)
    assert isinstance(limit, constraints.MaxNorm) and limit.max_value == 2.0


def test_what_keras_lacks_has_no_twin(rng):
    class Doubled(optimizers.SGD):
        pass

    x, y = rng.normal(size=(4, 5)), rng.normal(size=(4, 4))
    with pytest.raises(
        TypeError, match=r"expected a class that keras\S* has too, got Doubled"
    ):
        twin.prove(cases.mlp(), x, y, "mse", optimizer=Doubled(0.1))


def test_a_graph_with_a_mask_comes_from_keras():
    x = keras.layers.Input((4,), dtype="int32")
    y = keras.layers.LSTM(2)(keras.layers.Embedding(5, 3, mask_zero=True)(x))
    theirs = keras.Model(x, y)
    ids = np.array([[1, 2, 0, 0], [3, 4, 1, 2]])
    np.testing.assert_allclose(
        twin.from_keras(theirs)(ids),
        keras.ops.convert_to_numpy(theirs(ids)),
        rtol=1e-4,
        atol=1e-6,
    )
