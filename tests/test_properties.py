"""What must hold for every input: laws of the mathematics and of the layer contract."""

import cases
import numpy as np
import pytest
from cases.losses import MASS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dlcourse import activations, initializers, layers, models, optimizers

bounded = settings(deadline=None, derandomize=True, max_examples=40)
moderate = st.floats(-50, 50, width=32)
rows = arrays(
    np.float64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=moderate
)
PHI = sorted(activations.ACTIVATIONS)


@bounded
@given(rows, moderate)
def test_softmax_sums_to_one_and_ignores_a_shift(z, shift):
    p = activations.softmax(z)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(
        activations.softmax(z + shift), p, rtol=1e-9, atol=1e-300
    )
    np.testing.assert_allclose(
        np.exp(activations.log_softmax(z)), p, rtol=1e-9, atol=1e-300
    )


@bounded
@given(rows)
def test_sigmoid_is_symmetric(z):
    s = activations.sigmoid(z)
    np.testing.assert_allclose(activations.sigmoid(-z), 1 - s, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        activations.tanh(z), 2 * activations.sigmoid(2 * z) - 1, atol=1e-12
    )
    np.testing.assert_allclose(
        activations.softplus(z) - activations.softplus(-z), z, atol=1e-12
    )


@bounded
@given(st.sampled_from(PHI), rows, moderate, st.integers(0, 99))
def test_vjp_is_linear_in_dy(name, z, a, seed):
    phi, rng = activations.get(name), np.random.default_rng(seed)
    y, u, v = phi(z), rng.normal(size=z.shape), rng.normal(size=z.shape)
    both = a * phi.vjp(u, z, y) + phi.vjp(v, z, y)
    np.testing.assert_allclose(phi.vjp(a * u + v, z, y), both, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PHI)
def test_activation_keeps_the_dtype_and_its_input(name):
    for dtype in (np.float32, np.float64):
        z = np.linspace(-5, 5, 12, dtype=dtype).reshape(3, 4)
        kept, phi = z.copy(), activations.get(name)
        y = phi(z)
        dz = phi.vjp(np.ones_like(z), z, y)
        assert y.dtype == dz.dtype == dtype
        assert not np.shares_memory(y, z) and not np.shares_memory(dz, y)
        np.testing.assert_array_equal(z, kept)


@pytest.mark.parametrize("name", PHI)
def test_activation_of_whole_numbers_is_that_of_floats(name):
    z = np.arange(-4, 5)
    phi = activations.get(name)
    np.testing.assert_array_equal(phi(z), phi(z.astype(float)))
    dz = phi.vjp(np.ones_like(z), z, phi(z))
    np.testing.assert_array_equal(dz, phi.vjp(np.ones(9), z.astype(float), phi(z)))


@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_layer_contract(case):
    model, x = case.model("float32"), case.x("float32")
    state, kept = vars(model.layers[0]).copy(), x.copy()

    def forward():
        rng = np.random.default_rng(case.seed)
        return model.forward(x, training=case.seed is not None, rng=rng)

    y, cache = forward()
    again, _ = forward()
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    kept_dy = dy.copy()
    first, second = model.backward(dy, cache), model.backward(dy, cache)  # used twice
    np.testing.assert_array_equal(y, again)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(dy, kept_dy)
    assert vars(model.layers[0]).keys() == state.keys()
    assert y.dtype == first[0].dtype == np.float32 and first[0].shape == x.shape
    assert list(first[1]) == list(model.params)  # the order of Keras' weights
    own = [x, dy, y, *model.weights]
    for (path, w, g), (_, _, g2) in zip(
        optimizers.walk({"x": x, **model.params}, {"x": first[0], **first[1]}),
        optimizers.walk({"x": x, **model.params}, {"x": second[0], **second[1]}),
        strict=True,
    ):
        assert g.dtype == w.dtype == np.float32, path
        np.testing.assert_array_equal(g, g2)
        assert not any(np.shares_memory(g, a) for a in [*own, g2]), path


@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_forward_is_without_training_unless_told(case):
    model, x = case.model(), case.x()
    np.testing.assert_array_equal(
        model.forward(x)[0], model.forward(x, training=False)[0]
    )
    if isinstance(model, models.Sequential):
        for layer in model.layers:
            y, _ = layer.forward(x)
            np.testing.assert_array_equal(y, layer.forward(x, training=False)[0])
            x = y


@pytest.mark.parametrize("case", [*cases.all_of(cases.LOSSES), MASS], ids=cases.name_of)
def test_loss_keeps_dtype_and_inputs_and_is_a_mean(case):
    y_pred = case.y_pred.astype(np.float32)
    kept = y_pred.copy()
    value, dy = case.loss(case.y_true, y_pred)
    assert type(value) is float and dy.dtype == np.float32 and dy.shape == y_pred.shape
    assert not np.shares_memory(dy, y_pred)
    np.testing.assert_array_equal(y_pred, kept)
    # Over two batches: the mean of the means, weighted by their sizes.
    n, cut = len(y_pred), 1
    parts = [
        case.loss(case.y_true[s], case.y_pred[s])
        for s in (slice(cut), slice(cut, None))
    ]
    whole = case.loss(case.y_true, case.y_pred)
    weights = cut / n, 1 - cut / n
    assert whole[0] == pytest.approx(
        sum(w * p[0] for w, p in zip(weights, parts, strict=True))
    )
    joined = np.concatenate([w * p[1] for w, p in zip(weights, parts, strict=True)])
    np.testing.assert_allclose(whole[1], joined, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("optimizer", cases.all_of(cases.OPTIMIZERS), ids=cases.name_of)
def test_optimizer_keeps_dtype_and_gradients(optimizer):
    optimizer.reset()
    params = {"a": {"w": np.ones((3, 2), np.float32)}, "b": np.ones(2, np.float32)}
    grads = {"a": {"w": np.full((3, 2), 2, np.float32)}, "b": np.ones(2, np.float32)}
    before = params["b"]
    for _ in range(3):
        optimizer.apply(params, grads)
    assert params["b"] is before and (before < 1).all()
    assert (grads["b"] == 1).all() and (grads["a"]["w"] == 2).all()
    slots = [m for _, memory in optimizer._slots.values() for m in memory.values()]
    assert all(
        array.dtype == np.float32 for array in [before, params["a"]["w"], *slots]
    )
    optimizer.reset()


def test_one_layer_used_twice_in_a_graph(rng):
    # y = f(f(x)): dW is the sum over both uses, each with its own cache.
    layer = layers.Dense(3, activation="tanh")
    layer.build((None, 3), rng=rng, dtype="float64")
    x, v = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    h, first = layer.forward(x)
    _, second = layer.forward(h)
    dh, grads2 = layer.backward(v, second)
    _, grads1 = layer.backward(dh, first)
    total, eps = grads1["kernel"] + grads2["kernel"], 1e-6
    w = layer.params["kernel"]
    w[0, 1] += eps
    above = (layer(layer(x)) * v).sum()
    w[0, 1] -= 2 * eps
    below = (layer(layer(x)) * v).sum()
    assert (above - below) / (2 * eps) == pytest.approx(total[0, 1], rel=1e-7)


@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_weights_round_trip(case):
    model, other = case.model(), case.model()
    for w in other.weights:
        w += 1
    taken = model.get_weights()
    other.set_weights(taken)
    for w, v, t in zip(model.weights, other.weights, taken, strict=True):
        np.testing.assert_array_equal(w, v)
        assert not np.shares_memory(w, t) and not np.shares_memory(v, t)


@bounded
@given(st.integers(1, 30), st.integers(1, 40))
def test_batches_do_not_change_evaluate_and_predict(n, batch_size):
    rng = np.random.default_rng(n)
    model = cases.mlp(output="softmax")
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    x, y = rng.normal(size=(n, 5)), rng.integers(0, 4, n)
    np.testing.assert_allclose(
        model.evaluate(x, y, batch_size), model.evaluate(x, y, n), rtol=1e-12
    )
    np.testing.assert_allclose(model.predict(x, batch_size), model(x), rtol=1e-12)


@bounded
@given(st.permutations(range(cases.K)))
def test_loss_does_not_depend_on_the_numbering_of_classes(order):
    order = np.array(order)
    case = cases.LOSSES["SparseCategoricalCrossentropy"][0]
    inverse = np.argsort(order)
    renumbered, dy = case.loss(inverse[case.y_true], case.y_pred[:, order])
    value, gradient = case.loss(case.y_true, case.y_pred)
    assert renumbered == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(dy, gradient[:, order])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(rate, rng):
    n = 200_000
    layer = layers.Dropout(rate)
    y, cache = layer.forward(np.ones((1, n), np.float32), training=True, rng=rng)
    mask, _ = layer.affine(cache)
    assert set(np.unique(mask)) == {0, 1 / (1 - rate)}
    dropped = (mask == 0).mean()
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / n)
    assert abs(y.mean() - 1) < 5 * np.sqrt(rate / (1 - rate) / n)


SCALES = {
    "Glorot": lambda i, o: 2 / (i + o),
    "He": lambda i, o: 2 / i,
    "Lecun": lambda i, o: 1 / i,
}


@pytest.mark.parametrize(
    "name", [f"{who}{law}" for who in SCALES for law in ("Uniform", "Normal")]
)
def test_initializer_variance_and_bounds(name, rng):
    fan_in, fan_out = 400, 300
    w = getattr(initializers, name)()((fan_in, fan_out), rng, "float64")
    variance = SCALES[name.removesuffix("Uniform").removesuffix("Normal")](
        fan_in, fan_out
    )
    n, uniform = w.size, name.endswith("Uniform")
    # Var of the sample variance is about (kurtosis - 1) variance^2 / n; kurtosis <= 3.
    assert abs(w.var() / variance - 1) < 5 * np.sqrt(2 / n)
    assert abs(w.mean()) < 5 * np.sqrt(variance / n)
    bound = (
        np.sqrt(3 * variance)
        if uniform
        else 2 * np.sqrt(variance) / initializers.TRUNCATED_STD
    )
    assert 0.99 * bound < np.abs(w).max() <= bound
    again = getattr(initializers, name)()(
        (fan_in, fan_out), np.random.default_rng(2026), "float64"
    )
    np.testing.assert_array_equal(w, again)


def test_fans():
    assert initializers.compute_fans((784, 300)) == (784, 300)
    assert initializers.compute_fans((3, 5, 16, 32)) == (3 * 5 * 16, 3 * 5 * 32)
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans(()) == (1, 1)


def test_models_do_not_share_what_they_draw():
    made = [models.Sequential([layers.Input((3,)), layers.Dense(2)]) for _ in range(2)]
    for model in made:
        model.build(rng=np.random.default_rng(7))
    np.testing.assert_array_equal(made[0].weights[0], made[1].weights[0])
    assert not np.shares_memory(made[0].weights[0], made[1].weights[0])
