"""Checks of chapter 5: Perceptrons."""

from itertools import product
from math import comb

import numpy as np

from dlcourse.checks import Wrong, choice, digest, exercise, expect


def _step(z):
    return (np.asarray(z) >= 0).astype(int)


def _separable(rng, n=60, d=2, margin=0.1):
    """x (n, d), y (n,) and the unit vector u (d + 1,) that separates them."""
    u = rng.normal(size=d + 1) * np.append(np.ones(d), 0.3)
    u /= np.linalg.norm(u)
    x = rng.uniform(-1, 1, size=(60 * n, d))
    z = x @ u[:-1] + u[-1]
    near = np.abs(z) >= margin
    return x[near][:n], _step(z[near][:n]), u


def _reference(x, y, epochs=1000):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(epochs):
        before = mistakes
        for row, target in zip(x, y, strict=True):
            error = int(target) - int(row @ w + b >= 0)
            w, b, mistakes = w + error * row, b + error, mistakes + abs(error)
        if mistakes == before:
            break
    return w, b, mistakes


@exercise("5.1", answers=["central_difference", "answer_5_1"])
def _(central_difference, answer_5_1):
    """Compare step and sign with ReLU: on how many points is the slope zero?"""
    z = np.array([-2.0, -0.3, 0.7, 3.0])
    for f, want in (
        (_step, np.zeros(4)),
        (np.sign, np.zeros(4)),
        (np.sin, np.cos(z)),
        (np.square, 2 * z),
    ):
        expect(
            central_difference(f, z, 1e-4),
            want,
            where=f"central_difference({f.__name__}, z)",
            atol=1e-6,
        )
    expect(
        central_difference(_step, np.array([0.0]), 0.25),
        [2.0],
        where="central_difference(step, 0, eps=0.25)",
    )
    choice("5.1", answer_5_1, "daaddda0b8cd7e1a")


def _gate(gate, name, inputs):
    try:
        w, b = gate
        w, b = np.asarray(w, float), float(b)
    except (TypeError, ValueError):
        raise Wrong(
            f"{name}: expected (w, b), w a list of {inputs} numbers, got {gate!r}."
        ) from None
    if w.shape != (inputs,):
        raise Wrong(f"{name}: expected {inputs} weights, got shape {w.shape}.")
    return w, b


@exercise("5.2", answers=["gate_not", "gate_nand", "gate_majority"])
def _(gate_not, gate_nand, gate_majority):
    """List the scores of all inputs; put 0 half-way between yes and no."""
    tables = {
        "gate_not": (gate_not, 1, lambda x: not x[0]),
        "gate_nand": (gate_nand, 2, lambda x: not (x[0] and x[1])),
        "gate_majority": (gate_majority, 3, lambda x: sum(x) >= 2),
    }
    for name, (gate, inputs, truth) in tables.items():
        w, b = _gate(gate, name, inputs)
        for x in product((0, 1), repeat=inputs):
            z = float(np.array(x) @ w + b)
            bits = "".join(map(str, x))
            if abs(z) < 1e-9:
                raise Wrong(
                    f"{name}: the score at {bits} is 0, so all hangs on step(0)."
                )
            expect(int(z > 0), int(truth(x)), where=f"{name} at {bits} (score {z:g})")
    if abs(_gate(gate_not, "gate_not", 1)[0][0] + 0.6) > 1e-6:
        raise Wrong(
            f"gate_not: expected the weight -0.6 of the table, got {gate_not[0]}."
        )


@exercise("5.3", answers=["bias_5_3", "answer_5_3", "drive_5_3"])
def _(bias_5_3, answer_5_3, drive_5_3):
    """The sums are 4 and 8; a unit fires while its sum plus the bias is at least 0."""
    expect(np.ndim(bias_5_3), 0, where="the number of dimensions of bias_5_3")
    x = np.array([1, 1, 0])
    expect(
        int(_step(x @ [2, 6, 1] + float(bias_5_3))),
        1,
        where=f"the Shredder's output with bias {bias_5_3}",
    )
    expect(
        int(_step(x @ [3, 1, 5] + float(bias_5_3))),
        0,
        where=f"the Commuter's output with bias {bias_5_3}",
    )
    choice("5.3", answer_5_3, "bfc70ee5051be7e9")
    expect(
        np.array(drive_5_3),
        np.array([1, 1]),
        where="drive_5_3 (Commuter, Shredder), sums 9 and 9",
    )


@exercise("5.4", answers=["perceptron", "mistake_bound"])
def _(perceptron, mistake_bound):
    """Start from zero; w and b move by (y - y_hat) x and y - y_hat.

    For the bound, scale u to length 1.
    """
    rng = np.random.default_rng()
    cases = [
        _separable(rng, d=d, margin=m)
        for d, m in ((1, 0.2), (2, 0.1), (2, 0.03), (5, 0.1))
    ]
    for x, y, u in cases:
        kept = x.copy(), y.copy()
        w, b, mistakes = _three(perceptron(x, y, 5000))
        where = f"perceptron on {len(x)} separable points in {x.shape[1]} dimensions"
        if not (np.array_equal(x, kept[0]) and np.array_equal(y, kept[1])):
            raise Wrong(f"{where}: the data was changed.")
        want = _reference(x, y, 5000)
        expect(w, want[0], where=f"{where}, w")
        expect(b, want[1], where=f"{where}, b")
        expect(mistakes, want[2], where=f"{where}, mistakes")
        rows = np.column_stack([x, np.ones(len(x))])
        bound = (
            np.linalg.norm(rows, axis=1).max() / ((2 * y - 1) * (rows @ u)).min()
        ) ** 2
        for scale in (1.0, 7.0):
            expect(
                mistake_bound(x, y, scale * u),
                bound,
                where=f"mistake_bound with |u| = {scale:g}",
                rtol=1e-6,
            )
        if mistakes > bound:
            raise Wrong(
                f"{where}: {mistakes} mistakes, more than the bound {bound:.1f}."
            )
        if mistake_bound(x, y, -u) != np.inf:
            raise Wrong("mistake_bound: expected inf for a u that does not separate.")
    xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    expect(
        _three(perceptron(xor, np.array([0, 1, 1, 0]), 5))[2],
        18,
        where="mistakes in 5 epochs of XOR",
    )


def _three(found):
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        sized = isinstance(found, (tuple, list))
        got = f"{len(found)} values" if sized else type(found).__name__
        raise Wrong(f"perceptron: expected three values (w, b, mistakes), got {got}.")
    return found


@exercise("5.5", answers=["xor_weights"])
def _(xor_weights):
    """Tabulate the two hidden outputs: the output unit sees nothing else."""
    found = xor_weights()
    if not isinstance(found, (tuple, list)) or len(found) != 4:
        raise Wrong("xor_weights: expected four arrays W1, b1, W2, b2.")
    W1, b1, W2, b2 = (np.asarray(a, float) for a in found)
    for a, shape, name in (
        (W1, (2, 2), "W1"),
        (b1, (2,), "b1"),
        (W2, (2, 1), "W2"),
        (b2, (1,), "b2"),
    ):
        if a.shape != shape:
            raise Wrong(
                f"xor_weights: expected {name} of shape {shape}, got {a.shape}."
            )
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    hidden = x @ W1 + b1
    out = _step(hidden) @ W2 + b2
    if min(np.abs(hidden).min(), np.abs(out).min()) < 1e-9:
        raise Wrong("xor_weights: a score is 0; no unit may depend on step(0).")
    tables = {tuple(column) for column in _step(hidden).T}
    if tables == {(0, 1, 1, 1), (1, 1, 1, 0)}:
        raise Wrong(
            "xor_weights: these hidden units are OR and NAND. Find another pair."
        )
    expect(_step(out)[:, 0], [0, 1, 1, 0], where="the network at 00, 01, 10, 11")


@exercise("5.6", answers=["repaired"])
def _(repaired):
    """Look at the score, at the update, and at what an epoch sees."""
    table = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    rng = np.random.default_rng()
    sets = [
        ("AND", table, np.array([0, 0, 0, 1])),
        ("NAND", table, np.array([1, 1, 1, 0])),
    ]
    sets += [
        (f"random data of margin {m}", *_separable(rng, margin=m)[:2])
        for m in (0.2, 0.05)
    ]
    for name, x, y in sets:
        found = repaired(x, y, 2000)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise Wrong("repaired: expected (w, b). Is there a return?")
        wrong = int(np.sum(_step(x @ np.asarray(found[0], float) + found[1]) != y))
        if wrong:
            raise Wrong(
                f"repaired on {name}: {wrong} of {len(x)} examples are still wrong."
            )
        want = _reference(x, y, 2000)
        expect(found[0], want[0], where=f"repaired on {name}, w")
        expect(found[1], want[1], where=f"repaired on {name}, b")
    stopped = repaired(table, np.array([0, 1, 1, 0]), 3)
    expect(np.append(*stopped), [-1.0, 0.0, 0.0], where="w and b after 3 epochs of XOR")


@exercise("5.7", answers=["margin_bound"])
def _(margin_bound):
    """Write out |w + s x|^2 and bound each term at an update."""
    rng = np.random.default_rng()
    for beta in (0.0, 0.5, 3.0):
        x, y, u = _separable(rng)
        rows = (2 * y - 1)[:, None] * np.column_stack([x, np.ones(len(x))])
        R, gamma = np.linalg.norm(rows, axis=1).max(), (rows @ u).min()
        w, updates, changed = np.zeros(3), 0, True
        while changed:
            changed = False
            for row in rows:
                if row @ w <= beta:
                    w, updates, changed = w + row, updates + 1, True
        found = margin_bound(R, gamma, beta)
        expect(np.ndim(found), 0, where="the number of dimensions of margin_bound(...)")
        if updates > found:
            raise Wrong(
                f"margin_bound: {updates} updates at beta = {beta}, more than {found}."
            )
        expect(
            found,
            (R**2 + 2 * beta) / gamma**2,
            where=f"margin_bound({R:.3f}, {gamma:.3f}, {beta})",
        )


@exercise("5.8", answers=["half_5_8", "separable_fraction", "measured_fraction"])
def _(half_5_8, separable_fraction, measured_fraction):
    """A bias is one more dimension: use C(n, d + 1)."""
    for n, d, bias in (
        (1, 1, False),
        (4, 2, True),
        (8, 4, False),
        (10, 4, True),
        (5, 9, False),
        (40, 10, True),
    ):
        want = 2 * sum(comb(n - 1, k) for k in range(d + bias)) / 2**n
        expect(
            separable_fraction(n, d, bias),
            want,
            where=f"separable_fraction({n}, {d}, {bias})",
        )
    labelings = 200
    for n in (3, 5, 6, 8):
        want = 2 * sum(comb(n - 1, k) for k in range(3)) / 2**n
        got = measured_fraction(n, np.random.default_rng(n), labelings)
        expect(
            np.ndim(got), 0, where=f"the number of dimensions of measured_fraction({n})"
        )
        allowed = 4.5 * np.sqrt(want * (1 - want) / labelings)
        if not abs(got - want) <= allowed + 1e-9:
            raise Wrong(
                f"measured_fraction({n}): {got:.3f}; Cover's formula gives {want:.3f}."
            )
    expect(np.ndim(half_5_8), 0, where="the number of dimensions of half_5_8")
    if digest("5.8", f"{float(half_5_8):g}") != "1c75fd5b0fbe21a0":
        raise Wrong(
            f"half_5_8: for {half_5_8} points the separable share is not one half."
        )
