"""What readers get wrong with the known networks."""

import numpy as np

from cases.base import mlp
from dlcourse import architectures
from dlcourse.architectures import numpy_layers as special

V, T = ValueError, TypeError


def call(layer, shape, built=None):
    layer.build(built or shape, rng=0)
    layer(np.ones(shape, np.float32))


# fmt: off
BAD_INPUT = [
    (lambda: architectures.resnet(51), V, "resnet: expected depth among 18, 34, 50, 101, 152; got 51", "resnet_small"),
    (lambda: architectures.resnet_small(21), V, "resnet_small: expected depth 6 n + 2, such as 20 or 56, got 21"),
    (lambda: architectures.resnet_small(2), V, "resnet_small: expected depth 6 n + 2"),
    (lambda: architectures.resnet_small("20"), V, "resnet_small: expected depth to be a positive whole number"),
    (lambda: architectures.resnet(18, shortcut="C"), V, "shortcut: expected one of A, B; got 'C'"),
    (lambda: architectures.lenet5("torch"), V, "library: expected one of keras, numpy; got 'torch'"),
    (lambda: architectures.lenet5(pooling="sum"), V, "pooling: expected one of average, max; got 'sum'"),
    (lambda: architectures.lenet5(input_shape=(8, 8, 1)), V, "expected x with height of at least 5"),
    (lambda: architectures.alexnet(width=0), V, "alexnet: expected width above 0, got 0"),
    (lambda: architectures.googlenet(width=-1), V, "googlenet: expected width"),
    (lambda: architectures.unet(input_shape=(570, 570, 1)), V, "unet: expected even sides before each pooling, got (279, 279)", "Try 572"),
    (lambda: call(special.Subsampling2D(), (2, 5, 4, 1)), V, "Subsampling2D: expected x of shape", "multiples of 2"),
    (lambda: special.Subsampling2D(0), V, "Subsampling2D: expected pool_size to be a positive whole number, got 0"),
    (lambda: special.SparseConv2D(3, 5), V, "SparseConv2D: expected table with the channels of each map"),
    (lambda: special.SparseConv2D(((0,), ()), 5), V, "SparseConv2D: expected table"),
    (lambda: special.SparseConv2D(((0, -1),), 5), V, "SparseConv2D: expected channels to be a whole number >= 0"),
    (lambda: call(special.SparseConv2D(((0, 3),), 3), (1, 5, 5, 3)), V, "at least 4 channels and 3 pixels"),
    (lambda: special.RBF(np.ones(3)), V, "RBF: expected codes of shape (classes, d), got (3,)"),
    (lambda: call(special.RBF(np.ones((2, 3))), (1, 4)), V, "RBF(2, 3): expected x of shape (batch, 3), got (1, 4)"),
    (lambda: architectures.lenet5_1998(rubbish=-1), V, "RubbishClass: expected j"),
    (lambda: call(special.RubbishClass(1), (1, 2, 3)), V, "RubbishClass: expected penalties of shape (batch, classes)"),
    (lambda: call(special.IdentityShortcut(2), (1, 4, 4, 3)), V, "IdentityShortcut: expected x", "at most 2 channels"),
    (lambda: architectures.table(mlp), T, "table: expected a model of dlcourse or Keras"),
]
# fmt: on
