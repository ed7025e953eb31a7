"""Graphs, masks, penalties, constraints, frozen layers, weights of samples: as in Keras."""

import cases
import keras
import numpy as np
import pytest
from cases import GraphCase

from dlcourse import (
    gradcheck,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    twin,
)
from dlcourse.layers import Activation, Dense, Dropout, Flatten, Input
from dlcourse.models.functional import Model


class Sum(layers.Layer):
    """y = a + b, the smallest layer that merges; Keras' Add is its twin."""

    def forward(self, x, training=False, rng=None):
        return x[0] + x[1], None

    def backward(self, dy, cache):
        return [dy.copy(), dy.copy()], {}

    def compute_output_shape(self, shapes):
        return shapes[0]


Sum.__name__ = "Add"  # the class that the twin looks up


def residual(x):
    return Dense(3)(Sum()([Dense(5, activation="tanh")(x), x]))


def diamond(x):
    """A node that feeds three others; layers of one distance keep Keras' order."""
    a = Dense(4, activation="tanh")(x)
    b, c = Dense(4, activation="sigmoid")(a), Dense(4)(Dense(6)(a))
    return Dense(2)(Sum()([Sum()([c, b]), a]))


def shared(x, z):
    """One layer at two places, of two depths."""
    dense = Dense(5, activation="tanh")
    return Sum()([dense(dense(x)), dense(z)])


def nested(x):
    inner = models.Sequential([Input((5,)), Dense(4, activation="tanh"), Dense(3)])
    y = Input((3,))
    outer = Model(y, Sum()([y, Dense(3)(y)]))
    return Dense(2)(outer(inner(x)))


def noisy(x):
    return Dense(2)(Sum()([Dropout(0.4)(x), Dense(5)(Dropout(0.2)(x))]))


GRAPHS = [
    GraphCase("residual", residual, ((5,),)),
    GraphCase("diamond", diamond, ((5,),)),
    GraphCase("shared", shared),
    GraphCase("nested", nested, ((5,),)),
    GraphCase(
        "images", lambda x: Dense(2)(Flatten()(Sum()([x, Dense(3)(x)]))), ((2, 3),)
    ),
    GraphCase("noise", noisy, ((5,),), seed=3),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", GRAPHS, ids=cases.name_of)
def test_a_graph_equals_its_twin(case, dtype, rng):
    model, x = case.model(dtype), case.x(dtype)
    y = rng.normal(size=model(x).shape)
    twin.prove(model, x, y, "mse", optimizers.Adam(0.01), seed=case.seed)


@pytest.mark.parametrize("case", GRAPHS, ids=cases.name_of)
def test_gradients_of_a_graph(case, rng):
    model, x = case.model(), case.x()
    y = rng.normal(size=model(x).shape)
    assert gradcheck.check(model, x, y, "mse", rng=rng, training_seed=case.seed) <= 1e-6


@pytest.mark.parametrize("case", GRAPHS, ids=cases.name_of)
def test_weights_of_a_graph_have_the_order_of_keras(case, monkeypatch):
    monkeypatch.setattr(layers, "Add", Sum, raising=False)
    monkeypatch.setattr(layers, "__all__", [*layers.__all__, "Add"])
    model = case.model("float32")
    theirs = twin.to_keras(model)
    assert [w.shape for w in model.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [layer.name for layer in model.layers] == [
        layer.name
        for layer in theirs.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    if case.seed is None:
        back = twin.from_keras(theirs)
        np.testing.assert_array_equal(back.predict(case.x()), model.predict(case.x()))


def two_heads():
    x = Input((5,))
    h = Dense(6, activation="tanh")(x)
    return cases.filled(
        Model(x, [Dense(3)(h), Dense(1, activation="sigmoid", name="side")(h)])
    )


def test_several_outputs_and_loss_weights(rng):
    model, x = two_heads(), rng.normal(size=(8, 5))
    y = [rng.normal(size=(8, 3)), rng.integers(0, 2, (8, 1)).astype(float)]
    twin.prove(model, x, y, ["mse", "binary_crossentropy"], optimizers.SGD(0.1))
    model.compile(
        optimizers.SGD(0.1), ["mse", "binary_crossentropy"], loss_weights=[1.0, 0.3]
    )
    theirs = twin.to_keras(model)
    ours = model.fit(
        x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, rng=0
    ).history
    found = theirs.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    assert ours.keys() == found.keys() == {"loss", "dense_1_loss", "side_loss"}
    for name, values in ours.items():
        np.testing.assert_allclose(values, found[name], rtol=1e-5)
    np.testing.assert_allclose(
        model.evaluate(x, y)[0], theirs.evaluate(x, y, verbose=0)[0], rtol=1e-5
    )
    assert [a.shape for a in model.predict(x, batch_size=3)] == [(8, 3), (8, 1)]


def test_a_part_of_a_built_model_shares_its_weights(rng):
    x = Input((5,))
    middle = Dense(4, activation="tanh")
    whole = cases.filled(Model(x, Dense(2)(middle(x))))
    part = Model(x, middle.output)
    a = rng.normal(size=(3, 5))
    np.testing.assert_allclose(
        part(a), np.tanh(a @ middle.params["kernel"] + middle.params["bias"])
    )
    assert part.weights[0] is whole.weights[0]


def test_a_new_layer_on_a_built_one_is_yet_to_be_built(rng):
    x = Input((5,))
    middle = Dense(4)
    cases.filled(Model(x, middle(x)))
    model = Model(x, Dense(2)(middle.output))
    assert not model.built
    model.build(rng=rng)
    assert model.built and model(rng.normal(size=(3, 5))).shape == (3, 2)


def test_forward_leaves_no_trace_and_frees_what_nobody_needs(rng):
    model = cases.filled(Model(x := Input((5,)), residual(x)))
    a = rng.normal(size=(3, 5))
    first, cache = model.forward(a)
    model.forward(2 * a)
    dx, _ = model.backward(np.ones_like(first), cache)
    again, fresh = model.forward(a)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(dx, model.backward(np.ones_like(first), fresh)[0])


def test_summary_names_the_sources(capsys):
    model = cases.filled(Model(x := Input((5,)), residual(x)))
    model.summary()
    text = capsys.readouterr().out
    assert "dense, input_layer" in text and "Total params: 48" in text


PENALISED = {
    "l2": {"kernel_regularizer": "l2"},
    "l1 and bias": {
        "kernel_regularizer": regularizers.L1(0.03),
        "bias_regularizer": "l2",
    },
    "orthogonal": {"kernel_regularizer": "orthogonal_regularizer"},
    "max norm": {"kernel_constraint": "max_norm", "bias_constraint": "non_neg"},
    "unit norm": {"kernel_constraint": "unit_norm"},
}


@pytest.mark.parametrize("what", PENALISED)
def test_penalties_and_constraints_take_part_in_training(what, rng):
    stack = [Input((5,)), Dense(4, activation="tanh", **PENALISED[what]), Dense(3)]
    model = cases.filled(models.Sequential(stack))
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 3))
    twin.prove(model, x, y, "mse", optimizers.SGD(0.3))
    model = cases.filled(models.Sequential(stack), "float32")
    model.compile(optimizers.SGD(0.3), "mse")
    theirs = twin.to_keras(model)
    ours = model.fit(
        x, y, epochs=3, batch_size=3, shuffle=False, verbose=0, rng=0
    ).history
    found = theirs.fit(x, y, epochs=3, batch_size=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(ours["loss"], found["loss"], rtol=1e-5)
    np.testing.assert_allclose(
        model.evaluate(x, y)[0], theirs.evaluate(x, y, verbose=0), rtol=1e-5
    )


def test_a_frozen_layer_stays(rng):
    model = cases.mlp()
    model.get_layer("dense").trainable = False
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    twin.prove(model, x, y, "mse", optimizers.Adam())
    model.compile("sgd", "mse")
    frozen, free = (
        model.get_layer(n).params["kernel"].copy() for n in ("dense", "dense_1")
    )
    model.fit(x, y, verbose=0, rng=0)
    np.testing.assert_array_equal(model.get_layer("dense").params["kernel"], frozen)
    assert not np.array_equal(model.get_layer("dense_1").params["kernel"], free)


@pytest.mark.parametrize("how", ["sample_weight", "class_weight"])
def test_weights_of_samples_are_those_of_keras(how, rng):
    model = cases.mlp("float32", "softmax")
    x, y = rng.normal(size=(12, 5)).astype("float32"), rng.integers(0, 4, 12)
    given = {
        "sample_weight": rng.uniform(size=12),
        "class_weight": {0: 0.5, 1: 2.0, 2: 1.0, 3: 3.0},
    }[how]
    model.compile(optimizers.SGD(0.2), "sparse_categorical_crossentropy", ["accuracy"])
    theirs = twin.to_keras(model)
    theirs.compile(
        keras.optimizers.SGD(0.2),
        "sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
    )
    options = {"epochs": 2, "batch_size": 5, "shuffle": False, "verbose": 0, how: given}
    ours = model.fit(x, y, rng=0, **options).history
    found = theirs.fit(x, y, **options).history
    np.testing.assert_allclose(ours["loss"], found["loss"], rtol=1e-5)
    np.testing.assert_allclose(ours["accuracy"], found["accuracy"], rtol=1e-5)
    for w, v in zip(model.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(w, v, atol=1e-5)


def test_a_mask_limits_the_mean_to_the_steps_that_count(rng):
    """By hand: the loss of padded sequences is that of the real steps alone."""

    class Mask(layers.Layer):
        supports_masking = True

        def compute_mask(self, x, mask=None):
            return np.abs(x).max(axis=-1) > 1e-3  # differences move x by less

        def forward(self, x, training=False, rng=None):
            return x.copy(), None

        def backward(self, dy, cache):
            return dy.copy(), {}

    x = rng.normal(size=(3, 4, 5))
    x[0, 2:], x[2, 1:] = 0, 0
    y = rng.normal(size=(3, 4, 2))
    model = cases.filled(models.Sequential([Input((4, 5)), Mask(), Dense(2)]))
    model.compile("sgd", "mse", [metrics.MeanSquaredError()])
    real = (x != 0).any(axis=-1)
    expected = ((model(x) - y)[real] ** 2).mean()
    assert model.evaluate(x, y) == pytest.approx([expected, expected])
    assert gradcheck.check(model, x, y, "mse", rng=rng) <= 1e-6


def broken(where):
    model = cases.mlp("float32", "softmax")
    model.get_layer(where).params["kernel"][0, 0] = np.nan
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("where", ["dense", "dense_1"])
def test_fit_names_the_first_layer_that_is_not_finite(where, rng):
    model = broken(where)
    with pytest.raises(FloatingPointError, match=rf"layer '{where}' .*its weights"):
        model.fit(rng.normal(size=(8, 5)), np.zeros(8), verbose=0, rng=0)


def test_fit_names_a_layer_that_overflows(rng):
    stack = [
        Input((5,)),
        Dense(4, name="first"),
        Dense(4, name="second"),
        Activation("softmax"),
    ]
    model = cases.filled(models.Sequential(stack), "float32")
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.get_layer("second").params["kernel"][...] = 3e38
    kept = model.get_weights()
    with (
        np.errstate(all="ignore"),
        pytest.raises(
            FloatingPointError,
            match=r"layer 'second' \(Dense\(4\)\).*that of 'first' still is",
        ),
    ):
        model.fit(9 * rng.normal(size=(8, 5)), np.zeros(8), verbose=0, rng=0)
    for w, v in zip(model.weights, kept, strict=True):
        np.testing.assert_array_equal(w, v)


X = Input((5,))
WRONG = {
    "no node": (
        lambda: Model(np.ones((2, 5)), Dense(2)(X)),
        TypeError,
        "a node or a list of nodes",
    ),
    "no outputs": (lambda: Model(X, []), TypeError, "expected outputs"),
    "another input": (
        lambda: Model(Input((5,)), Dense(2)(X)),
        ValueError,
        "Add it to inputs",
    ),
    "an unused input": (
        lambda: Model([X, Input((3,))], Dense(2)(X)),
        ValueError,
        "which nothing uses",
    ),
    "a name twice": (
        lambda: Model(X, Dense(2, name="a")(Dense(2, name="a")(X))),
        ValueError,
        "'a' twice",
    ),
    "a shape": (
        lambda: cases.filled(Model(X, Dense(2)(X))).predict(np.ones((2, 6))),
        ValueError,
        "as Input says",
    ),
    "one array for two": (
        lambda: cases.filled(Model([X, Y], Sum()([X, Y]))).predict(np.ones((2, 5))),
        ValueError,
        "predict: expected x to be a list of 2 arrays",
    ),
    "three shapes for two": (
        lambda: Model([X, Y], Sum()([X, Y])).compute_output_shape([(None, 5)] * 3),
        ValueError,
        "longer",
    ),
    "unequal counts": (
        lambda: cases.filled(Model([X, Y], Sum()([X, Y]))).predict(
            [np.ones((2, 5)), np.ones((3, 5))]
        ),
        ValueError,
        "as many samples in each input, got 2, 3",
    ),
    "one loss of two": (
        lambda: two_heads().compile("sgd", ["mse"]),
        ValueError,
        "loss to be a list of 2",
    ),
    "metrics of two": (
        lambda: two_heads().compile("sgd", "mse", ["mae"]),
        ValueError,
        "no metrics",
    ),
    "a class without weight": (
        lambda: fitted(class_weight={0: 1.0}),
        ValueError,
        "hold every class, got none for 1",
    ),
    "a negative weight": (
        lambda: fitted(sample_weight=[-1, 1]),
        ValueError,
        "sample_weight of at least 0",
    ),
    "too few weights": (
        lambda: fitted(sample_weight=[1]),
        ValueError,
        "each of the 2 samples",
    ),
    "both weights": (
        lambda: fitted(sample_weight=[1, 1], class_weight={0: 1, 1: 1}),
        ValueError,
        "class_weight alone",
    ),
}
Y = Input((5,))


def fitted(**options):
    model = cases.mlp("float32", "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.fit(np.ones((2, 5)), [0, 1], verbose=0, rng=0, **options)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_graph_or_weight_is_refused(what):
    call, kind, words = WRONG[what]
    with pytest.raises(kind, match=words):
        call()


def test_regularizers_change_only_what_they_hold(rng):
    model = cases.filled(
        models.Sequential([Input((5,)), Dense(4), Dense(2, kernel_regularizer="l2")])
    )
    penalty, grads = model.regularization()
    w = model.get_layer("dense_1").params["kernel"]
    assert penalty == pytest.approx(0.01 * (w**2).sum())
    assert grads.keys() == {"dense_1"}
    np.testing.assert_allclose(grads["dense_1"]["kernel"], 0.02 * w)
    assert losses.get("mse")(np.zeros((2, 2)), np.zeros((2, 2)))[0] == 0
