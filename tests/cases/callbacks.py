"""Callbacks: tests/test_callbacks.py compares their runs with Keras."""

CALLBACKS = (
    "CSVLogger",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "TerminateOnNaN",
)

NO_TWIN = {
    "Callback": "a base class: LambdaCallback's event log against Keras'",
    "ProgbarLogger": "the text that it prints, tests/test_callbacks.py",
}
