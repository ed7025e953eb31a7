"""Models: Sequential, a stack of layers, and Model, a graph of them."""

from dlcourse.models.functional import Model
from dlcourse.models.saving import load_model
from dlcourse.models.sequential import Sequential
from dlcourse.models.training import Trainer

__all__ = ["Model", "Sequential", "Trainer", "load_model"]
