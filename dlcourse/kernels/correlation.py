"""Correlation in two dimensions and its two gradients, for any stride and dilation.

    y[n, r, c, f] = sum over i, j, k of xp[n, r s + i d, c s + j d, k] w[i, j, k, f]

x (batch, height, width, channels) is padded to xp; w (kernel height, kernel width,
channels, filters). s, d and the padding are pairs: one for the height, one for the
width; a padding is ((top, bottom), (left, right)), negative where xp is cropped.

The window of x under the kernel, written as one row of kernel height * kernel width *
channels numbers, turns a correlation into a matrix product. All windows together hold
x many times over (9 times for a 3x3 kernel), so they are unfolded some 512 KB at a
time: what was written is still in the cache when the product reads it, and nothing
unfolded is kept. The gradient with respect to x is itself a correlation, so the same
few lines serve all three passes.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcourse.kernels.products import add_gram, tall_product

Array = np.ndarray
Pair = tuple[int, int]
Padding = tuple[Pair, Pair]

BLOCK_BYTES = 1024 * 1024
NO_PADDING = ((0, 0), (0, 0))


def output_size(size: int, kernel: int, stride: int, dilation: int, pad: Pair) -> int:
    """How many windows fit along one axis: floor((size + pads - span) / stride) + 1."""
    return (size + sum(pad) - (kernel - 1) * dilation - 1) // stride + 1


def window_counts(x: Array, kernel_size, strides, dilation, padding) -> Pair:
    """(height, width) of y."""
    return tuple(
        output_size(n, k, s, d, pad)
        for n, k, s, d, pad in zip(
            x.shape[1:3], kernel_size, strides, dilation, padding, strict=True
        )
    )


# -- the textbook form: one window after the other


def correlate_textbook(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y, window by window."""
    xp = pad_textbook(x, padding)
    height, width = window_counts(x, w.shape[:2], strides, dilation, padding)
    y = np.zeros((len(x), height, width, w.shape[3]), x.dtype)
    for r, c in np.ndindex(height, width):
        window = xp[:, *_taps(r, c, w.shape, strides, dilation)]
        y[:, r, c] = np.tensordot(window, w, 3)
    return y


def gradients_textbook(
    x: Array,
    w: Array,
    dy: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> tuple[Array, Array]:
    """(dx, dw): each window passes its share of dy back to what it saw."""
    xp = pad_textbook(x, padding)
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for r, c in np.ndindex(dy.shape[1:3]):
        taps = _taps(r, c, w.shape, strides, dilation)
        dw += np.tensordot(xp[:, *taps], dy[:, r, c], (0, 0))
        dxp[:, *taps] += np.tensordot(dy[:, r, c], w, (1, 3))
    (top, bottom), (left, right) = padding
    return pad_textbook(dxp, ((-top, -bottom), (-left, -right))), dw


def pad_textbook(x: Array, padding: Padding) -> Array:
    """x with zeros around height and width; a negative padding cuts off instead."""
    grow = [(0, 0), *((max(a, 0), max(b, 0)) for a, b in padding), (0, 0)]
    cut = [slice(max(-a, 0), -max(-b, 0) or None) for a, b in padding]
    return np.pad(x, grow)[:, *cut]


def _taps(r, c, shape, strides, dilation) -> tuple[slice, slice]:
    """The rows and columns of xp under the kernel for output (r, c)."""
    return tuple(
        slice(at * s, at * s + (k - 1) * d + 1, d)
        for at, k, s, d in zip((r, c), shape[:2], strides, dilation, strict=True)
    )


# -- the fast form


def correlate(
    x: Array,
    w: Array,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """y, as one matrix product a block of unfolded windows."""
    height, width = window_counts(x, w.shape[:2], strides, dilation, padding)
    y = np.empty((len(x), height, width, w.shape[3]), x.dtype)
    matrix = w.reshape(-1, w.shape[3])
    for images, rows, windows in unfold(x, w.shape[:2], strides, dilation, padding):
        block = y[images, rows]  # contiguous: whole images, or rows of one image
        tall_product(windows, matrix, block.reshape(len(windows), -1))
    return y


def kernel_gradient(
    x: Array,
    dy: Array,
    kernel_size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dw: every window, times its share of dy, added up."""
    filters = dy.shape[3]
    dw = np.zeros((math.prod(kernel_size) * x.shape[3], filters), x.dtype)
    for images, rows, windows in unfold(x, kernel_size, strides, dilation, padding):
        add_gram(windows, dy[images, rows].reshape(-1, filters), dw)
    return dw.reshape(*kernel_size, x.shape[3], filters)


def input_gradient(
    dy: Array,
    w: Array,
    size: Pair,
    strides: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: Padding = NO_PADDING,
) -> Array:
    """dx for x of this (height, width): correlations of dy with the rotated kernel.

    x[i] met w[t] in output o where o s + t d = i + before. With s = 1 that is one
    correlation, over all t, with w turned by 180 degrees. With s > 1 it would be one
    of dy with s - 1 zeros between its entries; instead of multiplying by zeros, the
    rows i = a, a + s, a + 2 s, ... are computed together, since just every so many-th
    tap t meets them. So the work does not grow with s.
    """
    dx = np.empty((len(dy), *size, w.shape[2]), dy.dtype)
    turned = w.transpose(0, 1, 3, 2)
    for a in range(min(strides[0], size[0])):
        for b in range(min(strides[1], size[1])):
            at = [
                _phase(start, n, k, o, s, d, pad[0])
                for start, n, k, o, s, d, pad in zip(
                    (a, b),
                    size,
                    w.shape[:2],
                    dy.shape[1:3],
                    strides,
                    dilation,
                    padding,
                    strict=True,
                )
            ]
            part = dx[:, a :: strides[0], b :: strides[1]]
            if None in at:  # no tap meets these rows
                part[...] = 0
                continue
            (taps_r, dilation_r, pad_r), (taps_c, dilation_c, pad_c) = at
            taps = np.ascontiguousarray(turned[taps_r, taps_c][::-1, ::-1])
            found = correlate(
                dy, taps, (1, 1), (dilation_r, dilation_c), (pad_r, pad_c)
            )
            if strides == (1, 1):
                return found
            part[...] = found
    return dx


def _phase(start, size, kernel, outputs, stride, dilation, before):
    """Which taps meet the rows start, start + stride, ..., and how dy is correlated.

    (slice of taps, dilation, padding of dy) along one axis, or None without a tap.
    o stride + t dilation = i + before has solutions t at steps of stride / g, with g
    the greatest common divisor, and then o moves by dilation / g.
    """
    g = math.gcd(stride, dilation)
    step, move = stride // g, dilation // g
    for first in range(min(step, kernel)):
        lead, rest = divmod(start + before - first * dilation, stride)
        if rest == 0:
            taps = slice(first, None, step)
            span = (len(range(first, kernel, step)) - 1) * move
            count = len(range(start, size, stride))
            return taps, move, (span - lead, count + lead - outputs)
    return None


# -- unfolding


def unfold(
    x: Array,
    kernel_size: Pair,
    strides: Pair,
    dilation: Pair,
    padding: Padding,
) -> Iterator[tuple[slice, slice, Array]]:
    """Blocks (images, output rows, windows); windows (positions, taps * channels).

    The array of windows is overwritten by the next block.
    """
    n, _, _, channels = x.shape
    height, width = window_counts(x, kernel_size, strides, dilation, padding)
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, strides, dilation
    whole = x.reshape(-1, channels) if x.flags.c_contiguous else None
    if (kh, kw, sh, sw) == (1, 1, 1, 1) and padding == NO_PADDING and whole is not None:
        yield slice(None), slice(None), whole  # a pixel is its own window
        return
    per_row = width * kh * kw * channels * x.itemsize
    rows = max(1, min(height, BLOCK_BYTES // per_row))
    images = max(1, min(n, BLOCK_BYTES // (per_row * height)))
    buffer = np.empty((images * rows * width * kh * kw * channels,), x.dtype)
    for i in range(0, n, images):
        xp = pad(x[i : i + images], padding)
        bn, bh, bw, bc = xp.strides
        for r in range(0, height, rows):
            here = min(rows, height - r)
            shape = (len(xp), here, width, kh, kw, channels)
            windows = as_strided(
                xp[:, r * sh :],
                shape,
                (bn, bh * sh, bw * sw, bh * dh, bw * dw, bc),
                writeable=False,
            )
            out = buffer[: math.prod(shape)].reshape(shape)
            np.copyto(out, windows)
            rows_of_windows = out.reshape(-1, kh * kw * channels)
            yield slice(i, i + images), slice(r, r + rows), rows_of_windows


def pad(x: Array, padding: Padding) -> Array:
    """x itself without padding, else a copy with zeros around it (or cropped)."""
    if padding == NO_PADDING:
        return x
    (top, bottom), (left, right) = padding
    n, height, width, channels = x.shape
    xp = np.empty((n, height + top + bottom, width + left + right, channels), x.dtype)
    xp[...] = 0
    inner = xp[:, max(top, 0) :, max(left, 0) :]
    part = x[:, max(-top, 0) :, max(-left, 0) :][:, : inner.shape[1], : inner.shape[2]]
    inner[:, : part.shape[1], : part.shape[2]] = part
    return xp
