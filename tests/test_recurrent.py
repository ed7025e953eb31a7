"""Recurrent layers: fast kernels = textbook steps, and oracles that are not Keras."""

import copy
import math

import keras
import numpy as np
import pytest
from cases.recurrent import COUNTS, KINDS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from dlcourse import activations, gradcheck, layers, models
from dlcourse.kernels import gru, lstm, rows, scan, simple_rnn
from dlcourse.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Embedding,
    Masking,
    RepeatVector,
    SimpleRNN,
    TimeDistributed,
)
from dlcourse.layers.recurrent import is_same

bounded = settings(deadline=None, derandomize=True, max_examples=30)
TANH, SIGMOID = activations.tanh, activations.sigmoid


def made(layer, d, rng, dtype="float64"):
    """Built for d features, with distinct random weights."""
    layer.build((None, None, d), rng=rng, dtype=dtype)
    layer.set_weights([0.7 * rng.normal(size=w.shape) for w in layer.weights])
    return layer


def flat(grads):
    """The arrays of a nested dict, in order."""
    return [
        a for g in grads.values() for a in (flat(g) if isinstance(g, dict) else [g])
    ]


def close(a, b, rtol=1e-12):
    """Equal to rtol of the largest entry."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=0, atol=rtol * max(np.abs(b).max(), 1e-300))


# -- the fast kernels

CELLS = {
    # kernel, gates, states, biases
    "SimpleRNN": (simple_rnn, 1, 1, ()),
    "LSTM": (lstm, 4, 2, ()),
    "GRU": (gru, 3, 1, (2,)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", [(5, 4, 3, 2), (1, 1, 1, 1), (3, 2, 1, 5)], ids=str)
@pytest.mark.parametrize("name", CELLS)
def test_fast_kernel_is_the_textbook_form(name, shape, masked, dtype, rng):
    kernel, gates, states, biases = CELLS[name]
    time, batch, d, units = shape

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    columns = gates * units
    weights = draw(d, columns), draw(units, columns), draw(*biases, columns)
    x, first = draw(time, batch, d), tuple(draw(batch, units) for _ in range(states))
    mask = rng.random((time, batch, 1)) < 0.6 if masked else None
    dlast, tol = (
        tuple(draw(batch, units) for _ in range(states)),
        {np.float64: 1e-13, np.float32: 1e-5}[dtype],
    )
    h, last, cache = kernel.forward(x, first, mask, weights)
    slow = weights, TANH, SIGMOID
    want = scan.scan(kernel.step, x, first, mask, *slow)
    for a, b in zip([h, *last], [want[0], *want[1]], strict=True):
        close(a, b, tol)
        assert a.dtype == dtype
    for dh in (draw(time, batch, units), None):
        dx, dfirst, grads = kernel.backward(dh, dlast, cache, weights)
        want_dx, want_dfirst, want_grads = scan.scan_backward(
            kernel.step_backward, dh, dlast, want[2], *slow
        )
        for a, b in zip(
            [dx, *dfirst, *grads], [want_dx, *want_dfirst, *want_grads], strict=True
        ):
            close(a, b, tol)
            assert a.dtype == dtype


def test_layers_call_the_fast_kernel_where_it_serves(rng, monkeypatch):
    def never(*_):
        raise AssertionError("the slow form")

    x = rng.normal(size=(2, 3, 2))
    copied = copy.deepcopy(LSTM(2))  # copies of tanh and sigmoid serve, too
    monkeypatch.setattr(scan, "scan", never)
    for layer in (copied, GRU(2), SimpleRNN(2)):
        made(layer, 2, rng)(x)
    for layer in (LSTM(2, "relu"), GRU(2, reset_after=False), SimpleRNN(2, "elu")):
        with pytest.raises(AssertionError, match="the slow form"):
            made(layer, 2, rng)(x)
    assert not is_same(TANH, SIGMOID)
    wrong = activations.ActivationFunction(TANH.phi)
    wrong.defvjp(lambda dy, z, y: dy)
    assert not is_same(wrong, TANH)


@pytest.mark.parametrize("name", KINDS)
def test_caches_of_several_forwards_do_not_mix(name, rng):
    # Their arrays are large enough to be used again: that must wait for the cache.
    layer = made(KINDS[name](40, return_sequences=True), 3, rng)
    x, dy = rng.normal(size=(2, 8, 60, 3)), rng.normal(size=(8, 60, 40))
    alone = [layer.backward(dy, layer.forward(a)[1]) for a in x]
    caches = [layer.forward(a)[1] for a in x]
    for (dx, grads), cache in zip(alone, caches, strict=True):
        again_dx, again = layer.backward(dy, cache)
        np.testing.assert_array_equal(dx, again_dx)
        for a, b in zip(flat(grads), flat(again), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", KINDS)
def test_memory_grows_linearly_with_time(name, rng):
    layer = made(KINDS[name](30), 3, rng)

    def size(thing):
        if isinstance(thing, np.ndarray):
            return thing.nbytes
        return sum(map(size, thing)) if isinstance(thing, (tuple, list)) else 0

    short, long = (size(layer.forward(np.ones((4, t, 3)))[1]) for t in (50, 100))
    assert 1.9 < long / short < 2.05


# -- oracles


def test_lstm_step_by_hand(rng):
    # Every number by the formulas of the docstring, in plain Python; one unit.
    layer = made(LSTM(1, return_state=True), 1, rng)
    (W, U, b), x = layer.get_weights(), [0.5, -1.2]

    def sigma(z):
        return 1 / (1 + math.exp(-z))

    h = c = 0.0
    for x_t in x:
        z = [x_t * float(W[0, k]) + h * float(U[0, k]) + float(b[k]) for k in range(4)]
        i, f, g, o = sigma(z[0]), sigma(z[1]), math.tanh(z[2]), sigma(z[3])
        c = f * c + i * g
        h = o * math.tanh(c)
    y, last_h, last_c = layer(np.array(x).reshape(1, 2, 1))
    assert y[0, 0] == last_h[0, 0] == pytest.approx(h, rel=1e-14)
    assert last_c[0, 0] == pytest.approx(c, rel=1e-14)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_step_by_hand(reset_after, rng):
    # One step from h = (0.3, -0.6): two units, so that r h U differs from r (h U).
    layer = made(GRU(2, reset_after=reset_after), 1, rng)
    W, U, b = (w.tolist() for w in layer.get_weights())
    x, h = 0.7, [0.3, -0.6]
    b, b_h = b if reset_after else (b, [0.0] * 6)

    def sigma(z):
        return 1 / (1 + math.exp(-z))

    def dot(v, column):
        return v[0] * U[0][column] + v[1] * U[1][column]

    z, r = (
        [
            sigma(x * W[0][k] + b[k] + dot(h, k) + b_h[k])
            for k in range(2 * n, 2 * n + 2)
        ]
        for n in (0, 1)
    )
    want = []
    for k in range(2):
        if reset_after:
            inner = r[k] * (dot(h, 4 + k) + b_h[4 + k])
        else:
            inner = dot([r[0] * h[0], r[1] * h[1]], 4 + k)
        g = math.tanh(x * W[0][4 + k] + b[4 + k] + inner)
        want.append(z[k] * h[k] + (1 - z[k]) * g)
    y, _ = layer.forward(np.array([[[x]]]), initial_state=[np.array([h])])
    assert y[0].tolist() == pytest.approx(want, rel=1e-14)


def test_linear_simple_rnn_is_a_recursive_filter(rng):
    # Without phi and with a diagonal U, unit k is h_t = u_k h_{t-1} + (x_t w_k + b_k).
    layer = made(SimpleRNN(3, activation=None, return_sequences=True), 1, rng)
    u = np.array([0.9, -0.5, 1.0])
    layer.params["recurrent_kernel"][...] = np.diag(u)
    x, first = rng.normal(size=(2, 50, 1)), rng.normal(size=(2, 3))
    y, _ = layer.forward(x, initial_state=[first])
    w, b = layer.params["kernel"][0], layer.params["bias"]
    for k in range(3):
        start = u[k] * first[:, k, np.newaxis]
        want, _ = lfilter([1], [1, -u[k]], x[..., 0] * w[k] + b[k], axis=1, zi=start)
        close(y[..., k], want)


def torch_twin(layer, torch, d, bidirectional=False):
    """The torch module with the weights of our layer (or of both, forward first).

    PyTorch keeps W^T and U^T, each with a bias: one of ours stands under x W. Its LSTM
    has our order i, f, g, o; its GRU has r, z, n where ours has z, r, h, and resets
    after the product.
    """
    name = {"SimpleRNN": "RNN"}.get(type(layer).__name__, type(layer).__name__)
    net = getattr(torch.nn, name)(
        d, layer.units, batch_first=True, bidirectional=bidirectional
    ).double()
    return net


def to_torch(params, torch):
    """[W^T, U^T, b, b'] in PyTorch's order of the gates."""
    W, U, b = params.values()
    order = [1, 0, 2] if b.ndim == 2 else range(W.shape[1] // len(U))

    def sorted_columns(a):
        units = a.shape[-1] // len(order)
        return np.concatenate([a[..., k * units :][..., :units] for k in order], -1)

    b = b if b.ndim == 2 else np.stack([b, np.zeros_like(b)])
    b = sorted_columns(b)
    arrays = [sorted_columns(W).T, sorted_columns(U).T, b[0], b[1]]
    return [torch.from_numpy(a.copy()) for a in arrays]


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_torch_agrees(name, masked, both_ways, needs, rng):
    needs("torch")
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    inner = getattr(layers, name)(4, return_sequences=True)
    layer = made(Bidirectional(inner) if both_ways else inner, 3, rng)
    net = torch_twin(inner, torch, 3, both_ways)
    halves = layer.params.values() if both_ways else [layer.params]
    arrays = [a for params in halves for a in to_torch(params, torch)]
    with torch.no_grad():
        for p, w in zip(net.parameters(), arrays, strict=True):
            p.copy_(w)
    x = rng.normal(size=(3, 5, 3))
    lengths = np.array([5, 2, 4]) if masked else np.array([5, 5, 5])
    mask = np.arange(5) < lengths[:, np.newaxis]
    dy = rng.normal(size=(3, 5, 8 if both_ways else 4)) * mask[..., np.newaxis]
    y, cache = layer.forward(x, mask=mask)
    dx, grads = layer.backward(dy, cache)

    x_torch = torch.from_numpy(x).requires_grad_(True)
    packed = pack_padded_sequence(x_torch, lengths, True, enforce_sorted=False)
    want, _ = pad_packed_sequence(net(packed)[0], batch_first=True)
    (want * torch.from_numpy(dy)).sum().backward()
    live = mask[..., np.newaxis]  # PyTorch has zeros where ours repeats the last output
    close(y * live, want.detach().numpy())
    close(dx, x_torch.grad.numpy())
    halves = grads.values() if both_ways else [grads]
    theirs = [p.grad.numpy() for p in net.parameters()]
    for k, half in enumerate(halves):
        for ours, their in zip(
            to_torch(half, torch)[:3], theirs[4 * k : 4 * k + 3], strict=True
        ):
            close(ours.numpy(), their)


# -- Keras, where the cases of the twin test do not reach: lists of outputs and states


def keras_twin(ours, shape):
    """Keras' layer of the same options and weights."""

    def options(layer, *names):
        return {name: getattr(layer, name) for name in names}

    inner = ours.layer if isinstance(ours, Bidirectional) else ours
    same = ("units", "return_sequences", "return_state", "go_backwards")
    theirs = getattr(keras.layers, type(inner).__name__)(
        **options(inner, *same), dtype="float64"
    )
    if inner is not ours:
        theirs = keras.layers.Bidirectional(theirs, ours.merge_mode, dtype="float64")
    theirs.build(shape)
    theirs.set_weights(ours.get_weights())
    return theirs


def as_list(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("mode", ["concat", "mul", None, "alone", "alone-backwards"])
@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_states_in_and_out_are_those_of_keras(name, mode, sequences, masked, rng):
    import tensorflow as tf

    alone = mode is not None and mode.startswith("alone")
    layer = getattr(layers, name)(
        2,
        return_sequences=sequences,
        return_state=True,
        go_backwards=mode == "alone-backwards",
    )
    layer = made(layer if alone else Bidirectional(layer, mode), 3, rng)
    x = rng.normal(size=(6, 4, 3))
    options = {"mask": COUNTS} if masked else {}
    first = [rng.normal(size=(6, 2)) for _ in range(layer.states)] if alone else []
    theirs = keras_twin(layer, x.shape)
    tensors = [tf.constant(a) for a in [x, *first]]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        want = as_list(
            theirs(
                tensors[0],
                **({"initial_state": tensors[1:]} if alone else {}),
                **({"mask": tf.constant(COUNTS)} if masked else {}),
            )
        )
        dy = [rng.normal(size=a.shape) for a in want]
        total = sum(tf.reduce_sum(a * b) for a, b in zip(want, dy, strict=True))
    weights = [v.value for v in theirs.trainable_variables]
    want_grads = tape.gradient(total, [*tensors, *weights])
    if alone:
        options["initial_state"] = first
    y, cache = layer.forward(x, **options)
    dx, grads = layer.backward(dy, cache)
    for a, b in zip(y, want, strict=True):
        close(a, b)
    for a, b in zip([*as_list(dx), *flat(grads)], want_grads, strict=True):
        close(a, b)
    assert layer.compute_output_shape(x.shape) == [a.shape for a in y]
    masks = layer.compute_mask(x, COUNTS)
    assert len(masks) == len(y)
    outputs = 2 if mode is None else 1
    assert all((m is COUNTS) == sequences for m in masks[:outputs])
    assert masks[outputs:] == [None] * (len(y) - outputs)


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_one_step_is_that_of_keras(name, rng):
    # No twin case: the recurrent kernel has no gradient here.
    layer = made(getattr(layers, name)(3), 2, rng)
    x = rng.normal(size=(4, 1, 2))
    y, cache = layer.forward(x)
    close(y, np.asarray(keras_twin(layer, x.shape)(x)))
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)
    assert not grads["recurrent_kernel"].any()

    def f(x):
        return float((layer(x) * dy).sum())

    assert gradcheck.relative_error(dx, gradcheck.numerical_gradient(f, x)) < 1e-7


def test_bidirectional_of_two_outputs_without_states(rng):
    layer = made(Bidirectional(GRU(2, return_sequences=True), None), 3, rng)
    x, dy = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 2, 4, 2))
    (ahead, back), cache = layer.forward(x)
    assert layer.compute_output_shape((None, 4, 3)) == [(None, 4, 2)] * 2
    assert layer.compute_mask(x, "m") == ["m", "m"]
    close(ahead, layer.forward_layer(x))
    close(back, layer.backward_layer(x)[:, ::-1])
    kept = back.copy()
    dx, _ = layer.backward(list(dy), cache)

    def f(x):
        (ahead, back), _ = layer.forward(x)
        return float((ahead * dy[0] + back * dy[1]).sum())

    assert gradcheck.relative_error(dx, gradcheck.numerical_gradient(f, x)) < 1e-7
    np.testing.assert_array_equal(back, kept)


@pytest.mark.parametrize("name", KINDS)
def test_gradients_of_states_are_differences(name, rng):
    layer = made(KINDS[name](2, return_state=True), 3, rng)
    x, mask = rng.normal(size=(6, 4, 3)), COUNTS
    first = [rng.normal(size=(6, 2)) for _ in range(layer.states)]
    y, cache = layer.forward(x, mask=mask, initial_state=first)
    dy = [rng.normal(size=a.shape) for a in y]
    dx, _ = layer.backward(dy, cache)

    def f(_):
        y, _ = layer.forward(x, mask=mask, initial_state=first)
        return float(sum((a * b).sum() for a, b in zip(y, dy, strict=True)))

    for a, d in zip([x, *first], dx, strict=True):
        assert gradcheck.relative_error(d, gradcheck.numerical_gradient(f, a)) < 1e-7


# -- laws

sizes = st.integers(1, 6)


@bounded
@given(st.sampled_from(list(KINDS)), sizes, sizes, st.integers(0, 99))
def test_causal(name, time, at, seed):
    # A change of x from step `at` on leaves all outputs before it as they are.
    rng = np.random.default_rng(seed)
    layer = made(KINDS[name](3, return_sequences=True), 2, rng)
    x = rng.normal(size=(2, time, 2))
    other, at = x.copy(), min(at, time) - 1
    other[:, at:] += 1
    a, b = layer(x), layer(other)
    np.testing.assert_array_equal(a[:, :at], b[:, :at])
    assert (np.abs(a[:, at] - b[:, at]).max(axis=-1) > 0).all()
    dy = np.zeros_like(a)
    dy[:, at] = 1
    dx, _ = layer.backward(dy, layer.forward(x)[1])
    assert not dx[:, at + 1 :].any() and dx[:, at].any()


@bounded
@given(st.sampled_from(list(KINDS)), sizes, sizes, st.integers(0, 99))
def test_samples_do_not_see_each_other(name, batch, time, seed):
    rng = np.random.default_rng(seed)
    layer = made(Bidirectional(KINDS[name](3, return_sequences=True)), 2, rng)
    x, order = rng.normal(size=(batch, time, 2)), rng.permutation(batch)
    mask = rng.random((batch, time)) < 0.7
    y, cache = layer.forward(x, mask=mask)
    again, other = layer.forward(x[order], mask=mask[order])
    close(again, y[order])
    close(layer.forward(x[:1], mask=mask[:1])[0], y[:1])
    dy = rng.normal(size=y.shape)
    close(layer.backward(dy[order], other)[0], layer.backward(dy, cache)[0][order])


@bounded
@given(st.sampled_from(list(KINDS)), sizes, sizes, st.booleans(), st.booleans(), sizes)
def test_padding_that_is_masked_changes_nothing(name, time, more, first, back, seed):
    # Before or behind the sequence, read from either end: as the shorter sequence.
    rng = np.random.default_rng(seed)
    layer = made(KINDS[name](3, go_backwards=back), 2, rng)
    x = rng.normal(size=(2, time, 2))
    junk = rng.normal(size=(2, more, 2))
    parts = [junk, x] if first else [x, junk]
    mask = np.concatenate([np.full(a.shape[:2], a is x) for a in parts], axis=1)
    y, cache = layer.forward(np.concatenate(parts, axis=1), mask=mask)
    want, short = layer.forward(x)
    close(y, want)
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)
    want_dx, want_grads = layer.backward(dy, short)
    close(dx[mask].reshape(x.shape), want_dx)
    assert not dx[~mask].any()
    for a, b in zip(flat(grads), flat(want_grads), strict=True):
        close(a, b)


@bounded
@given(st.sampled_from(list(KINDS)), sizes, st.booleans(), st.integers(0, 99))
def test_bidirectional_is_the_two_runs(name, time, sequences, seed):
    rng = np.random.default_rng(seed)
    layer = made(Bidirectional(KINDS[name](3, return_sequences=sequences)), 2, rng)
    x = rng.normal(size=(2, time, 2))
    ahead, back = KINDS[name](3), KINDS[name](3)
    for one, half in ((ahead, 0), (back, 1)):
        one.return_sequences = sequences
        made(one, 2, rng)
        n = len(one.weights)
        one.set_weights(layer.get_weights()[n * half : n * half + n])
    a, b = ahead(x), back(x[:, ::-1])  # reads the turned sequence forward
    b = b[:, ::-1] if sequences else b
    np.testing.assert_array_equal(layer(x), np.concatenate([a, b], axis=-1))
    for mode, want in (("sum", a + b), ("mul", a * b), ("ave", (a + b) / 2)):
        layer.merge_mode = mode
        np.testing.assert_array_equal(layer(x), want)


@pytest.mark.parametrize("name", KINDS)
def test_backwards_is_forwards_on_the_turned_sequence(name, rng):
    layer = made(KINDS[name](3, return_sequences=True), 2, rng)
    x = rng.normal(size=(2, 4, 2))
    y = layer(x[:, ::-1])
    layer.go_backwards = True
    np.testing.assert_array_equal(layer(x), y)


@pytest.mark.parametrize("name", KINDS)
def test_masked_steps_carry_the_state(name, rng):
    layer = made(KINDS[name](3, return_sequences=True, return_state=True), 2, rng)
    x = rng.normal(size=(1, 4, 2))
    mask = np.array([[False, True, False, False]])
    y, h, *_ = layer.forward(x, mask=mask)[0]
    assert not y[:, 0].any() and y[:, 1].all()  # nothing counted yet: zeros
    np.testing.assert_array_equal(y[:, 1], y[:, 2])
    np.testing.assert_array_equal(y[:, 3], h)
    everything, _ = layer.forward(x, mask=np.ones((1, 4), bool))
    for a, b in zip(everything, layer(x), strict=True):
        np.testing.assert_array_equal(a, b)


# -- weights


def test_forget_bias_begins_at_one(rng):
    layer = LSTM(3)
    layer.build((None, 4, 2), rng=rng)
    np.testing.assert_array_equal(layer.params["bias"], [0] * 3 + [1] * 3 + [0] * 6)
    layer = LSTM(3, unit_forget_bias=False, bias_initializer="ones")
    layer.build((None, 4, 2), rng=rng)
    assert (layer.params["bias"] == 1).all()


def test_recurrent_kernel_begins_orthogonal(rng):
    for make in KINDS.values():
        layer = make(5)
        layer.build((None, 4, 2), rng=rng, dtype="float64")
        U = layer.params["recurrent_kernel"]  # rows are orthonormal
        close(U @ U.T, np.eye(5), 1e-12)


def test_counts_of_parameters(rng):
    # (d + units + 1) units for each gate; GRU with reset_after has a second bias.
    want = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3, "GRU-reset-before": 3}
    for name, gates in want.items():
        layer = made(KINDS[name](5), 3, rng)
        extra = 15 if name == "GRU" else 0
        assert layer.count_params() == gates * (3 + 5 + 1) * 5 + extra
        assert made(Bidirectional(KINDS[name](5)), 3, rng).count_params() == 2 * (
            gates * (3 + 5 + 1) * 5 + extra
        )


def test_penalties_and_constraints_reach_the_wrapped_layers(rng):
    options = {"kernel_regularizer": "l2", "recurrent_constraint": "unit_norm"}
    layer = made(Bidirectional(LSTM(2, **options)), 3, rng)
    penalty, grads = layer.regularization()
    kernels = [half["kernel"] for half in layer.params.values()]
    assert penalty == pytest.approx(0.01 * sum((w * w).sum() for w in kernels))
    for half, w in zip(grads.values(), kernels, strict=True):
        assert list(half) == ["kernel"]
        close(half["kernel"], 0.02 * w)
    layer.constrain()
    for half in layer.params.values():
        norms = np.linalg.norm(half["recurrent_kernel"], axis=0)
        np.testing.assert_allclose(norms, 1, rtol=1e-4)  # epsilon
    inner = TimeDistributed(layers.Dense(2, kernel_regularizer="l1"))
    made(inner, 3, rng)
    assert inner.regularization()[0] == pytest.approx(
        0.01 * np.abs(inner.params["layer"]["kernel"]).sum()
    )


def test_bidirectional_leaves_the_pattern_alone(rng):
    pattern = LSTM(2, return_sequences=True)
    layer = made(Bidirectional(pattern), 3, rng)
    assert not pattern.built and not pattern.params
    assert not pattern.go_backwards and not pattern.zero_output_for_mask
    assert layer.forward_layer is not pattern
    assert layer.forward_layer.name == "forward_lstm"
    assert layer.backward_layer.name == "backward_lstm"
    used = made(LSTM(2), 3, rng)  # built before it became a pattern
    other = made(Bidirectional(used), 3, rng)
    assert not any(np.shares_memory(a, b) for a in used.weights for b in other.weights)


# -- Embedding, Masking, TimeDistributed


def test_embedding_is_one_hot_times_e(rng):
    layer = Embedding(7, 3)
    layer.build((None, 5), rng=rng, dtype="float64")
    ids = rng.integers(0, 7, (4, 5))
    ids[0] = 2  # one id many times: its gradients add up
    one_hot = np.eye(7)[ids]
    y, cache = layer.forward(ids)
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)
    close(y, one_hot @ layer.params["embeddings"])
    close(grads["embeddings"], one_hot.reshape(-1, 7).T @ dy.reshape(-1, 3))
    assert dx.shape == ids.shape and not dx.any()
    for kind in (np.float32, np.uint8, np.int32):
        np.testing.assert_array_equal(layer(ids.astype(kind)), y)
    assert layer.compute_mask(ids) is None
    padded = Embedding(7, 3, mask_zero=True)
    np.testing.assert_array_equal(padded.compute_mask(ids.astype(float)), ids != 0)


@bounded
@given(st.integers(1, 400), st.integers(1, 300), st.integers(1, 4))
def test_gradient_of_embedding_adds_up_rows(n, vocabulary, width):
    rng = np.random.default_rng(n)
    ids, dy = rng.integers(0, vocabulary, n), rng.normal(size=(n, width))
    total, want = np.ones((2, vocabulary, width))
    rows.add_rows(total, ids, dy)
    rows.add_rows_textbook(want, ids, dy)
    np.testing.assert_allclose(total, want, atol=1e-12)
    for k in range(width):
        counted = 1 + np.bincount(ids, dy[:, k], minlength=vocabulary)
        np.testing.assert_allclose(total[:, k], counted, atol=1e-12)


def test_rows_are_added_in_parts(rng):
    ids, dy = rng.integers(0, 9, 500), rng.normal(size=(500, 300))  # 218 rows a part
    total, want = np.zeros((2, 9, 300))
    rows.add_rows(total, ids, dy)
    rows.add_rows_textbook(want, ids, dy)
    close(total, want)


def test_masking_and_repeat(rng):
    x = rng.normal(size=(2, 3, 2))
    x[0, 1], x[1, 2, 0] = -1, -1
    layer = Masking(-1)
    mask = layer.compute_mask(x)
    np.testing.assert_array_equal(mask, [[True, False, True], [True] * 3])
    np.testing.assert_array_equal(layer(x), x * mask[..., np.newaxis])
    repeat = RepeatVector(3)
    np.testing.assert_array_equal(repeat(x[:, 0])[:, 2], x[:, 0])
    assert repeat.compute_output_shape((None, 2)) == (None, 3, 2)


def test_time_distributed_is_the_layer_at_each_step(rng):
    layer = TimeDistributed(layers.Dense(4, activation="tanh"))
    layer.build((None, 3, 2, 5), rng=rng, dtype="float64")
    x = rng.normal(size=(2, 3, 2, 5))
    y = layer(x)
    for t in range(3):
        close(y[:, t], layer.layer(x[:, t]))
    mask = np.array([[True, False, True], [True, True, False]])
    assert layer.compute_mask(x, mask) is mask
    np.testing.assert_array_equal(layer.forward(x, mask=mask)[0], y)


def test_time_distributed_drops_nothing_without_training(rng):
    layer = TimeDistributed(layers.Dropout(0.5))
    layer.build((None, 3, 4))
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(layer.forward(x)[0], x)
    dropped, _ = layer.forward(x, training=True, rng=rng)
    assert (dropped == 0).any()


def test_time_distributed_batch_statistics_are_those_of_each_step(rng):
    ours = TimeDistributed(BatchNormalization())
    theirs = keras.layers.BatchNormalization(dtype="float64")
    theirs = keras.layers.TimeDistributed(theirs, dtype="float64")
    ours.build((None, 4, 3), rng=rng, dtype="float64")
    theirs.build((None, 4, 3))
    weights = [rng.uniform(0.5, 1.5, w.shape) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    x, dy = rng.normal(size=(2, 6, 4, 3))
    y, cache = ours.forward(x, training=True)
    dx, grads = ours.backward(dy, cache)
    close(y, np.asarray(theirs(x, training=True)))
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        close(a, np.asarray(b))  # four updates of the moving averages
    steps = [ours.layer.forward(x[:, t], training=True) for t in range(4)]
    parts = [ours.layer.backward(dy[:, t], steps[t][1]) for t in range(4)]
    close(dx, np.stack([d for d, _ in parts], axis=1))
    for name in ("gamma", "beta"):
        close(grads["layer"][name], sum(g[name] for _, g in parts))


@pytest.mark.parametrize("inner", [LSTM(3), models.Sequential([LSTM(3)])], ids=repr)
def test_time_distributed_hands_an_inner_mask_on(inner, rng):
    # (batch, documents, words): the words of each document are a sequence of its own.
    layer = TimeDistributed(inner)
    layer.build((None, 4, 5, 2), rng=rng, dtype="float64")
    x, mask = rng.normal(size=(2, 4, 5, 2)), rng.random((2, 4, 5)) < 0.6
    y, _ = layer.forward(x, mask=mask)
    for t in range(4):
        want, _ = layer.layer.forward(x[:, t], mask=mask[:, t])
        close(y[:, t], want)
