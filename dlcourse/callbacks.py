"""Callbacks: code that `fit` calls between batches and epochs.

Names and arguments are those of keras.callbacks.
"""

import csv
import inspect
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path


class Callback:
    """Base: override what you need.

    `self.model` is the model, `self.params` a dict with epochs, steps and verbose;
    `logs` maps metric names to values. Keras: keras.callbacks.Callback.
    """

    model = None

    def set_model(self, model) -> None:
        self.model = model

    def set_params(self, params: dict) -> None:
        self.params = params

    def on_train_begin(self, logs=None) -> None: ...
    def on_train_end(self, logs=None) -> None: ...
    def on_epoch_begin(self, epoch, logs=None) -> None: ...
    def on_epoch_end(self, epoch, logs=None) -> None: ...
    def on_train_batch_begin(self, batch, logs=None) -> None: ...
    def on_train_batch_end(self, batch, logs=None) -> None: ...


class History(Callback):
    """Collects the logs of every epoch: history["loss"] is a list.

    Keras: keras.callbacks.History.
    """

    def on_train_begin(self, logs=None):
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class ProgbarLogger(Callback):
    """One line an epoch with its metrics, and within the epoch a bar.

    Keras: keras.callbacks.ProgbarLogger.
    """

    width = 24

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.began, self.longest = epoch, time.perf_counter(), 0
        self.shown = self.began

    def on_train_batch_end(self, batch, logs=None):
        now, steps = time.perf_counter(), self.params["steps"]
        if now - self.shown > 0.2 and batch + 1 < steps:
            self.shown = now
            done = int(self.width * (batch + 1) / steps)
            bar = "█" * done + "·" * (self.width - done)
            self._write(f"{bar} {batch + 1}/{steps}", logs)

    def on_epoch_end(self, epoch, logs=None):
        took = f"{time.perf_counter() - self.began:.1f} s"
        self._write(f"{took:<{self.width}} ", logs)
        sys.stdout.write("\n")
        sys.stdout.flush()

    def _write(self, progress, logs):
        text = "  ".join(f"{k} {v:.4f}" for k, v in (logs or {}).items())
        epoch = f"epoch {self.epoch + 1}/{self.params['epochs']}"
        line = f"{epoch}  {progress} {text}"
        self.longest = max(self.longest, len(line))  # covers what stood there before
        sys.stdout.write("\r" + line.ljust(self.longest))
        sys.stdout.flush()


class LambdaCallback(Callback):
    """A callback from functions: LambdaCallback(on_epoch_end=lambda epoch, logs: ...).

    ValueError for a name that is no event, TypeError for what cannot be called.
    Keras: keras.callbacks.LambdaCallback.
    """

    def __init__(self, **functions: Callable):
        for name, function in functions.items():
            if not hasattr(Callback, name) or not name.startswith("on_"):
                known = ", ".join(n for n in dir(Callback) if n.startswith("on_"))
                raise ValueError(
                    f"LambdaCallback: expected one of {known}; got {name!r}."
                )
            if not callable(function):
                raise TypeError(
                    f"LambdaCallback: expected a function for {name}, got {function!r}."
                )
            setattr(self, name, function)


class EarlyStopping(Callback):
    """Stop when `monitor` has not improved for `patience` epochs.

    An improvement is a change by more than min_delta; with a baseline it must also
    beat that. With restore_best_weights the model ends with the weights of its best
    epoch. mode "auto" maximises accuracies and AUC and minimises the rest. KeyError
    where `monitor` is not logged. Keras: keras.callbacks.EarlyStopping.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        if mode not in ("auto", "min", "max"):
            raise ValueError(
                f"EarlyStopping: expected mode 'auto', 'min' or 'max', got {mode!r}."
            )
        rising = mode == "max" or (
            mode == "auto" and ("acc" in monitor or monitor.endswith("auc"))
        )
        self.sign = 1.0 if rising else -1.0
        self.monitor, self.min_delta = monitor, abs(min_delta)
        self.patience, self.verbose = patience, verbose
        self.baseline, self.start_from_epoch = baseline, start_from_epoch
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs=None):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        value = require_logged(self, self.monitor, logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs=None):
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)
        if self.stopped_epoch and self.verbose:
            print(
                f"Stopped after epoch {self.stopped_epoch + 1}; "
                f"the best was epoch {self.best_epoch + 1}."
            )

    def _better(self, value, reference):
        return reference is None or self.sign * (value - reference) > self.min_delta


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


def require_logged(callback: Callback, monitor: str, logs: dict | None) -> float:
    """The monitored value, or a KeyError that lists what there is."""
    if monitor not in (logs or {}):
        have = ", ".join(sorted(logs or {}))
        hint = " Pass validation_data to fit." if monitor.startswith("val_") else ""
        raise KeyError(
            f"{type(callback).__name__}: expected {monitor!r} among the logs, "
            f"got {have}.{hint}"
        )
    return logs[monitor]
