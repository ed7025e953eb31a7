"""Depthwise correlation: each channel has kernels of its own, and channels never mix.

    y[n, r, c, k m + q] = sum over i, j of xp[n, r s + i d, c s + j d, k] w[i, j, k, q]

x (batch, height, width, channels), w (kernel height, kernel width, channels, m) with
the depth multiplier m. There is no sum over channels, so nothing for a matrix product
to gain: y is the sum of kernel height * kernel width shifted copies of x, each times
its weights. With m > 1 every channel of x stands there m times first. What limits it is
memory, so a block of images stays in the cache while all taps are added; and what NumPy
loses on rows of a few channels: with stride 1 a line of pixels is one long row, and the
weights are repeated for every pixel of it.
Strides, dilation and padding as in correlation.py.
"""

from collections.abc import Iterator

import numpy as np

from dlcourse.kernels import correlation
from dlcourse.kernels.correlation import NO_PADDING, Padding, Pair

Array = np.ndarray

BLOCK_BYTES = 256 * 1024


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
    height, width = correlation.window_counts(
        x, w.shape[:2], strides, dilation, padding
    )
    y = np.empty((len(x), height, width, w.shape[2] * w.shape[3]), x.dtype)
    for images in _blocks(y):
        xp = _repeated(correlation.pad(x[images], padding), w)
        out = _lines(y[images], strides)
        product = np.empty_like(out)
        out[...] = 0
        for tap, seen in _taps(xp, w, y, strides, dilation):
            out += np.multiply(seen, _weights(w, tap, out), out=product)
    return y


def gradients(
    x: Array,
    w: Array,
    dy: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> tuple[Array, Array]:
    """(dx, dw): every tap passes dy back to the shifted copy of x that it weighed."""
    channels, m = w.shape[2:]
    dx, dw = np.empty(x.shape, x.dtype), np.zeros_like(w)
    (top, bottom), (left, right) = padding
    back = ((-top, -bottom), (-left, -right))
    for images in _blocks(dy):
        xp = _repeated(correlation.pad(x[images], padding), w)
        part, dxp = _lines(dy[images], strides), np.zeros_like(xp)
        product = np.empty(part.shape, x.dtype)
        rows = product.reshape(-1, product.shape[-1])
        ones = np.ones(len(rows), x.dtype)  # a product with ones sums columns fastest
        shares = _taps(dxp, w, dy, strides, dilation)
        for tap, seen in _taps(xp, w, dy, strides, dilation):
            np.multiply(seen, part, out=product)
            dw[tap] += (ones @ rows).reshape(-1, channels, m).sum(axis=0)
            share = next(shares)[1]
            share += np.multiply(part, _weights(w, tap, part), out=product)
        if m > 1:
            dxp = dxp.reshape(*dxp.shape[:3], channels, m).sum(axis=-1)
        dx[images] = correlation.pad(dxp, back)
    return dx, dw


def _blocks(y: Array) -> Iterator[slice]:
    """So many images at a time as fill BLOCK_BYTES."""
    step = max(1, BLOCK_BYTES // max(1, y[:1].nbytes))
    return (slice(i, i + step) for i in range(0, len(y), step))


def _repeated(xp: Array, w: Array) -> Array:
    """Every channel as often as it has kernels."""
    return xp if w.shape[3] == 1 else np.repeat(xp, w.shape[3], axis=3)


def _lines(y: Array, strides: Pair) -> Array:
    """(images, height, width * channels) where a line of x is contiguous, else y."""
    return y.reshape(*y.shape[:2], -1) if strides[1] == 1 else y


def _weights(w: Array, tap: Pair, lines: Array) -> Array:
    """The weights of a tap for all channels, or for all entries of a line."""
    weights = w[tap].reshape(-1)
    return np.tile(weights, lines.shape[-1] // weights.size)


def _taps(xp, w, y, strides, dilation) -> Iterator[tuple[Pair, Array]]:
    """(tap, the pixels of xp that it meets, one for every position of y)."""
    (height, width), (sh, sw), (dh, dw) = y.shape[1:3], strides, dilation
    channels = xp.shape[3]
    for i, j in np.ndindex(w.shape[:2]):
        rows = slice(i * dh, i * dh + (height - 1) * sh + 1, sh)
        if sw == 1:
            flat = xp.reshape(*xp.shape[:2], -1)  # a view: xp is contiguous
            line = slice(j * dw * channels, (j * dw + width) * channels)
            yield (i, j), flat[:, rows, line]
        else:
            columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
            yield (i, j), xp[:, rows, columns]
