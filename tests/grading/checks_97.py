"""The checks of the tiny assignment 97; copied beside its master."""

import numpy as np

from dlcourse.checks import exercise, expect, for_all
from dlcourse.checks.registry import hidden


def rows(draw):
    return {"x": draw.reals(draw.whole(1, 3), draw.whole(1, 3))}


@exercise("97.1", answers=["answer_97_1"])
def _(answer_97_1):
    """It is the answer."""
    expect(answer_97_1, 42, where="answer_97_1")


@exercise("97.2", answers=["double()"])
def _(double, rng):
    """Add x to itself."""
    for_all(rows, lambda x: expect(double(x), 2 * x, "double(x)"), rng)


@exercise("97.3", answers=["total()"])
def _(total, rng):
    """Add up."""
    for_all(rows, lambda x: expect(total(x), np.sum(x), "total(x)"), rng)


@hidden("97.3", answers=["total()"])
def _(total):
    """A large array."""
    expect(total(np.full((300, 300), 0.5)), 45000.0, where="the total of many numbers")
