"""Depthwise correlation: each channel has kernels of its own, and channels never mix.

    y[n, r, c, k m + q] = sum over i, j of xp[n, r s + i d, c s + j d, k] w[i, j, k, q]

x (batch, height, width, channels), w (kernel height, kernel width, channels, m) with
the depth multiplier m. There is no sum over channels, so nothing for a matrix product
to gain: y is the sum of kernel height * kernel width shifted copies of x, each times
its weights. What limits it is memory, so a block of images stays in the cache while
all taps are added. Strides, dilation and padding as in correlation.py.
"""

from collections.abc import Iterator

import numpy as np

from dlcourse.kernels import correlation
from dlcourse.kernels.correlation import NO_PADDING, Padding, Pair

Array = np.ndarray

BLOCK_BYTES = 512 * 1024


def correlate_textbook(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y, one channel after the other."""
    one = slice(None)
    return np.concatenate(
        [
            correlation.correlate_textbook(
                x[..., k : k + 1], w[:, :, k : k + 1, one], strides, dilation, padding
            )
            for k in range(x.shape[3])
        ],
        axis=3,
    )


def correlate(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y, one tap of the kernel after the other."""
    n, channels, m = len(x), *w.shape[2:]
    height, width = correlation.window_counts(
        x, w.shape[:2], strides, dilation, padding
    )
    y = np.empty((n, height, width, channels, m), x.dtype)
    for images in _blocks(n, y[:1].nbytes):
        xp = correlation.pad(x[images], padding)[..., np.newaxis]
        out, product = y[images], np.empty_like(y[images])
        for number, (tap, seen) in enumerate(_taps(xp, w, y, strides, dilation)):
            np.multiply(seen, w[tap], out=product if number else out)
            if number:
                out += product
    return y.reshape(n, height, width, channels * m)


def gradients(
    x: Array,
    w: Array,
    dy: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> tuple[Array, Array]:
    """(dx, dw): every tap passes dy back to the shifted copy of x that it weighed."""
    (n, height, width, _), (_, _, channels, m) = x.shape, w.shape
    dy = dy.reshape(*dy.shape[:3], channels, m)
    dx, dw = np.empty_like(x), np.zeros_like(w)
    (top, bottom), (left, right) = padding
    back = ((-top, -bottom), (-left, -right))
    for images in _blocks(n, dy[:1].nbytes):
        xp = correlation.pad(x[images], padding)[..., np.newaxis]
        dxp, part = np.zeros_like(xp), dy[images]
        ones = np.ones(part[..., 0, 0].size, x.dtype)
        shares = zip(
            _taps(xp, w, dy, strides, dilation),
            _taps(dxp, w, dy, strides, dilation),
            strict=True,
        )
        for (tap, seen), (_, share) in shares:
            dw[tap] += (ones @ (seen * part).reshape(len(ones), -1)).reshape(-1, m)
            share += (part * w[tap]).sum(axis=-1, keepdims=True)
        dx[images] = correlation.pad(dxp[..., 0], back)
    return dx, dw


def _blocks(n: int, bytes_each: int) -> Iterator[slice]:
    """So many images at a time as fill BLOCK_BYTES."""
    step = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(i, i + step) for i in range(0, n, step))


def _taps(xp, w, y, strides, dilation) -> Iterator[tuple[Pair, Array]]:
    """(tap, the pixels of xp that it meets, one for every position of y)."""
    (height, width), (sh, sw), (dh, dw) = y.shape[1:3], strides, dilation
    for i, j in np.ndindex(w.shape[:2]):
        rows = slice(i * dh, i * dh + (height - 1) * sh + 1, sh)
        columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
        yield (i, j), xp[:, rows, columns]
