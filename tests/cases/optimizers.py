"""Optimizers: every option, alone and joined."""

from dlcourse import optimizers
from dlcourse.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Nadam,
    RMSprop,
)

OPTIMIZERS = {
    "SGD": [
        SGD(0.1),
        SGD(0.1, momentum=0.9),
        SGD(0.1, momentum=0.9, nesterov=True),
        SGD(0.1, nesterov=True),
        SGD(0.1, momentum=0.9, weight_decay=0.3),
        SGD(0.1, clipvalue=0.02),
        SGD(0.1, clipnorm=0.1),
        SGD(0.1, momentum=0.5, global_clipnorm=0.2, weight_decay=0.01),
        SGD(0.1, use_ema=True, ema_momentum=0.7),
        SGD(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3),
    ],
    "Adagrad": [
        Adagrad(),
        Adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-3),
        Adagrad(0.1, initial_accumulator_value=0.5, weight_decay=0.1),
    ],
    "Adadelta": [
        Adadelta(),
        Adadelta(1.0, rho=0.8, epsilon=1e-4),
        Adadelta(1.0, clipnorm=0.1),
    ],
    "RMSprop": [
        RMSprop(),
        RMSprop(0.02, rho=0.7, epsilon=1e-3),
        RMSprop(0.01, momentum=0.8),
        RMSprop(0.01, centered=True, epsilon=1e-3),
        RMSprop(0.01, rho=0.8, momentum=0.6, centered=True, clipvalue=0.1),
    ],
    "Adam": [
        Adam(),
        Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
        Adam(0.02, beta_2=0.5, amsgrad=True),
        Adam(0.02, beta_1=0.0, beta_2=0.5),
        Adam(0.02, weight_decay=0.1, global_clipnorm=0.3),
        Adam(0.02, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=5),
    ],
    "AdamW": [
        AdamW(),
        AdamW(0.02, weight_decay=0.5, beta_1=0.8, beta_2=0.9, epsilon=1e-3),
        AdamW(0.02, weight_decay=0.1, beta_2=0.5, amsgrad=True),
    ],
    "Adamax": [
        Adamax(),
        Adamax(0.02, beta_1=0.8, beta_2=0.7, epsilon=1e-3),
        Adamax(0.02, clipnorm=0.05, weight_decay=0.1),
    ],
    "Nadam": [
        Nadam(),
        Nadam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
        Nadam(0.02, beta_1=0.999, use_ema=True),
    ],
    "Ftrl": [
        Ftrl(),
        Ftrl(0.1, learning_rate_power=-0.3, initial_accumulator_value=0.5),
        Ftrl(0.1, learning_rate_power=0.0),
        Ftrl(0.1, l1_regularization_strength=0.05, l2_regularization_strength=0.2),
        Ftrl(0.1, l2_shrinkage_regularization_strength=0.3, beta=0.7),
        Ftrl(0.1, l1_regularization_strength=0.02, beta=1.0, weight_decay=0.1),
    ],
}

T, V = TypeError, ValueError
# fmt: off
BAD_INPUT = [
    (lambda: SGD(0.1, momentm=0.9), T, "SGD: expected options among learning_rate, momentum", "Did you mean 'momentum'?"),
    (lambda: Adam(clip_norm=1.0), T, "Adam: expected options", "got 'clip_norm'", "Did you mean 'clipnorm'?"),
    (lambda: Adam(lr=0.1), T, "Adam: expected options among learning_rate", "got 'lr'"),
    (lambda: SGD(decay=0.1), T, "SGD: expected options", "Did you mean 'weight_decay'?"),
    (lambda: SGD(clipnorm=1.0, clipvalue=1.0), V, "SGD: expected at most one of clipnorm, clipvalue, global_clipnorm", "{'clipnorm': 1.0, 'clipvalue': 1.0}"),
    (lambda: SGD(clipnorm=0), V, "SGD: expected clipnorm above 0, got 0"),
    (lambda: SGD(global_clipnorm=-1.0), V, "SGD: expected global_clipnorm to be a finite number of at least 0"),
    (lambda: SGD(weight_decay=-0.1), V, "SGD: expected weight_decay", "got -0.1"),
    (lambda: SGD(use_ema=True, ema_momentum=1.1), V, "SGD: expected ema_momentum in [0, 1], got 1.1"),
    (lambda: SGD(use_ema=True, ema_overwrite_frequency=0), V, "SGD: expected ema_overwrite_frequency", "got 0"),
    (lambda: AdamW(weight_decay=None), V, "AdamW: expected weight_decay", "got None"),
    (lambda: Adamax(beta_2=1.0), V, "Adamax: expected beta_2 in [0, 1), got 1.0"),
    (lambda: Nadam(epsilon="small"), V, "Nadam: expected epsilon", "got 'small'"),
    (lambda: Adadelta(rho=1.5), V, "Adadelta: expected rho in [0, 1], got 1.5"),
    (lambda: RMSprop(momentum=-0.1), V, "RMSprop: expected momentum in [0, 1]"),
    (lambda: Adagrad(initial_accumulator_value=-1), V, "Adagrad: expected initial_accumulator_value"),
    (lambda: Ftrl(learning_rate_power=0.5), V, "Ftrl: expected learning_rate_power of at most 0, got 0.5"),
    (lambda: Ftrl(l1_regularization_strength=-1), V, "Ftrl: expected l1_regularization_strength"),
    (lambda: Ftrl(0.0), V, "Ftrl: expected learning_rate above 0", "divides by it"),
    (lambda: optimizers.get("rmspropp"), V, "optimizer", "Did you mean 'rmsprop'?"),
]
# fmt: on
