"""U-Net, for one label a pixel.

Source: Ronneberger, Fischer and Brox, "U-Net: Convolutional networks for biomedical
image segmentation", MICCAI 2015.
"""

from dlcourse.architectures.world import world


def unet(
    library: str = "numpy",
    classes: int = 2,
    input_shape: tuple[int, int, int] = (572, 572, 1),
    width: int = 64,
    depth: int = 4,
    padding: str = "valid",
    dropout: float = 0.5,
):
    """U-Net: images (572, 572, 1) -> softmax (388, 388, 2), 31,030,658 parameters.

    On the way down two 3x3 convolutions and a pooling halve the sides and double the
    filters, `depth` times from `width` on; on the way up a 2x2 transposed convolution
    doubles the sides, and the image of the same level from the way down is cropped to
    its size and put beside it. Unpadded as published; with padding "same" nothing is
    cropped and the output is as large as the input. ValueError where a side to be
    pooled is odd.

    The paper has dropout at the end of the way down, and does not say its rate.
    """
    L = world(library)

    def two_convs(x, filters):
        for _ in range(2):
            x = L.Conv2D(
                filters,
                3,
                padding=padding,
                activation="relu",
                kernel_initializer="he_normal",
            )(x)
        return x

    def pool(x):
        height, width = x.shape[1:3]
        if height % 2 or width % 2:
            raise ValueError(
                f"unet: expected even sides before each pooling, got {(height, width)} "
                f"from input_shape={input_shape}. Try 572, or with padding='same' a "
                f"multiple of {2**depth}."
            )
        return L.MaxPooling2D(2)(x)

    def crop(x, like):
        """The middle of x, as large as `like`."""
        down, across = (x.shape[i] - like.shape[i] for i in (1, 2))
        if not (down or across):
            return x
        top, left = down // 2, across // 2
        return L.Cropping2D(((top, down - top), (left, across - left)))(x)

    image = x = L.Input(input_shape)
    levels = []
    for k in range(depth):
        x = two_convs(x, width * 2**k)  # (568, 568, 64) ... (64, 64, 512)
        if k == depth - 1:
            x = L.Dropout(dropout)(x)
        levels.append(x)
        x = pool(x)
    x = L.Dropout(dropout)(two_convs(x, width * 2**depth))  # (28, 28, 1024)
    for k in reversed(range(depth)):
        x = L.Conv2DTranspose(width * 2**k, 2, strides=2)(x)  # (56, 56, 512)
        x = L.Concatenate()([crop(levels[k], x), x])  # (56, 56, 1024)
        x = two_convs(x, width * 2**k)  # (52, 52, 512)
    y = L.Conv2D(classes, 1, activation="softmax")(x)
    return L.Model(image, y, name="unet")
