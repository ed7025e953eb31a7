"""Wrong answers of chapter 0."""

from wrong import filled, short_cuts, with_line

VERSION = """
def version(text):
    {body}
"""
ENVIRONMENT = """
def environment():
    found = {{
        "python": version(platform.python_version()),
        "numpy": version(np.__version__),
        "keras": version(keras.__version__),
        "backend": keras.backend.backend(),
    }}
    {change}
    return found
"""
COLUMNS = "def from_columns(A, c): return {result}"
FIRST = "def from_bias_column(T): return {result}"
LAST = "def from_bias_last(T): return {result}"
THRESHOLD = "def from_threshold(V, theta): return {result}"
SUMS = "def row_sums_after(W_start, X, y, eta, steps): return {result}"
TRAINED = """
def row_sums_after(W_start, X, y, eta, steps):
    W, b = W_start, np.zeros(W_start.shape[1])
    for _ in range(steps):
        W, b, _ = repaired_step(W, b, X, y, eta)
    return W.sum(axis=1)
"""
STEP = """
def repaired_step(W, b, X, y, eta):
    rows = np.arange(len(X))
    z = X @ W + b
    p = np.exp(z - {shift})
    p = p / p.sum(axis=1, keepdims=True)
    loss = {loss}
    p[{index}, y] -= 1
    delta = p / {divisor}
    {update}
    return {result}
"""
RIGHT = {
    "shift": "z.max(axis=1, keepdims=True)",
    "loss": "-np.log(p[rows, y]).mean()",
    "index": "rows",
    "divisor": "len(X)",
    "update": "W, b = W - eta * X.T @ delta, b - eta * delta.sum(axis=0)",
    "result": "W, b, loss",
}
CONFUSION = """
def confusion(y_true, y_pred, K):
    C = np.zeros((K, K), dtype=int)
    {count}
    return C
"""
PAIR = """
def worst_pair(C):
    off = {off}
    np.fill_diagonal(off, {fill})
    j, k = np.unravel_index({best}, off.shape)
    return {result}
"""
WORST = {
    "off": "C.copy()",
    "fill": "-1",
    "best": "off.argmax()",
    "result": "int(j), int(k)",
}


step = filled(STEP, RIGHT)
pair = filled(PAIR, WORST)
WRONG = {
    "0.1": {
        "texts": VERSION.format(body='return tuple(text.split(".")[:2])'),
        "endings": VERSION.format(
            body='return tuple(int(part) for part in text.split(".")[:2])'
        ),
        "one digit each": VERSION.format(
            body='return tuple(int(n) for n in re.match(r"(\\d)\\.(\\d)", text).groups())'
        ),
        "a decimal number": VERSION.format(
            body='return float(re.match(r"\\d+\\.\\d+", text).group())'
        ),
        "three numbers": VERSION.format(
            body='return tuple(int(n) for n in re.findall(r"\\d+", text)[:3])'
        ),
        "the minor number first": VERSION.format(
            body='return tuple(int(n) for n in re.findall(r"\\d+", text)[:2])[::-1]'
        ),
        "versions mixed up": ENVIRONMENT.format(
            change='found["numpy"], found["keras"] = found["keras"], found["numpy"]'
        ),
        "Python of another machine": ENVIRONMENT.format(
            change='found["python"] = (2, 7)'
        ),
        "versions as texts": ENVIRONMENT.format(
            change='found["keras"] = keras.__version__'
        ),
        "the backend forgotten": ENVIRONMENT.format(change='del found["backend"]'),
        "another backend": ENVIRONMENT.format(change='found["backend"] = "none"'),
        "the backend as a module": ENVIRONMENT.format(
            change='found["backend"] = keras.backend'
        ),
        "a list": ENVIRONMENT.format(change="return list(found.values())"),
    },
    "0.2": {
        "A without transpose": COLUMNS.format(result="A, c[:, 0]"),
        "a column for a bias": COLUMNS.format(result="A.T, c"),
        "the sign of c": COLUMNS.format(result="A.T, -c[:, 0]"),
        "the order of the results": COLUMNS.format(result="c[:, 0], A.T"),
        "the bias in the last row": FIRST.format(result="T[:-1], T[-1]"),
        "the bias in a column": FIRST.format(result="T[:, 1:], T[:, 0]"),
        "the bias row kept": FIRST.format(result="T, T[0]"),
        "the bias in the first column": LAST.format(result="T[:, 1:].T, T[:, 0]"),
        "T without transpose": LAST.format(result="T[:, :-1], T[:, -1]"),
        "a matrix for a bias": LAST.format(result="T[:, :-1].T, T[:, -1:]"),
        "the sign of theta": THRESHOLD.format(result="V, theta"),
        "the sign of V": THRESHOLD.format(result="-V, -theta"),
        "the bias alone": THRESHOLD.format(result="-theta"),
    },
    "0.3": {
        "(i) all is well": 'answer_0_3_i = "a"',
        "(i) by inputs": 'answer_0_3_i = "c"',
        "(i) no bias": 'answer_0_3_i = "d"',
        "(ii) no product": 'answer_0_3_ii = "b"',
        "(ii) a column": 'answer_0_3_ii = "d"',
        "(ii) all is well": 'answer_0_3_ii = "a"',
        "(iii) no product": 'answer_0_3_iii = "b"',
        "(iii) one row and column a sample": 'answer_0_3_iii = "d"',
        "a word": 'answer_0_3_iii = "shape"',
    },
    "0.4": {
        "over the pixels": SUMS.format(result="W_start.sum(axis=0)"),
        "the mean": SUMS.format(result="W_start.mean(axis=1)"),
        "zero": SUMS.format(result="0 * W_start.sum(axis=1)"),
        "a column": SUMS.format(result="W_start.sum(axis=1, keepdims=True)"),
        "shrinks": SUMS.format(result="W_start.sum(axis=1) * (1 - eta) ** steps"),
        "trained": TRAINED,
        "without the first class": SUMS.format(result="W_start[:, 1:].sum(axis=1)"),
        **short_cuts("steps_0_4"),
        "steps: a sign": with_line(
            "steps_0_4", 1, "sum(w) + eta * x * sum(softmax(z) - y)"
        ),
        "steps: a sign in the brackets": with_line(
            "steps_0_4", 2, "sum(w) - eta * x * (sum(softmax(z)) + sum(y))"
        ),
        "steps: the rate forgotten": with_line(
            "steps_0_4", 2, "sum(w) - x * (sum(softmax(z)) - sum(y))"
        ),
        "steps: a sum forgotten": with_line(
            "steps_0_4", 1, "sum(w) - eta * x * (softmax(z) - y)"
        ),
        "steps: another result": with_line("steps_0_4", 3, "sum(w)"),
    },
    "0.5": {
        "the broken one": "repaired_step = broken_step",
        "the index": step(index=":"),
        "the divisor": step(divisor="X.shape[1]"),
        "no divisor": step(divisor="1"),
        "the sign of b": step(update=RIGHT["update"].replace("b - eta", "b + eta")),
        "the sign of W": step(update=RIGHT["update"].replace("W - eta", "W + eta")),
        "a mean for b": step(update=RIGHT["update"].replace(".sum", ".mean")),
        "the rate forgotten": step(update=RIGHT["update"].replace("eta * ", "")),
        "the loss after the step": step(
            update=RIGHT["update"]
            + "; z = X @ W + b; loss = np.log(np.exp(z).sum(axis=1)) - z[rows, y]",
            result="W, b, loss.mean()",
        ),
        "a sum of losses": step(loss="-np.log(p[rows, y]).sum()"),
        "all losses": step(loss="-np.log(p[rows, y])"),
        "an overflow": step(shift="0 * z"),
        "the loss forgotten": step(result="W, b"),
        "in place": step(update="W -= eta * X.T @ delta; b -= eta * delta.sum(axis=0)"),
    },
    "0.6": {
        "the proven bound": "answer_0_6 = 0.35",
        "a little too small": "answer_0_6 = 2.2",
        "a little too large": "answer_0_6 = 2.55",
        "where the run ends higher": "answer_0_6 = 9.5",
        "nan": 'answer_0_6 = float("nan")',
        "a list": "answer_0_6 = [low, high]",
    },
    "0.7": {
        "each pair once": CONFUSION.format(count="C[y_true, y_pred] += 1"),
        "transposed": CONFUSION.format(count="np.add.at(C, (y_pred, y_true), 1)"),
        "shares": CONFUSION.format(
            count="np.add.at(C, (y_true, y_pred), 1); C = C / len(y_true)"
        ),
        "the right ones forgotten": CONFUSION.format(
            count="np.add.at(C, (y_true, y_pred), 1); np.fill_diagonal(C, 0)"
        ),
        "classes that occur": CONFUSION.format(
            count="np.add.at(C, (y_true, y_pred), 1); C = C[: y_true.max() + 1]"
        ),
        "the diagonal counts": pair(fill="C.diagonal()"),
        "zero on the diagonal": pair(fill="0"),
        "the order": pair(result="int(k), int(j)"),
        "the last among equals": pair(best="off.size - 1 - off[::-1, ::-1].argmax()"),
        "both directions together": pair(off="C + C.T"),
        "in place": pair(off="C"),
        "a flat index": pair(result="int(off.argmax())"),
    },
    "0.8": {
        "a share of 1": "answer_0_8_sd = answer_0_8_sd / 100",
        "without the root": "answer_0_8_sd = 100 * q * (1 - q) / 359",
        "the variance": "answer_0_8_sd = answer_0_8_sd ** 2",
        "n forgotten": "answer_0_8_sd = 100 * (q * (1 - q)) ** 0.5",
        "a text": 'answer_0_8_sd = "1.2 %"',
        "0.1 read as a share": "answer_0_8_n = 0.95 * 0.05 / 0.1**2",
        "without the square": "answer_0_8_n = 0.95 * 0.05 / 0.001",
        "1 - q forgotten": "answer_0_8_n = 0.95 / 0.001**2",
        "no pictures": "answer_0_8_n = 0",
        "B is better": 'answer_0_8_claim = "a"',
        "not decided is equal": 'answer_0_8_claim = "c"',
        "seeds, not pictures": 'answer_0_8_claim = "d"',
    },
}
