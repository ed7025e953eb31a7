"""Learning-rate schedules: step -> rate, the step counting the updates already made.

    SGD(CosineDecay(0.1, decay_steps=1000))

Names and arguments are those of keras.optimizers.schedules, and `optimizers.schedules`
finds them too. Constant, PowerDecay and OneCycle are not in Keras. ReduceLROnPlateau,
which goes by the validation loss, is a callback.
"""

from dlcourse.schedules.base import Constant, LearningRateSchedule
from dlcourse.schedules.cosine import CosineDecay, CosineDecayRestarts, OneCycle
from dlcourse.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    PowerDecay,
)

__all__ = [
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "PowerDecay",
]
