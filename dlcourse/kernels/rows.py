"""Adding to rows, and adding rows up: biases, and rows of an embedding."""

import numpy as np

Array = np.ndarray

WIDE = 128  # numbers in a row that NumPy adds without noticeable cost for the row


def add_to_rows(z: Array, b: Array) -> None:
    """z += b in place, for contiguous z (..., n) and b (n,).

    NumPy takes a row at a time, and rows of 6 numbers cost 4 times as much as one long
    row: so k short rows are taken as one, with b k times behind itself.
    """
    k = _rows_at_once(z)
    if k > 1:
        z, b = z.reshape(-1, k * z.shape[-1]), np.tile(b, k)
    z += b


def sum_of_rows(z: Array) -> Array:
    """The sum of contiguous z (..., n) over all axes but the last: (n,).

    As a product with ones, which adds up 9 times as fast as z.sum(axis=0) where z has
    many rows; short rows several at a time, as above.
    """
    k, n = _rows_at_once(z), z.shape[-1]
    rows = z.reshape(-1, k * n)
    return (np.ones(len(rows), z.dtype) @ rows).reshape(k, n).sum(axis=0)


def _rows_at_once(z: Array) -> int:
    """How many rows to take as one: the last axes of z that make a row WIDE enough."""
    k = 1
    for size in z.shape[-2::-1]:
        if k * z.shape[-1] >= WIDE:
            break
        k *= size
    return max(k, 1)


def add_rows_textbook(total: Array, ids: Array, rows: Array) -> None:
    """total[ids[k]] += rows[k] for every k, in place; an id may come several times."""
    for place, row in zip(ids, rows, strict=True):
        total[place] += row


def add_rows(total: Array, ids: Array, rows: Array) -> None:
    """The same, 2 to 4 times faster than np.add.at(total, ids, rows).

    np.add.at has a fast way for flat arrays alone: so the rows are addressed number by
    number, some thousand rows at a time, which bounds the memory for the addresses.
    """
    flat, width = total.reshape(-1), rows.shape[1]
    step = max(2**16 // width, 1)
    for start in range(0, len(ids), step):
        part = slice(start, start + step)
        places = ids[part, np.newaxis] * width + np.arange(width)
        np.add.at(flat, places.ravel(), rows[part].ravel())
