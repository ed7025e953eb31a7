"""Hidden checks of assignment 9: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse.checks import Wrong, expect, hidden


@hidden("9.4", answers=["selu()", "swish_slope()"])
def _(selu, swish_slope, rng):
    """Large arrays, far from 0, and a beta of 0, where Swish is z / 2."""
    z = rng.normal(size=(40, 30)) * 200
    want = 1.0507009873554805 * np.where(
        z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0))
    )
    expect(selu(z), want, where="selu(z) of a (40, 30) array")
    expect(
        swish_slope(z, 0.0),
        np.full((40, 30), 0.5),
        where="swish_slope(z, 0)",
    )


@hidden("9.5", answers=["clip()"])
def _(clip, rng):
    """Many arrays of three axes, most of them below the threshold."""
    grads = [rng.normal(size=(2, 3, 4)) * 0.01 for _ in range(30)]
    grads.append(rng.normal(size=(5, 5)) * 100)
    total = np.sqrt(sum(np.sum(g**2) for g in grads))
    for how, factors in {
        "norm": [1.0] * 30 + [2 / np.linalg.norm(grads[-1])],
        "global": [2 / total] * 31,
    }.items():
        found = clip(grads, how, 2.0)
        if not isinstance(found, (tuple, list)) or len(found) != 31:
            raise Wrong("clip: expected as many arrays as went in.")
        for got, g, factor in zip(found, grads, factors, strict=True):
            expect(got, g * factor, where=f"clip of 31 arrays by {how}")
