"""Checks of the exercises of chapter 11, optimizers and learning-rate schedules."""

import numpy as np

from dlcourse import optimizers
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
from dlcourse.checks.compare import floats, kind_of, letters
from dlcourse.checks.derivation import follow
from dlcourse.checks.keras_objects import moves
from dlcourse.probes.wire import Foreign

# -- 11.1


@exercise(
    "11.1",
    answers=["rmsprop_step()", "adam_signs()", "adam_stored()", "nesterov_step()"],
)
def _(rmsprop_step, adam_signs, adam_stored, nesterov_step, rng):
    """Make two steps by hand on f = w^2: signs, what is kept, where one looks."""

    def rmsprop(w, v, g, eta, rho, epsilon):
        want_v = rho * v + (1 - rho) * g * g
        want = w - eta * g / np.sqrt(want_v + epsilon), want_v
        same(rmsprop_step, (w, v, g, eta, rho, epsilon), want, "w, v")

    def adam(w, m, v, g, t, eta, b1, b2, epsilon):
        want_m = b1 * m + (1 - b1) * g
        want_v = b2 * v + (1 - b2) * g * g
        root = np.sqrt(want_v / (1 - b2**t)) + epsilon
        want = w - eta * want_m / (1 - b1**t) / root, want_m, want_v
        for answer in (adam_signs, adam_stored):
            inputs = (w, m, v, g, t, eta, b1, b2, epsilon)
            same(answer, inputs, want, "w, m, v")

    def nesterov(w, m, c, eta, beta):
        want_m = beta * m + eta * c * (w - beta * m)
        inputs = (w, m, c, eta, beta)
        same(nesterov_step, inputs, (w - want_m, want_m), "w, m")

    def memory(draw):
        d = draw.whole(1, 3)
        return {
            "w": draw.reals(d),
            "v": draw.reals(d, low=0.0),
            "g": draw.reals(d),
            "eta": draw.real(0.01, 1.0),
            "rho": draw.one_of(0.5, 0.9),
            "epsilon": draw.one_of(1e-7, 0.01),
        }

    def moments(draw):
        d = draw.whole(1, 3)
        return {
            "w": draw.reals(d),
            "m": draw.reals(d),
            "v": draw.reals(d, low=0.0),
            "g": draw.reals(d),
            "t": draw.whole(1, 20),
            "eta": draw.real(0.01, 1.0),
            "b1": draw.one_of(0.5, 0.9),
            "b2": draw.one_of(0.5, 0.999),
            "epsilon": draw.one_of(1e-7, 0.01),
        }

    def velocity(draw):
        d = draw.whole(1, 3)
        return {
            "w": draw.reals(d),
            "m": draw.reals(d),
            "c": draw.reals(d, low=0.0),
            "eta": draw.real(0.01, 1.0),
            "beta": draw.one_of(0.5, 0.9),
        }

    start = {"w": np.ones(1), "g": np.full(1, 2.0), "eta": 0.1}
    first = start | {"v": np.zeros(1), "rho": 0.9, "epsilon": 1e-7}
    for_all(memory, rmsprop, rng, (first,))
    first = {
        **start, "m": np.zeros(1), "v": np.zeros(1), "t": 1, "b1": 0.9, "b2": 0.999,
        "epsilon": 1e-8,
    }  # fmt: skip
    for_all(moments, adam, rng, (first,))
    for_all(velocity, nesterov, rng)


def same(answer, inputs, wants, names):
    """Compare a new w and the new memory with what they should be."""
    where = f"{answer.name}(...)"
    found = parts(answer(*inputs), len(wants), names, where)
    for name, got, want in zip(names.split(", "), found, wants, strict=True):
        expect(got, want, where=f"new {name} of {answer.name}")


# -- 11.2


# The polynomial at z = -1, and the form from which the limit is read off.
AT_MINUS_ONE = {
    "Nesterov's method, (11.13)": (
        "(-1)**2 - (1 + b)*(1 - x)*(-1) + b*(1 - x)",
        "2*(1 + b) - (1 + 2*b)*x",
    ),
    "momentum, (11.8)": (
        "(-1)**2 - (1 + b - x)*(-1) + b",
        "2*(1 + b) - x",
    ),
    "Nesterov's method with the wrong sign, (11.15)": (
        "(-1)**2 - (1 + b - x*(1 - b))*(-1) + b*(1 + x)",
        "2*(1 + b) - (1 - 2*b)*x",
    ),
}
OWN = "Nesterov's method, (11.13)"


@variant("11.2")
def _(draw):
    """The polynomial of another method."""
    method = draw.one_of(*(name for name in AT_MINUS_ONE if name != OWN))
    ends = zip(AT_MINUS_ONE[OWN], AT_MINUS_ONE[method], strict=True)
    return Variant({"method": method}, {OWN: method} | dict(ends))


@exercise("11.2", answers=["steps_11_2", "limits()"])
def _(steps_11_2, limits, rng, method=OWN):
    """The lemma has two conditions; the limit is the first that is violated."""

    def point(draw):
        return {name: round(draw.real(0.1, 2.0), 2) for name in ("b", "x")}

    follow(steps_11_2, point, rng, *AT_MINUS_ONE[method], least=4)

    def test(beta):
        found = parts(limits(beta), 3, "momentum, nesterov, wrong")
        wrong = (1 - beta) / beta
        if beta < 0.5:
            wrong = min(wrong, 2 * (1 + beta) / (1 - 2 * beta))
        wants = 2 * (1 + beta), 2 * (1 + beta) / (1 + 2 * beta), wrong
        names = ("momentum", "Nesterov", "Nesterov with the wrong sign")
        for name, got, want in zip(names, found, wants, strict=True):
            expect(got, want, where=f"limit of {name}", rtol=1e-6)

    edges = tuple({"beta": beta} for beta in (0.9, 0.5, 0.2, 0.1, 0.05, 0.99))
    for_all(lambda draw: {"beta": draw.real(0.01, 0.99)}, test, rng, edges)


# -- 11.3


FORMS = ("keras", "minus outside", "rate outside", "running mean")


@shuffled("11.3", answer_11_3="abcd")
@exercise("11.3", answers=["keras_settings()", "paper_settings()", "answer_11_3"])
def _(keras_settings, paper_settings, answer_11_3, rng):
    """The first step from rest must be the same in both forms."""

    def setting(draw):
        return {
            "form": draw.one_of(*FORMS),
            "rate": draw.real(0.001, 1.0),
            "beta": draw.one_of(0.0, 0.5, 0.9, 0.99),
        }

    def test(form, rate, beta):
        factor = 1 - beta if form == "running mean" else 1.0
        found = parts(keras_settings(form, rate, beta), 2, "learning_rate, momentum")
        names = ("learning_rate", "momentum")
        for name, got, want in zip(names, found, (rate * factor, beta), strict=True):
            expect(got, want, where=f"{name} of keras_settings")
        found = parts(paper_settings(form, rate, beta), 2, "rate, beta")
        names = ("rate", "beta")
        for name, got, want in zip(names, found, (rate / factor, beta), strict=True):
            expect(got, want, where=f"{name} of paper_settings")

    edges = tuple({"form": form, "rate": 0.1, "beta": 0.9} for form in FORMS)
    for_all(setting, test, rng, edges)
    choice("11.3", answer_11_3, "801b17876c23a945")


# -- 11.4


@exercise("11.4", answers=["adamax_path()", "nadam_path()"])
def _(adamax_path, nadam_path, rng):
    """Which decay belongs to which average, and which power to which correction?"""

    def gradients(draw):
        shape = draw.whole(1, 6), draw.whole(1, 3)
        return {"gradients": draw.reals(*shape), "eta": draw.real(0.01, 1.0)}

    def test(gradients, eta):
        for answer, kind in (
            (adamax_path, optimizers.Adamax),
            (nadam_path, optimizers.Nadam),
        ):
            want = walk(kind(eta), gradients)
            expect(answer(gradients, eta), want, where=f"{answer.name}(gradients, eta)")

    edge = {"gradients": np.array([[1.0], [-1.0], [0.0], [2.0]]), "eta": 0.1}
    for_all(gradients, test, rng, (edge,))


def walk(optimizer, gradients):
    """The weights after each step of an optimizer of ours, from 0."""
    params, path = {"w": np.zeros(gradients.shape[1])}, []
    for g in gradients:
        optimizer.apply(params, {"w": g})
        path.append(params["w"].copy())
    return np.array(path)


# -- 11.5, 11.6


@exercise("11.5", answers=["OneCycle()"], imports=["keras"])
def _(OneCycle, rng):
    """Count the steps through all epochs, from 0, anew in each training."""

    def training(draw):
        up = draw.whole(1, 6)
        total = 2 * up + draw.whole(2, 8)
        return {
            "max_rate": draw.real(0.1, 2.0),
            "up": up,
            "total": total,
            "epochs": draw.whole(1, 4),
        }

    def test(max_rate, up, total, epochs):
        settings = {"max_rate": max_rate, "up": up, "total": total}
        steps = -(-total // epochs) + 1
        trainings = [(epochs, steps), (1, 2 * up)]
        found = OneCycle.through("rates", settings, trainings)
        if isinstance(found, Foreign):
            raise Wrong(
                f"OneCycle: expected a keras.callbacks.Callback, got {kind_of(found)}."
            )
        values = max_rate * np.array([0.1, 1, 0.1, 0.001])
        for got, (e, s), which in zip(
            found, trainings, ("", " of the second training"), strict=True
        ):
            t = np.arange(e * s)
            want = np.interp(t, [0, up, 2 * up, total - 1], values)
            where = f"rates of steps 0 to {t[-1]}{which}"
            expect(got, want, where=where, rtol=1e-5, atol=1e-8)

    edge = {"max_rate": 1.0, "up": 4, "total": 12, "epochs": 3}
    for_all(training, test, rng, (edge,))


@exercise(
    "11.6", answers=["new_sgd()", "new_adam()", "new_rmsprop()"], imports=["keras"]
)
def _(new_sgd, new_adam, new_rmsprop, rng):
    """A schedule takes the place of the learning rate; its unit is the update."""
    late = int(rng.integers(2000, 20_000))
    at = [0, 1, 45, 899, 900, 1000, 1799, 1800, late]
    for answer, kind, rate in (
        (new_sgd, "SGD", lambda t: 0.05 / (1 + 1e-3 * t)),
        (new_adam, "Adam", lambda t: 0.002 / (1 + 5e-4 * t)),
        (new_rmsprop, "RMSprop", lambda t: 0.001 * 0.5 ** (t // 900)),
    ):
        ours = getattr(optimizers, kind)(rate)
        moves(answer, f"{answer.name}()", kind, ours, at, rng)


# -- 11.7


@shuffled("11.7", answer_11_7="abcde")
@exercise("11.7", answers=["answer_11_7"])
def _(answer_11_7):
    """Compute the first step of each rule for the gradient 2, then the second."""
    lines = letters(answer_11_7)
    if len(lines) != 5 or len(set(lines)) != 5 or not set(lines) <= set("abcde"):
        raise Wrong(
            f"expected five different letters from a to e, got {answer_11_7!r:.60}."
        )
    if digest("11.7", lines) != "3fad27673af40857":
        raise Wrong("not every line has its optimizer.")


# -- 11.8, 11.9


@exercise("11.8", answers=["steps_11_8", "rate_for_floor()"])
def _(steps_11_8, rate_for_floor, rng):
    """(11.31) is linear in the rate once it is multiplied out."""

    def point(draw):
        return {name: round(draw.real(0.1, 1.0), 2) for name in ("e", "h", "s")}

    start = "e**2 * s**2 / (1 - (1 - e*h)**2)"
    follow(steps_11_8, point, rng, start, "e * s**2 / (h * (2 - e*h))", least=4)

    def test(eta, curvature, s):
        floor = eta * s**2 / (2 * (2 - eta * curvature))
        got = rate_for_floor(floor, curvature, s)
        expect(got, eta, where="the rate", rtol=1e-6)

    def setting(draw):
        names = {"eta": (0.01, 0.9), "curvature": (0.1, 2.0), "s": (0.1, 3.0)}
        return {name: draw.real(*ends) for name, ends in names.items()}

    for_all(setting, test, rng, ({"eta": 1.0, "curvature": 1.0, "s": 1.0},))


@exercise("11.9", answers=["measured_floor()", "answer_11_9"])
def _(measured_floor, answer_11_9, rng):
    """The noise is new in every step and repetition; the loss is u^2 / 2."""
    for eta, beta in ((0.05, 0.0), (0.05, 0.9), (0.5, 0.5)):
        want = eta * (1 + beta) / (2 * (1 - beta) * (2 * (1 + beta) - eta))
        got = measured_floor(eta, beta, int(rng.integers(1000)))
        where = f"measured_floor({eta}, {beta}, seed)"
        expect(got, want, where=where, rtol=0.1)
    ratio = floats(answer_11_9, (), where="answer_11_9")
    if not 8.5 < ratio < 11.5:
        raise Wrong(f"answer_11_9: {ratio:.3g} is not what a measurement gives.")


# -- 11.10


@exercise("11.10", answers=["ftrl_sums()", "ftrl_weights()"])
def _(ftrl_sums, ftrl_weights, rng):
    """Where |z| is at most l1 the weight is 0; else z moves towards 0 by l1."""

    def sums(draw):
        d = draw.whole(1, 4)
        return {
            "w": draw.reals(d),
            "z": draw.reals(d),
            "n": draw.reals(d, low=0.0),
            "g": draw.reals(d),
            "eta": draw.real(0.1, 1.0),
        }

    def test_sums(w, z, n, g, eta):
        new = n + g * g
        want = z + g - (np.sqrt(new) - np.sqrt(n)) / eta * w, new
        same(ftrl_sums, (w, z, n, g, eta), want, "z, n")

    def state(draw):
        d = draw.whole(1, 4)
        return {
            "z": draw.reals(d, low=-4.0, high=4.0),
            "n": draw.reals(d, low=0.1),
            "eta": draw.real(0.1, 1.0),
            "beta": draw.one_of(0.0, 1.0),
            "l1": draw.one_of(0.0, 1.0, 2.0),
            "l2": draw.one_of(0.0, 0.5),
        }

    def test_weights(z, n, eta, beta, l1, l2):
        width = (beta + np.sqrt(n)) / eta + l2
        want = -np.sign(z) * np.maximum(np.abs(z) - l1, 0) / width
        got = ftrl_weights(z, n, eta, beta, l1, l2)
        expect(got, want, where="ftrl_weights(...)")

    for_all(sums, test_sums, rng)
    edge = {"z": np.array([-3.0, -1.0, 0.0, 0.5, 1.0, 3.0]), "n": np.ones(6)}
    edge |= {"eta": 0.5, "beta": 1.0, "l1": 1.0, "l2": 0.5}
    for_all(state, test_weights, rng, (edge,))
