"""A model as plain data that JSON can hold, and back: what `save` writes as header.

An object of the package becomes its kind, its class and its constructor's arguments:

    Dense(2, kernel_regularizer=L2(0.1))
    {"kind": "layer", "class": "Dense", "options": {"units": 2, "kernel_regularizer":
        {"kind": "regularizer", "class": "L2", "options": {"l2": 0.1}}, ...}}

Going back, a class is looked up among the subclasses of the kind's base that the
package defines. Nothing is imported by a name in the file, and nothing is executed but
constructors of the package.
"""

from collections.abc import Iterator

import numpy as np

from dlcourse import activations, losses, metrics, optimizers, schedules
from dlcourse.activations import ActivationFunction
from dlcourse.constraints import Constraint
from dlcourse.initializers import Initializer
from dlcourse.layers.base import Layer
from dlcourse.layers.core import InputLayer
from dlcourse.layers.node import Node
from dlcourse.models.functional import Model
from dlcourse.models.sequential import Sequential
from dlcourse.models.training import Trainer
from dlcourse.regularizers import Regularizer
from dlcourse.serialization import arguments, options
from dlcourse.validation import lookup

KINDS = {
    "layer": Layer,
    "initializer": Initializer,
    "regularizer": Regularizer,
    "constraint": Constraint,
    "loss": losses.Loss,
    "metric": metrics.Metric,
    "optimizer": optimizers.Optimizer,
    "schedule": schedules.LearningRateSchedule,
}


# -- to plain data


def describe(value, where: str = "the model"):
    """`value` as None, bool, int, float, str, list or dict.

    TypeError for what is no object of the package, such as a function; `where` says
    which option holds it.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON has no NaN and no infinity.
        return value if np.isfinite(value) else {"kind": "float", "value": str(value)}
    if isinstance(value, (list, tuple)):
        items = [describe(one, where) for one in value]
        return items if isinstance(value, list) else {"kind": "tuple", "items": items}
    if isinstance(value, np.ndarray):
        items = [describe(one, where) for one in value.ravel().tolist()]
        return {
            "kind": "array",
            "dtype": str(value.dtype),
            "shape": list(value.shape),
            "items": items,
        }
    if isinstance(value, ActivationFunction):
        return {"kind": "activation", "name": value.__name__}
    if isinstance(value, Trainer):
        return _describe_model(value)
    for kind, base in KINDS.items():
        if isinstance(value, base):
            return _describe_object(kind, value)
    raise TypeError(
        f"save: expected options of numbers, texts and objects of dlcourse, got "
        f"{value!r} in {where}. Use a class of the package in its place, such as a "
        "schedule instead of a function."
    )


def _describe_object(kind: str, thing) -> dict:
    name = type(thing).__name__
    found = options(thing)
    if kind == "optimizer":
        found["learning_rate"] = thing.schedule  # not the rate of this step alone
    entry = {
        "kind": kind,
        "class": name,
        "options": {
            option: describe(value, f"{name}({option})")
            for option, value in found.items()
        },
    }
    if kind in ("layer", "metric"):
        entry["name"] = thing.name
    if kind == "layer" and thing.named:
        entry["named"] = True
    return entry


def _describe_model(model: Trainer) -> dict:
    """Layers in order and, of a Model, the graph: which node feeds which."""
    if type(model) not in (Sequential, Model):
        raise TypeError(
            f"save: expected a Sequential or a Model, got {type(model).__name__}. "
            "Save its weights with save_weights and build it by its own code."
        )
    entry = {"kind": "model", "class": type(model).__name__, "name": model.name}
    if model.named:
        entry["named"] = True
    entry["layers"] = [describe(layer) for layer in model.layers]
    if isinstance(model, Sequential):
        first = model.input_layer
        entry["input"] = None if first is None else _describe_input(first, first.shape)
        return entry
    entry["inputs"] = [
        _describe_input(node.layer, node.shape[1:]) for node in model.inputs
    ]
    number = {node: k for k, node in enumerate(model.nodes)}  # inputs come first
    entry["graph"] = [
        {
            "layer": node.layer.name,
            "from": _numbers(node.inputs, node.many, number),
        }
        for node in model.inner
    ]
    entry["outputs"] = _numbers(model.outputs, model.many_outputs, number)
    entry["many_inputs"] = model.many_inputs
    return entry


def _describe_input(layer: Layer, shape) -> dict:
    return {"name": layer.name, "shape": list(shape)}


def _numbers(nodes: list, many: bool, number: dict) -> "int | list[int]":
    found = [number[node] for node in nodes]
    return found if many else found[0]


# -- back


def restore(entry, own: dict[str, type] | None = None):
    """What `describe` described. `own` has classes from outside the package, by name.

    ValueError for a class, kind or option that is not known; errors of the constructors
    pass through.
    """
    if isinstance(entry, list):
        return [restore(one, own) for one in entry]
    if not isinstance(entry, dict):
        return entry
    kind = entry["kind"]
    if kind == "float":
        return float(entry["value"])
    if kind == "tuple":
        return tuple(restore(entry["items"], own))
    if kind == "array":
        items = restore(entry["items"], own)
        return np.array(items, dtype=entry["dtype"]).reshape(entry["shape"])
    if kind == "activation":
        lookup("activation", entry["name"], activations.ACTIVATIONS)
        return activations.get(entry["name"])
    if kind == "model":
        return _restore_model(entry, own)
    base = lookup("kind of object", kind, KINDS)
    made = _class(kind, base, entry["class"], own)
    unknown = sorted(set(entry["options"]) - set(arguments(made)))
    if unknown:
        raise ValueError(
            f"{made.__name__}: expected options among {', '.join(arguments(made))}; "
            f"got {unknown[0]!r}."
        )
    found = {name: restore(value, own) for name, value in entry["options"].items()}
    if kind in ("layer", "metric"):
        found["name"] = entry["name"]
    thing = made(**found)
    if kind == "layer":
        thing.named = entry.get("named", False)
    return thing


def _class(kind: str, base: type, name: str, own) -> type:
    """The class of that name: of the package, or one that the reader gave."""
    known = {cls.__name__: cls for cls in _subclasses(base) if _is_ours(cls)}
    known |= {k: cls for k, cls in (own or {}).items() if issubclass(cls, base)}
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"expected a {kind} of dlcourse, got the class {name!r}. Where it is of "
            "dlcourse.architectures, import that first; where it is your own, pass "
            f"custom_objects={{{name!r}: ...}}."
        )
    return known[name]


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith("dlcourse.") and not cls.__name__.startswith("_")


def _subclasses(base: type) -> Iterator[type]:
    for cls in base.__subclasses__():
        yield cls
        yield from _subclasses(cls)


def _restore_model(entry: dict, own) -> Trainer:
    kind = lookup(
        "class of model", entry["class"], {"Sequential": Sequential, "Model": Model}
    )
    layers = [restore(one, own) for one in entry["layers"]]
    if kind is Sequential:
        first = entry["input"]
        start = [] if first is None else [_input(first)]
        model = Sequential([*start, *layers], name=entry["name"])
    else:
        by_name = {layer.name: layer for layer in layers}
        nodes = [_input(one).output for one in entry["inputs"]]
        starts = list(nodes)
        for call in entry["graph"]:
            source = call["from"]
            sources = (
                [nodes[k] for k in source]
                if isinstance(source, list)
                else nodes[source]
            )
            by_name[call["layer"]](sources)
            nodes.append(by_name[call["layer"]].output)
        ends = entry["outputs"]
        model = Model(
            starts if entry["many_inputs"] else starts[0],
            [nodes[k] for k in ends] if isinstance(ends, list) else nodes[ends],
            name=entry["name"],
        )
    if [layer.name for layer in model.layers] != [layer.name for layer in layers]:
        raise ValueError(
            f"{entry['class']}: expected layers named "
            f"{[layer.name for layer in model.layers]}, got "
            f"{[layer.name for layer in layers]}."
        )
    model.named = entry.get("named", False)
    return model


def _input(entry: dict) -> InputLayer:
    layer = InputLayer(tuple(entry["shape"]), name=entry["name"])
    Node(layer, None, (None, *layer.shape))
    return layer
