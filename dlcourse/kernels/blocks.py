"""How the fast recurrent kernels lay out their arrays."""

import numpy as np

Array = np.ndarray


def stacked_rows(x: Array, h: Array) -> Array:
    """[x_t, h_{t-1}, 1] of every step and one more: (T + 1, batch, d + units + 1).

    One product of such a row with [W; U; b] is x_t W + h_{t-1} U + b, and the gradients
    of the three come from one product, too. Of the states only the first is filled in.
    """
    time, batch, d = x.shape
    rows = np.empty((time + 1, batch, d + h.shape[1] + 1), h.dtype)
    rows[:-1, :, :d], rows[-1, :, :d] = x, 0
    rows[0, :, d:-1], rows[..., -1] = h, 1
    return rows


def blocks(columns: Array, gates: int) -> Array:
    """(n, gates units) -> (gates, n, units): the columns of each gate by themselves.

    So the result of a product is one array without gaps for each gate; and the products
    stay small: up to about 10^6 multiplications OpenBLAS does without the copies of its
    operands that it makes for large ones.
    """
    return np.array(columns.reshape(len(columns), gates, -1).swapaxes(0, 1), order="C")


def joined(parts: Array) -> Array:
    """(gates, n, units) -> (n, gates units), back from `blocks`."""
    return parts.swapaxes(0, 1).reshape(parts.shape[1], -1)
