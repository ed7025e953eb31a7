"""Residual networks, the winner of ILSVRC 2015.

Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR
2016.
"""

from dlcourse.architectures.world import world
from dlcourse.validation import lookup, require_positive_int

# depth -> kind of block, number of blocks of each stage (table 1 of the paper)
DEPTHS = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


class _Blocks:
    """The pieces that both families are built of."""

    def __init__(self, library: str, residual: bool, shortcut: str):
        self.L, self.residual = world(library), residual
        self.shortcut = lookup("shortcut", shortcut, {"A": self.pad, "B": self.project})

    def conv(self, x, filters, kernel_size, strides=1, activation=True):
        """Convolution without bias, batch normalization, ReLU.

        Where it strides it is padded by hand, alike on all sides, as in the paper's
        code: Keras' "same" would pad an even image only below and on the right.
        """
        L, padding = self.L, "same"
        if strides > 1 and kernel_size > 1:
            x, padding = L.ZeroPadding2D(kernel_size // 2)(x), "valid"
        x = L.Conv2D(
            filters,
            kernel_size,
            strides,
            padding,
            use_bias=False,
            kernel_initializer="he_normal",
        )(x)
        x = L.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        return L.Activation("relu")(x) if activation else x

    def project(self, x, filters, strides):
        """Option B: a 1x1 convolution where the shape changes."""
        return self.conv(x, filters, 1, strides, activation=False)

    def pad(self, x, filters, strides):
        """Option A: zeros for the new channels, no parameters."""
        return self.L.IdentityShortcut(filters, strides)(x)

    def join(self, x, f, filters, strides):
        """relu(f + x); without residual relu(f)."""
        L = self.L
        if self.residual:
            same = strides == 1 and x.shape[-1] == filters
            f = L.Add()([f, x if same else self.shortcut(x, filters, strides)])
        return L.Activation("relu")(f)

    def basic(self, x, filters, strides):
        """Two 3x3 convolutions beside the shortcut."""
        f = self.conv(x, filters, 3, strides)
        f = self.conv(f, filters, 3, activation=False)
        return self.join(x, f, filters, strides)

    def bottleneck(self, x, filters, strides):
        """1x1 down, 3x3, 1x1 up to 4 times the filters, beside the shortcut."""
        f = self.conv(x, filters, 1, strides)
        f = self.conv(f, filters, 3)
        f = self.conv(f, 4 * filters, 1, activation=False)
        return self.join(x, f, 4 * filters, strides)


def resnet(
    depth: int = 50,
    library: str = "numpy",
    classes: int = 1000,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    width: int = 64,
    residual: bool = True,
    shortcut: str = "B",
):
    """ResNet-18, -34, -50, -101 or -152: images (224, 224, 3) -> softmax.

    Trainable parameters: 11,689,512, 21,797,672, 25,557,032, 44,549,160, 60,192,808,
    with shortcut "B" (a 1x1 convolution where the shape changes; "A" pads with zeros).
    `width` is the number of filters of the first stage; residual=False leaves out all
    shortcuts: the plain net of the paper. ValueError for another depth.

    The paper leaves open where a bottleneck strides. Its code does so in the first 1x1
    convolution, and so does this; PyTorch's ResNet-50 in the 3x3, and Keras' own has
    biases in the convolutions besides. The shortcut and all counts stay the same.
    """
    if depth not in DEPTHS:
        known = ", ".join(map(str, DEPTHS))
        raise ValueError(
            f"resnet: expected depth among {known}; got {depth!r}. For small images "
            "see resnet_small."
        )
    kind, stages = DEPTHS[depth]
    net = _Blocks(library, residual, shortcut)
    L, block = net.L, getattr(net, kind)
    image = L.Input(input_shape)
    x = net.conv(image, width, 7, strides=2)  # (112, 112, 64)
    x = L.MaxPooling2D(3, 2)(L.ZeroPadding2D(1)(x))  # (56, 56, 64); x >= 0
    for stage, blocks in enumerate(stages):
        for k in range(blocks):
            strides = 2 if stage > 0 and k == 0 else 1
            x = block(x, width * 2**stage, strides)  # 56, 28, 14, 7 pixels a side
    y = L.Dense(classes, activation="softmax")(L.GlobalAveragePooling2D()(x))
    name = "resnet" if residual else "plain"
    return L.Model(image, y, name=f"{name}{depth}")


def resnet_small(
    depth: int = 20,
    library: str = "numpy",
    classes: int = 10,
    input_shape: tuple[int, int, int] = (32, 32, 3),
    width: int = 16,
    residual: bool = True,
    shortcut: str = "A",
):
    """The ResNets for small images, section 4.2 of the paper: depth 6 n + 2.

    One convolution, three stages of n basic blocks with 16, 32, 64 filters on 32, 16, 8
    pixels a side, mean, softmax. ResNet-20 has 269,722 trainable parameters with
    shortcut "A", as the paper has it, and 272,474 with "B". ValueError where depth is
    no 6 n + 2.
    """
    n, rest = divmod(require_positive_int("resnet_small", "depth", depth) - 2, 6)
    if rest or n < 1:
        raise ValueError(
            f"resnet_small: expected depth 6 n + 2, such as 20 or 56, got {depth!r}."
        )
    net = _Blocks(library, residual, shortcut)
    L = net.L
    image = L.Input(input_shape)
    x = net.conv(image, width, 3)
    for stage in range(3):
        for k in range(n):
            x = net.basic(x, width * 2**stage, 2 if stage > 0 and k == 0 else 1)
    y = L.Dense(classes, activation="softmax")(L.GlobalAveragePooling2D()(x))
    name = "resnet" if residual else "plain"
    return L.Model(image, y, name=f"{name}{depth}_small")
