"""Callbacks: tests/test_callbacks.py compares their runs with Keras."""

from dlcourse.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

CALLBACKS = (
    "CSVLogger",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
)

NO_TWIN = {
    "Callback": "a base class: LambdaCallback's event log against Keras'",
    "ProgbarLogger": "the text that it prints, tests/test_callbacks.py",
}

V = ValueError
# fmt: off
BAD_INPUT = [
    (lambda: EarlyStopping(mode="up"), V, "EarlyStopping: expected mode 'auto', 'min' or 'max'"),
    (lambda: ReduceLROnPlateau(mode=1), V, "ReduceLROnPlateau: expected mode"),
    (lambda: ReduceLROnPlateau(factor=1.0), V, "ReduceLROnPlateau: expected factor in [0, 1), got 1.0"),
    (lambda: ReduceLROnPlateau(min_lr=-1), V, "ReduceLROnPlateau: expected min_lr"),
    (lambda: ReduceLROnPlateau("acc").logged({"loss": 1.0}), KeyError, "expected 'acc' among the logs, got loss."),
    (lambda: ModelCheckpoint("model.keras"), V, "ModelCheckpoint: expected a filepath that ends with .npz", "'model.keras'"),
    (lambda: ModelCheckpoint("best.npz", save_weights_only=True), V, "ends with .weights.npz"),
    (lambda: ModelCheckpoint("best.weights.npz"), V, "ends with .npz for save_weights_only=False"),
    (lambda: ModelCheckpoint("best.npz", save_freq="batch"), V, "save_freq ('epoch' or) to be a positive whole number, got 'batch'"),
    (lambda: ModelCheckpoint("best.npz", save_freq=0), V, "save_freq"),
]
# fmt: on
