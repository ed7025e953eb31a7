"""What a case is, and the models that cases share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlcourse import layers, losses, models

N, K = 6, 4  # samples, classes


@dataclass(frozen=True)
class LayerCase:
    """A stack of layers, the shape of one sample; `seed` runs it in training mode.

    `draw(rng, shape)` draws x where normal numbers do not do: class numbers, padding.
    """

    id: str
    layers: Callable[[], list]
    shape: tuple[int, ...] = (5,)
    seed: int | None = None
    draw: Callable | None = None

    @property
    def of_ids(self) -> bool:
        """Whether x holds class numbers, which have no derivative."""
        return getattr(self.draw, "__name__", "") == "ids"

    def model(self, dtype: str = "float64") -> models.Sequential:
        """Built, with distinct random weights, biases included."""
        return filled(
            models.Sequential([layers.Input(self.shape), *self.layers()]), dtype
        )

    def x(self, dtype: str = "float64") -> np.ndarray:
        """Inputs that reach the saturated ends and miss the kinks."""
        rng, shape = np.random.default_rng(1), (N, *self.shape)
        x = self.draw(rng, shape) if self.draw else 2 * rng.normal(size=shape)
        return x.astype(dtype)


@dataclass(frozen=True)
class GraphCase:
    """A graph: `build(*nodes)` gives the output node, `shapes` those of the inputs."""

    id: str
    build: Callable
    shapes: tuple[tuple[int, ...], ...] = ((5,), (5,))
    seed: int | None = None

    def model(self, dtype: str = "float64") -> models.Model:
        """Built, with distinct random weights, biases included."""
        nodes = [layers.Input(shape) for shape in self.shapes]
        inputs = nodes if len(nodes) > 1 else nodes[0]
        return filled(models.Model(inputs, self.build(*nodes)), dtype)

    def x(self, dtype: str = "float64"):
        """An array, or a list of them."""
        rng = np.random.default_rng(1)
        found = [2 * rng.normal(size=(N, *s)).astype(dtype) for s in self.shapes]
        return found if len(found) > 1 else found[0]


@dataclass(frozen=True)
class LossCase:
    """A loss with targets and outputs that suit it."""

    id: str
    loss: losses.Loss
    y_true: np.ndarray
    y_pred: np.ndarray


def filled(model: models.Trainer, dtype: str = "float64") -> models.Trainer:
    """Build a model and fill it with weights that differ in every entry."""
    rng = np.random.default_rng(0)
    model.build(rng=rng, dtype=dtype)
    drawn = [0.7 * rng.normal(size=w.shape) for w in model.weights]
    for i, (path, _) in enumerate(model.named_weights()):
        if "variance" in path[-1]:
            drawn[i] = np.abs(drawn[i]) + 0.5
    model.set_weights(drawn)
    return model


def dense(**options) -> Callable[[], list]:
    return lambda: [layers.Dense(4, **options)]


def mlp(dtype: str = "float64", output: str | None = None) -> models.Sequential:
    """5-6-4 with tanh: the model for losses and optimizers."""
    stack = [
        layers.Input((5,)),
        layers.Dense(6, activation="tanh"),
        layers.Dense(K, activation=output),
    ]
    return filled(models.Sequential(stack), dtype)
