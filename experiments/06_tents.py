"""Two ReLU networks trained on the tent map composed L times, L = 1 to 4: ten starts each, the mean squared error at the end.

The record `06_tents` is quoted in section 6.5. One hidden layer of 64 (193 parameters) against three of 8 (169);
5,000 steps of Adam on all of 257 points. Both networks can represent all four targets.
"""

from pathlib import Path

import numpy as np

from dlcourse import layers, models, optimizers, results

SEEDS = list(range(10))
STEPS, LEARNING_RATE = 5000, 0.005
NETWORKS = {"one of 64": [64], "three of 8": [8, 8, 8]}
MODULES = [
    "models",
    "optimizers",
    "losses",
    "activations",
    "initializers",
    "layers/base",
    "layers/core",
]


def tent(x, L: int):
    """T composed L times."""
    for _ in range(L):
        x = 1 - np.abs(2 * x - 1)
    return x


def error(widths: list[int], L: int, seed: int) -> float:
    """The mean squared error after the training."""
    hidden = [
        layers.Dense(w, activation="relu", kernel_initializer="he_normal", bias_initializer="random_uniform")
        for w in widths
    ]  # fmt: skip
    model = models.Sequential([layers.Input((1,)), *hidden, layers.Dense(1)])
    model.build(rng=np.random.default_rng(seed), dtype="float64")
    model.compile(optimizers.Adam(LEARNING_RATE), "mean_squared_error")
    x = np.linspace(0, 1, 257)[:, np.newaxis]
    y = tent(x, L)
    for _ in range(STEPS):
        model.train_on_batch(x, y)
    return round(float(np.mean((model.predict(x) - y) ** 2)), 6)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    errors = {}
    for name, widths in NETWORKS.items():
        errors[name] = [[error(widths, L, s) for s in SEEDS] for L in (1, 2, 3, 4)]
        print(f"{name}: medians {np.median(errors[name], axis=1)}", flush=True)
    values = {"seeds": SEEDS, "steps": STEPS, "learning_rate": LEARNING_RATE, "errors": errors}  # fmt: skip
    print(results.save("06_tents", values, script, MODULES, code))


if __name__ == "__main__":
    main()
