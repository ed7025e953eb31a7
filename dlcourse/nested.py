"""Nested dicts of arrays: layer name -> weight name -> array."""

import numpy as np

Array = np.ndarray


def added(grads: dict, extra: dict) -> dict:
    """grads + extra, array by array, for the keys that extra has."""
    return {
        key: g
        if key not in extra
        else added(g, extra[key])
        if isinstance(g, dict)
        else g + extra[key]
        for key, g in grads.items()
    }


def arrays(tree: dict) -> list[Array]:
    """The arrays of a nested dict, in order."""
    found = []
    for value in tree.values():
        found += arrays(value) if isinstance(value, dict) else [value]
    return found
