"""Optimizers."""

from dlcourse import optimizers

OPTIMIZERS = {
    "SGD": [
        optimizers.SGD(0.1),
        optimizers.SGD(0.1, momentum=0.9),
        optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    ],
    "Adam": [
        optimizers.Adam(),
        optimizers.Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    ],
}
