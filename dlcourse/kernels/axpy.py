"""w += a g in one pass: the step of every optimizer.

NumPy takes two passes, and an array for a g. BLAS has the operation by this name (a x
plus y); SciPy, which comes with scikit-learn, gives access to it.

It is called in pieces so small that OpenBLAS takes one thread for each. SciPy and NumPy
bring an OpenBLAS each: where both have more threads, those of one wait, busily, in the
way of the other, and a training step takes ten times as long.
"""

import functools

import numpy as np

Array = np.ndarray
PIECE = 10_000  # up to here OpenBLAS takes one thread


def add_scaled_textbook(w: Array, a: float, g: Array) -> None:
    """w += a g, in place."""
    w += w.dtype.type(a) * g


def add_scaled(w: Array, a: float, g: Array) -> None:
    """The same, by BLAS where both are contiguous and of one dtype that BLAS knows."""
    fits = w.dtype == g.dtype and w.flags.c_contiguous and g.flags.c_contiguous
    axpy = _axpy(w.dtype.char) if fits and w.shape == g.shape else None
    if axpy is None or not w.size:
        add_scaled_textbook(w, a, g)
    else:
        x, y, n = g.reshape(-1), w.reshape(-1), w.size
        for begin in range(0, n, PIECE):
            axpy(x, y, n=min(PIECE, n - begin), a=a, offx=begin, offy=begin)


@functools.cache
def _axpy(dtype: str):
    """BLAS' routine for "f", float32, and "d", float64; loaded when first needed."""
    from scipy.linalg import blas

    return {"f": blas.saxpy, "d": blas.daxpy}.get(dtype)
