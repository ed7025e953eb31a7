"""Second opinions: SciPy, scikit-learn and, where it is installed, PyTorch."""

import cases
import numpy as np
import pytest
import scipy.special as special
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
)
from sklearn.neural_network import MLPClassifier

from dlcourse import activations, layers, losses, metrics, models

Z = np.concatenate([np.linspace(-40, 40, 81), [-800.0, 800.0, 1e-9, -1e-9, 0.0]])
SCIPY = {
    "sigmoid": special.expit,
    "gelu": lambda z: z * special.ndtr(z),
    "silu": lambda z: z * special.expit(z),
    "softmax": lambda z: special.softmax(z, axis=-1),
    "log_softmax": lambda z: special.log_softmax(z, axis=-1),
    "softplus": lambda z: np.array([special.logsumexp([0.0, v]) for v in z]),
    "tanh": lambda z: 2 * special.expit(2 * z) - 1,
    "leaky_relu": lambda z: np.maximum(z, 0.2 * z),
    "elu": lambda z: np.maximum(z, 0) + special.expm1(np.minimum(z, 0)),
}


@pytest.mark.parametrize("name", SCIPY)
def test_activation_is_that_of_scipy(name):
    np.testing.assert_allclose(
        activations.get(name)(Z), SCIPY[name](Z), rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("name", ["gelu", "leaky_relu"])
def test_slopes_that_tensorflow_rounds(name):
    # gelu' = Phi(z) + z phi(z); leaky relu has slopes 1 and 0.2
    density = np.exp(-Z * Z / 2) / np.sqrt(2 * np.pi)
    slope = {
        "gelu": special.ndtr(Z) + Z * density,
        "leaky_relu": np.where(Z > 0, 1, 0.2),
    }[name]
    phi = activations.get(name)
    np.testing.assert_allclose(
        phi.vjp(np.ones_like(Z), Z, phi(Z)), slope, rtol=1e-12, atol=1e-15
    )


def test_cross_entropies_are_log_loss(rng):
    p, labels = rng.dirichlet(np.ones(4), 20), np.arange(20) % 4
    want = log_loss(labels, p)
    assert losses.SparseCategoricalCrossentropy()(labels, p)[0] == pytest.approx(
        want, rel=1e-12
    )
    assert losses.CategoricalCrossentropy()(np.eye(4)[labels], p)[0] == pytest.approx(
        want, rel=1e-12
    )
    logits = losses.SparseCategoricalCrossentropy(from_logits=True)(
        labels, np.log(p) + 7
    )[0]
    assert logits == pytest.approx(want, rel=1e-12)
    bits = labels % 2
    binary = losses.BinaryCrossentropy()(bits, p[:, :1])[0]
    assert binary == pytest.approx(log_loss(bits, p[:, 0]), rel=1e-12)


def test_stable_where_the_naive_formula_overflows():
    loss, gradient = losses.BinaryCrossentropy(from_logits=True)(
        [[1.0], [0.0]], [[-1000.0], [1000.0]]
    )
    assert loss == 1000
    np.testing.assert_allclose(gradient, [[-0.5], [0.5]])
    loss, _ = losses.SparseCategoricalCrossentropy(from_logits=True)(
        [0], [[-1000.0, 1000.0]]
    )
    assert loss == 2000


def test_metrics_are_those_of_scikit_learn(rng):
    y, labels = rng.normal(size=(30, 2)), rng.integers(0, 3, 30)
    y_pred, p = rng.normal(size=(30, 2)), rng.dirichlet(np.ones(3), 30)
    pairs = [
        (metrics.MeanSquaredError(), y, y_pred, mean_squared_error(y, y_pred)),
        (metrics.MeanAbsoluteError(), y, y_pred, mean_absolute_error(y, y_pred)),
        (
            metrics.SparseCategoricalAccuracy(),
            labels,
            p,
            accuracy_score(labels, p.argmax(1)),
        ),
        (
            metrics.CategoricalAccuracy(),
            np.eye(3)[labels],
            p,
            accuracy_score(labels, p.argmax(1)),
        ),
        (
            metrics.BinaryAccuracy(),
            labels % 2,
            p[:, :1],
            accuracy_score(labels % 2, p[:, 0] > 0.5),
        ),
    ]
    for metric, y_true, out, want in pairs:
        metric.update_state(y_true, out)
        assert metric.result() == pytest.approx(want, rel=1e-12), metric.name


def test_metric_of_unsigned_bytes_does_not_wrap_round():
    # 200 - 10 and 10 - 200: in uint8 the second is 66
    metric = metrics.MeanAbsoluteError()
    metric.update_state(
        np.array([[10], [200]], np.uint8), np.array([[200], [10]], np.uint8)
    )
    assert metric.result() == 190


def test_gradients_are_those_of_mlp_classifier(rng):
    x, labels = rng.normal(size=(12, 5)), rng.integers(0, 4, 12)
    labels[:4] = range(4)
    theirs = MLPClassifier(
        (6,), activation="tanh", solver="sgd", alpha=0.0, max_iter=1, random_state=0
    )
    theirs.partial_fit(x, labels, classes=range(4))
    model = cases.mlp(output="softmax")
    model.set_weights(
        [
            a
            for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True)
            for a in pair
        ]
    )
    np.testing.assert_allclose(model(x), theirs.predict_proba(x), rtol=1e-12)
    y_hat, cache = model.forward(x)
    _, dy = losses.SparseCategoricalCrossentropy()(labels, y_hat)
    _, grads = model.backward(dy, cache)

    shapes = (
        [np.empty_like(w) for w in theirs.coefs_],
        [np.empty_like(b) for b in theirs.intercepts_],
    )
    activity = [x, *(np.empty((12, n)) for n in (6, 4))]
    extra = (None,) if "sample_weight" in theirs._backprop.__code__.co_varnames else ()
    delta = [np.empty_like(a) for a in activity[1:]]
    _, kernels, biases = theirs._backprop(
        x, np.eye(4)[labels], *extra, activity, delta, *shapes
    )
    for name, kernel, bias in zip(("dense", "dense_1"), kernels, biases, strict=True):
        np.testing.assert_allclose(grads[name]["kernel"], kernel, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(grads[name]["bias"], bias, rtol=1e-9, atol=1e-13)


def test_optimum_of_logistic_regression(rng):
    # One unit with a sigmoid is logistic regression: our gradient finds the same weights.
    x = rng.normal(size=(60, 2))
    y = (x @ [1.0, -2.0] + rng.logistic(size=60) > 0).astype(int)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    model = cases.filled(models.Sequential([layers.Input((2,)), layers.Dense(1)]))
    loss = losses.BinaryCrossentropy(from_logits=True)

    def objective(flat):
        model.set_weights([flat[:2, np.newaxis], flat[2:]])
        z, cache = model.forward(x)
        value, dy = loss(y, z)
        grads = model.backward(dy, cache)[1]["dense"]
        return value, np.concatenate([grads["kernel"].ravel(), grads["bias"]])

    found = minimize(objective, np.zeros(3), jac=True, tol=1e-12)
    np.testing.assert_allclose(
        found.x, [*theirs.coef_[0], *theirs.intercept_], rtol=1e-4
    )


def test_torch_agrees(needs, rng):
    needs("torch")
    import torch

    x, labels = rng.normal(size=(6, 5)), rng.integers(0, 4, 6)
    model = cases.mlp()
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 6), torch.nn.Tanh(), torch.nn.Linear(6, 4)
    ).double()
    with torch.no_grad():
        for p, w in zip(net.parameters(), model.get_weights(), strict=True):
            p.copy_(torch.from_numpy(w.T.copy()))
    value = torch.nn.functional.cross_entropy(
        net(torch.from_numpy(x)), torch.from_numpy(labels)
    )
    value.backward()
    z, cache = model.forward(x)
    loss, dy = losses.SparseCategoricalCrossentropy(from_logits=True)(labels, z)
    assert loss == pytest.approx(value.item(), rel=1e-12)
    grads = [
        g for layer in model.backward(dy, cache)[1].values() for g in layer.values()
    ]
    for g, p in zip(grads, net.parameters(), strict=True):
        np.testing.assert_allclose(g, p.grad.numpy().T, rtol=1e-10, atol=1e-15)
