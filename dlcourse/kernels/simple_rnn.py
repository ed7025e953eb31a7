"""The simple recurrent cell: h_t = phi(x_t W + h_{t-1} U + b)."""

import numpy as np

from dlcourse.kernels.blocks import stacked_rows

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


# -- the fast form, for phi = tanh


def forward(x, states, mask, weights):
    """(h (T, batch, units), (h_T,), cache) of the whole sequence, as scan(step, ...).

    x_t W + h U + b is one product, [x_t, h, 1] [W; U; b]. The rows [x_t, h, 1] of all
    steps stand in one array, which the gradients of all weights need as it is.
    """
    A = np.vstack(weights)  # (d + units + 1, units)
    rows = stacked_rows(x, states[0])
    h = rows[..., x.shape[2] : -1]
    for t in range(len(x)):
        y = np.tanh(rows[t] @ A)
        h[t + 1] = y if mask is None else np.where(mask[t], y, h[t])
    return h[1:], (h[-1],), (rows, mask)


def backward(dh, dstates, cache, weights):
    """As scan_backward(step_backward, ...)."""
    (W, U, _), (rows, mask) = weights, cache
    d, batch = len(W), rows.shape[1]
    h = rows[1:, :, d:-1]
    dz = 1 - h * h  # phi', and in the loop dL/dz
    if mask is not None:
        dz *= mask
    carried, UT = None if mask is None else ~mask, np.ascontiguousarray(U.T)
    (state,) = dstates
    for t in reversed(range(len(dz))):
        if dh is not None:
            state = state + dh[t]
        dz[t] *= state
        before = dz[t] @ UT
        state = before if carried is None else before + state * carried[t]
    dz = dz.reshape(-1, len(U))
    dA = rows[:-1].reshape(-1, rows.shape[2]).T @ dz
    dx = (dz @ W.T).reshape(-1, batch, d)
    return dx, (state,), (dA[:d], dA[d:-1], dA[-1])
