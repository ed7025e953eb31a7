"""The textbook form of a recurrent layer: one step of a cell, repeated over time.

A cell is a pair of functions of one step,

    new_states, cache = step(x, *states, weights, phi, sigma)
    dx, dstates, grads = step_backward(dstates, cache, weights, phi, sigma)

with x (batch, d), states a tuple of (batch, units) whose first is the output h, and
weights = (W, U, b). `scan` runs it along x (T, batch, d), `scan_backward` back: that is
backpropagation through time. Cost and memory grow linearly with T.

mask (T, batch, 1), True where a step counts, or None: a step that does not count
carries the states along.
"""

import numpy as np

Array = np.ndarray


def scan(
    step, x: Array, states: tuple[Array, ...], mask: Array | None, *options
) -> tuple[Array, tuple[Array, ...], tuple]:
    """(h of every step (T, batch, units), the last states, cache)."""
    outputs, caches = [], []
    for t in range(len(x)):
        new, cache = step(x[t], *states, *options)
        if mask is not None:
            pairs = zip(new, states, strict=True)
            new = tuple(np.where(mask[t], now, before) for now, before in pairs)
        states = new
        outputs.append(states[0])
        caches.append(cache)
    return np.stack(outputs), states, (caches, mask)


def scan_backward(
    step_backward, dh: Array | None, dstates: tuple[Array, ...], cache, *options
) -> tuple[Array, tuple[Array, ...], tuple[Array, ...]]:
    """(dx (T, batch, d), gradients of the first states, gradients of the weights).

    dh (T, batch, units) is dL/dh of every step, where the loss sees them all; dstates
    is dL/d of the last states.
    """
    caches, mask = cache
    dx, total = [], None
    for t in reversed(range(len(caches))):
        if dh is not None:  # h_t acts on the loss itself and through step t + 1
            dstates = (dstates[0] + dh[t], *dstates[1:])
        here = dstates if mask is None else [d * mask[t] for d in dstates]
        dx_t, before, grads = step_backward(here, caches[t], *options)
        if mask is not None:  # where the states were carried, so is their gradient
            pairs = zip(before, dstates, strict=True)
            before = tuple(b + d * ~mask[t] for b, d in pairs)
        dstates = before
        dx.append(dx_t)
        # The same weights act at every step: their gradients add up.
        total = (
            grads
            if total is None
            else [a + g for a, g in zip(total, grads, strict=True)]
        )
    return np.stack(dx[::-1]), dstates, tuple(total)
