"""Dropout's relatives; their twins get the noise that was drawn."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers

SHAPES = {
    "AlphaDropout": (5,),
    "GaussianDropout": (3, 4),
    "GaussianNoise": (3, 4),
    "SpatialDropout1D": (4, 5),
    "SpatialDropout2D": (2, 3, 5),
}


def noise(name: str) -> list[LayerCase]:
    cls, shape = getattr(layers, name), SHAPES[name]
    return [
        LayerCase(f"{name}-off", lambda: [cls(0.4)], shape),
        LayerCase(f"{name}-training", lambda: [cls(0.4)], shape, seed=3),
        LayerCase(f"{name}-zero", lambda: [cls(0.0), layers.Dense(2)], shape, seed=3),
        LayerCase(
            f"{name}-between",
            lambda: [layers.Dense(4), cls(0.5), layers.Dense(3)],
            shape,
            seed=4,
        ),
    ]


LAYERS = {name: noise(name) for name in SHAPES}
LAYERS["AlphaDropout"].append(
    LayerCase(
        "AlphaDropout-noise-shape",
        lambda: [layers.AlphaDropout(0.5, noise_shape=(None, 1, 5))],
        (4, 5),
        seed=3,
    )
)

X, RNG = np.ones((2, 3, 4)), np.random.default_rng
V, T = ValueError, TypeError
# fmt: off
BAD_INPUT = [
    (lambda: layers.Dropout(0.5, noise_shape=3), V, "Dropout: expected noise_shape to be a tuple", "got 3"),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 0)), V, "Dropout: expected each entry of noise_shape"),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 2, 4))(X), V, "x that fits noise_shape=(None, 2, 4), got shape (2, 3, 4)"),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 1))(X), V, "x that fits noise_shape=(None, 1), got shape (2, 3, 4)"),
    (lambda: layers.AlphaDropout(1.0), V, "AlphaDropout: expected rate in [0, 1), got 1.0"),
    (lambda: layers.AlphaDropout(0.5)(X, training=True), T, "AlphaDropout(0.5): expected rng"),
    (lambda: layers.SpatialDropout1D(-0.1), V, "SpatialDropout1D: expected rate in [0, 1), got -0.1"),
    (lambda: layers.SpatialDropout1D(0.5)(X[0]), V, "SpatialDropout1D(0.5): expected x of shape (batch, time, features)"),
    (lambda: layers.SpatialDropout2D(0.5)(X), V, "SpatialDropout2D(0.5): expected x of shape (batch, height, width, channels), got (2, 3, 4)"),
    (lambda: layers.GaussianDropout("0.5"), V, "GaussianDropout: expected rate", "got '0.5'"),
    (lambda: layers.GaussianNoise(2), V, "GaussianNoise: expected stddev in [0, 1], got 2"),
    (lambda: layers.GaussianNoise(0.1)(X, training=True), T, "GaussianNoise(0.1): expected rng"),
]
