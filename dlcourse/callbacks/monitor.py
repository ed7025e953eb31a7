"""Callbacks that watch one number: stop, lower the learning rate, save the best."""

from pathlib import Path

from dlcourse.callbacks.base import Callback
from dlcourse.validation import require_below_one, require_number, require_positive_int

# What is better when larger has one of these in its name.
RISING = (
    *("acc", "auc", "precision", "recall", "sensitivity", "specificity", "score"),
    *("iou", "io_u", "correlation", "similarity"),
)


class Monitor(Callback):
    """Base: a number of the logs, and whether it has improved by more than min_delta.

    mode "auto" maximises accuracies, AUC, precision, recall, scores, IoU, correlations
    and similarities, and minimises the rest. ValueError for another mode; KeyError
    where `monitor` is not logged. Keras: MonitorCallback, which knows the metrics'
    directions by their classes.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(
                f"{type(self).__name__}: expected mode 'auto', 'min' or 'max', "
                f"got {mode!r}."
            )
        rising = mode == "max" or (
            mode == "auto" and any(part in monitor for part in RISING)
        )
        self.sign = 1.0 if rising else -1.0
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)

    def logged(self, logs: dict | None) -> float:
        """The monitored value, or a KeyError that lists what there is."""
        if self.monitor not in (logs or {}):
            have = ", ".join(sorted(logs or {}))
            held_out = self.monitor.startswith("val_")
            hint = " Pass validation_data to fit." if held_out else ""
            raise KeyError(
                f"{type(self).__name__}: expected {self.monitor!r} among the logs, "
                f"got {have}.{hint}"
            )
        return logs[self.monitor]

    def better(self, value: float, reference: float | None) -> bool:
        """Whether value beats the reference; it always beats None."""
        return reference is None or self.sign * (value - reference) > self.min_delta


class EarlyStopping(Monitor):
    """Stop when `monitor` has not improved for `patience` epochs.

    An improvement is a change by more than min_delta; with a baseline it must also
    beat that. With restore_best_weights the model ends with the weights of its best
    epoch. Keras: keras.callbacks.EarlyStopping.
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
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose = patience, verbose
        self.baseline, self.start_from_epoch = baseline, start_from_epoch
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs=None):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        value = self.logged(logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.better(value, self.baseline):
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


class ReduceLROnPlateau(Monitor):
    """learning rate <- factor times it, when `monitor` has not improved for `patience`
    epochs; never below min_lr.

    After each change `cooldown` epochs pass before it counts again. Logs the rate of
    the epoch as "learning_rate". TypeError where the optimizer follows a schedule.
    Keras: keras.callbacks.ReduceLROnPlateau.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.factor = require_below_one("ReduceLROnPlateau", "factor", factor)
        self.patience, self.verbose = patience, verbose
        self.cooldown = cooldown
        self.min_lr = require_number("ReduceLROnPlateau", "min_lr", min_lr)

    def on_train_begin(self, logs=None):
        self.best, self.wait, self.cooldown_counter = None, 0, 0
        schedule = self.model.optimizer.schedule
        if callable(schedule):
            raise TypeError(
                "ReduceLROnPlateau: expected an optimizer with a number as its "
                f"learning rate, got the schedule {schedule!r}. Use one or the other."
            )

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        if logs is not None:
            logs["learning_rate"] = optimizer.learning_rate
        value = self.logged(logs)
        if self.cooldown_counter:
            self.cooldown_counter -= 1
        if self.better(value, self.best):
            self.best, self.wait = value, 0
            return
        if self.cooldown_counter:
            return
        self.wait += 1
        if self.wait >= self.patience and optimizer.learning_rate > self.min_lr:
            optimizer.learning_rate = max(
                self.factor * optimizer.learning_rate, self.min_lr
            )
            self.cooldown_counter, self.wait = self.cooldown, 0
            if self.verbose:
                print(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:.6g}")


class ModelCheckpoint(Monitor):
    """Save the model after every epoch, or every `save_freq` batches.

    filepath ends with .npz for whole models and with .weights.npz (or Keras'
    .weights.h5) for weights alone. It may hold the epoch, counted from 1, and logs:
    "{epoch:02d}-{val_loss:.2f}.npz". With save_best_only it saves only what beats the
    best so far, which starts at initial_value_threshold. ValueError for another ending
    or save_freq; KeyError for a log that is not there. Keras:
    keras.callbacks.ModelCheckpoint.
    """

    def __init__(
        self,
        filepath: "str | Path",
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: "int | str" = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode)
        self.filepath, self.verbose = str(filepath), verbose
        weights = self.filepath.endswith((".weights.npz", ".weights.h5"))
        if weights != save_weights_only or not (
            weights or self.filepath.endswith(".npz")
        ):
            ending = ".weights.npz" if save_weights_only else ".npz"
            raise ValueError(
                f"ModelCheckpoint: expected a filepath that ends with {ending} for "
                f"save_weights_only={save_weights_only}, got {self.filepath!r}."
            )
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        if save_freq != "epoch":
            require_positive_int("ModelCheckpoint", "save_freq ('epoch' or)", save_freq)
        self.initial_value_threshold = self.best = initial_value_threshold
        self.batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.save_freq != "epoch" and self.batches % self.save_freq == 0:
            self._save({"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(logs or {})

    def _save(self, logs):
        if self.save_best_only:
            value = self.logged(logs)
            if not self.better(value, self.best):
                return
            self.best = value
        try:
            path = Path(self.filepath.format(epoch=self.epoch + 1, **logs))
        except KeyError as error:
            have = ", ".join(["epoch", *sorted(logs)])
            raise KeyError(
                f"ModelCheckpoint: expected the names in {self.filepath!r} among "
                f"{have}; got {error}."
            ) from None
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            print(f"epoch {self.epoch + 1}: saved {path}")
