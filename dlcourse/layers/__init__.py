"""Layers, one file a family. The contract that they keep stands in `base.py`."""

from dlcourse.layers.base import Layer
from dlcourse.layers.core import Activation, Dense, Flatten, Input, InputLayer
from dlcourse.layers.dropout import Dropout

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Input", "InputLayer", "Layer"]
