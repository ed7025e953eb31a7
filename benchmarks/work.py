"""What is measured: the items of the table, described as data for every contestant.

A model is a list of blocks, a layer its Keras name with options; each module of
`contestants/` builds them in its own framework. All start from the same weights and
data, so that the first result of each can be compared before any is timed.
"""

from dataclasses import dataclass, field

import numpy as np

MLP = [
    ("dense", {"units": 300, "activation": "relu"}),
    ("dense", {"units": 100, "activation": "relu"}),
    ("dense", {"units": 10, "activation": "softmax"}),
]
LENET = [
    ("conv", {"filters": 6, "size": 5, "padding": "same", "activation": "relu"}),
    ("pool", {"size": 2}),
    ("conv", {"filters": 16, "size": 5, "padding": "valid", "activation": "relu"}),
    ("pool", {"size": 2}),
    ("flatten", {}),
    ("dense", {"units": 120, "activation": "relu"}),
    ("dense", {"units": 84, "activation": "relu"}),
    ("dense", {"units": 10, "activation": "softmax"}),
]
# He et al., 2016, section 4.2: 3 stages of 3 residual blocks, 16, 32, 64 filters.
RESNET20 = [
    ("conv-bn-relu", {"filters": 16, "size": 3, "stride": 1}),
    *(
        ("residual", {"filters": filters, "stride": 2 if first and filters > 16 else 1})
        for filters in (16, 32, 64)
        for first in (True, False, False)
    ),
    ("global-average", {}),
    ("dense", {"units": 10, "activation": "softmax"}),
]
LEARNING_RATES = {"SGD": 0.01, "Adam": 0.001, "momentum": 0.01}


@dataclass(frozen=True)
class Training:
    """Steps of training: forward, backward, update; or a whole epoch of `fit`."""

    blocks: list = field(hash=False)
    shape: tuple[int, ...]
    batch: int
    optimizer: str
    samples: int = 0  # an epoch over so many; 0: one step on one batch

    @property
    def learning_rate(self) -> float:
        return LEARNING_RATES[self.optimizer]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """x float32, class numbers."""
        rng, n = np.random.default_rng(0), self.samples or self.batch
        x = rng.standard_normal((n, *self.shape), dtype=np.float32)
        return x, rng.integers(0, 10, n)


@dataclass(frozen=True)
class Pass:
    """A layer, forward and backward: dL/dx and the gradients of all weights."""

    layer: str
    shape: tuple[int, ...]  # with the batch axis
    options: dict = field(default_factory=dict, hash=False)
    kernel: str = "layer"  # ours: the layer, or one of its kernels
    random: bool = False
    ways: tuple[str, ...] = ()  # the ways of Keras to compare with; empty: all

    def data(self, y_shape) -> tuple[np.ndarray, np.ndarray]:
        """x and dy, float32."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal(self.shape, dtype=np.float32)
        return x, rng.standard_normal(y_shape, dtype=np.float32)


@dataclass(frozen=True)
class Item:
    """A row: `goal` and `beyond` are ratios of CPU seconds, ours to Keras'.

    `also` names the items of items_<topic>.py that measure the same: they are left out.
    """

    name: str
    work: Training | Pass
    goal: float | None = None
    beyond: float | None = None
    memory: bool = False
    note: str = ""
    also: tuple[str, ...] = ()


def _mlp(batch: int, optimizer: str, samples: int = 0) -> Training:
    return Training(MLP, (784,), batch, optimizer, samples)


def _conv(size: int, **options) -> Pass:
    kernel = {"filters": 64, "kernel_size": size, "padding": "same"}
    return Pass("Conv2D", (32, 28, 28, 32), kernel, **options)


def _steps(
    batch: int, optimizer: str, goal: float, beyond: float, memory=False
) -> Item:
    name = f"MLP, batch {batch}, {optimizer}"
    also = (f"{name}, beside train_on_batch", f"{name}, beside tf.function")
    return Item(name, _mlp(batch, optimizer), goal, beyond, memory, also=also)


IMAGES = (32, 28, 28, 32)
ITEMS = [
    _steps(32, "SGD", 0.45, 0.39, True),
    _steps(32, "Adam", 0.55, 0.49),
    _steps(128, "SGD", 0.75, 0.69),
    _steps(128, "Adam", 0.80, 0.70, True),
    Item("MLP, an epoch of fit", _mlp(32, "SGD", 6400), 0.40, 0.32, True,
         "6,400 samples, batch 32, SGD", ("MLP, an epoch of fit, batch 32, SGD",)),
    Item("LSTM 64 → 128, T = 50", Pass("LSTM", (32, 50, 64), {"units": 128}),
         0.75, 0.62, True, "batch 32, last output", ("LSTM 64->128, T=50, batch 32",)),
    Item("Conv2D 3×3, general path", _conv(3, kernel="general"), 1.35, 1.28, True,
         "32 → 64 channels, 28 × 28, batch 32"),
    Item("Conv2D 3×3, Winograd", _conv(3, kernel="winograd"), 0.95, 0.88, True,
         "the same work, F(4×4, 3×3)"),
    Item("Conv2D 5×5", _conv(5), 1.5, 1.25, note="the same sizes"),
    Item("BatchNormalization", Pass("BatchNormalization", IMAGES, ways=("tf.function",)),
         0.65, note="training, batch 32, 28 × 28 × 32; against Keras' own formula, not compiled",
         also=("BatchNormalization 28x28x32, batch 32",)),
    Item("Dropout", Pass("Dropout", IMAGES, {"rate": 0.5}, random=True), 0.25,
         note="training, batch 32, 28 × 28 × 32", also=("Dropout 28x28x32, batch 32",)),
    Item("MaxPooling2D 2×2", Pass("MaxPooling2D", IMAGES, {"pool_size": 2}), 3.5,
         note="batch 32, 28 × 28 × 32", also=("MaxPooling2D 2x2, 28x28x32, batch 32",)),
    Item("LeNet-5, batch 64, Adam", Training(LENET, (28, 28, 1), 64, "Adam"), 1.2, 1.0,
         True, "ReLU, maximum pooling"),
    Item("ResNet-20, batch 32, momentum", Training(RESNET20, (32, 32, 3), 32, "momentum"),
         1.6, 1.3, True, "32 × 32 × 3, 1×1 shortcuts"),
]  # fmt: skip
BY_NAME = {item.name: item for item in ITEMS}
DOUBLED = {name for item in ITEMS for name in item.also}
