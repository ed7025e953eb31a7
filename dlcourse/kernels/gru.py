"""Gated recurrent unit (Cho et al., 2014).

    z, r = sigma(x W_k + h U_k + b_k)         update and reset gate
    g = phi(x W_h + b_h + (r h) U_h)          candidate, reset before the product
    g = phi(x W_h + b_h + r (h U_h + b'_h))   candidate, reset after it
    h' = z h + (1 - z) g

The columns of W (d, 3 units) and U (units, 3 units) stand in Keras' order z, r, h. With
the reset after the product there are two biases, b and b': one of x W, one of h U.
"""

import numpy as np

from dlcourse.kernels.blocks import stacked

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


# -- the fast form, for reset after, phi = tanh and sigma = sigmoid


def forward(x, states, mask, weights):
    """(h (T, batch, units), (h_T,), cache) of the whole sequence, as scan(step, ...).

    - x W of all steps is one product before the loop; the biases go with it, but for
      that of h U_h, which the reset gate multiplies: it is the last row under U_h, with
      h = [h, 1].
    - sigma(z) = (1 + tanh(z / 2)) / 2: with the gates' columns halved, one tanh serves
      both.
    """
    (W, U, b), (h0,) = weights, states
    (time, batch, d), units = x.shape, h0.shape[1]
    x = np.array(x, h0.dtype, order="C").reshape(-1, d)  # of all steps
    bias, bias_h = b[0].copy(), np.zeros_like(b[1])
    bias[: 2 * units] += b[1, : 2 * units]
    bias_h[2 * units :] = b[1, 2 * units :]
    Wb = stacked(np.split(np.vstack([W, bias]), 3, axis=1))  # (3, d + 1, units)
    Ub = stacked(np.split(np.vstack([U, bias_h]), 3, axis=1))
    Wb[:2] *= 0.5
    Ub[:2] *= 0.5
    z = np.matmul(x, Wb[:, :-1], out=np.empty((3, len(x), units), h0.dtype))
    z += Wb[:, -1:]
    z = z.reshape(3, time, batch, units)  # x W + b, and in the loop z, r, g
    h = np.empty((time + 1, batch, units + 1), h0.dtype)
    h[0, :, :-1], h[..., -1] = h0, 1
    product = np.empty((3, batch, units), h0.dtype)
    s = np.empty_like(z[0])  # h U_h + b'_h
    for t in range(time):
        np.matmul(h[t], Ub, out=product)
        gates, g, before = z[:2, t], z[2, t], h[t, :, :-1]
        gates += product[:2]
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5
        s[t] = product[2]
        product[2] *= gates[1]
        g += product[2]
        np.tanh(g, out=g)
        new = before - g
        new *= gates[0]
        new += g  # z h + (1 - z) g
        h[t + 1, :, :-1] = new if mask is None else np.where(mask[t], new, before)
    return h[1:, :, :-1], (h[-1, :, :-1],), (x, h, z, s, mask)


def backward(dh, dstates, cache, weights):
    """As scan_backward(step_backward, ...).

    All of dL/dz is dL/dh times factors that the forward pass knows: they are computed
    for all steps at once, before the loop.
    """
    (W, U, _), (x, h, (z, r, g), s, mask) = weights, cache
    time, batch, units = z.shape
    back = np.empty((4, *z.shape), z.dtype)  # of z, r, r (h U_h), x W_h
    to_z, to_r, to_s, to_g = back
    np.subtract(1, z, out=to_g)
    np.multiply(to_g, z, out=to_z)
    to_z *= h[:-1, :, :-1] - g  # (h - g) sigma'
    to_g *= 1 - g * g  # (1 - z) tanh'
    np.multiply(to_g, r, out=to_s)
    np.subtract(1, r, out=to_r)
    to_r *= s
    to_r *= to_s  # to_g h U_h sigma'
    if mask is not None:  # where h was carried, so is its gradient
        back *= mask
        z = np.where(mask, z, 1)
    UT = stacked([block.T for block in np.split(U, 3, axis=1)])
    parts = np.empty((3, batch, units), z.dtype)
    state = dstates[0].copy()
    for t in reversed(range(time)):
        if dh is not None:
            state += dh[t]
        back[:, t] *= state
        state *= z[t]
        np.matmul(back[:3, t], UT, out=parts)
        state += np.add.reduce(parts, axis=0)
    back = back.reshape(4, -1, units)
    of_h, of_x = back[:3], (back[0], back[1], back[3])
    # h = [h, 1]: the last row under dU is db'.
    dUb = np.concatenate(list(h[:-1].reshape(-1, units + 1).T @ of_h), axis=1)
    dW = np.concatenate([x.T @ a for a in of_x], axis=1)
    blocks = zip(of_x, np.split(W, 3, axis=1), strict=True)
    dx = sum(a @ block.T for a, block in blocks).reshape(time, batch, -1)
    ones = np.ones(len(x), z.dtype)  # a product adds up faster than sum(axis=0)
    db = np.stack([np.concatenate([ones @ a for a in of_x]), dUb[-1]])
    return dx, (state,), (dW, dUb[:-1], db)
