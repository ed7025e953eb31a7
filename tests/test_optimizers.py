"""Optimizers against oracles that are not Keras: SciPy, scikit-learn, PyTorch, hand."""

import copy
import math

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from dlcourse import optimizers, schedules
from dlcourse.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Nadam,
    RMSprop,
)
from dlcourse.optimizers.base import BLOCK, blocks, norm

T = 25
ALL = cases.all_of(cases.OPTIMIZERS)


def path(optimizer, gradients, start=0.0):
    """The weights after each step, the gradients of all steps being given."""
    optimizer = copy.deepcopy(optimizer)
    w, found = np.full_like(gradients[0], start), []
    for g in gradients:
        optimizer.apply({"w": w}, {"w": g})
        found.append(w.copy())
    return np.array(found)


def gradients_of(rng, shape=(4,)):
    return rng.normal(size=(T, *shape))


# -- SciPy: every running mean is a linear filter, so a path is a sum of filtered steps


def mean(g, beta):
    return lfilter([1 - beta], [1, -beta], g, axis=0)


def bias(beta):
    return 1 - beta ** np.arange(1, T + 1)[:, np.newaxis]


def nadam(g, eta=0.02, beta_1=0.9, beta_2=0.99):
    t = np.arange(1, T + 2)[:, np.newaxis]
    mu = beta_1 * (1 - 0.5 * 0.96**t)
    m_t = np.cumprod(mu)[:, np.newaxis]
    ahead = mu[1:] * mean(g, beta_1) / (1 - m_t[1:])
    own = (1 - mu[:-1]) * g / (1 - m_t[:-1])
    v_hat = mean(g**2, beta_2) / bias(beta_2)
    return eta * (ahead + own) / (np.sqrt(v_hat) + 1e-7)


def largest(g, beta):
    """max over s of beta^(t - s) |g_s|, which the recursion of Adamax unrolls to."""
    t = np.arange(T)
    weights = np.where(t[:, None] >= t, beta ** (t[:, None] - t.astype(float)), 0)
    return (weights[..., None] * np.abs(g)).max(axis=1)


FILTERED = [
    (SGD(0.1), lambda g: 0.1 * g),
    (SGD(0.1, momentum=0.8), lambda g: lfilter([0.1], [1, -0.8], g, axis=0)),
    (
        SGD(0.1, momentum=0.8, nesterov=True),
        lambda g: 0.8 * lfilter([0.1], [1, -0.8], g, axis=0) + 0.1 * g,
    ),
    (
        Adagrad(0.1, initial_accumulator_value=0.5),
        lambda g: 0.1 * g / np.sqrt(0.5 + np.cumsum(g**2, axis=0) + 1e-7),
    ),
    (
        RMSprop(0.1, rho=0.8, epsilon=1e-3),
        lambda g: 0.1 * g / np.sqrt(mean(g**2, 0.8) + 1e-3),
    ),
    (
        RMSprop(0.1, rho=0.8, epsilon=1e-3, centered=True),
        lambda g: 0.1 * g / np.sqrt(mean(g**2, 0.8) - mean(g, 0.8) ** 2 + 1e-3),
    ),
    (
        RMSprop(0.1, rho=0.8, epsilon=1e-3, momentum=0.6),
        lambda g: lfilter(
            [0.1], [1, -0.6], g / np.sqrt(mean(g**2, 0.8) + 1e-3), axis=0
        ),
    ),
    (
        Adam(0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
        lambda g: (
            0.1 * np.sqrt(bias(0.95)) / bias(0.8) * mean(g, 0.8)
            / (np.sqrt(mean(g**2, 0.95)) + 1e-3)
        ),
    ),
    (
        Adam(0.1, beta_1=0.8, beta_2=0.5, amsgrad=True),
        lambda g: (
            0.1 * np.sqrt(bias(0.5)) / bias(0.8) * mean(g, 0.8)
            / (np.sqrt(np.maximum.accumulate(mean(g**2, 0.5))) + 1e-7)
        ),
    ),
    (
        Adamax(0.1, beta_1=0.8, beta_2=0.9),
        lambda g: 0.1 / bias(0.8) * mean(g, 0.8) / (largest(g, 0.9) + 1e-7),
    ),
    (Nadam(0.02, beta_1=0.9, beta_2=0.99), nadam),
]  # fmt: skip


@pytest.mark.parametrize(("optimizer", "steps"), FILTERED, ids=range(len(FILTERED)))
def test_path_is_a_sum_of_filtered_gradients(optimizer, steps, rng):
    g = gradients_of(rng)
    want = 1.5 - np.cumsum(steps(g), axis=0)
    np.testing.assert_allclose(path(optimizer, g, 1.5), want, rtol=1e-11, atol=1e-13)


def test_average_is_a_filter_of_the_weights(rng):
    g = gradients_of(rng)
    w = path(SGD(0.1), g)
    one = SGD(0.1, use_ema=True, ema_momentum=0.7)
    params = {"w": np.zeros(4)}
    for step in g:
        one.apply(params, {"w": step})
    np.testing.assert_allclose(params["w"], w[-1])  # the average is kept beside
    # a_1 = w_1, then a_t = 0.7 a_{t-1} + 0.3 w_t
    want = 0.7 ** (T - 1) * w[0] + mean(np.vstack([0 * w[:1], w[1:]]), 0.7)[-1]
    one.finalize(params)
    np.testing.assert_allclose(params["w"], want, rtol=1e-12)


# -- scikit-learn


def test_scikit_learn_agrees(rng):
    g = gradients_of(rng)
    pairs = [
        (SGD(0.1, momentum=0.9), SGDOptimizer, {"nesterov": False}),
        (SGD(0.1, momentum=0.9, nesterov=True), SGDOptimizer, {"nesterov": True}),
        (Adam(0.1, epsilon=1e-3), AdamOptimizer, {"epsilon": 1e-3}),
    ]
    for ours, kind, options in pairs:
        w = np.ones(4)
        theirs = kind([w], learning_rate_init=0.1, **options)
        for step in g:
            theirs.update_params([w], [step])
        np.testing.assert_allclose(path(ours, g, 1.0)[-1], w, rtol=1e-12)


# -- PyTorch. Where it adds epsilon outside the root and Keras inside, or the other way
#    round, both take 0. Its Adam adds epsilon after the bias correction (Algorithm 1 of
#    the paper): the same as ours with epsilon / sqrt(1 - beta_2^t) at step t. Its decay
#    in SGD is an L2 penalty, which is the same without momentum.


def torch_pairs():
    decay = {"weight_decay": 0.2}
    betas = {"betas": (0.8, 0.9)}
    ours_betas = {"beta_1": 0.8, "beta_2": 0.9}
    return [
        (SGD(0.1), "SGD", {}),
        (SGD(0.1, **decay), "SGD", decay),
        (SGD(0.1, momentum=0.8), "SGD", {"momentum": 0.8}),
        (
            SGD(0.1, momentum=0.8, nesterov=True),
            "SGD",
            {"momentum": 0.8, "nesterov": True},
        ),
        (
            Adagrad(0.1, epsilon=0),
            "Adagrad",
            {"initial_accumulator_value": 0.1, "eps": 0.0},
        ),
        (Adadelta(0.1, rho=0.8, epsilon=1e-3), "Adadelta", {"rho": 0.8, "eps": 1e-3}),
        (RMSprop(0.1, rho=0.8, epsilon=0), "RMSprop", {"alpha": 0.8, "eps": 0.0}),
        (
            RMSprop(0.1, rho=0.8, epsilon=0, momentum=0.5, centered=True),
            "RMSprop",
            {"alpha": 0.8, "eps": 0.0, "momentum": 0.5, "centered": True},
        ),
        (Adam(0.1, epsilon=1e-3, **ours_betas), "Adam", {"eps": 1e-3, **betas}),
        (
            Adam(0.1, epsilon=1e-3, amsgrad=True, **ours_betas),
            "Adam",
            {"eps": 1e-3, "amsgrad": True, **betas},
        ),
        (
            AdamW(0.1, epsilon=1e-3, **decay, **ours_betas),
            "AdamW",
            {"eps": 1e-3, **decay, **betas},
        ),
        (Adamax(0.1, epsilon=0, **ours_betas), "Adamax", {"eps": 0.0, **betas}),
        (
            Nadam(0.1, epsilon=1e-3, **ours_betas),
            "NAdam",
            {"eps": 1e-3, "momentum_decay": 1.0, **betas},
        ),
    ]


@pytest.mark.parametrize("index", range(len(torch_pairs())))
def test_torch_agrees(index, needs, rng):
    needs("torch")
    import torch

    ours, kind, options = torch_pairs()[index]
    g = gradients_of(rng)
    w = torch.nn.Parameter(torch.ones(4, dtype=torch.float64))
    theirs = getattr(torch.optim, kind)([w], lr=0.1, **options)
    for t, step in enumerate(g, start=1):
        if kind in ("Adam", "AdamW"):
            correction = math.sqrt(1 - ours.beta_2**t)
            theirs.param_groups[0]["eps"] = ours.epsilon / correction
        w.grad = torch.from_numpy(step.copy())
        theirs.step()
    near = 1e-6 if kind == "NAdam" else 1e-11  # which holds its product in float32
    np.testing.assert_allclose(path(ours, g, 1.0)[-1], w.detach().numpy(), rtol=near)


def test_torch_clips_the_same(needs, rng):
    needs("torch")
    import torch

    arrays = [rng.normal(size=s) for s in ((3, 2), (4,))]
    tensors = [torch.nn.Parameter(torch.zeros(a.shape)) for a in arrays]
    for tensor, a in zip(tensors, arrays, strict=True):
        tensor.grad = torch.from_numpy(a.astype(np.float32))
    torch.nn.utils.clip_grad_norm_(tensors, 0.7)
    found = SGD(global_clipnorm=0.7).clip(arrays)
    for tensor, a in zip(tensors, found, strict=True):
        np.testing.assert_allclose(a, tensor.grad.numpy(), rtol=1e-5)


# -- by hand


def one_step(optimizer, g, w=1.0):
    return path(optimizer, np.array([[g]]), w)[0, 0]


def test_first_steps_by_hand():
    # 1 - 0.1 x 0.5; with the decay 1 - 0.1 x 0.2 x 1 before
    assert one_step(SGD(0.1), 0.5) == 0.95
    assert one_step(SGD(0.1, weight_decay=0.2), 0.5) == pytest.approx(0.93)
    # a = 0.1 + 0.4^2 = 0.26 and epsilon 0.1: 0.1 x 0.4 / 0.6
    assert one_step(Adagrad(0.1, epsilon=0.1), 0.4) == pytest.approx(1 - 0.04 / 0.6)
    # a = 0.05 x 4 = 0.2, epsilon 0.05: sqrt(0.05) / sqrt(0.25) x 2
    assert one_step(Adadelta(1.0, epsilon=0.05), 2.0) == pytest.approx(
        1 - 4 * math.sqrt(0.05)
    )
    # v = 0.1 x 4 = 0.4: 0.1 x 2 / sqrt(0.4)
    assert one_step(RMSprop(0.1, epsilon=0), 2.0) == pytest.approx(1 - 0.2 / 0.4**0.5)
    # centered: a = 0.1 x 2, v - a^2 = 0.4 - 0.04
    assert one_step(RMSprop(0.1, epsilon=0, centered=True), 2.0) == pytest.approx(
        1 - 0.2 / 0.6
    )
    # Adam and Adamax move by eta against the sign, whatever the size of g
    for kind in (Adam, Adamax):
        for g in (1e-3, 5.0, -7.0):
            assert one_step(kind(0.1, epsilon=0), g) == pytest.approx(
                1 - 0.1 * np.sign(g)
            )
    # epsilon outside the root, and not corrected: sqrt(0.001) x 2 + 0.1
    root = math.sqrt(0.001)
    assert one_step(Adam(0.1, epsilon=0.1), 2.0) == pytest.approx(
        1 - 0.1 * root / 0.1 * 0.2 / (2 * root + 0.1)
    )
    # mu_1 = 0.9 x 0.52 = 0.468, mu_2 = 0.9 x (1 - 0.4608) = 0.48528
    ahead = 0.48528 * 0.1 / (1 - 0.468 * 0.48528)
    assert one_step(Nadam(0.1, epsilon=0), 3.0) == pytest.approx(1 - 0.1 * (ahead + 1))
    # n: 0 -> 4, z = 2 - (2 - 0) / 0.1 x 1 = -18, w = 18 / (2 / 0.1)
    options = {"initial_accumulator_value": 0.0}
    assert one_step(Ftrl(0.1, **options), 2.0) == pytest.approx(0.9)
    # l1 = 3, l2 = 5, beta = 1: (-3 + 18) / (3 / 0.1 + 10)
    options |= {"l1_regularization_strength": 3.0, "l2_regularization_strength": 5.0}
    assert one_step(Ftrl(0.1, beta=1.0, **options), 2.0) == pytest.approx(15 / 40)


def test_clipping_by_hand():
    g = [np.array([3.0, -4.0]), np.array([[12.0]])]  # norms 5 and 12, together 13
    assert norm(g[0]) == 5
    by_value = SGD(clipvalue=3.5).clip(g)
    np.testing.assert_array_equal(by_value[0], [3.0, -3.5])
    by_norm = SGD(clipnorm=10).clip(g)
    np.testing.assert_array_equal(by_norm[0], g[0])  # short enough
    np.testing.assert_allclose(by_norm[1], [[10.0]])
    together = SGD(global_clipnorm=6.5).clip(g)
    np.testing.assert_allclose(together[0], [1.5, -2.0])
    np.testing.assert_allclose(together[1], [[6.0]])
    for options in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"clipvalue": 1.0}):
        zeros = SGD(**options).clip([np.zeros(3), np.zeros(2)])
        assert not any(z.any() for z in zeros)  # and no 0 / 0


def test_clipping_tames_a_gradient_whose_square_overflows():
    g = np.array([3e30, -4e30], np.float32)
    w = np.zeros(2, np.float32)
    SGD(1.0, clipnorm=1.0).apply({"w": w}, {"w": g})
    np.testing.assert_allclose(w, [-0.6, 0.8], rtol=1e-6)
    assert w.dtype == np.float32


def test_average_by_hand():
    # w = -1, -2, -3, -4 with a = -1, -1.5, -2.25, then w <- a: -3.125 at step 4
    params, ones = {"w": np.zeros(1)}, {"w": np.ones(1)}
    one = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=4)
    for _ in range(3):
        one.apply(params, ones)
    assert params["w"][0] == -3
    one.apply(params, ones)
    assert params["w"][0] == -3.125
    params["other"] = np.ones(2)  # never updated: left alone
    one.finalize(params)
    assert params["w"][0] == -3.125 and (params["other"] == 1).all()
    without = SGD(1.0)
    without.apply(params, {"w": np.ones(1), "other": np.ones(2)})
    without.finalize(params)
    assert params["w"][0] == -4.125


def test_learning_rate_may_be_set_at_any_time():
    w, one = np.zeros(1), SGD(lambda t: 1.0 / (1 + t))
    assert [one.learning_rate, one.iterations] == [1.0, 0]
    one.apply({"w": w}, {"w": np.ones(1)})
    assert one.learning_rate == 0.5
    one.learning_rate = schedules.Constant(2.0)
    one.apply({"w": w}, {"w": np.ones(1)})
    assert w[0] == -3
    one.learning_rate = 0.25
    assert one.learning_rate == 0.25


# -- published results


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_on_a_parabola_is_a_matrix_power(nesterov):
    # f = lambda w^2 / 2: w_{t+1} = (1 + beta - eta lambda) w_t - beta w_{t-1} (Polyak,
    # 1964); Nesterov's look-ahead point: (1 - eta lambda) ((1 + beta) w_t - beta w_{t-1}).
    eta, lam, beta = 0.1, 2.0, 0.7
    shrink = 1 - eta * lam
    matrix = np.array([[1 + beta - eta * lam, -beta], [1.0, 0.0]])
    if nesterov:
        matrix = np.array([[shrink * (1 + beta), -shrink * beta], [1.0, 0.0]])
    w, one = np.ones(1), SGD(eta, momentum=beta, nesterov=nesterov)
    for t in range(1, 41):
        one.apply({"w": w}, {"w": lam * w})
        # "the step before", from which the formula gives the first: m_0 = 0
        before = 1 / shrink if nesterov else 1.0
        want = np.linalg.matrix_power(matrix, t) @ [1.0, before]
        assert w[0] == pytest.approx(want[0], rel=1e-10, abs=1e-14)
    # complex eigenvalues: their size is the rate, sqrt(beta) and sqrt(beta shrink)
    rate = np.abs(np.linalg.eigvals(matrix)).max()
    assert rate == pytest.approx(math.sqrt(beta * (shrink if nesterov else 1)))


def test_best_momentum_of_polyak():
    # Condition number 100: sqrt(beta) = (sqrt 100 - 1) / (sqrt 100 + 1) = 9/11 a step.
    curvatures = np.array([1.0, 100.0])
    eta, beta = (2 / (1 + 10)) ** 2, (9 / 11) ** 2
    one, w, sizes = SGD(eta, momentum=beta), np.ones(2), []
    for _ in range(400):
        one.apply({"w": w}, {"w": curvatures * w})
        sizes.append(np.abs(w).max())
    # a double eigenvalue: t (9/11)^t, so the slope of the log settles at log(9/11)
    slope = np.log(sizes[399] / sizes[199]) / 200
    assert slope == pytest.approx(math.log(9 / 11) + math.log(2) / 200, abs=1e-3)


def test_adam_diverges_where_amsgrad_converges():
    # Reddi, Kale and Kumar, 2018, theorem 1: f_t(x) = C x every third step, else -x, on
    # [-1, 1]. The sum of three, (C - 2) x, is least at -1. beta_1 = 0,
    # beta_2 = 1 / (1 + C^2), eta_t = eta / sqrt t: Adam ends at +1.
    c, ends = 3.0, {}
    for amsgrad in (False, True):
        rate = schedules.PowerDecay(0.1, 1, 0.5)
        one = Adam(rate, 0.0, 1 / (1 + c**2), epsilon=0, amsgrad=amsgrad)
        x = np.array([0.3])
        for t in range(3000):
            one.apply({"x": x}, {"x": np.array([c if t % 3 == 0 else -1.0])})
            np.clip(x, -1, 1, out=x)
        ends[amsgrad] = x[0]
    assert ends[False] > 0.98 and ends[True] < -0.98


def test_ftrl_without_penalties_is_adagrad(rng):
    # McMahan et al., 2013, section 3.1: with l1 = l2 = 0 the same path as gradient
    # descent with the rate eta / sqrt(n), from w = 0.
    g = gradients_of(rng)
    np.testing.assert_allclose(
        path(Ftrl(0.1), g), path(Adagrad(0.1, epsilon=0), g), rtol=1e-10
    )


def test_ftrl_with_l1_gives_exact_zeros(rng):
    x = rng.normal(size=(200, 10))
    truth = np.array([2.0, -1.0, 0.5, *np.zeros(7)])
    y = x @ truth + 0.1 * rng.normal(size=200)
    for l1, zeros in ((0.0, 0), (40.0, 7)):
        w, one = np.zeros(10), Ftrl(0.5, l1_regularization_strength=l1)
        for t in range(400):
            rows = slice(20 * (t % 10), 20 * (t % 10) + 20)
            one.apply({"w": w}, {"w": x[rows].T @ (x[rows] @ w - y[rows]) / 20})
        assert (w == 0).sum() == zeros
        assert (w[truth != 0] != 0).all()


def test_adadelta_has_the_units_of_the_weights(rng):
    # Zeiler, 2012, section 3.2: with x in units a hundred times smaller, gradients are
    # a hundredth and steps a hundred times as large. epsilon has units too.
    g = gradients_of(rng)
    small = path(Adadelta(1.0, epsilon=1e-12), g)
    eps_a, eps_b = 1e-12 / 100**2, 1e-12 * 100**2

    class Scaled(Adadelta):
        def update(self, w, g, slots, step):
            a, b = slots.values()
            a[...] = self.rho * a + (1 - self.rho) * g * g
            d = -np.sqrt((b + eps_b) / (a + eps_a)) * g
            b[...] = self.rho * b + (1 - self.rho) * d * d
            w += self.learning_rate * d

    np.testing.assert_allclose(path(Scaled(1.0), g / 100), 100 * small, rtol=1e-9)


def test_decoupled_decay_is_no_l2_penalty():
    # Without a gradient AdamW shrinks by 1 - eta lambda a step; Adam with the gradient
    # lambda w of a penalty moves by about eta whatever lambda is.
    zeros = np.zeros((T, 1))
    w = path(AdamW(0.01, weight_decay=0.3), zeros, 5.0)[-1, 0]
    assert w == pytest.approx(5 * (1 - 0.003) ** T, rel=1e-12)
    found = []
    for strength in (0.01, 1.0):
        w, one = np.full(1, 5.0), Adam(0.01)
        for _ in range(T):
            one.apply({"w": w}, {"w": strength * w})
        found.append(w[0])
    np.testing.assert_allclose(found, 5 - 0.01 * T, rtol=2e-3)


# -- properties


@pytest.mark.parametrize("optimizer", ALL, ids=cases.name_of)
def test_minus_the_gradients_is_minus_the_path(optimizer, rng):
    g = gradients_of(rng)
    np.testing.assert_array_equal(path(optimizer, -g, -0.7), -path(optimizer, g, 0.7))


SCALE_FREE = [
    Adagrad(0.1, initial_accumulator_value=0.0, epsilon=0),
    RMSprop(0.1, epsilon=0),
    RMSprop(0.1, momentum=0.5, epsilon=0, centered=True),
    Adam(0.1, epsilon=0),
    Adam(0.1, epsilon=0, amsgrad=True),
    AdamW(0.1, epsilon=0),
    Adamax(0.1, epsilon=0),
    Nadam(0.1, epsilon=0),
    Ftrl(0.1, initial_accumulator_value=0.0),
    SGD(0.1, clipnorm=1e-9),  # always clipped: the direction alone counts
]


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
@pytest.mark.parametrize("optimizer", SCALE_FREE, ids=cases.name_of)
def test_scale_of_the_gradients_does_not_matter(optimizer, seed, scale):
    g = gradients_of(np.random.default_rng(seed))
    np.testing.assert_allclose(
        path(optimizer, scale * g), path(optimizer, g), rtol=1e-6, atol=1e-9
    )


@given(st.integers(0, 2**32 - 1), st.floats(-10, 10))
def test_sgd_is_linear_in_the_gradients(seed, scale):
    first, second = gradients_of(np.random.default_rng(seed), (2, 4)).swapaxes(0, 1)
    for options in ({}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}):
        one = SGD(0.1, **options, weight_decay=0.1)
        np.testing.assert_allclose(
            path(one, first + scale * second),
            path(one, first) + scale * path(one, second),
            rtol=1e-9,
            atol=1e-9,
        )


def test_amsgrad_never_forgets_the_largest(rng):
    one, w, last = Adam(0.1, beta_2=0.5, amsgrad=True), np.zeros(4), np.zeros(4)
    for g in gradients_of(rng):
        one.apply({"w": w}, {"w": g})
        slots = one._slots[("w",)][1]
        assert (slots["velocity_hat"] >= last).all()
        assert (slots["velocity_hat"] >= slots["velocity"]).all()
        last = slots["velocity_hat"].copy()
    assert (last > slots["velocity"]).any()


def test_a_constant_gradient_has_no_variance():
    # v - a^2 is 0 but for rounding, which takes it below -epsilon now and then
    g = np.linspace(1, 1000, 500, dtype=np.float32)
    w, one, least = np.zeros_like(g), RMSprop(0.01, centered=True), 0.0
    for _ in range(150):
        one.apply({"w": w}, {"w": g})
        slots = one._slots[("w",)][1]
        variance = slots["velocity"] - slots["average_gradient"] ** 2
        least = min(least, variance.min())
    assert least < -1e-7, "the case should meet a rounding below 0"
    assert np.isfinite(w).all()


def test_product_of_nadam_is_that_of_its_factors():
    one = Nadam(beta_1=0.9995)
    product = 1.0
    for t in range(1, 1500):
        product *= 0.9995 * (1 - 0.5 * 0.96**t)
        assert one._product(t) == pytest.approx(product, rel=1e-10)


# -- the sweep over blocks


@pytest.mark.parametrize("optimizer", ALL, ids=cases.name_of)
def test_blocks_are_the_whole(optimizer, rng):
    """apply, which hands `update` a block at a time, equals update on the array."""
    if optimizer.clip([np.ones(1)])[0] != 1 or optimizer.use_ema:
        return  # `update` knows neither
    n = 2 * BLOCK + 7
    for kind in (np.ascontiguousarray, np.asfortranarray):
        swept = kind(rng.normal(size=(n // 5, 5)).astype(np.float32))
        whole, one = swept.copy(), copy.deepcopy(optimizer)
        slots = one.slots(whole)
        for step in range(1, 4):
            g = rng.normal(size=whole.shape).astype(np.float32)
            if one.weight_decay:
                whole -= one.learning_rate * one.weight_decay * whole
            one.update(whole, g, slots, step)
            one.apply({"w": swept}, {"w": g})
        # BLAS rounds the last few numbers of a block once more than the others.
        np.testing.assert_allclose(swept, whole, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("optimizer", ALL, ids=cases.name_of)
def test_one_number_is_an_array_of_one(optimizer):
    alone, row = np.array(0.7), np.array([0.7])
    for w in (alone, row):
        one = copy.deepcopy(optimizer)
        for g in (0.3, -0.2, 0.0):
            one.apply({"w": w}, {"w": np.full_like(w, g)})
    assert alone == row[0]


def test_blocks_cover_every_entry_once():
    for shape in ((3,), (BLOCK,), (BLOCK + 1,), (5, BLOCK), ()):
        w, g, m = np.zeros(shape), np.ones(shape), np.zeros(shape)
        for part, own, slots in blocks(w, g, {"m": m}):
            assert part.size <= BLOCK
            part += own
            slots["m"] += own
        assert (w == 1).all() and (m == 1).all()
    transposed = np.zeros((BLOCK, 3)).T
    ((part, _, _),) = blocks(transposed, transposed, {})
    assert part is transposed  # not contiguous: a flat view is impossible


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_finds_a_minimum(name, rng):
    target = np.array([1.0, -2.0])
    one = type(optimizers.get(name))(learning_rate=0.5)
    w = np.zeros(2)
    start = ((w - target) ** 2).sum()
    for _ in range(200):
        one.apply({"w": w}, {"w": 2 * (w - target)})
    assert ((w - target) ** 2).sum() < (0.9 if name == "adadelta" else 0.1) * start
