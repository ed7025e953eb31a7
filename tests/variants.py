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


def exercise_6_2(v, x):
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    h = sigmoid(np.array([5.9, 1.3]))
    W = np.array([[0.8, 0.2, 0.7], [0.6, 0.9, 0.1]])
    return {
        "hidden_6_2": h,
        "output_6_2": sigmoid(h @ np.array(v) - 2),
        "output_6_2_b": sigmoid(sigmoid(x @ W) @ [0.2, 0.8, 0.5]),
    }


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


def exercise_9_2(rows_9_2, answer_9_2_ii, answer_9_2_iii):
    return {
        "rows_9_2": "".join(sorted(letters(rows_9_2, "bdf"))),
        "answer_9_2_ii": letters(answer_9_2_ii, "c"),
        "answer_9_2_iii": letters(answer_9_2_iii, "b"),
    }


def exercise_9_3(c, depth):
    rms = (c * c / 6) ** (depth / 2)
    return {"predicted_9_3": rms, "measured_9_3": 1.04 * rms}


def exercise_10_2(units, answer_10_2_ii, answer_10_2_iii):
    first, second = units
    normed = 784 + first + second
    kernels = 784 * first + first * second + 10 * second
    return {
        "answer_10_2_trained": kernels + 10 + 2 * normed,
        "answer_10_2_averaged": 2 * normed,
        "answer_10_2_ii": letters(answer_10_2_ii, "c"),
        "answer_10_2_iii": letters(answer_10_2_iii, "a"),
    }


def exercise_10_9(shape, groups):
    n, side, _, channels = shape
    trained = [2 * channels] * 5
    trained[1] = 2 * side**2 * channels
    means = [channels, n, n * side**2, groups * n, n * channels]
    return {"answer_10_9": means, "answer_10_9_trained": trained}


def exercise_11_2(method):
    steps = {
        "momentum, (11.8)": [
            "(-1)**2 - (1 + b - x)*(-1) + b",
            "1 + (1 + b - x) + b",
            "2 + 2*b - x",
            "2*(1 + b) - x",
        ],
        "Nesterov's method with the wrong sign, (11.15)": [
            "(-1)**2 - (1 + b - x*(1 - b))*(-1) + b*(1 + x)",
            "1 + (1 + b - x*(1 - b)) + b*(1 + x)",
            "2 + 2*b - x*(1 - b) + b*x",
            "2*(1 + b) - (1 - 2*b)*x",
        ],
    }
    return {"steps_11_2": steps[method]}


def exercise_12_9(v, n, prior):
    lam = v / (n * prior)
    return {
        "lambda_12_9": lam,
        "mse_12_9": lam,
        "half_12_9": lam / 2,
        "time_12_9": 20 / lam,
    }


def chosen(**right: str):
    """The answers of an exercise whose options alone are shuffled."""
    return lambda **orders: {n: letters(orders[n], right[n]) for n in right}


ANSWERS = {
    "0.3": chosen(answer_0_3_i="b", answer_0_3_ii="c", answer_0_3_iii="c"),
    "0.8": exercise_0_8,
    "5.1": chosen(answer_5_1="b"),
    "5.2": exercise_5_2,
    "6.1": chosen(answer_6_1="b"),
    "6.2": exercise_6_2,
    "6.8": chosen(answer_6_8="b"),
    "7.1": chosen(answer_7_1_i="c", answer_7_1_ii="a"),
    "7.2": chosen(answer_7_2="dcbeag"),
    "7.3": exercise_7_3,
    "7.5": exercise_7_5,
    "8.2": exercise_8_2,
    "10.2": exercise_10_2,
    "10.9": exercise_10_9,
    "9.2": exercise_9_2,
    "9.3": exercise_9_3,
    "9.5": chosen(answer_9_5="c"),
    "11.2": exercise_11_2,
    "11.3": chosen(answer_11_3="c"),
    "11.7": chosen(answer_11_7="cbead"),
    "12.4": chosen(answer_12_4_i="b", answer_12_4_ii="a", answer_12_4_iii="c"),
    "12.9": exercise_12_9,
}
