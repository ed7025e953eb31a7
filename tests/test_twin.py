"""Every public class of the package equals its Keras twin; one without a case fails."""

import inspect

import cases
import keras
import numpy as np
import pytest
from scipy.stats import ks_2samp

from dlcourse import (
    activations,
    callbacks,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    twin,
)

FAMILIES = {
    "layers": (layers, cases.LAYERS),
    "losses": (losses, cases.LOSSES),
    "optimizers": (optimizers, cases.OPTIMIZERS),
    "initializers": (initializers, cases.INITIALIZERS),
    "metrics": (metrics, cases.METRICS),
    "callbacks": (callbacks, cases.CALLBACKS),
}


def public_classes(module) -> dict[str, type]:
    """The classes that a module of the package defines for its readers."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if inspect.isclass(thing)
        and not name.startswith("_")
        and thing.__module__.startswith(module.__name__)
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_public_class_has_a_case(family):
    module, table = FAMILIES[family]
    without = set(public_classes(module)) - set(table) - set(cases.NO_TWIN)
    assert not without, f"{family}: add cases to tests/cases.py for {sorted(without)}"


def test_tables_name_only_what_exists():
    known = {name for module, _ in FAMILIES.values() for name in public_classes(module)}
    listed = {name for _, table in FAMILIES.values() for name in table} | set(
        cases.NO_TWIN
    )
    assert listed <= known


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_layer(case, dtype, rng):
    model, x = case.model(dtype), case.x(dtype)
    y = rng.normal(size=model(x).shape)
    report = twin.prove(model, x, y, "mse", seed=case.seed)
    trained = sum(1 for _ in optimizers.walk(model.params, model.params))
    inputs = len(x) if isinstance(x, list) else 1
    rows = 2 + inputs + trained  # outputs, loss, dx, each weight
    if case.seed is not None:
        rows += len(model.weights) - trained  # the moving averages
    assert len(report.rows) == rows


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", cases.all_of(cases.LOSSES), ids=cases.name_of)
def test_loss(case, dtype):
    stack = [layers.Input(case.y_pred.shape[1:]), layers.Activation("linear")]
    model = models.Sequential(stack)
    model.build(rng=0, dtype=dtype)
    if dtype == "float32" and "-clipped" in case.id:
        return  # 1 - 1e-7 rounds differently there: float64 compares the clip
    twin.prove(model, case.y_pred, case.y_true, case.loss)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", cases.all_of(cases.OPTIMIZERS), ids=cases.name_of)
def test_optimizer(case, dtype, rng):
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    report = twin.prove(cases.mlp(dtype), x, y, "mse", optimizer=case, steps=20)
    assert sum("after 20 steps" in what for what, *_ in report.rows) == 4


def test_a_schedule_keeps_the_path(rng):
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    twin.prove(
        cases.mlp(), x, y, "mse", optimizer=optimizers.SGD(lambda t: 0.1 / (1 + t))
    )


@pytest.mark.parametrize("case", cases.all_of(cases.INITIALIZERS), ids=cases.name_of)
def test_initializer(case, rng):
    options = {
        name: getattr(case, name) for name in inspect.signature(type(case)).parameters
    }
    theirs = getattr(keras.initializers, type(case).__name__)(**options)
    for name, value in vars(case).items():  # also what a subclass fixes, such as scale
        assert getattr(theirs, name) == value
    shape = (120, 80)
    ours, theirs = case(shape, rng), np.asarray(theirs(shape))
    assert ours.dtype == theirs.dtype == np.float32
    if not case.random:
        np.testing.assert_array_equal(ours, theirs)
        return
    assert ks_2samp(ours.ravel(), theirs.ravel()).pvalue > 1e-4
    # The two largest of 9,600 draws: equal to 1 % where the law has bounds.
    if (
        isinstance(case, initializers.RandomUniform)
        or getattr(case, "distribution", "") == "uniform"
    ):
        np.testing.assert_allclose(ours.max(), theirs.max(), rtol=0.01)
        np.testing.assert_allclose(ours.min(), theirs.min(), rtol=0.01)


def arguments(cls) -> dict:
    """Arguments of a constructor, those that it hands on to a base class included."""
    found = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(base.__init__).parameters
        found = {**parameters, **found}
        if all(p.kind != p.VAR_KEYWORD for p in parameters.values()):
            break
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_arguments_and_defaults_are_those_of_keras(family):
    for name, ours in public_classes(FAMILIES[family][0]).items():
        if name in cases.NO_TWIN:
            continue
        theirs = arguments(getattr(getattr(keras, family), name))
        for argument, parameter in inspect.signature(ours).parameters.items():
            if parameter.kind == parameter.VAR_KEYWORD:
                continue
            where = f"{name}({argument})"
            assert argument in theirs, where
            if parameter.default is not parameter.empty and (family, argument) != (
                "metrics",
                "name",
            ):
                assert parameter.default == theirs[argument].default, where


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_activation_options_are_those_of_keras(name):
    options = list(inspect.signature(activations.get(name)).parameters.values())[1:]
    theirs = inspect.signature(getattr(keras.activations, name)).parameters
    for option in options:
        assert theirs[option.name].default == option.default


@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_weights_have_names_order_and_shapes_of_keras(case):
    model = case.model("float32")
    theirs = twin.to_keras(model)
    ours = list(model.named_weights())
    assert [path[-1] for path, _ in ours] == [w.name for w in theirs.weights]
    assert [w.shape for _, w in ours] == [tuple(w.shape) for w in theirs.weights]
    assert model.count_params() == theirs.count_params()
    trained = [w.shape for _, w, _ in optimizers.walk(model.params, model.params)]
    assert trained == [tuple(w.shape) for w in theirs.trainable_weights]
    assert (
        model.compute_output_shape(model.input_shape)[1:] == model(case.x()).shape[1:]
    )
    if "two-layers" not in case.id:  # Keras doubles the units of the first of the two
        assert model.compute_output_shape(model.input_shape) == theirs.output_shape


@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_there_and_back_keeps_everything(case):
    model, x = case.model(), case.x()
    back = twin.from_keras(twin.to_keras(model))
    assert [repr(layer) for layer in back.layers] == [
        repr(layer) for layer in model.layers
    ]
    assert [layer.name for layer in back.layers] == [
        layer.name for layer in model.layers
    ]
    assert back.dtype == model.dtype
    np.testing.assert_array_equal(back.predict(x), model.predict(x))


def test_a_nested_model_has_a_twin(rng):
    inner = models.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(4)])
    model = cases.filled(
        models.Sequential([layers.Input((5,)), inner, layers.Dense(2)])
    )
    twin.prove(
        model,
        rng.normal(size=(6, 5)),
        rng.normal(size=(6, 2)),
        "mse",
        optimizers.Adam(),
    )


def test_report_is_a_table_and_a_miss_names_the_layer(rng):
    model = cases.mlp()
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    report = twin.prove(model, x, y, "mse")
    assert report.largest < 1e-12
    assert report._repr_html_().count("✓\u00a0equal") == len(report.rows) == 7
    assert "dense_1/kernel" in str(report)
    report.add("gradient", "dense/bias", np.ones(2), np.array([1.0, 2.0]), 1e-10)
    with pytest.raises(
        twin.TwinMismatch, match=r"gradient of dense/bias differs .* 5\.00e-01"
    ):
        report.check()
    report.add("outputs", "model", np.array(np.nan), np.array(1.0), 1e-10)
    with pytest.raises(twin.TwinMismatch, match=r"outputs of model .* 2 of 9"):
        report.check()
    with pytest.raises(twin.TwinMismatch, match=r"expected shape \(2,\)"):
        report.add("gradient", "dense/bias", np.ones(3), np.ones(2), 1e-10)


def test_prove_leaves_model_and_optimizer_alone(rng):
    model, optimizer = cases.mlp(), optimizers.Adam(0.1)
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    model.compile(optimizer, "mse")
    model.train_on_batch(x, y)
    before = model.get_weights()
    twin.prove(model, x, y, "mse", optimizer=optimizer)
    for w, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(w, kept)
    assert optimizer.iterations == 1
    model.train_on_batch(x, y)  # its memory still belongs to this model


REFUSED = {
    "a layer of no twin": (lambda: [keras.layers.Identity()], "got Identity"),
    "an activity regularizer": (
        lambda: [keras.layers.Dense(2, activity_regularizer="l2")],
        "activity_regularizer",
    ),
    "an option that ours lacks": (
        lambda: [keras.layers.Reshape((5, 1)), keras.layers.LSTM(2, dropout=0.5)],
        "got dropout=0.5",
    ),
    "a frozen layer": (lambda: [keras.layers.Dense(2, trainable=False)], "trainable"),
    "no layer": (list, "expected a built keras.Sequential"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_from_keras_refuses(what):
    stack, words = REFUSED[what]
    with pytest.raises(TypeError, match=words):
        twin.from_keras(keras.Sequential([keras.Input((5,)), *stack()]))
