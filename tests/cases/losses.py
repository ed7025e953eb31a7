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
    sizes, means = rng.gamma(2.0, size=(N, K)), rng.gamma(2.0, size=(N, K))
    counts = rng.poisson(2.0, (N, K)).astype(float)
    far = real * 10.0 ** rng.uniform(3, 4, (N, K))
    far[::2, ::2] = real[::2, ::2]
    two_sizes = 3 * real  # about half of the errors beyond 1 and beyond 2
    images = rng.integers(0, 2, (3, 4, 5, 1))
    soft_images = rng.uniform(0.05, 0.95, images.shape)
    fair = 0.8 * p + 0.2 / K  # no entry so small that differences are rough
    kept = 2 * one_hot + 0.1 * real  # scores without a loss, but for one
    kept[0] *= -1
    masks = rng.uniform(0.05, 0.95, (2, 6, K))
    padded = np.array([[0, -1, K - 1], [-1, 1, 2]])  # one of three left out in each row
    focal = losses.BinaryFocalCrossentropy
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
        "MeanAbsolutePercentageError": [
            LossCase("mape", losses.MeanAbsolutePercentageError(), real, other),
            LossCase("mape-sequence", losses.get("mape"), series, 2 * series + 0.1),
        ],
        "MeanSquaredLogarithmicError": [
            LossCase("msle", losses.MeanSquaredLogarithmicError(), sizes, means),
            LossCase("msle-below-zero", losses.get("msle"), real, other),
        ],
        # TensorFlow holds log 2 in float32, which is felt where the loss is small
        # (2e-9): tests/test_losses.py has the formula as its oracle there.
        "LogCosh": [
            LossCase("log-cosh", losses.LogCosh(), other, far),
            LossCase("log-cosh-sequence", losses.get("log_cosh"), series, 1e4 * series),
        ],
        "Huber": [
            LossCase("huber", losses.Huber(), other, two_sizes),
            LossCase("huber-delta", losses.Huber(2.0), other, two_sizes),
            LossCase("huber-sequence", losses.Huber(delta=0.5), series, 2 * series),
        ],
        "CosineSimilarity": [
            LossCase("cosine", losses.CosineSimilarity(), real, other),
            LossCase("cosine-same", losses.CosineSimilarity(), real, real + 0.1),
            LossCase("cosine-axis", losses.CosineSimilarity(axis=1), series, series**2),
        ],
        "Hinge": [
            LossCase("hinge", losses.Hinge(), bits, two_sizes),
            LossCase("hinge-signs", losses.Hinge(), 2 * bits - 1, other),
            LossCase("hinge-numbers", losses.get("hinge"), real, other),
            LossCase("hinge-one-output", losses.Hinge(), bits[:, 0], other[:, :1]),
        ],
        "SquaredHinge": [
            LossCase("squared-hinge", losses.SquaredHinge(), bits, two_sizes),
            LossCase("squared-hinge-signs", losses.SquaredHinge(), 2 * bits - 1, other),
        ],
        "CategoricalHinge": [
            LossCase("categorical-hinge", losses.CategoricalHinge(), one_hot, other),
            LossCase(
                "categorical-hinge-kept",
                losses.CategoricalHinge(),
                one_hot,
                kept,
            ),
            LossCase(
                "categorical-hinge-below-zero",
                losses.CategoricalHinge(),
                one_hot,
                one_hot / 2 - p,
            ),
            LossCase("categorical-hinge-soft", losses.CategoricalHinge(), soft, other),
        ],
        "KLDivergence": [
            LossCase("kld", losses.KLDivergence(), soft, fair),
            LossCase("kld-one-hot", losses.KLDivergence(), one_hot, fair),
            LossCase("kld-not-normalised", losses.get("kld"), near, soft),
            LossCase("kld-clipped", losses.KLDivergence(), soft, clipped),
        ],
        "Poisson": [
            LossCase("poisson", losses.Poisson(), counts, means),
            LossCase("poisson-sequence", losses.Poisson(), series**2, series**2 + 0.2),
        ],
        "Dice": [
            LossCase("dice-rows", losses.Dice(axis=-1), bits, near),
            LossCase("dice-images", losses.Dice(axis=(1, 2, 3)), images, soft_images),
            LossCase("dice-columns", losses.Dice(axis=1), masks[:, :3], masks[:, 3:]),
        ],
        "BinaryFocalCrossentropy": [
            LossCase("focal", focal(), bits, near),
            LossCase("focal-soft", focal(gamma=3.0), soft, near),
            LossCase("focal-gamma-zero", focal(gamma=0.0), bits, near),
            LossCase("focal-gamma-half", focal(gamma=0.5), bits, near),
            LossCase("focal-balanced", focal(True, alpha=0.3, gamma=1.5), bits, near),
            LossCase("focal-logits", focal(from_logits=True), bits, other),
            LossCase("focal-all", focal(True, 0.4, 2.5, True, 0.2), bits, other),
            LossCase("focal-clipped", focal(), bits, clipped),
        ],
        "BinaryCrossentropy": [
            LossCase(
                "bce-smooth", losses.BinaryCrossentropy(label_smoothing=0.2), bits, near
            ),
            LossCase(
                "bce-logits-smooth", losses.BinaryCrossentropy(True, 0.2), bits, other
            ),
            LossCase("bce", bce, bits, near),
            LossCase("bce-one-output", bce, bits[:, 0], near[:, :1]),
            LossCase("bce-soft", bce, soft, near),
            LossCase("bce-clipped", bce, bits, clipped),
            LossCase("bce-logits", bce_z, bits, other),
            LossCase("bce-logits-large", bce_z, soft, large),
        ],
        "CategoricalCrossentropy": [
            LossCase(
                "cce-smooth",
                losses.CategoricalCrossentropy(label_smoothing=0.2),
                one_hot,
                fair,
            ),
            LossCase(
                "cce-logits-smooth",
                losses.CategoricalCrossentropy(True, 0.2),
                one_hot,
                other,
            ),
            LossCase("cce-logits-sequence", cce_z, one_hot.reshape(2, 3, K), series),
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
            LossCase(
                "scce-ignore",
                losses.SparseCategoricalCrossentropy(ignore_class=-1),
                padded,
                soft.reshape(2, 3, K),
            ),
            LossCase(
                "scce-logits-ignore",
                losses.SparseCategoricalCrossentropy(True, -1),
                padded,
                series,
            ),
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
# One value for the whole batch: not the mean over its samples, so that the properties of
# LOSSES do not hold. tests/test_losses.py proves it.
WHOLE_BATCH = LossCase(
    "dice",
    losses.Dice(),
    np.random.default_rng(8).integers(0, 2, (2, 3, 3, 1)),
    np.random.default_rng(9).uniform(0.05, 0.95, (2, 3, 3, 1)),
)

_P, _ONES = np.full((4, K), 0.25), np.ones((4, 1))
_MSE = losses.MeanSquaredError()
# fmt: off
BAD_INPUT = [
    (lambda: losses.get("log_coshh"), ValueError, "loss: expected one of", "Did you mean 'log_cosh'?"),
    (lambda: losses.get("categorical_crossentropy_"), ValueError, "Did you mean 'categorical_crossentropy'?"),
    (lambda: losses.Huber(0), ValueError, "Huber: expected delta above 0, got 0"),
    (lambda: losses.Huber(np.nan), ValueError, "Huber: expected delta above 0, got nan"),
    (lambda: losses.BinaryCrossentropy(label_smoothing=1.2), ValueError, "BinaryCrossentropy: expected label_smoothing in [0, 1], got 1.2"),
    (lambda: losses.CategoricalCrossentropy(False, "a"), ValueError, "CategoricalCrossentropy: expected label_smoothing", "got 'a'"),
    (lambda: losses.BinaryFocalCrossentropy(gamma=-1), ValueError, "BinaryFocalCrossentropy: expected gamma", "got -1"),
    (lambda: losses.BinaryFocalCrossentropy(alpha=2), ValueError, "expected alpha in [0, 1], got 2"),
    (lambda: losses.BinaryFocalCrossentropy()(_ONES, 3 * _ONES), ValueError, "expected probabilities", "set from_logits=True"),
    (lambda: losses.BinaryFocalCrossentropy()(2 * _ONES, _ONES), ValueError, "expected targets in [0, 1]"),
    (lambda: losses.KLDivergence()(_P, _P - 0.3), ValueError, "KLDivergence: expected probabilities in y_pred, got -0.05", "softmax"),
    (lambda: losses.KLDivergence()(-_P, _P), ValueError, "KLDivergence: expected probabilities in y_true, got -0.25"),
    (lambda: losses.Poisson()(_P, -_P), ValueError, "Poisson: expected means of at least 0, got -0.25", "softplus"),
    (lambda: losses.CategoricalHinge()([0, 1, 2, 3], _P), ValueError, "CategoricalHinge: expected y_true of shape (4, 4)"),
    (lambda: losses.Dice()(_P, _ONES), ValueError, "Dice: expected y_true of shape (4, 1), as y_pred, got (4, 4)"),
    (lambda: losses.SparseCategoricalCrossentropy(ignore_class=-1)([0, 1, -2, -1], _P), ValueError, "expected labels 0 to 3 for 4 outputs, got -2"),
    # -- weights of samples
    (lambda: _MSE(_P, _P, np.ones(3)), ValueError, "MeanSquaredError: expected sample_weight of shape (4,), one number a sample", "got (3,)"),
    (lambda: _MSE(_P, _P, np.ones((4, 4))), ValueError, "expected sample_weight of shape (4,)", "got (4, 4)"),
    (lambda: _MSE(_P, _P, [1, 1, np.nan, 1]), ValueError, "expected finite sample_weight, got nan at index (2,)"),
    (lambda: _MSE(_P, _P, ["a"] * 4), TypeError, "expected sample_weight to hold real numbers"),
    (lambda: _MSE(np.ones((2, 3, 1)), np.ones((2, 3, 1)), np.ones(3)), ValueError, "of shape (2,), one number a sample, or (2, 3), got (3,)"),
    (lambda: _MSE([1.0, 2.0], [1.0, 2.0], [1.0, 1.0]), ValueError, "expected no sample_weight", "y_pred[:, np.newaxis]"),
    (lambda: losses.Dice()(_P, _P, np.ones(4)), ValueError, "Dice: expected no sample_weight", "axis to Dice"),
]
# fmt: on
