"""Remedies against overfitting, each with its strength tuned: 300 digits, 40 % wrong labels, twelve seeds.

The record `12_remedies` is quoted in section 12.7, whose test bed this is. Of the 300 images 200 train; the other 100,
with wrong labels too, choose strength and epoch of each seed. The test set is looked at once, for what was chosen.
"""

from pathlib import Path

import numpy as np

from dlcourse import activations, datasets, hardware, optimizers, results

MODULES = ["activations", "optimizers", "datasets"]  # what the hash covers
SEEDS, EPOCHS, EVERY = 12, 100, 2
GRIDS = {
    "nothing": [{}],
    "label smoothing": [{"smooth": s} for s in (0.1, 0.2, 0.4, 0.6)],
    "l1": [{"l1": s} for s in (0.001, 0.003, 0.006, 0.01)],
    "l2": [{"l2": s} for s in (0.003, 0.01, 0.02, 0.04)],
    "dropout": [{"drop": s} for s in (0.2, 0.5, 0.7, 0.8)],
    "input noise": [{"noise": s} for s in (0.2, 0.4, 0.6, 0.8)],
    "shifts": [{"shift": 1}],
    "max-norm": [{"max_norm": s} for s in (0.4, 0.6, 0.8, 1.0)],
}


def problem(digits):
    """Images (seeds, 300, 64) and labels, of which 40 % are wrong."""
    x_all, xs, ys = digits.x_train.reshape(-1, 64), [], []
    for seed in range(SEEDS):
        r = np.random.default_rng(seed)
        rows = r.choice(len(x_all), 300, replace=False)
        spoiled, other = r.random(300) < 0.4, r.integers(1, 10, 300)
        y = digits.y_train[rows]
        xs.append(x_all[rows])
        ys.append(np.where(spoiled, (y + other) % 10, y))
    return np.stack(xs), np.stack(ys)


def predict(p, x):
    a = np.maximum(x @ p["W1"] + p["b1"], 0)
    return activations.softmax(a @ p["W2"] + p["b2"])


def shifted(x, r):
    """Each image by -1 to 1 pixels both ways; 0 comes in."""
    images = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    i, j = r.integers(0, 3, (2, len(images), 1, 1))
    rows, cols = i + np.arange(8)[:, None], j + np.arange(8)
    return images[np.arange(len(images))[:, None, None], rows, cols].reshape(x.shape)


def gradients(p, x, target, r, drop=0.0, l1=0.0, l2=0.0):
    z = x @ p["W1"] + p["b1"]
    a, m = np.maximum(z, 0), np.float32(1)
    if drop:
        m = (r.random(a.shape, dtype="f") >= drop) / np.float32(1 - drop)
    y = activations.softmax(a * m @ p["W2"] + p["b2"])
    d2 = (y - target) / np.float32(x.shape[1])
    d1 = d2 @ p["W2"].swapaxes(1, 2) * m * (z > 0)
    g = {"W1": x.swapaxes(1, 2) @ d1, "W2": (a * m).swapaxes(1, 2) @ d2}
    for name in ("W1", "W2"):
        g[name] += np.float32(l1) * np.sign(p[name]) + np.float32(2 * l2) * p[name]
    sums = {"b1": d1.sum(axis=1, keepdims=True), "b2": d2.sum(axis=1, keepdims=True)}
    return g | sums


def train(x, y, watch, smooth=0.0, noise=0.0, shift=0, max_norm=None, **inside):
    """What watch(p) said every EVERY epochs."""
    r = np.random.default_rng(0)
    start = {
        "W1": r.normal(0, (2 / 64) ** 0.5, (len(x), 64, 128)),
        "W2": r.normal(0, (1 / 128) ** 0.5, (len(x), 128, 10)),
        "b1": np.zeros((len(x), 1, 128)),
        "b2": np.zeros((len(x), 1, 10)),
    }
    p = {name: w.astype("float32") for name, w in start.items()}
    sgd, seen = optimizers.SGD(0.1, momentum=0.9), []
    target = np.eye(10, dtype="f")[y] * np.float32(1 - smooth) + np.float32(smooth / 10)
    for epoch in range(EPOCHS + 1):
        if epoch % EVERY == 0:
            seen.append(watch(p))
        order = r.permutation(x.shape[1])
        for first in range(0, len(order), 50):
            rows = order[first : first + 50]
            a = shifted(x[:, rows], r) if shift else x[:, rows]
            if noise:
                a = a + np.float32(noise) * r.standard_normal(a.shape, dtype="f")
            sgd.apply(p, gradients(p, a, target[:, rows], r, **inside))
            if max_norm:
                for w in (p["W1"], p["W2"]):
                    length = np.linalg.norm(w, axis=1, keepdims=True)
                    w *= np.minimum(1, max_norm / length)
    return np.array(seen)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    hardware.steady()
    digits = datasets.load("digits")
    x, y = problem(digits)
    fit, held, y_held = (x[:, :200], y[:, :200]), x[:, 200:], y[:, 200:]
    x_test, y_test = digits.x_test.reshape(1, -1, 64), digits.y_test

    def watch(p):
        """Accuracy on the noisy validation labels and on the test set."""
        noisy = predict(p, held).argmax(axis=2) == y_held
        clean = predict(p, x_test).argmax(axis=2) == y_test
        return noisy.mean(axis=1), clean.mean(axis=1)

    found, seeds = {}, np.arange(SEEDS)
    for name, grid in GRIDS.items():
        seen = np.array([train(*fit, watch, **options) for options in grid])
        last = seen[:, -1]  # (strengths, 2, seeds), at the end
        choice = last[:, 0].argmax(axis=0)
        end = last[choice, 1, seeds]
        noisy = seen[:, :, 0].reshape(-1, SEEDS)  # strengths and epochs
        best = seen[:, :, 1].reshape(-1, SEEDS)[noisy.argmax(axis=0), seeds]
        found[name] = {
            "grid": grid,
            "end": [round(float(a), 4) for a in end],
            "stopped": [round(float(a), 4) for a in best],
        }
        print(
            f"{name}: end {end.mean():.3f}, with stopping {best.mean():.3f}", flush=True
        )
    values = {"seeds": list(range(SEEDS)), "epochs": EPOCHS, "remedies": found}
    print(results.save("12_remedies", values, script, MODULES, code))


if __name__ == "__main__":
    main()
