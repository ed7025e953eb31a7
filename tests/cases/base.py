"""What a case is, and the models that cases share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlcourse import layers, losses, models

N, K = 6, 4  # samples, classes


@dataclass(frozen=True)
class LayerCase:
    """A stack of layers, the shape of one sample; `seed` runs it in training mode."""

    id: str
    layers: Callable[[], list]
    shape: tuple[int, ...] = (5,)
    seed: int | None = None

    def model(self, dtype: str = "float64") -> models.Sequential:
        """Built, with distinct random weights, biases included."""
        return filled(
            models.Sequential([layers.Input(self.shape), *self.layers()]), dtype
        )

    def x(self, dtype: str = "float64") -> np.ndarray:
        """Inputs that reach the saturated ends and miss the kinks."""
        return (2 * np.random.default_rng(1).normal(size=(N, *self.shape))).astype(
            dtype
        )


@dataclass(frozen=True)
class LossCase:
    """A loss with targets and outputs that suit it."""

    id: str
    loss: losses.Loss
    y_true: np.ndarray
    y_pred: np.ndarray


def filled(model: models.Sequential, dtype: str = "float64") -> models.Sequential:
    """Build a model and fill it with weights that differ in every entry."""
    rng = np.random.default_rng(0)
    model.build(rng=rng, dtype=dtype)
    model.set_weights([0.7 * rng.normal(size=w.shape) for w in model.weights])
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
