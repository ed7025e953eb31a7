"""Hidden checks of assignment 12: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse.checks import Wrong, expect, hidden, parts


@hidden("12.1", answers=["proximal_step()"])
def _(proximal_step, rng):
    """A large tensor, and a penalty so strong that nothing is left."""
    w, g = rng.normal(size=(2, 3, 40, 7))
    a = w - 0.3 * g
    want = np.sign(a) * np.maximum(np.abs(a) - 0.3 * 0.2, 0) / 1.12
    got = proximal_step(w, g, 0.3, 0.2, 0.4)
    expect(got, want, where="proximal_step of (3, 40, 7)")
    if np.any(proximal_step(w, g, 0.3, 1e6, 0.0)):
        raise Wrong("proximal_step: with l1 = 1e6 every weight should be 0.")


@hidden("12.3", answers=["max_norm()"])
def _(max_norm, rng):
    """Very long and very short units, and a kernel of a 1-D convolution."""
    w = rng.normal(size=(5, 3, 8)) * 10.0 ** np.arange(-4, 4)
    got = max_norm(w, 2.0)
    length = np.sqrt((w * w).sum(axis=(0, 1)))
    want = w * np.minimum(1, 2.0 / length)
    expect(got, want, where="max_norm of a kernel (5, 3, 8)")


@hidden("12.5", answers=["interval()"])
def _(interval, rng):
    """Outputs far from 0 with a small scatter."""
    samples = 1e6 + 1e-2 * rng.normal(size=(400, 6))
    half = 1.645 * np.sqrt(samples.var(axis=0) + 1e-4)
    mean = samples.mean(axis=0)
    found = parts(interval(samples, 1e-4, 1.645), 2, "low, high", "interval")
    for name, got, want in zip(
        ("low", "high"), found, (mean - half, mean + half), strict=True
    ):
        expect(np.asarray(got) - 1e6, want - 1e6, where=f"{name} - 1e6", rtol=1e-3)
