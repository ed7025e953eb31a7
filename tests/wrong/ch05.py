"""Wrong answers of chapter 5."""

from wrong import filled, short_cuts, with_line

DIFFERENCE = "def central_difference(f, z, eps=1e-4): return {result}"
PERCEPTRON = """
def {name}(x, y, epochs=1000):
    w, b, mistakes = {start}
    for _ in range({epochs}):
        before = mistakes
        for row, target in {rows}:
            error = int(target) - int({fires})
            {update}
            {count}
        if mistakes == before:
            {stop}
    return {result}
"""
RIGHT = {
    "name": "perceptron",
    "start": "np.zeros(x.shape[1]), 0.0, 0",
    "epochs": "epochs",
    "rows": "zip(x, y, strict=True)",
    "fires": "row @ w + b >= 0",
    "update": "w, b = w + error * row, b + error",
    "count": "mistakes += abs(error)",
    "stop": "break",
    "result": "w, b, mistakes",
}
BOUND = """
def mistake_bound(x, y, u):
    rows = {rows}
    gamma = {gamma}
    if gamma {none} 0:
        return {without}
    return {result}
"""
BOUND_RIGHT = {
    "rows": "np.column_stack([x, np.ones(len(x))])",
    "gamma": "((2 * y - 1) * (rows @ u)).min() / np.linalg.norm(u)",
    "none": "<=",
    "without": "np.inf",
    "result": "(np.linalg.norm(rows, axis=1).max() / gamma) ** 2",
}
NETWORK = """
def xor_weights():
    W1 = np.array({W1})
    b1 = np.array({b1})
    W2 = np.array({W2})
    b2 = np.array({b2})
    return {result}
"""
XOR = {
    "W1": "[[1.0, -1.0], [-1.0, 1.0]]",
    "b1": "[-0.5, -0.5]",
    "W2": "[[1.0], [1.0]]",
    "b2": "[-0.5]",
    "result": "W1, b1, W2, b2",
}
MARGIN = "def margin_bound(R, gamma, beta): return {result}"
COVER = "def separable_fraction(n, d, bias): return {result}"
MEASURED = """
def measured_fraction(n, rng, labelings=200):
    {first}
    rows = np.column_stack([rng.normal(size=(n, 2)), {bias}])
    found = 0
    for _ in range({times}):
        s = {labels}
        plan = linprog(
            np.zeros(3),
            A_ub=-s[:, None] * rows,
            b_ub={least},
            bounds={bounds},
        )
        found += {yes}
    return {result}
"""
MEASURED_RIGHT = {
    "first": "",
    "bias": "np.ones(n)",
    "times": "labelings",
    "labels": "rng.choice([-1.0, 1.0], size=n)",
    "least": "-np.ones(n)",
    "bounds": "(None, None)",
    "yes": "plan.status == 0",
    "result": "found / labelings",
}
FORMULA = """
def measured_fraction(n, rng, labelings=200):
    return {result}
"""
LEARNED = """
def measured_fraction(n, rng, labelings=200):
    x, found = rng.normal(size=(n, 2)), 0
    for _ in range(labelings):
        y = rng.integers(2, size=n)
        w, b, _ = perceptron(x, y, {epochs})
        found += (step(x @ w + b) == y).all()
    return found / labelings
"""


perceptron = filled(PERCEPTRON, RIGHT)


def repaired(**changed):
    return perceptron(**{"name": "repaired", "result": "w, b", **changed})


bound = filled(BOUND, BOUND_RIGHT)
network = filled(NETWORK, XOR)
measured = filled(MEASURED, MEASURED_RIGHT)
WRONG = {
    "5.1": {
        "one-sided": DIFFERENCE.format(result="(f(z + eps) - f(z)) / eps"),
        "eps, not 2 eps": DIFFERENCE.format(result="(f(z + eps) - f(z - eps)) / eps"),
        "the sign": DIFFERENCE.format(result="(f(z - eps) - f(z + eps)) / (2 * eps)"),
        "missing brackets": DIFFERENCE.format(
            result="(f(z + eps) - f(z - eps)) / 2 * eps"
        ),
        "eps fixed": DIFFERENCE.format(result="(f(z + 1e-4) - f(z - 1e-4)) / 2e-4"),
        "one number": DIFFERENCE.format(
            result="((f(z + eps) - f(z - eps)) / (2 * eps)).mean()"
        ),
        "in place": DIFFERENCE.format(
            result="(f(z.__iadd__(eps)) - f(z.__isub__(2 * eps))) / (2 * eps)"
        ),
        "not continuous": 'answer_5_1 = "a"',
        "no probabilities": 'answer_5_1 = "c"',
        "one point is enough": 'answer_5_1 = "d"',
    },
    "5.2": {
        "the table": "gate_not = ([-0.6], -0.5)",
        "another weight": "gate_not = ([-1.0], 0.5)",
        "a score of 0": "gate_not = ([-0.6], 0.6)",
        "a number for w": "gate_not = (-0.6, 0.3)",
        "AND": "gate_nand = ([1.0, 1.0], -1.5)",
        "NOR": "gate_nand = ([-1.0, -1.0], 0.5)",
        "the sign of b": "gate_nand = ([-1.0, -1.0], -1.5)",
        "OR of three": "gate_majority = ([1.0, 1.0, 1.0], -0.5)",
        "AND of three": "gate_majority = ([1.0, 1.0, 1.0], -2.5)",
        "step(0) for two ones": "gate_majority = ([1, 1, 1], -2)",
        "the minority": "gate_majority = ([-1.0, -1.0, -1.0], 1.5)",
        "one input ignored": "gate_majority = ([1.0, 1.0, 0.0], -0.5)",
        "two weights": "gate_majority = ([1.0, 1.0], -1.5)",
        "the bias alone": "gate_majority = -1.5",
        "nan": 'gate_nand = ([-1.0, -1.0], float("nan"))',
    },
    "5.3": {
        "the sign of the bias": "bias_5_3 = 6",
        "the Commuter at 0": "bias_5_3 = -4",
        "the Shredder stays": "bias_5_3 = -8.5",
        "two biases": "bias_5_3 = (-6, -6)",
        "the ends exchanged": 'answer_5_3 = "b"',
        "both ends": 'answer_5_3 = "c"',
        "the biases": 'answer_5_3 = "d"',
        "nobody": "drive_5_3 = (0, 0)",
        "only the Commuter": "drive_5_3 = (1, 0)",
        "only the Shredder": "drive_5_3 = (0, 1)",
        "the sums": "drive_5_3 = (9, 9)",
    },
    "5.4": {
        "the sign of the update": perceptron(
            update="w, b = w - error * row, b - error"
        ),
        "the bias forgotten": perceptron(update="w = w + error * row"),
        "the row forgotten": perceptron(update="w, b = w + error, b + error"),
        "twice the step": perceptron(
            update="w, b = w + 2 * error * row, b + 2 * error"
        ),
        "half the step": perceptron(update="w, b = w + error * row / 2, b + error / 2"),
        "a score without bias": perceptron(fires="row @ w >= 0"),
        "0 does not fire": perceptron(fires="row @ w + b > 0"),
        "ones at the start": perceptron(start="np.ones(x.shape[1]), 0.0, 0"),
        "the rows backwards": perceptron(rows="zip(x[::-1], y[::-1])"),
        "without the last row": perceptron(rows="zip(x[:-1], y[:-1])"),
        "one epoch less": perceptron(epochs="epochs - 1"),
        "one epoch": perceptron(epochs="1"),
        "no end without mistakes": perceptron(stop="pass"),
        "mistakes with a sign": perceptron(count="mistakes += error"),
        "mistakes of the last epoch": perceptron(
            epochs="epochs", result="w, b, mistakes - before"
        ),
        "only w and b": perceptron(result="w, b"),
        "b before w": perceptron(result="b, w, mistakes"),
        "no square": bound(result="np.linalg.norm(rows, axis=1).max() / gamma"),
        "no one in the rows": bound(
            result="(np.linalg.norm(x, axis=1).max() / gamma) ** 2"
        ),
        "the shortest row": bound(
            result="(np.linalg.norm(rows, axis=1).min() / gamma) ** 2"
        ),
        "all rows together": bound(result="(np.linalg.norm(rows) / gamma) ** 2"),
        "the length of u": bound(gamma="((2 * y - 1) * (rows @ u)).min()"),
        "times the length of u": bound(
            gamma="((2 * y - 1) * (rows @ u)).min() * np.linalg.norm(u)"
        ),
        "the length without the bias": bound(
            gamma="((2 * y - 1) * (rows @ u)).min() / np.linalg.norm(u[:-1])"
        ),
        "targets of 0 and 1": bound(gamma="(y * (rows @ u)).min() / np.linalg.norm(u)"),
        "the sign of s": bound(
            gamma="((1 - 2 * y) * (rows @ u)).min() / np.linalg.norm(u)"
        ),
        "an absolute value": bound(gamma="abs(rows @ u).min() / np.linalg.norm(u)"),
        "the largest margin": bound(
            gamma="((2 * y - 1) * (rows @ u)).max() / np.linalg.norm(u)"
        ),
        "nan where u does not separate": bound(without="np.nan"),
        "no inf": bound(none="== 1e9 *"),
        "the bias first": bound(rows="np.column_stack([np.ones(len(x)), x])"),
    },
    "5.5": {
        "OR and NAND": network(
            W1="[[1.0, -1.0], [1.0, -1.0]]",
            b1="[-0.5, 1.5]",
            b2="[-1.5]",
        ),
        "XNOR": network(W2="[[-1.0], [-1.0]]", b2="[0.5]"),
        "AND outside": network(b2="[-1.5]"),
        "scores of 0": network(b1="[-1.0, -1.0]"),
        "W2 as a row": network(W2="[[1.0, 1.0]]"),
        "W1 as one unit": network(W1="[[1.0], [1.0]]"),
        "without b2": network(result="W1, b1, W2"),
        "nan": network(b2="[np.nan]"),
        "a text": network(b2='["-0.5"]'),
        "two equal units": network(W1="[[1.0, 1.0], [-1.0, -1.0]]"),
    },
    "5.6": {
        "the broken one": """
def repaired(x, y, epochs):
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(epochs):
        mistakes = 0
        for row, target in zip(x, y):
            y_hat = int(row @ w > b)
            if y_hat != target:
                w = w + (y_hat - target) * row
                b = b + (y_hat - target)
                mistakes += 1
            break
        if mistakes == 0:
            return w, b
    return w, b
""",
        "the threshold": repaired(fires="row @ w > b"),
        "the sign of the bias": repaired(fires="row @ w - b >= 0"),
        "0 does not fire": repaired(fires="row @ w + b > 0"),
        "the sign of the update": repaired(update="w, b = w - error * row, b - error"),
        "the sign for b": repaired(update="w, b = w + error * row, b - error"),
        "one row an epoch": repaired(rows="zip(x[:1], y[:1])"),
        "one epoch": repaired(epochs="1"),
        "no end": repaired(stop="pass"),
        "no return": repaired(result="None"),
        "mistakes, too": repaired(result="w, b, mistakes"),
    },
    "5.7": {
        "no beta": MARGIN.format(result="(R / gamma) ** 2"),
        "beta, not 2 beta": MARGIN.format(result="(R**2 + beta) / gamma**2"),
        "the sign of beta": MARGIN.format(result="(R**2 - 2 * beta) / gamma**2"),
        "beta squared": MARGIN.format(result="(R**2 + 2 * beta**2) / gamma**2"),
        "R + beta": MARGIN.format(result="((R + beta) / gamma) ** 2"),
        "gamma without square": MARGIN.format(result="(R**2 + 2 * beta) / gamma"),
        "R without square": MARGIN.format(result="(R + 2 * beta) / gamma**2"),
        "too generous": MARGIN.format(result="2 * (R**2 + 2 * beta) / gamma**2"),
        "rounded": MARGIN.format(result="int((R**2 + 2 * beta) / gamma**2)"),
        "a list": MARGIN.format(result="[(R**2 + 2 * beta) / gamma**2]"),
        **short_cuts("steps_5_7"),
        "steps: a sign": with_line(
            "steps_5_7",
            1,
            "w @ w - w @ (s * x) - (s * x) @ w + (s * x) @ (s * x)",
        ),
        "steps: the mixed term once": with_line(
            "steps_5_7", 2, "w @ w + s * (x @ w) + s**2 * (x @ x)"
        ),
        "steps: no mixed term": with_line("steps_5_7", 1, "w @ w + (s * x) @ (s * x)"),
        "steps: s without square": with_line(
            "steps_5_7", 2, "w @ w + 2 * s * (x @ w) + s * (x @ x)"
        ),
        "steps: s forgotten at the end": with_line(
            "steps_5_7", 3, "w @ w + 2 * (x @ w) + x @ x"
        ),
        "steps: entries, no product": with_line(
            "steps_5_7", 1, "w * w + 2 * s * x * w + x * x"
        ),
        "steps: ^ for a power": with_line(
            "steps_5_7", 2, "w @ w + 2 * s * (x @ w) + s^2 * (x @ x)"
        ),
    },
    "5.8": {
        "half without a bias": "half_5_8 = 4",
        "as many as weights": "half_5_8 = 3",
        "a text": 'half_5_8 = "6"',
        "the bias ignored": COVER.format(
            result="2 * sum(comb(n - 1, k) for k in range(d)) / 2**n"
        ),
        "always a bias": COVER.format(
            result="2 * sum(comb(n - 1, k) for k in range(d + 1)) / 2**n"
        ),
        "one term less": COVER.format(
            result="2 * sum(comb(n - 1, k) for k in range(d + bias - 1)) / 2**n"
        ),
        "n, not n - 1": COVER.format(
            result="2 * sum(comb(n, k) for k in range(d + bias)) / 2**n"
        ),
        "the 2 forgotten": COVER.format(
            result="sum(comb(n - 1, k) for k in range(d + bias)) / 2**n"
        ),
        "a number, no share": COVER.format(
            result="2 * sum(comb(n - 1, k) for k in range(d + bias))"
        ),
        "no bias": measured(bias="np.zeros(n)"),
        "a score of 0 is enough": measured(least="np.zeros(n)"),
        "weights that are not negative": measured(bounds="(0, None)"),
        "the others": measured(yes="plan.status != 0"),
        "a number, no share of them": measured(result="found"),
        "a percentage": measured(result="100 * found / labelings"),
        "always 200": measured(times="200", result="found / 200"),
        "one labeling": measured(times="1", result="found / 1"),
        "a generator of its own": measured(first="rng = np.random.default_rng()"),
        "a seed of its own": measured(first="rng = np.random.default_rng(5)"),
        "one labeling, many times": measured(
            first="fixed = rng.choice([-1.0, 1.0], size=n)", labels="fixed"
        ),
        "labels with 0": measured(labels="rng.integers(-1, 2, size=n)"),
        "the formula": FORMULA.format(result="separable_fraction(n, 2, True)"),
        "the formula, rounded": FORMULA.format(
            result="round(separable_fraction(n, 2, True) * labelings) / labelings"
        ),
        "five epochs of learning": LEARNED.format(epochs="5"),
    },
}
