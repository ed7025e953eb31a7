"""The fast kernels of convolution equal their textbook forms, and what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse.kernels import bands, correlation, depthwise, products, winograd
from dlcourse.layers import Conv2D

bounded = settings(deadline=None, derandomize=True, max_examples=60)
small = st.integers(1, 4)
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
pads = st.tuples(st.integers(0, 3), st.integers(0, 3))


@st.composite
def problems(draw, channels=small):
    """(x, w, dy, geometry) of any geometry with at least one window."""
    kernel, strides, dilation = draw(st.tuples(small, small)), draw(pairs), draw(pairs)
    padding = draw(st.tuples(pads, pads))
    size = [
        max(1, (k - 1) * d + 1 - sum(pad)) + draw(st.integers(0, 5))
        for k, d, pad in zip(kernel, dilation, padding, strict=True)
    ]
    c, filters, n = draw(channels), draw(st.integers(1, 3)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x, w = rng.normal(size=(n, *size, c)), rng.normal(size=(*kernel, c, filters))
    geometry = {"strides": strides, "dilation": dilation, "padding": padding}
    return x, w, geometry, rng


def close(ours, textbook):
    np.testing.assert_allclose(ours, textbook, rtol=1e-9, atol=1e-9)


@bounded
@given(problems(), st.sampled_from([1, 2_000, 1_000_000]), st.sampled_from([0, 4, 200]))
def test_unfolding_equals_the_textbook(problem, block, copy):
    # A block of one line, of some lines or images, and of all; narrow and wide tiles.
    x, w, geometry, rng = problem
    for kernel in (correlation, bands):
        kept, kernel.BLOCK_BYTES = kernel.BLOCK_BYTES, block
        cost, bands.COPY = bands.COPY, copy
        try:
            y = kernel.correlate(x, w, **geometry)
            close(y, correlation.correlate_textbook(x, w, **geometry))
            dy = rng.normal(size=y.shape)
            dx = kernel.input_gradient(dy, w, x.shape[1:3], **geometry)
            dw = kernel.kernel_gradient(x, dy, w.shape[:2], **geometry)
        finally:
            kernel.BLOCK_BYTES, bands.COPY = kept, cost
        want_dx, want_dw = correlation.gradients_textbook(x, w, dy, **geometry)
        close(dx, want_dx)
        close(dw, want_dw)


def test_bands_of_a_single_channel_of_any_layout(rng):
    # x[..., [1]] lies channel by channel: the stride of its last axis means nothing.
    x, w = rng.normal(size=(2, 5, 6, 3))[..., [1]], rng.normal(size=(3, 3, 1, 2))
    close(bands.correlate(x, w), correlation.correlate_textbook(x, w))


def test_a_tile_balances_copies_against_zeros():
    # 28 outputs of 5 x 5 x 1 -> 6: windows of 18 columns for 14 of them.
    w = np.zeros((5, 5, 1, 6))
    assert bands.tile(28, w, 1, 1) == 14
    # With more filters a zero costs more; where windows do not overlap, none is needed.
    assert bands.tile(28, np.zeros((5, 5, 1, 96)), 1, 1) == 2
    assert bands.tile(28, w, 5, 1) == 1
    # A prime has two divisors: a line of 29 at once, but 127 pixels one by one.
    assert bands.tile(29, w, 1, 1) == 29
    assert bands.tile(127, np.zeros((5, 5, 1, 96)), 1, 1) == 1


@bounded
@given(problems(), st.sampled_from([1, 1_000_000]))
def test_depthwise_equals_the_textbook(problem, block):
    x, w, geometry, rng = problem
    kept, depthwise.BLOCK_BYTES = depthwise.BLOCK_BYTES, block
    try:
        y = depthwise.correlate(x, w, **geometry)
        close(y, depthwise.correlate_textbook(x, w, **geometry))
        dy = rng.normal(size=y.shape)
        dx, dw = depthwise.gradients(x, w, dy, **geometry)
    finally:
        depthwise.BLOCK_BYTES = kept
    # Textbook: channel k with its m kernels is a correlation of its own.
    m = w.shape[3]
    for k in range(x.shape[3]):
        want_dx, want_dw = correlation.gradients_textbook(
            x[..., k : k + 1],
            w[:, :, k : k + 1],
            dy[..., k * m : k * m + m],
            **geometry,
        )
        close(dx[..., k : k + 1], want_dx)
        close(dw[:, :, k : k + 1], want_dw)


def test_the_textbook_form_is_the_formula(rng):
    # All six loops, once.
    x, w = rng.normal(size=(2, 5, 4, 2)), rng.normal(size=(2, 2, 2, 3))
    y = correlation.correlate_textbook(x, w, (2, 1), (1, 2), ((1, 0), (0, 1)))
    xp = np.zeros((2, 6, 5, 2))
    xp[:, 1:, :4] = x
    for n, r, c, f in np.ndindex(y.shape):
        want = sum(
            xp[n, 2 * r + i, c + 2 * j, k] * w[i, j, k, f]
            for i, j, k in np.ndindex(2, 2, 2)
        )
        assert y[n, r, c, f] == pytest.approx(want, rel=1e-12)


def test_what_is_left_out_is_no_stride_no_dilation_and_no_padding(rng):
    x, w, dy = (rng.normal(size=s) for s in ((2, 5, 6, 2), (2, 3, 2, 3), (2, 4, 4, 3)))
    wide, size, taps = rng.normal(size=(2, 4, 4, 6)), x.shape[1:3], w.shape[:2]
    calls = [
        (correlation.correlate_textbook, x, w),
        (correlation.gradients_textbook, x, w, dy),
        (depthwise.correlate_textbook, x, w),
        (depthwise.correlate, x, w),
        (depthwise.gradients, x, w, wide),
    ]
    for kernel in (correlation, bands):
        calls.append((kernel.correlate, x, w))
        calls.append((kernel.kernel_gradient, x, dy, taps))
        calls.append((kernel.input_gradient, dy, w, size))
    for call, *arrays in calls:
        want = call(*arrays, (1, 1), (1, 1), ((0, 0), (0, 0)))
        found = call(*arrays)
        pairs = (
            zip(found, want, strict=True) if type(want) is tuple else [(found, want)]
        )
        for a, b in pairs:
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("kernel", "channels", "forward", "backward"),
    [
        ((5, 5), 1, True, True),
        ((5, 5), 3, True, True),
        ((5, 5), 4, False, True),  # 20 numbers in a line
        ((3, 3), 6, False, True),
        ((3, 3), 7, False, False),
        ((5, 1), 3, True, False),
        ((1, 1), 1, False, False),
    ],
)
def test_when_bands_pay(kernel, channels, forward, backward):
    w = np.ones((*kernel, channels, 8))
    assert bands.pays(w) is forward
    assert bands.pays_backward(w) is backward


def test_cropping_is_negative_padding(rng):
    x = rng.normal(size=(2, 5, 6, 3))
    padding = ((-1, 2), (3, -2))
    np.testing.assert_array_equal(
        correlation.pad(x, padding), correlation.pad_textbook(x, padding)
    )
    assert correlation.pad(x, correlation.NO_PADDING) is x


# -- Winograd


@bounded
@given(
    st.sampled_from([3, 5]),
    st.tuples(st.integers(5, 13), st.integers(5, 13)),
    st.tuples(pads, pads),
    st.sampled_from([1, 40_000, 1_000_000]),
    st.integers(0, 99),
)
def test_winograd_equals_the_textbook(r, size, padding, block, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(3, *size, 2)), rng.normal(size=(r, r, 2, 3))
    kept, winograd.BLOCK_BYTES = winograd.BLOCK_BYTES, block
    try:
        y = winograd.correlate(x, w, padding)
        dy = rng.normal(size=y.shape)
        dx, dw = winograd.gradients(x, w, dy, padding)
    finally:
        winograd.BLOCK_BYTES = kept
    close(y, winograd.correlate_textbook(x, w, padding))
    close(y, correlation.correlate_textbook(x, w, padding=padding))
    want_dx, want_dw = correlation.gradients_textbook(x, w, dy, padding=padding)
    close(dx, want_dx)
    close(dw, want_dw)


@pytest.mark.parametrize("r", [3, 5])
def test_minimal_filtering_of_one_line(r, rng):
    AT, G, BT = winograd.matrices(r)
    d, g = rng.normal(size=r + 3), rng.normal(size=r)
    assert len(G @ g) == 4 + r - 1  # multiplications for 4 outputs, not 4 r
    np.testing.assert_allclose(
        AT @ ((G @ g) * (BT @ d)), np.correlate(d, g, "valid"), rtol=1e-10, atol=1e-12
    )


# Largest error on normal numbers, relative to the largest entry: y, dx, dw.
@pytest.mark.parametrize(("r", "stated"), [(3, 4e-6), (5, 3e-5)])
def test_winograd_rounds_as_stated(r, stated):
    rng, pad = np.random.default_rng(r), ((r // 2, r // 2),) * 2
    x = rng.standard_normal((2, 20, 20, 64), dtype=np.float32)
    w = rng.standard_normal((r, r, 64, 32), dtype=np.float32)
    y = winograd.correlate(x, w, pad)
    exact = correlation.correlate(x.astype(float), w.astype(float), padding=pad)
    assert y.dtype == np.float32
    assert np.abs(y - exact).max() <= winograd.error_bound(x, w)
    dy = rng.standard_normal(y.shape, dtype=np.float32)
    found = [y, *winograd.gradients(x, w, dy, pad)]
    wide_x, wide_w, wide_dy = (a.astype(float) for a in (x, w, dy))
    wanted = [
        correlation.input_gradient(wide_dy, wide_w, (20, 20), padding=pad),
        correlation.kernel_gradient(wide_x, wide_dy, (r, r), padding=pad),
    ]
    for ours, want in zip(found, [exact, *wanted], strict=True):
        assert ours.dtype == np.float32
        assert np.abs(ours - want).max() <= stated * np.abs(want).max()


@pytest.mark.parametrize("channels", [16, 160])
@pytest.mark.parametrize("r", [3, 5])
def test_winograd_keeps_its_bound_at_its_worst(r, channels):
    # Signs that follow the largest row of |A^T| make every product cancel or add.
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.choice([-1, 1], (1, 12, 12, channels)).astype(np.float32)
        w = rng.choice([-1, 1], (r, r, channels, 4)).astype(np.float32)
        pad = ((0, 0), (0, 0))
        exact = correlation.correlate(x, w)  # sums of +-1: exact in float32
        error = np.abs(winograd.correlate(x, w, pad) - exact).max()
        bound = winograd.error_bound(x, w)
        assert 0 < error <= bound < r * r * channels  # below the largest y there can be
        assert winograd.error_bound(8 * x, w / 4) == 2 * bound


def test_the_bound_of_winograd_counts_the_roundings():
    # With small u a sum of k terms errs by k u: r r + 1 = 10 terms of the kernel, twice
    # n n + 1 = 37 of the tile, and one for each channel.
    def bound(channels):
        x, w = np.ones((1, 6, 6, channels)), np.ones((3, 3, channels, 1))
        return winograd.error_bound(x, w) / channels

    terms = 10 + 2 * 37
    assert bound(40) / bound(1) == pytest.approx((terms + 40) / (terms + 1), rel=1e-12)


@pytest.mark.parametrize(
    ("kernel", "channels", "filters", "dtype", "options", "pays"),
    [
        (3, 32, 64, "float32", {}, True),
        (3, 16, 16, "float32", {}, True),
        (5, 32, 64, "float32", {}, True),
        (3, 32, 64, "float64", {}, False),  # float64 takes the exact way, always
        (3, 2, 3, "float32", {}, False),  # the transforms outweigh the products
        (3, 1, 32, "float32", {}, False),
        (3, 8, 64, "float32", {}, False),  # nor does it pay to copy the outputs
        (7, 32, 64, "float32", {}, False),
        ((3, 5), 32, 64, "float32", {}, False),
        (3, 32, 64, "float32", {"strides": (2, 1)}, False),
        (3, 32, 64, "float32", {"dilation": (1, 2)}, False),
    ],
)
def test_when_winograd_pays(kernel, channels, filters, dtype, options, pays):
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    x = np.ones((2, 16, 16, channels), dtype)
    w = np.ones((*kernel, channels, filters), dtype)
    padding = ((1, 1), (1, 1))
    assert winograd.pays(x, w, **options, padding=padding) is pays


@pytest.mark.parametrize("groups", [1, 2])
def test_the_layer_takes_winograd_and_float64_does_not(groups, monkeypatch, rng):
    calls = []
    for name in ("correlate", "gradients"):
        original = getattr(winograd, name)
        monkeypatch.setattr(
            winograd,
            name,
            lambda *args, f=original, name=name: calls.append(name) or f(*args),
        )
    layer = Conv2D(64, 3, padding="same", groups=groups, activation="relu")
    results = []
    for dtype in ("float32", "float64"):
        layer.build((None, 8, 11, 64), rng=0, dtype=dtype)
        x = np.random.default_rng(1).normal(size=(2, 8, 11, 64)).astype(dtype)
        y, cache = layer.forward(x)
        dx, grads = layer.backward(np.ones_like(y), cache)
        results.append([y, dx, grads["kernel"], grads["bias"]])
    assert calls == ["correlate"] * groups + ["gradients"] * groups
    for ours, exact in zip(*results, strict=True):
        np.testing.assert_allclose(ours, exact, atol=2e-4 * np.abs(exact).max())


# -- products


@pytest.mark.parametrize("n", [1, 50, 1_000, 4_001])
@pytest.mark.parametrize("sides", [(7, 5), (36, 36), (300, 200), (400, 300)])
def test_products_in_pieces_are_the_products(n, sides, rng, monkeypatch):
    monkeypatch.setattr(products, "SMALL", 100_000)
    k, m = sides
    X, W = rng.normal(size=(n, k)), rng.normal(size=(k, m))
    Y = rng.normal(size=(n, m))
    out = np.empty((n, m))
    assert products.tall_product(X, W, out) is out
    close(out, X @ W)
    wide = np.empty((m, n + 3))[:, :n]  # rows farther apart than need be
    products.wide_product(W.T, X.T, wide)
    close(wide, W.T @ X.T)
    total = np.ones((k, m))
    products.add_gram(X, Y, total)
    close(total, 1 + X.T @ Y)
