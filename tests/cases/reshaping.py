"""Borders, larger images, other shapes. Bilinear UpSampling2D has float32 alone on TensorFlow's CPU: tests/test_reshaping.py."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers

IMAGE = (3, 4, 2)


def options(name: str, shape: tuple, table: dict) -> list[LayerCase]:
    cls = getattr(layers, name)
    return [
        LayerCase(f"{name}-{what}", lambda chosen=chosen: [cls(**chosen)], shape)
        for what, chosen in table.items()
    ]


LAYERS = {
    "ZeroPadding2D": options(
        "ZeroPadding2D",
        IMAGE,
        {
            "plain": {},
            "one": {"padding": 2},
            "pair": {"padding": (0, 3)},
            "four": {"padding": ((1, 0), (2, 3))},
        },
    ),
    "Cropping2D": options(
        "Cropping2D",
        (5, 6, 2),
        {
            "plain": {},
            "one": {"cropping": 1},
            "pair": {"cropping": (2, 0)},
            "four": {"cropping": ((1, 0), (2, 3))},
        },
    ),
    "UpSampling2D": options(
        "UpSampling2D",
        IMAGE,
        {"plain": {}, "pair": {"size": (1, 3)}, "one": {"size": 3}},
    ),
    "Reshape": [
        *options(
            "Reshape",
            IMAGE,
            {
                "plain": {"target_shape": (4, 6)},
                "rest": {"target_shape": (2, -1, 3)},
                "flat": {"target_shape": (-1,)},
            },
        ),
        LayerCase(
            "Reshape-between",
            lambda: [layers.Dense(6), layers.Reshape((2, 3)), layers.Dense(2)],
        ),
    ],
    "Permute": [
        *options(
            "Permute",
            IMAGE,
            {"three": {"dims": (3, 1, 2)}, "same": {"dims": (1, 2, 3)}},
        ),
        LayerCase(
            "Permute-two", lambda: [layers.Permute((2, 1)), layers.Dense(2)], (3, 4)
        ),
    ],
}

X = np.ones((2, 3, 4, 2))
V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: layers.ZeroPadding2D(-1), V, "ZeroPadding2D: expected padding to be a whole number >= 0, got -1"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), V, "ZeroPadding2D: expected padding", "((top, bottom), (left, right)), got (1, 2, 3)"),
    (lambda: layers.ZeroPadding2D(1.5), V, "ZeroPadding2D: expected padding", "got 1.5"),
    (lambda: layers.ZeroPadding2D()(X[0]), V, "expected x of shape (batch, height, width, channels)", "Add the channel axis"),
    (lambda: layers.Cropping2D(((1, 1), (2,))), V, "Cropping2D: expected cropping", "2 of them, got (2,)"),
    (lambda: layers.Cropping2D(2)(X), V, "Cropping2D(((2, 2), (2, 2))): expected images larger than what is cut off, got shape (2, 3, 4, 2)"),
    (lambda: layers.Cropping2D(((1, 2), (0, 0)))(X), V, "expected images larger than what is cut off"),
    (lambda: layers.UpSampling2D(0), V, "UpSampling2D: expected size"),
    (lambda: layers.UpSampling2D(2, "bilinar"), V, "UpSampling2D interpolation", "Did you mean 'bilinear'?"),
    (lambda: layers.UpSampling2D()(X[0]), V, "UpSampling2D((2, 2), 'nearest'): expected x of shape"),
    (lambda: layers.Reshape(24), V, "Reshape: expected target_shape to be a tuple", "got 24"),
    (lambda: layers.Reshape((-1, -1)), V, "Reshape: expected at most one -1"),
    (lambda: layers.Reshape((0, 2)), V, "Reshape: expected each entry of target_shape"),
    (lambda: layers.Reshape((5, 5))(X), V, "Reshape((5, 5)): expected samples with as many entries", "got (3, 4, 2) with 24"),
    (lambda: layers.Reshape((5, -1))(X), V, "Reshape((5, -1)): expected samples"),
    (lambda: layers.Reshape((6,)).build((None, None, 2)), V, "expected every axis but the first to be known"),
    (lambda: layers.Permute((0, 1)), V, "Permute: expected dims to be a permutation", "got (0, 1)"),
    (lambda: layers.Permute(2), V, "Permute: expected dims", "got 2"),
    (lambda: layers.Permute((2, 1))(X), V, "Permute((2, 1)): expected x with 2 axes beside the batch axis, got shape (2, 3, 4, 2)"),
]
