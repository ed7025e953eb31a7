"""Forty ReLU layers of 100 units on the digits: Glorot's and He's start, SGD and Adam at two rates, three seeds.

The record `09_relu_depth` is drawn in section 9.4: does a start that keeps the gradient's size let such a net train,
and which optimizer gets along without it?
"""

from pathlib import Path

import numpy as np

from dlcourse import datasets, hardware, layers, models, optimizers, results

MODULES = ["activations", "datasets", "initializers", "layers", "models", "optimizers"]
DEPTH, UNITS, EPOCHS, BATCH, SEEDS = 40, 100, 20, 32, (0, 1, 2)
STARTS = {"glorot": "glorot_normal", "he": "he_normal"}
OPTIMIZERS = {
    "SGD 0.1": lambda: optimizers.SGD(0.1),
    "SGD 0.01": lambda: optimizers.SGD(0.01),
    "Adam 0.001": lambda: optimizers.Adam(1e-3),
    "Adam 0.0001": lambda: optimizers.Adam(1e-4),
}


def train(start: str, optimizer, seed: int) -> float:
    """Test accuracy after the last epoch."""
    digits = datasets.load("digits")
    x, x_test = (one.reshape(-1, 64) for one in (digits.x_train, digits.x_test))
    mean, scale = x.mean(axis=0), x.std()
    hidden = [
        layers.Dense(UNITS, "relu", kernel_initializer=start) for _ in range(DEPTH)
    ]
    net = models.Sequential([layers.Input((64,)), *hidden, layers.Dense(10, "softmax")])
    rng = np.random.default_rng(seed)
    net.build(rng=rng)
    net.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    options = {"epochs": EPOCHS, "batch_size": BATCH, "verbose": 0, "rng": rng}
    net.fit((x - mean) / scale, digits.y_train, **options)
    test = (x_test - mean) / scale
    marks = net.evaluate(test, digits.y_test, return_dict=True)
    return round(float(marks["accuracy"]), 4)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    hardware.steady()
    accuracy = {}
    for start, rule in STARTS.items():
        accuracy[start] = found = {}
        for name, make in OPTIMIZERS.items():
            found[name] = [train(rule, make(), seed) for seed in SEEDS]
            print(f"{start}, {name}: {found[name]}", flush=True)
    values = {"seeds": SEEDS, "epochs": EPOCHS, "accuracy": accuracy}
    print(results.save("09_relu_depth", values, script, MODULES, code))


if __name__ == "__main__":
    main()
