"""Optimizers, each written for one array as in its paper.

One generic walk applies it to all parameters:

    optimizer.apply(params, grads)      updates the arrays of `params` in place

`params` and `grads` are nested dicts of the same keys. `slots(w)` makes the memory of
one array (a velocity, moments); `update(w, g, slots, step)` moves it, with `step`
counting from 1.
"""

from dlcourse import schedules
from dlcourse.optimizers.adam import Adam, Adamax, AdamW, Nadam
from dlcourse.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from dlcourse.optimizers.base import Optimizer, walk
from dlcourse.optimizers.ftrl import Ftrl
from dlcourse.optimizers.sgd import SGD
from dlcourse.validation import lookup

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
    "schedules",
    "walk",
]

OPTIMIZERS = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "adamax": Adamax,
    "nadam": Nadam,
    "ftrl": Ftrl,
}


def get(optimizer: "str | Optimizer") -> Optimizer:
    """The optimizer of that name ("sgd", "SGD"), with its defaults.

    ValueError with the nearest name where there is none.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    name = optimizer.lower() if isinstance(optimizer, str) else optimizer
    return lookup("optimizer", name, OPTIMIZERS)()
