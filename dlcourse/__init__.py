"""The package of the book: every algorithm in NumPy, named as in Keras.

`import dlcourse` loads NumPy alone. A submodule loads when it is first used:
`dlcourse.layers`, `dlcourse.twin`, ...
"""

import importlib

__version__ = "0.1.0"

_MODULES = (
    "activations",
    "architectures",
    "autodiff",
    "callbacks",
    "checks",
    "constraints",
    "datasets",
    "gradcheck",
    "hardware",
    "initializers",
    "kernels",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plots",
    "regularizers",
    "results",
    "schedules",
    "twin",
    "widgets",
)
_FUNCTIONS = {
    "start": "hardware",
    "check": "checks",
    "progress": "checks",
    "variants": "checks",
}

__all__ = ["__version__", *_MODULES, *_FUNCTIONS]


def __getattr__(name: str):
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
