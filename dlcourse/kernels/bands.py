"""Correlation of images with few channels, such as the first layer's 1 or 3.

correlation.unfold copies a window for each pixel of y, line by line; a line of a 5 x 5
kernel over one channel has just 5 numbers, and neighbouring windows share 4 of them.
Here t neighbours of y share one window, t - 1 strides wider. What leads from it to them
is a matrix whose columns hold the same kernel, each a stride further down: a band, with
zeros outside. For one line, one channel, one filter, 3 taps, stride 1 and t = 4:

    w0  0  0  0        y = window @ band       (t outputs of t + 2 inputs)
    w1 w0  0  0        dband = window^T @ dy   (and dw: the sums along the diagonals)
    w2 w1 w0  0        dwindow = dy @ band^T   (added to x where it was read)
     0 w2 w1 w0
     0  0 w2 w1
     0  0  0 w2

A wide window means fewer copies and more products with zeros: `tile` balances the two.
Results as in correlation.py; no negative padding.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcourse.kernels.correlation import (
    NO_PADDING,
    Padding,
    Pair,
    pad,
    window_counts,
)

Array = np.ndarray

BLOCK_BYTES = 512 * 1024
SHORT = 16  # numbers in a line of a window
COPY = 150  # what it costs to copy a number, in multiplications


def pays(w: Array) -> bool:
    """Whether lines are short: kernel width * channels < 16."""
    return w.shape[:2] != (1, 1) and w.shape[1] * w.shape[2] < SHORT


def pays_backward(w: Array) -> bool:
    """Whether dx has few channels beside the kernel's width: at most twice as many."""
    return w.shape[:2] != (1, 1) and w.shape[2] <= 2 * w.shape[1]


def tile(width: int, w: Array, stride: int, dilation: int) -> int:
    """t, a divisor of y's width: the one with the least work.

    A window has s t + e columns, with e = (kernel width - 1) d + 1 - s. Its numbers are
    copied once for t outputs, and each output multiplies all of them by F filters.
    """
    extra = max((w.shape[1] - 1) * dilation + 1 - stride, 0)
    divisors = (t for t in range(1, width + 1) if width % t == 0)
    return min(divisors, key=lambda t: (stride * t + extra) * (COPY / t + w.shape[3]))


def correlate(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y."""
    height, width = window_counts(x, w.shape[:2], strides, dilation, padding)
    y = np.empty((len(x), height, width, w.shape[3]), x.dtype)
    t = tile(width, w, strides[1], dilation[1])
    wide = band(w, t, strides[1], dilation[1])
    for images, windows in _windows(x, y, wide, strides, dilation, padding):
        np.matmul(windows, _matrix(wide), out=y[images].reshape(len(windows), -1))
    return y


def kernel_gradient(
    x: Array,
    dy: Array,
    kernel_size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dw: of the gradient of the band, what stands where it holds the kernel."""
    dw = np.zeros((*kernel_size, x.shape[3], dy.shape[3]), x.dtype)
    t = tile(dy.shape[2], dw, strides[1], dilation[1])
    dband = band(dw, t, strides[1], dilation[1])  # zeros, of the right shape
    for images, windows in _windows(x, dy, dband, strides, dilation, padding):
        _matrix(dband)[...] += windows.T @ dy[images].reshape(len(windows), -1)
    for copy in _copies(dband, kernel_size[1], strides[1], dilation[1]):
        dw += copy
    return dw


def input_gradient(
    dy: Array,
    w: Array,
    size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dx for x of this (height, width): each window's share, added where it lay."""
    (kh, _, channels, filters), (n, height, width, _) = w.shape, dy.shape
    t = tile(width, w, strides[1], dilation[1])
    wide = band(w, t, strides[1], dilation[1])
    (top, bottom), (left, right) = padding
    grown = (size[0] + top + bottom, (size[1] + left + right) * channels)
    dx = np.empty((n, *size, channels), dy.dtype)
    step = _images_a_block(wide, dy)
    for i in range(0, n, step):
        shares = dy[i : i + step].reshape(-1, t * filters) @ _matrix(wide).T
        shares = shares.reshape(-1, height, width // t, kh, len(shares[0]) // kh)
        dxp = np.zeros((len(shares), *grown), dy.dtype)
        for r, c in np.ndindex(kh, width // t):
            first = c * t * strides[1] * channels
            lines = slice(r * dilation[0], None, strides[0])
            place = dxp[:, lines, first : first + shares.shape[4]]
            place[:, :height] += shares[:, :, c, r]
        seen = dxp.reshape(len(dxp), grown[0], -1, channels)
        dx[i : i + step] = seen[:, top : top + size[0], left : left + size[1]]
    return dx


def band(w: Array, t: int, stride: int, dilation: int) -> Array:
    """w, t times side by side: (kernel height, columns, channels, t, filters)."""
    kh, kw, channels, filters = w.shape
    columns = (t - 1) * stride + (kw - 1) * dilation + 1
    found = np.zeros((kh, columns, channels, t, filters), w.dtype)
    for copy in _copies(found, kw, stride, dilation):
        copy[...] = w
    return found


def _copies(wide: Array, kernel_width: int, stride: int, dilation: int) -> Iterator:
    """Views of the places of w in a band, (kernel height, width, channels, filters)."""
    for p in range(wide.shape[3]):
        taps = wide[:, p * stride :: dilation, :, p]
        yield taps[:, :kernel_width]


def _matrix(wide: Array) -> Array:
    """A view of a band as (numbers in a window, t filters)."""
    return wide.reshape(-1, wide.shape[3] * wide.shape[4])


def _images_a_block(wide: Array, y: Array) -> int:
    """So many images that their windows fill BLOCK_BYTES."""
    windows = y.shape[1] * y.shape[2] // wide.shape[3]
    return max(1, BLOCK_BYTES // (windows * wide[..., 0, 0].size * y.itemsize))


def _windows(x, y, wide, strides, dilation, padding) -> Iterator[tuple]:
    """Blocks (images, windows); a row of windows is all that t neighbours of y see.

    The array of windows is overwritten by the next block.
    """
    kh, columns, channels, t, _ = wide.shape
    height, tiles = y.shape[1], y.shape[2] // t
    step, rows = _images_a_block(wide, y), height * tiles
    room = np.empty((min(step, len(x)) * rows, kh * columns * channels), x.dtype)
    for i in range(0, len(x), step):
        xp = np.ascontiguousarray(pad(x[i : i + step], padding))
        # Not xp.strides: along an axis of length 1 they may be any number.
        bc, bw = xp.itemsize, channels * xp.itemsize
        bh, bn = xp.shape[2] * bw, xp[0].nbytes
        seen = as_strided(
            xp,
            (len(xp), height, tiles, kh, columns * channels),
            (bn, bh * strides[0], bw * strides[1] * t, bh * dilation[0], bc),
            writeable=False,
        )
        windows = room[: len(xp) * rows]
        windows.reshape(seen.shape)[...] = seen
        yield slice(i, i + step), windows
