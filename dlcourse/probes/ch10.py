"""Chapter 10: two functions that share what one keeps, a class with a state."""

import numpy as np

FUNCTIONS = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    ),
    "shifted sine": (lambda z: np.sin(z) + 3, np.cos),
    "leaky relu": (
        lambda z: np.where(z > 0, z, 0.1 * z),
        lambda z: np.where(z > 0, 1.0, 0.1),
    ),
}


def both(forward, backward, x, gamma, beta, epsilon, dy):
    """(y, gradients), what forward keeps being handed to backward."""
    found = forward(x, gamma, beta, epsilon)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return found
    y, kept = found
    return y, backward(dy, kept)


def norm(Norm, momentum, epsilon, gamma, beta, batches, flags):
    """After each call of forward: (y, mean, variance)."""
    layer = Norm(len(gamma), momentum, epsilon)
    layer.gamma, layer.beta = np.array(gamma), np.array(beta)
    found = []
    for x, training in zip(batches, flags, strict=True):
        y = layer.forward(x, training)
        found.append((y, np.array(layer.mean), np.array(layer.variance)))
    return found


def growth(growth, name):
    """growth(phi, slope) of functions that are given by their name."""
    return growth(*FUNCTIONS[name])
