"""The learning rate by epoch, the table of the logs, and the stop at a lost loss."""

import csv
import inspect
import math
from collections.abc import Callable
from pathlib import Path

from dlcourse.callbacks.base import Callback


class LearningRateScheduler(Callback):
    """Before each epoch: learning rate <- schedule(epoch, rate), or schedule(epoch).

    Epochs count from 0. Logs the rate as "learning_rate". Keras:
    keras.callbacks.LearningRateScheduler.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        takes_rate = len(inspect.signature(self.schedule).parameters) > 1
        old = (optimizer.learning_rate,) if takes_rate else ()
        optimizer.learning_rate = self.schedule(epoch, *old)
        if self.verbose:
            print(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:.6g}")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class CSVLogger(Callback):
    """Writes one row an epoch: the epoch, then the logs in the order of their names.

    Without validation the val_ columns stand there too, filled with NA, as in Keras.
    Keras: keras.callbacks.CSVLogger.
    """

    def __init__(
        self, filename: "str | Path", separator: str = ",", append: bool = False
    ):
        self.filename, self.separator, self.append = Path(filename), separator, append

    def on_train_begin(self, logs=None):
        self.keys = None
        self.header = not (
            self.append and self.filename.exists() and self.filename.stat().st_size
        )
        self.file = self.filename.open(
            "a" if self.append else "w", newline="", encoding="utf-8"
        )
        self.rows = csv.writer(self.file, delimiter=self.separator, lineterminator="\n")

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            if self.header:
                self.rows.writerow(["epoch", *self.keys])
        self.rows.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self.file.flush()

    def on_train_end(self, logs=None):
        self.file.close()


class TerminateOnNaN(Callback):
    """Stop as soon as the loss of a batch is not finite.

    A loss that overflows ends the training; a model whose outputs or gradients are not
    finite raises before this is asked. Keras: keras.callbacks.TerminateOnNaN.
    """

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            print(
                f"Batch {batch}: the loss is not finite, so training stops. "
                "Try a smaller learning rate."
            )
            self.model.stop_training = True
