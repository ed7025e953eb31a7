"""Files: what is saved comes back, a training goes on, damage is seen, Keras reads it."""

import json
import pickle
import subprocess
import sys
import zipfile

import cases
import keras
import numpy as np
import pytest

from dlcourse import (
    callbacks,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    schedules,
    twin,
)
from dlcourse.layers.base import Layer
from dlcourse.models import archive
from dlcourse.models.description import KINDS, _is_ours, _subclasses, describe, restore

LAYER_CASES = cases.all_of(cases.LAYERS)


def there_and_back(model, folder, **options):
    path = folder / "model.npz"
    model.save(path)
    return models.load_model(path, **options)


def same(a, b):
    """Whether two trees of arrays are equal, entry by entry and in dtype."""
    if isinstance(a, list):
        return all(same(p, q) for p, q in zip(a, b, strict=True))
    return a.dtype == b.dtype and np.array_equal(a, b)


# -- models


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", LAYER_CASES, ids=cases.name_of)
def test_a_layer_comes_back(case, dtype, tmp_path):
    model, x = case.model(dtype), case.x(dtype)
    back = there_and_back(model, tmp_path)
    assert describe(back) == describe(model)
    assert type(back) is type(model) and back.dtype == model.dtype
    assert back.input_shape == model.input_shape
    assert [p for p, _ in back.named_weights()] == [p for p, _ in model.named_weights()]
    assert same(back.get_weights(), model.get_weights())
    assert same(back.predict(x), model.predict(x))


TABLES = (cases.LOSSES, cases.OPTIMIZERS, cases.INITIALIZERS, cases.METRICS)


@pytest.mark.parametrize(
    "case", [c for t in TABLES for c in cases.all_of(t)], ids=cases.name_of
)
def test_a_loss_an_optimizer_a_metric_an_initializer_comes_back(case):
    thing = getattr(case, "loss", None) or getattr(case, "optimizer", None) or case
    text = json.dumps(describe(thing), allow_nan=False)
    back = restore(json.loads(text))
    assert type(back) is type(thing)
    assert describe(back) == describe(thing)


def graph():
    """Two inputs, two outputs, a layer used twice, a nested graph, a frozen layer."""
    a, b = layers.Input((4,), name="left"), layers.Input((4,), name="right")
    shared = layers.Dense(
        4, activation="tanh", kernel_regularizer="l2", kernel_constraint="max_norm"
    )
    inner_x = layers.Input((4,))
    inner = models.Model(
        inner_x, layers.Add()([inner_x, layers.Dense(4)(inner_x)]), name="block"
    )
    joined = layers.Concatenate()([shared(a), layers.Dropout(0.3)(shared(b)), inner(a)])
    frozen = layers.Dense(5)
    frozen.trainable = False
    first = layers.Dense(3, name="first")(layers.BatchNormalization()(frozen(joined)))
    model = cases.filled(
        models.Model([a, b], [first, layers.Dense(1)(joined)], name="twins")
    )
    model.compile(
        optimizers.Adam(0.01, global_clipnorm=1.0, amsgrad=True),
        ["mse", losses.Huber(0.5)],
        loss_weights=[1, 0.3],
    )
    return model


def graph_data(rng, n=12):
    return [rng.normal(size=(n, 4)) for _ in range(2)], [
        rng.normal(size=(n, k)) for k in (3, 1)
    ]


def test_a_graph_comes_back_and_trains_on(tmp_path, rng):
    model, (x, y) = graph(), graph_data(rng)
    draw = np.random.default_rng(1)
    for _ in range(3):
        model.train_on_batch(x, y, draw)
    back = there_and_back(model, tmp_path)
    assert (back.name, back.many_inputs, back.many_outputs) == ("twins", True, True)
    assert [n.layer.name for n in back.inputs] == ["left", "right"]
    assert [n.layer.name for n in back.nodes] == [n.layer.name for n in model.nodes]
    assert [layer.trainable for layer in back.layers] == [
        layer.trainable for layer in model.layers
    ]
    assert not all(layer.trainable for layer in back.layers)
    assert same(back.predict(x), model.predict(x))
    for one in (model, back):
        draw = np.random.default_rng(2)
        for _ in range(3):
            one.train_on_batch(x, y, draw)
    assert same(back.get_weights(), model.get_weights())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", cases.all_of(cases.OPTIMIZERS), ids=cases.name_of)
def test_ten_and_ten_steps_are_twenty(case, dtype, tmp_path, rng):
    optimizer = getattr(case, "optimizer", case)
    x, y = rng.normal(size=(8, 5)).astype(dtype), rng.integers(0, 4, 8)

    def start():
        stack = [
            layers.Dense(6, activation="tanh"),
            layers.BatchNormalization(momentum=0.7),
            layers.Dropout(0.3),
            layers.Dense(4, kernel_regularizer="l2", activation="softmax"),
        ]
        model = cases.filled(models.Sequential([layers.Input((5,)), *stack]), dtype)
        fresh = restore(describe(optimizer))
        model.compile(fresh, "sparse_categorical_crossentropy", ["accuracy"])
        return model

    def steps(model, rng):
        return [model.train_on_batch(x, y, rng) for _ in range(10)]

    one, draw = start(), np.random.default_rng(3)
    whole = steps(one, draw) + steps(one, draw)
    other, draw = start(), np.random.default_rng(3)
    halves = steps(other, draw)
    other = there_and_back(other, tmp_path)
    halves += steps(other, draw)
    assert halves == whole
    assert same(other.get_weights(), one.get_weights())
    assert other.optimizer.iterations == 20
    assert other.evaluate(x, y) == one.evaluate(x, y)


def test_fit_goes_on_with_epochs_schedule_and_checkpoint(tmp_path, rng):
    x, y = rng.normal(size=(30, 5)), rng.normal(size=(30, 4))

    def start():
        model = cases.mlp()
        model.compile(
            optimizers.SGD(schedules.OneCycle(0.2, 20), momentum=0.9), "mse", ["mae"]
        )
        return model

    one, draw = start(), np.random.default_rng(4)
    one.fit(x, y, epochs=4, batch_size=8, verbose=0, rng=draw)
    other, draw = start(), np.random.default_rng(4)
    saver = callbacks.ModelCheckpoint(tmp_path / "{epoch}.npz")
    other.fit(x, y, epochs=2, batch_size=8, verbose=0, rng=draw, callbacks=[saver])
    other = models.load_model(tmp_path / "2.npz")
    other.fit(x, y, epochs=4, initial_epoch=2, batch_size=8, verbose=0, rng=draw)
    assert same(other.get_weights(), one.get_weights())
    assert isinstance(other.optimizer.schedule, schedules.OneCycle)


def test_what_was_not_compiled_stays_so(tmp_path):
    assert there_and_back(cases.mlp(), tmp_path).loss is None
    model = graph()
    assert there_and_back(model, tmp_path, compile=False).loss is None
    back = there_and_back(model, tmp_path)
    assert back.objective.loss_weights == [1, 0.3] and back.optimizer._slots == {}


def test_numbers_that_are_not_finite_come_back(tmp_path):
    model = cases.mlp()
    model.params["dense"]["bias"][0] = np.nan
    model.compile(optimizers.SGD(0.1), losses.Huber(delta=1.0))
    assert np.isnan(there_and_back(model, tmp_path).params["dense"]["bias"][0])
    assert restore(json.loads(json.dumps(describe(float("inf"))))) == float("inf")
    array = np.array([[1, 2, 3]], np.int32)
    assert same(restore(json.loads(json.dumps(describe(array)))), array)


def test_names_and_what_the_reader_named_come_back(tmp_path):
    stack = [layers.Dense(3), layers.Dense(2, name="a/b"), layers.Dense(1)]
    model = cases.filled(models.Sequential([layers.Input((5,)), *stack], name="m"))
    back = there_and_back(model, tmp_path)
    assert [layer.name for layer in back.layers] == ["dense", "a/b", "dense_1"]
    assert [layer.named for layer in back.layers] == [False, True, False]
    assert back.name == "m" and back.named


class Twice(Layer):
    """A layer of a reader."""

    def forward(self, x, training=False, rng=None):
        return 2 * x, None

    def backward(self, dy, cache):
        return 2 * dy, {}


def test_a_readers_own_layer_is_passed_by_name(tmp_path, rng):
    model = cases.filled(
        models.Sequential([layers.Input((5,)), Twice(), layers.Dense(2)])
    )
    x = rng.normal(size=(3, 5))
    back = there_and_back(model, tmp_path, custom_objects={"Twice": Twice})
    assert same(back.predict(x), model.predict(x))
    with pytest.raises(
        ValueError, match=r"a layer of dlcourse, got the class 'Twice'.*custom_objects"
    ):
        there_and_back(model, tmp_path)
    with pytest.raises(ValueError, match="expected a layer of dlcourse"):
        there_and_back(model, tmp_path, custom_objects={"Twice": dict})


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_is_found_by_its_name_alone(kind):
    """No two public classes of one kind share a name, so a file says which it means."""
    names = [cls.__name__ for cls in set(_subclasses(KINDS[kind])) if _is_ours(cls)]
    assert len(names) == len(set(names))


def test_a_subclass_of_a_model_is_refused(tmp_path):
    class Mine(models.Sequential):
        pass

    model = cases.filled(Mine([layers.Input((5,)), layers.Dense(2)]))
    with pytest.raises(
        TypeError, match=r"expected a Sequential or a Model, got Mine.*save_weights"
    ):
        model.save(tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_saving_loads_numpy_alone_and_reads_in_a_fresh_python(tmp_path):
    path = tmp_path / "model.npz"
    cases.mlp().save(path)
    code = f"from dlcourse import models; models.load_model({str(path)!r}); import sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"keras", "h5py", "tensorflow", "scipy"} & set(run.stdout.split())


# -- the file


def header_of(path):
    with np.load(path, allow_pickle=False) as file:
        return json.loads(file["header"].tobytes())


def rewrite(path, change):
    """Change the header (and arrays) of a file."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("header").tobytes())
    header = change(header, arrays) or header
    text = json.dumps(header).encode()
    np.savez(path, header=np.frombuffer(text, np.uint8), **arrays)


def trained():
    model = cases.mlp("float32")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 5)), np.ones((2, 4)))
    return model


def test_the_file_is_what_its_description_says(tmp_path):
    path = tmp_path / "model.npz"
    model = trained()
    model.save(path)
    header = header_of(path)
    assert (header["format"], header["version"], header["content"]) == (
        "dlcourse",
        1,
        "model",
    )
    assert header["model"]["layers"][0]["options"]["units"] == 6
    with np.load(path, allow_pickle=False) as file:
        assert same(file["weights/dense/kernel"], model.params["dense"]["kernel"])
        assert "optimizer/dense_1/bias/velocity" in file.files
        assert len(file.files) == 1 + 4 + 8


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    model = cases.mlp()
    model.save(path)
    before = path.read_bytes()

    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", fails)
        with pytest.raises(OSError, match="disk full"):
            model.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
    model.params["dense"]["kernel"] += 1
    file = path.stat().st_ino
    model.save(path)
    assert path.stat().st_ino != file  # another file took its name, in one move
    assert same(models.load_model(path).get_weights(), model.get_weights())
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_every_flipped_byte_is_seen_or_does_not_matter(tmp_path):
    path, model = tmp_path / "model.npz", trained()
    model.save(path)
    good = path.read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for place in sorted(rng.choice(len(good), 300, replace=False)):
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        try:
            back = models.load_model(path)
        except ValueError as error:
            assert str(error).startswith("load_model: expected a file"), error
            refused += 1
        else:  # a date, an attribute of the zip file
            assert same(back.get_weights(), model.get_weights())
            assert describe(back) == describe(model)
    assert refused > 200


def test_every_cut_is_seen(tmp_path):
    path = tmp_path / "model.npz"
    cases.mlp().save(path)
    good = path.read_bytes()
    for length in np.linspace(0, len(good) - 1, 50).astype(int):
        path.write_bytes(good[:length])
        with pytest.raises(
            ValueError, match="load_model: expected a file that dlcourse saved"
        ):
            models.load_model(path)


def change_first_layer(**changes):
    return lambda header, arrays: header["model"]["layers"][0].update(changes)


def change_option(name, value):
    return lambda header, arrays: header["model"]["layers"][0]["options"].update(
        {name: value}
    )


def drop(name):
    return lambda header, arrays: arrays.pop(name) is None


def put(name, array):
    return lambda header, arrays: arrays.update({name: array})


# what is done to a good file -> what load_model says
TAMPERED = {
    "a newer format": (lambda h, a: h.update(version=2, package="9.9"), r"format 2, of dlcourse 9\.9\. Install a newer"),
    "another format": (lambda h, a: h.update(format="keras"), "its format is 'keras'"),
    "no header": (lambda h, a: ["dlcourse"], "damaged"),
    "no content": (lambda h, a: h.pop("content") and None, "content"),
    "an unknown class": (change_first_layer(**{"class": "Evil"}), "expected a layer of dlcourse, got the class 'Evil'"),
    "a class of another module": (change_first_layer(**{"class": "os.system"}), "got the class 'os.system'"),
    "a class of another kind": (change_first_layer(**{"class": "Adam"}), "expected a layer of dlcourse, got the class 'Adam'"),
    "a class that is no text": (change_first_layer(**{"class": ["Dense"]}), "expected a layer of dlcourse"),
    "a private class": (change_first_layer(kind="loss", **{"class": "_CrossEntropy"}), "expected a loss of dlcourse"),
    "an unknown kind": (change_first_layer(kind="module"), "kind of object"),
    "an unknown option": (change_option("evil", 1), "Dense: expected options among units, .*; got 'evil'"),
    "a wrong option": (change_option("units", -3), "expected units to be a positive whole number"),
    "other units": (change_option("units", 7), r"expected floats of shape \(5, 7\) for dense/kernel"),
    "endless units": (change_option("units", 10**15), "damaged"),
    "an unknown activation": (change_option("activation", {"kind": "activation", "name": "evil"}), "expected one of .*'evil'"),
    "a nested class": (change_option("kernel_initializer", {"kind": "initializer", "class": "Popen", "options": {}}), "'Popen'"),
    "a layer of no name": (change_first_layer(name="dense_1"), "expected layers named|to differ|damaged"),
    "another dtype": (lambda h, a: h.update(dtype="object"), "expected dtype"),
    "another shape": (lambda h, a: h.update(input_shape={"kind": "tuple", "items": [None, 9]}), r"shape \(9, 6\)"),
    "a lost weight": (drop("weights/dense/bias"), "the file has not dense/bias"),
    "a further weight": (put("weights/more", np.ones(2)), "the file has also more"),
    "weights of whole numbers": (put("weights/dense/bias", np.ones(6, int)), "expected floats of shape"),
    "a lost memory": (drop("optimizer/dense/bias/velocity"), "optimizer/dense/bias/velocity"),
    "a further memory": (put("optimizer/more/m", np.ones(2)), "has no use for optimizer/more/m"),
    "a memory of another shape": (put("optimizer/dense/bias/velocity", np.ones(2, "f4")), r"expected float32 of shape \(6,\)"),
    "a count below 0": (lambda h, a: h["compiled"].update(iterations=-1), "expected iterations"),
    "a frozen layer that is not there": (lambda h, a: h.update(frozen=[["evil"]]), "damaged"),
    "no model": (lambda h, a: h.pop("model") and None, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_file_is_refused(what, tmp_path):
    path = tmp_path / "model.npz"
    trained().save(path)
    change, words = TAMPERED[what]
    rewrite(path, change)
    with pytest.raises(ValueError, match=words) as caught:
        models.load_model(path)
    assert str(caught.value).startswith("load_model: expected")


GRAPH_TAMPERED = {
    "a node of later": lambda h, a: h["model"]["graph"][0].update({"from": 99}),
    "a node of nowhere": lambda h, a: h["model"]["graph"][0].update(layer="evil"),
    "no such output": lambda h, a: h["model"].update(outputs=[0, 99]),
    "a class of no model": lambda h, a: h["model"].update({"class": "Trainer"}),
    "an input that nobody uses": lambda h, a: h["model"]["inputs"].append(
        {"name": "x", "shape": [3]}
    ),
}


@pytest.mark.parametrize("what", GRAPH_TAMPERED)
def test_a_tampered_graph_is_refused(what, tmp_path):
    path = tmp_path / "model.npz"
    graph().save(path)
    rewrite(path, GRAPH_TAMPERED[what])
    with pytest.raises(
        ValueError, match="load_model: expected a file that dlcourse saved"
    ):
        models.load_model(path)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_no_pickle_is_opened(tmp_path):
    path = tmp_path / "model.npz"
    for name in ("header", "weights/dense/bias"):
        trained().save(path)
        with np.load(path, allow_pickle=False) as file:
            arrays = {n: file[n] for n in file.files}
        np.savez(path, **arrays | {name: np.array([Bomb()], dtype=object)})
        with pytest.raises(ValueError, match="damaged or of another kind"):
            models.load_model(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.npy", pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="damaged or of another kind"):
        models.load_model(path)


def test_what_is_packed_or_double_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    trained().save(path)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez_compressed(path, **arrays)  # a small file might unfold to terabytes
    with pytest.raises(ValueError, match="is compressed"):
        models.load_model(path)
    trained().save(path)
    with (
        zipfile.ZipFile(path, "a") as file,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        file.writestr("weights/dense/bias.npy", file.read("weights/dense/bias.npy"))
    with pytest.raises(ValueError, match="two arrays have one name"):
        models.load_model(path)


# -- weights alone


@pytest.mark.parametrize("ending", [".weights.npz", ".weights.h5"])
def test_weights_move_between_models(ending, tmp_path):
    one, other = graph(), graph()
    other.set_weights([w + 1 for w in other.get_weights()])
    one.save_weights(tmp_path / f"a{ending}")
    other.load_weights(tmp_path / f"a{ending}")
    assert same(other.get_weights(), one.get_weights())
    assert [p.name for p in tmp_path.iterdir()] == [f"a{ending}"]


def test_weights_of_a_whole_model_and_of_another_dtype(tmp_path):
    model, other = cases.mlp("float64"), cases.mlp("float32")
    model.set_weights([w + 1 for w in model.get_weights()])
    model.save(tmp_path / "a.npz")
    other.load_weights(tmp_path / "a.npz")
    assert same(other.get_weights(), [w.astype("float32") for w in model.get_weights()])


@pytest.mark.parametrize("ending", [".weights.npz", ".weights.h5"])
@pytest.mark.parametrize("stack", [(6,), (6, 4, 4), (7, 4), (6, 5)])
def test_weights_that_do_not_fit_change_nothing(ending, stack, tmp_path):
    wrong = models.Sequential([layers.Input((5,)), *map(layers.Dense, stack)])
    cases.filled(wrong).save_weights(tmp_path / f"a{ending}")
    model = cases.mlp()
    before = model.get_weights()
    with pytest.raises(ValueError, match="load_weights: expected"):
        model.load_weights(tmp_path / f"a{ending}")
    assert same(model.get_weights(), before)


# -- Keras


@pytest.mark.parametrize("case", LAYER_CASES, ids=cases.name_of)
def test_keras_reads_our_weights_and_we_read_its(case, tmp_path):
    ours, path = case.model("float32"), tmp_path / "a.weights.h5"
    if not ours.weights:
        return
    theirs = twin.to_keras(ours)
    kept = ours.get_weights()
    theirs.set_weights([w + 1 for w in theirs.get_weights()])
    ours.save_weights(path)
    theirs.load_weights(path)
    assert same(theirs.get_weights(), kept)
    theirs.set_weights([w + 2 for w in kept])
    theirs.save_weights(path)
    ours.load_weights(path)
    assert same(ours.get_weights(), [w + 2 for w in kept])


def their_text_model():
    """Bidirectional, seeds of dropout, normalization, nested models, in Keras alone."""
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.BatchNormalization()])
    x = keras.Input((7, 4))
    y = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(x)
    y = keras.layers.TimeDistributed(keras.layers.Dense(4))(
        keras.layers.Dropout(0.2, seed=1)(y)
    )
    dense = keras.layers.Dense(4)
    y = keras.layers.Add()(
        [dense(y), keras.layers.LSTM(4, return_sequences=True)(y), dense(x)]
    )
    y = keras.layers.GRU(3)(keras.layers.LayerNormalization()(y))
    return keras.Model(x, keras.layers.Dense(2)(inner(y)))


def test_a_compiled_trained_keras_model_moves_here_and_back(tmp_path, rng):
    theirs, path = their_text_model(), tmp_path / "a.weights.h5"
    x, y = rng.normal(size=(6, 7, 4)).astype("f4"), rng.normal(size=(6, 2)).astype("f4")
    theirs.compile("adam", "mse", run_eagerly=True)
    ours = twin.from_keras(theirs)
    theirs.fit(x, y, epochs=1, verbose=0)
    theirs.save_weights(path)  # with the optimizer's memory, which is none of ours
    ours.load_weights(path)
    assert same(ours.get_weights(), theirs.get_weights())
    np.testing.assert_allclose(
        ours.predict(x), np.asarray(theirs(x)), rtol=1e-4, atol=1e-6
    )
    ours.set_weights([w + 1 for w in ours.get_weights()])
    ours.save_weights(path)
    theirs = their_text_model()
    theirs.load_weights(path)
    assert same(ours.get_weights(), theirs.get_weights())


def test_seeds_in_files_of_other_versions_are_skipped(tmp_path):
    import h5py

    path, model = tmp_path / "a.weights.h5", cases.mlp("float32")
    model.save_weights(path)
    with h5py.File(path, "a") as file:
        file["layers/dropout/seed_generator/vars/0"] = np.array([1, 2], np.uint32)
        file["optimizer/vars/0"] = np.int64(3)
    cases.mlp().load_weights(path)


@pytest.mark.parametrize("what", ["a text", "a virtual one", "a link to another file"])
def test_arrays_that_are_no_plain_arrays_are_refused(what, tmp_path):
    import h5py

    path, model = tmp_path / "a.weights.h5", cases.mlp("float32")
    model.save_weights(path)
    name = "layers/dense/vars/1"
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["a"] = np.ones(6, "f4")
    with h5py.File(path, "a") as file:
        del file[name]
        if what == "a text":
            file[name] = "text"
        elif what == "a virtual one":
            layout = h5py.VirtualLayout((6,), "f4")
            layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "a", (6,))
            file.create_virtual_dataset(name, layout)
        else:
            file[name] = h5py.ExternalLink(tmp_path / "secret.h5", "a")
    before = model.get_weights()
    with pytest.raises(ValueError, match="load_weights: expected"):
        model.load_weights(path)
    assert same(model.get_weights(), before)


def test_without_h5py_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        ImportError, match=r"save_weights: expected the package h5py.*\.weights\.npz"
    ):
        cases.mlp().save_weights(tmp_path / "a.weights.h5")


def test_the_header_may_name_metrics_and_their_options(tmp_path):
    model = cases.mlp(output="softmax")
    model.compile(
        "sgd",
        "categorical_crossentropy",
        ["accuracy", metrics.TopKCategoricalAccuracy(2, name="top2")],
    )
    back = there_and_back(model, tmp_path)
    assert [m.name for m in back.metrics] == ["accuracy", "top2"]
    assert back.metrics[1].k == 2
    assert archive.VERSION == 1
