"""Batch normalization of rows x (n, channels), forward and backward.

    mean = sum_i x_i / n,  variance = sum_i (x_i - mean)^2 / n
    xhat_i = (x_i - mean) inv,  inv = 1 / sqrt(variance + epsilon)
    y_i = gamma xhat_i + beta

The fast form goes over x twice in the forward pass and twice over x and dy in the
backward pass, in blocks that stay in the cache, where the textbook form makes a full
array of every intermediate result. Three more things make it fast:

- Column sums as `ones @ x`: the matrix product reads x once with full vectors, while
  `x.sum(axis=0)` takes three to nine times as long.
- Few channels make short rows, and NumPy starts anew at every row. Some rows side by
  side are one wide row, with the vectors of the channels repeated to that width.
- y = x a + c with a = gamma inv and c = beta - mean a, two passes instead of four.

The statistics of two blocks are merged exactly: with n1, mean1, m1 = sum (x - mean1)^2
of one and n2, mean2, m2 of the other, d = mean2 - mean1 and n = n1 + n2,

    mean = mean1 + d n2 / n,  m = m1 + m2 + d^2 n1 n2 / n

(Chan, Golub and LeVeque 1983). So nothing cancels, as it would in E[x^2] - E[x]^2.
"""

from collections.abc import Iterator

import numpy as np

Array = np.ndarray

BLOCK_BYTES = 256 * 1024
WIDTH = 256  # entries of a wide row, at least


# -- the textbook form; `real` (n,) marks the rows that count, all if None


def moments_textbook(
    x: Array, real: Array | None = None, epsilon: float = 0.0
) -> tuple[Array, Array]:
    """(mean, variance) of the real rows; Keras adds epsilon to their number."""
    if real is not None:
        x = x[real]
    n = len(x) + epsilon
    mean = x.sum(axis=0) / n
    return mean, ((x - mean) ** 2).sum(axis=0) / n


def scale_textbook(x, mean, inv, gamma, beta) -> Array:
    """y."""
    return gamma * ((x - mean) * inv) + beta


def gradients_textbook(
    x: Array,
    dy: Array,
    mean: Array,
    inv: Array,
    gamma: Array,
    real: Array | None = None,
    epsilon: float = 0.0,
) -> tuple[Array, Array, Array]:
    """(dL/dx, dL/dgamma, dL/dbeta) where mean and inv are those of x.

    dL/dx_i = gamma inv (dy_i - (dbeta + xhat_i dgamma) / n): what shifts or stretches
    all of x changes nothing, so those two directions are taken out of dy. With epsilon
    added to n, the mean is no longer where the variance is smallest: the last term.
    """
    xhat = (x - mean) * inv
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    weight = np.ones(len(x), bool) if real is None else real
    n = int(weight.sum()) + epsilon
    pull = dbeta + (xhat - mean * inv * (epsilon / n)) * dgamma
    return gamma * inv * (dy - weight[:, None] * pull / n), dgamma, dbeta


# -- the fast form


def moments(x: Array) -> tuple[Array, Array]:
    """(mean, variance)."""
    channels = x.shape[1]
    wide, rows, copies = _widen(x)
    ones, buffer = np.ones(rows, x.dtype), np.empty((rows, wide.shape[1]), x.dtype)
    n, mean, m = 0, np.zeros(channels), np.zeros(channels)
    for part in _blocks(wide, rows):
        block = wide[part]
        new = len(block) * copies
        mean2 = _column_sums(ones, block, channels) / new
        centred = buffer[: len(block)]
        np.subtract(block, np.tile(mean2, copies), out=centred)
        centred *= centred
        d = mean2 - mean
        m += _column_sums(ones, centred, channels) + d * d * (n * new / (n + new))
        mean += d * (new / (n + new))
        n += new
    return mean.astype(x.dtype), (m / n).astype(x.dtype)


def scale(x: Array, mean: Array, inv: Array, gamma, beta) -> Array:
    """y."""
    wide, rows, copies = _widen(x)
    a = inv * gamma
    c = np.tile(beta - mean * a, copies)
    a = np.tile(a, copies)
    y = np.empty_like(wide)
    for part in _blocks(wide, rows):
        np.multiply(wide[part], a, out=y[part])
        y[part] += c
    return y.reshape(x.shape)


def sums(x: Array, dy: Array, mean: Array, inv: Array) -> tuple[Array, Array]:
    """(dL/dgamma, dL/dbeta) = (sum_i dy_i xhat_i, sum_i dy_i)."""
    channels = x.shape[1]
    wide, rows, copies = _widen(x)
    ones, buffer = np.ones(rows, x.dtype), np.empty((rows, wide.shape[1]), x.dtype)
    dgamma, dbeta = np.zeros(channels), np.zeros(channels)
    wide_dy, wide_mean = dy.reshape(wide.shape), np.tile(mean, copies)
    for part in _blocks(wide, rows):
        product = buffer[: len(wide[part])]
        np.subtract(wide[part], wide_mean, out=product)
        product *= wide_dy[part]
        dgamma += _column_sums(ones, product, channels)
        dbeta += _column_sums(ones, wide_dy[part], channels)
    return (dgamma * inv).astype(x.dtype), dbeta.astype(x.dtype)


def gradients(
    x: Array, dy: Array, mean: Array, inv: Array, gamma
) -> tuple[Array, Array, Array]:
    """(dL/dx, dL/dgamma, dL/dbeta); dL/dx = a dy + b (x - mean) + c."""
    dgamma, dbeta = sums(x, dy, mean, inv)
    wide, rows, copies = _widen(x)
    a = gamma * inv
    b = -a * inv * dgamma / len(x)
    c = -a * dbeta / len(x) - b * mean
    a, b, c = (np.tile(v, copies) for v in (a, b, c))
    dx, buffer = np.empty_like(wide), np.empty((rows, wide.shape[1]), x.dtype)
    wide_dy = dy.reshape(wide.shape)
    for part in _blocks(wide, rows):
        out, pull = dx[part], buffer[: len(wide[part])]
        np.multiply(wide_dy[part], a, out=out)
        np.multiply(wide[part], b, out=pull)
        pull += c
        out += pull
    return dx.reshape(x.shape), dgamma, dbeta


def _widen(x: Array) -> tuple[Array, int, int]:
    """(x as wide rows, wide rows a block, how many rows of x stand in a wide one)."""
    copies = 1
    while copies * x.shape[1] < WIDTH and len(x) % (2 * copies) == 0:
        copies *= 2
    wide = x.reshape(len(x) // copies, copies * x.shape[1])
    return wide, max(1, BLOCK_BYTES // (wide.shape[1] * x.itemsize)), copies


def _blocks(wide: Array, rows: int) -> Iterator[slice]:
    for begin in range(0, len(wide), rows):
        yield slice(begin, begin + rows)


def _column_sums(ones: Array, block: Array, channels: int) -> Array:
    """(channels,), of a block of wide rows."""
    return (ones[: len(block)] @ block).reshape(-1, channels).sum(axis=0)
