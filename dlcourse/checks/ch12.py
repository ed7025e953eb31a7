"""Checks of the exercises of chapter 12, regularization."""

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
from dlcourse.checks.compare import floats, letters
from dlcourse.checks.derivation import follow

# -- 12.1


@exercise("12.1", answers=["penalty_gradient()", "soft_threshold()", "proximal_step()"])
def _(penalty_gradient, soft_threshold, proximal_step, rng):
    """Where the minimum is 0 it must be exactly 0; the two penalties act together."""

    def soft(a, t):
        return np.sign(a) * np.maximum(np.abs(a) - t, 0)

    def weights(draw):
        shape = (draw.whole(1, 3), draw.whole(1, 3))
        return {
            "w": draw.reals(*shape),
            "g": draw.reals(*shape),
            "eta": draw.one_of(0.1, 0.5, 1.0),
            "l1": draw.one_of(0.0, 0.5, 2.0),
            "l2": draw.one_of(0.0, 0.5, 2.0),
        }

    def test(w, g, eta, l1, l2):
        where = "penalty_gradient(w, l1, l2)"
        expect(penalty_gradient(w, l1, l2), l1 * np.sign(w) + l2 * w, where=where)
        got = soft_threshold(w, l1)
        expect(got, soft(w, l1), where="soft_threshold(w, l1)")
        zeros = np.asarray(got)[np.abs(w) <= l1]
        if zeros.any():
            raise Wrong("soft_threshold(w, l1): a weight that should be 0 is not.")
        want = soft(w - eta * g, eta * l1) / (1 + eta * l2)
        expect(proximal_step(w, g, eta, l1, l2), want, where="proximal_step(...)")

    edge = {
        "w": np.array([[2.0, 0.5, 0.0], [-0.5, -2.0, 1.0]]),
        "g": np.zeros((2, 3)),
        "eta": 1.0,
        "l1": 1.0,
        "l2": 1.0,
    }
    for_all(weights, test, rng, (edge,))


# -- 12.2


@exercise("12.2", answers=["dropout_forward()", "dropout_backward()"])
def _(dropout_forward, dropout_backward, rng):
    """Which entries stay, by what are they divided, and what happens in use?"""

    def layer(draw):
        shape = (draw.whole(1, 3), draw.whole(1, 4))
        return {
            "x": draw.reals(*shape),
            "rate": draw.one_of(0.0, 0.2, 0.25, 0.5, 0.9),
            "u": draw.reals(*shape, low=0.0, high=0.99),
            "dy": draw.reals(*shape),
            "training": draw.one_of(True, False),
        }

    def test(x, rate, u, dy, training):
        factor = (u >= rate) / (1 - rate) if training else np.ones(x.shape)
        where = f"dropout_forward(x, {rate}, u, {training})"
        y, cache = parts(
            dropout_forward(x, rate, u, training), 2, "y, cache", "dropout_forward"
        )
        expect(y, x * factor, where=f"y of {where}")
        expect(dropout_backward(dy, cache), dy * factor, where="dropout_backward")

    start = {"x": np.ones((1, 2)), "u": np.array([[0.1, 0.7]]), "dy": np.ones((1, 2))}
    edges = tuple(
        {**start, "rate": 0.2, "training": training} for training in (True, False)
    )
    for_all(layer, test, rng, edges)


# -- 12.3


def limited(w, r):
    """Each unit's incoming weights at most r long."""
    axes = tuple(range(w.ndim - 1))
    length = np.sqrt((w * w).sum(axis=axes, keepdims=True))
    return w * np.minimum(1, r / np.maximum(length, 1e-300))


@exercise("12.3", answers=["max_norm()"])
def _(max_norm, rng):
    """A unit is a column of a dense kernel: its weights differ in the first index."""

    def kernel(draw):
        ends = (draw.whole(1, 3), draw.whole(1, 3))
        shape = draw.one_of(ends, (draw.whole(1, 2), draw.whole(1, 2), *ends))
        return {"w": draw.reals(*shape), "r": draw.one_of(0.5, 1.0, 3.0)}

    def test(w, r):
        got = max_norm(w, r)
        expect(got, limited(w, r), where="max_norm(w, r)")
        axes = tuple(range(w.ndim - 1))
        short = np.sqrt((w * w).sum(axis=axes)) < r * (1 - 1e-9)
        if (np.asarray(got)[..., short] != w[..., short]).any():
            raise Wrong("max_norm(w, r): a unit that was short enough was changed.")

    edges = (
        {"w": np.array([[3.0, 0.1], [4.0, 0.2]]), "r": 1.0},
        {"w": np.zeros((2, 2)), "r": 1.0},
        {"w": np.full((2, 2, 1, 2), 3.0), "r": 2.0},
    )
    for_all(kernel, test, rng, edges)


# -- 12.4


@shuffled("12.4", answer_12_4_i="abcd", answer_12_4_ii="abcd", answer_12_4_iii="abcd")
@exercise("12.4", answers=["answer_12_4_i", "answer_12_4_ii", "answer_12_4_iii"])
def _(answer_12_4_i, answer_12_4_ii, answer_12_4_iii):
    """Overfitting: training far better than validation. Underfitting: both poor."""
    choice("12.4", answer_12_4_i, "805416edb9b00523", part="(i)")
    choice("12.4.2", answer_12_4_ii, "b67fd579344d280d", part="(ii)")
    choice("12.4.3", answer_12_4_iii, "85ff743cf7b60c51", part="(iii)")


# -- 12.5


@exercise("12.5", answers=["interval()", "coverage()", "calibrated_noise()"])
def _(interval, coverage, calibrated_noise, rng):
    """Variances add, standard deviations do not."""

    def band(samples, noise, z):
        half = z * np.sqrt(samples.var(axis=0) + noise)
        return samples.mean(axis=0) - half, samples.mean(axis=0) + half

    def masks(draw):
        n = draw.whole(1, 4)
        return {
            "samples": draw.reals(draw.whole(1, 5), n),
            "noise": draw.one_of(0.0, 0.5, 2.0),
            "z": draw.one_of(1.0, 1.645),
            "y": draw.reals(n, low=-5.0, high=5.0),
            "level": draw.one_of(0.5, 0.9, 1.0),
        }

    def test(samples, noise, z, y, level):
        want = band(samples, noise, z)
        found = parts(interval(samples, noise, z), 2, "low, high", "interval")
        for name, got, end in zip(("low", "high"), found, want, strict=True):
            expect(got, end, where=f"{name} of interval(samples, {noise}, {z})")
        inside = float(np.mean((want[0] <= y) & (y <= want[1])))
        expect(coverage(*want, y), inside, where="coverage(low, high, y)")
        candidates = [0.01, 0.1, 1.0, 4.0, 9.0]
        shares = [
            np.mean((low <= y) & (y <= high))
            for low, high in (band(samples, c, z) for c in candidates)
        ]
        enough = [c for c, share in zip(candidates, shares, strict=True)
                  if share >= level]  # fmt: skip
        want = enough[0] if enough else candidates[-1]
        got = calibrated_noise(samples, y, z, level, candidates)
        expect(got, want, where=f"calibrated_noise(samples, y, {z}, {level}, ...)")

    ends = np.array([[-1.0, 0.0], [1.0, 0.0]])
    edge = {"samples": ends, "noise": 0.0, "z": 1.0, "y": np.array([1.0, 9.0])}
    for_all(masks, test, rng, ({**edge, "level": 0.5},))


# -- 12.6


def augmented(images, down, right, mirror, factor):
    """As the task asks: mirror, contrast, shift."""
    _, h, w = images.shape
    result = np.zeros(images.shape)
    for k, image in enumerate(images):
        image = image[:, ::-1] if mirror[k] else image
        image = image.mean() + factor[k] * (image - image.mean())
        i, j = np.mgrid[:h, :w]
        i, j = i - down[k], j - right[k]
        inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
        result[k] = image[i.clip(0, h - 1), j.clip(0, w - 1)] * inside
    return result


@exercise("12.6", answers=["augment()", "safe_12_6"])
def _(augment, safe_12_6, rng):
    """Down is the first index. What leaves on one side does not come back."""

    def batch(draw):
        n = draw.whole(1, 3)
        return {
            "images": draw.reals(n, draw.whole(1, 4), draw.whole(1, 4), low=0.0),
            "down": draw.wholes(n, low=-2, high=2),
            "right": draw.wholes(n, low=-2, high=2),
            "mirror": draw.bits(n),
            "factor": draw.reals(n, low=0.5, high=2.0),
        }

    def test(**given):
        expect(augment(*given.values()), augmented(**given), where="augment(...)")

    one = {"images": np.arange(6.0).reshape(1, 2, 3)}
    plain = {"down": [0], "right": [0], "mirror": [0], "factor": [1.0]}
    edges = tuple(
        one | {k: np.array(v) for k, v in (plain | change).items()}
        for change in ({}, {"down": [1]}, {"right": [-1]}, {"mirror": [1]},
                       {"factor": [0.0]}, {"mirror": [1], "right": [1]})
    )  # fmt: skip
    for_all(batch, test, rng, edges)
    changes = "".join(sorted(set(letters(safe_12_6))))
    if not changes or not set(changes) <= set("abcdef"):
        raise Wrong(f"expected letters from a to f, got {safe_12_6!r:.60}.")
    if digest("12.6", changes) != "450abde2e9091235":
        raise Wrong(
            "safe_12_6: a change is missing, or one of them makes another digit, or "
            "none, of some digit."
        )


# -- 12.7


@exercise("12.7", answers=["steps_12_7", "best_gap()"])
def _(steps_12_7, best_gap, rng):
    """The best p is the smoothed target itself."""

    def point(draw):
        return {"z": round(draw.real(-3.0, 3.0), 2), "s": round(draw.real(0.0, 0.9), 2)}

    start = "diff(-(1 - s/2)*log(sigmoid(z)) - s/2*log(1 - sigmoid(z)), z)"
    follow(steps_12_7, point, rng, start, "sigmoid(z) - 1 + s/2", least=4)

    def test(s, K):
        want = float(np.log((1 - s + s / K) / (s / K)))
        expect(best_gap(s, K), want, where=f"best_gap({s}, {K})")

    def setting(draw):
        return {"s": draw.real(0.01, 0.9), "K": draw.whole(2, 20)}

    for_all(setting, test, rng, ({"s": 0.1, "K": 10}, {"s": 0.5, "K": 2}))


# -- 12.8


@exercise("12.8", answers=["fitted()", "answer_12_8", "ridge_12_8"])
def _(fitted, answer_12_8, ridge_12_8, rng):
    """For lam = 0 the shortest solution; with it, both sides are means over n."""

    def task(draw):
        n, N, K = draw.whole(1, 4), draw.whole(1, 6), draw.whole(1, 2)
        return {
            "F": draw.reals(n, N),
            "target": draw.reals(n, K),
            "lam": draw.one_of(0.0, 0.1, 1.0),
        }

    def test(F, target, lam):
        n, N = F.shape
        if lam:
            H = F.T @ F / n + lam * np.eye(N)
            want = np.linalg.solve(H, F.T @ target / n)
        else:
            values = np.linalg.svd(F, compute_uv=False)
            if values[-1] < 0.05 * max(values[0], 1):
                return  # which values count as 0 is a matter of taste
            want = np.linalg.pinv(F) @ target
        expect(fitted(F, target, lam), want, where=f"fitted(F, target, {lam})",
               rtol=1e-5, atol=1e-7)  # fmt: skip

    wide = {"F": np.array([[1.0, 2.0, 2.0]]), "target": np.array([[9.0]])}
    edges = ({**wide, "lam": 0.0}, {**wide, "lam": 1.0})
    for_all(task, test, rng, edges)
    peak = floats(answer_12_8, (), where="answer_12_8")
    if not 42 <= peak <= 75:
        raise Wrong(f"answer_12_8: with 50 samples the peak is not at {peak:g}.")
    free, ridge = floats(ridge_12_8, (2,), where="ridge_12_8")
    if not (0.5 < free < 0.95 and 0.15 < ridge < 0.6 and ridge < free - 0.15):
        raise Wrong(
            f"ridge_12_8: [{free:.2f}, {ridge:.2f}] cannot be the mean test errors at "
            "the peak, without penalty and with it."
        )


# -- 12.9


@variant("12.9")
def _(draw):
    """Other variances and another number of samples."""
    v, n = draw.one_of(1, 4, 8), draw.one_of(50, 200, 400)
    prior = draw.one_of(0.25, 2.0)
    text = {
        "$v=2$": f"$v={v}$",
        "$n=100$": f"$n={n}$",
        r"\mathcal N(0,0.5)$ (variance 0.5)": (
            rf"\mathcal N(0,{prior:g})$ (variance {prior:g})"
        ),
    }
    return Variant({"v": v, "n": n, "prior": prior}, text)


@exercise("12.9", answers=["lambda_12_9", "mse_12_9", "half_12_9", "time_12_9"])
def _(lambda_12_9, mse_12_9, half_12_9, time_12_9, v=2, n=100, prior=0.5):
    """mse is twice the loss of (12.3), and Keras' penalty twice that with lambda/2."""
    lam = v / (n * prior)
    wants = {
        "lambda_12_9": (lambda_12_9, lam),
        "mse_12_9": (mse_12_9, lam),
        "half_12_9": (half_12_9, lam / 2),
        "time_12_9": (time_12_9, 1 / (0.05 * lam)),
    }
    for name, (answer, want) in wants.items():
        got = floats(answer, (), where=name)
        if not np.isclose(got, want, rtol=0.01):
            raise Wrong(f"{name}: {got:g} is not right.")
