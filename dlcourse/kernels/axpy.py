"""w += a g in one pass: the step of every optimizer.

NumPy takes two passes, and an array for a g. BLAS has the operation by this name (a x
plus y); SciPy, which comes with scikit-learn, gives access to it.
"""

import functools

import numpy as np

Array = np.ndarray


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
        axpy(g.reshape(-1), w.reshape(-1), a=a)


@functools.cache
def _axpy(dtype: str):
    """BLAS' routine for "f", float32, and "d", float64; loaded when first needed."""
    from scipy.linalg import blas

    return {"f": blas.saxpy, "d": blas.daxpy}.get(dtype)
