"""Correlation with fewer multiplications: the minimal filtering of Winograd.

One dimension first. m outputs of a correlation with r taps, the naive way, cost m r
multiplications. F(m, r) needs n = m + r - 1 of them, one each for n numbers that are
linear in the n inputs and n that are linear in the r taps:

    y = A^T [ (G g) * (B^T d) ]      y (m,), g (r,) the taps, d (n,) the inputs

Where that comes from: the product of two polynomials of degrees m - 1 and r - 1 has
degree n - 1, so its values in n points determine it, and its value in a point is one
multiplication of two values. So evaluate, multiply, interpolate. That is a convolution
of the coefficients; correlation is its adjoint, hence the transposed matrices. With
the points 0, 1, -1, 2, -2 and infinity, n = 6: F(4, 3) and F(2, 5).

In two dimensions the matrices act on the rows and on the columns:

    Y = A^T [ (G g G^T) * (B^T d B) ] A

for a tile d of 6 x 6 pixels: 36 multiplications for 4 x 4 outputs of a 3 x 3 kernel
instead of 144, and for 2 x 2 outputs of a 5 x 5 kernel instead of 100. The sums over
the channels are taken before A^T [...] A, so the 36 multiplications are 36 matrix
products (tiles, channels) @ (channels, filters). The transforms are matrix products
too: written for the 36 numbers of a tile as one vector, B^T d B is the Kronecker
product (B^T x B^T) d, one 36 x 36 matrix for all tiles and channels at once.

The gradients are the adjoint of each step, in reverse: with M = A dY A^T for a tile,

    dg = G^T [ M * (B^T d B) ] G          dd = B [ M * (G g G^T) ] B^T

Tiles overlap in r - 1 pixels, where the dd of neighbours add up.

The price is rounding: the matrices have entries up to 8 whose products cancel.
`error_bound` states how much; `correlation.correlate` has no such price.

Winograd, Arithmetic Complexity of Computations, SIAM 1980; Lavin and Gray, Fast
Algorithms for Convolutional Neural Networks, CVPR 2016.
"""

import functools
import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcourse.kernels.correlation import Padding, output_size, pad

Array = np.ndarray

# And infinity. Among 0, -a, a, -b, b these round least: with 1 and 2, whose matrices
# are whole numbers, the errors are four times as large.
POINTS = (0, -math.sqrt(0.5), math.sqrt(0.5), -math.sqrt(2), math.sqrt(2))
N = len(POINTS) + 1  # pixels along a tile
BLOCK_BYTES = 1024 * 1024


@functools.cache
def matrices(r: int) -> tuple[Array, Array, Array]:
    """A^T (m, n), G (n, r), B^T (n, n) of F(m, r), in float64."""
    m = N + 1 - r
    # Evaluate: rows 1, p, p^2, ...; in infinity the leading coefficient.
    A = np.vstack([*(np.power(p, range(m)) for p in POINTS), np.eye(m)[-1]])
    G = np.vstack([*(np.power(p, range(r)) for p in POINTS), np.eye(r)[-1]])
    # Interpolate: the polynomial that is 0 in all finite points but p; B has its
    # coefficients and G is divided by its value in p.
    B = np.zeros((N, N))
    for k, p in enumerate(POINTS):
        others = [q for q in POINTS if q != p]
        B[k, : N - 1] = np.poly(others)[::-1]
        G[k] = G[k] / math.prod(p - q for q in others)
    B[-1] = np.poly(POINTS)[::-1]
    return A.T.astype(float), G.astype(float), B


@functools.cache
def planar(r: int, dtype: str) -> tuple[Array, Array, Array]:
    """The same for the n n numbers of a tile as one vector: (m m, n n), ..."""
    return tuple(np.kron(X, X).astype(dtype) for X in matrices(r))


def correlate_textbook(x: Array, w: Array, padding: Padding) -> Array:
    """y, tile by tile."""
    AT, G, BT = matrices(w.shape[0])
    m, (height, width) = len(AT), _size(x, w.shape[0], padding)
    xp = _padded(x, w.shape[0], padding)
    U = np.einsum("ai,ijcf,bj->abcf", G, w, G)
    y = np.zeros((len(x), -(-height // m) * m, -(-width // m) * m, w.shape[3]))
    for i in range(0, height, m):
        for j in range(0, width, m):
            d = xp[:, i : i + N, j : j + N]
            V = np.einsum("ai,nijc,bj->nabc", BT, d, BT)
            M = np.einsum("nabc,abcf->nabf", V, U)
            y[:, i : i + m, j : j + m] = np.einsum("ia,nabf,jb->nijf", AT, M, AT)
    return y[:, :height, :width]


def correlate(x: Array, w: Array, padding: Padding) -> Array:
    """y as correlation.correlate has it with strides and dilation 1."""
    r, channels, filters = w.shape[1:]
    AT, G, _ = planar(r, x.dtype.name)
    m, (height, width) = N + 1 - r, _size(x, r, padding)
    U = (G @ w.reshape(r * r, -1)).reshape(N * N, channels, filters)
    y = np.empty((len(x), height, width, filters), x.dtype)
    room = _Room(x.dtype)
    for images, V in _transformed(x, r, padding, filters, room):
        M = np.matmul(V, U, out=room("M", N * N, V.shape[1], filters))
        Y = room("Y", m, m, V.shape[1], filters)
        np.matmul(AT, M.reshape(N * N, -1), out=Y.reshape(m * m, -1))
        _untile(Y, y[images])
    return y


def gradients(x: Array, w: Array, dy: Array, padding: Padding) -> tuple[Array, Array]:
    """(dx, dw)."""
    r, channels, filters = w.shape[1:]
    AT, G, BT = planar(r, x.dtype.name)
    m = N + 1 - r
    A, B = np.ascontiguousarray(AT.T), np.ascontiguousarray(BT.T)
    U = (G @ w.reshape(r * r, -1)).reshape(N * N, channels, filters)
    UT = np.ascontiguousarray(U.transpose(0, 2, 1))
    dU, dx = np.zeros_like(U), np.empty_like(x)
    room = _Room(x.dtype)
    for images, V in _transformed(x, r, padding, filters, room):
        tiles = V.shape[1]
        dY = _tiles(_rounded(dy[images], m), m, m, room)
        M = room("M", N * N, tiles, filters)
        np.matmul(A, dY.reshape(m * m, -1), out=M.reshape(N * N, -1))
        dU += np.matmul(V.transpose(0, 2, 1), M, out=room("dU", *U.shape))
        dV = np.matmul(M, UT, out=V)  # V has done its work
        dd = room("d", N, N, tiles, channels)
        np.matmul(B, dV.reshape(N * N, -1), out=dd.reshape(N * N, -1))
        _overlap_add(dd, m, dx[images], padding)
    return dx, (G.T @ dU.reshape(N * N, -1)).reshape(w.shape)


class _Room:
    """Arrays that the blocks of one call use in turn.

    A fresh array of this size comes from the system and costs as much as its use.
    """

    def __init__(self, dtype: np.dtype):
        self.dtype, self.memory = dtype, {}

    def __call__(self, name: str, *shape: int) -> Array:
        size = math.prod(shape)
        if name not in self.memory:  # the first block is the largest
            self.memory[name] = np.empty(size, self.dtype)
        return self.memory[name][:size].reshape(shape)


def _transformed(x, r, padding, filters, room) -> Iterator[tuple[slice, Array]]:
    """Blocks (images, B^T d B of all their tiles: (36, tiles, channels))."""
    _, _, BT = planar(r, x.dtype.name)
    m, (height, width) = N + 1 - r, _size(x, r, padding)
    tiles, channels = -(-height // m) * -(-width // m), x.shape[3]
    each = N * N * tiles * max(channels, filters) * x.itemsize
    step = max(1, BLOCK_BYTES // each)
    for i in range(0, len(x), step):
        d = _tiles(_padded(x[i : i + step], r, padding), N, m, room)
        V = room("V", N * N, d.shape[2], channels)
        np.matmul(BT, d.reshape(N * N, -1), out=V.reshape(N * N, -1))
        yield slice(i, i + step), V


def _tiles(xp: Array, size: int, step: int, room: "_Room") -> Array:
    """(size, size, tiles, channels): all tiles, their pixels in front."""
    n, height, width, channels = xp.shape
    rows, columns = (height - size) // step + 1, (width - size) // step + 1
    bn, bh, bw, bc = xp.strides
    shape = (size, size, n, rows, columns, channels)
    strides = (bh, bw, bn, bh * step, bw * step, bc)
    tiles = room("d" if size == N else "Y", *shape)
    tiles[...] = as_strided(xp, shape, strides, writeable=False)
    return tiles.reshape(size, size, -1, channels)


def _untile(Y: Array, y: Array) -> None:
    """Write tiles (m, m, tiles, filters) side by side into y, cut where it ends."""
    m, (n, height, width, filters) = len(Y), y.shape
    rows, columns = -(-height // m), -(-width // m)
    Y = Y.reshape(m, m, n, rows, columns, filters)
    for i in range(m):
        for j in range(m):
            part = y[:, i::m, j::m]
            part[...] = Y[i, j, :, : part.shape[1], : part.shape[2]]


def _overlap_add(dd: Array, m: int, dx: Array, padding: Padding) -> None:
    """Add up tiles (n, n, tiles, channels) that lie m apart, and cut off the padding."""
    (top, _), (left, _) = padding
    (n, height, width, channels), over = dx.shape, N - m
    rows, columns = (
        -(-(size + sum(p) - over) // m)
        for size, p in zip((height, width), padding, strict=True)
    )
    dd = dd.reshape(N, N, n, rows, columns, channels)
    # First among the tiles, where long runs are contiguous: what a tile has too much
    # on the right goes to its right neighbour, then what it has below to the one below.
    for j in range(over):
        for i in range(N):
            dd[i, j, :, :, 1:] += dd[i, m + j, :, :, :-1]
    for i in range(over):
        for j in range(N):
            dd[i, j, :, 1:] += dd[m + i, j, :, :-1]
    # Then each m x m core to its place; the last row and column have no neighbour.
    dxp = np.empty((n, rows * m + over, columns * m + over, channels), dx.dtype)
    for i in range(N):
        for j in range(N):
            r = slice(i, rows * m, m) if i < m else slice(rows * m + i - m, None, m)
            c = slice(j, columns * m, m) if j < m else slice(columns * m + j - m, None, m)
            part = dd[i, j, :, -1:] if i >= m else dd[i, j]
            dxp[:, r, c] = part[:, :, -1:] if j >= m else part
    dx[...] = dxp[:, top : top + height, left : left + width]


def _size(x: Array, r: int, padding: Padding) -> tuple[int, int]:
    return tuple(
        output_size(n, r, 1, 1, p) for n, p in zip(x.shape[1:3], padding, strict=True)
    )


def _padded(x: Array, r: int, padding: Padding) -> Array:
    """x padded, with as many more zeros behind as make the tiles whole."""
    m = N + 1 - r
    more = [-size % m for size in _size(x, r, padding)]
    whole = [(a, b + c) for (a, b), c in zip(padding, more, strict=True)]
    return pad(x, tuple(whole))


def _rounded(dy: Array, m: int) -> Array:
    """dy with zeros behind, so that height and width are multiples of m."""
    return pad(dy, tuple((0, -size % m) for size in dy.shape[1:3]))
