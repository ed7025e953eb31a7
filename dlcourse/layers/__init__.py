"""Layers, one file a family. The contract that they keep stands in `base.py`."""

from dlcourse.layers.advanced_activations import ELU, LeakyReLU, PReLU, ReLU, Softmax
from dlcourse.layers.base import Layer
from dlcourse.layers.convolution import Conv1D, Conv2D
from dlcourse.layers.core import Activation, Dense, Flatten, Input, InputLayer
from dlcourse.layers.depthwise import DepthwiseConv2D
from dlcourse.layers.dropout import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
)
from dlcourse.layers.embedding import Embedding
from dlcourse.layers.gated import GRU, LSTM
from dlcourse.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
)
from dlcourse.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Multiply,
    Subtract,
)
from dlcourse.layers.normalization import BatchNormalization
from dlcourse.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from dlcourse.layers.recurrent import SimpleRNN
from dlcourse.layers.reshaping import (
    Cropping2D,
    Permute,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from dlcourse.layers.sample_normalization import (
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
)
from dlcourse.layers.sequence import Masking, RepeatVector
from dlcourse.layers.transposed import Conv2DTranspose
from dlcourse.layers.wrappers import Bidirectional, TimeDistributed

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "Activation",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LocalResponseNormalization",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "Multiply",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "SimpleRNN",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Subtract",
    "TimeDistributed",
    "UpSampling2D",
    "ZeroPadding2D",
]
