"""784-64-10 on all of Fashion-MNIST: does a falling learning rate help? Momentum, Adam and AdaGrad, three seeds.

The record `11_schedules` is quoted in section 11.7, which does the same on the digits. All rates and seeds of one
schedule train at once, as one array of weights.
"""

from pathlib import Path

import numpy as np

from dlcourse import datasets, results

SEEDS = [1, 2, 3]
BATCH_SIZE, EPOCHS, HIDDEN = 128, 5, 64
SHAPES = [(784, HIDDEN), (1, HIDDEN), (HIDDEN, 10), (1, 10)]
MODULES = ["datasets"]
FORMS = {
    "constant": lambda share: 1.0,
    "linear": lambda share: 1 - share,
    "cosine": lambda share: 0.5 * (1 + np.cos(np.pi * share)),
    "1cycle": lambda share: min(0.04 + 0.96 * share / 0.3, (1 - share) / 0.7),
}
CONTEST = {
    "momentum": (["constant", "linear", "cosine", "1cycle"], [0.01, 0.03, 0.1, 0.3]),
    "adam": (["constant", "linear"], [0.001, 0.003, 0.01, 0.03]),
    "adagrad": (["constant", "linear"], [0.01, 0.03, 0.1, 0.3]),
}


def momentum(w, g, memory, t, eta):
    memory["m"] = 0.9 * memory.get("m", 0.0) - eta * g
    return w + memory["m"]


def adam(w, g, memory, t, eta):
    m = memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    v = memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    return w - eta * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def adagrad(w, g, memory, t, eta):
    a = memory["a"] = memory.get("a", 0.0) + g * g
    return w - eta * g / np.sqrt(a + 1e-7)


RULES = {"momentum": momentum, "adam": adam, "adagrad": adagrad}


def parts(rows):
    """The views W1, b1, W2, b2 of weights (..., parameters)."""
    ends = np.cumsum([n * m for n, m in SHAPES])
    return [
        rows[..., end - n * m : end].reshape(*rows.shape[:-1], n, m)
        for end, (n, m) in zip(ends, SHAPES, strict=True)
    ]


def outputs(w, x):
    """Hidden units and probabilities of each network."""
    W1, b1, W2, b2 = parts(w)
    a = np.maximum(x @ W1 + b1, 0)
    z = a @ W2 + b2
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return a, p / p.sum(axis=-1, keepdims=True)


def gradient(w, x, y):
    """The gradients of the mean cross-entropy of one batch for each seed."""
    a, p = outputs(w, x)
    delta = (p - (y[..., None] == np.arange(10))) / np.float32(x.shape[-2])
    back = (delta @ parts(w)[2].swapaxes(-1, -2)) * (a > 0)
    g = np.empty_like(w)
    dW1, db1, dW2, db2 = parts(g)
    dW1[:] = x.swapaxes(-1, -2) @ back
    db1[:] = back.sum(axis=-2, keepdims=True)
    dW2[:] = a.swapaxes(-1, -2) @ delta
    db2[:] = delta.sum(axis=-2, keepdims=True)
    return g


def train(rule, form, rates, data):
    """(training losses, test accuracies), each (rates, seeds)."""
    x = data.x_train.reshape(-1, 784).astype(np.float32)
    w = np.zeros((len(rates), len(SEEDS), sum(n * m for n, m in SHAPES)), np.float32)
    orders = []
    for i, seed in enumerate(SEEDS):
        r = np.random.default_rng(seed)
        for part in parts(w)[::2]:
            n, m = part.shape[2:]
            part[:, i] = r.uniform(-1, 1, (n, m)) * np.sqrt(6 / (n + m))
        orders.append(np.random.default_rng(100 + seed))
    rates = np.array(rates, np.float32)[:, None, None]
    steps, memory = len(x) // BATCH_SIZE, {}
    with np.errstate(all="ignore"):  # too large rates overflow
        for t in range(EPOCHS * steps):
            if t % steps == 0:
                order = np.array([r.permutation(len(x)) for r in orders])
            start = t % steps * BATCH_SIZE
            now = order[:, start : start + BATCH_SIZE]
            g = gradient(w, x[now], data.y_train[now])
            eta = rates * np.float32(form(t / (EPOCHS * steps)))
            w = rule(w, g, memory, t + 1, eta)
        loss = np.mean([_loss(w, x, data.y_train, rows) for rows in _chunks(x)], axis=0)
        x_test = data.x_test.reshape(-1, 784).astype(np.float32)
        right = outputs(w, x_test)[1].argmax(axis=-1) == data.y_test
    return np.nan_to_num(loss, nan=1e9), right.mean(axis=-1)


def _chunks(x):
    return np.arange(len(x)).reshape(60, -1)


def _loss(w, x, y, rows):
    p = outputs(w, x[rows])[1][..., np.arange(len(rows)), y[rows]]
    return -np.log(np.maximum(p, 1e-30)).mean(axis=-1)


def main() -> None:
    script = Path(__file__)
    code = results.code_hash(script, MODULES)
    data = datasets.load("fashion_mnist")
    found = {}
    for name, (forms, rates) in CONTEST.items():
        found[name] = {}
        for form in forms:
            loss, right = train(RULES[name], FORMS[form], rates, data)
            i = int(np.median(loss, axis=1).argmin())
            found[name][form] = {
                "rate": rates[i],
                "loss": [round(float(v), 4) for v in loss[i]],
                "test_accuracy": [round(float(v), 4) for v in right[i]],
                "losses_by_rate": [round(float(np.median(v)), 4) for v in loss],
            }
            print(name, form, found[name][form], flush=True)
    settings = {"batch_size": BATCH_SIZE, "epochs": EPOCHS, "hidden": HIDDEN}
    values = {"seeds": SEEDS, "settings": settings, "found": found}
    print(results.save("11_schedules", values, script, MODULES, code))


if __name__ == "__main__":
    main()
