"""Initial weights: an initializer is called with (shape, rng, dtype).

Variance-scaling initializers draw with variance scale / n, where n is the number of
inputs of a unit (fan in), of outputs it feeds (fan out), or their mean. Names and
arguments are those of keras.initializers; where Keras takes a seed, these take a NumPy
Generator when called.
"""

from dlcourse.initializers.base import Initializer
from dlcourse.initializers.constant import Constant, Identity, Ones, Zeros
from dlcourse.initializers.drawn import (
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from dlcourse.initializers.scaling import (
    TRUNCATED_STD,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from dlcourse.validation import lookup

__all__ = [
    "ALIASES",
    "INITIALIZERS",
    "TRUNCATED_STD",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "get",
]

INITIALIZERS = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "identity": Identity,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "orthogonal": Orthogonal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
}
# Keras takes these too.
ALIASES = {
    **{kind.__name__: name for name, kind in INITIALIZERS.items()},
    "IdentityInitializer": "identity",
    "OrthogonalInitializer": "orthogonal",
    "normal": "random_normal",
    "uniform": "random_uniform",
}


def get(name: "str | Initializer") -> Initializer:
    """The initializer of that name ("he_normal", "HeNormal"), with its defaults.

    ValueError with the nearest name where there is none.
    """
    if isinstance(name, Initializer):
        return name
    known = isinstance(name, str) and name in ALIASES
    return lookup("initializer", ALIASES[name] if known else name, INITIALIZERS)()
