"""Checks of the exercises of chapter 7, backpropagation."""

from itertools import pairwise

import numpy as np

from dlcourse import activations, gradcheck
from dlcourse.autodiff import Value
from dlcourse.checks import Wrong, choice, digest, exercise, expect

sigmoid = activations.sigmoid


@exercise("7.1", answers=["answer_7_1_i", "answer_7_1_ii"])
def _(answer_7_1_i, answer_7_1_ii):
    """Computing a gradient and using it are two different things."""
    choice("7.1", answer_7_1_i, "27a898a32acc5052")
    choice("7.1.2", answer_7_1_ii, "2dc012504e058a98")


@exercise("7.2", answers=["answer_7_2"])
def _(answer_7_2):
    """All derivatives are taken at the same weights.

    So nothing is updated before the last gradient is known.
    """
    # "DCB...", "D, C, B, ..." and ["D", "C", "B", ...] are all welcome.
    cards = "".join(c for c in str(answer_7_2).upper() if c.isalnum())
    if len(cards) != 6 or len(set(cards)) != 6 or not set(cards) <= set("ABCDEFG"):
        raise Wrong(f"expected six different letters from A to G, got {answer_7_2!r}.")
    if digest("7.2", "".join(sorted(cards))) != "8e611599bfbce663":
        raise Wrong("one of your six cards describes a mistake.")
    if digest("7.2", cards) != "b0a6a6334a896b5c":
        raise Wrong(f"{cards}: the cards are right, their order is not.")


@exercise("7.3", answers=["answer_7_3_f", "answer_7_3_dw", "answer_7_3_dx"])
def _(answer_7_3_f, answer_7_3_dw, answer_7_3_dx):
    """Four decimals are enough; check the sign of the derivative for x1."""
    w, x = np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0])
    f = 1 / (1 + np.exp(-(w[:2] @ x + w[2])))
    slope = f * (1 - f)
    expect(answer_7_3_f, f, where="f", atol=3e-4)
    expect(answer_7_3_dw, slope * np.append(x, 1), where="df/dw", atol=3e-4)
    expect(answer_7_3_dx, slope * w[:2], where="df/dx", atol=3e-4)


@exercise("7.4", answers=["gradient"])
def _(gradient):
    """Three things: the sign of the output error term, the mean, and delta1.

    Which row of theta2 takes no part in delta1?
    """

    def nll(theta1, theta2, x, y):
        ones = np.ones((len(x), 1))
        p = sigmoid(np.hstack([ones, sigmoid(np.hstack([ones, x]) @ theta1)]) @ theta2)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    rng = np.random.default_rng(74)
    for d, q, n in ((2, 3, 5), (4, 2, 7), (1, 1, 3), (3, 5, 1)):
        theta1, theta2 = rng.normal(size=(d + 1, q)), rng.normal(size=(q + 1, 1))
        x, y = rng.normal(size=(n, d)), rng.integers(2, size=(n, 1)).astype(float)
        given = [a.copy() for a in (theta1, theta2, x, y)]
        found = _parts(gradient(*given), 2)
        _unchanged(given, (theta1, theta2, x, y))
        where = f"on a {d}-{q}-1 network with {n} sample{'s' if n > 1 else ''}"
        want = gradcheck.numerical_gradient(
            lambda t, rest=(theta2, x, y): nll(t, *rest), theta1.copy()
        )
        expect(found[0], want, where=f"dL/dtheta1 {where}", rtol=1e-5, atol=1e-7)
        want = gradcheck.numerical_gradient(
            lambda t, a=theta1, x=x, y=y: nll(a, t, x, y), theta2.copy()
        )
        expect(found[1], want, where=f"dL/dtheta2 {where}", rtol=1e-5, atol=1e-7)


@exercise("7.5", answers=["threshold_gradients"])
def _(threshold_gradients):
    """A threshold is subtracted, so its derivative has the opposite sign.

    The outputs are linear, the hidden units tanh.
    """

    def loss(V, gamma, W, theta, x, y):
        return 0.5 * np.sum((np.tanh(x @ V - gamma) @ W - theta - y) ** 2)

    rng = np.random.default_rng(75)
    for d, q, k, n in ((3, 4, 2, 5), (2, 1, 3, 1), (1, 3, 1, 6)):
        given = [
            rng.normal(size=s) for s in ((d, q), (q,), (q, k), (k,), (n, d), (n, k))
        ]
        copies = [a.copy() for a in given]
        found = _parts(threshold_gradients(*copies), 4)
        _unchanged(copies, given)
        for i, name in enumerate(("V", "gamma", "W", "theta")):
            want = gradcheck.numerical_gradient(
                lambda a, i=i, given=given: loss(*given[:i], a, *given[i + 1 :]),
                given[i].copy(),
            )
            samples = f"{n} sample{'s' if n > 1 else ''}"
            where = f"dL/d{name} on a {d}-{q}-{k} network with {samples}"
            expect(found[i], want, where=where, rtol=1e-5, atol=1e-6)


@exercise("7.6", answers=["softplus", "maximum"])
def _(softplus, maximum):
    """The parents of the new Value are pairs (parent, local derivative).

    The derivative of softplus is sigma.
    """
    for z in (-800.0, -3.0, 0.0, 0.7, 40.0, 800.0):
        v = Value(z)
        y = _value(softplus(v), f"softplus(Value({z}))")
        expect(y.data, float(np.logaddexp(0, z)), where=f"softplus({z})")
        y.backward()
        expect(
            v.grad, float(sigmoid(np.array(z))), where=f"derivative of softplus at {z}"
        )
    for a, b in ((2.0, -1.0), (-4.0, 3.0), (1.5, 1.5)):
        u, v = Value(a), Value(b)
        y = _value(maximum(u, v), f"maximum(Value({a}), Value({b}))")
        if y is u or y is v:
            raise Wrong("maximum: expected a new Value, got one of its arguments.")
        expect(y.data, max(a, b), where=f"maximum({a}, {b})")
        y.backward()
        expect(
            [u.grad, v.grad],
            [float(a >= b), float(a < b)],
            where=f"gradients of maximum({a}, {b})",
        )
    u, v = Value(0.3), Value(0.2)
    (softplus(u * v) * maximum(u * u, v) + u).backward()
    s, q = np.logaddexp(0, 0.06), sigmoid(np.array(0.06))
    expect(
        [u.grad, v.grad],
        [q * 0.2 * 0.2 + 1, q * 0.3 * 0.2 + s],
        where="both in one graph with forks, (du, dv)",
    )


@exercise("7.7", answers=["residual_backward"])
def _(residual_backward):
    """x is used twice; its gradient is the sum over both uses."""
    rng = np.random.default_rng(77)
    for n, d in ((4, 3), (1, 5), (6, 1)):
        x, W, b, dy = (
            rng.normal(size=(n, d)),
            rng.normal(size=(d, d)),
            rng.normal(size=d),
            rng.normal(size=(n, d)),
        )
        given = [a.copy() for a in (dy, x, W, b)]
        found = _parts(residual_backward(*given), 3)
        _unchanged(given, (dy, x, W, b))

        def value(x, W, b, dy=dy):
            return np.sum(dy * (x + np.tanh(x @ W + b)))

        wants = (
            gradcheck.numerical_gradient(lambda a, W=W, b=b: value(a, W, b), x.copy()),
            gradcheck.numerical_gradient(lambda a, x=x, b=b: value(x, a, b), W.copy()),
            gradcheck.numerical_gradient(lambda a, x=x, W=W: value(x, W, a), b.copy()),
        )
        for name, got, want in zip(("dx", "dW", "db"), found, wants, strict=True):
            expect(
                got,
                want,
                where=f"{name} for x of shape {x.shape}",
                rtol=1e-5,
                atol=1e-7,
            )


@exercise("7.8", answers=["median_error", "answer_7_8"])
def _(median_error, answer_7_8):
    """Everything in the quotient must be float32.

    That is: the points, the step, and the 2 eps below.
    """
    points = np.linspace(0.5, 1.5, 400, dtype=np.float32)
    for eps in (1e-6, 1e-4, 1e-2, 1e-1):
        e = np.float32(eps)
        quotient = (np.sin(points + e) - np.sin(points - e)) / (2 * e)
        want = np.median(np.abs(quotient - np.cos(points.astype(np.float64))))
        expect(
            float(median_error(eps)),
            float(want),
            where=f"median_error({eps})",
            rtol=0.2,
        )
    if not 1e-3 < float(answer_7_8) < 3e-2:
        raise Wrong(
            f"the best step: {float(answer_7_8):.1e} is not where the median error is"
            " smallest."
        )


@exercise("7.9", answers=["multiplications"])
def _(multiplications):
    """Each layer has one product forward and two backward.

    The first layer leaves out the one for x.
    """
    for widths, n in (([784, 300, 100, 10], 32), ([5, 3], 1), ([64] * 12, 8)):
        products = [n * d * m for d, m in pairwise(widths)]
        want = [sum(products), 2 * sum(products) - products[0]]
        expect(
            list(_parts(multiplications(list(widths), n), 2)),
            want,
            where=f"{widths}, n = {n}",
            rtol=0,
            atol=0,
        )


def _parts(result, count):
    """The result as a tuple of `count` parts."""
    if not isinstance(result, (tuple, list)) or len(result) != count:
        raise Wrong(
            f"expected {count} results, as in `return a, b`, got"
            f" {type(result).__name__}."
        )
    return tuple(result)


def _unchanged(now, before):
    """The function must not write into its arguments."""
    if any(not np.array_equal(a, b) for a, b in zip(now, before, strict=True)):
        raise Wrong("an argument was changed in place. Work on new arrays.")


def _value(result, where):
    if not isinstance(result, Value):
        raise Wrong(
            f"{where}: expected an autodiff.Value, got {type(result).__name__}."
        )
    return result
