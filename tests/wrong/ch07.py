"""Wrong answers of chapter 7."""

from wrong import filled, short_cuts, with_line

GRADIENT = """
def gradient(theta1, theta2, x, y):
    ones = np.ones((len(x), 1))
    x1 = np.hstack([ones, x])
    a1 = np.hstack([ones, activations.sigmoid(x1 @ theta1)])
    p = activations.sigmoid(a1 @ theta2)
    delta2 = {delta2}
    a = a1[:, 1:]
    delta1 = {delta1}
    return {result}
"""
RIGHT = {
    "delta2": "(p - y) / len(x)",
    "delta1": "(delta2 @ theta2[1:].T) * a * (1 - a)",
    "result": "x1.T @ delta1, a1.T @ delta2",
}
THRESHOLDS = """
def threshold_gradients(V, gamma, W, theta, x, y):
    b = np.tanh(x @ V - gamma)
    r = b @ W - theta - y
    s = {s}
    return {result}
"""
RESIDUAL = """
def residual_backward(dy, x, W, b):
    t = np.tanh(x @ W + b)
    delta = dy * (1 - t**2)
    return {result}
"""
VALUE = """
def softplus(v):
    z = v.data
    y = {y}
    return autodiff.Value(y, ((v, {slope}),), "softplus")
"""
MAXIMUM = """
def maximum(u, v):
    first = u.data {compare} v.data
    return {result}
"""
MAX = 'autodiff.Value(u.data if first else v.data, ((u, {a}), (v, {b})), "max")'
STEPS = """
def median_error(eps):
    e = {e}
    quotient = (np.sin(points + e) - np.sin(points {back})) / (2 * e)
    return float(np.{middle}(abs(quotient - np.cos(points.astype(float)))))
"""
COUNT = """
def multiplications(widths, n):
    products = [n * a * b for a, b in zip(widths, widths[1:])]
    return {result}
"""


gradient = filled(GRADIENT, RIGHT)
WRONG = {
    "7.1": {
        "an optimizer": 'answer_7_1_i = "b"',
        "difference quotients": 'answer_7_1_i = "d"',
        "gradient descent": 'answer_7_1_i = "a"',
        "the sign changes with the optimizer": 'answer_7_1_ii = "b"',
        "the order changes": 'answer_7_1_ii = "c"',
        "the mean changes": 'answer_7_1_ii = "d"',
        "a word": 'answer_7_1_ii = "nothing"',
    },
    "7.2": {
        "the update before all gradients": 'answer_7_2 = "DCFBEG"',
        "another order": 'answer_7_2 = "DCEBAG"',
        "all seven cards": 'answer_7_2 = "DCBEAGF"',
        "a number": "answer_7_2 = 7",
    },
    "7.3": {
        "the sign for x1": "answer_7_3_dx = [0.1491, 0.2983]",
        "no slope": "answer_7_3_dw = [3.0, 1.0, 1.0]",
        "the bias forgotten": "answer_7_3_dw = [0.4474, 0.1491]",
        "f without sigma": "answer_7_3_f = 1.5",
        "f of -t": "answer_7_3_f = 0.1824",
        "tanh for sigma": "answer_7_3_f = 0.9051",
        "the slope for f": "answer_7_3_f = 0.1491",
        "f for the slope": "answer_7_3_dw = [2.4527, 0.8176, 0.8176]",
        "the sign for w": "answer_7_3_dw = [-0.4474, -0.1491, -0.1491]",
        "x, not w": "answer_7_3_dx = [0.4474, 0.1491]",
        "the bias, too": "answer_7_3_dx = [0.1491, -0.2983, 0.0746]",
        "two decimals": "answer_7_3_dx = [0.15, -0.30]",
    },
    "7.4": {
        "the broken one": "gradient = broken_gradient",
        "the sign of delta2": gradient(delta2="(y - p) / len(x)"),
        "a sum, not a mean": gradient(delta2="p - y"),
        "the slope forgotten": gradient(delta1="delta2 @ theta2[1:].T"),
        "the order of the results": gradient(result="a1.T @ delta2, x1.T @ delta1"),
        "twice as large": gradient(result="2 * x1.T @ delta1, 2 * a1.T @ delta2"),
        "nan": gradient(result="x1.T @ delta1 * np.nan, a1.T @ delta2"),
    },
    "7.5": {
        "the sign at the thresholds": THRESHOLDS.format(
            s="(1 - b**2) * (r @ W.T)",
            result="x.T @ s, s.sum(axis=0), b.T @ r, r.sum(axis=0)",
        ),
        "no slope": THRESHOLDS.format(
            s="r @ W.T", result="x.T @ s, -s.sum(axis=0), b.T @ r, -r.sum(axis=0)"
        ),
        "a mean over samples": THRESHOLDS.format(
            s="(1 - b**2) * (r @ W.T)",
            result="x.T @ s / len(x), -s.mean(axis=0), b.T @ r / len(x), -r.mean(axis=0)",
        ),
        "the order of the results": THRESHOLDS.format(
            s="(1 - b**2) * (r @ W.T)",
            result="-s.sum(axis=0), x.T @ s, b.T @ r, -r.sum(axis=0)",
        ),
        **short_cuts("steps_7_5"),
        "steps: the sign at the threshold": with_line(
            "steps_7_5", 4, "(w * tanh(a - g) - c) * w * (1 - tanh(a - g)**2)"
        ),
        "steps: the half stays": with_line(
            "steps_7_5", 1, "(w * tanh(a - g) - c) * diff(w * tanh(a - g) - c, g) / 2"
        ),
        "steps: the weight forgotten": with_line(
            "steps_7_5", 2, "(w * tanh(a - g) - c) * diff(tanh(a - g), g)"
        ),
        "steps: the slope of the logistic function": with_line(
            "steps_7_5",
            3,
            "(w * tanh(a - g) - c) * w * tanh(a - g) * (1 - tanh(a - g)) * diff(-g, g)",
        ),
        "steps: the derivative for a": with_line(
            "steps_7_5", 2, "(w * tanh(a - g) - c) * w * diff(tanh(a - g), a)"
        ),
    },
    "7.6": {
        "an overflow": VALUE.format(
            y="np.log(1 + np.exp(z)) if z < 700 else np.inf",
            slope="float(activations.sigmoid(np.array(z)))",
        ),
        "the slope of log": VALUE.format(y="float(np.logaddexp(0, z))", slope="1.0"),
        "the sign of the slope": VALUE.format(
            y="float(np.logaddexp(0, z))",
            slope="-float(activations.sigmoid(np.array(z)))",
        ),
        "a number, no Value": "def softplus(v): return float(np.logaddexp(0, v.data))",
        "half of the gradient at a tie": MAXIMUM.format(
            compare=">=",
            result=MAX.format(
                a="0.5 if u.data == v.data else float(first)",
                b="0.5 if u.data == v.data else float(not first)",
            ),
        ),
        "the tie to v": MAXIMUM.format(
            compare=">", result=MAX.format(a="float(first)", b="float(not first)")
        ),
        "one of its arguments": MAXIMUM.format(
            compare=">=", result="u if first else v"
        ),
    },
    "7.7": {
        "the fork forgotten": RESIDUAL.format(
            result="delta @ W.T, x.T @ delta, delta.sum(axis=0)"
        ),
        "W without transpose": RESIDUAL.format(
            result="dy + delta @ W, x.T @ delta, delta.sum(axis=0)"
        ),
        "the bias not summed": RESIDUAL.format(
            result="dy + delta @ W.T, x.T @ delta, delta"
        ),
        "dy in dW": RESIDUAL.format(
            result="dy + delta @ W.T, x.T @ dy, delta.sum(axis=0)"
        ),
        "in place": RESIDUAL.format(
            result="dy.__iadd__(delta @ W.T), x.T @ delta, delta.sum(axis=0)"
        ),
        **short_cuts("steps_7_7"),
        "steps: the fork forgotten": with_line(
            "steps_7_7", 2, "diff(sum(G * tanh(X @ W + b)), X)"
        ),
        "steps: W without transpose": with_line(
            "steps_7_7", 3, "G + (G * (1 - tanh(X @ W + b)**2)) @ W"
        ),
        "steps: the sign of the slope": with_line(
            "steps_7_7", 3, "G - (G * (1 - tanh(X @ W + b)**2)) @ W.T"
        ),
        "steps: no slope": with_line("steps_7_7", 3, "G + G @ W.T"),
        "steps: G left out": with_line(
            "steps_7_7", 1, "diff(sum(X), X) + diff(sum(G * tanh(X @ W + b)), X)"
        ),
        "steps: a derivative of a matrix": with_line(
            "steps_7_7", 2, "G + G * diff(tanh(X @ W + b), X)"
        ),
    },
    "7.8": {
        "float64": STEPS.format(e="float(eps)", back="- e", middle="median")
        .replace("points +", "points.astype(float) +")
        .replace("(points -", "(points.astype(float) -"),
        "the largest error": STEPS.format(
            e="np.float32(eps)", back="- e", middle="max"
        ),
        "one-sided": STEPS.format(e="np.float32(eps)", back="+ 0 * e", middle="median"),
        "the best step of float64": "answer_7_8 = 6e-6",
        "a list": "answer_7_8 = [7e-3]",
        "the cube root forgotten": "answer_7_8 = 2.8e-7",
        "the largest step": "answer_7_8 = 0.1",
        "the exponent": "answer_7_8 = -2.2",
    },
    "7.9": {
        "two products for the first layer": COUNT.format(
            result="sum(products), 2 * sum(products)"
        ),
        "one product backward": COUNT.format(result="sum(products), sum(products)"),
        "the batch forgotten": COUNT.format(
            result="sum(products) // n, (2 * sum(products) - products[0]) // n"
        ),
        "the order": COUNT.format(
            result="2 * sum(products) - products[0], sum(products)"
        ),
    },
}
