"""Merging: masks against Keras, hand-worked numbers, ties, inverse pairs."""

import numpy as np
import pytest
from cases.merging import TWO_INPUTS
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse import gradcheck, layers, losses, twin


@pytest.mark.parametrize("case", TWO_INPUTS, ids=lambda case: case.id)
def test_two_inputs_and_masks_as_in_keras(case, rng):
    model, x = case.model(), case.x()
    y = rng.normal(size=model(x).shape)
    twin.prove(model, x, y, "mse")
    assert gradcheck.check(model, x, y, losses.get("mse"), rng=rng) < 1e-6


A, B = np.array([[1.0, 2], [3, 4]]), np.array([[5.0, 2], [-1, 0.5]])
WORKED = {
    "Add": ([[6, 4], [2, 4.5]], [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    "Subtract": ([[-4, 0], [4, 3.5]], [[1, 2], [3, 4]], [[-1, -2], [-3, -4]]),
    "Average": ([[3, 2], [1, 2.25]], [[0.5, 1], [1.5, 2]], [[0.5, 1], [1.5, 2]]),
    "Multiply": ([[5, 4], [-3, 2]], [[5, 4], [-3, 2]], [[1, 4], [9, 16]]),
    # the 2s are equal: the first takes all
    "Maximum": ([[5, 2], [3, 4]], [[0, 2], [3, 4]], [[1, 0], [0, 0]]),
    "Concatenate": ([[1, 2, 5, 2], [3, 4, -1, 0.5]], None, None),
}


@pytest.mark.parametrize("name", WORKED)
def test_hand_worked(name):
    y, da, db = WORKED[name]
    layer = getattr(layers, name)()
    found, cache = layer.forward([A, B])
    np.testing.assert_array_equal(found, y)
    if da is None:
        da, db = np.array([[1.0, 2], [5, 6]]), np.array([[3.0, 4], [7, 8]])
        dy = np.arange(1.0, 9).reshape(2, 4)
    else:
        dy = A  # dL/dy = 1, 2, 3, 4
    dx, grads = layer.backward(dy, cache)
    np.testing.assert_array_equal(dx[0], da)
    np.testing.assert_array_equal(dx[1], db)
    assert grads == {} and not np.shares_memory(dx[0], dx[1])


@pytest.mark.parametrize("name", ["Add", "Subtract", "Multiply", "Average", "Maximum"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_are_left_alone_and_the_dtype_stays(name, dtype, rng):
    a, b = rng.normal(size=(2, 3, 4)).astype(dtype)
    kept = a.copy(), b.copy()
    layer = getattr(layers, name)()
    y, cache = layer.forward([a, b])
    dx, _ = layer.backward(y, cache)
    assert y.dtype == dx[0].dtype == dx[1].dtype == dtype
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(b, kept[1])
    assert not any(np.shares_memory(u, v) for u in [y, *dx] for v in (a, b))
    assert not any(np.shares_memory(y, d) for d in dx)


@pytest.mark.parametrize(
    "name", ["Add", "Multiply", "Average", "Maximum", "Concatenate"]
)
def test_one_array_stays_what_it_is(name, rng):
    x = rng.normal(size=(3, 4))
    layer = getattr(layers, name)()
    layer.build([x.shape])
    y, cache = layer.forward([x])
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(layer.backward(x, cache)[0][0], x)


def test_multiply_by_zero_has_a_gradient():
    # the product of the others, not y / x
    layer = layers.Multiply()
    _, cache = layer.forward(
        [np.array([[0.0, 2]]), np.array([[3.0, 0]]), np.array([[5.0, 7]])]
    )
    dx, _ = layer.backward(np.ones((1, 2)), cache)
    np.testing.assert_array_equal(dx, [[[15, 0]], [[0, 14]], [[0, 0]]])


def test_masks_by_hand():
    # three steps of one feature: both count, the second alone, none
    a, b = np.array([[[2.0], [9], [4]]]), np.array([[[3.0], [5], [7]]])
    masks = [np.array([[True, False, False]]), np.array([[True, True, False]])]
    ones = np.ones((1, 3, 1))
    for layer, y, da, db in (
        # what does not count is 1 in a product; where nothing counts, y = 0
        (layers.Multiply(), [6, 5, 0], [3, 0, 0], [2, 1, 0]),
        # and never the maximum; where nothing counts, y is the first
        (layers.Maximum(), [3, 5, 4], [0, 0, 1], [1, 1, 0]),
    ):
        found, cache = layer.forward([a, b], mask=masks)
        np.testing.assert_array_equal(found.ravel(), y)
        dx, _ = layer.backward(ones, cache)
        np.testing.assert_array_equal(dx[0].ravel(), da)
        np.testing.assert_array_equal(dx[1].ravel(), db)
        np.testing.assert_array_equal(
            layer.compute_mask([a, b], masks), [[True, True, False]]
        )


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4)
few = settings(deadline=None, derandomize=True, max_examples=30)


@few
@given(shapes, st.integers(0, 99))
def test_concatenate_has_an_inverse(widths, seed):
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(3, 2, n)) for n in widths]
    layer = layers.Concatenate()
    y, cache = layer.forward(parts)
    back, _ = layer.backward(y, cache)
    for part, found in zip(parts, back, strict=True):
        np.testing.assert_array_equal(found, part)
    assert y.shape == layer.compute_output_shape([p.shape for p in parts])


@few
@given(
    st.integers(0, 99),
    st.sampled_from([((3,), (3,)), ((2, 3), (1, 3)), ((2, 3), (3,)), ((2, 1), (1, 3))]),
)
def test_sums_are_adjoint_also_where_they_broadcast(seed, pair):
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=(4, *shape)) for shape in pair)
    for cls in (layers.Add, layers.Subtract, layers.Average):
        layer = cls()
        y, cache = layer.forward([a, b])
        v = rng.normal(size=y.shape)
        da, db = layer.backward(v, cache)[0]
        assert (y * v).sum() == pytest.approx((a * da).sum() + (b * db).sum())
        assert da.shape == a.shape and db.shape == b.shape
        assert y.shape == layer.compute_output_shape([a.shape, b.shape])
    if a.shape == b.shape:
        back = layers.Subtract()([layers.Add()([a, b]), b])
        np.testing.assert_allclose(back, a, atol=1e-14)


def test_free_sizes():
    assert layers.Add().compute_output_shape([(None, None, 3), (None, 1, 3)]) == (
        None,
        None,
        3,
    )
    assert layers.Add().compute_output_shape([(None, None, 3), (8, 4, 1)]) == (8, 4, 3)
    joined = layers.Concatenate(axis=1)
    assert joined.compute_output_shape([(None, 2, 3), (None, 5, 3)]) == (None, 7, 3)
    assert joined.compute_output_shape([(None, 2, 3), (None, None, 3)]) == (
        None,
        None,
        3,
    )
