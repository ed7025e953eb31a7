"""Chapter 5: functions and random generators as arguments."""

import numpy as np

FUNCTIONS = {
    "step": lambda z: (np.asarray(z) >= 0).astype(int),
    "sign": np.sign,
    "sin": np.sin,
    "cube": lambda z: z**3,
}


def difference(central_difference, f, z, eps):
    """central_difference(f, z, eps) for a function that is given by its name."""
    return central_difference(FUNCTIONS[f], z, eps)


def shares(measured_fraction, n, seeds, labelings):
    """measured_fraction(n, rng, labelings) for a generator of each seed."""
    return [
        measured_fraction(n, np.random.default_rng(seed), labelings) for seed in seeds
    ]
