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
