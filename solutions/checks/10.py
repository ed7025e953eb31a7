"""Hidden checks of assignment 10: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse.checks import Wrong, expect, hidden


@hidden("10.1", answers=["batchnorm_forward()", "batchnorm_backward()"])
def _(batchnorm_forward, batchnorm_backward, rng):
    """A wide batch far from zero: no cancellation, and no gradient along x."""
    x = 1e6 + rng.normal(size=(64, 5))
    gamma, dy = rng.normal(size=5), rng.normal(size=(64, 5))
    found = batchnorm_forward.through(
        "both", x, gamma, np.zeros(5), 1e-3, dy, others=(batchnorm_backward,)
    )
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Wrong("batchnorm_forward: expected two results.")
    y, gradients = found
    c = x - x.mean(axis=0)
    s = 1 / np.sqrt((c**2).mean(axis=0) + 1e-3)
    loose = {"rtol": 1e-4, "atol": 1e-6}
    expect(y, gamma * c * s, where="y of a batch with mean 1e6", **loose)
    if not isinstance(gradients, (tuple, list)) or len(gradients) != 3:
        raise Wrong("batchnorm_backward: expected three results.")
    g, xhat = gamma * dy, c * s
    dx = s * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))
    expect(gradients[0], dx, where="dx of a batch with mean 1e6", **loose)


@hidden("10.3", answers=["fold_after()", "fold_before()"])
def _(fold_after, fold_before, rng):
    """The arguments stay as they were, and a unit with gamma = 0 is constant."""
    W, b, x = (rng.normal(size=shape) for shape in ((6, 6), 6, (9, 6)))
    gamma, beta, mean = (rng.normal(size=6) for _ in range(3))
    gamma[2], variance = 0.0, rng.uniform(0.1, 9, size=6)
    given = (W, b, gamma, beta, mean, variance, 1e-3)
    s = 1 / np.sqrt(variance + 1e-3)
    used = lambda v: gamma * (v - mean) * s + beta  # noqa: E731
    for fold, want, place in (
        (fold_after, used(x @ W + b), "after"),
        (fold_before, used(x) @ W + b, "before"),
    ):
        for _ in range(2):  # the second call meets what the first one left
            found = fold(*given)
            if not isinstance(found, (tuple, list)) or len(found) != 2:
                raise Wrong(f"fold_{place}: expected two results.")
            got = x @ np.asarray(found[0]) + np.asarray(found[1])
            expect(got, want, where=f"the folded layer, {place}, 6 to 6 units")
