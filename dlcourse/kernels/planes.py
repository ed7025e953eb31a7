"""Correlation of images with few channels, such as the first layer's 1 or 3.

correlation.unfold copies a window line by line, and a line of a 5 x 5 kernel over one
channel has just 5 numbers: copying them costs more than the product. Here every channel
is a plane, and the windows are unfolded by tap: one row for all the pixels that tap
(i, j) of channel k meets, which lie side by side in the plane, as many as y is wide.

    y^T (filters, positions) = W^T (filters, taps) @ windows (taps, positions)

Going back, W @ dy^T is the share of every tap, and each row of it is added to the plane
where it was read. Same signature and result as correlation.correlate and gradients.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcourse.kernels.correlation import (
    BLOCK_BYTES,
    NO_PADDING,
    Padding,
    Pair,
    pad,
    window_counts,
)

Array = np.ndarray

SHORT = 16  # numbers in a line of a window


def pays(x: Array, w: Array) -> bool:
    """Whether lines are short: kernel width * channels < 16, and y is wider."""
    line = w.shape[1] * w.shape[2]
    return line < SHORT and x.shape[2] >= line


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
    for images, _, seen in _blocks(x, w, y, strides, dilation, padding):
        windows = np.ascontiguousarray(seen).reshape(len(matrix), -1)
        np.matmul(windows.T, matrix, out=y[images].reshape(-1, w.shape[3]))
    return y


def gradients(
    x: Array,
    w: Array,
    dy: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> tuple[Array, Array]:
    """(dx, dw)."""
    matrix = w.reshape(-1, w.shape[3])
    dx, dw = np.empty_like(x), np.zeros_like(matrix)
    (top, bottom), (left, right) = padding
    back = ((-top, -bottom), (-left, -right))
    for images, planes, seen in _blocks(x, w, dy, strides, dilation, padding):
        rows = dy[images].reshape(-1, w.shape[3])
        windows = np.ascontiguousarray(seen)
        dw += windows.reshape(len(matrix), -1) @ rows
        shares = np.matmul(matrix, rows.T, out=windows.reshape(len(matrix), -1))
        shares = shares.reshape(seen.shape)
        summed = np.zeros_like(planes)
        for tap in np.ndindex(w.shape[:2]):
            _windows(summed, w, dy, strides, dilation)[tap] += shares[tap]
        dx[images] = pad(summed.transpose(1, 2, 3, 0), back)
    return dx, dw.reshape(w.shape)


def _blocks(x, w, y, strides, dilation, padding) -> Iterator[tuple]:
    """(images, their planes, and the windows in them): some images at a time."""
    each = math.prod(w.shape[:3]) * math.prod(y.shape[1:3]) * x.itemsize
    step = max(1, BLOCK_BYTES // each)
    for i in range(0, len(x), step):
        xp = pad(x[i : i + step], padding)
        planes = np.ascontiguousarray(xp.transpose(3, 0, 1, 2))
        yield slice(i, i + step), planes, _windows(planes, w, y, strides, dilation)


def _windows(planes: Array, w, y, strides, dilation) -> Array:
    """A view (kernel height, kernel width, channels, images, height, width)."""
    bc, bn, bh, bw = planes.strides
    (sh, sw), (dh, dw) = strides, dilation
    shape = (*w.shape[:3], planes.shape[1], *y.shape[1:3])
    return as_strided(planes, shape, (bh * dh, bw * dw, bc, bn, bh * sh, bw * sw))
