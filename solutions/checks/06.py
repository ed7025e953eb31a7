"""Hidden checks of assignment 6: run by the grader after the learner's own checks."""

from itertools import pairwise

import numpy as np
from dlcourse import activations
from dlcourse.checks import Wrong, expect, hidden


@hidden("6.6", answers=["repaired()"])
def _(repaired, rng):
    """A wide, deep network on many rows, with very negative scores."""
    widths = [40, 30, 30, 20, 12]
    net = [
        (rng.normal(size=(d, m)) / np.sqrt(d), rng.normal(size=m))
        for d, m in pairwise(widths)
    ]
    net[-1] = (net[-1][0], net[-1][1] - 5000)
    x = rng.normal(size=(70, 40))
    a = x
    for W, b in net[:-1]:
        a = np.maximum(a @ W + b, 0)
    want = activations.softmax(a @ net[-1][0] + net[-1][1])
    expect(
        repaired(x, net),
        want,
        where="repaired(x, net), scores near -5000",
    )


@hidden("6.9", answers=["polygon()"])
def _(polygon, rng):
    """Many points, whole numbers among the values."""
    values = rng.integers(-9, 10, size=61)
    found = polygon(values)
    if not isinstance(found, (tuple, list)) or len(found) != 4:
        raise Wrong("polygon: expected (W1, b1, W2, b2).")
    W1, b1, W2, b2 = map(np.asarray, found)
    expect(W1.shape, (1, 60), where="shape of W1 for 61 values")
    x = rng.uniform(size=200)
    got = (np.maximum(x[:, None] @ W1 + b1, 0) @ W2 + b2)[:, 0]
    want = np.interp(x, np.arange(61) / 60, values)
    expect(got, want, where="the polygon of 61 values", atol=1e-6)
