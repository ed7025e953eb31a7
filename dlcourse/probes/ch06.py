"""Chapter 6: random generators as arguments."""

import numpy as np


def means(mean_pieces, widths, seeds, nets):
    """mean_pieces(widths, rng, nets) for a generator of each seed."""
    return [mean_pieces(widths, np.random.default_rng(seed), nets) for seed in seeds]
