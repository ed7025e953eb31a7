"""The cases that the twin, gradient and property tests share: one table for each family."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlcourse import (
    activations,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
)

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


LAYERS = {
    "Dense": [
        LayerCase("Dense", dense()),
        LayerCase("Dense-no-bias", dense(use_bias=False)),
        LayerCase("Dense-one-unit", lambda: [layers.Dense(1)], (1,)),
        LayerCase("Dense-sequence", dense(activation="tanh"), (3, 5)),
        LayerCase("Dense-leading-axes", dense(activation="softmax"), (2, 3, 5)),
        LayerCase(
            "Dense-leading-no-bias", dense(use_bias=False, activation="gelu"), (3, 5)
        ),
        *(
            LayerCase(f"Dense-{phi}", dense(activation=phi))
            for phi in activations.ACTIVATIONS
        ),
        LayerCase(
            "Dense-stack",
            lambda: [*dense(activation="tanh")(), *dense(activation="softmax")()],
        ),
    ],
    "Activation": [
        *(
            LayerCase(f"Activation-{phi}", lambda phi=phi: [layers.Activation(phi)])
            for phi in activations.ACTIVATIONS
        ),
        LayerCase(
            "Activation-images", lambda: [layers.Activation("softmax")], (2, 3, 4)
        ),
    ],
    "Flatten": [
        LayerCase("Flatten-flat", lambda: [layers.Flatten()]),
        LayerCase(
            "Flatten-images", lambda: [layers.Flatten(), layers.Dense(3)], (2, 3)
        ),
        LayerCase("Flatten-channels", lambda: [layers.Flatten()], (2, 3, 2)),
    ],
    "Dropout": [
        LayerCase("Dropout-off", lambda: [layers.Dropout(0.4)]),
        LayerCase("Dropout-training", lambda: [layers.Dropout(0.4)], seed=3),
        LayerCase("Dropout-zero", lambda: [layers.Dropout(0), layers.Dense(2)], seed=3),
        LayerCase(
            "Dropout-between",
            lambda: [*dense()(), layers.Dropout(0.5), *dense()()],
            (3, 5),
            seed=3,
        ),
    ],
    "InputLayer": [LayerCase("InputLayer", lambda: [layers.Dense(2)], (7,))],
}


def _loss_cases() -> dict[str, list[LossCase]]:
    rng = np.random.default_rng(5)
    real, other = rng.normal(size=(N, K)), rng.normal(size=(N, K))
    labels = rng.integers(0, K, N)
    labels[:2] = 0, K - 1
    one_hot, bits = np.eye(K)[labels], rng.integers(0, 2, (N, K))
    soft = rng.dirichlet(np.ones(K), N)
    p, near = rng.dirichlet(np.ones(K), N), rng.uniform(0.01, 0.99, (N, K))
    clipped = np.array(
        [[1.0, 0.0, 0.0, 0.0], [0.3, 0.7, 0.0, 0.0], *p[2:]]
    )  # where the clip acts
    large = 40 * real  # logits whose exponentials overflow float32
    series = rng.normal(size=(2, 3, K))
    mse, mae = losses.MeanSquaredError(), losses.MeanAbsoluteError()
    bce, bce_z = (
        losses.BinaryCrossentropy(),
        losses.BinaryCrossentropy(from_logits=True),
    )
    cce, cce_z = (
        losses.CategoricalCrossentropy(),
        losses.CategoricalCrossentropy(from_logits=True),
    )
    scce, scce_z = (
        losses.SparseCategoricalCrossentropy(),
        losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return {
        "MeanSquaredError": [
            LossCase("mse", mse, real, other),
            LossCase("mse-flat-targets", mse, real[:, 0], other[:, :1]),
            LossCase("mse-sequence", mse, 2 * series, series),
        ],
        "MeanAbsoluteError": [
            LossCase("mae", mae, real, other),
            LossCase("mae-sequence", mae, 2 * series, series),
        ],
        "BinaryCrossentropy": [
            LossCase("bce", bce, bits, near),
            LossCase("bce-one-output", bce, bits[:, 0], near[:, :1]),
            LossCase("bce-soft", bce, soft, near),
            LossCase("bce-clipped", bce, bits, clipped),
            LossCase("bce-logits", bce_z, bits, other),
            LossCase("bce-logits-large", bce_z, soft, large),
        ],
        "CategoricalCrossentropy": [
            LossCase("cce", cce, one_hot, p),
            LossCase("cce-not-normalised", cce, soft, near),
            LossCase("cce-clipped", cce, soft, clipped),
            LossCase("cce-logits", cce_z, one_hot, other),
            LossCase("cce-logits-large", cce_z, soft, large),
        ],
        "SparseCategoricalCrossentropy": [
            LossCase("scce", scce, labels, p),
            LossCase("scce-column", scce, labels[:, np.newaxis], p),
            LossCase("scce-not-normalised", scce, labels, near),
            LossCase("scce-clipped", scce, labels, clipped),
            LossCase("scce-logits", scce_z, labels, other),
            LossCase("scce-logits-large", scce_z, labels, large),
            LossCase("scce-sequence", scce_z, labels.reshape(2, 3), series),
        ],
    }


LOSSES = _loss_cases()
# Targets that do not sum to 1. TensorFlow's fused kernel returns softmax(z) - y, which
# is not the derivative of its own loss then: finite differences are the oracle.
MASS = LossCase(
    "cce-logits-mass",
    losses.CategoricalCrossentropy(from_logits=True),
    np.random.default_rng(6).uniform(size=(N, K)),
    np.random.default_rng(7).normal(size=(N, K)),
)
OPTIMIZERS = {
    "SGD": [
        optimizers.SGD(0.1),
        optimizers.SGD(0.1, momentum=0.9),
        optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    ],
    "Adam": [
        optimizers.Adam(),
        optimizers.Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    ],
}
INITIALIZERS = {
    "Zeros": [initializers.Zeros()],
    "Ones": [initializers.Ones()],
    "Constant": [initializers.Constant(), initializers.Constant(-1.5)],
    "RandomNormal": [initializers.RandomNormal(), initializers.RandomNormal(1.0, 2.0)],
    "RandomUniform": [
        initializers.RandomUniform(),
        initializers.RandomUniform(-1.0, 3.0),
    ],
    "TruncatedNormal": [
        initializers.TruncatedNormal(),
        initializers.TruncatedNormal(1.0, 2.0),
    ],
    "VarianceScaling": [
        initializers.VarianceScaling(),
        *(
            initializers.VarianceScaling(2.0, mode, draw)
            for mode in ("fan_in", "fan_out", "fan_avg")
            for draw in ("truncated_normal", "untruncated_normal", "uniform")
        ),
    ],
    **{
        name: [getattr(initializers, name)()]
        for name in (
            "GlorotUniform",
            "GlorotNormal",
            "HeUniform",
            "HeNormal",
            "LecunUniform",
            "LecunNormal",
        )
    },
}
# metric -> (y_true, y_pred), drawn by the twin test in batches
METRICS = {
    "BinaryAccuracy": [metrics.BinaryAccuracy(), metrics.BinaryAccuracy(threshold=0.8)],
    "CategoricalAccuracy": [metrics.CategoricalAccuracy()],
    "SparseCategoricalAccuracy": [metrics.SparseCategoricalAccuracy()],
    "MeanSquaredError": [metrics.MeanSquaredError()],
    "MeanAbsoluteError": [metrics.MeanAbsoluteError()],
}
CALLBACKS = (
    "CSVLogger",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "TerminateOnNaN",
)
NO_TWIN = {
    **dict.fromkeys(
        ("Layer", "Loss", "Optimizer", "Initializer", "Metric"),
        "a base class: its subclasses have cases",
    ),
    "Callback": "a base class: LambdaCallback's event log against Keras'",
    "ProgbarLogger": "the text that it prints, tests/test_callbacks.py",
}


def all_of(table: dict) -> list:
    """Every case of a table, in order."""
    return [case for cases in table.values() for case in cases]


def name_of(thing) -> str:
    """A test id."""
    return (
        getattr(thing, "id", None)
        or f"{type(thing).__name__}-{'-'.join(str(v) for v in vars(thing).values() if isinstance(v, (bool, int, float, str)))}"
    )
