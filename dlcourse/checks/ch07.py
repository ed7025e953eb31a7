"""Checks of the exercises of chapter 7, backpropagation."""

from itertools import pairwise

import numpy as np

from dlcourse import activations, gradcheck
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
from dlcourse.checks.compare import floats, kind_of, letters, show
from dlcourse.checks.derivation import follow

sigmoid = activations.sigmoid
SLOPES = {"rtol": 1e-5, "atol": 1e-6}  # of difference quotients


@shuffled("7.1", answer_7_1_i="abcd", answer_7_1_ii="abcd")
@exercise("7.1", answers=["answer_7_1_i", "answer_7_1_ii"])
def _(answer_7_1_i, answer_7_1_ii):
    """Computing a gradient and using it are two different things."""
    choice("7.1", answer_7_1_i, "27a898a32acc5052", part="(i)")
    choice("7.1.2", answer_7_1_ii, "2dc012504e058a98", part="(ii)")


@shuffled("7.2", answer_7_2="abcdefg")
@exercise("7.2", answers=["answer_7_2"])
def _(answer_7_2):
    """All derivatives are taken at the same weights.

    So nothing is updated before the last gradient is known.
    """
    cards = letters(answer_7_2).upper()
    if len(cards) != 6 or len(set(cards)) != 6 or not set(cards) <= set("ABCDEFG"):
        raise Wrong(f"expected six different letters from A to G, got {answer_7_2!r}.")
    if digest("7.2", "".join(sorted(cards))) != "8e611599bfbce663":
        raise Wrong("one of your six cards describes a mistake.")
    if digest("7.2", cards) != "b0a6a6334a896b5c":
        raise Wrong("the cards are right, their order is not.")


@variant("7.3")
def _(draw):
    """Other weights and inputs, with a sum t that a pocket calculator likes."""
    w0, w1 = draw.whole(1, 3), -draw.whole(1, 3)
    x0, x1, t = draw.whole(1, 4), draw.whole(1, 4), draw.one_of(-1.5, -0.5, 0.5)
    w2 = t - w0 * x0 - w1 * x1
    text = {
        "$w=(1,-2,0.5)$": f"$w=({w0},{w1},{w2})$",
        "$x=(3,1)$": f"$x=({x0},{x1})$",
        "$t=1.5$": f"$t={t}$",
    }
    return Variant({"w": [w0, w1, w2], "x": [x0, x1]}, text)


@exercise("7.3", answers=["answer_7_3_f", "answer_7_3_dw", "answer_7_3_dx"])
def _(answer_7_3_f, answer_7_3_dw, answer_7_3_dx, w=(1, -2, 0.5), x=(3, 1)):
    """Four decimals are enough; check the sign of the derivative for x1."""
    w, x = np.array(w, float), np.array(x, float)
    f = 1 / (1 + np.exp(-(w[:2] @ x + w[2])))
    slope = f * (1 - f)
    wants = {
        "f": (answer_7_3_f, f),
        "df/dw": (answer_7_3_dw, slope * np.append(x, 1)),
        "df/dx": (answer_7_3_dx, slope * w[:2]),
    }
    for name, (answer, want) in wants.items():
        got = floats(answer, np.shape(want), where=name)
        near = np.isclose(got, want, atol=3e-4)
        if not near.all():
            first = np.unravel_index(near.argmin(), near.shape)
            at = "".join(map(str, first))
            raise Wrong(f"{name}{at}: {show(got[first])} is not right.")


@exercise("7.4", answers=["gradient()"], imports=["dlcourse.activations"])
def _(gradient, rng):
    """Three things: the sign of the output error term, the mean, and delta1.

    Which row of theta2 takes no part in delta1?
    """

    def network(draw):
        d, q, n = draw.whole(1, 3), draw.whole(1, 3), draw.whole(1, 4)
        return {
            "theta1": draw.reals(d + 1, q),
            "theta2": draw.reals(q + 1, 1),
            "x": draw.reals(n, d),
            "y": draw.bits(n, 1).astype(float),
        }

    def nll(theta1, theta2, x, y):
        ones = np.ones((len(x), 1))
        p = sigmoid(np.hstack([ones, sigmoid(np.hstack([ones, x]) @ theta1)]) @ theta2)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def test(theta1, theta2, x, y):
        found = parts(gradient(theta1, theta2, x, y), 2)
        loss = {"theta1": lambda t: nll(t, theta2, x, y),
                "theta2": lambda t: nll(theta1, t, x, y)}  # fmt: skip
        slopes(loss, {"theta1": theta1, "theta2": theta2}, found)

    for_all(network, test, rng)


# Of the activation: itself, and for the text its TeX, its slope, why; of the loss, too.
HIDDEN = {
    "tanh": (np.tanh, r"\tanh", "1 - tanh(a - g)**2", r"\tanh'=1-\tanh^2",
             "$1-b_h^2$ taken from the output"),
    "sin": (np.sin, r"\sin", "cos(a - g)", r"\sin'=\cos",
            r"$\cos(\alpha_h-\gamma_h)$ at the hidden units"),
    "sigmoid": (sigmoid, r"\sigma", "sigmoid(a - g) * (1 - sigmoid(a - g))",
                r"\sigma'=\sigma(1-\sigma)", "$b_h(1-b_h)$ taken from the output"),
}  # fmt: skip
LOSS = {
    "square": (lambda r: r**2 / 2, r"\frac12\sum_j(\hat y_j-y_j)^2",
               "({})**2 / 2", "({})"),
    "quartic": (lambda r: r**4 / 4, r"\frac14\sum_j(\hat y_j-y_j)^4",
                "({})**4 / 4", "({})**3"),
    "log cosh": (lambda r: np.log(np.cosh(r)), r"\sum_j\log\cosh(\hat y_j-y_j)",
                 "log(cosh({}))", "tanh({})"),
}  # fmt: skip


def _ends_7_5(hidden: str, loss: str) -> tuple[str, str]:
    """The first and the last line of the derivation."""
    (_, _, slope, *_), (*_, value, outer) = HIDDEN[hidden], LOSS[loss]
    off = f"w * {hidden}(a - g) - c"
    return (
        f"diff({value.format(off)}, g)",
        f"-{outer.format(off)} * w * ({slope})",
    )


@variant("7.5")
def _(draw):
    """Another activation, another loss, or both."""
    both = [(h, f) for h in HIDDEN for f in LOSS]
    hidden, loss = draw.one_of(*both[1:])
    _, tex, _, why, slope = HIDDEN[hidden]
    text = {
        "with tanh and": f"with {hidden} and",
        r"b_h=\tanh(": f"b_h={tex}(",
        LOSS["square"][1]: LOSS[loss][1],
        HIDDEN["tanh"][3]: why,
        HIDDEN["tanh"][4]: slope,
    }
    ends = zip(_ends_7_5("tanh", "square"), _ends_7_5(hidden, loss), strict=True)
    return Variant({"hidden": hidden, "loss": loss}, text | dict(ends))


@exercise("7.5", answers=["steps_7_5", "threshold_gradients()"])
def _(steps_7_5, threshold_gradients, rng, hidden="tanh", loss="square"):
    """A threshold is subtracted, so its derivative has the opposite sign.

    The outputs are linear; the hidden units have the slope of their activation.
    """

    def unit(draw):
        names = ("w", "a", "g", "c")
        return {name: round(draw.real(-2.0, 2.0), 2) for name in names}

    follow(steps_7_5, unit, rng, *_ends_7_5(hidden, loss), least=4)
    activation, penalty = HIDDEN[hidden][0], LOSS[loss][0]

    def network(draw):
        d, q, k, n = (draw.whole(1, 3) for _ in range(4))
        return {
            "V": draw.reals(d, q),
            "gamma": draw.reals(q),
            "W": draw.reals(q, k),
            "theta": draw.reals(k),
            "x": draw.reals(n, d),
            "y": draw.reals(n, k),
        }

    def total(V, gamma, W, theta, x, y):
        return np.sum(penalty(activation(x @ V - gamma) @ W - theta - y))

    def test(**given):
        found = parts(threshold_gradients(*given.values()), 4, "dV, dgamma, dW, dtheta")
        names = ("V", "gamma", "W", "theta")
        one = {n: lambda a, n=n: total(**{**given, n: a}) for n in names}
        slopes(one, {n: given[n] for n in names}, found)

    for_all(network, test, rng)


@exercise(
    "7.6",
    answers=["softplus()", "maximum()"],
    imports=["dlcourse.autodiff", "dlcourse.activations"],
)
def _(softplus, maximum, rng):
    """The parents of the new Value are pairs (parent, local derivative).

    The derivative of softplus is sigma.
    """

    def of(function, where, *numbers):
        found = function.through("operation", *numbers)
        if not isinstance(found, tuple):
            kind = kind_of(found)
            raise Wrong(f"{where}: expected an autodiff.Value, got {kind}.")
        return found

    def one(z):
        y, slope, _ = of(softplus, "softplus(Value(z))", z)
        expect(y, float(np.logaddexp(0, z)), where="softplus(Value(z)).data")
        expect(slope, [float(sigmoid(np.array(z)))], where="derivative of softplus")

    def two(a, b):
        y, slopes, new = of(maximum, "maximum(Value(a), Value(b))", a, b)
        if not new:
            raise Wrong("maximum: expected a new Value, got one of its arguments.")
        expect(y, max(a, b), where="maximum(Value(a), Value(b)).data")
        expect(slopes, [float(a >= b), float(a < b)], where="gradients of maximum")

    edges = tuple({"z": z} for z in (-800.0, 0.0, 40.0, 800.0))
    for_all(lambda draw: {"z": draw.real(-9, 9)}, one, rng, edges)
    pair = lambda draw: {"a": draw.real(), "b": draw.real()}  # noqa: E731
    for_all(pair, two, rng, ({"a": 1.5, "b": 1.5}, {"a": -4.0, "b": 3.0}))

    def both(u, v):
        s, q = np.logaddexp(0, u * v), sigmoid(np.array(u * v))
        first = u * u >= v
        m = u * u if first else v
        du = q * v * m + s * (2 * u if first else 0) + 1
        dv = q * u * m + s * (0 if first else 1)
        got = softplus.through("graph", u, v, others=(maximum,))
        where = "(du, dv) of softplus(u v) maximum(u u, v) + u"
        expect(got, [du, dv], where=where)

    for_all(lambda draw: {"u": draw.real(), "v": draw.real()}, both, rng)


@exercise("7.7", answers=["steps_7_7", "residual_backward()"])
def _(steps_7_7, residual_backward, rng):
    """x is used twice; its gradient is the sum over both uses."""

    def batch(draw):
        n, d = draw.whole(1, 3), draw.whole(2, 3)
        shapes = {"G": (n, d), "X": (n, d), "W": (d, d), "b": (d,)}
        return {
            name: draw.reals(*shape, low=-1.5, high=1.5).round(2)
            for name, shape in shapes.items()
        }

    start = "diff(sum(G * (X + tanh(X @ W + b))), X)"
    goal = "G + (G * (1 - tanh(X @ W + b)**2)) @ W.T"
    follow(steps_7_7, batch, rng, start, goal, least=4)

    def layer(draw):
        n, d = draw.whole(1, 4), draw.whole(1, 4)
        return {
            "dy": draw.reals(n, d),
            "x": draw.reals(n, d),
            "W": draw.reals(d, d),
            "b": draw.reals(d),
        }

    def value(dy, x, W, b):
        return np.sum(dy * (x + np.tanh(x @ W + b)))

    def test(**given):
        found = parts(residual_backward(*given.values()), 3, "dx, dW, db")
        names = ("x", "W", "b")
        one = {n: lambda a, n=n: value(**{**given, n: a}) for n in names}
        slopes(one, {n: given[n] for n in names}, found)

    for_all(layer, test, rng)


@exercise("7.8", answers=["median_error()", "answer_7_8"])
def _(median_error, answer_7_8):
    """Everything in the quotient must be float32.

    That is: the points, the step, and the 2 eps below.
    """
    points = np.linspace(0.5, 1.5, 400, dtype=np.float32)
    for eps in (1e-6, 1e-4, 1e-2, 1e-1):
        e = np.float32(eps)
        quotient = (np.sin(points + e) - np.sin(points - e)) / (2 * e)
        want = np.median(np.abs(quotient - np.cos(points.astype(np.float64))))
        got = median_error(eps)
        expect(got, float(want), where=f"median_error({eps})", rtol=0.2)
    step = floats(answer_7_8, (), where="answer_7_8")
    if not 1e-3 < step < 3e-2:
        raise Wrong(
            f"the best step: {step:.1e} is not where the median error is smallest."
        )


@exercise("7.9", answers=["multiplications()"])
def _(multiplications, rng):
    """Each layer has one product forward and two backward.

    The first layer leaves out the one for x.
    """

    def network(draw):
        widths = [draw.whole(1, 9) for _ in range(draw.whole(2, 6))]
        return {"widths": widths, "n": draw.whole(1, 9)}

    def test(widths, n):
        products = [n * d * m for d, m in pairwise(widths)]
        want = [sum(products), 2 * sum(products) - products[0]]
        got = parts(multiplications(widths, n), 2, "forward, backward")
        expect(list(got), want, where="(forward, backward)", rtol=0, atol=0)

    for_all(network, test, rng, ({"widths": [784, 300, 100, 10], "n": 32},))


def slopes(losses: dict, at: dict, found: tuple) -> None:
    """Each of the found gradients against difference quotients of its loss."""
    for (name, loss), got in zip(losses.items(), found, strict=True):
        want = gradcheck.numerical_gradient(loss, at[name].copy())
        expect(got, want, where=f"dL/d{name}", **SLOPES)
