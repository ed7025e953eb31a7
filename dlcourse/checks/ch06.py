"""Checks of the exercises of chapter 6, multilayer perceptrons."""

from itertools import pairwise, product

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
from dlcourse.checks.compare import floats
from dlcourse.checks.derivation import follow

sigmoid = activations.sigmoid
DEVIATIONS = 5  # that a measured mean may be off; by chance once in a million
BITS = np.array(list(product([0, 1], repeat=4)), float)
ODD = BITS.sum(axis=1) % 2


@shuffled("6.1", answer_6_1="abcd")
@exercise("6.1", answers=["answer_6_1", "two_points()"])
def _(answer_6_1, two_points):
    """Exchange the units: u1 with u2 and v1 with v2.

    Take weights that fit the targets well, and units that differ much.
    """
    choice("6.1", answer_6_1, "fd2de3d2e34e8285", part="why")
    x, y = np.array([-1.0, 0.0, 2.0]), np.array([1.0, 0.0, 1.0])

    def loss(u1, u2, v1, v2):
        return float(np.mean((v1 * np.tanh(u1 * x) + v2 * np.tanh(u2 * x) - y) ** 2))

    found = parts(two_points(), 2, "first, second", "two_points")
    first, second = (floats(p, (4,), "each of two_points()") for p in found)
    expect(second, first[[1, 0, 3, 2]], where="the second: the first, units exchanged")
    ends, middle = loss(*first), loss(*(first + second) / 2)
    if middle < ends + 0.05:
        raise Wrong(
            f"two_points: the loss is {ends:.4f} at both and {middle:.4f} half-way. It "
            "should be larger half-way, by at least 0.05."
        )


@variant("6.2")
def _(draw):
    """Another output layer of the first network, another input of the second."""
    v1, v2 = draw.whole(31, 44) / 10, -draw.whole(41, 56) / 10
    x = draw.one_of((0, 1), (0.5, 1), (1, 0.5))
    text = {"$(4.5, -5.2)$": f"$({v1}, {v2})$"}
    text["For $x = (1, 0)$: `output_6_2_b`"] = f"For $x = {x}$: `output_6_2_b`"
    text["For $x = (1, 0)$ only the first weight of each hidden unit counts."] = ""
    return Variant({"v": [v1, v2], "x": list(x)}, text)


@exercise("6.2", answers=["hidden_6_2", "output_6_2", "output_6_2_b"])
def _(hidden_6_2, output_6_2, output_6_2_b, v=(4.5, -5.2), x=(1, 0)):
    """Score, logistic function, score, logistic function. Three decimals."""
    h = sigmoid(np.array([3.7 + 3.7 - 1.5, 2.9 + 2.9 - 4.5]))
    W = np.array([[0.8, 0.2, 0.7], [0.6, 0.9, 0.1]])
    h_b = sigmoid(np.array(x, float) @ W)
    wants = {
        "hidden_6_2": (hidden_6_2, h),
        "output_6_2": (output_6_2, sigmoid(h @ np.array(v) - 2.0)),
        "output_6_2_b": (output_6_2_b, sigmoid(h_b @ np.array([0.2, 0.8, 0.5]))),
    }
    for name, (answer, want) in wants.items():
        got = floats(answer, np.shape(want), where=name)
        near = np.atleast_1d(np.isclose(got, want, rtol=0, atol=6e-4))
        if not near.all():
            value = np.atleast_1d(got)[near.argmin()]
            raise Wrong(f"{name}: {value:g} is not right to three decimals.")


def _count(widths, bias=True) -> int:
    return sum((a + bias) * b for a, b in pairwise(widths))


COUNTS = (
    ("10-20-20-10", "b01fc9b4e08e0bea"),
    ("50-64-28-10", "fd50af081a0a366c"),
    ("21-100-100-100-1", "e5b15e826f084279"),
    ("784-300-100-10", "23aec0cefc1debfc"),
    ("8-30-1", "a2f256ca57ffd768"),
    ("2-3-1 without biases", "c9365fb0d1f34049"),
    ("the largest 64-m-m-10", "d8df8776bf340d80"),
)


@exercise("6.3", answers=["parameters()", "counts_6_3"])
def _(parameters, counts_6_3, rng):
    """(units before + 1) times units, summed over the layers."""

    def chain(draw):
        widths = [draw.whole(1, 9) for _ in range(draw.whole(2, 6))]
        return {"widths": widths, "bias": draw.one_of(True, False)}

    def test(widths, bias):
        where = f"parameters({widths}, bias={bias})"
        expect(parameters(widths, bias), _count(widths, bias), where, rtol=0, atol=0)

    large = {"widths": [784, 300, 100, 10], "bias": True}
    for_all(chain, test, rng, (large, {**large, "bias": False}))
    counts = floats(counts_6_3, (len(COUNTS),), "counts_6_3, seven numbers")
    for got, (name, want) in zip(counts, COUNTS, strict=True):
        if digest("6.3 " + name, f"{got:g}" if got % 1 else f"{int(got)}") != want:
            raise Wrong(f"counts_6_3: {got:g} is not the number of {name}.")


@exercise("6.4", answers=["parity_weights()", "parity_relu()"])
def _(parity_weights, parity_relu):
    """Only the number of ones matters, so the four inputs share their weight.

    Tabulate the output for 0, 1, 2, 3, 4 ones.
    """
    W1, b1, W2, b2 = _two_layers(parity_weights(), "parity_weights", 4, 1, most=4)
    hidden = BITS @ W1 + b1
    out = _step(hidden) @ W2 + b2
    if min(np.abs(hidden).min(), np.abs(out).min()) < 1e-9:
        raise Wrong("parity_weights: a score is 0; no unit may depend on step(0).")
    _truth(_step(out)[:, 0], "parity_weights")
    W1, b1, W2, b2 = _two_layers(parity_relu(), "parity_relu", 4, 1, most=3)
    _truth((np.maximum(BITS @ W1 + b1, 0) @ W2 + b2)[:, 0], "parity_relu")


def _truth(got, name) -> None:
    for bits, value, want in zip(BITS, got, ODD, strict=True):
        text = "".join(f"{b:.0f}" for b in bits)
        where = f"output of {name} at {text}"
        expect(float(value), float(want), where, atol=1e-5)  # 2/3 in float32


@exercise("6.5", answers=["relu_by_maxout()", "abs_by_maxout()", "max_by_relu()"])
def _(relu_by_maxout, abs_by_maxout, max_by_relu, rng):
    """max(z, 0) and max(z, -z); and max(u, v) = u + relu(v - u)."""

    def unit(draw):
        n, d = draw.whole(1, 4), draw.whole(1, 3)
        return {"x": draw.reals(n, d), "w": draw.reals(d), "b": draw.real()}

    cases = ((relu_by_maxout, lambda z: np.maximum(z, 0)), (abs_by_maxout, np.abs))
    for answer, phi in cases:

        def test(x, w, b, answer=answer, phi=phi):
            W, c = parts(answer(w, b), 2, "W, c", answer.name)
            W = floats(W, (len(w), 2), f"W of {answer.name}(w, b)")
            c = floats(c, (2,), f"c of {answer.name}(w, b)")
            where = f"the maxout unit of {answer.name}(w, b) at the rows of x"
            expect((x @ W + c).max(axis=1), phi(x @ w + b), where=where)

        for_all(unit, test, rng)
    W1, W2 = parts(max_by_relu(), 2, "W1, W2", "max_by_relu")
    m = _width(W1, "max_by_relu", 2, 3)
    W1 = floats(W1, (2, m), "W1 of max_by_relu()")
    W2 = floats(W2, (m, 1), "W2 of max_by_relu()")

    def pair(draw):
        return {"u": draw.real(), "v": draw.real()}

    def larger(u, v):
        got = float((np.maximum(np.array([u, v]) @ W1, 0) @ W2)[0])
        expect(got, max(u, v), where="the network of max_by_relu() at (u, v)")

    edges = ({"u": -1.0, "v": -2.0}, {"u": -2.0, "v": 1.0}, {"u": 3.0, "v": 3.0})
    for_all(pair, larger, rng, edges)


@exercise("6.6", answers=["repaired()"], imports=["dlcourse.activations"])
def _(repaired, rng):
    """Each row is a sample, and has probabilities of its own.

    The last layer has no ReLU; subtract the largest score of the row.
    """

    def case(draw):
        widths = [draw.whole(1, 4) for _ in range(draw.whole(2, 4))]
        net = [
            (draw.reals(d, m).tolist(), draw.reals(m).tolist())
            for d, m in pairwise(widths)
        ]
        scale = draw.one_of(1.0, 1.0, 1000.0)
        return {"x": scale * draw.reals(draw.whole(1, 4), widths[0]), "net": net}

    def test(x, net):
        net = [(np.array(W), np.array(b)) for W, b in net]
        a = x
        for W, b in net[:-1]:
            a = np.maximum(a @ W + b, 0)
        want = activations.softmax(a @ net[-1][0] + net[-1][1])
        expect(repaired(x, net), want, where="repaired(x, net)")

    for_all(case, test, rng)


@exercise("6.7", answers=["steps_6_7", "to_tanh()"])
def _(steps_6_7, to_tanh, rng):
    """sigma(z) = (1 + tanh(z / 2)) / 2, for each hidden unit.

    The constants go into the output bias.
    """

    def number(draw):
        return {"z": round(draw.real(-3.0, 3.0), 2)}

    start, goal = "(1 + tanh(z / 2)) / 2", "1 / (1 + exp(-z))"
    follow(steps_6_7, number, rng, start, goal, least=4)

    def network(draw):
        n, d, m, K = (draw.whole(1, 3) for _ in range(4))
        shapes = {"W1": (d, m), "b1": (m,), "W2": (m, K), "b2": (K,), "x": (n, d)}
        return {name: draw.reals(*shape) for name, shape in shapes.items()}

    def test(W1, b1, W2, b2, x):
        (d, m), K = W1.shape, len(b2)
        found = to_tanh(W1, b1, W2, b2)
        V1, c1, V2, c2 = _two_layers(found, "to_tanh", d, K, m=m)
        want = sigmoid(x @ W1 + b1) @ W2 + b2
        where = "the tanh network of to_tanh(W1, b1, W2, b2) at x"
        expect(np.tanh(x @ V1 + c1) @ V2 + c2, want, where=where)

    for_all(network, test, rng)


@shuffled("6.8", answer_6_8="abcd")
@exercise("6.8", answers=["answer_6_8", "pieces_between()", "mean_pieces()"])
def _(answer_6_8, pieces_between, mean_pieces, rng):
    """The way is x(t) = start + t (end - start), a network of the one input t.

    For the prediction: each unit has one kink on the line, on the way or not.
    """
    choice("6.8", answer_6_8, "e831343c75f18eb2", part="the prediction")
    nets = {
        "T, the tent map, from 0 to 1": (_tent(1), [0.0], [1.0], 2),
        "T composed 5 times, from 0 to 1": (_tent(5), [0.0], [1.0], 32),
        "T composed 3 times, from 0.1 to 0.3": (_tent(3), [0.1], [0.3], 3),
        "the tent map, from 1 to 0.6": (_tent(1), [1.0], [0.6], 1),
    }
    one = np.array([[1.0, 1.0]]), np.array([-0.5, -0.5])
    out = np.array([[1.0], [-1.0]]), np.zeros(1)
    nets["two units that cancel, from 0 to 1"] = ([one, out], [0.0], [1.0], 1)
    near = np.ones((1, 4)), np.array([-0.37, -0.37, -0.37, 0.3])
    out = np.array([[0.1], [0.2], [-0.3], [0.7]]), np.full(1, 0.1)
    nets["units that cancel but for rounding"] = ([near, out], [0.1], [0.93], 1)
    for name, (net, start, end, want) in nets.items():
        got = pieces_between(net, np.array(start), np.array(end))
        expect(got, want, where=f"pieces of {name}", rtol=0, atol=0)
    for widths in ([3, 8, 1], [2, 6, 6, 1], [4, 5, 4, 3, 1]):
        for _ in range(3):
            net, start, end = _drawn(widths, rng)
            where = f"pieces of a random network {'-'.join(map(str, widths))}"
            want = _pieces(net, start, end)
            expect(pieces_between(net, start, end), want, where, rtol=0, atol=0)

    if len({*_means(mean_pieces, [3, 6, 1], [int(rng.integers(2**32))] * 4, 5)}) > 1:
        raise Wrong(
            "mean_pieces: generators of one seed gave different means. Draw all "
            "weights and ends from rng."
        )
    for widths in ([5, 16, 1], [5, 32, 1], [2, 4, 4, 4, 1]):
        times, size = 10, 15
        seeds = rng.integers(2**32, size=times).tolist()
        got = np.array(_means(mean_pieces, widths, seeds, size))
        sums = got * size
        if np.abs(sums - np.round(sums)).max() > 1e-6 or got.min() < 1:
            raise Wrong(
                f"mean_pieces: {got[0]:.5g} is no mean of {size} whole numbers."
            )
        if np.abs(got - np.round(got)).max() < 1e-9:
            raise Wrong(
                f"mean_pieces: whole numbers in each of {times} calls. Draw {size} "
                "networks in each."
            )
        if len(set(got)) == 1:
            raise Wrong(f"mean_pieces: {got[0]:.4g} for every seed. Is rng used?")
        sample = [_pieces(*_drawn(widths, rng)) for _ in range(600)]
        mean, spread = np.mean(sample), np.std(sample)
        off = DEVIATIONS * spread * np.sqrt(1 / (times * size) + 1 / 600)
        if abs(got.mean() - mean) > off:
            raise Wrong(
                f"mean_pieces({widths}, rng, {size}): {got.mean():.2f}, the mean of "
                f"{times} calls; expected about {mean:.2f}."
            )


@exercise("6.9", answers=["polygon()", "enough()"])
def _(polygon, enough, rng):
    """The kinks are at 0, 1/n, ..., (n - 1)/n; each unit turns the slope.

    For the number: 2 lambda (1 - lambda) is at most 1/2.
    """

    def points(draw):
        return {"values": draw.reals(draw.whole(2, 7))}

    def test(values):
        n = len(values) - 1
        W1, b1, W2, b2 = _two_layers(polygon(values), "polygon", 1, 1, m=n)
        x = np.linspace(0, 1, 6 * n + 1)
        got = (np.maximum(x[:, None] @ W1 + b1, 0) @ W2 + b2)[:, 0]
        want = np.interp(x, np.arange(n + 1) / n, values)
        expect(got, want, where="the network of polygon(values) on [0, 1]", atol=1e-8)

    for_all(points, test, rng)

    def bound(draw):
        return {"lip": draw.whole(1, 40) / 4, "eps": draw.whole(1, 16) / 32}

    def number(lip, eps):
        want = max(1, -int(-lip / (2 * eps) // 1))
        expect(enough(lip, eps), want, where=f"enough({lip}, {eps})", rtol=0, atol=0)

    edges = (
        {"lip": 8.0, "eps": 0.5},
        {"lip": 0.25, "eps": 2.0},
        {"lip": 8.25, "eps": 0.5},
    )
    for_all(bound, number, rng, edges)


def _step(z):
    return (np.asarray(z) >= 0).astype(float)


def _width(W1, name, d, most) -> int:
    """The number of hidden units of a kernel (d, m)."""
    shape = np.shape(W1)
    if len(shape) != 2 or shape[0] != d or not 1 <= shape[1] <= most:
        raise Wrong(
            f"{name}: expected W1 of shape ({d}, m) with m from 1 to {most}, got "
            f"{shape}."
        )
    return shape[1]


def _two_layers(found, name, d, K, most=None, m=None) -> tuple:
    """W1 (d, m), b1 (m,), W2 (m, K), b2 (K,) of an answer, as floats."""
    W1, b1, W2, b2 = parts(found, 4, "W1, b1, W2, b2", name)
    m = m or _width(W1, name, d, most)
    wanted = {
        "W1": (W1, (d, m)),
        "b1": (b1, (m,)),
        "W2": (W2, (m, K)),
        "b2": (b2, (K,)),
    }
    return tuple(
        floats(a, shape, f"{which} of {name}") for which, (a, shape) in wanted.items()
    )


def _tent(L) -> list:
    """The tent map composed L times, two ReLUs a layer."""
    bias = np.array([0.0, -0.5])
    fold = (np.array([[2.0, 2.0], [-4.0, -4.0]]), bias)
    last = (np.array([[2.0], [-4.0]]), np.zeros(1))
    return [(np.ones((1, 2)), bias), *[fold] * (L - 1), last]


def _drawn(widths, rng) -> tuple:
    """A random network and two random ends."""
    net = [
        (rng.normal(0, np.sqrt(2 / d), (d, m)), rng.normal(size=m))
        for d, m in pairwise(widths)
    ]
    return net, *rng.normal(size=(2, widths[0]))


def _pieces(net, start, end) -> int:
    """Affine pieces on the way from start to end."""
    t = np.array([0.0, 1.0])
    for depth in range(len(net)):
        a = start + t[:, None] * (end - start)
        for W, b in net[:depth]:
            a = np.maximum(a @ W + b, 0)
        z = a @ net[depth][0] + net[depth][1]
        if depth < len(net) - 1:
            i, j = np.nonzero(z[:-1] * z[1:] < 0)
            share = z[i, j] / (z[i, j] - z[i + 1, j])
            t = np.unique(np.append(t, t[i] + share * (t[i + 1] - t[i])))
    slopes = np.diff(z[:, 0]) / np.diff(t)
    return int(1 + np.sum(np.abs(np.diff(slopes)) > 1e-8 * np.abs(slopes).max()))


def _means(mean_pieces, widths, seeds, nets) -> list[float]:
    found = mean_pieces.through("means", widths, seeds, nets)
    where = f"mean_pieces({widths}, rng, {nets})"
    return [float(floats(m, (), where)) for m in parts(found, len(seeds))]
