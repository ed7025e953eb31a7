"""Adam and its relatives: running means of the gradient and of its size."""

import math

import numpy as np

from dlcourse.kernels.axpy import add_scaled
from dlcourse.optimizers.base import Optimizer, Rate
from dlcourse.validation import require_below_one, require_number


class _Moments(Optimizer):
    """What the family shares: beta_1, beta_2, epsilon, and m and v starting at 0."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        who = type(self).__name__
        self.beta_1 = require_below_one(who, "beta_1", beta_1)
        self.beta_2 = require_below_one(who, "beta_2", beta_2)
        self.epsilon = require_number(who, "epsilon", epsilon)

    def slots(self, w):
        return {"momentum": np.zeros_like(w), "velocity": np.zeros_like(w)}


class Adam(_Moments):
    """Adaptive moments, with the bias correction folded into the rate and epsilon
    outside the root.

    m <- beta_1 m + (1 - beta_1) g,   v <- beta_2 v + (1 - beta_2) g^2
    w <- w - eta sqrt(1 - beta_2^t) / (1 - beta_1^t)  m / (sqrt(v) + epsilon)

    This epsilon is the "epsilon hat" of section 2 of the paper, not that of its
    Algorithm 1. With amsgrad the largest v so far takes the place of v. Book: eq:adam.
    Book: eq:adam-step, eq:adamw.
    Keras: keras.optimizers.Adam. Source: Kingma and Ba, 2015; Reddi et al., 2018.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = amsgrad

    def slots(self, w):
        largest = {"velocity_hat": np.zeros_like(w)} if self.amsgrad else {}
        return {**super().slots(w), **largest}

    def update(self, w, g, slots, step):
        m, v = slots["momentum"], slots["velocity"]
        correction = math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        eta = self.learning_rate * correction
        m *= self.beta_1
        add_scaled(m, 1 - self.beta_1, g)
        v *= self.beta_2
        d = np.square(g)  # then the step: one array is 5 % faster than many
        add_scaled(v, 1 - self.beta_2, d)
        if self.amsgrad:
            v = np.maximum(slots["velocity_hat"], v, out=slots["velocity_hat"])
        np.sqrt(v, out=d)
        d += self.epsilon
        np.divide(m, d, out=d)
        add_scaled(w, -eta, d)


class AdamW(Adam):
    """Adam with decoupled weight decay: w <- w - eta weight_decay w before its step.

    In Adam with an L2 penalty the decay is divided by sqrt(v) with the rest of the
    gradient; here it is not. ValueError without weight_decay. Keras:
    keras.optimizers.AdamW. Source: Loshchilov and Hutter, 2019.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options,
    ):
        require_number("AdamW", "weight_decay", weight_decay)
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=weight_decay,
            **options,
        )


class Adamax(_Moments):
    """Adam with the largest |g| instead of the root of a mean of squares.

    m <- beta_1 m + (1 - beta_1) g,   u <- max(beta_2 u, |g|)
    w <- w - eta / (1 - beta_1^t)  m / (u + epsilon)

    Book: eq:adamax.
    Keras: keras.optimizers.Adamax. Source: Kingma and Ba, 2015, section 7.1 (there
    without epsilon).
    """

    def slots(self, w):
        return {"momentum": np.zeros_like(w), "norm": np.zeros_like(w)}

    def update(self, w, g, slots, step):
        m, u = slots["momentum"], slots["norm"]
        eta = self.learning_rate / (1 - self.beta_1**step)
        m *= self.beta_1
        m += (1 - self.beta_1) * g
        np.maximum(self.beta_2 * u, np.abs(g), out=u)
        w -= eta * m / (u + self.epsilon)


class Nadam(_Moments):
    """Adam with Nesterov momentum, and a momentum mu_t that grows to beta_1.

    mu_t = beta_1 (1 - 0.96^t / 2),   M_t = mu_1 mu_2 ... mu_t
    m and v as in Adam,   v_hat = v / (1 - beta_2^t)
    m_hat = mu_{t+1} m / (1 - M_{t+1}) + (1 - mu_t) g / (1 - M_t)
    w <- w - eta m_hat / (sqrt(v_hat) + epsilon)

    m itself decays by the constant beta_1, as Keras has it; the paper uses mu_t there.
    Book: eq:nadam. Keras: keras.optimizers.Nadam. Source: Dozat, 2016.
    """

    def update(self, w, g, slots, step):
        m, v = slots["momentum"], slots["velocity"]
        mu, mu_next = (self._mu(t) for t in (step, step + 1))
        product = self._product(step)
        m *= self.beta_1
        m += (1 - self.beta_1) * g
        v *= self.beta_2
        v += (1 - self.beta_2) * np.square(g)
        ahead = mu_next / (1 - product * mu_next)
        own = (1 - mu) / (1 - product)
        v_hat = v / (1 - self.beta_2**step)
        w -= (
            self.learning_rate * (ahead * m + own * g) / (np.sqrt(v_hat) + self.epsilon)
        )

    def _mu(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def _product(self, t: int) -> float:
        """M_t = beta_1^t times the factors 1 - 0.96^i / 2, which are 1 for large i."""
        return self.beta_1**t * float(_NADAM[min(t, len(_NADAM)) - 1])


_NADAM = np.cumprod(1 - 0.5 * 0.96 ** np.arange(1, 1001))
