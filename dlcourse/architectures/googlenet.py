"""GoogLeNet, the winner of ILSVRC 2014.

Source: Szegedy and others, "Going deeper with convolutions", CVPR 2015.
"""

from dlcourse.architectures.world import world
from dlcourse.validation import require_above_zero

# Filters of each inception module, as in table 1 of the paper: 1x1; 1x1 before 3x3,
# 3x3; 1x1 before 5x5, 5x5; 1x1 after the pooling.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(
    library: str = "numpy",
    classes: int = 1000,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    width: float = 1.0,
    auxiliary: bool = False,
    dropout: float = 0.4,
):
    """GoogLeNet: images (224, 224, 3) -> softmax, 6,998,552 parameters.

    6,990,272 of them are weights, the rest biases. With `auxiliary` the model has three
    outputs, the last two from heads after 4a and 4d that send gradients to the lower
    layers (the paper adds their losses with weights of 0.3) and are dropped after the
    training: 13,378,280 parameters. `width` multiplies all numbers of filters.

    What differs from the paper: it says that the net has 12 times fewer parameters than
    AlexNet, but its layers have 8.7 times fewer. The options of the normalization are
    not in the paper; these are of Caffe's GoogLeNet, which divides its alpha of 1e-4 by
    the 5 terms of the sum.
    """
    L = world(library)
    require_above_zero("googlenet", "width", width)

    def n(filters):
        return max(1, round(filters * width))

    def conv(x, filters, kernel_size, strides=1):
        return L.Conv2D(n(filters), kernel_size, strides, "same", activation="relu")(x)

    def normalize(x):
        return L.LocalResponseNormalization(
            depth_radius=2, bias=1.0, alpha=2e-5, beta=0.75
        )(x)

    def pool(x, strides=2):
        return L.MaxPooling2D(3, strides, "same")(x)

    def inception(x, filters):
        n1, before3, n3, before5, n5, after_pool = filters
        return L.Concatenate()(
            [
                conv(x, n1, 1),
                conv(conv(x, before3, 1), n3, 3),
                conv(conv(x, before5, 1), n5, 5),
                conv(pool(x, strides=1), after_pool, 1),
            ]
        )

    def head(x):
        x = conv(L.AveragePooling2D(5, 3)(x), 128, 1)  # (4, 4, 128)
        x = L.Dense(n(1024), activation="relu")(L.Flatten()(x))
        return L.Dense(classes, activation="softmax")(L.Dropout(0.7 * (dropout > 0))(x))

    image = L.Input(input_shape)
    x = pool(conv(image, 64, 7, strides=2))  # (56, 56, 64)
    x = conv(conv(normalize(x), 64, 1), 192, 3)  # (56, 56, 192)
    x = pool(normalize(x))  # (28, 28, 192)
    heads = []
    for name, filters in INCEPTIONS.items():
        if name in ("4a", "5a"):
            x = pool(x)  # (14, 14, 480), (7, 7, 832)
        x = inception(x, filters)
        if auxiliary and name in ("4a", "4d"):
            heads.append(head(x))
    x = L.Dropout(dropout)(L.GlobalAveragePooling2D()(x))  # (1024,)
    y = L.Dense(classes, activation="softmax")(x)
    return L.Model(image, [y, *heads] if auxiliary else y, name="googlenet")
