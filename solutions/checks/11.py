"""Hidden checks of assignment 11: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse import optimizers
from dlcourse.checks import Wrong, expect, hidden, parts


@hidden("11.2", answers=["limits()"])
def _(limits):
    """The third limit is the first violated condition, at both ends of beta."""
    for beta in (1e-3, 0.2, 0.4999, 0.5, 0.999):
        found = parts(limits(beta), 3, "momentum, nesterov, wrong")

        def radius(p, q):
            return abs(np.roots([1, -p, q])).max()

        limit = found[2]
        inside, outside = (
            radius(1 + beta - x * (1 - beta), beta * (1 + x))
            for x in (0.999 * limit, 1.001 * limit)
        )
        if not inside < 1 < outside:
            raise Wrong(f"limits({beta}): the third is no limit.")


@hidden("11.4", answers=["nadam_path()", "adamax_path()"])
def _(nadam_path, adamax_path, rng):
    """Many steps, large and tiny gradients."""
    gradients = rng.normal(size=(400, 6)) * 10.0 ** np.arange(-6, 6, 2)
    for answer, kind in (
        (nadam_path, optimizers.Nadam),
        (adamax_path, optimizers.Adamax),
    ):
        optimizer, params = kind(0.01), {"w": np.zeros(6)}
        for g in gradients:
            optimizer.apply(params, {"w": g})
        got = answer(gradients, 0.01)
        expect(got[-1], params["w"], where=f"{answer.name}, step 400")


@hidden("11.10", answers=["ftrl_weights()"])
def _(ftrl_weights, rng):
    """No neighbour of the weights has a lower value; zeros are exact."""
    z, n = rng.normal(0, 5, 500), rng.uniform(0.5, 9, 500)
    w = np.asarray(ftrl_weights(z, n, 0.3, 1.0, 4.0, 0.2))
    width = (1 + np.sqrt(n)) / 0.3 + 0.2

    def value(w):
        return z * w + 4 * abs(w) + width * w**2 / 2

    for step in (1e-4, -1e-4):
        if (value(w + step) < value(w)).any():
            raise Wrong("ftrl_weights: a neighbour has a lower value.")
    zeros = (w == 0).astype(int)
    expect(zeros, (abs(z) <= 4).astype(int), where="exact zeros of ftrl_weights")
