"""Regularizers and constraints: tests/test_regularizers.py compares them."""

import numpy as np

from dlcourse import constraints, regularizers
from dlcourse.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from dlcourse.regularizers import L1, L1L2, L2, OrthogonalRegularizer

REGULARIZERS = {
    "L1": [L1(), L1(0.3), L1(0)],
    "L2": [L2(), L2(0.3)],
    "L1L2": [L1L2(), L1L2(0.1), L1L2(l2=0.2), L1L2(0.1, 0.2)],
    "OrthogonalRegularizer": [
        OrthogonalRegularizer(),
        OrthogonalRegularizer(0.7, mode="rows"),
        OrthogonalRegularizer(0.7, mode="columns"),
    ],
}
CONSTRAINTS = {
    "MaxNorm": [MaxNorm(), MaxNorm(0.5), MaxNorm(1.5, axis=1), MaxNorm(1, axis=(0, 1))],
    "NonNeg": [NonNeg()],
    "UnitNorm": [UnitNorm(), UnitNorm(axis=1), UnitNorm(axis=(0, 1))],
    "MinMaxNorm": [
        MinMaxNorm(),
        MinMaxNorm(1.0, 2.0),
        MinMaxNorm(1.0, 2.0, rate=0.3),
        MinMaxNorm(2.0, 2.5, rate=0.0, axis=1),
        MinMaxNorm(0.5, 0.8, axis=(0, 1)),
    ],
}

V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: regularizers.get("l3"), V, "regularizer: expected one of l1, l1l2", "got 'l3'"),
    (lambda: regularizers.get(["l1"]), V, "regularizer: expected one of", "got ['l1']"),
    (lambda: L1(-0.1), V, "L1: expected l1 to be a finite number of at least 0, got -0.1"),
    (lambda: L2("a"), V, "L2: expected l2", "got 'a'"),
    (lambda: L1L2(l2=float("nan")), V, "L1L2: expected l2", "got nan"),
    (lambda: OrthogonalRegularizer(mode="row"), V, "OrthogonalRegularizer mode", "Did you mean 'rows'?"),
    (lambda: OrthogonalRegularizer()(np.ones(3)), V, "OrthogonalRegularizer: expected a weight with two axes, got shape (3,)"),
    (lambda: constraints.get("maxnorm"), V, "constraint: expected one of", "Did you mean 'max_norm'?"),
    (lambda: MaxNorm(-1), V, "MaxNorm: expected max_value"),
    (lambda: MaxNorm(axis=0.5), V, "MaxNorm: expected axis to be a whole number or a tuple of them, got 0.5"),
    (lambda: UnitNorm(axis=()), V, "UnitNorm: expected axis", "got ()"),
    (lambda: MinMaxNorm(2.0, 1.0), V, "MinMaxNorm: expected max_value to be a finite number of at least 2, got 1.0"),
    (lambda: MinMaxNorm(rate=2.0), V, "MinMaxNorm: expected rate in [0, 1], got 2.0"),
]
# fmt: on
