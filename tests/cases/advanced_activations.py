"""Activation layers with options. TensorFlow rounds LeakyReLU's slope and ReLU's bounds to float32: those here are sums of powers of 2, the default 0.3 is in tests/test_advanced_activations.py."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers

IMAGE = (3, 4, 2)


def options(name: str, table: dict) -> list[LayerCase]:
    cls = getattr(layers, name)
    return [
        LayerCase(f"{name}-{what}", lambda chosen=chosen: [cls(**chosen)], shape)
        for what, (shape, chosen) in table.items()
    ]


LAYERS = {
    "ReLU": options(
        "ReLU",
        {
            "plain": ((5,), {}),
            "images": (IMAGE, {"negative_slope": 0.25}),
            "six": ((20,), {"max_value": 6.0}),
            "max": ((20,), {"max_value": 1.5}),
            "threshold": ((20,), {"threshold": 0.75}),
            "all": (
                (20,),
                {"max_value": 1.5, "negative_slope": 0.125, "threshold": 0.5},
            ),
            "max-slope": ((20,), {"max_value": 1.5, "negative_slope": 0.5}),
        },
    ),
    "LeakyReLU": options(
        "LeakyReLU",
        {
            "quarter": ((5,), {"negative_slope": 0.25}),
            "images": (IMAGE, {"negative_slope": 0.5}),
            "zero": ((5,), {"negative_slope": 0.0}),
        },
    ),
    "PReLU": options(
        "PReLU",
        {
            "plain": ((5,), {}),
            "images": (IMAGE, {}),
            "shared": (IMAGE, {"shared_axes": [1, 2]}),
            "one-axis": (IMAGE, {"shared_axes": 2}),
            "one-for-all": ((5,), {"shared_axes": (1,)}),
        },
    ),
    "ELU": options(
        "ELU",
        {
            "plain": ((5,), {}),
            "alpha": (IMAGE, {"alpha": 0.3}),
            "zero": ((5,), {"alpha": 0.0}),
        },
    ),
    "Softmax": options(
        "Softmax",
        {
            "plain": ((5,), {}),
            "axis": (IMAGE, {"axis": 1}),
            "axes": (IMAGE, {"axis": (1, 2)}),
            "axis-2": (IMAGE, {"axis": -2}),
        },
    ),
}

X = np.ones((2, 3, 4))


def prelu(shape=(None, 3, 4), **chosen):
    layer = layers.PReLU(**chosen)
    layer.build(shape, rng=0)
    return layer


V, R = ValueError, RuntimeError
# fmt: off
BAD_INPUT = [
    (lambda: layers.ReLU(max_value=-1), V, "ReLU: expected max_value", "got -1"),
    (lambda: layers.ReLU(negative_slope=None), V, "ReLU: expected negative_slope", "got None"),
    (lambda: layers.ReLU(threshold=-0.5), V, "ReLU: expected threshold"),
    (lambda: layers.LeakyReLU(-0.1), V, "LeakyReLU: expected negative_slope", "got -0.1"),
    (lambda: layers.ELU("big"), V, "ELU: expected alpha", "got 'big'"),
    (lambda: layers.PReLU(shared_axes=[0]), V, "PReLU: expected shared_axes to be whole numbers from 1", "got [0]"),
    (lambda: layers.PReLU()(X), R, "PReLU: expected a built layer"),
    (lambda: prelu(shared_axes=[3]), V, "PReLU: expected x with an axis 3 to share alpha along, got shape (None, 3, 4)"),
    (lambda: prelu((None, None, 4)), V, "PReLU: expected every axis that alpha has to be known", "shared_axes"),
    (lambda: prelu()(X[:, :2]), V, "PReLU: expected x that fits alpha of shape (3, 4), got (2, 2, 4)"),
    (lambda: layers.Softmax(axis=0.5), V, "Softmax: expected axis to be a whole number", "got 0.5"),
    (lambda: layers.Softmax(axis=3)(X), V, "Softmax: expected x with an axis 3, got shape (2, 3, 4)"),
    (lambda: layers.Softmax().forward(X, mask=np.ones((2, 3))), V, "Softmax: expected a mask of shape (2, 3, 4), as x, or with ones in it, got (2, 3)"),
]
