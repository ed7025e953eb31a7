"""Numbers worked by hand, digit by digit, that the book shows."""

from itertools import pairwise

import numpy as np
import pytest

from dlcourse import activations, layers, losses, models, optimizers
from dlcourse.autodiff import Value

sigmoid = activations.sigmoid


@pytest.mark.parametrize(
    ("w0", "z", "f", "dw", "dx"),
    [
        # f = sigma(w0 x0 + w1 x1 + w2) at x = (-1, -2), w1 = w2 = -3
        # w0 = 0: 0 + 6 - 3 = 3, e^-3 = 0.0498, f = 0.9526, f (1 - f) = 0.04518
        (0.0, 3.0, 0.9526, (-0.0452, -0.0904, 0.0452), (0.0, -0.1355)),
        # w0 = 2: -2 + 6 - 3 = 1, f = 0.7311, f (1 - f) = 0.1966
        (2.0, 1.0, 0.7311, (-0.1966, -0.3932, 0.1966), (0.3932, -0.5898)),
    ],
)
def test_graph_of_a_sigmoid_neuron(w0, z, f, dw, dx):
    w, x = [Value(w0), Value(-3.0), Value(-3.0)], [Value(-1.0), Value(-2.0)]
    total = w[0] * x[0] + w[1] * x[1] + w[2]
    out = total.sigmoid()
    out.backward()
    assert total.data == z
    assert out.data == pytest.approx(f, abs=5e-5)
    assert [v.grad for v in w] == pytest.approx(dw, abs=5e-5)
    assert [v.grad for v in x] == pytest.approx(dx, abs=5e-5)


def test_graph_of_a_sigmoid_neuron_step_by_step():
    # 1/(1 + e): d/d(1 + e) = -f^2 = -0.9074; times e^-3 = 0.0498: -0.04518 at -z
    z = Value(3.0)
    n = -z
    denominator = 1 + n.exp()
    (1 / denominator).backward()
    assert denominator.grad == pytest.approx(-0.9074, abs=5e-5)
    assert n.grad == pytest.approx(-0.04518, abs=5e-6)
    assert z.grad == pytest.approx(0.04518, abs=5e-6)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        # sum over layers of (inputs + 1) x outputs
        ((10, 20, 20, 10), 850),  # 220 + 420 + 210
        ((50, 64, 28, 10), 5_374),  # 3,264 + 1,820 + 290
        ((21, 100, 100, 100, 1), 22_501),  # 2,200 + 2 x 10,100 + 101
        ((784, 300, 100, 10), 266_610),  # 235,500 + 30,100 + 1,010
    ],
)
def test_parameter_counts(sizes, count):
    dense = [layers.Dense(n) for n in sizes[1:]]
    model = models.Sequential([layers.Input(sizes[:1]), *dense])
    model.build(rng=0)
    assert model.count_params() == count
    assert [layer.count_params() for layer in dense] == [
        (a + 1) * b for a, b in pairwise(sizes)
    ]


def test_two_hidden_sigmoids_compute_xor():
    # (1, 0): h1 = sigma(3.7 - 1.5) = sigma(2.2) = 0.90, h2 = sigma(2.9 - 4.5) = 0.17,
    # out = sigma(0.90 x 4.5 - 0.17 x 5.2 - 2) = sigma(1.166) = 0.7624; unrounded 0.7645
    assert sigmoid(0.90 * 4.5 + 0.17 * -5.2 - 2.0) == pytest.approx(0.7624, abs=5e-5)
    stack = [
        layers.Dense(2, activation="sigmoid"),
        layers.Dense(1, activation="sigmoid"),
    ]
    net = models.Sequential([layers.Input((2,)), *stack])
    net.build(rng=0, dtype="float64")
    hidden = [[3.7, 2.9], [3.7, 2.9]], [-1.5, -4.5]
    net.set_weights([*hidden, [[4.5], [-5.2]], [-2.0]])
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert net(inputs)[:, 0] == pytest.approx([0.225, 0.765, 0.765, 0.168], abs=5e-4)


def test_one_output_of_three_hidden_units():
    # 0.2 x 0.8 + 0.8 x 0.75 + 0.5 x 0.69 = 0.16 + 0.6 + 0.345 = 1.105
    layer = layers.Dense(1, activation="sigmoid", use_bias=False)
    layer.build((None, 3), rng=0, dtype="float64")
    layer.set_weights([[[0.2], [0.8], [0.5]]])
    assert layer(np.array([[0.8, 0.75, 0.69]]))[0, 0] == pytest.approx(0.7512, abs=5e-5)


def test_nesterov_stores_the_look_ahead_point():
    # Five steps on theta^2 from 1, eta 0.1, beta 0.9. Textbook: the gradient at
    # theta + beta m, which is what the variable of Keras holds.
    theta, m = 1.0, 0.0
    w, optimizer = np.array([1.0]), optimizers.SGD(0.1, momentum=0.9, nesterov=True)
    for _ in range(5):
        m = 0.9 * m - 0.1 * 2 * (theta + 0.9 * m)
        theta += m
        optimizer.apply({"w": w}, {"w": 2 * w})
    assert w[0] == pytest.approx(theta + 0.9 * m, abs=1e-15)
    assert w[0] == pytest.approx(-0.41572, abs=5e-6)


def step(z):
    return (np.asarray(z) >= 0).astype(float)


@pytest.mark.parametrize(
    ("x", "y"), [(np.array([1.0, 2.0, -1.0]), 1.0), (np.array([1.0, 2.0, 1.0]), 0.0)]
)
def test_sign_of_the_perceptron_rule(x, y):
    # A mistake: the right rule moves w.x by +eta |x|^2 towards the target, the other
    # sign by as much away from it.
    w = -x if y == 1 else x  # wrong on x
    y_hat = step(w @ x)
    assert y_hat != y
    right, wrong = w + 0.1 * (y - y_hat) * x, w + 0.1 * (y_hat - y) * x
    towards = 1 if y == 1 else -1
    assert (right - w) @ x * towards == pytest.approx(0.1 * (x @ x))
    assert (wrong - w) @ x * towards == pytest.approx(-0.1 * (x @ x))


def test_logic_gates_need_the_right_threshold():
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    # step(0) = 1: AND fires at x1 + x2 >= 2, OR at x1 + x2 >= 0.5
    assert step(inputs @ [1, 1] - 2).tolist() == [0, 0, 0, 1]
    assert step(inputs @ [1, 1] - 0.5).tolist() == [0, 1, 1, 1]
    # NOT x = step(b - 0.6 x): b = 0.5 gives 0.5 and -0.1; b = -0.5 gives 0 for both
    assert step(0.5 - 0.6 * np.array([0, 1])).tolist() == [1, 0]
    assert step(-0.5 - 0.6 * np.array([0, 1])).tolist() == [0, 0]


def test_no_single_neuron_computes_xor():
    # b < 0, w1 + b >= 0, w2 + b >= 0 give w1 + w2 + b >= -b > 0: (1, 1) fires too.
    rng = np.random.default_rng(0)
    w1, w2, b = rng.uniform(-3, 3, (3, 50_000))
    fires = (b < 0) & (w1 + b >= 0) & (w2 + b >= 0)
    assert fires.sum() > 1000
    assert (w1 + w2 + b)[fires].min() > 0


def test_weighted_votes():
    # x = (1, 1, 0), w = (3, 1, 5): 4; w = (2, 6, 1): 8. A threshold in (4, 8] parts them.
    x = np.array([1, 1, 0])
    assert x @ [3, 1, 5] == 4 and x @ [2, 6, 1] == 8
    assert sigmoid(x @ [0.3, 0.6, 0.1]) == pytest.approx(0.711, abs=5e-4)  # sigma(0.9)


def test_sigmoid_tends_to_the_step():
    assert sigmoid(2.2) == pytest.approx(0.90, abs=5e-3)
    assert 1 - sigmoid(10 * 2.2) == pytest.approx(3e-10, rel=0.1)  # e^-22 = 2.8e-10


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_first_loss_is_log_of_the_number_of_classes(classes):
    # No signal: all logits equal, p = 1/K, -log p = log K
    loss, _ = losses.SparseCategoricalCrossentropy(from_logits=True)(
        [0, 1], np.zeros((2, classes))
    )
    assert loss == pytest.approx(np.log(classes), rel=1e-12)


def test_slope_of_the_sigmoid_is_at_most_a_quarter():
    z = np.linspace(-9, 9, 181)
    slope = sigmoid.vjp(np.ones_like(z), z, sigmoid(z))
    assert slope.max() == slope[90] == 0.25  # at z = 0: 1/2 x 1/2


def test_updating_the_last_layer_first_changes_the_hidden_error():
    # dE/dh = W d at the current W. Updated first, W' = W - eta h d^T gives
    # W' d = W d - eta |d|^2 h: off by exactly that, along h.
    rng = np.random.default_rng(0)
    w, h, d, eta = (
        rng.normal(size=(4, 2)),
        rng.uniform(size=4),
        0.1 * rng.normal(size=2),
        5.0,
    )
    old, new = w @ d, (w - eta * np.outer(h, d)) @ d
    np.testing.assert_allclose(new, old - eta * (d @ d) * h, rtol=1e-12)
    assert (old @ new) / np.linalg.norm(old) / np.linalg.norm(new) < 1 - 1e-6


def test_saturated_neuron_learns_with_cross_entropy_alone():
    # sigma(w x + b), w = b = 2, x = 1, target 0, eta 0.15, 100 steps: squared error has
    # the factor a (1 - a) in its slope and stays near 1; cross-entropy does not.
    ends = {}
    for name, delta in (("mse", lambda a: a * a * (1 - a)), ("ce", lambda a: a)):
        w = b = 2.0
        for _ in range(100):
            g = delta(sigmoid(w + b))
            w, b = w - 0.15 * g, b - 0.15 * g
        ends[name] = float(sigmoid(w + b))
    assert ends["mse"] == pytest.approx(0.964, abs=5e-4)
    assert ends["ce"] == pytest.approx(0.041, abs=5e-4)
