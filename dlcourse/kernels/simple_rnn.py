"""The simple recurrent cell: h_t = phi(x_t W + h_{t-1} U + b)."""

import numpy as np

Array = np.ndarray


def step(x, h, weights, phi, sigma=None):
    """One step: x (batch, d), h (batch, units) -> ((h',), cache)."""
    W, U, b = weights
    z = x @ W + h @ U + b
    y = phi(z)
    return (y,), (x, h, z, y)


def step_backward(dstates, cache, weights, phi, sigma=None):
    """(dx, (dh,), (dW, dU, db)) of one step from (dh',)."""
    (dy,), (W, U, _) = dstates, weights
    x, h, z, y = cache
    dz = phi.vjp(dy, z, y)
    return dz @ W.T, (dz @ U.T,), (x.T @ dz, h.T @ dz, dz.sum(axis=0))
