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


def stacked(parts: list[Array]) -> Array:
    """np.stack(parts), from whole cache lines.

    So stand the columns of W or U that belong to one gate, (n, units), by themselves:
    the product with the stack gives one array without gaps for each gate. And it
    consists of small products: up to about 10^6 multiplications OpenBLAS does without
    the copies of its operands that it makes for large ones.
    """
    found = np.empty((len(parts), *parts[0].shape), parts[0].dtype)
    for place, part in zip(found, parts, strict=True):
        place[...] = part
    return found
