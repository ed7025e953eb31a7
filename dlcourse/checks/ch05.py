"""Checks of the exercises of chapter 5, perceptrons."""

from itertools import product
from math import comb

import numpy as np

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
from dlcourse.checks.limits import TimeUp

TABLE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
AND, XOR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 0])
DEVIATIONS = 5  # that a measured share may be off; by chance once in a million


@shuffled("5.1", answer_5_1="abcd")
@exercise("5.1", answers=["central_difference()", "answer_5_1"])
def _(central_difference, answer_5_1, rng):
    """Call f twice, eps above z and eps below; divide by the distance of the two.

    For the choice: on how many points is the slope of step or sign 0, of ReLU 0?
    """
    functions = {"step": _step, "sign": np.sign, "sin": np.sin, "cube": lambda z: z**3}

    def point(draw):
        f, shape = draw.one_of(*functions), draw.one_of((1,), (3,), (2, 2))
        return {"f": f, "z": draw.reals(*shape), "eps": draw.real(0.25, 1.0)}

    def test(f, z, eps):
        want = (functions[f](z + eps) - functions[f](z - eps)) / (2 * eps)
        got = central_difference.through("difference", f, z, eps)
        expect(got, want, where="central_difference(f, z, eps)")

    at = {"z": np.array([-2.0, -0.3, 0.7, 0.0]), "eps": 1e-4}
    for_all(point, test, rng, tuple({"f": f, **at} for f in functions))
    choice("5.1", answer_5_1, "daaddda0b8cd7e1a", part="the reason")


@variant("5.2")
def _(draw):
    """Another weight for NOT."""
    weight = -draw.one_of(4, 7, 8, 9, 12, 14) / 10
    return Variant({"weight": weight}, {"-0.6": f"{weight}"})


@exercise("5.2", answers=["gate_not", "gate_nand", "gate_majority"])
def _(gate_not, gate_nand, gate_majority, weight=-0.6):
    """List the scores of all inputs; put 0 half-way between yes and no."""
    tables = {
        "gate_not": (gate_not, 1, lambda x: not x[0]),
        "gate_nand": (gate_nand, 2, lambda x: not (x[0] and x[1])),
        "gate_majority": (gate_majority, 3, lambda x: sum(x) >= 2),
    }
    for name, (gate, inputs, truth) in tables.items():
        if not isinstance(gate, (tuple, list)) or len(gate) != 2:
            raise Wrong(f"{name}: expected a pair (w, b), got {gate!r:.200}.")
        w = floats(gate[0], (inputs,), f"w of {name}")
        b = floats(gate[1], (), f"b of {name}")
        if name == "gate_not":
            expect(w, [weight], where="w of gate_not, which the table gives")
        for x in product((0, 1), repeat=inputs):
            z, bits = float(np.array(x) @ w + b), "".join(map(str, x))
            if abs(z) < 1e-9:
                raise Wrong(
                    f"{name}: the score at {bits} is 0, so all hangs on step(0)."
                )
            expect(int(z > 0), int(truth(x)), where=f"{name} at {bits} (score {z:g})")


@exercise("5.3", answers=["bias_5_3", "answer_5_3", "drive_5_3"])
def _(bias_5_3, answer_5_3, drive_5_3):
    """The sums are 4 and 8; a unit fires while its sum plus the bias is at least 0."""
    bias = float(floats(bias_5_3, (), "bias_5_3"))
    for who, total, want in (("Shredder", 8, 1), ("Commuter", 4, 0)):
        where = f"the {who}'s output with bias {bias:g}"
        expect(int(total + bias >= 0), want, where=where)
    choice("5.3", answer_5_3, "bfc70ee5051be7e9", part="the thresholds")
    drive = floats(drive_5_3, (2,), "drive_5_3 (Commuter, Shredder)")
    if digest("5.3.3", "{:g} {:g}".format(*drive)) != "41ecb2f9d0fe6ba2":
        raise Wrong(
            f"drive_5_3: {drive_5_3!r:.200} is not it. With x = (1, 1, 1), which of "
            "the two sums reaches 8.5?"
        )


@exercise("5.4", answers=["perceptron()", "mistake_bound()"])
def _(perceptron, mistake_bound, rng):
    """Start from zero; w and b move by (y - y_hat) x and y - y_hat.

    For the bound, scale u to length 1.
    """
    _trains(perceptron, ("w", "b", "mistakes"), rng)

    def separated(draw):
        n, d = draw.whole(1, 4), draw.whole(1, 2)
        x = draw.reals(n, d)
        u = np.append(draw.reals(d), draw.real() + 1 / 32)  # no score is near 0
        y = _step(x @ u[:-1] + u[-1])
        return {"x": x, "y": draw.one_of(y, y, y, draw.bits(n)), "u": u}

    def test(x, y, u):
        rows = np.column_stack([x, np.ones(len(x))])
        gamma = ((2 * y - 1) * (rows @ u)).min() / np.linalg.norm(u)
        R = np.linalg.norm(rows, axis=1).max()
        want = (R / gamma) ** 2 if gamma > 0 else np.inf
        got = mistake_bound(x, y, u)
        expect(got, want, where="mistake_bound(x, y, u)", rtol=1e-6)

    border = {"x": np.array([[0.0], [1.0]]), "y": np.ones(2, int), "u": np.eye(2)[0]}
    for_all(separated, test, rng, (border,))
    x, y, u = _separable(rng, 3)
    test(x, y, 7 * u)


@exercise("5.5", answers=["xor_weights()"])
def _(xor_weights):
    """Tabulate the two hidden outputs: the output unit sees nothing else."""
    shapes = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    found = parts(xor_weights(), 4, ", ".join(shapes), "xor_weights")
    W1, b1, W2, b2 = (
        floats(a, shape, f"{name} of xor_weights()")
        for a, (name, shape) in zip(found, shapes.items(), strict=True)
    )
    hidden = TABLE @ W1 + b1
    out = _step(hidden) @ W2 + b2
    if min(np.abs(hidden).min(), np.abs(out).min()) < 1e-9:
        raise Wrong("xor_weights: a score is 0; no unit may depend on step(0).")
    if {tuple(column) for column in _step(hidden).T} == {(0, 1, 1, 1), (1, 1, 1, 0)}:
        raise Wrong(
            "xor_weights: these hidden units are OR and NAND. Find another pair."
        )
    expect(_step(out)[:, 0], XOR, where="the network at 00, 01, 10, 11")


@exercise("5.6", answers=["repaired()"])
def _(repaired, rng):
    """Look at the score, at the update, and at what an epoch sees."""
    _trains(repaired, ("w", "b"), rng)


@exercise("5.7", answers=["steps_5_7", "margin_bound()"])
def _(steps_5_7, margin_bound, rng):
    """Write out |w + s x|^2 and bound each term at an update."""

    def update(draw):
        w, x = (draw.reals(3).round(2) for _ in range(2))
        return {"w": w, "x": x, "s": draw.one_of(-1, 1)}

    start = "(w + s * x) @ (w + s * x)"
    goal = "w @ w + 2 * s * (x @ w) + x @ x"
    follow(steps_5_7, update, rng, start, goal, least=4)
    for beta in (0.0, 0.5, 3.0):
        x, y, u = _separable(rng, 2)
        rows = (2 * y - 1)[:, None] * np.column_stack([x, np.ones(len(x))])
        R, gamma = float(np.linalg.norm(rows, axis=1).max()), float((rows @ u).min())
        w, updates, changed = np.zeros(3), 0, True
        while changed:
            changed = False
            for row in rows:
                if row @ w <= beta:
                    w, updates, changed = w + row, updates + 1, True
        where = f"margin_bound({R:.3f}, {gamma:.3f}, {beta})"
        bound = float(floats(margin_bound(R, gamma, beta), (), where))
        if updates > bound:
            raise Wrong(
                f"{where} is {bound:.4g}, but the algorithm made {updates} updates on "
                "data with these R and gamma."
            )

    def numbers(draw):
        R, gamma = draw.real(0.25, 4.0), draw.real(0.25, 2.0)
        return {"R": R, "gamma": gamma, "beta": draw.real(0.0, 3.0)}

    def test(R, gamma, beta):
        want = (R**2 + 2 * beta) / gamma**2
        got = margin_bound(R, gamma, beta)
        expect(got, want, where="margin_bound(R, gamma, beta)")

    for_all(numbers, test, rng)


@exercise(
    "5.8",
    answers=["half_5_8", "separable_fraction()", "measured_fraction()"],
    imports=["scipy.optimize", "scipy.spatial", "scipy.special"],
)
def _(half_5_8, separable_fraction, measured_fraction, rng):
    """A bias is one more dimension: use C(n, d + 1).

    Measure by counting: the share of labelings for which a unit exists.
    """

    def cover(n, d, bias):
        return 2 * sum(comb(n - 1, k) for k in range(d + bias)) / 2**n

    def sizes(draw):
        n, d = draw.whole(1, 12), draw.whole(1, 5)
        return {"n": n, "d": d, "bias": draw.one_of(False, True)}

    def predicted(n, d, bias):
        got = separable_fraction(n, d, bias)
        expect(got, cover(n, d, bias), where="separable_fraction(n, d, bias)")

    half = float(floats(half_5_8, (), "half_5_8"))
    if digest("5.8", f"{half:g}") != "1c75fd5b0fbe21a0":
        if not half.is_integer() or not 1 <= half <= 1000:
            raise Wrong(f"half_5_8: expected a number of points, got {half:g}.")
        raise Wrong(
            f"half_5_8: of the labelings of {half:g} points the separable share is "
            f"{cover(int(half), 2, True):.3g}, not one half."
        )
    for_all(sizes, predicted, rng)
    predicted(40, 10, True)

    def measured(n, labelings, seeds):
        found = measured_fraction.through("shares", n, seeds, labelings)
        where = f"measured_fraction({n}, rng, {labelings})"
        shares = [float(floats(s, (), where)) for s in parts(found, len(seeds))]
        for share in shares:
            counted = share * labelings
            if not 0 <= share <= 1 or abs(counted - round(counted)) > 1e-6:
                raise Wrong(
                    f"{where}: {share:.4g} is no share of {labelings} labelings, "
                    f"k / {labelings}."
                )
        return shares

    if len(set(measured(6, 17, [int(rng.integers(2**32))] * 5))) > 1:
        raise Wrong(
            "measured_fraction: generators of one seed gave different shares. Draw all "
            "points and labelings from rng."
        )
    for n, labelings, times in ((3, 5, 40), (5, 17, 12), (6, 17, 12), (8, 17, 12)):
        shares = measured(n, labelings, rng.integers(2**32, size=times).tolist())
        mean, want = np.mean(shares), cover(n, 2, True)
        where = f"measured_fraction({n}, rng, {labelings})"
        if len(set(shares)) == 1 and 0 < mean < 1:
            raise Wrong(f"{where}: {mean:.3f} in each of {times} calls. Is rng used?")
        off = DEVIATIONS * np.sqrt(want * (1 - want) / (times * labelings))
        if not abs(mean - want) <= off + 1e-9:
            raise Wrong(
                f"{where}: {mean:.3f}, the mean of {times} calls; Cover's formula "
                f"gives {want:.3f}."
            )
        if want < 1 and set(shares) <= {0.0, 1.0}:
            raise Wrong(
                f"{where}: 0 or 1 in each of {times} calls. Draw {labelings} labelings "
                "in each."
            )


def _step(z):
    return (np.asarray(z) >= 0).astype(int)


def _separable(rng, d, margin=0.1, n=60):
    """x (n, d), y (n,) and the unit vector u (d + 1,) that separates them."""
    u = rng.normal(size=d + 1) * np.append(np.ones(d), 0.3)
    u /= np.linalg.norm(u)
    x = rng.uniform(-1, 1, size=(60 * n, d))
    z = x @ u[:-1] + u[-1]
    near = np.abs(z) >= margin
    return x[near][:n], _step(z[near][:n]), u


def _perceptron(x, y, epochs):
    """w, b and the number of mistakes."""
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(epochs):
        before = mistakes
        for row, target in zip(x, y, strict=True):
            error = int(target) - int(row @ w + b >= 0)
            w, b, mistakes = w + error * row, b + error, mistakes + abs(error)
        if mistakes == before:
            break
    return w, b, mistakes


def _trains(perceptron, names, rng):
    """What a perceptron returns, `names`, after few epochs and after many."""

    def points(draw):
        n, d = draw.whole(1, 5), draw.whole(1, 2)
        return {"x": draw.reals(n, d), "y": draw.bits(n), "epochs": draw.whole(1, 8)}

    def test(x, y, epochs, on=""):
        found = parts(
            perceptron(x, y, epochs), len(names), ", ".join(names), perceptron.name
        )
        wanted = _perceptron(x, y, epochs)
        for name, got, want in zip(names, found, wanted, strict=False):
            expect(got, want, where=f"{name} of {perceptron.name}(x, y, epochs){on}")

    for_all(points, test, rng)
    test(TABLE, XOR, 5, " for XOR after 5 epochs")
    for d, margin in ((1, 0.2), (2, 0.03), (5, 0.1)):
        x, y, _ = _separable(rng, d, margin)
        test(x, y, 5000, f" for {len(x)} separable points in {d} dimensions")
    try:
        test(TABLE, AND, 10**7, " for AND")
    except TimeUp:
        raise Wrong(
            f"{perceptron.name}: it did not return in time for AND and 10**7 epochs. "
            "It should stop after an epoch without a mistake."
        ) from None
