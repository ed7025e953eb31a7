"""The base of all callbacks, the record, the printed line, and one from functions."""

import sys
import time
from collections.abc import Callable

import numpy as np


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
        text = "  ".join(f"{k} {_short(v)}" for k, v in (logs or {}).items())
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


def _short(value) -> str:
    """Four decimals, of one number or of each (a metric may have one a class)."""
    if np.ndim(value) == 0:
        return f"{value:.4f}"
    return "[" + " ".join(f"{v:.4f}" for v in np.ravel(value)) + "]"
