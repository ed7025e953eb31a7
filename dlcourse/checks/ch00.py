"""Checks of the exercises of chapter 0, the first hour."""

import platform
import re

import numpy as np

from dlcourse.checks import Wrong, choice, exercise, expect


@exercise("0.1", answers=["version", "environment"])
def _(version, environment):
    """Take the first two runs of digits as whole numbers: (3, 10) is above (3, 9)."""
    import keras

    texts = {"3.15.1": (3, 15), "2.21.0rc1": (2, 21), "4.0rc1": (4, 0), "3.9": (3, 9)}
    for text, want in texts.items():
        _pair(version(text), want, f"version({text!r})")
    if not version("3.10.0") > version("3.9.0"):
        raise Wrong("version('3.10.0') must be greater than version('3.9.0').")
    report = environment()
    if not isinstance(report, dict):
        raise Wrong(f"environment(): expected a dict, got {type(report).__name__}.")
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "keras": keras.__version__,
    }
    for name, text in found.items():
        want = tuple(int(n) for n in re.match(r"(\d+)\.(\d+)", text).groups())
        _pair(report.get(name), want, f"environment()[{name!r}]")
    want = keras.backend.backend()
    expect(report.get("backend"), want, where="environment()['backend']")


@exercise(
    "0.2",
    answers=["from_columns", "from_bias_column", "from_bias_last", "from_threshold"],
)
def _(from_columns, from_bias_column, from_bias_last, from_threshold):
    """Write down the shapes: the kernel is (d, m), inputs by units, the bias (m,)."""
    rng = np.random.default_rng(2)
    for n, d, m in ((5, 4, 3), (2, 3, 3), (7, 1, 2), (1, 2, 1)):
        x, w, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
        size = f"with n, d, m = {n}, {d}, {m}"
        given = {
            "from_columns": (from_columns, (w.T, b[:, None])),
            "from_bias_column": (from_bias_column, (np.vstack([b, w]),)),
            "from_bias_last": (from_bias_last, (np.vstack([w, b]).T,)),
            "from_threshold": (from_threshold, (w, -b)),
        }
        for name, (convert, arguments) in given.items():
            result = convert(*(a.copy() for a in arguments))
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise Wrong(f"{name}: expected two results, as in `return W, b`.")
            kernel, bias = result
            expect(kernel, w, where=f"the kernel of {name} {size}")
            expect(bias, b, where=f"the bias of {name} {size}")
            expect(x @ kernel + bias, x @ w + b, where=f"X @ W + b after {name} {size}")


@exercise("0.3", answers=["answer_0_3_i", "answer_0_3_ii", "answer_0_3_iii"])
def _(answer_0_3_i, answer_0_3_ii, answer_0_3_iii):
    """In a product the inner numbers must agree; a bias unit is one input more."""
    _choice("i", "0.3", answer_0_3_i, "2b8e90b033badf76")
    _choice("ii", "0.3.2", answer_0_3_ii, "40a240a57a9d797f")
    _choice("iii", "0.3.3", answer_0_3_iii, "c47c5a0a6ffda18c")


@exercise("0.4", answers=["row_sums_after"])
def _(row_sums_after):
    """The entries of p - [k = y] add up to 0 in each row. What follows for dL/dW?"""
    rng = np.random.default_rng(4)
    for n, d, k, eta, steps in ((6, 3, 4, 0.3, 40), (9, 5, 2, 0.1, 10)):
        w0, x = rng.normal(size=(d, k)), rng.normal(size=(n, d))
        y = rng.integers(k, size=n)
        w, b = w0.copy(), np.zeros(k)
        for _ in range(steps):
            w, b, _ = _step(w, b, x, y, eta)
        got = row_sums_after(w0.copy(), x.copy(), y.copy(), eta, steps)
        where = f"the sums after {steps} steps, d = {d}, K = {k}"
        expect(got, w.sum(axis=1), where=where)


@exercise("0.5", answers=["repaired_step"])
def _(repaired_step):
    """Compare the change of W and b, divided by eta, with difference quotients."""
    rng = np.random.default_rng(5)
    for n, d, k in ((3, 2, 3), (8, 5, 4), (1, 3, 2)):
        x, y = rng.normal(size=(n, d)), rng.integers(k, size=n)
        w, b = rng.normal(size=(d, k)), rng.normal(size=k)
        size = f"with {n} sample{'s' if n > 1 else ''}, {d} inputs, {k} classes"
        given = [a.copy() for a in (w, b, x, y)]
        result = repaired_step(*given, 0.3)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            raise Wrong("expected three results, as in `return W, b, loss`.")
        if any(
            not np.array_equal(a, c) for a, c in zip(given, (w, b, x, y), strict=True)
        ):
            raise Wrong("an argument was changed in place. Work on new arrays.")
        for name, got, want in zip(
            ("W", "b", "the loss"), result, _step(w, b, x, y, 0.3), strict=True
        ):
            expect(got, want, where=f"{name} after one step {size}")


@exercise("0.6", answers=["answer_0_6"])
def _(answer_0_6):
    """Between a rate at which the loss always falls and one where not: bisect."""
    from dlcourse import datasets

    eta = _number(answer_0_6, "answer_0_6")
    if not 0 < eta < 1000:
        raise Wrong(f"expected a learning rate above 0 and below 1000, got {eta:g}.")
    data = datasets.load("digits")
    x, y = data.x_train.reshape(-1, 64).astype("float64"), data.y_train

    def falls(rate):
        w, b = np.random.default_rng(0).normal(0, 0.01, (64, 10)), np.zeros(10)
        before = np.inf
        for _ in range(200):
            w, b, loss = _step(w, b, x, y, rate)
            if not loss < before:
                return False
            before = loss
        return True

    if not falls(0.97 * eta):
        raise Wrong(f"near {eta:.3g} the loss rises in at least one of the 200 steps.")
    if falls(1.03 * eta):
        raise Wrong(f"the loss still falls in every step at {1.03 * eta:.3g}.")


@exercise("0.7", answers=["confusion", "worst_pair"])
def _(confusion, worst_pair):
    """Rows are the true classes; a pair that occurs three times counts three times."""
    rng = np.random.default_rng(7)
    for n, k in ((50, 4), (200, 10), (1, 3), (30, 2)):
        true, read = rng.integers(k, size=n), rng.integers(k, size=n)
        want = np.zeros((k, k), int)
        for pair in zip(true, read, strict=True):
            want[pair] += 1
        got = confusion(true.copy(), read.copy(), k)
        expect(got, want, where=f"confusion of {n} labels, K = {k}")
    tables = {
        (0, 2): [[9, 0, 3], [1, 9, 2], [2, 0, 9]],
        (2, 1): [[50, 1, 0], [2, 60, 1], [0, 7, 70]],
        (0, 1): [[5, 0, 0], [0, 5, 0], [0, 0, 5]],  # no mistake: the first pair
        (1, 0): [[8, 1, 1], [4, 8, 4], [0, 1, 8]],
    }
    for want, table in tables.items():
        array = np.array(table)
        _pair(worst_pair(array), want, f"worst_pair({table})")
        if not np.array_equal(array, table):
            raise Wrong("worst_pair changed its argument. Work on a copy.")


@exercise("0.8", answers=["answer_0_8_sd", "answer_0_8_n", "answer_0_8_claim"])
def _(answer_0_8_sd, answer_0_8_n, answer_0_8_claim):
    """sd = sqrt(q (1 - q) / n), in percentage points 100 times that; solve it for n."""
    q = 340 / 359
    sd = _number(answer_0_8_sd, "answer_0_8_sd")
    if np.isclose(100 * sd, 100 * np.sqrt(q * (1 - q) / 359), rtol=0.01):
        raise Wrong("that is a share of 1; in percentage points it is 100 times that.")
    expect(sd, 100 * np.sqrt(q * (1 - q) / 359), where="answer_0_8_sd", rtol=0.02)
    number = _number(answer_0_8_n, "answer_0_8_n")
    expect(number, 0.95 * 0.05 / 0.001**2, where="answer_0_8_n", rtol=0.02)
    _choice("the claim", "0.8", answer_0_8_claim, "6c416fce3a27ca80")


def _choice(part, id, answer, expected):
    """A multiple choice that says which part was wrong."""
    try:
        choice(id, answer, expected)
    except Wrong as error:
        raise Wrong(f"{part}: {error}") from None


def _pair(got, want, where):
    """Two whole numbers, not texts."""
    got = got.tolist() if isinstance(got, np.ndarray) else got
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(f"{where}: expected two numbers, {want}, got {got!r}.")
    if not all(isinstance(part, (int, np.integer)) for part in got):
        raise Wrong(f"{where}: expected whole numbers, {want}, got {got!r}.")
    if tuple(int(part) for part in got) != want:
        raise Wrong(f"{where}: expected {want}, got {tuple(got)}.")


def _number(answer, name):
    try:
        return float(answer)
    except (TypeError, ValueError):
        raise Wrong(f"{name}: expected a number, got {answer!r}.") from None


def _step(w, b, x, y, eta):
    """One step of the chapter's classifier: new W, new b, the loss before."""
    rows = np.arange(len(x))
    z = x @ w + b
    z = z - z.max(axis=1, keepdims=True)
    total = np.exp(z).sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - z[rows, y]).mean()
    delta = np.exp(z) / total
    delta[rows, y] -= 1
    delta = delta / len(x)
    return w - eta * x.T @ delta, b - eta * delta.sum(axis=0), loss
