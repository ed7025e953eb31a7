"""Optimizers, each written for one array as in its paper;

one generic walk applies it to all parameters.

    optimizer.apply(params, grads)      updates the arrays of `params` in place

`params` and `grads` are nested dicts of the same keys. `slots(w)` makes the memory of
one array (a velocity, moments); `update(w, g, slots, step)` moves it, with `step`
counting from 1.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from dlcourse.validation import lookup, require_finite

Array = np.ndarray


class Optimizer:
    """Base.

    learning_rate is a number or a function of the number of updates already made (a
    schedule).
    """

    def __init__(self, learning_rate: "float | Callable[[int], float]"):
        who = type(self).__name__
        if not callable(learning_rate) and not (
            isinstance(learning_rate, (int, float)) and learning_rate > 0
        ):
            raise ValueError(
                f"{who}: expected learning_rate above 0, got {learning_rate!r}."
            )
        self.schedule = learning_rate
        self.iterations = 0
        self._slots: dict[tuple[str, ...], dict[str, Array]] = {}

    def slots(self, w: Array) -> dict[str, Array]:
        """The memory that one parameter array needs."""
        return {}

    def update(self, w: Array, g: Array, slots: dict[str, Array], step: int) -> None:
        """Move w in place."""
        raise NotImplementedError

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return float(
            self.schedule(self.iterations) if callable(self.schedule) else self.schedule
        )

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.schedule = value

    def apply(self, params: dict, grads: dict) -> None:
        """One step for every array.

        FloatingPointError names the parameter whose gradient is not finite.
        """
        pairs = list(walk(params, grads))
        for path, _, g in pairs:
            try:
                require_finite(type(self).__name__, f"gradient of {'/'.join(path)}", g)
            except ValueError as error:
                raise FloatingPointError(f"{error} No weight was changed.") from None
        for path, w, g in pairs:
            if path not in self._slots:
                self._slots[path] = self.slots(w)
            self.update(w, g, self._slots[path], self.iterations + 1)
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
    """(path, parameter, gradient) of every array in two nested dicts;

    KeyError or ValueError where they differ.
    """
    for key, value in params.items():
        if key not in grads:
            raise KeyError(
                f"optimizer: no gradient for {'/'.join((*path, key))}; got {sorted(grads)}."
            )
        if isinstance(value, dict):
            yield from walk(value, grads[key], (*path, key))
        else:
            if value.shape != np.shape(grads[key]):
                raise ValueError(
                    f"optimizer: expected a gradient of shape {value.shape} for {'/'.join((*path, key))}, "
                    f"got {np.shape(grads[key])}."
                )
            yield (*path, key), value, grads[key]


class SGD(Optimizer):
    """Gradient descent, with momentum beta and its Nesterov form.

    plain:     w <- w - eta g momentum:  m <- beta m - eta g,   w <- w + m Nesterov:  m
    <- beta m - eta g,   w <- w + beta m - eta g     (w is the look-ahead point, as
    Keras stores it)

    Book: eq:sgd. Keras: keras.optimizers.SGD.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False
    ):
        super().__init__(learning_rate)
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: expected momentum in [0, 1], got {momentum!r}.")
        self.momentum, self.nesterov = momentum, nesterov

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
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= beta < 1:
                raise ValueError(f"Adam: expected {name} in [0, 1), got {beta!r}.")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

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
    """The optimizer of that name, with its defaults.

    ValueError with the nearest name where there is none.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    return lookup(
        "optimizer",
        optimizer.lower() if isinstance(optimizer, str) else optimizer,
        OPTIMIZERS,
    )()
