"""AlexNet, the winner of ILSVRC 2012.

Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep
convolutional neural networks", NeurIPS 2012.
"""

from dlcourse.architectures.world import world
from dlcourse.validation import require_above_zero


def alexnet(
    library: str = "numpy",
    classes: int = 1000,
    input_shape: tuple[int, int, int] = (227, 227, 3),
    width: float = 1.0,
    groups: int = 2,
    dropout: float = 0.5,
):
    """AlexNet: images (227, 227, 3) -> softmax, 60,965,224 parameters.

    The second, fourth and fifth convolution see only the half of the channels that lies
    on their graphics card (`groups`=2); with groups=1 there are 62,378,344 parameters.
    `width` multiplies all numbers of filters and hidden units.

    What differs from the paper: it says 224 pixels, of which windows of 11 at a stride
    of 4 make no 55; 227 do. Its initial biases of 1 (second, fourth, fifth convolution,
    hidden layers) and weights from N(0, 0.01^2) are kept.
    """
    L = world(library)
    require_above_zero("alexnet", "width", width)
    normal = L.initializers.RandomNormal(stddev=0.01)

    def n(units):
        return max(2, round(units * width))

    def conv(x, filters, kernel_size, bias, **options):
        options = {"padding": "same", **options}
        return L.Conv2D(
            n(filters),
            kernel_size,
            activation="relu",
            kernel_initializer=normal,
            bias_initializer=bias,
            **options,
        )(x)

    def normalize(x):
        return L.LocalResponseNormalization(
            depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75
        )(x)

    def pool(x):
        return L.MaxPooling2D(3, strides=2)(x)

    def hidden(x):
        x = L.Dense(
            n(4096), "relu", kernel_initializer=normal, bias_initializer="ones"
        )(x)
        return L.Dropout(dropout)(x)

    image = L.Input(input_shape)
    x = conv(image, 96, 11, "zeros", strides=4, padding="valid")  # (55, 55, 96)
    x = pool(normalize(x))  # (27, 27, 96)
    x = conv(x, 256, 5, "ones", groups=groups)  # (27, 27, 256)
    x = pool(normalize(x))  # (13, 13, 256)
    x = conv(x, 384, 3, "zeros")  # (13, 13, 384)
    x = conv(x, 384, 3, "ones", groups=groups)
    x = conv(x, 256, 3, "ones", groups=groups)  # (13, 13, 256)
    x = L.Flatten()(pool(x))  # 6 * 6 * 256 = 9,216
    x = hidden(hidden(x))
    y = L.Dense(classes, "softmax", kernel_initializer=normal)(x)
    return L.Model(image, y, name="alexnet")
