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
