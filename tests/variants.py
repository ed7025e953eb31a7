"""The right answers to the variants of the exercises, from the values of a variant."""

import numpy as np


def letters(order: str, right: str) -> str:
    """The letters that a student writes, where the book's answer is `right`."""
    return "".join(sorted(order)[order.index(letter)] for letter in right.lower())


def exercise_0_8(n, right, wish, answer_0_8_claim):
    q = right / n
    return {
        "answer_0_8_sd": 100 * (q * (1 - q) / n) ** 0.5,
        "answer_0_8_n": 0.95 * 0.05 / (wish / 100) ** 2,
        "answer_0_8_claim": letters(answer_0_8_claim, "b"),
    }


def exercise_5_2(weight):
    return {"gate_not": ([weight], -weight / 2)}


def exercise_7_3(w, x):
    f = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))
    slope = f * (1 - f)
    return {
        "answer_7_3_f": f,
        "answer_7_3_dw": [slope * x[0], slope * x[1], slope],
        "answer_7_3_dx": [slope * w[0], slope * w[1]],
    }


def exercise_7_5(hidden, loss):
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    activation, slope, line = {
        "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, "1 - tanh(a - g)**2"),
        "sin": (np.sin, np.cos, "cos(a - g)"),
        "sigmoid": (
            sigmoid,
            lambda z: sigmoid(z) * (1 - sigmoid(z)),
            "sigmoid(a - g) * (1 - sigmoid(a - g))",
        ),
    }[hidden]
    off = f"w * {hidden}(a - g) - c"
    first, outer, of = {
        "square": (f"({off})**2 / 2", f"({off})", lambda r: r),
        "quartic": (f"({off})**4 / 4", f"({off})**3", lambda r: r**3),
        "log cosh": (f"log(cosh({off}))", f"tanh({off})", np.tanh),
    }[loss]

    def threshold_gradients(V, gamma, W, theta, x, y):
        z = x @ V - gamma
        r = of(activation(z) @ W - theta - y)
        s = slope(z) * (r @ W.T)
        return x.T @ s, -s.sum(axis=0), activation(z).T @ r, -r.sum(axis=0)

    steps = [
        f"diff({first}, g)",
        f"{outer} * diff({off}, g)",
        f"{outer} * w * diff({hidden}(a - g), g)",
        f"{outer} * w * ({line}) * diff(a - g, g)",
        f"-{outer} * w * ({line})",
    ]
    return {"steps_7_5": steps, "threshold_gradients": threshold_gradients}


def exercise_8_2(units, images, batch):
    first, second = units
    params = [0, 785 * first, (first + 1) * second, (second + 1) * 10]
    return {
        "params_8_2": params,
        "bytes_8_2": 16 * sum(params),
        "steps_8_2": images // batch + 1,
        "last_8_2": images % batch,
    }


def chosen(**right: str):
    """The answers of an exercise whose options alone are shuffled."""
    return lambda **orders: {n: letters(orders[n], right[n]) for n in right}


ANSWERS = {
    "0.3": chosen(answer_0_3_i="b", answer_0_3_ii="c", answer_0_3_iii="c"),
    "0.8": exercise_0_8,
    "5.1": chosen(answer_5_1="b"),
    "5.2": exercise_5_2,
    "7.1": chosen(answer_7_1_i="c", answer_7_1_ii="a"),
    "7.2": chosen(answer_7_2="dcbeag"),
    "7.3": exercise_7_3,
    "7.5": exercise_7_5,
    "8.2": exercise_8_2,
}
