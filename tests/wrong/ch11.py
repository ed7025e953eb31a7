"""Wrong answers of chapter 11."""

from wrong import filled, short_cuts, with_line

RMSPROP = """
def rmsprop_step(w, v, g, eta, rho, epsilon):
    v = {v}
    return w - eta * g / {root}, v
"""
ADAM = """
def {name}(w, m, v, g, t, eta, b1, b2, epsilon):
    m = {m}
    v = {v}
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return {result}
"""
MOMENTS = {
    "m": "b1 * m + (1 - b1) * g",
    "v": "b2 * v + (1 - b2) * g * g",
    "result": "w - eta * m_hat / (np.sqrt(v_hat) + epsilon), m, v",
}
NESTEROV = """
def nesterov_step(w, m, c, eta, beta):
    m = beta * m + eta * c * ({ahead})
    return {result}
"""
LIMITS = """
def limits(beta):
    wrong = {wrong}
    return {first}, {second}, wrong
"""
RIGHT = {
    "first": "2 * (1 + beta)",
    "second": "2 * (1 + beta) / (1 + 2 * beta)",
    "wrong": "min((1 - beta) / beta, "
    "2 * (1 + beta) / (1 - 2 * beta) if beta < 0.5 else np.inf)",
}
TO_KERAS = """
def keras_settings(form, rate, beta):
    return {result}
"""
FROM_KERAS = """
def paper_settings(form, learning_rate, momentum):
    return {result}
"""
ADAMAX = """
def adamax_path(gradients, eta):
    w, m, u = (np.zeros(gradients.shape[1]) for _ in range(3))
    path = []
    for t, g in enumerate(gradients, {first}):
        m = 0.9 * m + 0.1 * g
        u = {u}
        w = w - eta / {correction} * m / (u + 1e-7)
        path.append(w)
    return np.array(path)
"""
UP_TO = {
    "first": "1",
    "u": "np.maximum(0.999 * u, abs(g))",
    "correction": "(1 - 0.9**t)",
}
NADAM = """
def nadam_path(gradients, eta):
    w, m, v = (np.zeros(gradients.shape[1]) for _ in range(3))
    path, product = [], 1.0
    for t, g in enumerate(gradients, 1):
        mu, ahead = (0.9 * (1 - 0.5 * 0.96**s) for s in ({times}))
        product *= mu
        m = {m}
        v = 0.999 * v + 0.001 * g * g
        m_hat = ahead * m / (1 - {next}) + (1 - mu) * g / (1 - product)
        w = w - eta * m_hat / (np.sqrt({v_hat}) + 1e-7)
        path.append(w)
    return np.array(path)
"""
AHEAD = {
    "times": "t, t + 1",
    "m": "0.9 * m + 0.1 * g",
    "next": "product * ahead",
    "v_hat": "v / (1 - 0.999**t)",
}
CYCLE = """
class OneCycle(keras.callbacks.Callback):
    def __init__(self, max_rate, up, total):
        super().__init__()
        self.times = {times}
        self.values = [s * max_rate for s in {values}]
        {init}

    def on_train_begin(self, logs=None):
        {begin}

    def on_train_batch_begin(self, batch, logs=None):
        rate = float(np.interp({t}, self.times, self.values))
        self.model.optimizer.learning_rate = rate
        self.t += 1
"""
ROUND = {
    "times": "[0, up, 2 * up, total - 1]",
    "values": "(0.1, 1, 0.1, 0.001)",
    "init": "self.t = 0",
    "begin": "self.t = 0",
    "t": "self.t",
}
OPTIMIZER = """
def {name}():
    s = keras.optimizers.schedules
    return keras.optimizers.{made}
"""
FLOOR = """
def rate_for_floor(floor, curvature, s):
    return {result}
"""
MEASURED = """
def measured_floor(eta, beta, seed):
    rng = np.random.default_rng(seed)
    u, m, late = np.zeros(2000), np.zeros(2000), []
    for t in range(600):
        m = beta * m - {eta} * (u + {noise})
        u = u + m
        if t >= 400:
            late.append({kept})
    return float(np.mean(late))
"""
RUN = {"eta": "eta", "noise": "rng.normal(size=2000)", "kept": "np.mean(u**2) / 2"}
SUMS = """
def ftrl_sums(w, z, n, g, eta):
    new = n + g**2
    return {result}
"""
WEIGHTS = """
def ftrl_weights(z, n, eta, beta, l1, l2):
    return {result}
"""


def adam(name, **changed):
    return ADAM.format(name=name, **{**MOMENTS, **changed})


limits = filled(LIMITS, RIGHT)
adamax = filled(ADAMAX, UP_TO)
nadam = filled(NADAM, AHEAD)
cycle = filled(CYCLE, ROUND)


def optimizer(name, made):
    return OPTIMIZER.format(name=name, made=made)


measured = filled(MEASURED, RUN)
WRONG = {
    "11.1": {
        "RMSProp as printed": "rmsprop_step = printed_rmsprop",
        "RMSProp: the size of v": RMSPROP.format(
            v="abs(rho * v - (1 - rho) * g * g)", root="np.sqrt(v + epsilon)"
        ),
        "RMSProp: no weight at the square": RMSPROP.format(
            v="rho * v + g * g", root="np.sqrt(v + epsilon)"
        ),
        "RMSProp: epsilon outside": RMSPROP.format(
            v="rho * v + (1 - rho) * g * g", root="(np.sqrt(v) + epsilon)"
        ),
        "Adam as printed": "adam_signs = printed_adam_1",
        "Adam: v alone mended": adam("adam_signs", m="b1 * m - (1 - b1) * g"),
        "Adam: m alone mended": adam("adam_signs", v="b2 * v - (1 - b2) * g * g"),
        "Adam: no correction": adam(
            "adam_signs", result="w - eta * m / (np.sqrt(v) + epsilon), m, v"
        ),
        "Adam, stored, as printed": "adam_stored = printed_adam_2",
        "Adam: m stored": adam(
            "adam_stored",
            result="w - eta * m_hat / (np.sqrt(v_hat) + epsilon), m_hat, v",
        ),
        "Adam: v stored": adam(
            "adam_stored",
            result="w - eta * m_hat / (np.sqrt(v_hat) + epsilon), m, v_hat",
        ),
        "Adam: epsilon inside": adam(
            "adam_stored", result="w - eta * m_hat / np.sqrt(v_hat + epsilon), m, v"
        ),
        "Nesterov as printed": "nesterov_step = printed_nesterov",
        "Nesterov: no look ahead": NESTEROV.format(ahead="w", result="w - m, m"),
        "Nesterov: uphill": NESTEROV.format(ahead="w + beta * m", result="w + m, m"),
        "Nesterov: the other sign of m": """
def nesterov_step(w, m, c, eta, beta):
    m = beta * m - eta * c * (w + beta * m)
    return w + m, m
""",
        "Nesterov: the whole velocity": NESTEROV.format(
            ahead="w - m", result="w - m, m"
        ),
    },
    "11.2": {
        "gradient descent's limit": limits(first="2.0"),
        "the limits exchanged": limits(
            first="2 * (1 + beta) / (1 + 2 * beta)", second="2 * (1 + beta)"
        ),
        "large beta alone": limits(wrong="(1 - beta) / beta"),
        "the wrong sign upside down": limits(wrong="beta / (1 - beta)"),
        "momentum 0.9 for all": "def limits(beta): return 3.8, 3.8 / 2.8, 1 / 9",
        **short_cuts("steps_11_2"),
        "steps: a sign": with_line("steps_11_2", 1, "1 - (1 + b)*(1 - x) + b*(1 - x)"),
        "steps: a factor": with_line("steps_11_2", 2, "1 + (1 + b)*(1 - x)"),
        "steps: a term": with_line("steps_11_2", 3, "1 + 2*b - (1 + 2*b)*x"),
    },
    "11.3": {
        "not translated": TO_KERAS.format(result="rate, beta"),
        "divided": TO_KERAS.format(
            result="(rate / (1 - beta) if form == 'running mean' else rate), beta"
        ),
        "always multiplied": TO_KERAS.format(result="rate * (1 - beta), beta"),
        "PyTorch too": TO_KERAS.format(
            result="(rate * (1 - beta) if form[0] == 'r' else rate), beta"
        ),
        "not translated back": FROM_KERAS.format(result="learning_rate, momentum"),
        "multiplied back": FROM_KERAS.format(
            result="(learning_rate * (1 - momentum) if form == 'running mean' "
            "else learning_rate), momentum"
        ),
        "the order": FROM_KERAS.format(
            result="momentum, (learning_rate / (1 - momentum) "
            "if form == 'running mean' else learning_rate)"
        ),
        "all": 'answer_11_3 = "a"',
        "none": 'answer_11_3 = "b"',
        "the other two": 'answer_11_3 = "d"',
    },
    "11.4": {
        "a mean, not a maximum": adamax(u="0.999 * u + 0.001 * abs(g)"),
        "the largest of all times": adamax(u="np.maximum(u, abs(g))"),
        "no correction": adamax(correction="1"),
        "u corrected, too": adamax(correction="(1 - 0.9**t) * (1 - 0.999**t)"),
        "the sign of g": adamax(u="np.maximum(0.999 * u, g)"),
        "m with mu": nadam(m="mu * m + (1 - mu) * g"),
        "the same mu twice": nadam(times="t, t"),
        "t from 0": nadam(times="t - 1, t"),
        "one correction": nadam(next="product"),
        "v not corrected": nadam(v_hat="v"),
    },
    "11.5": {
        "the batch's number": cycle(t="batch"),
        "no new start": cycle(begin="pass"),
        "up from 0": cycle(values="(0, 1, 0.1, 0.001)"),
        "no last phase": cycle(values="(0.1, 1, 0.1, 0.1)"),
        "one step late": cycle(times="[0, up + 1, 2 * up + 1, total - 1]"),
        "it ends a step late": cycle(times="[0, up, 2 * up, total]"),
        "no callback": "class OneCycle:\n"
        "    def __init__(self, max_rate, up, total): pass",
    },
    "11.6": {
        "a constant rate": optimizer("new_sgd", "SGD(0.05)"),
        "decay= again": optimizer("new_sgd", "SGD(0.05, decay=1e-3)"),
        "the exponential one": optimizer(
            "new_sgd", "SGD(s.ExponentialDecay(0.05, 1, 1 - 1e-3))"
        ),
        "steps and rate exchanged": optimizer(
            "new_sgd", "SGD(s.InverseTimeDecay(0.05, 1e-3, 1))"
        ),
        "SGD's numbers": optimizer(
            "new_adam", "Adam(s.InverseTimeDecay(0.05, 1, 1e-3))"
        ),
        "another optimizer": optimizer(
            "new_adam", "SGD(s.InverseTimeDecay(0.002, 1, 5e-4))"
        ),
        "Adam's default": optimizer(
            "new_adam", "Adam(s.InverseTimeDecay(0.001, 1, 5e-4))"
        ),
        "no stairs": optimizer(
            "new_rmsprop", "RMSprop(s.ExponentialDecay(1e-3, 900, 0.5))"
        ),
        "epochs": optimizer(
            "new_rmsprop", "RMSprop(s.ExponentialDecay(1e-3, 20, 0.5, True))"
        ),
        "tenths": optimizer(
            "new_rmsprop", "RMSprop(s.ExponentialDecay(1e-3, 900, 0.1, True))"
        ),
        "a number": "def new_rmsprop(): return 0.001",
    },
    "11.7": {
        "RMSProp and AdaGrad": 'answer_11_7 = "dbeac"',
        "Adam and SGD": 'answer_11_7 = "cbaed"',
        "momentum first": 'answer_11_7 = "bcead"',
        "a letter twice": 'answer_11_7 = "cbeaa"',
        "a number": "answer_11_7 = 5",
    },
    "11.8": {
        "small rates alone": FLOOR.format(result="4 * floor / s**2"),
        "a factor": FLOOR.format(result="2 * floor / (s**2 + floor * curvature)"),
        "a sign": FLOOR.format(result="4 * floor / (s**2 - 2 * floor * curvature)"),
        "s without its square": FLOOR.format(
            result="4 * floor / (s + 2 * floor * curvature)"
        ),
        **short_cuts("steps_11_8"),
        "steps: a sign": with_line(
            "steps_11_8", 1, "e**2 * s**2 / ((1 - (1 - e*h)) * (1 - (1 - e*h)))"
        ),
        "steps: a factor": with_line("steps_11_8", 2, "e**2 * s**2 / (h * (2 - e*h))"),
        "steps: the root": with_line("steps_11_8", 2, "e**2 * s / (e*h * (2 - e*h))"),
    },
    "11.9": {
        "the running mean's rate": measured(eta="(1 - beta) * eta"),
        "one noise for all steps": measured(noise="np.linspace(-2, 2, 2000)"),
        "noise of half the size": measured(noise="0.5 * rng.normal(size=2000)"),
        "no half in the loss": measured(kept="np.mean(u**2)"),
        "the mean of u": measured(kept="np.mean(u)"),
        "no change": "answer_11_9 = 1.0",
        "upside down": "answer_11_9 = 0.1",
        "the root": "answer_11_9 = 3.16",
        "a list": "answer_11_9 = [10.0]",
    },
    "11.10": {
        "sigma forgotten": SUMS.format(result="z + g, new"),
        "a sign": SUMS.format(
            result="z + g + (np.sqrt(new) - np.sqrt(n)) / eta * w, new"
        ),
        "the old sum": SUMS.format(
            result="z + g - (np.sqrt(new) - np.sqrt(n)) / eta * w, n"
        ),
        "a square root of the difference": SUMS.format(
            result="z + g - abs(g) / eta * w, new"
        ),
        "the sign of the weights": WEIGHTS.format(
            result="(z - np.clip(z, -l1, l1)) / ((beta + np.sqrt(n)) / eta + l2)"
        ),
        "nothing is cut": WEIGHTS.format(
            result="-z / ((beta + np.sqrt(n)) / eta + l2)"
        ),
        "cut, not moved": WEIGHTS.format(
            result="np.where(abs(z) > l1, -z, 0) / ((beta + np.sqrt(n)) / eta + l2)"
        ),
        "n without its root": WEIGHTS.format(
            result="(np.clip(z, -l1, l1) - z) / ((beta + n) / eta + l2)"
        ),
        "twice l2": WEIGHTS.format(
            result="(np.clip(z, -l1, l1) - z) / ((beta + np.sqrt(n)) / eta + 2 * l2)"
        ),
    },
}
