"""Long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of
Gers, Schmidhuber and Cummins, 2000).

    i, f, o = sigma(x W_k + h U_k + b_k)      input, forget and output gate
    g = phi(x W_c + h U_c + b_c)              candidate
    c' = f c + i g,   h' = o phi(c')

The columns of W (d, 4 units), U (units, 4 units) and b stand in Keras' order i, f, c,
o.
"""

import numpy as np

from dlcourse.kernels.blocks import stacked, stacked_rows

Array = np.ndarray


def step(x, h, c, weights, phi, sigma):
    """One step: x (batch, d), h and c (batch, units) -> ((h', c'), cache)."""
    W, U, b = weights
    z = np.split(x @ W + h @ U + b, 4, axis=1)  # four of (batch, units)
    i, f, g, o = sigma(z[0]), sigma(z[1]), phi(z[2]), sigma(z[3])
    c_new = f * c + i * g
    p = phi(c_new)
    return (o * p, c_new), (x, h, c, z, (i, f, g, o), c_new, p)


def step_backward(dstates, cache, weights, phi, sigma):
    """(dx, (dh, dc), (dW, dU, db)) of one step from (dh', dc')."""
    (dh, dc), (W, U, _) = dstates, weights
    x, h, c, z, (i, f, g, o), c_new, p = cache
    dc = dc + phi.vjp(dh * o, c_new, p)  # c' acts through h' and through the next step
    dz = np.concatenate(
        [
            sigma.vjp(dc * g, z[0], i),
            sigma.vjp(dc * c, z[1], f),
            phi.vjp(dc * i, z[2], g),
            sigma.vjp(dh * p, z[3], o),
        ],
        axis=1,
    )  # (batch, 4 units)
    return dz @ W.T, (dz @ U.T, dc * f), (x.T @ dz, h.T @ dz, dz.sum(axis=0))


# -- the fast form, for phi = tanh and sigma = sigmoid


def forward(x, states, mask, weights):
    """(h (T, batch, units), (h_T, c_T), cache) of the sequence, as scan(step, ...).

    - One product a step, [x_t, h, 1] [W; U; b], in four blocks: see `stacked`.
    - sigma(z) = (1 + tanh(z / 2)) / 2: with the gates' columns halved, one tanh serves
      all four.
    - Results are written where they are kept: no array is made in the loop.
    """
    h0, c0 = states
    (time, batch, d), units = x.shape, h0.shape[1]
    A = stacked(_gates(np.vstack(weights)))  # (4, d + units + 1, units)
    A[:3] *= 0.5
    rows = stacked_rows(x, h0)  # [x_t, h, 1]
    h = rows[..., d:-1]
    z = np.empty((4, time, batch, units), h0.dtype)
    c = np.empty((time + 1, batch, units), h0.dtype)
    p, new = np.empty_like(z[0]), np.empty_like(c0)
    c[0] = c0
    for t in range(time):
        gates = z[:, t]
        np.matmul(rows[t], A, out=gates)
        np.tanh(gates, out=gates)
        gates[:3] *= 0.5
        gates[:3] += 0.5
        o, i, f, g = gates
        np.multiply(f, c[t], out=c[t + 1])
        np.multiply(i, g, out=new)
        c[t + 1] += new
        np.tanh(c[t + 1], out=p[t])
        np.multiply(o, p[t], out=h[t + 1])
        if mask is not None:
            np.copyto(c[t + 1], c[t], where=~mask[t])
            np.copyto(h[t + 1], h[t], where=~mask[t])
    return h[1:], (h[-1], c[-1]), (rows, z, c, p, mask)


def backward(dh, dstates, cache, weights):
    """As scan_backward(step_backward, ...).

    dL/dz of a step is dL/dh or dL/dc times factors that the forward pass knows: they
    are computed for all steps at once. What must wait for its turn is dz U^T and a few
    products of (batch, units).
    """
    (W, U, _), (rows, z, c, p, mask) = weights, cache
    o, i, f, g = z
    dz = np.empty_like(z)  # the factors, and in the loop dL/dz
    # dL/dz_o = dL/dh p sigma', dL/dz_i = dL/dc g sigma', dL/dz_f = dL/dc c_{t-1} sigma'
    for gate, factor, out in zip((o, i, f), (p, g, c[:-1]), dz[:3], strict=True):
        np.subtract(1, gate, out=out)
        out *= gate  # sigma' = sigma (1 - sigma)
        out *= factor
    to_c = np.empty_like(p)
    for tanh, factor, out in ((g, i, dz[3]), (p, o, to_c)):
        np.multiply(tanh, tanh, out=out)  # tanh' = 1 - tanh^2
        np.subtract(1, out, out=out)
        out *= factor  # dL/dz_g = dL/dc i tanh', dL/dc = dL/dh o tanh' + ...
    carried = None
    if mask is not None:  # where the states were carried, so are their gradients
        carried, f = ~mask, np.where(mask, f, 1)
        dz *= mask
        to_c *= mask
    UT = stacked([block.T for block in _gates(U)])
    state, dc = dstates[0].copy(), dstates[1].copy()
    parts, new = np.empty((4, *state.shape), z.dtype), np.empty_like(state)
    for t in reversed(range(len(p))):
        if dh is not None:
            state += dh[t]
        np.multiply(state, to_c[t], out=new)
        dc += new
        dz[0, t] *= state
        dz[1:, t] *= dc
        np.matmul(dz[:, t], UT, out=parts)
        if carried is None:
            np.add.reduce(parts, axis=0, out=state)
        else:
            state = parts.sum(axis=0) + state * carried[t]
        dc *= f[t]
    dz, seen = dz.reshape(4, -1, len(U)), rows[:-1].reshape(-1, rows.shape[2])
    (o, i, f, g), d = seen.T @ dz, len(W)
    dA = np.concatenate([i, f, g, o], axis=1)
    WT = stacked([block.T for block in _gates(W)])
    dx = np.matmul(dz, WT, out=np.empty((4, len(seen), d), z.dtype)).sum(axis=0)
    return dx.reshape(len(p), -1, d), (state, dc), (dA[:d], dA[d:-1], dA[-1])


def _gates(columns):
    """The columns of o, i, f, g: sigma acts on the first three, dL/dc on the others."""
    i, f, g, o = np.split(columns, 4, axis=1)
    return [o, i, f, g]
