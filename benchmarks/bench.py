"""NumPy against Keras on TensorFlow: ratios of CPU seconds, measured in pairs. python benchmarks/bench.py

One training step of an MLP (forward, backward, update), float32, one BLAS thread, one TensorFlow thread. The contestants
run in slices A B B A, so that a drift of the machine hits both; the ratio is the median of the slices' ratios with the
quartiles as its spread. CPU seconds (time.process_time), because wall seconds of a busy machine mean little. A ratio
below 1 means that NumPy is faster.
"""

import os

for name in (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
):
    os.environ[name] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import statistics
import time

import numpy as np

from dlcourse import layers, models, optimizers, twin

SLICES, STEPS = 12, 30
CASES = [
    (batch, rule) for batch in (32, 128) for rule in (optimizers.SGD, optimizers.Adam)
]


def contestants(batch: int, rule) -> tuple:
    """A step in NumPy and the compiled step of its Keras twin."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, 784)).astype(np.float32)
    y = rng.integers(0, 10, batch)
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.build(rng=rng)
    model.compile(rule(0.001), "sparse_categorical_crossentropy")
    theirs = twin.to_keras(model)
    return lambda: model.train_on_batch(x, y), lambda: theirs.train_on_batch(x, y)


def cpu_seconds(step) -> float:
    begin = time.process_time()
    for _ in range(STEPS):
        step()
    return time.process_time() - begin


def ratio(ours, theirs) -> tuple[float, float, float]:
    """Median and quartiles of NumPy / Keras over A B B A slices."""
    for step in (ours, theirs):
        cpu_seconds(step)
    found = []
    for _ in range(SLICES):
        a = cpu_seconds(ours)
        b = cpu_seconds(theirs) + cpu_seconds(theirs)
        a += cpu_seconds(ours)
        found.append(a / b)
    low, middle, high = statistics.quantiles(found, n=4)
    return middle, low, high


def main() -> None:
    print(
        "MLP 784-300-100-10, one training step, CPU seconds relative to Keras (train_on_batch)"
    )
    print(f"{'batch':>6}  {'optimizer':<10}{'NumPy / Keras':>14}  quartiles")
    for batch, rule in CASES:
        middle, low, high = ratio(*contestants(batch, rule))
        print(
            f"{batch:>6}  {rule.__name__:<10}{middle:>14.2f}  {low:.2f} to {high:.2f}"
        )


if __name__ == "__main__":
    main()
