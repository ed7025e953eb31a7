"""Gated recurrent unit (Cho et al., 2014).

    z, r = sigma(x W_k + h U_k + b_k)         update and reset gate
    g = phi(x W_h + b_h + (r h) U_h)          candidate, reset before the product
    g = phi(x W_h + b_h + r (h U_h + b'_h))   candidate, reset after it
    h' = z h + (1 - z) g

The columns of W (d, 3 units) and U (units, 3 units) stand in Keras' order z, r, h. With
the reset after the product there are two biases, b and b': one of x W, one of h U.
"""

import numpy as np

Array = np.ndarray


def step(x, h, weights, phi, sigma):
    """One step, reset after: x (batch, d), h (batch, units) -> ((h',), cache).

    b (2, 3 units).
    """
    W, U, b = weights
    a = np.split(x @ W + b[0], 3, axis=1)  # three of (batch, units)
    s = np.split(h @ U + b[1], 3, axis=1)
    z, r = sigma(a[0] + s[0]), sigma(a[1] + s[1])
    g = phi(a[2] + r * s[2])
    return (z * h + (1 - z) * g,), (x, h, a, s, z, r, g)


def step_backward(dstates, cache, weights, phi, sigma):
    """(dx, (dh,), (dW, dU, db)) of one step, reset after, from (dh',)."""
    (dh,), (W, U, _) = dstates, weights
    x, h, a, s, z, r, g = cache
    dz = sigma.vjp(dh * (h - g), a[0] + s[0], z)
    dg = phi.vjp(dh * (1 - z), a[2] + r * s[2], g)
    dr = sigma.vjp(dg * s[2], a[1] + s[1], r)
    da = np.concatenate([dz, dr, dg], axis=1)  # (batch, 3 units)
    ds = np.concatenate([dz, dr, dg * r], axis=1)
    db = np.stack([da.sum(axis=0), ds.sum(axis=0)])
    return da @ W.T, (dh * z + ds @ U.T,), (x.T @ da, h.T @ ds, db)


def step_reset_before(x, h, weights, phi, sigma):
    """One step, reset before: as `step`, b (3 units,)."""
    W, U, b = weights
    units = h.shape[1]
    a = np.split(x @ W + b, 3, axis=1)
    s = np.split(h @ U[:, : 2 * units], 2, axis=1)
    z, r = sigma(a[0] + s[0]), sigma(a[1] + s[1])
    q = a[2] + (r * h) @ U[:, 2 * units :]
    g = phi(q)
    return (z * h + (1 - z) * g,), (x, h, a, s, z, r, q, g)


def step_reset_before_backward(dstates, cache, weights, phi, sigma):
    """(dx, (dh,), (dW, dU, db)) of one step, reset before, from (dh',)."""
    (dh,), (W, U, _) = dstates, weights
    x, h, a, s, z, r, q, g = cache
    units = h.shape[1]
    dz = sigma.vjp(dh * (h - g), a[0] + s[0], z)
    dg = phi.vjp(dh * (1 - z), q, g)
    drh = dg @ U[:, 2 * units :].T
    dr = sigma.vjp(drh * h, a[1] + s[1], r)
    da = np.concatenate([dz, dr, dg], axis=1)  # (batch, 3 units)
    gates = da[:, : 2 * units]
    before = dh * z + drh * r + gates @ U[:, : 2 * units].T
    dU = np.concatenate([h.T @ gates, (r * h).T @ dg], axis=1)
    return da @ W.T, (before,), (x.T @ da, dU, da.sum(axis=0))
