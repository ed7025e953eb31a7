"""Callbacks: code that `fit` calls between batches and epochs.

Names and arguments are those of keras.callbacks.
"""

from dlcourse.callbacks.base import (
    Callback,
    History,
    LambdaCallback,
    ProgbarLogger,
)
from dlcourse.callbacks.epochs import (
    CSVLogger,
    LearningRateScheduler,
    TerminateOnNaN,
)
from dlcourse.callbacks.monitor import (
    EarlyStopping,
    ModelCheckpoint,
    ReduceLROnPlateau,
)

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
