"""Checks of the exercises of chapter 9, initialization."""

from itertools import pairwise

import numpy as np

from dlcourse import activations
from dlcourse.checks import (
    Variant,
    Wrong,
    choice,
    digest,
    exercise,
    expect,
    for_all,
    parts,
    shuffled,
    variant,
)
from dlcourse.checks.compare import floats, letters
from dlcourse.checks.derivation import follow
from dlcourse.probes.ch09 import FUNCTIONS

DEVIATIONS = 5  # that a measured moment may be off; by chance once in a million
GRID = np.linspace(-10, 10, 40_000)
BELL = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
RULES = {
    "lecun": lambda i, o: 1 / i,
    "glorot": lambda i, o: 2 / (i + o),
    "he": lambda i, o: 2 / i,
    "logistic": lambda i, o: 32 / (i + o),
}


@exercise("9.1", answers=["variance()", "draw_weights()"])
def _(variance, draw_weights, rng):
    """The rules stand in the table of section 9.3.

    A uniform distribution on (-r, r) has the variance r^2 / 3.
    """

    def fans(draw):
        rule = draw.one_of(*RULES)
        return {
            "rule": rule,
            "fan_in": draw.whole(1, 900),
            "fan_out": draw.whole(1, 900),
        }

    def test(rule, fan_in, fan_out):
        want = RULES[rule](fan_in, fan_out)
        expect(variance(rule, fan_in, fan_out), want, where=f"variance of {rule!r}")

    for_all(fans, test, rng)
    for rule, (fan_in, fan_out), uniform in (
        ("lecun", (300, 150), False),
        ("glorot", (100, 400), True),
        ("he", (400, 120), False),
        ("he", (120, 400), True),
        ("logistic", (200, 260), True),
    ):
        where = f"draw_weights({rule!r}, {fan_in}, {fan_out}, {uniform}, rng)"
        given = rule, fan_in, fan_out, uniform
        _drawn(draw_weights, where, given, (fan_in, fan_out),
               RULES[rule](fan_in, fan_out), uniform, rng)  # fmt: skip


@shuffled("9.2", rows_9_2="abcdef", answer_9_2_ii="abcd", answer_9_2_iii="abcd")
@exercise("9.2", answers=["rows_9_2", "answer_9_2_ii", "answer_9_2_iii"])
def _(rows_9_2, answer_9_2_ii, answer_9_2_iii):
    """(i) What mean and what variance has each, and what does the activation need?

    (ii) Glorot's variance with equal fans is 1/n; ReLU keeps half of the mean square.
    (iii) Multiply the backward factors of neighbouring layers.
    """
    rows = letters(rows_9_2)
    if not rows or len(rows) != len(set(rows)) or not set(rows) <= set("abcdef"):
        raise Wrong(f"(i): expected different letters from a to f, got {rows_9_2!r}.")
    if digest("9.2", "".join(sorted(rows))) != "fb1c6b2289395f5e":
        raise Wrong(
            "(i): these are not the wrong lines: one of them is right, or one is "
            "missing."
        )
    choice("9.2.2", answer_9_2_ii, "633ca8d545640036", part="(ii)")
    choice("9.2.3", answer_9_2_iii, "c6762ff63b1da816", part="(iii)")


@variant("9.3")
def _(draw):
    """Another width of the distribution, and another depth."""
    c, depth = draw.one_of(1.6, 1.8, 2.2, 2.8, 3.2), draw.one_of(8, 12)
    text = {
        "$c=2$": f"$c={c}$",
        "the RMS of the activations after 10 layers": (
            f"the RMS of the activations after {depth} layers"
        ),
        "measure the RMS after 10 layers": f"measure the RMS after {depth} layers",
    }
    return Variant({"c": c, "depth": depth}, text)


@exercise("9.3", answers=["predicted_9_3", "rms_after()", "measured_9_3"])
def _(predicted_9_3, rms_after, measured_9_3, rng, c=2, depth=10):
    """Each layer multiplies the mean square by n v / 2, with v = r^2 / 3.

    The RMS is the root of the mean square over all samples and units.
    """
    want = (c * c / 6) ** (depth / 2)
    got = floats(predicted_9_3, (), "predicted_9_3")
    if not np.isclose(got, want, rtol=0.02):
        raise Wrong(f"predicted_9_3: {got:.4g} is not what (9.4) predicts.")

    def network(draw):
        n, widths = draw.whole(1, 4), [draw.whole(1, 4) for _ in range(4)]
        shapes = list(pairwise(widths))
        return {
            "x": draw.reals(n, widths[0]),
            "weights": [draw.reals(*shape) for shape in shapes],
        }

    def test(x, weights):
        found, a = [], x
        for W in weights:
            a = np.maximum(a @ W, 0)
            found.append(np.sqrt(np.mean(a**2)))
        expect(rms_after(x, weights), found, where="rms_after(x, weights)")

    for_all(network, test, rng)
    got = floats(measured_9_3, (), "measured_9_3")
    if not np.isclose(got, want, rtol=0.25):
        raise Wrong(
            f"measured_9_3: {got:.4g} is far from what networks of width 400 give."
        )


@exercise(
    "9.4",
    answers=["selu()", "selu_slope()", "swish()", "swish_slope()"],
    imports=["dlcourse.activations"],
)
def _(selu, selu_slope, swish, swish_slope, rng):
    """Both constants of SELU stand on the left; on the right its slope is the scale.

    Exponentials of positive numbers overflow: take np.minimum(z, 0) first.
    """

    def array(draw):
        shape = draw.one_of((3,), (2, 3), (1, 2, 2))
        return {"z": draw.reals(*shape), "beta": draw.real(0.25, 3.0)}

    def test(z, beta):
        one, y = np.ones_like(z), activations.selu(z)
        expect(selu(z), y, where="selu(z)")
        slope = activations.selu.vjp(one, z, y)
        expect(selu_slope(z), slope, where="selu_slope(z)")
        s = activations.sigmoid(beta * z)
        expect(swish(z, beta), z * s, where="swish(z, beta)")
        want = s + beta * z * s * (1 - s)
        expect(swish_slope(z, beta), want, where="swish_slope(z, beta)")

    far = {"z": np.array([-800.0, -40.0, 0.0, 40.0, 800.0]), "beta": 1.0}
    for_all(array, test, rng, (far,))


@shuffled("9.5", answer_9_5="abcd")
@exercise("9.5", answers=["clip()", "cosine()", "answer_9_5"])
def _(clip, cosine, answer_9_5, rng):
    """One factor for all arrays keeps the direction; each of its own does not."""

    def lists(draw):
        shapes = [(2,), (2, 2), (1, 3)][: draw.whole(1, 3)]
        return {
            "grads": [draw.reals(*shape) for shape in shapes],
            "c": draw.real(0.25, 4.0),
        }

    def test(grads, c):
        for how in ("value", "norm", "global"):
            where = f"clip(grads, {how!r}, c)"
            got = parts(clip(grads, how, c), len(grads), "[...]", where)
            for i, (one, want) in enumerate(
                zip(got, _clipped(grads, how, c), strict=True)
            ):
                expect(one, want, where=f"{where}[{i}]")
        others = [np.cos(3 * g) + 0.1 for g in grads]
        a, b = (np.concatenate([g.ravel() for g in part]) for part in (grads, others))
        if np.linalg.norm(a) > 1e-3:
            want = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            expect(cosine(grads, others), want, where="cosine(grads, others)")

    zero = {"grads": [np.zeros(2), np.zeros((1, 2))], "c": 1.0}
    equal = {"grads": [np.array([3.0, 4.0]), np.array([[12.0]])], "c": 13.0}
    apart = {"grads": [np.array([30.0, 40.0]), np.array([[0.1]])], "c": 1.0}
    for_all(lists, test, rng, (zero, equal, apart))
    choice("9.5", answer_9_5, "5bc52cd5174b83e0", part="the direction")


@exercise("9.6", answers=["steps_9_6", "leaky_std()"])
def _(steps_9_6, leaky_std, rng):
    """Write max(u, a u) with two ReLUs, then square: the mixed term vanishes."""

    def values(draw):
        return {"u": draw.reals(4).round(2), "a": round(draw.real(0.05, 0.95), 2)}

    start = "(mean(maximum(u, a*u)**2) + mean(maximum(-u, -a*u)**2)) / 2"
    goal = "(1 + a**2) / 2 * mean(u**2)"
    follow(steps_9_6, values, rng, start, goal, least=4)

    def layer(draw):
        return {"fan_in": draw.whole(1, 900), "a": draw.real(0.0, 1.0)}

    def test(fan_in, a):
        want = np.sqrt(2 / ((1 + a * a) * fan_in))
        expect(leaky_std(fan_in, a), want, where="leaky_std(fan_in, a)")

    for_all(layer, test, rng, ({"fan_in": 50, "a": 0.0}, {"fan_in": 50, "a": 1.0}))


@exercise("9.7", answers=["he_kernel()"])
def _(he_kernel, rng):
    """The fan-in, variance or standard deviation, and where the randomness is from."""
    for shape in ((400, 60), (60, 400), (3, 3, 40, 25), (1, 5, 25, 60)):
        where = f"he_kernel({shape}, rng)"
        fan_in = float(np.prod(shape[:-1]))
        _drawn(he_kernel, where, (shape,), shape, 2 / fan_in, False, rng)


@exercise("9.8", answers=["gain()", "chi_9_8", "measured_9_8"])
def _(gain, chi_9_8, measured_9_8):
    """Integrate phi(z)^2 times the density of N(0, 1); g is a root.

    chi has the square of g and the mean of the squared slope.
    """
    for name, phi in FUNCTIONS.items():
        want = float(1 / np.sqrt(BELL @ phi(GRID) ** 2))
        got = gain.through("of_function", name)
        expect(got, want, where=f"gain({name})", rtol=3e-3)
    slope = 1 - np.tanh(GRID) ** 2
    want = float(BELL @ slope**2 / (BELL @ np.tanh(GRID) ** 2))
    got = floats(chi_9_8, (), "chi_9_8")
    if not np.isclose(got, want, rtol=5e-3):
        raise Wrong(f"chi_9_8: {got:.4g} is not what (9.8) gives.")
    got = floats(measured_9_8, (), "measured_9_8")
    if not np.isclose(got, want, rtol=0.06):
        raise Wrong(
            f"measured_9_8: {got:.4g} is not what wide networks give in each layer."
        )


@exercise("9.9", answers=["orthogonal()", "delta_orthogonal()"])
def _(orthogonal, delta_orthogonal, rng):
    """QR of a normal matrix, its signs put right; the kernel is zero but for the
    centre."""
    for rows, columns in ((4, 4), (6, 2), (2, 5), (1, 3), (1, 1)):
        where = f"orthogonal({rows}, {columns}, rng)"
        one, again, other = _three(orthogonal, where, (rows, columns), rng)
        _orthonormal(one, (rows, columns), where)
        _random(one, again, other, where, continuous=rows * columns > 1)
    seeds = rng.integers(2**32, size=80).tolist()
    found = orthogonal.through("drawn", seeds, 3, 3)
    corners = np.array([np.asarray(q, float)[0, 0] for q in found])
    if min((corners > 0).sum(), (corners < 0).sum()) < 14:
        raise Wrong(
            f"orthogonal(3, 3, rng): of 80 matrices {(corners > 0).sum()} have a "
            "positive first entry. About half should: mind the signs of R's diagonal."
        )
    if not 0.4 < np.sqrt(3) * np.sqrt(np.mean(corners**2)) < 1.6:
        raise Wrong("orthogonal(3, 3, rng): the entries have not the mean square 1/3.")
    for size, c_in, c_out in ((3, 4, 4), (5, 2, 6), (1, 3, 3)):
        where = f"delta_orthogonal({size}, {c_in}, {c_out}, rng)"
        given = (size, c_in, c_out)
        one, again, other = _three(delta_orthogonal, where, given, rng)
        kernel = floats(one, (size, size, c_in, c_out), where)
        middle = size // 2
        _orthonormal(kernel[middle, middle], (c_in, c_out), f"the centre of {where}")
        around = kernel.copy()
        around[middle, middle] = 0
        expect(around, np.zeros_like(around), where=f"{where} beside its centre")
        _random(one, again, other, where)


def _clipped(grads, how, c):
    if how == "value":
        return [np.clip(g, -c, c) for g in grads]
    norms = [np.linalg.norm(g) for g in grads]
    if how == "global":
        norms = [np.linalg.norm(norms)] * len(grads)
    return [g * (c / max(n, c)) for g, n in zip(grads, norms, strict=True)]


def _three(draw, where, given, rng) -> tuple:
    """Draws from two generators of one seed, and from one of another."""
    seed = int(rng.integers(2**31))
    found = draw.through("drawn", [seed, seed, seed + 1], *given)
    return parts(found, 3, "...", where)


def _random(one, again, other, where, continuous=True) -> None:
    """Wrong where the generator does not decide, alone, what is drawn."""
    if not np.array_equal(one, again):
        raise Wrong(f"{where}: generators of one seed gave different numbers.")
    if continuous and np.array_equal(one, other):
        raise Wrong(f"{where}: generators of two seeds gave the same. Is rng used?")


def _drawn(draw, where, given, shape, variance, uniform, rng) -> None:
    """Shape, mean, variance and distribution of a draw, and that rng makes it."""
    one, again, other = _three(draw, where, given, rng)
    W = floats(one, shape, where)
    _random(one, again, other, where)
    first, second = draw.through("twice", int(rng.integers(2**31)), *given)
    if np.array_equal(first, second):
        raise Wrong(f"{where}: two calls with one generator gave the same kernel.")
    std, count = np.sqrt(variance), W.size
    if abs(W.mean()) > DEVIATIONS * std / np.sqrt(count):
        raise Wrong(f"{where}: the mean is {W.mean():.3g}, expected about 0.")
    kurtosis = 1.8 if uniform else 3.0
    off = DEVIATIONS * variance * np.sqrt((kurtosis - 1) / count)
    if abs(W.var() - variance) > off:
        raise Wrong(f"{where}: the variance is {W.var():.3g}, expected {variance:.3g}.")
    reach = np.abs(W).max() / std
    if uniform and not 1.7 < reach <= np.sqrt(3) + 1e-6:
        raise Wrong(
            f"{where}: the largest weight is {reach:.2f} standard deviations, in a "
            "uniform distribution it is 1.73."
        )
    if not uniform and reach < 3:
        raise Wrong(
            f"{where}: the largest weight is {reach:.2f} standard deviations: this is "
            "no normal distribution."
        )


def _orthonormal(matrix, shape, where) -> None:
    q = floats(matrix, shape, where)
    q = q if shape[0] >= shape[1] else q.T
    what = "columns" if shape[0] >= shape[1] else "rows"
    expect(q.T @ q, np.eye(q.shape[1]), where=f"the products of the {what} of {where}")
