"""Layers, one file a family. The contract that they keep stands in `base.py`."""

from dlcourse.layers.base import Layer
from dlcourse.layers.convolution import Conv1D, Conv2D
from dlcourse.layers.core import Activation, Dense, Flatten, Input, InputLayer
from dlcourse.layers.depthwise import DepthwiseConv2D
from dlcourse.layers.dropout import Dropout
from dlcourse.layers.embedding import Embedding
from dlcourse.layers.gated import GRU, LSTM
from dlcourse.layers.recurrent import SimpleRNN
from dlcourse.layers.sequence import Masking, RepeatVector
from dlcourse.layers.transposed import Conv2DTranspose
from dlcourse.layers.wrappers import Bidirectional, TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Bidirectional",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "Masking",
    "RepeatVector",
    "SimpleRNN",
    "TimeDistributed",
]
