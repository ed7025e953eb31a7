"""Initializers."""

from dlcourse import initializers

INITIALIZERS = {
    "Zeros": [initializers.Zeros()],
    "Ones": [initializers.Ones()],
    "Constant": [initializers.Constant(), initializers.Constant(-1.5)],
    "RandomNormal": [initializers.RandomNormal(), initializers.RandomNormal(1.0, 2.0)],
    "RandomUniform": [
        initializers.RandomUniform(),
        initializers.RandomUniform(-1.0, 3.0),
    ],
    "TruncatedNormal": [
        initializers.TruncatedNormal(),
        initializers.TruncatedNormal(1.0, 2.0),
    ],
    "Identity": [initializers.Identity(), initializers.Identity(0.5)],
    "Orthogonal": [initializers.Orthogonal(), initializers.Orthogonal(2.0)],
    "VarianceScaling": [
        initializers.VarianceScaling(),
        *(
            initializers.VarianceScaling(2.0, mode, draw)
            for mode in ("fan_in", "fan_out", "fan_avg")
            for draw in ("truncated_normal", "untruncated_normal", "uniform")
        ),
    ],
    **{
        name: [getattr(initializers, name)()]
        for name in (
            "GlorotUniform",
            "GlorotNormal",
            "HeUniform",
            "HeNormal",
            "LecunUniform",
            "LecunNormal",
        )
    },
}

V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: initializers.Identity()((3,), None), V, "Identity: expected the shape of a matrix, got (3,)"),
    (lambda: initializers.Identity()((3, 3, 3), None), V, "Identity: expected the shape of a matrix"),
    (lambda: initializers.Orthogonal()((3,), 0), V, "Orthogonal: expected a shape with two axes or more, got (3,)", "not for biases"),
    (lambda: initializers.Orthogonal()((3, 3)), TypeError, "Orthogonal: expected rng"),
    (lambda: initializers.get("orthogonall"), V, "Did you mean 'orthogonal'?"),
    (lambda: initializers.get("GlorotUnifrom"), V, "initializer: expected one of"),
]
# fmt: on
