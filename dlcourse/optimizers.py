"""Optimizers, each written for one array as in its paper.

One generic walk applies it to all parameters:

    optimizer.apply(params, grads)      updates the arrays of `params` in place

`params` and `grads` are nested dicts of the same keys. `slots(w)` makes the memory of
one array (a velocity, moments); `update(w, g, slots, step)` moves it, with `step`
counting from 1.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from dlcourse.validation import (
    lookup,
    require_below_one,
    require_finite,
    require_number,
)

Array = np.ndarray


class Optimizer:
    """Base. Keras: keras.optimizers.Optimizer.

    learning_rate is a number or a function of the number of updates already made (a
    schedule). ValueError where a rate is negative or not finite.
    """

    def __init__(self, learning_rate: "float | Callable[[int], float]"):
        self.learning_rate = learning_rate
        self.iterations = 0
        # path -> (the array, its memory)
        self._slots: dict[tuple[str, ...], tuple[Array, dict[str, Array]]] = {}

    def slots(self, w: Array) -> dict[str, Array]:
        """The memory that one parameter array needs."""
        return {}

    def update(self, w: Array, g: Array, slots: dict[str, Array], step: int) -> None:
        """Move w in place."""
        raise NotImplementedError

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        rate = self.schedule
        return self._checked(rate(self.iterations) if callable(rate) else rate)

    @learning_rate.setter
    def learning_rate(self, value: "float | Callable[[int], float]") -> None:
        self.schedule = value if callable(value) else self._checked(value)

    def _checked(self, rate: float) -> float:
        return require_number(type(self).__name__, "learning_rate", rate)

    def apply(self, params: dict, grads: dict) -> None:
        """One step for every array, in place.

        FloatingPointError names the parameter whose gradient is not finite; nothing is
        changed then. ValueError where the memory belongs to other arrays. Further
        errors: those of `walk`.
        """
        pairs = list(walk(params, grads))
        for path, _, g in pairs:
            try:
                require_finite(type(self).__name__, f"gradient of {'/'.join(path)}", g)
            except ValueError as error:
                raise FloatingPointError(f"{error} No weight was changed.") from None
        for path, w, _ in pairs:
            if path not in self._slots:
                self._slots[path] = (w, self.slots(w))
            owner, slots = self._slots[path]
            if slots and owner is not w:
                raise ValueError(
                    f"{type(self).__name__}: expected the arrays of the steps before, "
                    f"got another one for {'/'.join(path)}. Make a new optimizer for "
                    "each model, or call reset() first."
                )
        for path, w, g in pairs:
            self.update(w, g, self._slots[path][1], self.iterations + 1)
        self.iterations += 1

    def reset(self) -> None:
        """Forget all memory and the count of updates."""
        self._slots.clear()
        self.iterations = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.schedule!r})"


def walk(
    params: dict, grads: dict, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Array, Array]]:
    """(path, parameter, gradient) of every array in two nested dicts.

    KeyError where a gradient is missing, ValueError where it has another shape.
    """
    for key, value in params.items():
        name = "/".join((*path, key))
        if not isinstance(grads, dict) or key not in grads:
            have = sorted(grads) if isinstance(grads, dict) else type(grads).__name__
            raise KeyError(f"optimizer: expected a gradient for {name}, got {have}.")
        if isinstance(value, dict):
            yield from walk(value, grads[key], (*path, key))
            continue
        gradient = np.asarray(grads[key])
        if value.shape != gradient.shape:
            raise ValueError(
                f"optimizer: expected a gradient of shape {value.shape} for {name}, "
                f"got {gradient.shape}."
            )
        yield (*path, key), value, gradient


class SGD(Optimizer):
    """Gradient descent, with momentum beta and its Nesterov form.

    plain:     w <- w - eta g
    momentum:  m <- beta m - eta g,   w <- w + m
    Nesterov:  m <- beta m - eta g,   w <- w + beta m - eta g

    In the last, w is the look-ahead point, as Keras stores it. The momentum m starts
    at 0. Book: eq:sgd. Keras: keras.optimizers.SGD.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False
    ):
        super().__init__(learning_rate)
        self.momentum = require_number("SGD", "momentum", momentum, high=1)
        self.nesterov = nesterov

    def slots(self, w):
        return {"momentum": np.zeros_like(w)} if self.momentum else {}

    def update(self, w, g, slots, step):
        eta, beta = self.learning_rate, self.momentum
        if not beta:
            w -= eta * g
            return
        m = slots["momentum"]
        m *= beta
        m -= eta * g
        w += beta * m - eta * g if self.nesterov else m


class Adam(Optimizer):
    """Adaptive moments, with the bias correction folded into the rate and epsilon
    outside the root.

    m <- m + (1 - beta_1) (g - m),   v <- v + (1 - beta_2) (g^2 - v)
    w <- w - eta sqrt(1 - beta_2^t) / (1 - beta_1^t)  m / (sqrt(v) + epsilon)

    This epsilon is the "epsilon hat" of section 2 of the paper, not that of its
    Algorithm 1. Book: eq:adam. Keras: keras.optimizers.Adam. Source: Kingma and Ba,
    2015.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ):
        super().__init__(learning_rate)
        self.beta_1 = require_below_one("Adam", "beta_1", beta_1)
        self.beta_2 = require_below_one("Adam", "beta_2", beta_2)
        self.epsilon = require_number("Adam", "epsilon", epsilon)

    def slots(self, w):
        return {"momentum": np.zeros_like(w), "velocity": np.zeros_like(w)}

    def update(self, w, g, slots, step):
        m, v = slots["momentum"], slots["velocity"]
        eta = (
            self.learning_rate
            * math.sqrt(1 - self.beta_2**step)
            / (1 - self.beta_1**step)
        )
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        w -= eta * m / (np.sqrt(v) + self.epsilon)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}


def get(optimizer: "str | Optimizer") -> Optimizer:
    """The optimizer of that name ("sgd", "SGD"), with its defaults.

    ValueError with the nearest name where there is none.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    name = optimizer.lower() if isinstance(optimizer, str) else optimizer
    return lookup("optimizer", name, OPTIMIZERS)()
