"""Pooling. Ties of a maximum, and how they are resolved, are in tests/test_pooling.py."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers

X2, X1 = np.ones((2, 5, 4, 3)), np.ones((2, 6, 3))


def windows(name: str) -> list[LayerCase]:
    """Sizes, strides and padding over odd and even lengths, overlapping and with gaps."""
    cls = getattr(layers, name)
    if name.endswith("2D"):
        options = {
            "plain": ({}, (4, 6, 2)),
            "odd": ({}, (5, 7, 2)),
            "overlap": ({"pool_size": 3, "strides": 2}, (7, 5, 2)),
            "dense": ({"pool_size": (3, 2), "strides": 1}, (4, 5, 2)),
            "gaps": ({"pool_size": (1, 2), "strides": (2, 3)}, (5, 8, 2)),
            "whole": ({"pool_size": (3, 4)}, (3, 4, 1)),
            "same": ({"padding": "same"}, (5, 7, 2)),
            "same-overlap": (
                {"pool_size": 3, "strides": 2, "padding": "same"},
                (6, 7, 1),
            ),
            "same-dense": (
                {"pool_size": (4, 3), "strides": 1, "padding": "same"},
                (3, 4, 2),
            ),
            "same-gaps": (
                {"pool_size": 1, "strides": (2, 3), "padding": "same"},
                (4, 5, 2),
            ),
            "one-pixel": ({"pool_size": 3, "padding": "same"}, (1, 1, 2)),
        }
    else:
        options = {
            "plain": ({}, (6, 3)),
            "odd": ({}, (7, 3)),
            "overlap": ({"pool_size": 4, "strides": 3}, (8, 2)),
            "gaps": ({"pool_size": 2, "strides": 3}, (9, 2)),
            "same": ({"pool_size": 3, "padding": "same"}, (7, 2)),
            "same-dense": ({"pool_size": 4, "strides": 1, "padding": "same"}, (5, 2)),
        }
    # The pool_size of averages has no default, as in Keras.
    default = {"pool_size": 2} if name.startswith("Average") else {}
    return [
        LayerCase(
            f"{name}-{what}",
            lambda chosen=chosen: [cls(**{**default, **chosen})],
            shape,
        )
        for what, (chosen, shape) in options.items()
    ]


def whole(name: str) -> list[LayerCase]:
    """Global pooling."""
    cls = getattr(layers, name)
    shape = (3, 4, 2) if name.endswith("2D") else (5, 3)
    return [
        LayerCase(name, lambda: [cls()], shape),
        LayerCase(f"{name}-keepdims", lambda: [cls(keepdims=True)], shape),
        LayerCase(f"{name}-then-dense", lambda: [cls(), layers.Dense(3)], shape),
    ]


def padded(rng, shape):
    """Sequences padded behind, one step more in each sample. Steps that do not count are
    far below zero: relu makes them 0, exactly, also where finite differences move them."""
    x = 1 + rng.normal(size=shape)
    x[..., 0] = np.abs(x[..., 0]) + 0.1  # the others stay above the kink somewhere
    for n in range(len(x)):
        x[n, shape[1] - n % shape[1] :] = -50
    return x


LAYERS = {
    name: (whole if name.startswith("Global") else windows)(name)
    for name in (
        "MaxPooling1D",
        "MaxPooling2D",
        "AveragePooling1D",
        "AveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
    )
}
LAYERS["GlobalAveragePooling1D"] += [
    LayerCase(
        f"GlobalAveragePooling1D-mask{'-keepdims' * keepdims}",
        lambda keepdims=keepdims: [
            layers.Activation("relu"),
            layers.Masking(),
            layers.GlobalAveragePooling1D(keepdims=keepdims),
        ],
        (5, 3),
        draw=padded,
    )
    for keepdims in (False, True)
]

# Where "same" pads one side more than the other.
_BORDER = "Keras' PyTorch backend pads with copies of the border and counts them; TensorFlow and JAX count real entries"
NOT_ON = {
    "torch": {
        "AveragePooling1D-same-dense": _BORDER,
        "AveragePooling2D-same-overlap": _BORDER,
        "AveragePooling2D-same-dense": _BORDER,
    }
}

V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: layers.MaxPooling2D(0), V, "MaxPooling2D: expected pool_size to be a positive whole number, got 0"),
    (lambda: layers.MaxPooling2D((2, 2, 2)), V, "MaxPooling2D: expected pool_size", "or 2 of them, got (2, 2, 2)"),
    (lambda: layers.AveragePooling1D(2, strides=-1), V, "AveragePooling1D: expected strides"),
    (lambda: layers.MaxPooling1D(padding="full"), V, "MaxPooling1D: expected padding", "got 'full'"),
    (lambda: layers.MaxPooling2D()(X2[..., 0]), V, "MaxPooling2D((2, 2)): expected x of shape (batch, height, width, channels), got (2, 5, 4). Add the channel axis: x[..., np.newaxis]."),
    (lambda: layers.MaxPooling2D()(np.ones((2, 8))), V, "expected x of shape (batch, height, width, channels), got (2, 8)"),
    (lambda: layers.MaxPooling2D(6)(X2), V, "MaxPooling2D((6, 6)): expected x with at least 6 entries", "padding='same'"),
    (lambda: layers.MaxPooling2D(6).build((None, 5, 4, 3)), V, "expected x with at least 6 entries"),
    (lambda: layers.AveragePooling1D(7)(X1), V, "AveragePooling1D(7): expected x with at least 7"),
    (lambda: layers.AveragePooling1D(2)(X2), V, "AveragePooling1D(2): expected x of shape (batch, time, features), got (2, 5, 4, 3)"),
    (lambda: layers.GlobalMaxPooling1D()(X2), V, "GlobalMaxPooling1D: expected x of shape (batch, time, features)"),
    (lambda: layers.GlobalAveragePooling2D()(X1), V, "GlobalAveragePooling2D: expected x of shape (batch, height, width, channels), got (2, 6, 3)"),
    (lambda: layers.GlobalAveragePooling1D().forward(X1, mask=np.ones((2, 5))), V, "expected a mask of shape (2, 6)", "got (2, 5)"),
    (lambda: layers.GlobalAveragePooling1D().forward(X1, mask=np.eye(2, 6) * [[1], [0]]), V, "at least one real time step", "sample 1"),
]
