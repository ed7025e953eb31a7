"""Layers that merge; each a small graph, with weights before and after the merge."""

import numpy as np

from cases.base import GraphCase
from dlcourse import layers

Dense = layers.Dense


def graph(what: str, cls, shapes, **options) -> GraphCase:
    return GraphCase(
        f"{cls.__name__}-{what}", lambda *nodes: cls(**options)(list(nodes)), shapes
    )


def masked(x):
    """Steps without a positive entry become 0 and do not count."""
    return layers.Masking()(layers.Activation("relu")(x))


def elementwise(name: str) -> list[GraphCase]:
    cls = getattr(layers, name)
    pair = ((4,), (4,))
    found = [
        graph("rows", cls, pair),
        graph("images", cls, ((2, 3, 2), (2, 3, 2))),
        graph("broadcast", cls, ((2, 3, 2), (1, 1, 2))),
        graph("both-broadcast", cls, ((2, 1, 3), (1, 4, 3))),
        graph("ranks", cls, ((3, 2), (2,))),
        GraphCase(
            f"{name}-residual",
            lambda x: Dense(3)(cls()([x, Dense(5, activation="tanh")(x)])),
            ((5,),),
        ),
    ]
    if name != "Subtract":
        found += [
            graph("three", cls, ((4,), (4,), (4,))),
            graph("four", cls, ((2, 3), (2, 3), (1, 3), (2, 1))),
        ]
    return found


LAYERS = {
    name: elementwise(name)
    for name in ("Add", "Average", "Maximum", "Multiply", "Subtract")
}
LAYERS["Concatenate"] = [
    graph("rows", layers.Concatenate, ((4,), (3,))),
    graph("images", layers.Concatenate, ((2, 3, 2), (2, 3, 1), (2, 3, 4))),
    graph("axis", layers.Concatenate, ((2, 3, 2), (4, 3, 2)), axis=1),
    graph("axis-2", layers.Concatenate, ((2, 3, 2), (2, 1, 2)), axis=-2),
    GraphCase(
        "Concatenate-dense",
        lambda x: Dense(2)(layers.Concatenate()([Dense(3)(x), x, Dense(4)(x)])),
        ((5,),),
    ),
    GraphCase(
        "Concatenate-twice-the-same",
        lambda x: layers.Concatenate()([x, x]),
        ((5,),),
    ),
]

# Keras makes nodes of what computes a mask, so these do not come back by from_keras:
# tests/test_merging.py compares them.
MASKED = [
    *(
        GraphCase(
            f"{name}-masks{'-of-one' * one}",
            lambda a, b, cls=getattr(layers, name), one=one: layers.Dense(2)(
                layers.GlobalAveragePooling1D()(
                    cls()([masked(a), b if one else masked(b)])
                )
            ),
            ((3, 2), (3, 2)),
        )
        for name in ("Add", "Average", "Maximum", "Multiply", "Subtract")
        for one in (False, True)
    ),
    *(
        GraphCase(
            f"Concatenate-masks-{what}",
            lambda a, b, axis=axis, other=other: layers.GlobalAveragePooling1D()(
                layers.Concatenate(axis=axis, name="joined")([masked(a), other(b)])
            ),
            ((3, 2), (3, 2)),
        )
        for what, axis, other in (
            ("features", -1, masked),
            ("features-of-one", -1, lambda x: x),
            ("time", 1, masked),
            ("time-of-one", 1, lambda x: x),
        )
    ),
]

A, B = np.ones((2, 3, 4)), np.ones((2, 3, 5))
V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: layers.Add()(A), V, "Add: expected a list of arrays, got ndarray. Write Add()([a, b])."),
    (lambda: layers.Add()([]), V, "Add: expected a list of arrays, got one or none"),
    (lambda: layers.Add().build((None, 3)), V, "Add: expected a list of arrays"),
    (lambda: layers.Add()([A, B]), V, "Add: expected arrays of one shape, got (2, 3, 4), (2, 3, 5)", "1x1 convolution"),
    (lambda: layers.Multiply()([A, A[:1]]), V, "Multiply: expected arrays of one shape, got (2, 3, 4), (1, 3, 4)"),
    (lambda: layers.Subtract()([A, A, A]), V, "Subtract: expected a list of 2 arrays, got 3"),
    (lambda: layers.Add()([layers.Input((3,)), layers.Input((4,))]), V, "Add: expected arrays of one shape"),
    (lambda: layers.Concatenate(axis=0), V, "Concatenate: expected axis", "batch axis, got 0"),
    (lambda: layers.Concatenate(axis="last"), V, "Concatenate: expected axis", "got 'last'"),
    (lambda: layers.Concatenate()([A, A[:, :2]]), V, "Concatenate(axis=-1): expected arrays that differ along axis -1 alone, got (2, 3, 4), (2, 2, 4)", "Crop or pad"),
    (lambda: layers.Concatenate()([A, A[0]]), V, "differ along axis -1 alone"),
    (lambda: layers.Concatenate(axis=3)([A, A]), V, "differ along axis 3 alone"),
    (lambda: layers.Concatenate()(A), V, "Concatenate(axis=-1): expected a list of arrays, got ndarray"),
]
