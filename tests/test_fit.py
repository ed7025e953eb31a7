"""fit, evaluate and predict give Keras' numbers: the same History from the same weights."""

import cases
import numpy as np
import pytest

from dlcourse import layers, losses, models, optimizers, twin

HEADS = {
    "sparse": ("softmax", 4, "sparse_categorical_crossentropy", ["accuracy"]),
    "categorical": ("softmax", 4, "categorical_crossentropy", ["accuracy", "mse"]),
    "logits": (
        None,
        4,
        losses.SparseCategoricalCrossentropy(from_logits=True),
        ["accuracy"],
    ),
    "binary": ("sigmoid", 1, "binary_crossentropy", ["accuracy", "mae"]),
    "regression": (None, 1, "mse", ["mae", "mean_squared_error"]),
}


def setting(head: str, rng, optimizer=None, n: int = 23):
    """A compiled model, its Keras twin, data and targets."""
    output, units, loss, metrics = HEADS[head]
    stack = [
        layers.Input((5,)),
        layers.Dense(6, activation="tanh"),
        layers.Dense(units, activation=output),
    ]
    model = cases.filled(models.Sequential(stack))
    model.compile(optimizer or optimizers.SGD(0.1, momentum=0.9), loss, metrics)
    x, labels = rng.normal(size=(n, 5)), rng.integers(0, 4, n)
    y = {
        "categorical": np.eye(4)[labels],
        "binary": labels % 2,
        "regression": rng.normal(size=(n, 1)),
    }.get(head, labels)
    return model, twin.to_keras(model), x, y


def same_history(ours, theirs, rtol=1e-6):
    assert set(ours.history) == set(theirs.history)
    assert ours.epoch == theirs.epoch
    for name, values in theirs.history.items():
        np.testing.assert_allclose(
            ours.history[name], values, rtol=rtol, atol=1e-7, err_msg=name
        )


@pytest.mark.parametrize("batch_size", [8, 23, 64])
@pytest.mark.parametrize("head", HEADS)
def test_history_is_that_of_keras(head, batch_size, rng):
    model, theirs, x, y = setting(head, rng)
    options = {
        "batch_size": batch_size,
        "epochs": 3,
        "shuffle": False,
        "verbose": 0,
        "validation_data": (x[:9], y[:9]),
    }
    ours = model.fit(x, y, **options)
    same_history(ours, theirs.fit(x, y, **options))
    for w, v in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(w, v, rtol=1e-6, atol=1e-7)
    found = model.evaluate(x, y, batch_size=7, return_dict=True)
    keras_found = theirs.evaluate(x, y, batch_size=7, return_dict=True, verbose=0)
    assert found == pytest.approx(keras_found, rel=1e-6)
    wanted = [keras_found[name] for name in found]
    assert model.evaluate(x, y) == pytest.approx(wanted, rel=1e-6)
    predicted = theirs.predict(x, verbose=0)
    assert twin.difference(model.predict(x, batch_size=5), predicted) < 1e-6


def test_split_adam_and_later_epochs_are_those_of_keras(rng):
    model, theirs, x, y = setting("sparse", rng, optimizers.Adam(0.01))
    options = {"batch_size": 4, "shuffle": False, "verbose": 0, "validation_split": 0.3}
    same_history(
        model.fit(x, y, epochs=2, **options), theirs.fit(x, y, epochs=2, **options)
    )
    options |= {
        "initial_epoch": 2,
        "epochs": 4,
    }  # goes on where it stopped, memory kept
    same_history(model.fit(x, y, **options), theirs.fit(x, y, **options))
    assert model.optimizer.iterations == int(theirs.optimizer.iterations) == 16


def test_train_on_batch_is_that_of_keras(rng):
    model, theirs, x, y = setting("regression", rng)
    for _ in range(3):
        ours = model.train_on_batch(x, y)
        assert ours == pytest.approx(
            float(np.ravel(theirs.train_on_batch(x, y))[0]), rel=1e-5
        )


def test_shuffling_draws_from_rng_alone(rng):
    runs = []
    for seed in (1, 1, 2):
        model, _, x, y = setting("sparse", np.random.default_rng(0))
        runs.append(model.fit(x, y, epochs=2, rng=seed, verbose=0).history["loss"])
    assert runs[0] == runs[1] != runs[2]


def test_every_sample_is_used_once_an_epoch(rng):
    seen = []

    class Spy(losses.MeanSquaredError):
        def per_sample(self, y_true, y_pred):
            seen.extend(y_true.ravel())
            return super().per_sample(y_true, y_pred)

    model = cases.filled(models.Sequential([layers.Input((2,)), layers.Dense(1)]))
    model.compile("sgd", Spy())
    model.fit(
        rng.normal(size=(11, 2)), np.arange(11.0), batch_size=4, rng=rng, verbose=0
    )
    assert sorted(seen) == list(range(11)) != seen


def test_fit_builds_in_the_dtype_of_x(rng):
    for dtype, built in (
        ("float64", "float64"),
        ("float32", "float32"),
        ("float16", "float32"),
        ("int64", "float32"),
    ):
        model = models.Sequential([layers.Dense(2)])
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 3), dtype), np.ones((4, 2)), rng=rng, verbose=0)
        assert model.weights[0].dtype == built
    node = layers.Input((3,))
    model = models.Model([node], layers.Dense(2)(node))  # a list of one input
    model.compile("sgd", "mse")
    model.fit([np.ones((4, 3))], np.ones((4, 2)), rng=rng, verbose=0)
    assert model.weights[0].dtype == "float64"


def test_dropout_acts_in_fit_alone(rng):
    model = cases.filled(
        models.Sequential([layers.Input((5,)), layers.Dropout(0.5), layers.Dense(1)])
    )
    model.compile(optimizers.SGD(0.0), "mse")
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 1))
    training = model.fit(x, y, batch_size=40, rng=rng, verbose=0).history["loss"][0]
    assert training != model.evaluate(x, y)[0] == model.evaluate(x, y)[0]


def test_build_again_starts_afresh(rng):
    model, _, x, y = setting("sparse", rng, optimizers.Adam())
    model.fit(x, y, rng=rng, verbose=0)
    model.build((None, 5), rng=0)
    first = model.get_weights()
    assert model.optimizer.iterations == 0
    model.fit(x, y, rng=rng, verbose=0)
    model.build((None, 5), rng=0)
    for w, v in zip(model.get_weights(), first, strict=True):
        np.testing.assert_array_equal(w, v)


def test_summary_and_names(capsys):
    stack = [
        layers.Input((8, 8)),
        layers.Flatten(),
        layers.Dense(3),
        layers.Dense(3, name="head"),
        layers.Dense(2),
    ]
    model = models.Sequential(stack)
    model.build(rng=0)
    model.summary()
    printed = capsys.readouterr().out
    assert "dense_1 (Dense)" in printed and "(None, 64)" in printed
    assert printed.endswith(f"Total params: {64 * 3 + 3 + 12 + 8}\n")
    assert model.get_layer("head").units == 3
    assert list(model.params) == ["flatten", "dense", "head", "dense_1"]
