"""Hidden checks of assignment 7: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse import activations
from dlcourse.checks import Wrong, expect, hidden


@hidden("7.4", answers=["gradient()"])
def _(gradient, rng):
    """A wide network on many samples, with units that are nearly saturated."""
    sigmoid, ones = activations.sigmoid, np.ones((60, 1))
    theta1, theta2 = (
        8 * rng.normal(size=(13, 9)),
        4 * rng.normal(size=(10, 1)),
    )
    x, y = (
        rng.normal(size=(60, 12)),
        rng.integers(2, size=(60, 1)).astype(float),
    )
    x1 = np.hstack([ones, x])
    hidden_units = sigmoid(x1 @ theta1)
    a1 = np.hstack([ones, hidden_units])
    delta2 = (sigmoid(a1 @ theta2) - y) / 60
    delta1 = delta2 @ theta2[1:].T * hidden_units * (1 - hidden_units)
    found = gradient(theta1, theta2, x, y)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Wrong("gradient: expected two results.")
    for name, got, want in zip(
        ("theta1", "theta2"),
        found,
        (x1.T @ delta1, a1.T @ delta2),
        strict=True,
    ):
        expect(
            got,
            want,
            where=f"dL/d{name} of a 12-9-1 network, 60 samples",
        )


@hidden("7.9", answers=["multiplications()"])
def _(multiplications):
    """Whole numbers stay exact beyond 2^53; floats do not."""
    widths, n = [999_983, 999_979, 7], 100_003
    products = [n * 999_983 * 999_979, n * 999_979 * 7]
    want = [sum(products), 2 * sum(products) - products[0]]
    found = multiplications(widths, n)
    exact = isinstance(found, (tuple, list)) and [
        int(part) if isinstance(part, (int, np.integer)) else part for part in found
    ]
    if exact != want:
        raise Wrong(f"multiplications({widths}, {n}): expected {want}, got {found!r}.")
