"""Wrong answers of chapter 10."""

from wrong import filled, short_cuts, with_line

FORWARD = """
def batchnorm_forward(x, gamma, beta, epsilon):
    s = {s}
    xhat = (x - x.mean(axis=0)) * s
    return {y}, (xhat, s, gamma)
"""
BACKWARD = """
def batchnorm_backward(dy, kept):
    xhat, s, gamma = kept
    g = {g}
    dx = {dx}
    return {result}
"""
PASSES = {
    "s": "1 / np.sqrt(x.var(axis=0) + epsilon)",
    "y": "gamma * xhat + beta",
    "g": "gamma * dy",
    "dx": "s * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))",
    "result": "dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)",
}
AFTER = """
def fold_after(W, b, gamma, beta, mean, variance, epsilon):
    alpha = {alpha}
    return {result}
"""
BEFORE = AFTER.replace("fold_after", "fold_before")
ALPHA = "gamma / np.sqrt(variance + epsilon)"
NORM = """
class Norm:
    def __init__(self, d, momentum=0.99, epsilon=1e-3):
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma, self.beta = np.ones(d), np.zeros(d)
        self.mean, self.variance = np.zeros(d), {one}(d)

    def forward(self, x, training):
        mean, variance, m = self.mean, self.variance, self.momentum
        if {moves}:
            now, spread = x.mean(axis=0), {spread}
            self.mean = {moved}
            self.variance = m * self.variance + (1 - m) * spread
        if training:
            mean, variance = {used}
        return self.gamma * (x - mean) / {root} + self.beta
"""
RULES = {
    "one": "np.ones",
    "moves": "training",
    "spread": "x.var(axis=0)",
    "moved": "m * self.mean + (1 - m) * now",
    "used": "now, x.var(axis=0)",
    "root": "np.sqrt(variance + self.epsilon)",
}
RMS = """
def rms_backward(dy, x, gamma, epsilon):
    r = np.sqrt((x**2).mean(axis={axis}, keepdims=True) + epsilon)
    xhat, g = x / r, gamma * dy
    dx = {dx}
    return {result}
"""
RMS_RIGHT = {
    "axis": "1",
    "dx": "(g - xhat * (g * xhat).mean(axis=1, keepdims=True)) / r",
    "result": "dx, (dy * xhat).sum(axis=0)",
}
STEPS = """
def steps_needed(momentum, share):
    return {result}
"""
GROWTH = """
def growth(phi, slope):
    z = np.linspace(-10, 10, 20001)
    p = np.exp(-(z**2) / 2)
    p = p / p.sum()
    mean = (p * phi(z)).sum()
    return {result}
"""


forward = filled(FORWARD, PASSES)
backward = filled(BACKWARD, PASSES)
norm = filled(NORM, RULES)
rms = filled(RMS, RMS_RIGHT)
WRONG = {
    "10.1": {
        "the unbiased variance": forward(
            s="1 / np.sqrt(x.var(axis=0) * len(x) / max(len(x) - 1, 1) + epsilon)"
        ),
        "epsilon outside of the root": forward(s="1 / (x.std(axis=0) + epsilon)"),
        "epsilon forgotten": forward(s="1 / np.sqrt(x.var(axis=0) + 1e-30)"),
        "over the units": forward(s="1 / np.sqrt(x.var(axis=1)[:, None] + epsilon)"),
        "the shift forgotten": forward(y="gamma * xhat"),
        "mean and deviation as constants": backward(dx="s * g"),
        "the way through the variance forgotten": backward(
            dx="s * (g - g.mean(axis=0))"
        ),
        "the way through the mean forgotten": backward(
            dx="s * (g - xhat * (g * xhat).mean(axis=0))"
        ),
        "a sign": backward(
            dx="s * (g - g.mean(axis=0) + xhat * (g * xhat).mean(axis=0))"
        ),
        "sums for means": backward(
            dx="s * (g - g.sum(axis=0) - xhat * (g * xhat).sum(axis=0))"
        ),
        "gamma forgotten": backward(g="dy"),
        "the deviation forgotten": backward(
            dx="g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)"
        ),
        "dgamma and dbeta exchanged": backward(
            result="dx, dy.sum(axis=0), (dy * xhat).sum(axis=0)"
        ),
        "means for dgamma and dbeta": backward(
            result="dx, (dy * xhat).mean(axis=0), dy.mean(axis=0)"
        ),
    },
    "10.2": {
        "the averages are trained, too": "answer_10_2_trained = 270946",
        "no shift": "answer_10_2_trained = 265010 + 1184",
        "biases in the hidden layers": "answer_10_2_trained = 268578 + 400",
        "the last bias forgotten": "answer_10_2_trained = 268568",
        "the means alone": "answer_10_2_averaged = 1184",
        "all four": "answer_10_2_averaged = 4736",
        "the hidden units alone": "answer_10_2_averaged = 800",
        "gamma and beta": 'answer_10_2_ii = "a"',
        "the averages": 'answer_10_2_ii = "b"',
        "all of them": 'answer_10_2_ii = "d"',
        "the mean of the batch": 'answer_10_2_iii = "b"',
        "the shift": 'answer_10_2_iii = "c"',
        "nan": 'answer_10_2_iii = "d"',
    },
    "10.3": {
        "the bias not scaled": AFTER.format(
            alpha=ALPHA, result="W * alpha, b - alpha * mean + beta"
        ),
        "rows for columns": AFTER.format(
            alpha=ALPHA, result="(W.T * alpha[: len(W)]).T, alpha * (b - mean) + beta"
        ),
        "the sign of the mean": AFTER.format(
            alpha=ALPHA, result="W * alpha, alpha * (b + mean) + beta"
        ),
        "epsilon forgotten": AFTER.format(
            alpha="gamma / np.sqrt(variance)",
            result="W * alpha, alpha * (b - mean) + beta",
        ),
        "no root": AFTER.format(
            alpha="gamma / (variance + epsilon)",
            result="W * alpha, alpha * (b - mean) + beta",
        ),
        "before: the shift does not go through W": BEFORE.format(
            alpha=ALPHA, result="alpha[:, None] * W, b + (beta - alpha * mean).sum()"
        ),
        "before: the mean not scaled": BEFORE.format(
            alpha=ALPHA, result="alpha[:, None] * W, (beta - mean) @ W + b"
        ),
        "before: as after": "def fold_before(*given): return fold_after(*given)",
        "before: the shift goes through the new kernel": BEFORE.format(
            alpha=ALPHA,
            result="alpha[:, None] * W, (beta - alpha * mean) @ (alpha[:, None] * W) + b",
        ),
    },
    "10.4": {
        **short_cuts("steps_10_4"),
        "steps: the mean without the bias": with_line(
            "steps_10_4",
            1,
            "diff(sum(G * (z + b - mean(z)) / sqrt(mean((z + b - mean(z + b))**2) + eps)), b)",
        ),
        "steps: the mean has n times the bias": with_line(
            "steps_10_4",
            2,
            "diff(sum(G * (z + b - (mean(z) + 4 * b)) / sqrt(mean((z - mean(z))**2) + eps)), b)",
        ),
        "steps: the gradient of the shift": with_line("steps_10_4", 3, "sum(G)"),
        "the sign": "def without_bias(mean, b): return mean + b",
        "as it was": "def without_bias(mean, b): return mean * 1",
        "the bias itself": "def without_bias(mean, b): return b * 1",
        "the mean of the bias": "def without_bias(mean, b): return mean - b.mean()",
    },
    "10.5": {
        "the broken one": "Norm = BrokenNorm",
        "epsilon outside of the root": norm(root="(np.sqrt(variance) + self.epsilon)"),
        "momentum the wrong way round": norm(moved="(1 - m) * self.mean + m * now"),
        "the averages move in use": norm(moves="True", used="now, spread"),
        "trained with the averages": norm(used="self.mean, x.var(axis=0)"),
        "the averages never move": norm(
            moves="False", used="x.mean(axis=0), x.var(axis=0)"
        ),
        "the averaged variance is unbiased": norm(
            spread="x.var(axis=0) * len(x) / max(len(x) - 1, 1)"
        ),
        "the variance starts at 0": norm(one="np.zeros"),
        "no averages": norm(moved="now"),
    },
    "10.6": {
        **short_cuts("steps_10_6"),
        "steps: the product rule forgotten": with_line(
            "steps_10_6", 1, "diff(sum(G * x), x) / sqrt(mean(x**2) + eps)"
        ),
        "steps: a sign": with_line(
            "steps_10_6",
            2,
            "G / sqrt(mean(x**2) + eps) + sum(G * x) * diff(sqrt(mean(x**2) + eps), x)"
            " / (mean(x**2) + eps)",
        ),
        "steps: a sum for a mean": with_line(
            "steps_10_6",
            3,
            "G / sqrt(mean(x**2) + eps) - sum(G * x) * x / (mean(x**2) + eps)**1.5",
        ),
        "the root as a constant": rms(dx="g / r"),
        "centred": rms(
            dx="(g - g.mean(axis=1, keepdims=True)"
            " - xhat * (g * xhat).mean(axis=1, keepdims=True)) / r"
        ),
        "over the samples": rms(axis="0"),
        "gamma forgotten": rms(
            dx="(dy - xhat * (dy * xhat).mean(axis=1, keepdims=True)) / r"
        ),
        "dgamma for each sample": rms(result="dx, dy * xhat"),
        "a sign": rms(dx="(g + xhat * (g * xhat).mean(axis=1, keepdims=True)) / r"),
    },
    "10.7": {
        "the other share": "def share_left(m, steps): return 1 - m**steps",
        "one step too many": "def share_left(m, steps): return m ** (steps + 1)",
        "a product": "def share_left(m, steps): return m * steps",
        "the half-life of 1 / (1 - m)": "def share_left(m, t): return np.exp(-t * (1 - m))",
        "rounded down": STEPS.format(
            result="int(np.floor(np.log(share) / np.log(momentum)))"
        ),
        "one more": STEPS.format(
            result="int(np.ceil(np.log(share) / np.log(momentum))) + 1"
        ),
        "upside down": STEPS.format(
            result="int(np.ceil(np.log(momentum) / np.log(share)))"
        ),
        "of the rest": STEPS.format(
            result="int(np.ceil(np.log(1 - share) / np.log(momentum)))"
        ),
        "the order of the momenta": "answer_10_7 = answer_10_7[::-1]",
        "percent": "answer_10_7 = [100 * a for a in answer_10_7]",
        "all alike": "answer_10_7 = [answer_10_7[0]] * 3",
        "not three": "answer_10_7 = answer_10_7[:2]",
    },
    "10.8": {
        "upside down": GROWTH.format(
            result="(p * (phi(z) - mean) ** 2).sum() / (p * slope(z) ** 2).sum()"
        ),
        "not centred": GROWTH.format(
            result="(p * slope(z) ** 2).sum() / (p * phi(z) ** 2).sum()"
        ),
        "the mean slope": GROWTH.format(
            result="(p * slope(z)).sum() ** 2 / (p * (phi(z) - mean) ** 2).sum()"
        ),
        "the root": GROWTH.format(
            result="((p * slope(z) ** 2).sum() / (p * (phi(z) - mean) ** 2).sum()) ** 0.5"
        ),
        "the mean square, not the norm": "answer_10_8 = [a**2 for a in answer_10_8]",
        "one layer": "answer_10_8 = [a ** (1 / 40) for a in answer_10_8]",
        "another order": "answer_10_8 = answer_10_8[::-1]",
        "the identity alone": "answer_10_8 = [1.0] * 4",
    },
    "10.9": {
        "one for each sample": "answer_10_9 = [32, 32, 2048, 128, 768]",
        "layer normalization over all axes": "answer_10_9 = [24, 32, 32, 128, 768]",
        "groups without samples": "answer_10_9 = [24, 32, 2048, 4, 24]",
        "two statistics": "answer_10_9 = [48, 64, 4096, 256, 1536]",
        "gamma for each group": "answer_10_9_trained = [48, 3072, 48, 8, 48]",
        "gamma for each mean": "answer_10_9_trained = [48, 64, 4096, 256, 1536]",
        "gamma alone": "answer_10_9_trained = [24, 1536, 24, 24, 24]",
        "one for each channel": "answer_10_9_trained = [48, 48, 48, 48, 48]",
    },
}
