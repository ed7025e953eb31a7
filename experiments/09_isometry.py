"""Plain tanh networks of 1,000, 3,000 and 10,000 layers on the digits: orthogonal against Gaussian weights, three seeds.

The record `09_isometry` is quoted in section 9.6, whose code this is: 64 units a layer, weights times the gain of
(9.21), learning rate 3 / depth. The Gaussian ones are left out at 10,000 layers, where they would take longest.
"""

from pathlib import Path

import numpy as np

from dlcourse import activations, datasets, hardware, initializers, results

MODULES = ["activations", "initializers", "datasets"]  # what the hash covers
EPOCHS = {1000: 3, 3000: 4, 10_000: 8}  # by depth
SEEDS, BATCH = (0, 1, 2), 64


def start(kind: str, depth: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Kernels (depth, 64, 64), biases, and the softmax layer."""
    gain = np.sqrt(1 + np.sqrt(3 / depth))
    init = {
        "orthogonal": initializers.Orthogonal(gain),
        "gaussian": initializers.RandomNormal(0, gain / 8),
    }[kind]
    W = np.stack([init((64, 64), rng) for _ in range(depth)])
    last = initializers.Orthogonal()((64, 10), rng)
    return [W, np.zeros((depth, 64), "f"), last, np.zeros(10, "f")]


def outputs(weights, x):
    W, b, V, c = weights
    A = [x]
    for W_l, b_l in zip(W, b, strict=True):
        A.append(np.tanh(A[-1] @ W_l + b_l))
    return A, activations.softmax(A[-1] @ V + c)


def step(weights, x, y, rate) -> None:
    """One update by plain gradient descent."""
    W, b, V, c = weights
    A, p = outputs(weights, x)
    delta = (p - np.eye(10, dtype="f")[y]) / np.float32(len(y))
    da = delta @ V.T
    V -= rate * (A[-1].T @ delta)
    c -= rate * delta.sum(axis=0)
    for layer in reversed(range(len(W))):
        delta = da * (1 - A[layer + 1] ** 2)
        da = delta @ W[layer].T
        W[layer] -= rate * (A[layer].T @ delta)
        b[layer] -= rate * delta.sum(axis=0)


def train(kind: str, depth: int, seed: int) -> float:
    """Test accuracy after EPOCHS[depth] epochs."""
    digits = datasets.load("digits")
    x = digits.x_train.reshape(-1, 64)
    mean, scale = x.mean(axis=0), x.std()
    x = ((x - mean) / scale).astype("f")
    rng = np.random.default_rng(seed)
    weights = start(kind, depth, rng)
    for _ in range(EPOCHS[depth]):
        order = rng.permutation(len(x))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[first : first + BATCH]
            step(weights, x[rows], digits.y_train[rows], np.float32(3 / depth))
    x_test = ((digits.x_test.reshape(-1, 64) - mean) / scale).astype("f")
    p = outputs(weights, x_test)[1]
    return round(float((p.argmax(axis=1) == digits.y_test).mean()), 4)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    hardware.steady()
    depths = {}
    for depth, epochs in EPOCHS.items():
        depths[str(depth)] = found = {"epochs": epochs}
        for kind in ("orthogonal", "gaussian") if depth < 10_000 else ("orthogonal",):
            found[kind] = [train(kind, depth, seed) for seed in SEEDS]
            print(f"{depth} layers, {kind}: {found[kind]}", flush=True)
    values = {"seeds": SEEDS, "depths": depths}
    print(results.save("09_isometry", values, script, MODULES, code))


if __name__ == "__main__":
    main()
