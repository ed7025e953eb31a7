"""Adagrad, Adadelta, RMSprop: each entry divided by the size of its own gradients."""

import numpy as np

from dlcourse.optimizers.base import Optimizer, Rate
from dlcourse.validation import require_number


class Adagrad(Optimizer):
    """Divides by the root of the sum of all squares so far.

    a <- a + g^2,   w <- w - eta g / sqrt(a + epsilon)

    a starts at initial_accumulator_value. Book: eq:adagrad.
    Keras: keras.optimizers.Adagrad. Source:
    Duchi, Hazan and Singer, 2011.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = require_number(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = require_number("Adagrad", "epsilon", epsilon)

    def slots(self, w):
        return {"accumulator": np.full_like(w, self.initial_accumulator_value)}

    def update(self, w, g, slots, step):
        a = slots["accumulator"]
        a += g * g
        w -= self.learning_rate * g / np.sqrt(a + self.epsilon)


class Adadelta(Optimizer):
    """Steps in units of w: the size of past steps over the size of past gradients.

    a <- rho a + (1 - rho) g^2
    d = -sqrt(b + epsilon) / sqrt(a + epsilon) g
    b <- rho b + (1 - rho) d^2,   w <- w + eta d

    The paper has eta = 1; Keras' default of 0.001 is a thousand times slower.
    Book: eq:adadelta. Keras: keras.optimizers.Adadelta. Source: Zeiler, 2012.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.rho = require_number("Adadelta", "rho", rho, high=1)
        self.epsilon = require_number("Adadelta", "epsilon", epsilon)

    def slots(self, w):
        names = "accumulated_grad", "accumulated_delta_var"
        return {name: np.zeros_like(w) for name in names}

    def update(self, w, g, slots, step):
        a, b = slots["accumulated_grad"], slots["accumulated_delta_var"]
        a *= self.rho
        a += (1 - self.rho) * (g * g)
        d = -np.sqrt((b + self.epsilon) / (a + self.epsilon)) * g
        b *= self.rho
        b += (1 - self.rho) * (d * d)
        w += self.learning_rate * d


class RMSprop(Optimizer):
    """Divides by the root of a running mean of squares, epsilon inside the root.

    v <- rho v + (1 - rho) g^2,   d = eta g / sqrt(v + epsilon),   w <- w - d

    centered: a <- rho a + (1 - rho) g, and v - a^2, the variance, in the place of v.
    momentum beta: m <- beta m + d,   w <- w - m. Book: eq:rmsprop.
    Keras: keras.optimizers.RMSprop.
    Source: Tieleman and Hinton, 2012.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.rho = require_number("RMSprop", "rho", rho, high=1)
        self.momentum = require_number("RMSprop", "momentum", momentum, high=1)
        self.epsilon = require_number("RMSprop", "epsilon", epsilon)
        self.centered = centered

    def slots(self, w):
        names = ["velocity"]
        names += ["momentum"] if self.momentum else []
        names += ["average_gradient"] if self.centered else []
        return {name: np.zeros_like(w) for name in names}

    def update(self, w, g, slots, step):
        v = slots["velocity"]
        v *= self.rho
        v += (1 - self.rho) * (g * g)
        if self.centered:
            a = slots["average_gradient"]
            a *= self.rho
            a += (1 - self.rho) * g
            # Rounding can leave a variance of 0 below it, where Keras' root gives NaN.
            v = np.maximum(v - a * a, 0)
        d = self.learning_rate * g / np.sqrt(v + self.epsilon)
        if self.momentum:
            m = slots["momentum"]
            m *= self.momentum
            m += d
            d = m
        w -= d
