"""Deep ReLU stacks on the digits: He alone, batch normalization, and with skip connections; depths, rates, five seeds.

The record `10_depth` is drawn in section 10.3: training accuracy in the last of ten epochs.
"""

from pathlib import Path

import numpy as np

from dlcourse import datasets, layers, losses, models, optimizers, results

SEEDS = [1, 2, 3, 4, 5]
DEPTHS = [10, 20, 40]
RATES = [0.01, 0.03, 0.1, 0.3, 1.0]
KINDS = {"none": (False, False), "bn": (True, False), "bn_skips": (True, True)}
WIDTH, BATCH_SIZE, EPOCHS = 50, 64, 10
MODULES = [
    "models",
    "optimizers",
    "losses",
    "activations",
    "initializers",
    "kernels/normalization",
    "layers/base",
    "layers/core",
    "layers/merging",
    "layers/normalization",
]


def deep(norm: bool, skip: bool, depth: int, seed: int) -> models.Model:
    """The network of section 10.3: a dense layer, `depth` blocks, ten logits."""

    def dense(a):
        return layers.Dense(WIDTH, use_bias=False, kernel_initializer="he_normal")(a)

    def active(a):
        a = layers.BatchNormalization()(a) if norm else a
        return layers.Activation("relu")(a)

    inputs = layers.Input((64,))
    a = dense(inputs)
    for _ in range(depth):
        a = layers.Add()([a, dense(active(a))]) if skip else active(dense(a))
    net = models.Model(inputs, layers.Dense(10)(active(a) if skip else a))
    net.build(rng=np.random.default_rng(seed))
    return net


def accuracy(kind: str, depth: int, rate: float, seed: int, data) -> float:
    """In training mode, during the last epoch; a run that overflows counts as chance."""
    net = deep(*KINDS[kind], depth, seed)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimizers.SGD(rate), loss, ["accuracy"])
    try:
        with np.errstate(all="ignore"):
            past = net.fit(
                data.x_train.reshape(-1, 64), data.y_train, batch_size=BATCH_SIZE, epochs=EPOCHS,
                rng=np.random.default_rng(seed), verbose=0,
            )  # fmt: skip
    except FloatingPointError:
        return 0.1
    return round(float(past.history["accuracy"][-1]), 4)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("digits")
    found = {}
    for kind in KINDS:
        for depth in DEPTHS:
            table = {
                str(rate): [accuracy(kind, depth, rate, seed, data) for seed in SEEDS]
                for rate in RATES
            }
            found.setdefault(kind, {})[str(depth)] = table
            best = max(table, key=lambda rate: np.mean(table[rate]))
            mean, std = np.mean(table[best]), np.std(table[best], ddof=1)
            print(
                f"{kind}, depth {depth}: {mean:.3f} +- {std:.3f} at rate {best}",
                flush=True,
            )
    settings = {"width": WIDTH, "batch_size": BATCH_SIZE, "epochs": EPOCHS}
    values = {"seeds": SEEDS, "rates": RATES, "settings": settings, "accuracy": found}
    print(results.save("10_depth", values, script, MODULES, code))


if __name__ == "__main__":
    main()
