"""The two worlds that an architecture is built in: NumPy and Keras."""

import types

from dlcourse.validation import lookup


class World:
    """Layers, Input, Model and initializers of one world, under the names they share.

    L = world("numpy")            # or "keras"
    x = L.Input((28, 28, 1))
    model = L.Model(x, L.Dense(10)(L.Flatten()(x)))
    """

    def __init__(self, library: str, *modules: types.ModuleType):
        self.library, self.modules = library, modules

    def __getattr__(self, name: str):
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"the world of {self.library} has no {name!r}")


def world(library: str) -> World:
    """The world of that name; Keras is imported only for "keras"."""
    return lookup("library", library, {"numpy": _numpy, "keras": _keras})()


def _numpy() -> World:
    import dlcourse
    from dlcourse import layers, models
    from dlcourse.architectures import numpy_layers

    return World("numpy", numpy_layers, layers, models, dlcourse)


def _keras() -> World:
    import keras

    from dlcourse.architectures import keras_layers

    return World("keras", keras_layers, keras.layers, keras)
