"""Known networks, each described once and built in either world.

    architectures.resnet(18)                      # a dlcourse.models.Model, not built
    architectures.resnet(18, library="keras")     # a keras.Model

Both have the same layers, names of weights, order and shapes, so weights move with
`set_weights(get_weights())`. `table` lists shapes and parameters without building.
"""

from dlcourse.architectures.alexnet import alexnet
from dlcourse.architectures.googlenet import googlenet
from dlcourse.architectures.lenet import digit_codes, lenet5, lenet5_1998
from dlcourse.architectures.resnet import resnet, resnet_small
from dlcourse.architectures.table import Row, print_rows, table, trainable
from dlcourse.architectures.unet import unet
from dlcourse.architectures.world import World, world

__all__ = [
    "Row",
    "World",
    "alexnet",
    "digit_codes",
    "googlenet",
    "lenet5",
    "lenet5_1998",
    "print_rows",
    "resnet",
    "resnet_small",
    "table",
    "trainable",
    "unet",
    "world",
]
