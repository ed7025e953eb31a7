"""Kernels of plain arrays: sums of rows, deep products, w += a g; equal to one line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse.kernels import axpy, products, rows

bounded = settings(deadline=None, derandomize=True, max_examples=60)
shapes = st.lists(st.integers(1, 40), min_size=1, max_size=4).map(tuple)


@bounded
@given(shapes, st.integers(0, 99))
def test_rows_are_added_and_added_up(shape, seed):
    rng = np.random.default_rng(seed)
    z, b = rng.normal(size=shape), rng.normal(size=shape[-1])
    want = z + b
    np.testing.assert_allclose(
        rows.sum_of_rows(z), z.reshape(-1, shape[-1]).sum(axis=0), atol=1e-10
    )
    rows.add_to_rows(z, b)
    np.testing.assert_array_equal(z, want)


@bounded
@given(
    st.integers(1, 70),
    st.sampled_from([1, 97, 96, 784, 1000]),
    st.sampled_from([1, 10, 300]),
    st.booleans(),
)
def test_deep_products_are_products(n, d, columns, transposed):
    rng = np.random.default_rng(n)
    X = rng.normal(size=(d, n)).T if transposed else rng.normal(size=(n, d))
    W, Y = rng.normal(size=(d, columns)), rng.normal(size=(n, columns))
    np.testing.assert_allclose(products.deep_product(X, W), X @ W, atol=1e-11)
    np.testing.assert_allclose(products.deep_gram(X, Y), X.T @ Y, atol=1e-11)


def test_pieces_are_even_and_small():
    # 784 inputs, 32 rows, 300 columns: 7.5 million multiplications in 8 pieces.
    assert products._even_piece(784, products.SMALL // (32 * 300)) == 98
    assert products._even_piece(784, 784) == 0  # one piece is no cut
    assert products._even_piece(97, 96) == 0  # a prime
    assert products._even_piece(96, 48) == 48
    assert products._even_piece(94, 47) == 0  # too small to pay


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("shape", [(7, 5), (6,), (0, 3), ()], ids=str)
def test_add_scaled_is_in_place(dtype, shape, rng):
    w, g = (np.asarray(rng.normal(size=shape)).astype(dtype) for _ in range(2))
    want = w.copy()
    axpy.add_scaled_textbook(want, -0.5, g)
    np.testing.assert_allclose(want, w - 0.5 * g, rtol=1e-3)
    kept = g.copy()
    axpy.add_scaled(w, -0.5, g)
    np.testing.assert_allclose(w, want, rtol=1e-6)
    np.testing.assert_array_equal(g, kept)


@pytest.mark.parametrize("more", [-1, 0, 1, axpy.PIECE, 2 * axpy.PIECE + 3])
def test_add_scaled_in_pieces(more, rng):
    w, g = rng.normal(size=(2, axpy.PIECE + more))
    want = w + 0.25 * g
    axpy.add_scaled(w, 0.25, g)
    np.testing.assert_allclose(w, want, rtol=1e-15)


def test_add_scaled_where_blas_does_not_fit(rng):
    # a gradient of another dtype, a column, a row for all
    w = np.zeros((4, 3), np.float32)
    axpy.add_scaled(w, 2.0, np.ones((4, 3)))
    np.testing.assert_array_equal(w, 2)
    axpy.add_scaled(w[:, 1], 1.0, np.ones(4, np.float32))
    np.testing.assert_array_equal(w, [[2, 3, 2]] * 4)
    axpy.add_scaled(w, 1.0, np.arange(3, dtype=np.float32))
    np.testing.assert_array_equal(w, [[2, 4, 4]] * 4)
