"""Losses: weights as in Keras, oracles that are not Keras, hand arithmetic, properties."""

import inspect

import cases
import keras
import numpy as np
import pytest
import scipy.special as special
import sklearn.metrics as sk
from cases.losses import MASS, WHOLE_BATCH
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcourse import gradcheck, layers, losses, models, twin

EVERY = cases.all_of(cases.LOSSES)


def identity(case):
    model = models.Sequential(
        [layers.Input(case.y_pred.shape[1:]), layers.Activation("linear")]
    )
    model.build(rng=0, dtype="float64")
    return model


# -- Keras


def with_keras(case, weights):
    """(loss, gradient) of Keras on TensorFlow in float64."""
    import tensorflow as tf

    y_pred = tf.constant(case.y_pred, dtype="float64")
    y_true = np.asarray(case.y_true)
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., np.newaxis]
    theirs = twin.to_keras_loss(case.loss, "float64")
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = theirs(y_true, y_pred, sample_weight=weights)
    return float(value), tape.gradient(value, y_pred).numpy()


@pytest.mark.parametrize("case", EVERY, ids=cases.name_of)
def test_weights_enter_as_in_keras(case, rng):
    shape = np.shape(case.loss.per_sample(*prepared(case))[0])
    for weights in [
        rng.uniform(size=shape),
        rng.integers(0, 2, shape) * 1.5,
        rng.uniform(size=(shape[0], *[1] * (len(shape) - 1))),
        rng.uniform(size=(*shape, 1)),
        2.0,
    ]:
        ours, theirs = (
            case.loss(case.y_true, case.y_pred, weights),
            with_keras(case, weights),
        )
        assert ours[0] == pytest.approx(theirs[0], rel=1e-9, abs=1e-12)
        assert twin.difference(ours[1], theirs[1]) < 1e-10


def prepared(case):
    return case.loss.targets(case.y_true, case.y_pred), case.y_pred


def test_a_weight_of_a_sample_counts_for_all_its_steps(rng):
    # Keras would spread (n,) over the last axis of (n, T): it is given (n, 1)
    case = cases.LOSSES["MeanSquaredError"][2]
    weights = rng.uniform(size=len(case.y_pred))
    ours = case.loss(case.y_true, case.y_pred, weights)
    theirs = with_keras(case, weights[:, np.newaxis])
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)


@pytest.mark.parametrize("case", EVERY, ids=cases.name_of)
def test_weights_keep_the_dtype_and_weights_of_one_change_nothing(case):
    y_pred = case.y_pred.astype(np.float32)
    plain = case.loss(case.y_true, y_pred)
    value, gradient = case.loss(case.y_true, y_pred, np.ones(len(y_pred)))
    assert type(value) is float and gradient.dtype == np.float32
    assert value == pytest.approx(plain[0], rel=1e-6)
    np.testing.assert_allclose(gradient, plain[1], rtol=1e-5, atol=1e-9)


def test_targets_of_a_series_of_single_numbers_need_no_last_axis(rng):
    y, out = rng.normal(size=(2, 3, 5, 1))
    loss = losses.MeanSquaredError()
    value, gradient = loss(y[..., 0], out)
    want, same = loss(y, out)
    assert value == want
    np.testing.assert_array_equal(gradient, same)


def test_the_mask_of_a_model_is_a_weight(rng):
    # Keras divides a masked loss by the number of steps that count
    y, out = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    mask = np.array([[True, True, False], [True, False, False]])
    value, gradient = losses.MeanSquaredError()(y, out, mask * (mask.size / mask.sum()))
    assert value == pytest.approx(((y - out)[mask] ** 2).mean(), rel=1e-12)
    np.testing.assert_allclose(gradient[mask], 2 * (out - y)[mask] / 12, rtol=1e-12)
    assert not gradient[~mask].any()


def test_dice_of_the_whole_batch():
    model, (_, loss, y, p) = identity(WHOLE_BATCH), vars(WHOLE_BATCH).values()
    twin.prove(model, p, y, loss)
    assert gradcheck.check(model, p, y, loss, rng=np.random.default_rng(0)) < 1e-7
    by_hand = 1 - 2 * (y * p).sum() / (y.sum() + p.sum())
    assert loss(y, p)[0] == pytest.approx(by_hand, rel=1e-7)
    one_image = losses.Dice(axis=(1, 2, 3))(y, p)[0]
    assert one_image != pytest.approx(by_hand, rel=1e-3)  # so the axis matters

    class Wrong(losses.Dice):
        def per_sample(self, y_true, y_pred):
            value, gradient = super().per_sample(y_true, y_pred)
            return value, 1.001 * gradient

    Wrong.__name__ = "Dice"
    with pytest.raises(twin.TwinMismatch):
        twin.prove(model, p, y, Wrong())
    with pytest.raises(gradcheck.GradientMismatch):
        gradcheck.check(model, p, y, Wrong(), rng=np.random.default_rng(0))


def test_get_knows_the_names_of_keras():
    for name, cls in losses.LOSSES.items():
        theirs = keras.losses.get(name)
        assert theirs.__name__ == keras.losses.get(theirs.__name__).__name__
        assert type(losses.get(theirs.__name__)) is cls
        ours = set(inspect.signature(cls).parameters)
        assert ours <= set(
            inspect.signature(getattr(keras.losses, cls.__name__)).parameters
        )


# -- SciPy, scikit-learn, formulas


def real(rng, shape=(20, 3), scale=3.0):
    return scale * rng.normal(size=shape), scale * rng.normal(size=shape)


def test_regression_losses_are_those_of_scipy_and_scikit_learn(rng):
    y, out = real(rng)
    sizes, means = np.abs(y), np.abs(out)
    counts = rng.poisson(2.0, y.shape)
    rows = [
        (losses.MeanSquaredError(), y, out, sk.mean_squared_error(y, out)),
        (losses.MeanAbsoluteError(), y, out, sk.mean_absolute_error(y, out)),
        (
            losses.MeanAbsolutePercentageError(),
            y,
            out,
            100 * sk.mean_absolute_percentage_error(y, out),
        ),
        (
            losses.MeanSquaredLogarithmicError(),
            sizes,
            means,
            sk.mean_squared_log_error(sizes, means),
        ),
        (losses.Huber(), y, out, special.huber(1.0, out - y).mean()),
        (losses.Huber(2.5), y, out, special.huber(2.5, out - y).mean()),
        (losses.LogCosh(), y, out, np.log(np.cosh(out - y)).mean()),
        # half the Poisson deviance, but for the terms that y alone decides
        (
            losses.Poisson(),
            counts,
            means + 0.1,
            sk.mean_poisson_deviance(counts.ravel(), means.ravel() + 0.1) / 2
            + (counts - special.xlogy(counts, counts)).mean(),
        ),
        (
            losses.CosineSimilarity(),
            y,
            out,
            -sk.pairwise.cosine_similarity(y, out).diagonal().mean(),
        ),
    ]
    for loss, y_true, y_pred, want in rows:
        assert loss(y_true, y_pred)[0] == pytest.approx(want, rel=1e-6), loss.who
    small = losses.LogCosh()([[0.0]], [[1e-3]])
    assert small[0] == pytest.approx(1e-6 / 2 - 1e-12 / 12, rel=1e-6)


def test_classification_losses_are_those_of_scipy_and_scikit_learn(rng):
    bits, z = rng.integers(0, 2, (30, 1)), 3 * rng.normal(size=(30, 1))
    p, q = rng.dirichlet(np.ones(4), (2, 30))
    labels = np.arange(30) % 4
    one_hot = np.eye(4)[labels]
    signs = 2 * bits - 1
    rows = [
        (losses.KLDivergence(), p, q, special.rel_entr(p, q).sum(1).mean()),
        (losses.Hinge(), signs, z, sk.hinge_loss(signs[:, 0], z[:, 0])),
        (losses.Hinge(), bits, z, sk.hinge_loss(signs[:, 0], z[:, 0])),
        (
            losses.CategoricalHinge(),
            one_hot,
            1 + 5 * p,
            sk.hinge_loss(labels, 1 + 5 * p),
        ),
        (
            losses.BinaryCrossentropy(True),
            bits,
            z,
            sk.log_loss(bits[:, 0], special.expit(z[:, 0])),
        ),
        (
            losses.BinaryFocalCrossentropy(gamma=0),
            bits,
            p[:, :1],
            sk.log_loss(bits[:, 0], p[:, 0]),
        ),
    ]
    for loss, y_true, y_pred, want in rows:
        assert loss(y_true, y_pred)[0] == pytest.approx(want, rel=1e-6), loss.who
    for smoothing in (0.1, 0.3):
        soft = one_hot * (1 - smoothing) + smoothing / 4
        want = -(soft * np.log(p)).sum(1).mean()
        of = losses.CategoricalCrossentropy
        assert of(False, smoothing)(one_hot, p)[0] == pytest.approx(want)
        assert of(True, smoothing)(one_hot, np.log(p))[0] == pytest.approx(want)


@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropies_are_log_loss_with_weights(weighted, rng):
    p, labels = rng.dirichlet(np.ones(4), 20), np.arange(20) % 4
    w = rng.uniform(size=20) if weighted else np.ones(20)
    want = sk.log_loss(labels, p, sample_weight=w) * w.mean()  # Keras divides by n
    for loss, y in [
        (losses.SparseCategoricalCrossentropy(), labels),
        (losses.CategoricalCrossentropy(), np.eye(4)[labels]),
    ]:
        assert loss(y, p, w)[0] == pytest.approx(want, rel=1e-6)


def test_ignore_class_leaves_samples_out(rng):
    z, labels = rng.normal(size=(10, 4)), rng.integers(0, 4, 10)
    hidden = np.where(np.arange(10) % 3 == 0, -1, labels)
    kept = hidden >= 0
    for from_logits, out in [(True, z), (False, special.softmax(z, axis=1))]:
        loss = losses.SparseCategoricalCrossentropy(from_logits, -1)
        value, gradient = loss(hidden, out)
        plain = losses.SparseCategoricalCrossentropy(from_logits)
        want, slope = plain(labels[kept], out[kept])
        assert value == pytest.approx(want, rel=1e-12)
        np.testing.assert_allclose(gradient[kept], slope, rtol=1e-12)
        assert not gradient[~kept].any()
        nothing, zero = loss(np.full(10, -1), out)
        assert nothing == 0 and not zero.any()
    # a class of the output can be ignored too
    loss = losses.SparseCategoricalCrossentropy(True, 2)
    assert loss([0, 2], z[:2])[0] == pytest.approx(plain_logits([0], z[:1]))


def plain_logits(labels, z):
    return losses.SparseCategoricalCrossentropy(True)(labels, z)[0]


# -- PyTorch


def test_losses_are_those_of_torch(needs, rng):
    """Its means run over all entries (d n), kl_div takes log p and sums by batchmean,
    cosine_similarity has the sign +, poisson_nll_loss eps 1e-8 by default, cross_entropy
    takes logits and class numbers and calls ignore_class ignore_index."""
    needs("torch")
    import torch
    import torch.nn.functional as f

    y, out = real(rng)
    means, counts = np.abs(out) + 0.1, rng.poisson(2.0, y.shape).astype(float)
    p, q = rng.dirichlet(np.ones(4), (2, 20))
    bits, labels = rng.integers(0, 2, (20, 3)).astype(float), rng.integers(0, 4, 20)
    z = rng.normal(size=(20, 4))
    hidden = np.where(np.arange(20) % 3 == 0, -1, labels)

    def cross(**options):
        return lambda t, x: f.cross_entropy(x, t, **options)

    rows = [
        (losses.Huber(1.5), y, out, lambda t, x: f.huber_loss(x, t, delta=1.5)),
        (
            losses.CosineSimilarity(),
            y,
            out,
            lambda t, x: -f.cosine_similarity(x, t).mean(),
        ),
        (
            losses.KLDivergence(),
            p,
            q,
            lambda t, x: f.kl_div(x.log(), t, reduction="batchmean"),
        ),
        (
            losses.Poisson(),
            counts,
            means,
            lambda t, x: f.poisson_nll_loss(x, t, log_input=False, eps=1e-7),
        ),
        (
            losses.BinaryCrossentropy(),
            bits,
            p[:, :3],
            lambda t, x: f.binary_cross_entropy(x, t),
        ),
        (
            losses.BinaryCrossentropy(True),
            bits,
            out,
            lambda t, x: f.binary_cross_entropy_with_logits(x, t),
        ),
        (losses.CategoricalCrossentropy(True), p, z, cross()),
        (losses.SparseCategoricalCrossentropy(True), labels, z, cross()),
        (
            losses.SparseCategoricalCrossentropy(True, -1),
            hidden,
            z,
            cross(ignore_index=-1),
        ),
        (
            losses.CategoricalCrossentropy(True, 0.2),
            np.eye(4)[labels],
            z,
            cross(label_smoothing=0.2),
        ),
        (
            losses.SquaredHinge(),
            bits,
            out,
            lambda t, x: ((1 - (2 * t - 1) * x).clamp(min=0) ** 2).mean(),
        ),
    ]
    for loss, y_true, y_pred, theirs in rows:
        x = torch.tensor(y_pred, requires_grad=True)
        want = theirs(torch.tensor(y_true), x)
        want.backward()
        value, gradient = loss(y_true, y_pred)
        assert value == pytest.approx(float(want.detach()), rel=1e-9), loss.who
        np.testing.assert_allclose(
            gradient, x.grad.numpy(), rtol=1e-7, atol=1e-12, err_msg=loss.who
        )


# -- by hand

HALVES = [[0.6, 0.4], [0.4, 0.6]], [[0.0, 1.0], [0.0, 0.0]]
# The examples of the documentation of Keras and tf.keras (keras.io/api/losses), each with
# its arithmetic.
DOCUMENTED = [
    # e = .6, -.6, .4, .6: (.18 + .18 + .08 + .18)/4
    (losses.Huber(), *HALVES, 0.155),
    # (1 + .6), (1 - .4), (1 + .4), (1 + .6): 5.2/4
    (losses.Hinge(), *HALVES, 1.3),
    # (2.56 + .36 + 1.96 + 2.56)/4
    (losses.SquaredHinge(), *HALVES, 1.86),
    # rows: 1 + .6 - .4 = 1.2; 1 + .6 - 0 = 1.6
    (losses.CategoricalHinge(), *HALVES, 1.4),
    # log cosh 1 = .4338 for one of four
    (losses.LogCosh(), [[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]], 0.10844520762),
    # (1 + 1 + 0 + 0)/4
    (losses.Poisson(), [[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]], 0.5),
    # log(1/.4) of the first row, half of it in the mean
    (losses.KLDivergence(), *HALVES, 0.458),
    # cos 45 degrees = .7071 is not there: rows (0, 1).(1, 0) = 0 and (1, 1).(1, 1)/2 = 1
    (losses.CosineSimilarity(), [[1.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 1.0]], -0.5),
    # |e| = 1, 0, 1, 0 against 2, 1, 2, 3 percent of it: 100 (1/2 + 0 + 1/2 + 0)/4
    (losses.MeanAbsolutePercentageError(), [[1.0, 1.0], [3.0, 3.0]], [[2.0, 1.0], [2.0, 3.0]], 25.0),
    # log(2)^2 for two of four
    (losses.MeanSquaredLogarithmicError(), [[1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]], 0.2402265),
]  # fmt: skip


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: row[0].who)
def test_the_example_of_the_documentation(row):
    loss, y_pred, y_true, want = row
    assert loss(y_true, y_pred)[0] == pytest.approx(want, abs=5e-4)


def test_focal_loss_in_the_words_of_its_paper():
    # Lin et al. (2017), section 3.2: with gamma = 2 an example classified with p = 0.9
    # has 100 times less loss than by cross-entropy, with p = 0.968 about 1000 times.
    focal, plain = losses.BinaryFocalCrossentropy(), losses.BinaryCrossentropy()
    for p, times in ((0.9, 100), (0.968, 1000)):
        ratio = plain([[1]], [[p]])[0] / focal([[1]], [[p]])[0]
        assert ratio == pytest.approx(times, rel=0.03)
    balanced = losses.BinaryFocalCrossentropy(True, alpha=0.25)
    assert balanced([[1]], [[0.3]])[0] == pytest.approx(focal([[1]], [[0.3]])[0] / 4)
    assert balanced([[0]], [[0.3]])[0] == pytest.approx(
        focal([[0]], [[0.3]])[0] * 3 / 4
    )


def test_dice_of_two_masks_is_one_minus_f1(rng):
    y, p = rng.integers(0, 2, (2, 6, 6, 1))
    want = 1 - sk.f1_score(y.ravel(), p.ravel())
    assert losses.Dice()(y, p)[0] == pytest.approx(want, rel=1e-7)
    assert losses.Dice()(0 * y, 0 * p)[0] == 1  # Keras: two empty masks


def test_at_a_kink_the_derivative_is_zero():
    assert losses.MeanAbsoluteError()([[1.0]], [[1.0]])[1] == 0
    assert losses.get("mape")([[2.0]], [[2.0]])[1] == 0
    assert losses.Hinge()([[1.0]], [[1.0]])[1] == 0
    y, scores = [[1.0, 0.0, 0.0]], [[2.0, 1.0, 1.0]]
    assert not losses.CategoricalHinge()(y, scores)[1].any()
    # two wrong classes lead: the first takes the gradient
    assert losses.CategoricalHinge()(y, [[1.0, 1.0, 1.0]])[1].tolist() == [[-1, 1, 0]]
    # |e| = delta: square and line meet, in value and in slope
    assert losses.Huber(2.0)([[0.0]], [[2.0]]) == (2.0, [[2.0]])


def test_extreme_numbers_stay_finite():
    far = np.array([[1e4, -1e4]], np.float32)
    value, gradient = losses.LogCosh()(np.zeros((1, 2)), far)
    assert value == pytest.approx(1e4 - np.log(2)) and gradient.tolist() == [
        [0.5, -0.5]
    ]
    none = losses.CosineSimilarity()([[0.0, 1.0]], [[0.0, 0.0]])
    assert none[0] == 0 and np.isfinite(none[1]).all()
    for p in (0.0, 1.0):
        for gamma in (0.0, 0.5, 2.0):
            focal = losses.BinaryFocalCrossentropy(gamma=gamma)
            for y in (0, 1):
                value, gradient = focal([[y]], [[p]])
                assert np.isfinite(value) and np.isfinite(gradient).all()


def test_regression_zero_targets_in_percent():
    # a target of 0 counts as 1e-7: 100 |1e-9| / 1e-7
    assert losses.get("mape")([[0.0]], [[1e-9]])[0] == pytest.approx(1.0)


# -- properties

bounded = settings(max_examples=50, deadline=None)
seeds = st.integers(0, 10**6)
numbers = st.floats(-50, 50)


def drawn(seed, n=5, k=4):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(n, k)), rng.normal(size=(n, k))


@bounded
@given(seeds, numbers)
def test_cross_entropy_from_logits_does_not_feel_a_shift(seed, shift):
    rng, z, _ = drawn(seed)
    labels = rng.integers(0, 4, 5)
    for loss, y in [
        (losses.SparseCategoricalCrossentropy(True), labels),
        (losses.CategoricalCrossentropy(True), np.eye(4)[labels]),
        (losses.CategoricalCrossentropy(True, 0.3), np.eye(4)[labels]),
    ]:
        value, gradient = loss(y, z)
        moved, same = loss(y, z + shift)
        assert moved == pytest.approx(value, rel=1e-9)
        np.testing.assert_allclose(same, gradient, atol=1e-12)
        # so that no gradient points along the shift
        np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-15)


@bounded
@given(seeds)
def test_symmetric_losses(seed):
    _, y, out = drawn(seed)
    for loss in (
        losses.get(n) for n in ("mse", "mae", "log_cosh", "huber", "cosine_similarity")
    ):
        assert loss(y, out)[0] == pytest.approx(loss(out, y)[0], rel=1e-12)
    for loss in (
        losses.get("mse"),
        losses.get("mae"),
        losses.get("huber"),
        losses.get("log_cosh"),
    ):
        np.testing.assert_allclose(loss(y, out)[1], -loss(out, y)[1], rtol=1e-12)
    assert losses.Dice()(y**2, out**2)[0] == pytest.approx(
        losses.Dice()(out**2, y**2)[0]
    )


@bounded
@given(seeds, st.floats(0.01, 100))
def test_scaling(seed, c):
    _, y, out = drawn(seed)
    mse, mae, mape = (losses.get(name) for name in ("mse", "mae", "mape"))
    assert mse(c * y, c * out)[0] == pytest.approx(c * c * mse(y, out)[0], rel=1e-9)
    assert mae(c * y, c * out)[0] == pytest.approx(c * mae(y, out)[0], rel=1e-9)
    assert mape(c * y, c * out)[0] == pytest.approx(mape(y, out)[0], rel=1e-9)
    cosine = losses.CosineSimilarity()
    value, gradient = cosine(y, c * out)
    assert value == pytest.approx(cosine(y, out)[0], rel=1e-9)
    np.testing.assert_allclose((gradient * out).sum(-1), 0, atol=1e-12 / c)
    huber = losses.Huber(c)(c * y, c * out)[0]
    assert huber == pytest.approx(c * c * losses.Huber()(y, out)[0], rel=1e-9)


@bounded
@given(seeds, st.floats(0.05, 20))
def test_bounds(seed, delta):
    _, y, out = drawn(seed)
    mse, mae = losses.get("mse")(y, out)[0], losses.get("mae")(y, out)[0]
    huber, log_cosh = losses.Huber(delta)(y, out)[0], losses.get("log_cosh")(y, out)[0]
    assert 0 < huber <= min(mse / 2, delta * mae) * (1 + 1e-12)
    assert mae - np.log(2) <= log_cosh <= mse / 2
    assert losses.Huber(1e6)(y, out)[0] == pytest.approx(mse / 2, rel=1e-12)
    assert -1 <= losses.CosineSimilarity()(y, out)[0] <= 1
    assert 0 <= losses.Dice()(special.expit(y), special.expit(out))[0] <= 1


@bounded
@given(seeds)
def test_divergence_and_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    y, p = rng.dirichlet(np.ones(4), (2, 5)) * 0.9 + 0.025
    kl, ce = losses.KLDivergence(), losses.CategoricalCrossentropy()
    assert kl(y, p)[0] > 0 and abs(kl(y, y)[0]) < 1e-15
    entropy = -(y * np.log(y)).sum(1).mean()
    assert ce(y, p)[0] == pytest.approx(entropy + kl(y, p)[0], rel=1e-9)
    _, gradient = ce(y, y)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)  # the truth is the minimum


@bounded
@given(seeds, st.floats(0, 5))
def test_focal_loss_lies_below_cross_entropy(seed, gamma):
    rng, z, _ = drawn(seed)
    bits = rng.integers(0, 2, z.shape)
    ce = losses.BinaryCrossentropy(True)(bits, z)[0]
    focal = losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True)(bits, z)[0]
    assert 0 <= focal <= ce * (1 + 1e-9)
    p = losses.BinaryFocalCrossentropy(gamma=gamma)(bits, special.expit(z))[0]
    assert p == pytest.approx(focal, rel=1e-9)


@pytest.mark.parametrize("case", [*EVERY, MASS], ids=cases.name_of)
def test_order_of_samples_does_not_matter(case, rng):
    order = rng.permutation(len(case.y_pred))
    w = rng.uniform(size=len(order))
    value, gradient = case.loss(case.y_true, case.y_pred, w)
    moved, moved_gradient = case.loss(
        np.asarray(case.y_true)[order], case.y_pred[order], w[order]
    )
    assert moved == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(moved_gradient, gradient[order], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("case", [*EVERY, MASS], ids=cases.name_of)
def test_loss_is_not_negative_and_linear_in_the_weights(case, rng):
    n = len(case.y_pred)
    a, b = rng.uniform(size=(2, n))
    parts = [case.loss(case.y_true, case.y_pred, w) for w in (a, b, 2 * a + 3 * b)]
    assert parts[2][0] == pytest.approx(2 * parts[0][0] + 3 * parts[1][0], rel=1e-9)
    np.testing.assert_allclose(
        parts[2][1], 2 * parts[0][1] + 3 * parts[1][1], rtol=1e-9, atol=1e-15
    )
    free = ("CosineSimilarity", "Poisson", "KLDivergence")  # may be below 0
    assert case.loss.who in free or parts[0][0] >= 0
