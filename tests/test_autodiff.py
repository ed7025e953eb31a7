"""The scalar tape against derivatives known by formula and by differences."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse.autodiff import Value

FORMULAS = {
    "a + b": (lambda a, b: a + b, 1.0, 1.0),
    "a * b": (lambda a, b: a * b, 3.0, 2.0),
    "a - b": (lambda a, b: a - b, 1.0, -1.0),
    "a / b": (lambda a, b: a / b, 1 / 3, -2 / 9),
    "a ** 3 + 0 b": (lambda a, b: a**3 + 0 * b, 12.0, 0.0),
    "exp(a) b": (lambda a, b: a.exp() * b, 3 * math.exp(2), math.exp(2)),
    "log(a) - b": (lambda a, b: a.log() - b, 0.5, -1.0),
    "tanh(a b)": (
        lambda a, b: (a * b).tanh(),
        3 / math.cosh(6) ** 2,
        2 / math.cosh(6) ** 2,
    ),
    "relu(a - b)": (lambda a, b: (a - b).relu(), 0.0, 0.0),
    "relu(b - a)": (lambda a, b: (b - a).relu(), -1.0, 1.0),
    "1 / a + 2 - b": (lambda a, b: 1 / a + 2 - b, -0.25, -1.0),
    "3 - (-a) * 2 + b / 2": (lambda a, b: 3 - (-a) * 2 + b / 2, 2.0, 0.5),
    "a a b + a": (lambda a, b: a * a * b + a, 13.0, 4.0),  # a fork: 2 a b + 1
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_derivatives_at_2_and_3(formula):
    f, da, db = FORMULAS[formula]
    a, b = Value(2.0), Value(3.0)
    f(a, b).backward()
    assert (a.grad, b.grad) == pytest.approx((da, db))


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_composition_equals_differences(p, q):
    def f(a, b):
        h = (a * b + 1).tanh() * a - (b.exp() + 2).log()
        return (h * h + a * h).sigmoid()

    a, b = Value(p), Value(q)
    f(a, b).backward()
    eps = 1e-6
    slope = (f(Value(p + eps), Value(q)).data - f(Value(p - eps), Value(q)).data) / (
        2 * eps
    )
    assert a.grad == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_backward_twice_does_not_add_up():
    a = Value(3.0)
    y = a * a
    y.backward()
    y.backward()
    assert a.grad == 6 and y.grad == 1


def test_a_zero_to_the_power_zero_has_slope_zero():
    a = Value(0.0)
    (a**0).backward()
    assert a.grad == 0


def test_graph_lists_parents_first_and_long_chains_do_not_recurse():
    a = total = Value(1.0)
    for _ in range(5000):
        total = total + a
    order = total.graph()
    place = {id(node): i for i, node in enumerate(order)}
    assert len(order) == 5001
    assert all(
        place[id(p)] < place[id(node)] for node in order for p, _ in node.parents
    )
    total.backward()
    assert a.grad == 5001
    assert repr(a) == "Value(1, grad=5001)"
