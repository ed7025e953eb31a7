"""Checks of the exercises of chapter 0, the first hour."""

import platform
import re
from importlib import metadata

import numpy as np

from dlcourse import gradcheck
from dlcourse.checks import (
    Draw,
    Variant,
    Wrong,
    choice,
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

BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")
ENDINGS = ("", ".0", ".1", ".12", "rc1", ".0rc1", "b2", ".0.dev0", ".2+cpu", ".0.post1")
SLOPES = {"rtol": 1e-5, "atol": 1e-6}  # of difference quotients


@exercise(
    "0.1",
    answers=["version()", "environment()"],
    imports=["keras", "importlib.metadata", "sys.version", "sys.version_info"],
)
def _(version, environment, rng):
    """Take the first two runs of digits as whole numbers: (3, 10) is above (3, 9).

    environment() can send each text through version().
    """

    def numbered(draw):
        major, minor = draw.whole(0, 30), draw.whole(0, 30)
        return {"text": f"{major}.{minor}{draw.one_of(*ENDINGS)}"}

    def test(text):
        _pair(version(text), _numbers(text), f"version({text!r})")

    texts = ("3.15.1", "2.21.0rc1", "4.0rc1", "3.9", "3.10.0", "10.0.0")
    for_all(numbered, test, rng, tuple({"text": text} for text in texts))

    # The versions are those installed here: a grader runs the same environment, and
    # nothing that the learner's code does can change them. The backend is a setting of
    # each process, so the process of that code is asked.
    report, backend = parts(environment.through("report"), 2)
    if not isinstance(report, dict):
        raise Wrong(
            f"environment(): expected a dict with names as keys, got {report!r:.200}."
        )
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "keras": metadata.version("keras"),
    }
    for name in (*found, "backend"):
        if name not in report:
            raise Wrong(
                f"environment(): expected a key {name!r}, got {[*report]!s:.200}."
            )
    for name, text in found.items():
        _pair(report[name], _numbers(text), f"environment()[{name!r}]")
    if not isinstance(backend, str) or backend not in BACKENDS:
        raise Wrong(f"keras.backend.backend() gives {backend!r}, no backend of Keras.")
    expect(report["backend"], backend, where="environment()['backend']")


@exercise(
    "0.2",
    answers=[
        "from_columns()",
        "from_bias_column()",
        "from_bias_last()",
        "from_threshold()",
    ],
)
def _(from_columns, from_bias_column, from_bias_last, from_threshold, rng):
    """Write down the shapes: the kernel is (d, m), inputs by units, the bias (m,)."""

    def matrix(draw, more=0):
        return draw.reals(draw.whole(1, 3) + more, draw.whole(1, 3))

    def columns(draw):
        A = matrix(draw)
        return {"A": A, "c": draw.reals(len(A), 1)}

    def threshold(draw):
        V = matrix(draw)
        return {"V": V, "theta": draw.reals(V.shape[1])}

    def reads(convert, draw, want):
        def test(**given):
            kernel, bias = parts(convert(*given.values()), 2, "W, b", convert.name)
            w, b = want(**given)
            expect(kernel, w, where=f"the kernel of {convert.name}")
            expect(bias, b, where=f"the bias of {convert.name}")

        for_all(draw, test, rng)

    reads(from_columns, columns, lambda A, c: (A.T, c[:, 0]))
    first = lambda draw: {"T": matrix(draw, more=1)}  # noqa: E731
    reads(from_bias_column, first, lambda T: (T[1:], T[0]))
    last = lambda draw: {"T": matrix(draw, more=1).T}  # noqa: E731
    reads(from_bias_last, last, lambda T: (T[:, :-1].T, T[:, -1]))
    reads(from_threshold, threshold, lambda V, theta: (V, -theta))


@shuffled("0.3", answer_0_3_i="abcd", answer_0_3_ii="abcd", answer_0_3_iii="abcd")
@exercise("0.3", answers=["answer_0_3_i", "answer_0_3_ii", "answer_0_3_iii"])
def _(answer_0_3_i, answer_0_3_ii, answer_0_3_iii):
    """In a product the inner numbers must agree; a bias unit is one input more."""
    choice("0.3", answer_0_3_i, "2b8e90b033badf76", part="(i)")
    choice("0.3.2", answer_0_3_ii, "40a240a57a9d797f", part="(ii)")
    choice("0.3.3", answer_0_3_iii, "c47c5a0a6ffda18c", part="(iii)")


@exercise("0.4", answers=["steps_0_4", "row_sums_after()"])
def _(steps_0_4, row_sums_after, rng):
    """The entries of p - [k = y] add up to 0 in each row. What follows for dL/dW?"""

    def pixel(draw):
        k = draw.whole(2, 4)
        w, z, y = (draw.reals(k).round(2) for _ in range(3))
        x, eta = round(draw.real(0.25, 2.0), 2), round(draw.real(0.25, 2.0), 2)
        return {"w": w, "x": x, "z": z, "y": y, "eta": eta}

    start = "sum(w - eta * x * (softmax(z) - y))"
    goal = "sum(w) - eta * x * (1 - sum(y))"
    follow(steps_0_4, pixel, rng, start, goal, least=4)

    def run(draw):
        given = _classifier(draw)
        rest = {name: given[name] for name in ("X", "y", "eta")}
        return {"W_start": given["W"], **rest, "steps": draw.whole(0, 20)}

    def test(W_start, X, y, eta, steps):
        got = row_sums_after(W_start, X, y, eta, steps)
        want = W_start.sum(axis=1)
        expect(got, want, where="row_sums_after(W_start, X, y, eta, steps)")

    for_all(run, test, rng)
    try:
        test(**{**run(Draw(rng)), "steps": 10**7})
    except TimeUp:
        raise Wrong(
            "row_sums_after: it did not return in time for 10**7 steps. Part 2 tells "
            "the sums without training."
        ) from None


@exercise("0.5", answers=["repaired_step()"])
def _(repaired_step, rng):
    """Compare the change of W and b, divided by eta, with difference quotients."""

    def test(W, b, X, y, eta, on=""):
        found = parts(repaired_step(W, b, X, y, eta), 3, "W, b, loss")
        expect(found[2], _loss(W, b, X, y), where=f"the loss before the step{on}")
        dW = gradcheck.numerical_gradient(lambda a: _loss(a, b, X, y), W.copy())
        db = gradcheck.numerical_gradient(lambda a: _loss(W, a, X, y), b.copy())
        expect(found[0], W - eta * dW, where=f"W after the step{on}", **SLOPES)
        expect(found[1], b - eta * db, where=f"b after the step{on}", **SLOPES)

    for_all(_classifier, test, rng)
    high, one, on = np.array([[800.0, 801.0]]), np.ones((1, 1)), ", scores 800 and 801"
    test(high, np.zeros(2), one, np.array([0]), 0.5, on)


@exercise("0.6", answers=["answer_0_6"], imports=["dlcourse.datasets"])
def _(answer_0_6):
    """Between a rate at which the loss always falls and one where not: bisect."""
    from dlcourse import datasets

    eta = float(floats(answer_0_6, (), "answer_0_6"))
    if not 0 < eta < 1000:
        raise Wrong(f"answer_0_6: expected a rate above 0 and below 1000, got {eta:g}.")
    data = datasets.load("digits")
    x, y = data.x_train.reshape(-1, 64).astype("float64"), data.y_train

    def falls(rate):
        w, b = np.random.default_rng(0).normal(0, 0.01, (64, 10)), np.zeros(10)
        before, rows = np.inf, np.arange(len(x))
        for _ in range(200):
            z = x @ w + b
            z = z - z.max(axis=1, keepdims=True)
            total = np.exp(z).sum(axis=1, keepdims=True)
            loss = (np.log(total[:, 0]) - z[rows, y]).mean()
            if not loss < before:
                return False
            delta = np.exp(z) / total
            delta[rows, y] -= 1
            w = w - rate * x.T @ delta / len(x)
            b, before = b - rate * delta.mean(axis=0), loss
        return True

    if not falls(0.97 * eta):
        raise Wrong(
            f"answer_0_6: {eta:.3g} is too large; even 3 % below it the loss rises in "
            "at least one of the 200 steps."
        )
    if falls(1.03 * eta):
        raise Wrong(
            f"answer_0_6: {eta:.3g} is not the largest; 3 % above it the loss still "
            "falls in every step."
        )


@exercise("0.7", answers=["confusion()", "worst_pair()"])
def _(confusion, worst_pair, rng):
    """Rows are the true classes; a pair that occurs three times counts three times."""

    def labels(draw):
        n, k = draw.whole(1, 6), draw.whole(2, 4)
        true, read = (draw.wholes(n, low=0, high=k - 1) for _ in range(2))
        return {"y_true": true, "y_pred": read, "K": k}

    def counts(y_true, y_pred, K):
        want = np.zeros((K, K), int)
        for pair in zip(y_true, y_pred, strict=True):
            want[pair] += 1
        expect(confusion(y_true, y_pred, K), want, where="confusion(y_true, y_pred, K)")

    for_all(labels, counts, rng)
    counts(*rng.integers(10, size=(2, 200)), 10)

    def table(draw):
        k = draw.whole(2, 4)
        return {"C": draw.wholes(k, k, low=0, high=4)}

    def worst(C):
        order = [(j, k) for j in range(len(C)) for k in range(len(C)) if j != k]
        got = worst_pair(C)
        got = got.tolist() if isinstance(got, np.ndarray) else got
        _pair(got, max(order, key=lambda pair: C[pair]), "worst_pair(C)")

    edges = (
        [[9, 0, 3], [1, 9, 2], [2, 0, 9]],
        [[50, 1, 0], [2, 60, 1], [0, 7, 70]],
        [[5, 0, 0], [0, 5, 0], [0, 0, 5]],  # no mistake: the first pair
        [[8, 1, 1], [4, 8, 4], [0, 1, 8]],  # two of four: the first
    )
    for_all(table, worst, rng, tuple({"C": np.array(edge)} for edge in edges))


@variant("0.8")
def _(draw):
    """Other numbers of pictures, B reads two or three more than A; another wish."""
    n = 2 * draw.whole(160, 240)
    a = round(0.945 * n) + draw.whole(-3, 3)
    b, wish = a + draw.whole(2, 3), draw.one_of(0.2, 0.25, 0.3, 0.4, 0.5)
    order = draw.order("abcd")
    text = {
        "359": f"{n}",
        "340": f"{a}",
        "343": f"{b}",
        "0.1 percentage": f"{wish} percentage",
    }
    values = {"n": n, "right": a, "wish": wish, "answer_0_8_claim": order}
    return Variant(values, text)


@exercise("0.8", answers=["answer_0_8_sd", "answer_0_8_n", "answer_0_8_claim"])
def _(answer_0_8_sd, answer_0_8_n, answer_0_8_claim, n=359, right=340, wish=0.1):
    """sd = sqrt(q (1 - q) / n), in percentage points 100 times that; solve it for n."""
    q = right / n
    want = 100 * np.sqrt(q * (1 - q) / n)
    sd = floats(answer_0_8_sd, (), "answer_0_8_sd")
    if np.isclose(100 * sd, want, rtol=0.02):
        raise Wrong("answer_0_8_sd: that is a share of 1; a percentage point is 0.01.")
    if not np.isclose(sd, want, rtol=0.02):
        raise Wrong(f"answer_0_8_sd: {sd:.4g} percentage points are not it.")
    many = floats(answer_0_8_n, (), "answer_0_8_n")
    if not np.isclose(many, 0.95 * 0.05 / (wish / 100) ** 2, rtol=0.02):
        gives = 100 * np.sqrt(0.95 * 0.05 / many) if many > 0 else np.inf
        raise Wrong(
            f"answer_0_8_n: {many:g} pictures give {gives:.3g} percentage points, not "
            f"{wish}."
        )
    choice("0.8", answer_0_8_claim, "6c416fce3a27ca80", part="the claim")


def _numbers(text: str) -> tuple[int, int]:
    """A version's first two numbers."""
    major, minor = re.match(r"(\d+)\.(\d+)", text).groups()
    return int(major), int(minor)


def _pair(got, want: tuple[int, int], where: str) -> None:
    """Two whole numbers, not texts."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(f"{where}: expected two numbers, {want}, got {got!r:.200}.")
    whole = (isinstance(part, (int, np.integer)) for part in got)
    if not all(whole) or any(isinstance(part, bool) for part in got):
        raise Wrong(f"{where}: expected whole numbers, {want}, got {got!r:.200}.")
    pair = tuple(int(part) for part in got)
    if pair != want:
        raise Wrong(f"{where}: expected {want}, got {pair}.")


def _classifier(draw) -> dict:
    """A state of the chapter's classifier and a small batch."""
    n, d, k = draw.whole(1, 4), draw.whole(1, 3), draw.whole(2, 3)
    return {
        "W": draw.reals(d, k),
        "b": draw.reals(k),
        "X": draw.reals(n, d),
        "y": draw.wholes(n, low=0, high=k - 1),
        "eta": draw.real(0.25, 2.0),
    }


def _loss(w, b, x, y) -> float:
    """The mean cross-entropy of the classifier."""
    z = x @ w + b
    top = z.max(axis=1)
    total = np.log(np.exp(z - top[:, None]).sum(axis=1))
    return float((top + total - z[np.arange(len(x)), y]).mean())
