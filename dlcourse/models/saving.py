"""Models and weights in files, without pickle: reading one runs no code of its own.

A model is one `.npz`, a zip file of arrays: `header` holds JSON (format, layers with
their options, graph, optimizer, loss, metrics), `weights/dense/kernel` the weights and
`optimizer/dense/kernel/momentum` the optimizer's memory, so that the training goes on
where it stopped. `.weights.npz` holds the weights alone; `.weights.h5` is Keras' format
(keras_h5.py).
"""

from pathlib import Path

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.models import archive, keras_h5
from dlcourse.models.description import describe, restore
from dlcourse.models.outline import build_blank
from dlcourse.models.training import Trainer
from dlcourse.validation import require_positive_int

Array = np.ndarray


# -- whole models


def save(model: Trainer, path: "str | Path") -> None:
    """Write a built model to `path`, which ends in .npz.

    ValueError for another ending or a layer that stands at two places; TypeError for an
    option that is no plain value, such as a function; RuntimeError before build.
    """
    path = archive.checked("save", path, (".npz",))
    model.require_built()
    header = {
        **archive.signature("model"),
        "model": describe(model),
        "input_shape": describe(model.input_shape),
        "dtype": str(model.dtype),
        "frozen": [list(place) for place in _frozen(model)],
        "compiled": None,
    }
    arrays = _weights("save", model)
    if model.loss is not None:
        header["compiled"], memory = _describe_training(model)
        arrays |= memory
    archive.write(path, header, arrays)


def load_model(
    path: "str | Path",
    custom_objects: dict[str, type] | None = None,
    compile: bool = True,
) -> Trainer:
    """The model that `save` wrote, compiled as it was unless compile=False.

    custom_objects has classes of your own by their names. ValueError for a file that is
    damaged, of another kind or of a newer format, or that names a class which is none
    of the package. Keras: keras.models.load_model.
    """
    path = archive.checked("load_model", path, (".npz",))
    header, arrays = archive.read("load_model", path)
    if header["content"] != "model":
        raise ValueError(
            f"load_model: expected a whole model, but {path} holds weights only. "
            "Build the model and call its load_weights."
        )
    try:
        model = restore(header["model"], custom_objects)
        build_blank(model, restore(header["input_shape"]), header["dtype"])
        for place in header["frozen"]:
            _inside(model, place)._trainable = False
        _fill("load_model", model, arrays)
        if compile and header["compiled"] is not None:
            _restore_training(model, header["compiled"], arrays, custom_objects)
    except Exception as error:  # whatever a constructor says to a wrong option
        raise archive.damaged("load_model", path, error) from error
    return model


def _describe_training(model: Trainer) -> tuple[dict, dict[str, Array]]:
    """(what compile was told, and the count of updates; the optimizer's memory)."""
    found = {
        "optimizer": describe(model.optimizer),
        "iterations": model.optimizer.iterations,
        "loss": describe(model.loss),
        "loss_weights": describe(model.objective.loss_weights, "loss_weights"),
        "metrics": [describe(metric) for metric in model.metrics],
    }
    memory = {}
    for place, w in model.named_weights():
        owner, slots = model.optimizer._slots.get(place, (None, {}))
        if owner is w:
            memory |= {_key("optimizer", *place, name): a for name, a in slots.items()}
    return found, memory


def _restore_training(model: Trainer, entry: dict, arrays: dict, own) -> None:
    model.compile(
        restore(entry["optimizer"], own),
        restore(entry["loss"], own),
        restore(entry["metrics"], own),
        restore(entry["loss_weights"]),
    )
    optimizer = model.optimizer
    optimizer.iterations = require_positive_int(
        "optimizer", "iterations", entry["iterations"], least=0
    )
    left = {name for name in arrays if name.startswith("optimizer/")}
    updated = {name.rpartition("/")[0] for name in left}
    for place, w in model.named_weights():
        key = _key("optimizer", *place)
        if key in updated:  # moving averages and frozen layers are not
            for name, memory in optimizer._memory(place, w).items():
                _copy(memory, arrays, _key(key, name))
                left.remove(_key(key, name))
    if left:
        raise ValueError(f"the optimizer has no use for {min(left)}")


def _frozen(layer: Layer, place: tuple[str, ...] = ()):
    """Where the layers stand whose `trainable` is False."""
    if not layer.trainable:
        yield place
    for key, inner in layer.sublayers.items():
        yield from _frozen(inner, (*place, key))


def _inside(layer: Layer, place: list[str]) -> Layer:
    for key in place:
        layer = layer.sublayers[key]
    return layer


# -- weights alone


def save_weights(model: Trainer, path: "str | Path") -> None:
    """Write the weights: .weights.npz, or .weights.h5 for Keras' load_weights.

    ValueError for another ending; RuntimeError before build.
    """
    path = archive.checked("save_weights", path, (".weights.npz", ".weights.h5"))
    model.require_built()
    if path.suffix == ".h5":
        archive.replace(path, lambda temporary: keras_h5.write(model, temporary))
    else:
        header = archive.signature("weights")
        archive.write(path, header, _weights("save_weights", model))


def load_weights(model: Trainer, path: "str | Path") -> None:
    """Read the weights of such a file, or of one that Keras or `save` wrote.

    Names and shapes must be those of the model; numbers are converted to its dtype.
    ValueError where they are not or the file is damaged; then nothing is changed.
    RuntimeError before build.
    """
    path = archive.checked("load_weights", path, (".npz", ".weights.h5"))
    model.require_built()
    if path.suffix == ".h5":
        keras_h5.read(model, path)
    else:
        _fill("load_weights", model, archive.read("load_weights", path)[1])


def _weights(who: str, model: Trainer) -> dict[str, Array]:
    """The weights by name."""
    found = {_key("weights", *place): w for place, w in model.named_weights()}
    if not len({id(w) for w in model.weights}) == len(found) == len(model.weights):
        raise ValueError(
            f"{who}: expected each layer to stand at one place of the model, under a "
            "name of its own, but two places share weights. Call a shared layer twice "
            "within one Model."
        )
    return found


def _fill(who: str, model: Trainer, arrays: dict[str, Array]) -> None:
    """Copy all weights, or none."""
    own = {_key("weights", *place): w for place, w in model.named_weights()}
    found = {name for name in arrays if name.startswith("weights/")}
    if odd := found ^ own.keys():
        has = "also" if min(odd) in found else "not"
        raise ValueError(
            f"{who}: expected the weights of this model, but the file has {has} "
            f"{min(odd).removeprefix('weights/')}. Build the model of the same layers "
            "and names."
        )
    for name, w in own.items():
        if arrays[name].shape != w.shape or arrays[name].dtype.kind != "f":
            raise ValueError(
                f"{who}: expected floats of shape {w.shape} for "
                f"{name.removeprefix('weights/')}, got {arrays[name].dtype} of shape "
                f"{arrays[name].shape}."
            )
    for name, w in own.items():
        w[...] = arrays[name]


def _copy(target: Array, arrays: dict[str, Array], name: str) -> None:
    found = arrays[name]
    if found.shape != target.shape or found.dtype != target.dtype:
        raise ValueError(
            f"expected {target.dtype} of shape {target.shape} for {name}, got "
            f"{found.dtype} of shape {found.shape}"
        )
    target[...] = found


def _key(*place: str) -> str:
    return "/".join(place)
