"""Checks of the exercises of chapter 10, batch normalization."""

import math

import numpy as np

from dlcourse import gradcheck
from dlcourse.checks import (
    Variant,
    Wrong,
    choice,
    exercise,
    expect,
    for_all,
    parts,
    variant,
)
from dlcourse.checks.compare import floats, kind_of
from dlcourse.checks.derivation import follow
from dlcourse.probes.ch10 import FUNCTIONS

SLOPES = {"rtol": 1e-5, "atol": 1e-6}  # of difference quotients


def normalised(x, gamma, beta, epsilon):
    """Batch normalization of the columns, as the formulas have it."""
    c = x - x.mean(axis=0)
    return gamma * c / np.sqrt((c * c).mean(axis=0) + epsilon) + beta


@exercise("10.1", answers=["batchnorm_forward()", "batchnorm_backward()"])
def _(batchnorm_forward, batchnorm_backward, rng):
    """Both the mean and the variance depend on every sample of the batch.

    In (10.11) both means are over the samples.
    """

    def batch(draw):
        n, d = draw.whole(1, 5), draw.whole(1, 3)
        given = {"x": draw.reals(n, d), "gamma": draw.reals(d), "beta": draw.reals(d)}
        return {**given, "epsilon": draw.one_of(0.001, 0.25), "dy": draw.reals(n, d)}

    def test(x, gamma, beta, epsilon, dy):
        found = batchnorm_forward.through(
            "both", x, gamma, beta, epsilon, dy, others=(batchnorm_backward,)
        )
        y, found = parts(found, 2, "y, gradients")
        want = normalised(x, gamma, beta, epsilon)
        expect(y, want, where="y = batchnorm_forward(x, gamma, beta, epsilon)[0]")
        dx, dgamma, dbeta = parts(found, 3, "dx, dgamma, dbeta")
        sums = {
            "dx": (dx, x, lambda v: normalised(v, gamma, beta, epsilon)),
            "dgamma": (dgamma, gamma, lambda v: normalised(x, v, beta, epsilon)),
            "dbeta": (dbeta, beta, lambda v: normalised(x, gamma, v, epsilon)),
        }
        for name, (got, at, of) in sums.items():
            slope = gradcheck.numerical_gradient(
                lambda v, of=of: float((dy * of(v)).sum()), at.copy()
            )
            expect(got, slope, where=name, **SLOPES)

    constant = {"x": np.full((4, 2), 3.0), "gamma": np.array([1.0, -2.0])}
    constant |= {"beta": np.array([0.5, 1.0]), "epsilon": 0.25}
    for_all(batch, test, rng, ({**constant, "dy": np.arange(8.0).reshape(4, 2)},))


@variant("10.2")
def _(draw):
    """Other numbers of units; the options in another order."""
    first, second = draw.one_of(200, 250, 400, 500), draw.one_of(50, 60, 80, 120)
    orders = {f"answer_10_2_{part}": draw.order("abcd") for part in ("ii", "iii")}
    text = {
        "`Dense(300, use_bias=False)`": f"`Dense({first}, use_bias=False)`",
        "`Dense(100, use_bias=False)`": f"`Dense({second}, use_bias=False)`",
    }
    return Variant({"units": [first, second], **orders}, text)


@exercise(
    "10.2",
    answers=[
        "answer_10_2_trained",
        "answer_10_2_averaged",
        "answer_10_2_ii",
        "answer_10_2_iii",
    ],
)
def _(
    answer_10_2_trained,
    answer_10_2_averaged,
    answer_10_2_ii,
    answer_10_2_iii,
    units=(300, 100),
):
    """Each normalised unit has two trained and two averaged numbers.

    In use nothing depends on the other samples of a batch.
    """
    first, second = units
    normed = 784 + first + second
    trained = 784 * first + first * second + second * 10 + 10 + 2 * normed
    for name, answer, want in (
        ("answer_10_2_trained", answer_10_2_trained, trained),
        ("answer_10_2_averaged", answer_10_2_averaged, 2 * normed),
    ):
        got = float(floats(answer, (), name))
        if got != want:
            raise Wrong(f"{name}: {got:,.0f} is not right.")
    choice("10.2", answer_10_2_ii, "14727998084b73ba", part="(ii)")
    choice("10.2.3", answer_10_2_iii, "cf1b2e133feb39a3", part="(iii)")


@exercise("10.3", answers=["fold_after()", "fold_before()"])
def _(fold_after, fold_before, rng):
    """After: columns of W. Before: rows, and the shift goes through W.

    Compare the outputs for a few inputs.
    """

    def pair(draw):
        d, q = draw.whole(1, 3), draw.whole(1, 3)
        size = draw.one_of("after", "before")
        units = q if size == "after" else d
        return {
            "place": size,
            "x": draw.reals(2, d),
            "W": draw.reals(d, q),
            "b": draw.reals(q),
            "gamma": draw.reals(units),
            "beta": draw.reals(units),
            "mean": draw.reals(units),
            "variance": draw.reals(units, low=0.25, high=4.0),
            "epsilon": draw.one_of(0.001, 0.5),
        }

    def test(place, x, W, b, gamma, beta, mean, variance, epsilon):
        def used(v):
            return gamma * (v - mean) / np.sqrt(variance + epsilon) + beta

        fold = {"after": fold_after, "before": fold_before}[place]
        want = used(x @ W + b) if place == "after" else used(x) @ W + b
        found = fold(W, b, gamma, beta, mean, variance, epsilon)
        kernel, bias = parts(found, 2, "kernel, bias")
        kernel = floats(kernel, W.shape, f"the kernel of fold_{place}")
        bias = floats(bias, b.shape, f"the bias of fold_{place}")
        where = f"x @ kernel + bias of fold_{place}"
        # the answers may be of single precision
        expect(x @ kernel + bias, want, where=where, rtol=1e-5, atol=1e-5)

    given = {"x": np.eye(2), "W": np.array([[1.0, 2.0], [3.0, 4.0]])}
    given |= {"b": np.array([1.0, -1.0]), "gamma": np.array([2.0, 1.0])}
    given |= {"beta": np.array([0.0, 5.0]), "mean": np.array([1.0, 2.0])}
    given |= {"variance": np.array([3.5, 0.5]), "epsilon": 0.5}
    edges = tuple({"place": place, **given} for place in ("after", "before"))
    for_all(pair, test, rng, edges)


@exercise("10.4", answers=["steps_10_4", "without_bias()"])
def _(steps_10_4, without_bias, rng):
    """mean(z + b) is mean(z) + b, since b is one number.

    In use the moving mean contains the bias.
    """

    def batch(draw):
        n = draw.whole(2, 4)
        arrays = {"z": draw.reals(n).round(2), "G": draw.reals(n).round(2)}
        return {**arrays, "b": round(draw.real(), 2), "eps": 0.1}

    body = "(z + b - mean(z + b))"
    start = f"diff(sum(G * {body} / sqrt(mean({body}**2) + eps)), b)"
    follow(steps_10_4, batch, rng, start, "0", least=4)

    def moved(draw):
        d = draw.whole(1, 4)
        return {"mean": draw.reals(d), "b": draw.reals(d)}

    def test(mean, b):
        # (x + b - mean) must be (x - new mean) for every x
        expect(without_bias(mean, b), mean - b, where="without_bias(mean, b)")

    for_all(moved, test, rng)


@exercise("10.5", answers=["Norm()"])
def _(Norm, rng):
    """Four things: the root, the share of a batch, the flag, and whose mean is taken.

    In training: statistics of the batch, and the averages move. Else: averages alone.
    """

    def calls(draw):
        d, count = draw.whole(1, 3), draw.whole(1, 4)
        return {
            "momentum": draw.one_of(0.5, 0.75, 0.9),
            "epsilon": draw.one_of(0.001, 0.5),
            "gamma": draw.reals(d),
            "beta": draw.reals(d),
            "batches": [draw.reals(draw.whole(1, 4), d) for _ in range(count)],
            "flags": [bool(draw.whole(0, 1)) for _ in range(count)],
        }

    def test(momentum, epsilon, gamma, beta, batches, flags):
        mean, variance = np.zeros(len(gamma)), np.ones(len(gamma))
        found = Norm.through("norm", momentum, epsilon, gamma, beta, batches, flags)
        if not isinstance(found, (list, tuple)):
            raise Wrong(f"Norm: expected forward to return y, got {kind_of(found)}.")
        for i, (x, training, each) in enumerate(
            zip(batches, flags, found, strict=True)
        ):
            y, moving_mean, moving_variance = each
            call = f"call {i + 1}, forward(x, training={training})"
            if training:
                want = normalised(x, gamma, beta, epsilon)
                mean = momentum * mean + (1 - momentum) * x.mean(axis=0)
                variance = momentum * variance + (1 - momentum) * x.var(axis=0)
            else:
                want = gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
            expect(y, want, where=f"{call}: y")
            expect(moving_mean, mean, where=f"{call}: mean afterwards")
            expect(moving_variance, variance, where=f"{call}: variance afterwards")

    x = np.array([[100.0], [102.0]])
    given = {"momentum": 0.75, "epsilon": 0.5, "gamma": np.ones(1)}
    given |= {"beta": np.zeros(1), "batches": [x, x, x]}
    orders = ([True, False, True], [False, False, True], [False, True, False])
    for_all(calls, test, rng, tuple({**given, "flags": order} for order in orders))


@exercise("10.6", answers=["steps_10_6", "rms_backward()"])
def _(steps_10_6, rms_backward, rng):
    """sum(G * x) and the root both depend on x: a product rule.

    The derivative of mean(x**2) has the factor 1 / d, which turns a sum into a mean.
    """

    def sample(draw):
        d = draw.whole(2, 4)
        return {"x": draw.reals(d).round(2), "G": draw.reals(d).round(2), "eps": 0.1}

    start = "diff(sum(G * x) / sqrt(mean(x**2) + eps), x)"
    goal = "(G - x * mean(G * x) / (mean(x**2) + eps)) / sqrt(mean(x**2) + eps)"
    follow(steps_10_6, sample, rng, start, goal, least=4)

    def batch(draw):
        n, d = draw.whole(1, 4), draw.whole(1, 4)
        arrays = {"dy": draw.reals(n, d), "x": draw.reals(n, d)}
        return {**arrays, "gamma": draw.reals(d), "epsilon": draw.one_of(0.25, 0.5)}

    def output(x, gamma, epsilon):
        return gamma * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + epsilon)

    def test(dy, x, gamma, epsilon):
        dx, dgamma = parts(rms_backward(dy, x, gamma, epsilon), 2, "dx, dgamma")
        for name, got, at, of in (
            ("dx", dx, x, lambda v: output(v, gamma, epsilon)),
            ("dgamma", dgamma, gamma, lambda v: output(x, v, epsilon)),
        ):
            slope = gradcheck.numerical_gradient(
                lambda v, of=of: float((dy * of(v)).sum()), at.copy()
            )
            expect(got, slope, where=name, **SLOPES)

    for_all(batch, test, rng)


@exercise("10.7", answers=["share_left()", "steps_needed()", "answer_10_7"])
def _(share_left, steps_needed, answer_10_7, rng):
    """Each step multiplies the share of the start by the momentum.

    For the accuracies: means over the seeds 0, 1, 2, between 0 and 1.
    """

    def average(draw):
        momentum = draw.one_of(0.5, 0.75, 0.9, 0.97, 0.99)
        return {"momentum": momentum, "steps": draw.whole(0, 60)}

    def test(momentum, steps):
        where = f"share_left({momentum}, {steps})"
        expect(share_left(momentum, steps), momentum**steps, where=where)
        share = momentum**steps * (1 + 1e-9)  # no tie
        where = f"steps_needed({momentum}, {share:.6g})"
        expect(steps_needed(momentum, share), steps, where=where, rtol=0, atol=0)
        share = momentum ** (steps + 0.5)
        where = f"steps_needed({momentum}, {share:.6g})"
        expect(steps_needed(momentum, share), steps + 1, where=where, rtol=0, atol=0)

    for_all(average, test, rng, ({"momentum": 0.99, "steps": 25},))
    got = floats(answer_10_7, (3,), "answer_10_7")
    for at, value, low, high in zip(
        (0.5, 0.9, 0.99), got, LOWEST, HIGHEST, strict=True
    ):
        if not low < value < high:
            raise Wrong(f"answer_10_7: {value:.3f} for momentum {at} is not it.")


LOWEST, HIGHEST = (0.8, 0.8, 0.4), (0.95, 0.95, 0.75)


@exercise("10.8", answers=["growth()", "answer_10_8"])
def _(growth, answer_10_8):
    """E[slope^2] over the variance of phi, under the standard Gaussian.

    Over 40 layers the norm grows by the 20th power.
    """
    z = np.linspace(-12, 12, 48_001)
    p = np.exp(-(z**2) / 2)
    p /= p.sum()
    factors = {}
    for name, (phi, slope) in FUNCTIONS.items():
        value = phi(z)
        variance = (p * (value - (p * value).sum()) ** 2).sum()
        factors[name] = (p * slope(z) ** 2).sum() / variance
        got = growth.through("growth", name)
        expect(got, factors[name], where=f"growth of {name}", rtol=2e-3)
    names = ("identity", "tanh", "relu", "sigmoid")
    got = floats(answer_10_8, (4,), "answer_10_8")
    for name, value in zip(names, got, strict=True):
        if not math.isclose(value, factors[name] ** 20, rel_tol=0.05):
            raise Wrong(f"answer_10_8: {value:,.4g} for {name} is not right.")


@variant("10.9")
def _(draw):
    """Another shape, other groups."""
    n, side = draw.one_of(16, 20, 48, 64), draw.one_of(4, 6, 7, 10)
    channels, groups = draw.one_of(12, 18, 36, 48), draw.one_of(2, 3, 6)
    text = {
        "$(32, 8, 8, 24)$": f"$({n}, {side}, {side}, {channels})$",
        "`GroupNormalization(groups=4)`": f"`GroupNormalization(groups={groups})`",
    }
    return Variant({"shape": [n, side, side, channels], "groups": groups}, text)


@exercise("10.9", answers=["answer_10_9", "answer_10_9_trained"])
def _(answer_10_9, answer_10_9_trained, shape=(32, 8, 8, 24), groups=4):
    """Count the numbers that do not share a mean; gamma and beta are shared by samples.

    Keras' LayerNormalization() takes a mean at each place.
    """
    n, height, width, channels = shape
    places = height * width
    names = (
        "BatchNormalization()",
        "LayerNormalization(axis=(1, 2, 3))",
        "LayerNormalization()",
        f"GroupNormalization(groups={groups})",
        "GroupNormalization(groups=-1)",
    )
    wants = {
        "answer_10_9": [channels, n, n * places, groups * n, n * channels],
        "answer_10_9_trained": [
            2 * channels,
            2 * places * channels,
            2 * channels,
            2 * channels,
            2 * channels,
        ],
    }
    answers = {"answer_10_9": answer_10_9, "answer_10_9_trained": answer_10_9_trained}
    for what, answer in answers.items():
        got = floats(answer, (5,), what)
        for name, value, want in zip(names, got, wants[what], strict=True):
            if value != want:
                raise Wrong(f"{what}: {value:,.0f} for {name} is not right.")
