"""Gradient descent."""

import numpy as np

from dlcourse.kernels.axpy import add_scaled
from dlcourse.optimizers.base import Optimizer, Rate
from dlcourse.validation import require_number


class SGD(Optimizer):
    """Gradient descent, with momentum beta and its Nesterov form.

    plain:     w <- w - eta g
    momentum:  m <- beta m - eta g,   w <- w + m
    Nesterov:  m <- beta m - eta g,   w <- w + beta m - eta g

    In the last, w is the look-ahead point, as Keras stores it. The momentum m starts
    at 0. Book: eq:sgd, eq:momentum, eq:nesterov-keras. Keras: keras.optimizers.SGD.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.momentum = require_number("SGD", "momentum", momentum, high=1)
        self.nesterov = nesterov

    def slots(self, w):
        return {"momentum": np.zeros_like(w)} if self.momentum else {}

    def update(self, w, g, slots, step):
        eta, beta = self.learning_rate, self.momentum
        if not beta:
            add_scaled(w, -eta, g)
            return
        m = slots["momentum"]
        m *= beta
        add_scaled(m, -eta, g)
        if self.nesterov:
            add_scaled(w, beta, m)
            add_scaled(w, -eta, g)
        else:
            w += m
