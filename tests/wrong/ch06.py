"""Wrong answers of chapter 6."""

from wrong import filled, short_cuts, with_line

COUNT = """
def parameters(widths, bias=True):
    return {result}
"""
STEPS_NET = """
def parity_weights():
    k = np.arange(1, 5)
    W1, b1 = {W1}, {b1}
    W2, b2 = {W2}, {b2}
    return {result}
"""
STEPS = {
    "W1": "np.ones((4, 4))",
    "b1": "0.5 - k",
    "W2": "((-1.0) ** (k + 1))[:, None]",
    "b2": "np.array([-0.5])",
    "result": "W1, b1, W2, b2",
}
RELU_NET = """
def parity_relu():
    W1, b1 = {W1}, {b1}
    W2, b2 = {W2}, {b2}
    return W1, b1, W2, b2
"""
RELUS = {
    "W1": "np.ones((4, 3)) * [1, 1, -1]",
    "b1": "np.array([-2 / 3, -2.0, 3.0])",
    "W2": "np.array([[-3.0], [2.0], [-2.0]])",
    "b2": "np.array([6.0])",
}
RELU_MAXOUT = "def relu_by_maxout(w, b): return {result}"
ABS_MAXOUT = "def abs_by_maxout(w, b): return {result}"
MAX_RELU = """
def max_by_relu():
    W1 = np.array({W1})
    W2 = np.array({W2})
    return W1, W2
"""
MAXIMUM = {
    "W1": "[[-1.0, 1.0, -1.0], [1.0, 0.0, 0.0]]",
    "W2": "[[1.0], [1.0], [-1.0]]",
}
FORWARD = """
def repaired(x, net):
    a = x
    for W, b in net{hidden}:
        a = relu({score})
    W, b = net[-1]
    z = {last}
    e = np.exp(z - {shift})
    return e / {total}
"""
FORWARD_RIGHT = {
    "hidden": "[:-1]",
    "score": "a @ W + b",
    "last": "a @ W + b",
    "shift": "z.max(axis=1, keepdims=True)",
    "total": "e.sum(axis=1, keepdims=True)",
}
TANH = "def to_tanh(W1, b1, W2, b2): return {result}"
PIECES = """
def pieces_between(net, start, end):
    t = np.array([0.0, 1.0])

    def score(depth):
        a = {way}
        for W, b in net[:depth]:
            a = {phi}
        return a @ net[depth][0] + net[depth][1]

    for depth in range({depths}):
        z = score(depth)
        i, j = np.nonzero(z[:-1] * z[1:] {signs} 0)
        share = z[i, j] / ({rule})
        t = np.unique(np.append(t, t[i] + share * (t[i + 1] - t[i])))
    slopes = np.diff(score(len(net) - 1)[:, 0]) / np.diff(t)
    scale = np.abs(slopes).max()
    return {result}
"""
PIECES_RIGHT = {
    "way": "start + t[:, None] * (end - start)",
    "phi": "np.maximum(a @ W + b, 0)",
    "depths": "len(net) - 1",
    "signs": "<",
    "rule": "z[i, j] - z[i + 1, j]",
    "result": "int(1 + np.sum(np.abs(np.diff(slopes)) > 1e-8 * scale))",
}
MEAN = """
def mean_pieces(widths, rng, nets):
    {first}
    total = 0
    for _ in range({times}):
        net = [
            (rng.normal(0, {spread}, size=(d, m)), {bias})
            for d, m in zip(widths[:-1], widths[1:], strict=True)
        ]
        start, end = {ends}
        total += pieces_between(net, start, end)
    return {result}
"""
MEAN_RIGHT = {
    "first": "",
    "times": "nets",
    "spread": "np.sqrt(2 / d)",
    "bias": "rng.normal(size=m)",
    "ends": "rng.normal(size=(2, widths[0]))",
    "result": "total / nets",
}
POLYGON = """
def polygon(values):
    n = {n}
    slopes = {slopes}
    turns = {turns}
    kinks = {kinks}
    return {result}
"""
POLYGON_RIGHT = {
    "n": "len(values) - 1",
    "slopes": "n * np.diff(values)",
    "turns": "np.diff(slopes, prepend=0.0)",
    "kinks": "np.arange(n) / n",
    "result": "np.ones((1, n)), -kinks, turns[:, None], np.array([values[0]], float)",
}
ENOUGH = "def enough(lip, eps): return {result}"
POINTS = "def two_points(): return {first}, {second}"


steps = filled(STEPS_NET, STEPS)
relus = filled(RELU_NET, RELUS)
maximum = filled(MAX_RELU, MAXIMUM)
forward = filled(FORWARD, FORWARD_RIGHT)
pieces = filled(PIECES, PIECES_RIGHT)
mean = filled(MEAN, MEAN_RIGHT)
polygon = filled(POLYGON, POLYGON_RIGHT)
WRONG = {
    "6.1": {
        "convex in the output": 'answer_6_1 = "a"',
        "because of tanh": 'answer_6_1 = "c"',
        "near a minimum": 'answer_6_1 = "d"',
        "the same point twice": POINTS.format(
            first="[3.0, 0.5, -3.0, 4.0]", second="[3.0, 0.5, -3.0, 4.0]"
        ),
        "only u exchanged": POINTS.format(
            first="[3.0, 0.5, -3.0, 4.0]", second="[0.5, 3.0, -3.0, 4.0]"
        ),
        "signs changed, no exchange": POINTS.format(
            first="[3.0, 0.5, -3.0, 4.0]", second="[-3.0, -0.5, 3.0, -4.0]"
        ),
        "two equal units": POINTS.format(
            first="[1.0, 1.0, 2.0, 2.0]", second="[1.0, 1.0, 2.0, 2.0]"
        ),
        "units nearly equal": POINTS.format(
            first="[1.0, 1.2, 0.5, 0.6]", second="[1.2, 1.0, 0.6, 0.5]"
        ),
        "three weights": POINTS.format(first="[3.0, 0.5, -3.0]", second="[0.5, 3, 4]"),
    },
    "6.2": {
        "scores, no outputs": "hidden_6_2 = [5.9, 1.3]",
        "the bias forgotten": "hidden_6_2 = [0.999, 0.997]",
        "one number": "hidden_6_2 = 0.997",
        "two decimals": "hidden_6_2 = [1.0, 0.79]",
        "the score of the output": "output_6_2 = -1.599",
        "the bias of the output forgotten": "output_6_2 = 0.599",
        "the sign": "output_6_2 = 0.832",
        "a list": "output_6_2 = [0.168]",
        "at (1, 1)": "output_6_2_b = 0.751",
        "no hidden activation": "output_6_2_b = 0.659",
        "the other input": "output_6_2_b = 0.726",
        "no activation at all": "output_6_2_b = 0.912",
    },
    "6.3": {
        "no biases": COUNT.format(
            result="sum(a * b for a, b in zip(widths[:-1], widths[1:]))"
        ),
        "always biases": COUNT.format(
            result="sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:]))"
        ),
        "a bias for each input": COUNT.format(
            result="sum(a * (b + bias) for a, b in zip(widths[:-1], widths[1:]))"
        ),
        "no bias at the output": COUNT.format(
            result="sum((a + bias) * b for a, b in zip(widths[:-1], widths[1:]))"
            " - bias * widths[-1]"
        ),
        "a product": COUNT.format(result="int(np.prod(widths))"),
        "the first layer alone": COUNT.format(result="(widths[0] + bias) * widths[1]"),
        "six counts": "counts_6_3 = counts_6_3[:-1]",
        "without biases": "counts_6_3 = [800, 5272, 22100, 266200, 270, 9, 9802]",
        "biases in the sixth": "counts_6_3 = [850, 5374, 22501, 266610, 301, 13, 9802]",
        "just above 10,000": "counts_6_3 = [850, 5374, 22501, 266610, 301, 9, 10010]",
        "m itself": "counts_6_3 = [850, 5374, 22501, 266610, 301, 9, 68]",
    },
    "6.4": {
        "even": steps(W2="((-1.0) ** k)[:, None]", b2="np.array([0.5])"),
        "scores of 0": steps(b1="1.0 - k"),
        "at least one": steps(W2="np.ones((4, 1))"),
        "all units alike": steps(b1="-0.5 + 0 * k"),
        "eight units": steps(
            W1="np.ones((4, 8))",
            b1="0.5 - np.repeat(k, 2)",
            W2="0.5 * ((-1.0) ** (np.repeat(k, 2) + 1))[:, None]",
        ),
        "W2 as a row": steps(W2="((-1.0) ** (k + 1))[None, :]"),
        "three arrays": steps(result="W1, b1, W2"),
        "nan": steps(b2="np.array([np.nan])"),
        "four ReLUs": relus(
            W1="np.ones((4, 4))",
            b1="-np.arange(4.0)",
            W2="np.array([[1.0], [-2.0], [2.0], [-2.0]])",
            b2="np.zeros(1)",
        ),
        "ReLU: even": relus(W2="np.array([[3.0], [-2.0], [2.0]])", b2="[-5.0]"),
        "ReLU: kinks at whole numbers": relus(b1="np.array([-1.0, -2.0, 3.0])"),
        "ReLU: all look right": relus(
            W1="np.ones((4, 3))", b1="np.array([-2 / 3, -2.0, -3.0])"
        ),
        "ReLU: no bias": relus(b2="np.zeros(1)"),
        "ReLU: rounded": relus(b1="np.array([-0.667, -2.0, 3.0])"),
    },
    "6.5": {
        "ReLU: no zero piece": RELU_MAXOUT.format(
            result="np.column_stack([w, w]), np.array([b, 0.0])"
        ),
        "ReLU: the bias twice": RELU_MAXOUT.format(
            result="np.column_stack([w, 0 * w]), np.array([b, b])"
        ),
        "ReLU: no bias": RELU_MAXOUT.format(
            result="np.column_stack([w, 0 * w]), np.zeros(2)"
        ),
        "ReLU: rows": RELU_MAXOUT.format(
            result="np.stack([w, 0 * w]), np.array([b, 0.0])"
        ),
        "ReLU: the absolute value": RELU_MAXOUT.format(
            result="np.column_stack([w, -w]), np.array([b, -b])"
        ),
        "abs: the bias with its sign": ABS_MAXOUT.format(
            result="np.column_stack([w, -w]), np.array([b, b])"
        ),
        "abs: ReLU": ABS_MAXOUT.format(
            result="np.column_stack([w, 0 * w]), np.array([b, 0.0])"
        ),
        "abs: the absolute weights": ABS_MAXOUT.format(
            result="np.column_stack([abs(w), -abs(w)]), np.array([b, -b])"
        ),
        "abs: one array": ABS_MAXOUT.format(result="np.column_stack([w, -w])"),
        "max: u alone": maximum(W2="[[0.0], [1.0], [-1.0]]"),
        "max: u above 0 only": maximum(
            W1="[[-1.0, 1.0], [1.0, 0.0]]", W2="[[1.0], [1.0]]"
        ),
        "max: u - v": maximum(W1="[[1.0, 1.0, -1.0], [-1.0, 0.0, 0.0]]"),
        "max: four units": maximum(
            W1="[[-1.0, 1.0, -1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]",
            W2="[[1.0], [1.0], [-1.0], [0.0]]",
        ),
        "max: the minimum": maximum(W2="[[-1.0], [1.0], [-1.0]]"),
    },
    "6.6": {
        "the broken one": """
def repaired(x, net):
    a = x
    for W, b in net:
        a = relu(a @ W.T + b)
    e = np.exp(a)
    return e / e.sum()
""",
        "transposed": forward(score="a @ W.T + b"),
        "the last one transposed": forward(last="a @ W.T + b"),
        "ReLU at the end": forward(last="relu(a @ W + b)"),
        "the sum over all rows": forward(total="e.sum()"),
        "the sum over the rows": forward(total="e.sum(axis=0, keepdims=True)"),
        "no shift": forward(shift="0"),
        "the largest of all rows": forward(shift="z.max()"),
        "no bias": forward(score="a @ W"),
        "no bias at the end": forward(last="a @ W"),
        "one layer less": forward(hidden="[:-2]"),
    },
    "6.7": {
        "W1 not halved": TANH.format(result="W1, b1, W2 / 2, b2 + W2.sum(axis=0) / 2"),
        "W1 doubled": TANH.format(
            result="2 * W1, 2 * b1, W2 / 2, b2 + W2.sum(axis=0) / 2"
        ),
        "the constants forgotten": TANH.format(result="W1 / 2, b1 / 2, W2 / 2, b2"),
        "the sum of each unit": TANH.format(
            result="W1 / 2, b1 / 2, W2 / 2, b2 + W2.sum() / 2"
        ),
        "the sum not halved": TANH.format(
            result="W1 / 2, b1 / 2, W2 / 2, b2 + W2.sum(axis=0)"
        ),
        "b1 as it was": TANH.format(
            result="W1 / 2, b1, W2 / 2, b2 + W2.sum(axis=0) / 2"
        ),
        "W2 as it was": TANH.format(
            result="W1 / 2, b1 / 2, W2, b2 - W2.sum(axis=0) / 2"
        ),
        **short_cuts("steps_6_7"),
        "steps: the sign of the exponent": with_line(
            "steps_6_7", 3, "exp(-z / 2) / (exp(z / 2) + exp(-z / 2))"
        ),
        "steps: the half forgotten": with_line(
            "steps_6_7",
            1,
            "1 + (exp(z / 2) - exp(-z / 2)) / (exp(z / 2) + exp(-z / 2))",
        ),
        "steps: z, not z / 2": with_line("steps_6_7", 3, "exp(z) / (exp(z) + exp(-z))"),
        "steps: brackets": with_line(
            "steps_6_7", 3, "exp(z / 2) / exp(z / 2) + exp(-z / 2)"
        ),
    },
    "6.8": {
        "it stays": 'answer_6_8 = "a"',
        "four times": 'answer_6_8 = "c"',
        "squared": 'answer_6_8 = "d"',
        "kinks, not pieces": pieces(
            result="int(np.sum(np.abs(np.diff(slopes)) > 1e-8 * scale))"
        ),
        "all places": pieces(result="len(t) - 1"),
        "the first layer alone": pieces(depths="1"),
        "no ReLU": pieces(phi="a @ W + b"),
        "from 0 to end": pieces(way="t[:, None] * end"),
        "from start on": pieces(way="start + t[:, None] * end"),
        "the rule of three": pieces(rule="z[i, j] + z[i + 1, j]"),
        "same signs": pieces(signs=">"),
        "exact slopes": pieces(result="int(1 + np.sum(np.diff(slopes) != 0))"),
        "a mean without division": mean(result="total"),
        "always ten networks": mean(times="10", result="total / 10"),
        "one network": mean(times="1", result="total"),
        "a generator of its own": mean(first="rng = np.random.default_rng()"),
        "a seed of its own": mean(first="rng = np.random.default_rng(5)"),
        "no biases": mean(bias="np.zeros(m)"),
        "large biases": mean(bias="5 * rng.normal(size=m)"),
        "from the origin": mean(ends="np.zeros(widths[0]), rng.normal(size=widths[0])"),
        "near each other": mean(ends="0.3 * rng.normal(size=(2, widths[0]))"),
    },
    "6.9": {
        "slopes, not turns": polygon(turns="slopes"),
        "no n": polygon(slopes="np.diff(values)"),
        "the sign of the kinks": polygon(
            result="np.ones((1, n)), kinks, turns[:, None], "
            "np.array([values[0]], float)"
        ),
        "kinks at the right ends": polygon(kinks="np.arange(1, n + 1) / n"),
        "no start": polygon(
            result="np.ones((1, n)), -kinks, turns[:, None], np.zeros(1)"
        ),
        "the last value": polygon(
            result="np.ones((1, n)), -kinks, turns[:, None], "
            "np.array([values[-1]], float)"
        ),
        "W1 as a column": polygon(
            result="np.ones((n, 1)), -kinks, turns[:, None], "
            "np.array([values[0]], float)"
        ),
        "one value too many": polygon(n="len(values)"),
        "the bound of the chapter": ENOUGH.format(result="int(np.ceil(lip / eps))"),
        "rounded down": ENOUGH.format(result="max(1, int(lip / (2 * eps)))"),
        "one more": ENOUGH.format(result="int(lip / (2 * eps)) + 1"),
        "zero units": ENOUGH.format(result="int(np.floor(lip / (2 * eps)))"),
        "no whole number": ENOUGH.format(result="lip / (2 * eps)"),
        "a product": ENOUGH.format(result="max(1, int(np.ceil(lip * eps / 2)))"),
    },
}
