"""Pooling over windows of images, forward and backward.

    y[n, r, c, k] = max or mean over i, j of x[n, r s + i - p, c s + j - p, k]

x is (batch, height, width, channels). `size` and `strides` s are pairs, one entry for
the height and one for the width, and so is the padding p in front. What lies outside
of x takes no part: it is never the maximum, and a mean divides by the real entries.

The fast form walks over the places (i, j) of a window instead of over the windows: one
place of all windows together is a strided slice of x. Maximum and sum are separable,
so y folds the rows first and then the columns: 3 + 3 slices for a 3x3 window, not 9.
Some 256 KB of x are worked off at a time, so that its slices are read from the cache.
"""

import itertools
from collections.abc import Iterator

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]

BLOCK_BYTES = 256 * 1024


def window(n: int, size: int, stride: int, padding: str) -> Pair:
    """(number of windows, padding in front) along an axis of n entries.

    "valid": floor((n - size) / stride) + 1 windows, all of them inside. "same":
    ceil(n / stride) windows; half of the padding goes in front, the odd one behind.
    """
    if padding == "valid":
        return (n - size) // stride + 1, 0
    count = -(-n // stride)
    return count, max((count - 1) * stride + size - n, 0) // 2


# -- the textbook form: one window after the other


def pool_textbook(
    x: Array, size: Pair, strides: Pair, padding: str, mode: str
) -> Array:
    """y; `mode` is "max" or "mean"."""
    (rows, _), (columns, _) = _geometry(x.shape, size, strides, padding)
    y = np.empty((len(x), rows, columns, x.shape[3]), x.dtype)
    for (r, c), i, j in _windows(x.shape, size, strides, padding):
        y[:, r, c] = getattr(np, mode)(x[:, i, j], axis=(1, 2))
    return y


def pool_gradient_textbook(
    x: Array, dy: Array, size: Pair, strides: Pair, padding: str, mode: str
) -> Array:
    """dL/dx. A mean hands dy on in equal parts, a maximum to the entry that won.

    Where several entries are the largest, the first one, row by row, takes all.
    """
    dx, (batch, _, _, channels) = np.zeros_like(x), x.shape
    n, k = np.ogrid[:batch, :channels]
    for (r, c), i, j in _windows(x.shape, size, strides, padding):
        part = dx[:, i, j]  # a view of dx
        if mode == "mean":
            part += dy[:, r, c][:, None, None] / (part.shape[1] * part.shape[2])
        else:
            won = x[:, i, j].reshape(batch, -1, channels).argmax(axis=1)
            part[n, won // part.shape[2], won % part.shape[2], k] += dy[:, r, c]
    return dx


def _windows(shape, size, strides, padding) -> Iterator:
    """((r, c), rows of x, columns of x) of each window, cut off at the border of x."""
    (rows, top), (columns, left) = _geometry(shape, size, strides, padding)
    for r, c in itertools.product(range(rows), range(columns)):
        i, j = r * strides[0] - top, c * strides[1] - left
        yield (
            (r, c),
            slice(max(i, 0), min(i + size[0], shape[1])),
            slice(max(j, 0), min(j + size[1], shape[2])),
        )


# -- the fast form: one place of all windows after the other


def max_pool(x: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """y."""
    return _pooled(np.maximum, x, size, strides, padding)


def max_pool_gradient(
    x: Array, y: Array, dy: Array, size: Pair, strides: Pair, padding: str
) -> Array:
    """dL/dx: dy to the first entry of each window that equals the maximum y."""
    rows, columns = _places(x.shape, size, strides, padding)
    dx = np.zeros_like(x, order="C")
    apart = strides[0] >= size[0] and strides[1] >= size[1]  # windows do not overlap
    for part in _blocks(x):
        xb, yb, dyb, dxb = x[part], y[part], dy[part], dx[part]
        free = np.ones(yb.shape, bool)  # windows whose maximum was not met yet
        for (r, i), (c, j) in itertools.product(rows, columns):
            won = xb[:, i, j] == yb[:, r, c]
            won &= free[:, r, c]
            free[:, r, c] ^= won
            # a product with bools: np.where takes several times as long
            if apart:
                np.multiply(dyb[:, r, c], won, out=dxb[:, i, j])
            else:
                dxb[:, i, j] += dyb[:, r, c] * won
    return dx


def mean_pool(x: Array, size: Pair, strides: Pair, padding: str) -> Array:
    """y."""
    y = _pooled(np.add, x, size, strides, padding)
    y /= _counts(x, size, strides, padding)
    return y


def mean_pool_gradient(
    shape: tuple[int, ...], dy: Array, size: Pair, strides: Pair, padding: str
) -> Array:
    """dL/dx for x of that shape: every entry of a window gets dy / their number."""
    if size == strides and all(
        n % k == 0 for n, k in zip(shape[1:3], size, strict=True)
    ):
        share = dy / (size[0] * size[1])  # the windows lie side by side
        return share.repeat(size[1], axis=2).repeat(size[0], axis=1)
    rows, columns = _places(shape, size, strides, padding)
    dx = np.zeros(shape, dy.dtype)
    share = dy / _counts(dx, size, strides, padding)
    for part in _blocks(dx):
        tall = np.zeros((len(dx[part]), shape[1], *dy.shape[2:]), dy.dtype)
        for r, i in rows:
            tall[:, i] += share[part][:, r]
        for c, j in columns:
            dx[part][:, :, j] += tall[:, :, c]
    return dx


def _pooled(fold, x, size, strides, padding) -> Array:
    """Fold the rows of all windows, then their columns."""
    (rows, top), (columns, left) = _geometry(x.shape, size, strides, padding)
    places = _places(x.shape, size, strides, padding)
    y = np.empty((len(x), rows, columns, x.shape[3]), x.dtype)
    for part in _blocks(x):
        xb = x[part]
        # Place `top` of a window is never outside of x: the fold begins there.
        tall = xb[:, places[0][top][1]].copy()
        for place, (r, i) in enumerate(places[0]):
            if place != top:
                fold(tall[:, r], xb[:, i], out=tall[:, r])
        yb = y[part]
        yb[...] = tall[:, :, places[1][left][1]]
        for place, (c, j) in enumerate(places[1]):
            if place != left:
                fold(yb[:, :, c], tall[:, :, j], out=yb[:, :, c])
    return y


def _geometry(shape, size, strides, padding) -> list[Pair]:
    """`window` of the height and of the width."""
    return [
        window(n, k, s, padding)
        for n, k, s in zip(shape[1:3], size, strides, strict=True)
    ]


def _places(shape, size, strides, padding) -> list[list[tuple[slice, slice]]]:
    """For the height and for the width: of each place of a window, (windows, entries).

    Place i of window r is entry r s + i - p. The windows are those for which it is an
    entry of x.
    """
    geometry = _geometry(shape, size, strides, padding)
    found = []
    for n, k, s, (count, p) in zip(shape[1:3], size, strides, geometry, strict=True):
        found.append([])
        for i in range(k):
            first = max(0, -(-(p - i) // s))
            last = max(first, min(count, -(-(n + p - i) // s)))
            begin = first * s + i - p
            end = begin + (last - first) * s
            found[-1].append((slice(first, last), slice(begin, min(end, n), s)))
    return found


def _counts(x, size, strides, padding) -> Array:
    """How many real entries each window has, (rows, columns, 1)."""
    counts = [
        sum(np.bincount(np.r_[windows], minlength=count) for windows, _ in places)
        for places, (count, _) in zip(
            _places(x.shape, size, strides, padding),
            _geometry(x.shape, size, strides, padding),
            strict=True,
        )
    ]
    return np.multiply.outer(*counts)[..., None].astype(x.dtype)


def _blocks(x: Array) -> Iterator[slice]:
    """Parts of the batch of about BLOCK_BYTES."""
    step = max(1, BLOCK_BYTES * len(x) // max(1, x.nbytes))
    for begin in range(0, len(x), step):
        yield slice(begin, begin + step)
