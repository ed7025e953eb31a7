"""784-300-100-10 on all of Fashion-MNIST, in NumPy and in Keras: five seeds each, test accuracy after every epoch.

The record `08_fashion_mnist` is drawn in section 8.7. Settings are those of the chapter's live run.
"""

from pathlib import Path

import keras
import numpy as np

from dlcourse import datasets, layers, models, optimizers, results

SEEDS = [1, 2, 3, 4, 5]
BATCH_SIZE, EPOCHS, LEARNING_RATE = 128, 10, 0.001
LOSS = "sparse_categorical_crossentropy"
MODULES = [
    "models",
    "optimizers",
    "losses",
    "activations",
    "initializers",
    "layers/base",
    "layers/core",
]


def in_numpy(seed: int, data) -> list[float]:
    """Test accuracy after each epoch."""
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.build(rng=np.random.default_rng(seed))
    model.compile(optimizers.Adam(LEARNING_RATE), LOSS, metrics=["accuracy"])
    return fit(model, data, np.random.default_rng(100 + seed))


def in_keras(seed: int, data) -> list[float]:
    """The same in Keras, from its own initial weights and with an order of its own."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(LEARNING_RATE), LOSS, metrics=["accuracy"])
    return fit(model, data, np.random.default_rng(200 + seed))


def fit(model, data, rng: np.random.Generator) -> list[float]:
    """Test accuracy after each epoch. A fresh order for each: after set_random_seed Keras on TensorFlow would repeat one."""
    x_train, x_test = data.x_train.reshape(-1, 784), data.x_test.reshape(-1, 784)
    found = []
    for _ in range(EPOCHS):
        rows = rng.permutation(len(x_train))
        past = model.fit(
            x_train[rows], data.y_train[rows], batch_size=BATCH_SIZE, shuffle=False, verbose=0,
            validation_data=(x_test, data.y_test),
        )  # fmt: skip
        found.append(round(float(past.history["val_accuracy"][0]), 4))
    return found


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("fashion_mnist")
    found = {"numpy": [], "keras": []}
    for seed in SEEDS:
        found["numpy"].append(in_numpy(seed, data))
        found["keras"].append(in_keras(seed, data))
        print(
            f"seed {seed}: NumPy {found['numpy'][-1][-1]:.4f}, Keras {found['keras'][-1][-1]:.4f}",
            flush=True,
        )
    settings = {
        "batch_size": BATCH_SIZE,
        "epochs": EPOCHS,
        "learning_rate": LEARNING_RATE,
        "parameters": 266_610,
    }
    summary = {
        who: {
            "test_accuracy": runs,
            "mean": round(float(np.mean([run[-1] for run in runs])), 4),
            "std": round(float(np.std([run[-1] for run in runs], ddof=1)), 4),
        }
        for who, runs in found.items()
    }
    values = {"seeds": SEEDS, "settings": settings, **summary}
    print(results.save("08_fashion_mnist", values, script, MODULES, code))


if __name__ == "__main__":
    main()
