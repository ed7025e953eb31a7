"""Correlation of images with few channels, such as the first layer's 1 or 3.

correlation.unfold copies a window line by line, and a line of a 5 x 5 kernel over one
channel has just 5 numbers: copying them costs more than the product. Here every channel
is a plane, and the windows are unfolded by tap: one row for all the pixels that tap
(i, j) of channel k meets, which lie side by side in the plane, as many as y is wide.

    y^T (filters, positions) = W^T (filters, taps) @ windows (taps, positions)

Going back, W @ dy^T is the share of every tap, and each row of it is added to the plane
where it was read. Results as in correlation.py; no negative padding.
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
from dlcourse.kernels.products import wide_product

Array = np.ndarray

BLOCK_BYTES = 512 * 1024
SHORT = 16  # numbers in a line of a window
FEW = 4  # channels


def pays(x: Array, w: Array) -> bool:
    """Whether lines are short, kernel width * channels < 16, and images wider."""
    line = w.shape[1] * w.shape[2]
    return w.shape[:2] != (1, 1) and line < SHORT and x.shape[2] >= line


def pays_backward(w: Array) -> bool:
    """Whether dx by correlation.py would be a product with fewer than 4 columns."""
    return w.shape[:2] != (1, 1) and w.shape[2] < FEW


def correlate(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y."""
    matrix = w.reshape(-1, w.shape[3])
    height, width = window_counts(x, w.shape[:2], strides, dilation, padding)
    y = np.empty((len(x), height, width, w.shape[3]), x.dtype)
    for images, seen, windows in _blocks(x, w, y, strides, dilation, padding):
        windows.reshape(seen.shape)[...] = seen
        np.matmul(windows.T, matrix, out=y[images].reshape(-1, w.shape[3]))
    return y


def kernel_gradient(
    x: Array,
    dy: Array,
    kernel_size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dw."""
    dw = np.zeros((*kernel_size, x.shape[3], dy.shape[3]), x.dtype)
    matrix = dw.reshape(-1, dy.shape[3])
    for images, seen, windows in _blocks(x, dw, dy, strides, dilation, padding):
        windows.reshape(seen.shape)[...] = seen
        matrix += windows @ dy[images].reshape(-1, dy.shape[3])
    return dw


def input_gradient(
    dy: Array,
    w: Array,
    size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dx for x of this (height, width)."""
    (kh, kw, channels, filters), taps = w.shape, w[..., 0].size
    dx, (n, height, width) = (
        np.empty((len(dy), *size, channels), dy.dtype),
        dy.shape[:3],
    )
    grown = [size + sum(pads) for size, pads in zip(size, padding, strict=True)]
    (top, _), (left, _) = padding
    step = _images_a_block(w, dy)
    room = np.empty((taps * height * width * min(step, n),), dy.dtype)
    for i in range(0, n, step):
        rows = dy[i : i + step].reshape(-1, filters)
        shares = room[: taps * len(rows)].reshape(taps, -1)
        wide_product(w.reshape(taps, filters), rows.T, shares)
        shares = shares.reshape(kh, kw, channels, -1, height, width)
        planes = np.zeros((channels, shares.shape[3], *grown), dy.dtype)
        for r, c in np.ndindex(kh, kw):
            taken = (
                slice(t * d, t * d + (count - 1) * s + 1, s)
                for t, d, count, s in zip(
                    (r, c), dilation, (height, width), strides, strict=True
                )
            )
            planes[:, :, *taken] += shares[r, c]
        seen = planes[:, :, top : top + size[0], left : left + size[1]]
        dx[i : i + step] = seen.transpose(1, 2, 3, 0)
    return dx


def _images_a_block(w: Array, y: Array) -> int:
    """So many images that their unfolded windows fill BLOCK_BYTES."""
    return max(1, BLOCK_BYTES // (w[..., 0].size * y[0, ..., 0].size * w.itemsize))


def _blocks(x, w, y, strides, dilation, padding) -> Iterator[tuple]:
    """(images, a view of the windows in their planes, room to unfold it)."""
    step, taps = _images_a_block(w, y), w[..., 0].size
    memory = np.empty((taps * y[: min(step, len(x)), ..., 0].size,), x.dtype)
    for i in range(0, len(x), step):
        xp = pad(x[i : i + step], padding)
        planes = np.ascontiguousarray(xp.transpose(3, 0, 1, 2))
        seen = _windows(planes, w, y, strides, dilation)
        windows = memory[: seen.size].reshape(taps, -1)
        yield slice(i, i + step), seen, windows


def _windows(planes: Array, w, y, strides, dilation) -> Array:
    """A view (kernel height, kernel width, channels, images, height, width)."""
    bc, bn, bh, bw = planes.strides
    (sh, sw), (dh, dw) = strides, dilation
    shape = (*w.shape[:3], planes.shape[1], *y.shape[1:3])
    return as_strided(planes, shape, (bh * dh, bw * dw, bc, bn, bh * sh, bw * sw))
