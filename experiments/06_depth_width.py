"""ReLU networks of 1, 2, 4 and 8 hidden layers with about 100,000 parameters each on all of Fashion-MNIST: five seeds, three epochs.

The record `06_depth_width` is drawn in section 6.6.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from dlcourse import datasets, layers, models, optimizers, results

SEEDS = [1, 2, 3, 4, 5]
DEPTHS, PARAMETERS = [1, 2, 4, 8], 100_000
BATCH_SIZE, EPOCHS, LEARNING_RATE = 128, 3, 0.001
MODULES = [
    "models",
    "optimizers",
    "losses",
    "activations",
    "initializers",
    "layers/base",
    "layers/core",
]


def count(widths: list[int]) -> int:
    return sum((a + 1) * b for a, b in pairwise(widths))


def widths(depth: int) -> list[int]:
    """784, `depth` equal hidden layers, 10: as near to PARAMETERS as can be."""
    shapes = ([784, *[w] * depth, 10] for w in range(1, 400))
    return min(shapes, key=lambda shape: abs(count(shape) - PARAMETERS))


def accuracy(depth: int, seed: int, data) -> float:
    """Test accuracy after the last epoch."""
    hidden = widths(depth)[1:-1]
    model = models.Sequential(
        [
            layers.Input((784,)),
            *[layers.Dense(w, activation="relu") for w in hidden],
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.build(rng=np.random.default_rng(seed))
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizers.Adam(LEARNING_RATE), loss, metrics=["accuracy"])
    x_train, x_test = (x.reshape(-1, 784) for x in (data.x_train, data.x_test))
    rng = np.random.default_rng(100 + seed)
    model.fit(x_train, data.y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0, rng=rng)  # fmt: skip
    found = model.evaluate(x_test, data.y_test, return_dict=True)
    return round(found["accuracy"], 4)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("fashion_mnist")
    found = {}
    for depth in DEPTHS:
        found[depth] = [accuracy(depth, seed, data) for seed in SEEDS]
        print(depth, widths(depth), found[depth], flush=True)
    values = {
        "seeds": SEEDS,
        "settings": {"batch_size": BATCH_SIZE, "epochs": EPOCHS, "learning_rate": LEARNING_RATE},
        "widths": {depth: widths(depth) for depth in DEPTHS},
        "parameters": {depth: count(widths(depth)) for depth in DEPTHS},
        "accuracy": found,
    }  # fmt: skip
    print(results.save("06_depth_width", values, script, MODULES, code))


if __name__ == "__main__":
    main()
