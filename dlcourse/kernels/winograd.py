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

The price is rounding: terms larger than the result cancel. `error_bound` is what
float32 can lose at worst; on normal numbers the largest error was 2e-6 of the largest
entry for 3 x 3 and 1e-5 for 5 x 5 kernels (6e-7 by correlation.correlate, which float64
takes).

Winograd, Arithmetic Complexity of Computations, SIAM 1980; Lavin and Gray, Fast
Algorithms for Convolutional Neural Networks, CVPR 2016.
"""

import functools
import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcourse.kernels.correlation import Padding, output_size, pad_textbook
from dlcourse.kernels.products import wide_product

Array = np.ndarray

M = 4  # outputs along a tile
HALF = math.sqrt(0.5)
# By kernel size, besides infinity. Numbers a, 1/a round least.
POINTS = {
    3: (0, -HALF, HALF, -1 / HALF, 1 / HALF),
    5: (0, -0.5, 0.5, -1, 1, -2, 2),
}
BLOCK_BYTES = 1024 * 1024
MOVE = 12  # multiplications in the time of copying one number


def pays(x: Array, w: Array, strides=(1, 1), dilation=(1, 1), padding=None) -> bool:
    """Whether the kernel suits, x is float32 and there is less to do.

    That is: to multiply, in the transforms as well, and to copy; moving a number costs
    some twelve multiplications. With few channels the transforms outweigh the rest.
    """
    r, channels, filters = w.shape[1:]
    suits = w.shape[0] == r and r in POINTS and (*strides, *dilation) == (1, 1, 1, 1)
    if not suits or x.dtype != np.float32:
        return False
    height, width = (
        output_size(size, r, 1, 1, pad)
        for size, pad in zip(x.shape[1:3], padding, strict=True)
    )
    tiles, numbers = -(-height // M) * -(-width // M), (M + r - 1) ** 2
    product = channels * filters
    here = numbers * (numbers * channels + product + M * M * filters)
    here += MOVE * (numbers * channels + 2 * M * M * filters)
    unfolded = height * width * r * r * (product + MOVE * channels)
    return tiles * here < unfolded


@functools.cache
def matrices(r: int) -> tuple[Array, Array, Array]:
    """A^T (m, n), G (n, r), B^T (n, n) of F(m, r), in float64."""
    points, n = POINTS[r], M + r - 1
    # Evaluate: rows 1, p, p^2, ...; in infinity the leading coefficient.
    A = np.vstack([*(np.power(float(p), range(M)) for p in points), np.eye(M)[-1]])
    G = np.vstack([*(np.power(float(p), range(r)) for p in points), np.eye(r)[-1]])
    # Interpolate: the polynomial that is 0 in all finite points but p; B^T has its
    # coefficients and G is divided by its value in p.
    BT = np.zeros((n, n))
    for k, p in enumerate(points):
        others = [q for q in points if q != p]
        BT[k, : n - 1] = np.poly(others)[::-1]
        G[k] = G[k] / math.prod(p - q for q in others)
    BT[-1] = np.poly(points)[::-1]
    return A.T, G, BT


@functools.cache
def planar(r: int, dtype: str) -> tuple[Array, Array, Array]:
    """The same for the n n numbers of a tile as one vector: (m m, n n), ..."""
    return tuple(np.kron(X, X).astype(dtype) for X in matrices(r))


def error_bound(x: Array, w: Array) -> float:
    """No entry of `correlate` differs by more from the exact y.

    A sum of k products, computed in any order, errs by at most gamma(k) = k u /
    (1 - k u) times the sum of their absolute values, u half the spacing of floats at 1
    (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). In a row
    stand the sums of G g G^T (r r terms), of B^T d B (n n), over the channels, and of
    A^T [...] A (n n); the entries of the three matrices are rounded as well. With all
    |x| and |w| at their largest the absolute values add up to channels * kappa^2.
    """
    AT, G, BT = (np.abs(matrix) for matrix in matrices(w.shape[0]))
    n, (r, channels) = len(BT), w.shape[1:3]
    kappa = (AT @ (G.sum(axis=1) * BT.sum(axis=1))).max()
    k = (r * r + 1) + 2 * (n * n + 1) + channels
    u = np.finfo(x.dtype).eps / 2
    largest = float(np.abs(x).max()) * float(np.abs(w).max())
    return float(k * u / (1 - k * u) * channels * kappa**2 * largest)


def correlate_textbook(x: Array, w: Array, padding: Padding) -> Array:
    """y, tile by tile."""
    AT, G, BT = matrices(w.shape[0])
    height, width = (
        output_size(size, len(w), 1, 1, pad)
        for size, pad in zip(x.shape[1:3], padding, strict=True)
    )
    rows, columns = range(0, height, M), range(0, width, M)
    xp = pad_textbook(x, tuple((a, b + M) for a, b in padding))
    U = np.einsum("ai,ijcf,bj->abcf", G, w, G)
    y = np.zeros((len(x), len(rows) * M, len(columns) * M, w.shape[3]), x.dtype)
    for i in rows:
        for j in columns:
            d = xp[:, i : i + len(BT), j : j + len(BT)]
            V = np.einsum("ai,nijc,bj->nabc", BT, d, BT)
            products = np.einsum("nabc,abcf->nabf", V, U)
            tile = np.einsum("ia,nabf,jb->nijf", AT, products, AT)
            y[:, i : i + M, j : j + M] = tile
    return y[:, :height, :width]


def correlate(x: Array, w: Array, padding: Padding) -> Array:
    """y as correlation.correlate has it with strides and dilation 1."""
    plan = _Plan(x, w, padding)
    U, filters = plan.transformed(w), w.shape[3]
    y = np.empty((len(x), *plan.size, filters), x.dtype)
    for images in plan.blocks():
        V = plan.transformed_tiles(x[images])
        products = plan.table("filters", len(V), V.shape[1], filters)
        np.matmul(V, U, out=products)
        Y = plan.table("outputs", M * M, V.shape[1], filters)
        wide_product(plan.AT, flat(products), flat(Y))
        plan.join(Y, y[images])
    return y


def gradients(x: Array, w: Array, dy: Array, padding: Padding) -> tuple[Array, Array]:
    """(dx, dw)."""
    plan = _Plan(x, w, padding)
    U, filters = plan.transformed(w), w.shape[3]
    A, B = np.ascontiguousarray(plan.AT.T), np.ascontiguousarray(plan.BT.T)
    UT = np.ascontiguousarray(U.transpose(0, 2, 1))
    dU, dx = np.zeros_like(U), np.empty(x.shape, x.dtype)
    for images in plan.blocks():
        V = plan.transformed_tiles(x[images])
        dY = plan.table("outputs", M * M, V.shape[1], filters)
        plan.split(dy[images], dY)
        dM = plan.table("filters", len(V), V.shape[1], filters)
        wide_product(A, flat(dY), flat(dM))
        dU += np.matmul(V.transpose(0, 2, 1), dM)
        dV = np.matmul(dM, UT, out=V)  # V has done its work
        dd = plan.table("pixels", *V.shape)
        wide_product(B, flat(dV), flat(dd))
        plan.overlap_add(dd, dx[images])
    return dx, (plan.G.T @ flat(dU)).reshape(w.shape)


def flat(table: Array) -> Array:
    """(numbers of a tile, tiles * channels)."""
    return table.reshape(len(table), -1)


class _Plan:
    """Sizes, matrices, and arrays that the blocks of one call use in turn.

    (A fresh array of a megabyte costs as much as what is done with it.)
    """

    def __init__(self, x: Array, w: Array, padding: Padding):
        self.r, (self.top, self.left) = w.shape[0], (pad[0] for pad in padding)
        self.n, self.count, self.dtype = M + self.r - 1, len(x), x.dtype
        self.AT, self.G, self.BT = planar(self.r, x.dtype.name)
        self.size = tuple(
            output_size(size, self.r, 1, 1, pad)
            for size, pad in zip(x.shape[1:3], padding, strict=True)
        )
        self.grid = tuple(-(-size // M) for size in self.size)  # tiles down, across
        each = self.n**2 * math.prod(self.grid) * max(w.shape[2:]) * x.itemsize
        self.step = max(1, BLOCK_BYTES // each)
        self.memory: dict[str, Array] = {}

    def blocks(self) -> Iterator[slice]:
        """So many images at a time as stay in the cache."""
        return (slice(i, i + self.step) for i in range(0, self.count, self.step))

    def room(self, name: str, *shape: int) -> Array:
        """Memory of this shape; the first block, which is the largest, creates it."""
        if name not in self.memory:
            self.memory[name] = np.empty((math.prod(shape),), self.dtype)
            self.memory[name][...] = 0
        return self.memory[name][: math.prod(shape)].reshape(shape)

    def table(self, name: str, numbers: int, tiles: int, channels: int) -> Array:
        """Room for so many numbers of every tile: (numbers, tiles, channels).

        Its rows lie one cache line farther apart than need be: at distances of 4096
        bytes they would all compete for the same lines of the cache.
        """
        columns = tiles * channels
        if name not in self.memory:
            line = 64 // self.dtype.itemsize
            self.memory[name] = np.empty((numbers, columns + line), self.dtype)
        return self.memory[name][:, :columns].reshape(numbers, tiles, channels)

    def transformed(self, w: Array) -> Array:
        """G g G^T for all kernels: (n n, channels, filters)."""
        U = self.G @ w.reshape(self.r**2, -1)
        return U.reshape(self.n**2, *w.shape[2:])

    def transformed_tiles(self, x: Array) -> Array:
        """B^T d B for all tiles of x, padded: (n n, tiles, channels)."""
        images, height, width, channels = x.shape
        tall, broad = (count * M + self.r - 1 for count in self.grid)
        xp = self.room("padded", images, tall, broad, channels)  # its border stays 0
        inner = xp[:, self.top :, self.left :][:, :height, :width]
        inner[...] = x[:, : inner.shape[1], : inner.shape[2]]
        shape = self.n**2, images * math.prod(self.grid), channels
        d, V = self.table("pixels", *shape), self.table("channels", *shape)
        bn, bh, bw, bc = xp.strides
        tiles = d.reshape(self.n, self.n, images, *self.grid, channels)
        tiles[...] = as_strided(
            xp, tiles.shape, (bh, bw, bn, M * bh, M * bw, bc), writeable=False
        )
        wide_product(self.BT, flat(d), flat(V))
        return V

    def join(self, Y: Array, y: Array) -> None:
        """Tiles (m m, tiles, filters) side by side into y, cut where it ends."""
        n, height, width, filters = y.shape
        rows, columns = self.grid
        whole = y
        if (height, width) != (rows * M, columns * M):
            whole = self.room("whole", n, rows * M, columns * M, filters)
        self.in_tiles(whole)[...] = Y.reshape(M, M, n, rows, columns, filters)
        if whole is not y:
            y[...] = whole[:, :height, :width]

    def split(self, dy: Array, dY: Array) -> None:
        """dy cut into tiles (m m, tiles, filters), with zeros where it ends."""
        n, height, width, filters = dy.shape
        rows, columns = self.grid
        whole = dy
        if (height, width) != (rows * M, columns * M):
            whole = self.room("whole", n, rows * M, columns * M, filters)
            whole[:, :height, :width] = dy
        dY.reshape(M, M, n, rows, columns, filters)[...] = self.in_tiles(whole)

    def in_tiles(self, images: Array) -> Array:
        """A view (m, m, images, tiles down, tiles across, channels)."""
        n, height, width, channels = images.shape
        tiles = images.reshape(n, height // M, M, width // M, M, channels)
        return tiles.transpose(2, 4, 0, 1, 3, 5)

    def overlap_add(self, dd: Array, dx: Array) -> None:
        """Add up tiles (n n, tiles, channels) that lie m apart; cut off the padding."""
        n, height, width, channels = dx.shape
        rows, columns = self.grid
        dd = dd.reshape(self.n, self.n, n, rows, columns, channels)
        # First among the tiles, where long runs are contiguous: what a tile has beyond
        # its m x m core on the right goes to its right neighbour, then what it has
        # below to the tile below.
        over = self.r - 1
        dd[:, :over, :, :, 1:] += dd[:, M:, :, :, :-1]
        dd[:over, :, :, 1:] += dd[M:, :, :, :-1]
        # Then the cores side by side, and what the last ones have beyond.
        padded = self.room("summed", n, (rows + 1) * M, (columns + 1) * M, channels)
        tiles = self.in_tiles(padded)
        tiles[:, :, :, :-1, :-1] = dd[:M, :M]
        tiles[:over, :, :, -1, :-1] = dd[M:, :M, :, -1]
        tiles[:, :over, :, :-1, -1] = dd[:M, M:, :, :, -1]
        tiles[:over, :over, :, -1, -1] = dd[M:, M:, :, -1, -1]
        top, left = self.top, self.left
        dx[...] = padded[:, top : top + height, left : left + width]
