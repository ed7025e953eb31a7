"""Long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of
Gers, Schmidhuber and Cummins, 2000).

    i, f, o = sigma(x W_k + h U_k + b_k)      input, forget and output gate
    g = phi(x W_c + h U_c + b_c)              candidate
    c' = f c + i g,   h' = o phi(c')

The columns of W (d, 4 units), U (units, 4 units) and b stand in Keras' order i, f, c,
o.
"""

import numpy as np

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
