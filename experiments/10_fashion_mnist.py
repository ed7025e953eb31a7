"""784-300-100-10 on all of Fashion-MNIST, in NumPy: no batch normalization, before and after the activation, three seeds.

The record `10_fashion_mnist` is quoted in section 10.3: test accuracy after every epoch.
"""

from pathlib import Path

import numpy as np

from dlcourse import datasets, layers, losses, models, optimizers, results

SEEDS = [1, 2, 3]
BATCH_SIZE, EPOCHS, LEARNING_RATE = 128, 5, 0.1
PLACES = ["none", "before", "after"]
MODULES = [
    "models",
    "optimizers",
    "losses",
    "activations",
    "initializers",
    "kernels/normalization",
    "layers/base",
    "layers/core",
    "layers/normalization",
]


def network(place: str, seed: int) -> models.Sequential:
    """With `place` other than "none" a first normalization stands on the pixels."""
    stack = [layers.Input((784,))]
    if place != "none":
        stack.append(layers.BatchNormalization())
    for units in (300, 100):
        he = {"kernel_initializer": "he_normal"}
        if place == "before":
            stack.append(layers.Dense(units, use_bias=False, **he))
            stack += [layers.BatchNormalization(), layers.Activation("relu")]
        else:
            stack.append(layers.Dense(units, activation="relu", **he))
        if place == "after":
            stack.append(layers.BatchNormalization())
    net = models.Sequential([*stack, layers.Dense(10)])
    net.build(rng=np.random.default_rng(seed))
    return net


def train(place: str, seed: int, data) -> list[float]:
    """Test accuracy after each epoch."""
    net = network(place, seed)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimizers.SGD(LEARNING_RATE), loss, ["accuracy"])
    past = net.fit(
        data.x_train.reshape(-1, 784), data.y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0,
        validation_data=(data.x_test.reshape(-1, 784), data.y_test), rng=np.random.default_rng(100 + seed),
    )  # fmt: skip
    return [round(float(value), 4) for value in past.history["val_accuracy"]]


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("fashion_mnist")
    values = {
        "seeds": SEEDS,
        "settings": {
            "batch_size": BATCH_SIZE,
            "epochs": EPOCHS,
            "learning_rate": LEARNING_RATE,
        },
    }
    for place in PLACES:
        runs = [train(place, seed, data) for seed in SEEDS]
        last = [run[-1] for run in runs]
        mean, std = float(np.mean(last)), float(np.std(last, ddof=1))
        values[place] = {
            "parameters": int(network(place, 0).count_params()),
            "test_accuracy": runs,
            "mean": round(mean, 4),
            "std": round(std, 4),
        }
        print(f"{place}: {mean:.4f} +- {std:.4f}", flush=True)
    print(results.save("10_fashion_mnist", values, script, MODULES, code))


if __name__ == "__main__":
    main()
