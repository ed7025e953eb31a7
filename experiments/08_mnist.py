"""784-300-100-10 on all of MNIST, by the functions of 08_fashion_mnist.py: five seeds in NumPy and in Keras.

The record `08_mnist` is quoted in section 8.7.
"""

from importlib import import_module
from pathlib import Path

import numpy as np

from dlcourse import datasets, results

case = import_module("08_fashion_mnist")
MODULES = [*case.MODULES, "../experiments/08_fashion_mnist"]  # what the hash covers


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("mnist")
    values = {"seeds": case.SEEDS}
    for who, train in (("numpy", case.in_numpy), ("keras", case.in_keras)):
        runs = [train(seed, data) for seed in case.SEEDS]
        last = [run[-1] for run in runs]
        mean, std = float(np.mean(last)), float(np.std(last, ddof=1))
        values[who] = {
            "test_accuracy": runs,
            "mean": round(mean, 4),
            "std": round(std, 4),
        }
        print(f"{who}: {mean:.4f} +- {std:.4f}", flush=True)
    print(results.save("08_mnist", values, script, MODULES, code))


if __name__ == "__main__":
    main()
