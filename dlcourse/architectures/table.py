"""The table of an architecture: shapes and parameters, without building its weights."""

import copy
import math
from typing import NamedTuple

from dlcourse.models.outline import build_blank
from dlcourse.models.summary import print_table
from dlcourse.models.training import Trainer


class Row(NamedTuple):
    """One layer: its name and class, the shape of a sample, numbers that it learns."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    trainable: int
    fixed: int


def table(model) -> list[Row]:
    """A row for each layer of a Model of either world, in the order of its layers.

    `fixed` are weights that no gradient moves, such as moving averages. A NumPy model
    need not be built, and stays as it is. TypeError for what is no model.
    """
    if not hasattr(model, "layers"):
        raise TypeError(f"table: expected a model of dlcourse or Keras, got {model!r}.")
    if isinstance(model, Trainer):
        if not model.built:
            model = copy.deepcopy(model)
            build_blank(model)
        return [_ours(layer) for layer in model.layers]
    theirs = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    return [_theirs(layer) for layer in theirs]


def print_rows(model) -> None:
    """Print the table and its sums."""
    rows = table(model)
    cells = [
        (row.name, row.kind, "x".join(map(str, row.shape)), f"{row.trainable:,}")
        for row in rows
    ]
    print_table(("Layer", "Type", "Output", "Trainable"), cells)
    print(f"Trainable: {trainable(model):,}")


def trainable(model) -> int:
    """How many numbers the model learns."""
    return sum(row.trainable for row in table(model))


def _ours(layer) -> Row:
    # `trainable_params` has no moving averages; those are in `state`.
    fixed = sum(w.size for w in layer.state.values())
    learned = layer.count_params() - fixed
    return Row(
        layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), learned, fixed
    )


def _theirs(layer) -> Row:
    learned, fixed = (
        sum(math.prod(w.shape) for w in weights)
        for weights in (layer.trainable_weights, layer.non_trainable_weights)
    )
    shape = tuple(layer.output.shape[1:])
    return Row(layer.name, type(layer).__name__, shape, learned, fixed)
