"""Batch, layer and group normalization; local response normalization has no twin."""

import numpy as np

from cases.base import LayerCase
from dlcourse import layers

IMAGE, SERIES = (3, 4, 6), (5, 3)


def padded(rng, shape):
    """Sequences padded behind, one step more in each sample. Steps that do not count are
    far below zero: relu makes them 0, exactly, also where finite differences move them."""
    x = 1 + rng.normal(size=shape)
    x[..., 0] = np.abs(x[..., 0]) + 0.1  # the others stay above the kink somewhere
    for n in range(len(x)):
        x[n, shape[1] - n % shape[1] :] = -50
    return x


def batch(what: str, shape=(5,), seed=None, **options) -> LayerCase:
    return LayerCase(
        f"BatchNormalization-{what}",
        lambda: [layers.BatchNormalization(**options)],
        shape,
        seed,
    )


def frozen() -> list:
    layer = layers.BatchNormalization()
    layer.trainable = False
    return [layers.Dense(4), layer]


def layer_norm(what: str, shape=(5,), **options) -> LayerCase:
    return LayerCase(
        f"LayerNormalization-{what}",
        lambda: [layers.LayerNormalization(**options)],
        shape,
    )


def group(what: str, shape=IMAGE, **options) -> LayerCase:
    return LayerCase(
        f"GroupNormalization-{what}",
        lambda: [layers.GroupNormalization(**options)],
        shape,
    )


LAYERS = {
    "BatchNormalization": [
        *(
            batch(f"{what}-{mode}", shape, seed, **options)
            for mode, seed in (("inference", None), ("training", 3))
            for what, shape, options in (
                ("rows", (5,), {}),
                ("images", IMAGE, {}),
                ("series", SERIES, {"momentum": 0.5, "epsilon": 0.1}),
                ("axis", IMAGE, {"axis": 1}),
                ("axis-2", IMAGE, {"axis": -2}),
                ("no-center", IMAGE, {"center": False}),
                ("no-scale", (5,), {"scale": False}),
                ("bare", IMAGE, {"center": False, "scale": False, "momentum": 0.0}),
                ("one-channel", (4, 1), {}),
            )
        ),
        LayerCase(
            "BatchNormalization-between",
            lambda: [
                layers.Dense(4, use_bias=False),
                layers.BatchNormalization(momentum=0.9),
                layers.Activation("tanh"),
                layers.Dense(2),
            ],
            seed=3,
        ),
        *(
            LayerCase(
                f"BatchNormalization-mask-{mode}",
                lambda: [
                    layers.Activation("relu"),
                    layers.Masking(),
                    layers.BatchNormalization(momentum=0.7),
                ],
                SERIES,
                seed,
                draw=padded,
            )
            for mode, seed in (("inference", None), ("training", 3))
        ),
    ],
    "LayerNormalization": [
        layer_norm("rows"),
        layer_norm("series", SERIES, epsilon=0.1),
        layer_norm("axis", IMAGE, axis=1),
        layer_norm("axes", IMAGE, axis=(1, 2, 3)),
        layer_norm("two-axes", IMAGE, axis=[-2, -1]),
        layer_norm("no-center", IMAGE, center=False),
        layer_norm("no-scale", scale=False),
        layer_norm("bare", SERIES, center=False, scale=False),
    ],
    "GroupNormalization": [
        group("three", groups=3),
        group("one", groups=1),
        group("instance", groups=-1),
        group("axis", (4, 3, 2), groups=2, axis=1),
        group("axis-2", (3, 4, 2), groups=2, axis=-2),
        group("rows", (6,), groups=2, epsilon=0.1),
        group("series", (5, 4), groups=2, center=False),
        group("no-scale", groups=2, scale=False),
        group("bare", groups=2, center=False, scale=False),
    ],
}

NOT_ON = {
    "torch": {
        "LayerNormalization-axis": "Keras' PyTorch backend takes axis=1 of four for the last axes, and fails"
    }
}

NO_TWIN = {
    "LocalResponseNormalization": "tf.nn.lrn in float32, PyTorch and a loop: tests/test_normalization.py",
}

X = np.ones((2, 3, 4, 6))


def built(layer, shape=(None, 3, 4, 6)):
    layer.build(shape, rng=0)
    return layer


V, R = ValueError, RuntimeError
# fmt: off
BAD_INPUT = [
    (lambda: layers.BatchNormalization(momentum=1.5), V, "BatchNormalization: expected momentum in [0, 1], got 1.5"),
    (lambda: layers.BatchNormalization(epsilon=-1), V, "BatchNormalization: expected epsilon"),
    (lambda: layers.BatchNormalization(axis=(1, 2)), V, "BatchNormalization: expected axis to be a whole number, got (1, 2)"),
    (lambda: layers.BatchNormalization(gamma_initializer="one"), V, "initializer", "Did you mean 'ones'?"),
    (lambda: layers.BatchNormalization()(X), R, "BatchNormalization: expected a built layer"),
    (lambda: built(layers.BatchNormalization(axis=4)), V, "BatchNormalization: expected an axis of x other than the batch axis, got axis=4"),
    (lambda: built(layers.BatchNormalization(axis=5)), V, "other than the batch axis, got axis=5 for x of shape (None, 3, 4, 6)"),
    (lambda: built(layers.BatchNormalization(axis=0)), V, "other than the batch axis, got axis=0"),
    (lambda: built(layers.BatchNormalization(), (None, 3, None)), V, "expected axis -1 of x to be known"),
    (lambda: built(layers.BatchNormalization())(X[..., :5]), V, "expected x with (6,) entries along (-1,), as built, got shape (2, 3, 4, 5)"),
    (lambda: built(layers.BatchNormalization()).forward(X, training=True, mask=np.ones((2, 3))), V, "expected a mask of shape (2, 3, 4)", "got a mask of shape (2, 3)"),
    (lambda: built(layers.BatchNormalization(axis=1)).forward(X, training=True, mask=np.ones((2, 3, 4))), V, "channels on the last axis", "axis=1"),
    (lambda: layers.LayerNormalization(axis="last"), V, "LayerNormalization: expected axis to be a whole number, got 'last'"),
    (lambda: layers.LayerNormalization(axis=()), V, "LayerNormalization: expected axis"),
    (lambda: built(layers.LayerNormalization(axis=(0, 1))), V, "other than the batch axis, got axis=0"),
    (lambda: built(layers.LayerNormalization())(X[..., :5]), V, "LayerNormalization: expected x with (6,) entries", "got shape (2, 3, 4, 5)"),
    (lambda: layers.GroupNormalization(groups=0), V, "GroupNormalization: expected groups to be a positive whole number, got 0"),
    (lambda: built(layers.GroupNormalization(groups=4)), V, "that 4 groups divide, got 6"),
    (lambda: built(layers.GroupNormalization()), V, "that 32 groups divide, got 6"),
    (lambda: built(layers.GroupNormalization(groups=2))(X[..., :4]), V, "expected x with (6,) entries"),
    (lambda: layers.LocalResponseNormalization(-1), V, "LocalResponseNormalization: expected depth_radius"),
    (lambda: layers.LocalResponseNormalization(bias=0), V, "LocalResponseNormalization: expected bias above 0"),
    (lambda: layers.LocalResponseNormalization()(np.ones(4)), V, "LocalResponseNormalization: expected x of shape (batch, ..., channels), got (4,)"),
]
