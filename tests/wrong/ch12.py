"""Wrong answers of chapter 12."""

from wrong import filled


def one(line):
    """A function of one line."""
    return f"def {line}"


AUGMENT = """
def augment(images, down, right, mirror, factor):
    n, h, w = images.shape
    result = np.zeros((n, h, w))
    for k in range(n):
        image = {mirrored}
        image = {contrast}
        for i in range(h):
            for j in range(w):
                a, b = {source}
                if {inside}:
                    result[k, i, j] = image[a, b]
    return result
"""
AUGMENT_RIGHT = {
    "mirrored": "images[k, :, ::-1] if mirror[k] else images[k]",
    "contrast": "image.mean() + factor[k] * (image - image.mean())",
    "source": "i - down[k], j - right[k]",
    "inside": "0 <= a < h and 0 <= b < w",
}
NOISE = """
def calibrated_noise(samples, y, z, level, candidates):
    for noise in {order}:
        if coverage(*interval(samples, noise, z), y) {enough} {level}:
            return {found}
    return {otherwise}
"""
NOISE_RIGHT = {
    "order": "candidates",
    "enough": ">=",
    "level": "level",
    "found": "noise",
    "otherwise": "candidates[-1]",
}
STEPS = [
    "diff(-(1 - s/2)*log(sigmoid(z)) - s/2*log(1 - sigmoid(z)), z)",
    "-(1 - s/2)*diff(log(sigmoid(z)), z) - s/2*diff(log(1 - sigmoid(z)), z)",
    "-(1 - s/2)*(1 - sigmoid(z)) + s/2*sigmoid(z)",
    "sigmoid(z) - 1 + s/2",
]
FITTED = """
def fitted(F, target, lam):
    n, N = F.shape
    if lam == 0:
        return {free}
    return np.linalg.solve(F.T @ F {over} + {lam} * np.eye(N), F.T @ target {mean})
"""
FITTED_RIGHT = {
    "free": "np.linalg.pinv(F) @ target",
    "over": "/ n",
    "lam": "lam",
    "mean": "/ n",
}
FORWARD = """
def dropout_forward(x, rate, u, training):
    if not training:
        return {use}
    factor = {factor}
    return {result}
"""
FORWARD_RIGHT = {
    "use": "x.copy(), np.ones(x.shape)",
    "factor": "(u >= rate) / (1 - rate)",
    "result": "x * factor, factor",
}
MAX_NORM = """
def max_norm(w, r):
    length = {length}
    return {result}
"""
NORM_RIGHT = {
    "length": "np.sqrt((w * w).sum(axis=tuple(range(w.ndim - 1)), keepdims=True))",
    "result": "w * np.minimum(1, r / np.maximum(length, 1e-12))",
}


augment = filled(AUGMENT, AUGMENT_RIGHT)
noise = filled(NOISE, NOISE_RIGHT)
fitted = filled(FITTED, FITTED_RIGHT)
forward = filled(FORWARD, FORWARD_RIGHT)
max_norm = filled(MAX_NORM, NORM_RIGHT)


def steps(*lines):
    return f"steps_12_7 = {list(lines)!r}"


def interval(half, ends="mean - half, mean + half"):
    return (
        "def interval(samples, noise, z):\n"
        "    mean = samples.mean(axis=0)\n"
        f"    half = {half}\n"
        f"    return {ends}\n"
    )


WRONG = {
    "12.1": {
        "Keras' factor 2": one(
            "penalty_gradient(w, l1, l2): return l1 * np.sign(w) + 2 * l2 * w"
        ),
        "the sign forgotten": one("penalty_gradient(w, l1, l2): return l1 + l2 * w"),
        "the penalty itself": one(
            "penalty_gradient(w, l1, l2): return l1 * np.abs(w) + l2 / 2 * w**2"
        ),
        "the mean": one(
            "penalty_gradient(w, l1, l2): return (l1 * np.sign(w) + l2 * w) / w.size"
        ),
        "hard threshold": one(
            "soft_threshold(a, t): return np.where(np.abs(a) > t, a, 0)"
        ),
        "past zero": one("soft_threshold(a, t): return a - t * np.sign(a)"),
        "positive only": one("soft_threshold(a, t): return np.maximum(a - t, 0)"),
        "the sign lost": one(
            "soft_threshold(a, t): return np.maximum(np.abs(a) - t, 0)"
        ),
        "nearly zero": one(
            "soft_threshold(a, t): return np.sign(a) * np.maximum(np.abs(a) - t, 1e-12)"
        ),
        "eta forgotten": one(
            "proximal_step(w, g, eta, l1, l2):"
            " return soft_threshold(w - eta * g, l1) / (1 + l2)"
        ),
        "up the hill": one(
            "proximal_step(w, g, eta, l1, l2):"
            " return soft_threshold(w + eta * g, eta * l1) / (1 + eta * l2)"
        ),
        "divided first": one(
            "proximal_step(w, g, eta, l1, l2):"
            " return soft_threshold((w - eta * g) / (1 + eta * l2), eta * l1)"
        ),
        "subgradient": one(
            "proximal_step(w, g, eta, l1, l2):"
            " return w - eta * (g + penalty_gradient(w, l1, l2))"
        ),
        "twice l2": one(
            "proximal_step(w, g, eta, l1, l2):"
            " return soft_threshold(w - eta * g, eta * l1) / (1 + 2 * eta * l2)"
        ),
    },
    "12.2": {
        "divided by the rate": forward(factor="(u >= rate) / max(rate, 1e-9)"),
        "not scaled": forward(factor="(u >= rate) * 1.0"),
        "the dropped are kept": forward(factor="(u < rate) / (1 - rate)"),
        "scaled down in use": forward(use="x * (1 - rate), np.ones(x.shape)"),
        "always on": forward(use="x * (u >= rate) / (1 - rate), np.ones(x.shape)"),
        "only y": forward(result="x * factor"),
        "cache without the scale": forward(result="x * factor, (u >= rate) * 1.0"),
        "no mask backward": one("dropout_backward(dy, cache): return dy"),
        "0 or 1 backward": one("dropout_backward(dy, cache): return dy * (cache > 0)"),
        "divided backward": one(
            "dropout_backward(dy, cache): return dy / np.maximum(cache, 1)"
        ),
        "the sign": one("dropout_backward(dy, cache): return -dy * cache"),
    },
    "12.3": {
        "the other axis": max_norm(
            length="np.sqrt((w * w).sum(axis=-1, keepdims=True))"
        ),
        "axis 0 only": max_norm(length="np.sqrt((w * w).sum(axis=0, keepdims=True))"),
        "the whole kernel": max_norm(length="np.sqrt((w * w).sum())"),
        "always r long": max_norm(result="w * r / np.maximum(length, 1e-12)"),
        "clipped entries": max_norm(result="np.clip(w, -r, r)"),
        "nan at 0": max_norm(result="w * np.minimum(1, r / length)"),
        "square not rooted": max_norm(
            length="(w * w).sum(axis=tuple(range(w.ndim - 1)), keepdims=True)"
        ),
        "Keras' epsilon, enlarged": max_norm(
            result="w * np.minimum(length, r) / (length + 1e-3)"
        ),
        "ones forgotten": max_norm(result="w * r / np.maximum(length, r) / r"),
    },
    "12.4": {
        "larger": 'answer_12_4_i = "a"',
        "weaker": 'answer_12_4_i = "c"',
        "longer": 'answer_12_4_i = "d"',
        "sparser": 'answer_12_4_ii = "b"',
        "shorter": 'answer_12_4_ii = "c"',
        "softer": 'answer_12_4_ii = "d"',
        "labels": 'answer_12_4_iii = "a"',
        "rate 0": 'answer_12_4_iii = "b"',
        "training": 'answer_12_4_iii = "d"',
        "no letter": "answer_12_4_iii = 3",
    },
    "12.5": {
        "deviations added": interval("z * (samples.std(axis=0) + np.sqrt(noise))"),
        "no noise": interval("z * samples.std(axis=0)"),
        "noise as a deviation": interval("z * np.sqrt(samples.var(axis=0) + noise**2)"),
        "the error of the mean": interval(
            "z * np.sqrt(samples.var(axis=0) / len(samples) + noise)"
        ),
        "no root": interval("z * (samples.var(axis=0) + noise)"),
        "ends exchanged": interval(
            "z * np.sqrt(samples.var(axis=0) + noise)", "mean + half, mean - half"
        ),
        "over all inputs": interval("z * np.sqrt(samples.var() + noise)"),
        "outside": one(
            "coverage(low, high, y): return float(np.mean((y < low) | (y > high)))"
        ),
        "ends excluded": one(
            "coverage(low, high, y): return float(np.mean((low < y) & (y < high)))"
        ),
        "the number": one(
            "coverage(low, high, y): return float(np.sum((low <= y) & (y <= high)))"
        ),
        "one side": one("coverage(low, high, y): return float(np.mean(y <= high))"),
        "the last": noise(order="candidates[::-1]"),
        "more than the level": noise(enough=">"),
        "no fallback": noise(otherwise="candidates[0]"),
        "its place": noise(found="candidates.index(noise)"),
        "always 90 %": noise(level="0.9"),
    },
    "12.6": {
        "up": augment(source="i + down[k], j - right[k]"),
        "left": augment(source="i - down[k], j + right[k]"),
        "exchanged": augment(source="i - right[k], j - down[k]"),
        "around the corner": augment(
            source="(i - down[k]) % h, (j - right[k]) % w", inside="True"
        ),
        "upside down": augment(mirrored="images[k, ::-1] if mirror[k] else images[k]"),
        "all mirrored": augment(mirrored="images[k, :, ::-1]"),
        "brightness": augment(contrast="factor[k] * image"),
        "contrast of the batch": augment(
            contrast="images.mean() + factor[k] * (image - images.mean())"
        ),
        "the first's factor": augment(
            contrast="image.mean() + factor[0] * (image - image.mean())"
        ),
        "the edge is lost": augment(inside="0 < a < h and 0 < b < w"),
        "the mirror image": 'safe_12_6 = "abce"',
        "half a turn": 'safe_12_6 = "acde"',
        "only shifts": 'safe_12_6 = "a"',
        "all": 'safe_12_6 = "abcdef"',
        "a number": "safe_12_6 = 3",
    },
    "12.7": {
        "a sign": steps(
            *STEPS[:2], "(1 - s/2)*(1 - sigmoid(z)) + s/2*sigmoid(z)", STEPS[3]
        ),
        "a slope": steps(
            *STEPS[:2], "-(1 - s/2)*(1 - sigmoid(z)) + s/2*(1 - sigmoid(z))", STEPS[3]
        ),
        "too short": steps(STEPS[0], STEPS[3]),
        "another end": steps(*STEPS[:3], "sigmoid(z) - (1 - s/2)"),
        "a text": 'steps_12_7 = "sigmoid(z) - 1 + s/2"',
        "all but one share": one(
            "best_gap(s, K): return float(np.log((1 - s) / (s / K)))"
        ),
        "upside down": one(
            "best_gap(s, K): return float(np.log((s / K) / (1 - s + s / K)))"
        ),
        "of K - 1": one(
            "best_gap(s, K): return float(np.log((1 - s) / (s / (K - 1))))"
        ),
        "two classes": one(
            "best_gap(s, K): return float(np.log((1 - s / 2) / (s / 2)))"
        ),
        "no logarithm": one("best_gap(s, K): return float((1 - s + s / K) / (s / K))"),
    },
    "12.8": {
        "not the shortest": fitted(
            free="np.linalg.lstsq(F, target, rcond=None)[0] + 1 - np.linalg.pinv(F) @ F"
            " @ np.ones((N, target.shape[1]))"
        ),
        "the sum": fitted(over="", mean=""),
        "half the penalty": fitted(lam="lam / 2"),
        "Keras' penalty": fitted(lam="2 * lam"),
        "the mean on one side": fitted(over=""),
        "transposed": fitted(free="(np.linalg.pinv(F) @ target).T"),
        "as before": "answer_12_8 = 100",
        "too early": "answer_12_8 = 20",
        "the end": "answer_12_8 = 2000",
        "a list": "answer_12_8 = [50]",
        "exchanged": "ridge_12_8 = [0.4, 0.8]",
        "percent": "ridge_12_8 = [75, 40]",
        "accuracies": "ridge_12_8 = [0.25, 0.65]",
        "one number": "ridge_12_8 = 0.75",
    },
    "12.9": {
        "n forgotten": "lambda_12_9 = 4.0",
        "the inverse": "lambda_12_9 = 25.0",
        "the prior's deviation": "lambda_12_9 = 0.0283",
        "half": "lambda_12_9 = 0.02",
        "mse halved": "mse_12_9 = 0.02",
        "mse doubled": "mse_12_9 = 0.08",
        "mse without n": "mse_12_9 = 4",
        "not halved": "half_12_9 = 0.04",
        "doubled": "half_12_9 = 0.08",
        "a quarter": "half_12_9 = 0.01",
        "eta forgotten": "time_12_9 = 25",
        "upside down": "time_12_9 = 0.002",
        "eta on top": "time_12_9 = 1.25",
    },
}
