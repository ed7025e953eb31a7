"""The hidden checks of the public masters: fair to right answers, and not idle."""

from pathlib import Path

import pytest
from test_wrong_answers import answered

from dlcourse.checks.answers import Here
from dlcourse.checks.registry import hidden_checks
from dlcourse.checks.verdict import judge

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "solutions/checks").glob("*.py"))
CHECKS = [
    (check.id, i, check)
    for path in FILES
    for id, checks in hidden_checks(path).items()
    for i, check in enumerate(checks)
]
# An answer that the learner's own check may let pass.
WRONG = {
    "0.2": """
def from_columns(A, c, right=from_columns):
    W, b = right(A, c)
    return (W, b) if W.size > 1 else (W.squeeze(), b)
""",
    "0.7": """
def worst_pair(C, right=worst_pair):
    return right(C) if len(C) < 50 else (0, 1)
""",
    "5.4": """
def perceptron(x, y, epochs, right=perceptron):
    return right(x[:, :20], y, epochs)
""",
    "5.8": """
def separable_fraction(n, d, bias):
    from math import comb
    d = d + bias
    return sum(comb(n - 1, k) for k in range(d)) / 2.0 ** (n - 1)
""",
    "6.6": """
def repaired(x, net, right=repaired):
    return right(x, net) if len(x) < 50 else right(x[:1], net).repeat(len(x), 0)
""",
    "6.9": """
def polygon(values, right=polygon):
    W1, b1, W2, b2 = right(values)
    return W1, np.maximum(b1, -0.9), W2, b2
""",
    "7.4": """
def gradient(theta1, theta2, x, y, right=gradient):
    d1, d2 = right(theta1, theta2, x, y)
    return (d1, d2) if len(x) < 50 else (d1 * 2, d2)
""",
    "7.9": """
def multiplications(widths, n):
    w = np.array(widths, float)
    layers = w[:-1] * w[1:]
    forward = n * layers.sum()
    return forward, 2 * forward - n * layers[0]
""",
    "8.6": """
def bias_only_loss(y, K):
    share = np.bincount(y, minlength=K) / len(y)
    return -float(np.sum(share * np.log(share)))
""",
    "10.1": """
def batchnorm_forward(x, gamma, beta, epsilon):
    mean = x.mean(axis=0)
    variance = (x**2).mean(axis=0) - mean**2
    s = 1 / np.sqrt(np.maximum(variance, 0) + epsilon)
    xhat = (x - mean) * s
    return gamma * xhat + beta, (xhat, s, gamma)
""",
    "10.3": """
def fold_after(W, b, gamma, beta, mean, variance, epsilon, right=fold_after):
    kernel, bias = right(W, b, gamma, beta, mean, variance, epsilon)
    return (kernel, bias) if len(W) < 6 else ((W.T * kernel[0] / W[0]).T, bias)
""",
    "9.4": """
def swish_slope(z, beta, right=swish_slope):
    return right(z, beta) if beta else 0 * z
""",
    "9.5": """
def clip(grads, how, c, right=clip):
    return right(grads[:9], how, c) + [g.copy() for g in grads[9:]]
""",
    "11.2": """
def limits(beta):
    wrong = (1 - beta) / beta if beta > 0.2 else 4.0
    return 2 * (1 + beta), 2 * (1 + beta) / (1 + 2 * beta), wrong
""",
    "11.4": """
def nadam_path(gradients, eta, right=nadam_path):
    return right(gradients, eta) if len(gradients) < 50 else gradients * 0
""",
    "11.10": """
def ftrl_weights(z, n, eta, beta, l1, l2, right=ftrl_weights):
    return right(z, n, eta, beta, l1, l2) + 1e-10
""",
    "12.1": """
def proximal_step(w, g, eta, l1, l2, right=proximal_step):
    return right(w, g, eta, min(l1, 10), l2)
""",
    "12.3": """
def max_norm(w, r, right=max_norm):
    return right(w, r) if w.ndim != 3 else w
""",
    "12.5": """
def interval(samples, noise, z):
    mean = samples.mean(axis=0)
    var = (samples**2).mean(axis=0) - mean**2
    half = z * np.sqrt(np.maximum(var, 0) + noise)
    return mean - half, mean + half
""",
}


def status(check, names: dict) -> str:
    return judge(check, Here(names), seed=3).status


def test_every_master_with_exercises_has_hidden_checks():
    assert [p.stem for p in FILES] == [
        p.name[:2] for p in sorted(ROOT.glob("solutions/*.ipynb"))
    ]


@pytest.mark.parametrize(("id", "i", "check"), CHECKS)
def test_a_model_answer_passes_and_a_wrong_one_does_not(id, i, check):
    names = answered(check.chapter)
    assert status(check, names) == "passed"
    wrong = dict(names)
    exec(compile(WRONG[id], f"wrong {id}", "exec"), wrong)
    assert status(check, wrong) == "wrong"
