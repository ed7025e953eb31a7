"""Weights in Keras' own format, `.weights.h5`, which its load_weights reads.

Groups follow the layers. Within a model each is named by its class in snake case, with
_1, _2, ... for further layers of that class; a wrapper names what it holds by attribute
(`forward_layer`), and a recurrent layer keeps its weights in `cell`. The arrays are
0, 1, ... in the group `vars`, in the order of Keras' weights:

    layers/dense_1/vars/0
    layers/bidirectional/forward_layer/cell/vars/2
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.recurrent import Recurrent
from dlcourse.models.functional import Model
from dlcourse.models.training import Trainer

Array = np.ndarray

SKIPPED = ("optimizer", "seed_generator")  # groups that hold no weights


def write(model: Trainer, path: Path) -> None:
    """Write a file that `load_weights` of the Keras twin reads."""
    with _h5py("save_weights").File(path, "w") as file:
        for name, w in places(model):
            file[name] = w


def read(model: Trainer, path: Path) -> None:
    """Copy the weights of a file that Keras or `write` wrote into the model.

    ValueError where it is damaged or does not fit; then nothing is changed.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"load_weights: expected a file, but there is no {path}."
        )
    h5py, found = _h5py("load_weights"), {}

    def collect(name, item):  # visititems follows no links, into other files either
        if isinstance(item, h5py.Dataset) and not set(SKIPPED) & set(name.split("/")):
            if item.is_virtual or item.external or item.dtype.kind not in "fiu":
                raise ValueError(f"{name} holds no plain numbers")
            found[name] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)
    except Exception as error:  # a damaged file can raise anything
        raise ValueError(
            f"load_weights: expected a file of Keras' weights, but {path} is damaged "
            f"or of another kind: {error}"
        ) from error
    own = dict(places(model))
    if odd := own.keys() ^ found.keys():
        has = "also" if min(odd) in found else "not"
        raise ValueError(
            f"load_weights: expected the {len(own)} arrays of this model, but the file "
            f"has {has} {min(odd)}. Build the model of the same layers."
        )
    for name, w in own.items():
        if found[name].shape != w.shape:
            raise ValueError(
                f"load_weights: expected an array of shape {w.shape} for {name}, got "
                f"{found[name].shape}."
            )
    for name, w in own.items():
        w[...] = found[name]


def places(layer: Layer, group: str = "") -> Iterator[tuple[str, Array]]:
    """(path in the file, array) of each weight."""
    own = [
        w
        for name, w in [*layer.params.items(), *layer.state.items()]
        if name not in layer.sublayers
    ]
    inner = f"{group}cell/" if isinstance(layer, Recurrent) else group
    for k, w in enumerate(own):
        yield f"{inner}vars/{k}", w
    seen = Counter()
    for key, sublayer in layer.sublayers.items():
        if isinstance(layer, Trainer):
            kind = class_group(sublayer)
            key = f"layers/{kind}_{seen[kind]}" if seen[kind] else f"layers/{kind}"
            seen[kind] += 1
        yield from places(sublayer, f"{group}{key}/")


def class_group(layer: Layer) -> str:
    """Keras' name for a group: PReLU -> p_re_lu, a Model -> functional."""
    name = "Functional" if isinstance(layer, Model) else type(layer).__name__
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _h5py(who: str):
    try:
        import h5py
    except ImportError:
        raise ImportError(
            f"{who}: expected the package h5py for Keras' format, which comes with "
            "Keras. Install it with pip install h5py, or use .weights.npz."
        ) from None
    return h5py
