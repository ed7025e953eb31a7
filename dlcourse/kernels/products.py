"""Matrix products cut into pieces that BLAS handles best.

For a product of at most a million multiplications OpenBLAS takes kernels that work on
the matrices where they lie, without copying them into packed panels first; on a
processor with AVX-512 such products ran up to 1.7 times as fast as larger ones with
the same short sides (16 to 64). A stack of pieces is one call of np.matmul. Where a
BLAS lacks these kernels the pieces are still large enough to lose nothing.
"""

import numpy as np

Array = np.ndarray

SMALL = 1_000_000  # multiplications
FEW = 64  # rows for which packing W costs as much as it saves
LEAST = 48  # a piece with fewer rows costs more than it gains


def tall_product(X: Array, W: Array, out: Array) -> Array:
    """out = X @ W for X with many rows, in pieces of rows."""
    piece = SMALL // W.size
    if piece < LEAST or piece >= len(X):
        return np.matmul(X, W, out=out)
    whole = len(X) // piece * piece
    np.matmul(
        X[:whole].reshape(-1, piece, X.shape[1]),
        W,
        out=out[:whole].reshape(-1, piece, W.shape[1]),
    )
    if whole < len(X):
        np.matmul(X[whole:], W, out=out[whole:])
    return out


def wide_product(A: Array, X: Array, out: Array) -> Array:
    """out = A @ X for X with many columns, in pieces of columns."""
    piece = SMALL // A.size
    if piece < LEAST or piece >= X.shape[1]:
        return np.matmul(A, X, out=out)
    whole = X.shape[1] // piece * piece
    stacks = (  # (pieces, rows, piece), without copying
        array[:, :whole].reshape(len(array), -1, piece).transpose(1, 0, 2)
        for array in (X, out)
    )
    np.matmul(A, next(stacks), out=next(stacks))
    if whole < X.shape[1]:
        np.matmul(A, X[:, whole:], out=out[:, whole:])
    return out


def add_gram(X: Array, Y: Array, out: Array) -> None:
    """out += X.T @ Y for X and Y with many rows, in pieces of rows."""
    piece = SMALL // out.size
    if piece < 2 * LEAST or piece >= len(X):
        out += X.T @ Y
        return
    whole = len(X) // piece * piece
    stack = X[:whole].reshape(-1, piece, X.shape[1]).transpose(0, 2, 1)
    out += np.matmul(stack, Y[:whole].reshape(-1, piece, Y.shape[1])).sum(axis=0)
    if whole < len(X):
        out += X[whole:].T @ Y[whole:]


def deep_product(X: Array, W: Array) -> Array:
    """X @ W for X (n, d) with few rows: in pieces of the axis d, added up."""
    piece = _even_piece(X.shape[1], SMALL // max(1, len(X) * W.shape[1]))
    if len(X) > FEW or not piece:
        return X @ W
    parts = X.reshape(len(X), -1, piece).transpose(1, 0, 2)
    return (parts @ W.reshape(-1, piece, W.shape[1])).sum(axis=0)


def deep_gram(X: Array, Y: Array) -> Array:
    """X.T @ Y for X (n, d) and Y with few rows: in pieces of the axis d."""
    (n, d), columns = X.shape, Y.shape[1]
    piece = _even_piece(d, SMALL // max(1, n * columns))
    if n > FEW or not piece:
        return X.T @ Y
    parts = X.reshape(n, -1, piece).transpose(1, 2, 0)
    return (parts @ Y).reshape(d, columns)


def _even_piece(d: int, most: int) -> int:
    """The largest proper divisor of d that is at most `most`; 0 if below LEAST."""
    if most < LEAST or most >= d:
        return 0
    piece = next(k for k in range(most, 0, -1) if d % k == 0)
    return piece if piece >= LEAST else 0
