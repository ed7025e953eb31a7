"""Losses."""

import numpy as np

from cases.base import K, LossCase, N
from dlcourse import losses


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
