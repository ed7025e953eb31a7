"""Layers that merge; each a small graph, with weights before and after the merge."""

import numpy as np

from cases.base import GraphCase
from dlcourse import layers

Dense = layers.Dense


def masked(x):
    """Steps without a positive entry become 0 and do not count."""
    return layers.Masking()(layers.Activation("relu")(x))


def mean(x):
    """What the squeeze-and-excitation block multiplies images with."""
    return layers.GlobalAveragePooling2D(keepdims=True)(x)


def elementwise(name: str) -> list[GraphCase]:
    cls = getattr(layers, name)
    graphs = {
        "rows": ((4,), lambda x: cls()([x, Dense(4, activation="tanh")(x)])),
        "images": ((2, 3, 2), lambda x: Dense(2)(cls()([Dense(2)(x), x]))),
        "means": ((2, 3, 2), lambda x: cls()([x, Dense(2)(mean(x))])),
        "both-repeated": (
            (6,),
            lambda x: cls()(
                [layers.Reshape((2, 1, 3))(x), Dense(3)(layers.Reshape((1, 2, 3))(x))]
            ),
        ),
        "ranks": ((3, 2), lambda x: cls()([x, layers.GlobalAveragePooling1D()(x)])),
        "nested": ((4,), lambda x: cls()([x, cls()([Dense(4)(x), Dense(4)(x)])])),
    }
    if name != "Subtract":
        graphs |= {
            "three": ((4,), lambda x: cls()([Dense(3)(x), Dense(3)(x), Dense(3)(x)])),
            "four": (
                (2, 3, 2),
                lambda x: cls()(
                    [x, Dense(1)(x), mean(x), Dense(2, activation="elu")(x)]
                ),
            ),
        }
    return [
        GraphCase(f"{name}-{what}", build, (shape,))
        for what, (shape, build) in graphs.items()
    ]


def joined(x, *others, axis: int = -1):
    return layers.Concatenate(axis=axis)([x, *others])


LAYERS = {
    name: elementwise(name)
    for name in ("Add", "Average", "Maximum", "Multiply", "Subtract")
}
LAYERS["Concatenate"] = [
    GraphCase(f"Concatenate-{what}", build, (shape,))
    for what, shape, build in (
        ("rows", (5,), lambda x: Dense(2)(joined(Dense(3)(x), x, Dense(4)(x)))),
        ("twice-the-same", (5,), lambda x: joined(x, x)),
        ("images", (2, 3, 2), lambda x: joined(x, Dense(3)(x), Dense(1)(x))),
        ("axis", (2, 3, 2), lambda x: joined(x, mean_row(x), axis=1)),
        ("axis-2", (2, 3, 2), lambda x: Dense(2)(joined(Dense(2)(x), x, axis=-2))),
    )
]


def mean_row(x):
    """(batch, 2, 3, channels) -> (batch, 1, 3, channels)."""
    return layers.AveragePooling2D((2, 1))(x)


def masks_merged(name: str, one: bool) -> GraphCase:
    """Both inputs with a mask, or the first one alone."""
    cls = getattr(layers, name)
    if one:  # the output has no mask then
        return GraphCase(
            f"{name}-mask-of-one",
            lambda a, b: Dense(2)(cls()([masked(a), b])),
            ((3, 2), (3, 2)),
        )
    return GraphCase(
        f"{name}-masks",
        lambda a, b: layers.GlobalAveragePooling1D()(cls()([masked(a), masked(b)])),
        ((3, 2), (3, 2)),
    )


# Also with masks: Keras makes nodes of what computes them, so these graphs do not come
# back by from_keras. tests/test_merging.py compares them.
TWO_INPUTS = [
    *(
        GraphCase(
            f"{name}-{'-'.join(str(shape) for shape in shapes)}",
            lambda *nodes, name=name: getattr(layers, name)()(list(nodes)),
            shapes,
        )
        for name in ("Add", "Average", "Maximum", "Multiply", "Subtract")
        for shapes in (
            ((4,), (4,)),
            ((2, 3, 2), (1, 1, 2)),
            ((2, 1, 3), (1, 4, 3)),
            ((3, 2), (2,)),
        )
    ),
    GraphCase("Concatenate-inputs", joined, ((2, 3, 2), (2, 3, 1), (2, 3, 4))),
    *(
        masks_merged(name, one)
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
