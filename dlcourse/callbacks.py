"""Callbacks:

code that `fit` calls between batches and epochs. Names and arguments are those of
keras.callbacks.
"""

import csv
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path


class Callback:
    """Base:

    override what you need. `self.model` is the model; `logs` maps metric names to
    values.
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
    """Collects the logs of every epoch:

    history["loss"] is a list. Keras: keras.callbacks.History.
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
        self.epoch, self.began = epoch, time.perf_counter()
        self.shown = self.began

    def on_train_batch_end(self, batch, logs=None):
        now, steps = time.perf_counter(), self.params["steps"]
        if now - self.shown > 0.2 and batch + 1 < steps:
            self.shown = now
            done = int(self.width * (batch + 1) / steps)
            self._write(
                "\r",
                "█" * done + "·" * (self.width - done),
                f"{batch + 1}/{steps}",
                logs,
            )

    def on_epoch_end(self, epoch, logs=None):
        self._write(
            "\r",
            f"{time.perf_counter() - self.began:.1f} s".ljust(self.width),
            "",
            logs,
        )
        sys.stdout.write("\n")
        sys.stdout.flush()

    def _write(self, start, bar, count, logs):
        text = "  ".join(f"{k} {v:.4f}" for k, v in (logs or {}).items())
        sys.stdout.write(
            f"{start}epoch {self.epoch + 1}/{self.params['epochs']}  {bar} {count} {text}"
        )
        sys.stdout.flush()


class LambdaCallback(Callback):
    """Callbacks from functions. Keras: keras.callbacks.LambdaCallback."""

    def __init__(self, **functions: Callable):
        for name, function in functions.items():
            if not hasattr(Callback, name) or not name.startswith("on_"):
                known = ", ".join(n for n in dir(Callback) if n.startswith("on_"))
                raise ValueError(
                    f"LambdaCallback: expected one of {known}; got {name!r}."
                )
            setattr(self, name, function)


class EarlyStopping(Callback):
    """Stop when `monitor` has not improved by more than min_delta for `patience`
    epochs.

    With restore_best_weights the model ends with the weights of its best epoch. mode
    "auto" maximises accuracies and minimises the rest. Keras:
    keras.callbacks.EarlyStopping.
    """

    def __init__(self, monitor: str = "val_loss", min_delta: float = 0.0, patience: int = 0, verbose: int = 0,
                 mode: str = "auto", baseline: float | None = None, restore_best_weights: bool = False,
                 start_from_epoch: int = 0):  # fmt: skip
        if mode not in ("auto", "min", "max"):
            raise ValueError(
                f"EarlyStopping: expected mode 'auto', 'min' or 'max', got {mode!r}."
            )
        rising = mode == "max" or (
            mode == "auto" and ("acc" in monitor or monitor.endswith("auc"))
        )
        self.sign = 1.0 if rising else -1.0
        self.monitor, self.min_delta, self.patience, self.verbose = (
            monitor,
            abs(min_delta),
            patience,
            verbose,
        )
        self.baseline, self.restore_best_weights, self.start_from_epoch = (
            baseline,
            restore_best_weights,
            start_from_epoch,
        )

    def on_train_begin(self, logs=None):
        self.wait, self.stopped_epoch, self.best, self.best_epoch, self.best_weights = (
            0,
            0,
            None,
            0,
            None,
        )

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
                f"Stopped after epoch {self.stopped_epoch + 1}; the best was epoch {self.best_epoch + 1}."
            )

    def _better(self, value, reference):
        return reference is None or self.sign * (value - reference) > self.min_delta


class LearningRateScheduler(Callback):
    """Before each epoch:

    learning rate <- schedule(epoch, rate). Keras:
    keras.callbacks.LearningRateScheduler.
    """

    def __init__(self, schedule: Callable[[int, float], float], verbose: int = 0):
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(self.schedule(epoch, optimizer.learning_rate))
        if self.verbose:
            print(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:.6g}")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class CSVLogger(Callback):
    """Writes one row an epoch, the epoch first, then the logs by name.

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
        if self.keys is None:
            self.keys = sorted(logs or {})
            if self.header:
                self.rows.writerow(["epoch", *self.keys])
        self.rows.writerow([epoch, *((logs or {}).get(key, "") for key in self.keys)])
        self.file.flush()

    def on_train_end(self, logs=None):
        self.file.close()


class TerminateOnNaN(Callback):
    """Stop as soon as the loss of a batch is not finite.

    Keras: keras.callbacks.TerminateOnNaN.
    """

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            print(
                f"Batch {batch}: the loss is not finite, so training stops. Try a smaller learning rate."
            )
            self.model.stop_training = True


def require_logged(callback: Callback, monitor: str, logs: dict | None) -> float:
    """The monitored value, or a KeyError that lists what there is."""
    if monitor not in (logs or {}):
        have = ", ".join(sorted(logs or {}))
        hint = " Pass validation_data to fit." if monitor.startswith("val_") else ""
        raise KeyError(
            f"{type(callback).__name__}: expected {monitor!r} among the logs, got {have}.{hint}"
        )
    return logs[monitor]
