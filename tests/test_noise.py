"""Random layers by their statistics.

Each bound is six standard errors wide: by the normal law one draw in 5e8 lies outside.
The seeds are fixed, so a change of NumPy's streams alone would draw anew.
"""

import numpy as np
import pytest
from scipy import stats

from dlcourse import layers
from dlcourse.kernels import dropout as kernel

N = 100_000
RATES = [0.1, 0.5, 0.8]


def drawn(layer, x, rng):
    """(y, affine of the draw), checked against each other."""
    y, cache = layer.forward(x, training=True, rng=rng)
    a, b = layer.affine(cache)
    np.testing.assert_allclose(y, a * x + b, rtol=1e-12, atol=1e-15)
    dy = np.ones_like(y)
    np.testing.assert_allclose(
        layer.backward(dy, cache)[0], np.broadcast_to(a, x.shape)
    )
    return y, a, b


def near(found, expected, standard_error):
    assert abs(found - expected) < 6 * standard_error, (found, expected)


@pytest.mark.parametrize("rate", [0, 1 / 1024, 0.1, 0.25, 0.3, 0.5, 0.999])
@pytest.mark.parametrize("keep", [kernel.keep, kernel.keep_textbook])
def test_bytes_keep_the_rate(keep, rate, rng):
    # 1/1024 is a quarter of a byte: who goes is decided by the second draw alone
    n = 10 * N + 3  # no multiple of the block, nor of a word
    kept = keep(rng, (1, n), rate)
    assert kept.shape == (1, n) and kept.dtype == bool
    near(1 - kept.mean(), rate, np.sqrt(rate * (1 - rate) / n) + 1e-15)
    # neighbours, also eight apart as the bytes of a word are, know nothing of each other
    for lag in (1, 8):
        both = ~kept[0, lag:] & ~kept[0, :-lag]
        near(both.mean(), rate**2, np.sqrt(3 * rate**2 / n) + 1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masked_is_where(dtype, rng):
    x, keep = rng.normal(size=(50, 7)).astype(dtype), rng.random((50, 7)) < 0.5
    y = kernel.masked(x, keep, 1.25)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, np.where(keep, x * dtype(1.25), 0))


@pytest.mark.parametrize("rate", RATES)
def test_dropout(rate, rng):
    x = rng.normal(1, 2, size=(1, N))
    y, a, b = drawn(layers.Dropout(rate), x, rng)
    assert np.all(b == 0)
    np.testing.assert_allclose(np.unique(a), [0, 1 / (1 - rate)], rtol=1e-7)
    near((a == 0).mean(), rate, np.sqrt(rate * (1 - rate) / N))
    near((y - x).mean(), 0, np.std(y - x) / np.sqrt(N))


@pytest.mark.parametrize("rate", RATES)
def test_alpha_dropout_keeps_mean_and_variance(rate, rng):
    """For x of mean 0 and variance 1, as selu's layers have it. The paper writes
    a = (q + alpha'^2 q (1 - q))^(-1/2) with q the share that is KEPT; with q the share
    that is dropped that is a = ((1 - q)(1 + q alpha'^2))^(-1/2)."""
    x = rng.normal(size=(1, N))
    y, a, _ = drawn(layers.AlphaDropout(rate), x, rng)
    near((a == 0).mean(), rate, np.sqrt(rate * (1 - rate) / N))
    near(y.mean(), 0, 1 / np.sqrt(N))
    near(y.var(), 1, np.sqrt((stats.kurtosis(y, axis=None) + 2) / N))
    # dropped entries all have one value, a alpha' + b
    low = np.unique(y[np.broadcast_to(a, y.shape) == 0].round(12))
    assert len(low) == 1
    kept = 1 - rate
    alpha = -1.7580993408473766
    scale = (kept + alpha**2 * kept * rate) ** -0.5
    assert low[0] == pytest.approx(scale * alpha - scale * alpha * rate, rel=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_gaussian_dropout(rate, rng):
    x = np.full((1, N), 3.0)
    y, a, b = drawn(layers.GaussianDropout(rate), x, rng)
    variance = rate / (1 - rate)
    assert np.all(b == 0)
    near(y.mean(), 3, 3 * np.sqrt(variance / N))
    near(a.var(), variance, variance * np.sqrt(2 / N))
    assert stats.kstest((a - 1).ravel() / np.sqrt(variance), "norm").pvalue > 1e-8


@pytest.mark.parametrize("stddev", [0.01, 0.5, 1])
def test_gaussian_noise(stddev, rng):
    x = rng.normal(size=(1, N))
    y, a, b = drawn(layers.GaussianNoise(stddev), x, rng)
    assert np.all(a == 1)
    near(b.mean(), 0, stddev / np.sqrt(N))
    near(b.var(), stddev**2, stddev**2 * np.sqrt(2 / N))
    assert stats.kstest(b.ravel() / stddev, "norm").pvalue > 1e-8
    near(np.corrcoef(x.ravel(), (y - x).ravel())[0, 1], 0, 1 / np.sqrt(N))


SHARED = {
    "SpatialDropout1D": (layers.SpatialDropout1D(0.5), (400, 7, 50), (1,)),
    "SpatialDropout2D": (layers.SpatialDropout2D(0.5), (400, 3, 4, 50), (1, 2)),
    "noise-shape": (layers.Dropout(0.5, noise_shape=(None, 1, 50)), (400, 7, 50), (1,)),
    "over-the-batch": (
        layers.Dropout(0.5, noise_shape=[1, 200, 100]),
        (7, 200, 100),
        (0,),
    ),
    "alpha": (layers.AlphaDropout(0.5, noise_shape=(400, 1, 50)), (400, 7, 50), (1,)),
}


@pytest.mark.parametrize("what", SHARED)
def test_one_draw_for_all_entries_along_an_axis(what, rng):
    layer, shape, axes = SHARED[what]
    y, _, _ = drawn(layer, np.ones(shape), rng)
    assert np.all(y.max(axis=axes) == y.min(axis=axes))
    draws = y.max(axis=axes)
    dropped = draws == draws.min()
    near(dropped.mean(), 0.5, 0.5 / np.sqrt(draws.size))
    # and neighbours along the other axes do not agree more often than by chance
    near((dropped[1:] == dropped[:-1]).mean(), 0.5, 0.5 / np.sqrt(dropped[1:].size))


def layers_of(rate):
    return [
        layers.Dropout(rate),
        layers.AlphaDropout(rate),
        layers.SpatialDropout1D(rate),
        layers.GaussianDropout(rate),
        layers.GaussianNoise(rate),
    ]


@pytest.mark.parametrize("layer", layers_of(0.4), ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_draw_belongs_to_its_forward(layer, dtype, rng):
    x = rng.normal(size=(3, 4, 5)).astype(dtype)
    y, cache = layer.forward(x, training=True, rng=np.random.default_rng(1))
    other, _ = layer.forward(x, training=True, rng=np.random.default_rng(2))
    again, _ = layer.forward(x, training=True, rng=np.random.default_rng(1))
    assert np.abs(y - other).max() > 0.1
    np.testing.assert_array_equal(y, again)
    dx, grads = layer.backward(np.ones_like(y), cache)
    assert y.dtype == dx.dtype == dtype and grads == {}


@pytest.mark.parametrize("layer", [*layers_of(0.4), *layers_of(0.0)], ids=repr)
def test_nothing_happens_without_training_or_noise(layer, rng):
    x = rng.normal(size=(3, 4, 5))
    training = layer.strength == 0
    y, cache = layer.forward(x, training=training, rng=rng if training else None)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(y, x)
    assert layer.affine(cache) == (1, 0)
    np.testing.assert_array_equal(layer.backward(x, cache)[0], x)
