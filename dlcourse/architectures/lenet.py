"""LeNet-5: as published in 1998, and as it is built today.

Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86, 1998.
"""

import numpy as np

from dlcourse.architectures.world import world
from dlcourse.validation import lookup

Array = np.ndarray

# Table I of the paper: the maps of S2 that each of the 16 maps of C3 sees. Six see
# three neighbours, six see four neighbours, three see four others, the last sees all.
C3_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5)),
    *((0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

# The digits, 12 rows of 7 pixels each.
DIGITS = (
    """
..###.. ...#... .#####. .#####. .....#.
.#...#. ..##... #.....# #.....# ....##.
#.....# .#.#... ......# ......# ...#.#.
#.....# ...#... ......# ......# ..#..#.
#.....# ...#... .....#. ......# .#...#.
#.....# ...#... ....#.. ..####. #....#.
#.....# ...#... ...#... ......# #######
#.....# ...#... ..#.... ......# .....#.
#.....# ...#... .#..... ......# .....#.
.#...#. ...#... #...... #.....# .....#.
..###.. .#####. ####### .#####. .....#.
....... ....... ....... ....... .......
""",
    """
####### ..####. ####### .#####. .#####.
#...... .#..... ......# #.....# #.....#
#...... #...... ......# #.....# #.....#
#...... #...... .....#. #.....# #.....#
######. ######. .....#. #.....# #.....#
......# #.....# ....#.. .#####. .######
......# #.....# ....#.. #.....# ......#
......# #.....# ...#... #.....# ......#
......# #.....# ...#... #.....# ......#
#.....# #.....# ..#.... #.....# .....#.
.#####. .#####. ..#.... .#####. .####..
....... ....... ....... ....... .......
""",
)


def digit_codes() -> Array:
    """(10, 84): the bitmap of each digit, row by row, +1 for ink and -1 for paper.

    The paper's codes are bitmaps of this size too (its figure 3), of all printable
    characters, drawn by hand; these ten are our own drawing.
    """
    codes = []
    for half in DIGITS:
        rows = [line.split() for line in half.split("\n") if line]
        codes += ["".join(digit) for digit in zip(*rows, strict=True)]
    return np.array([[1.0 if pixel == "#" else -1.0 for pixel in c] for c in codes])


def lenet5_1998(library: str = "numpy", rubbish: float | None = None):
    """LeNet-5 of 1998: images (32, 32, 1) -> penalties (10,), 60,000 trained numbers.

    C convolves, S averages with a trained coefficient and bias, F is dense. After each
    stands the squashing function. The output is the squared distance to fixed codes:
    the smallest is the answer. They are used 340,908 times an image, with the 840
    numbers of the codes: the connections that the paper counts.

    For training give `rubbish`, the j of the paper's equation 9, such as 0.1: the
    outputs are then 11 logits, and the criterion is their cross-entropy,
    losses.SparseCategoricalCrossentropy(from_logits=True). The largest of the first ten
    is the answer.

    What differs: the paper draws the weights uniformly from +-2.4 / fan in, here they
    are uniform with variance 1 / fan in (for C3 the mean fan in of its maps, 94).
    """
    L = world(library)
    c3_draw = L.initializers.VarianceScaling(25 / 94, "fan_in", "uniform")

    def squash(layer, x):
        return L.ScaledTanh()(layer(x))

    def conv(filters, name):
        return L.Conv2D(filters, 5, kernel_initializer="lecun_uniform", name=name)

    def dense(units, name):
        return L.Dense(units, kernel_initializer="lecun_uniform", name=name)

    image = L.Input((32, 32, 1))
    x = squash(conv(6, "C1"), image)  # (28, 28, 6)
    x = squash(L.Subsampling2D(2, name="S2"), x)  # (14, 14, 6)
    x = squash(L.SparseConv2D(C3_TABLE, 5, c3_draw, name="C3"), x)  # (10, 10, 16)
    x = squash(L.Subsampling2D(2, name="S4"), x)  # (5, 5, 16)
    x = squash(conv(120, "C5"), x)  # (1, 1, 120)
    x = squash(dense(84, "F6"), L.Flatten()(x))  # (84,)
    y = L.RBF(digit_codes(), name="OUTPUT")(x)  # (10,)
    if rubbish is not None:
        y = L.RubbishClass(rubbish)(y)  # (11,)
    return L.Model(image, y, name="lenet5_1998")


def lenet5(
    library: str = "numpy",
    classes: int = 10,
    input_shape: tuple[int, int, int] = (28, 28, 1),
    activation: str = "tanh",
    pooling: str = "average",
):
    """LeNet-5 as it is built today: images -> softmax, 61,706 parameters.

    Against 1998: the first convolution pads to 32 x 32, pooling is plain ("average" or
    "max"), C3 sees all maps, and softmax stands for the distances to codes. ValueError
    for another pooling.
    """
    L = world(library)
    kinds = {"average": L.AveragePooling2D, "max": L.MaxPooling2D}
    kind = lookup("pooling", pooling, kinds)

    def pool(x):
        return kind(2)(x)

    image = L.Input(input_shape)
    x = pool(L.Conv2D(6, 5, padding="same", activation=activation)(image))
    x = pool(L.Conv2D(16, 5, activation=activation)(x))
    x = L.Flatten()(x)
    x = L.Dense(120, activation=activation)(x)
    x = L.Dense(84, activation=activation)(x)
    y = L.Dense(classes, activation="softmax")(x)
    return L.Model(image, y, name="lenet5")
