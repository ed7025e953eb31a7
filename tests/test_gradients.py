"""Every gradient equals finite differences, and a wrong one is caught by both tests."""

import cases
import numpy as np
import pytest
from cases.losses import MASS

from dlcourse import activations, gradcheck, layers, losses, models, optimizers, twin
from dlcourse.models.objective import Objective


def settings(case):
    """(model, x, y, loss, options of the check) of a layer case or a loss case."""
    if isinstance(case, (cases.LayerCase, cases.GraphCase)):
        model, x = case.model(), case.x()
        y = np.random.default_rng(2).normal(size=model(x).shape)
        of_x = not getattr(case, "of_ids", False)
        return model, x, y, losses.get("mse"), case.seed, of_x
    model = models.Sequential(
        [layers.Input(case.y_pred.shape[1:]), layers.Activation("linear")]
    )
    model.build(rng=0, dtype="float64")
    return model, case.y_pred, case.y_true, case.loss, None, True


def checked(model, x, y, loss, seed, of_x=True, backward=None):
    return gradcheck.check(
        model,
        x,
        y,
        loss,
        rng=np.random.default_rng(3),
        training_seed=seed,
        backward=backward,
        of_x=of_x,
    )


SMOOTH_LOSSES = [c for c in cases.all_of(cases.LOSSES) if "clipped" not in c.id] + [
    MASS
]
EVERY = [*cases.all_of(cases.LAYERS), *SMOOTH_LOSSES]
ONE_EACH = [
    *(c for family in cases.LAYERS.values() for c in family[:2]),
    cases.LAYERS["Dropout"][1],
]


@pytest.mark.parametrize("case", EVERY, ids=cases.name_of)
def test_gradient_equals_differences(case):
    assert checked(*settings(case)) <= 1e-6


@pytest.mark.parametrize("case", EVERY[::5], ids=cases.name_of)
def test_numerical_gradient_gives_every_entry(case):
    model, x, y, loss, seed, of_x = settings(case)
    if isinstance(x, list) or not of_x:
        return  # `check` above takes several inputs
    x, objective = x.astype(float), Objective(loss)

    def f(x):
        y_pred, _, mask = gradcheck._run(model, x, seed)
        return objective(y, y_pred, mask)[0]

    y_pred, cache, mask = gradcheck._run(model, x, seed)
    dx = model.backward(objective(y, y_pred, mask)[1], cache)[0]
    kept = x.copy()
    assert gradcheck.relative_error(dx, gradcheck.numerical_gradient(f, x)) < 1e-6
    np.testing.assert_array_equal(x, kept)
    v = np.random.default_rng(0).normal(size=x.shape)
    assert gradcheck.directional_derivative(f, x, v) == pytest.approx(
        (dx * v).sum(), rel=1e-6
    )


# -- the tests are tested


def times(g):
    return 1.001 * g


def flipped(g):
    return -g


def one_entry(g):
    """The largest entry is 1 % too large."""
    wrong = g.copy()
    wrong.flat[np.abs(g).argmax()] *= 1.01
    return wrong


MUTATIONS = [times, flipped, one_entry]


def changed(grads, path, mutate):
    """The nested dict with one array mutated."""
    key, *rest = path
    inner = changed(grads[key], rest, mutate) if rest else mutate(grads[key])
    return {**grads, key: inner}


def mutants(model, x, y, loss, seed, of_x, mutate):
    """(name, backward with that one gradient wrong), for x and each weight.

    A gradient of zeros, such as that of a bias before a batch normalization, has no
    wrong multiple.
    """
    original, objective = model.backward, Objective(loss)
    y_pred, cache, mask = gradcheck._run(model, x, seed)
    dx, grads = original(objective(y, y_pred, mask)[1], cache)

    def wrong_x(dy, cache):
        dx, grads = original(dy, cache)
        return ([mutate(dx[0]), *dx[1:]] if isinstance(dx, list) else mutate(dx)), grads

    def wrong_weight(path):
        def backward(dy, cache):
            dx, grads = original(dy, cache)
            return dx, changed(grads, path, mutate)

        return backward

    if of_x and seen(dx[0] if isinstance(dx, list) else dx):
        yield "x", wrong_x
    for path, _, g in optimizers.walk(model.params, grads):
        if seen(g):
            yield "/".join(path), wrong_weight(path)


def seen(g):
    return np.abs(g).max() > 1e-9


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize("case", cases.all_of(cases.LAYERS), ids=cases.name_of)
def test_gradcheck_rejects_a_wrong_layer(case, mutate):
    setting = settings(case)
    for target, backward in mutants(*setting, mutate):
        with pytest.raises(gradcheck.GradientMismatch, match=target):
            checked(*setting, backward)


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize("case", ONE_EACH, ids=cases.name_of)
def test_twin_rejects_a_wrong_layer(case, mutate):
    model, x, y, loss, seed, of_x = settings(case)
    for target, backward in mutants(model, x, y, loss, seed, of_x, mutate):
        model.backward = backward
        with pytest.raises(twin.TwinMismatch, match=target):
            twin.prove(model, x, y, loss, seed=seed)


def wrong_loss(loss, mutate):
    """The loss with a wrong gradient, under the same name for its twin."""

    def per_sample(self, y_true, y_pred):
        values, gradient = type(loss).per_sample(self, y_true, y_pred)
        return values, mutate(gradient)

    cls = type(type(loss).__name__, (type(loss),), {"per_sample": per_sample})
    return cls(**vars(loss))


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize("case", SMOOTH_LOSSES, ids=cases.name_of)
def test_both_reject_a_wrong_loss(case, mutate):
    model, x, y, loss, seed, _ = settings(case)
    wrong = wrong_loss(loss, mutate)
    with pytest.raises(gradcheck.GradientMismatch):
        checked(model, x, y, wrong, seed)
    with pytest.raises(twin.TwinMismatch):
        twin.prove(model, x, y, wrong)


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_both_reject_a_wrong_activation(name, mutate):
    right = activations.get(name)
    wrong = activations.ActivationFunction(right.phi)
    wrong.defvjp(lambda dy, z, y: mutate(right.vjp(dy, z, y)))
    case = cases.LayerCase(name, lambda: [layers.Activation(wrong)])
    model, x, y, loss, _, _ = settings(case)
    with pytest.raises(gradcheck.GradientMismatch):
        checked(model, x, y, loss, None)
    with pytest.raises(twin.TwinMismatch):
        twin.prove(model, x, y, loss)


class _WrongSign(optimizers.SGD):
    def update(self, w, g, slots, step):
        super().update(w, -g, slots, step)


class _WrongNesterov(optimizers.SGD):
    """Adds the momentum before it is updated."""

    def update(self, w, g, slots, step):
        w += self.momentum * slots["momentum"] - self.learning_rate * g
        slots["momentum"] *= self.momentum
        slots["momentum"] -= self.learning_rate * g


class _NoBiasCorrection(optimizers.Adam):
    def update(self, w, g, slots, step):
        super().update(w, g, slots, 10**6)


class _EpsilonInside(optimizers.Adam):
    """Corrects v before epsilon is added: Algorithm 1 of the paper, not Keras'."""

    def update(self, w, g, slots, step):
        m, v = slots["momentum"], slots["velocity"]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        m_hat, v_hat = m / (1 - self.beta_1**step), v / (1 - self.beta_2**step)
        w -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


WRONG_OPTIMIZERS = [
    _WrongSign(0.1),
    _WrongSign(0.1, momentum=0.9, nesterov=True),
    _WrongNesterov(0.1, momentum=0.9, nesterov=True),
    _NoBiasCorrection(),
    _EpsilonInside(epsilon=1e-3),
]


@pytest.mark.parametrize("optimizer", WRONG_OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_twin_rejects_a_wrong_optimizer(optimizer, rng):
    base = type(optimizer).__mro__[1]
    renamed = type(base.__name__, (type(optimizer),), {})
    optimizer.__class__ = renamed
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    with pytest.raises(twin.TwinMismatch, match="weight after 20 steps"):
        twin.prove(cases.mlp(), x, y, "mse", optimizer=optimizer)


def test_a_failing_loss_leaves_the_weights_alone(rng):
    model = cases.mlp()
    kept, calls = model.get_weights(), []

    class Fails(losses.MeanSquaredError):
        def per_sample(self, y_true, y_pred):
            calls.append(1)
            if len(calls) == 3:
                raise RuntimeError("third call")
            return super().per_sample(y_true, y_pred)

    with pytest.raises(RuntimeError, match="third call"):
        gradcheck.check(
            model, rng.normal(size=(3, 5)), rng.normal(size=(3, 4)), Fails(), rng=rng
        )
    for w, v in zip(model.weights, kept, strict=True):
        np.testing.assert_array_equal(w, v)
