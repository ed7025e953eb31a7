"""Hidden checks of assignment 5: run by the grader after the learner's own checks."""

from fractions import Fraction
from math import comb

import numpy as np
from dlcourse.checks import Wrong, expect, hidden


@hidden("5.4", answers=["perceptron()"])
def _(perceptron, rng):
    """Many numbers a row: the algorithm is the same."""
    u = rng.normal(size=31)
    x = rng.normal(size=(400, 30))
    score = x @ u[:-1] + u[-1]
    x, y = x[abs(score) > 1], (score[abs(score) > 1] > 0).astype(int)
    w, b, mistakes = np.zeros(30), 0.0, 0
    for _ in range(200):
        before = mistakes
        for row, target in zip(x, y, strict=True):
            wrong = target - int(row @ w + b >= 0)
            w, b, mistakes = (
                w + wrong * row,
                b + wrong,
                mistakes + abs(wrong),
            )
        if mistakes == before:
            break
    found = perceptron(x, y, 200)
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        raise Wrong("perceptron: expected (w, b, mistakes).")
    for name, got, want in zip(
        ["w", "b", "mistakes"], found, (w, b, mistakes), strict=True
    ):
        expect(got, want, where=f"{name}, for rows of 30 numbers")


@hidden("5.8", answers=["separable_fraction()"])
def _(separable_fraction):
    """2^n is beyond the largest float for n above 1023; the share is not."""
    for n, d in ((400, 190), (1200, 590)):
        count = 2 * sum(comb(n - 1, k) for k in range(d + 1))
        want = float(Fraction(count, 2**n))
        got = separable_fraction(n, d, True)
        expect(
            got,
            want,
            where=f"separable_fraction({n}, {d}, True)",
            rtol=1e-6,
        )
