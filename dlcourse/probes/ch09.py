"""Chapter 9: random generators and activation functions as arguments."""

import numpy as np

FUNCTIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "identity": lambda z: z,
    "abs": np.abs,
    "step": lambda z: (np.asarray(z) >= 0).astype(float),
    "softplus": lambda z: np.logaddexp(0, z),
}


def drawn(draw, seeds, *arguments):
    """draw(*arguments, rng) for a generator of each seed."""
    return [draw(*arguments, np.random.default_rng(seed)) for seed in seeds]


def twice(draw, seed, *arguments):
    """Two draws from one generator."""
    rng = np.random.default_rng(seed)
    return [draw(*arguments, rng), draw(*arguments, rng)]


def of_function(function, name):
    """function(phi) for an activation that is given by its name."""
    return function(FUNCTIONS[name])
