"""Metrics: Keras' over batches and weights, scikit-learn's, hand arithmetic, properties."""

import inspect

import cases
import keras
import numpy as np
import pytest
import sklearn.metrics as sk
from cases.metrics import METRIC_DATA, OTHER_DATA
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras.src.utils.naming import to_snake_case

from dlcourse import losses, metrics

EVERY = [*cases.all_of(cases.METRICS), *(metric for metric, _ in OTHER_DATA)]
# Keras makes whole numbers of the weights of these.
WHOLE_WEIGHTS = ("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")


def kind(metric) -> str:
    return type(metric).__name__


def batches(metric, rng, sizes=(5, 7, 1)):
    data = dict(OTHER_DATA).get(metric, METRIC_DATA[kind(metric)])
    return [data(rng, n) for n in sizes]


def told(metric, batches, weights=None):
    """The result over these batches."""
    metric.reset_state()
    for i, (y_true, y_pred) in enumerate(batches):
        metric.update_state(y_true, y_pred, *([weights[i]] if weights else []))
    return metric.result()


def of_keras(metric):
    """Keras' metric with the same options."""
    names = inspect.signature(type(metric)).parameters
    options = {name: getattr(metric, name) for name in names}
    return getattr(keras.metrics, kind(metric))(**options)


def of_keras_told(metric, batches, weights=None) -> np.ndarray:
    theirs = of_keras(metric)
    for i, (y_true, y_pred) in enumerate(batches):
        theirs.update_state(y_true, y_pred, *([weights[i]] if weights else []))
    return np.asarray(theirs.result())


# -- Keras


@pytest.mark.parametrize("metric", EVERY, ids=cases.name_of)
def test_equals_keras_over_batches(metric, rng):
    data = batches(metric, rng)
    ours, theirs = told(metric, data), of_keras_told(metric, data)
    assert np.shape(ours) == theirs.shape and (np.ndim(ours) or type(ours) is float)
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-7)
    metric.reset_state()
    np.testing.assert_allclose(
        told(metric, data[:1]), of_keras_told(metric, data[:1]), rtol=2e-6, atol=1e-7
    )


@pytest.mark.parametrize("metric", EVERY, ids=cases.name_of)
def test_equals_keras_with_weights(metric, rng):
    if kind(metric) == "Mean" or (
        kind(metric) == "CosineSimilarity" and metric.axis == 1
    ):
        metric.reset_state()
        return  # Mean: the case has weights
    data = batches(metric, rng)
    if kind(metric) in WHOLE_WEIGHTS:
        # one for each pixel: Keras takes no weight a sample for more axes
        shapes = [np.shape(y)[:3] for y, _ in data]
        weights = [rng.integers(0, 3, shape) for shape in shapes]
    else:
        weights = [rng.uniform(size=len(y)).astype(np.float32) for y, _ in data]
    ours, theirs = told(metric, data, weights), of_keras_told(metric, data, weights)
    np.testing.assert_allclose(ours, theirs, rtol=5e-6, atol=1e-6)
    metric.reset_state()


@pytest.mark.parametrize(
    "name", ["MeanSquaredError", "MeanAbsoluteError", "BinaryAccuracy", "RootMeanSquaredError"]
)  # fmt: skip
def test_weights_of_steps_equal_keras(name, rng):
    metric = getattr(metrics, name)()
    data = [
        (rng.integers(0, 2, (n, 3, 2)), rng.uniform(size=(n, 3, 2))) for n in (4, 2)
    ]
    for shape in [(3,), (1,)]:
        weights = [rng.uniform(size=(len(y), *shape)) for y, _ in data]
        np.testing.assert_allclose(
            told(metric, data, weights), of_keras_told(metric, data, weights), rtol=1e-5
        )


@pytest.mark.parametrize("metric", EVERY, ids=cases.name_of)
def test_name_is_that_of_keras(metric):
    name = inspect.signature(getattr(keras.metrics, kind(metric))).parameters["name"]
    assert metric.name == (name.default or to_snake_case(kind(metric)))
    assert type(metric).default_name == metric.name


def test_one_row_of_numbers_is_one_sample():
    # as in Keras: (n,) is one sample of n outputs for the errors, n samples for hits
    for metric in (
        metrics.MeanSquaredError(),
        metrics.BinaryAccuracy(),
        metrics.Accuracy(),
    ):
        data = [([1.0, 0.0], [0.0, 0.0]), ([1.0, 1.0, 0.0], [1.0, 1.0, 0.0])]
        data = [tuple(np.array(a, np.float32) for a in pair) for pair in data]
        assert told(metric, data) == pytest.approx(float(of_keras_told(metric, data)))


def test_get_knows_the_names_of_keras():
    names = [n for n in metrics.METRICS if n not in ("perplexity", "fbeta_score")]
    for name in names:
        assert kind(metrics.get(name)) == type(keras.metrics.get(name)).__name__ or (
            name == keras.metrics.get(name).__name__
        )
        assert metrics.get(name).name == name
    made = metrics.F1Score()
    assert metrics.get(made) is made


@pytest.mark.parametrize(
    ("loss", "form"),
    [
        (losses.BinaryCrossentropy(), metrics.BinaryAccuracy),
        (losses.BinaryFocalCrossentropy(), metrics.BinaryAccuracy),
        (losses.CategoricalCrossentropy(), metrics.CategoricalAccuracy),
        (losses.SparseCategoricalCrossentropy(), metrics.SparseCategoricalAccuracy),
    ],
)
def test_accuracy_takes_the_form_of_the_loss(loss, form):
    assert type(metrics.get("accuracy", loss)) is form


# -- scikit-learn


def scored(rng, n=60):
    """Binary targets, rounded scores (so that some are equal), weights."""
    y = rng.integers(0, 2, n)
    return y, np.round((y + 2 * rng.uniform(size=n)) / 3, 1), rng.uniform(size=n)


def column(metric, y, p, w=None):
    """The metric of one column."""
    metric.reset_state()
    metric.update_state(y[:, np.newaxis], p[:, np.newaxis], w)
    return metric.result()


@pytest.mark.parametrize("weighted", [False, True])
def test_precision_and_recall_are_those_of_scikit_learn(weighted, rng):
    y, p, w = scored(rng)
    w = w if weighted else None
    for t in (0.25, 0.5, 0.75):
        options = {"sample_weight": w, "zero_division": 0}
        assert column(metrics.Precision(t), y, p, w) == pytest.approx(
            sk.precision_score(y, p > t, **options), rel=1e-6
        )
        assert column(metrics.Recall(t), y, p, w) == pytest.approx(
            sk.recall_score(y, p > t, **options), rel=1e-6
        )


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_f_scores_are_those_of_scikit_learn(average, beta, rng):
    labels, p, w = (
        rng.integers(0, 4, 50),
        rng.dirichlet(np.ones(4), 50),
        rng.uniform(size=50),
    )
    metric = metrics.FBetaScore(average, beta)
    metric.update_state(np.eye(4)[labels], p, w)
    options = {"beta": beta, "average": average, "sample_weight": w}
    want = sk.fbeta_score(labels, p.argmax(1), **options)
    np.testing.assert_allclose(metric.result(), want, rtol=1e-6)
    if beta == 1:
        one = metrics.F1Score(average)
        one.update_state(np.eye(4)[labels], p)
        want = sk.f1_score(labels, p.argmax(1), average=average)
        np.testing.assert_allclose(one.result(), want, rtol=1e-6)


def test_f_score_of_several_labels_is_that_of_scikit_learn(rng):
    y, p = rng.integers(0, 2, (40, 3)), rng.uniform(size=(40, 3))
    for average in (None, "micro", "macro", "weighted"):
        metric = metrics.F1Score(average, threshold=0.4)
        metric.update_state(y, p)
        np.testing.assert_allclose(
            metric.result(), sk.f1_score(y, p > 0.4, average=average), rtol=1e-6
        )


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_confusion_matrix_is_that_of_scikit_learn(normalize, rng):
    labels, p, w = (
        rng.integers(0, 4, 50),
        rng.uniform(size=(50, 5)),
        rng.uniform(size=50),
    )
    options = {"labels": range(5), "normalize": normalize}
    metric = metrics.ConfusionMatrix(5, normalize)
    for s in (slice(20), slice(20, None)):
        metric.update_state(labels[s], p[s])
    want = sk.confusion_matrix(labels, p.argmax(1), **options)
    np.testing.assert_allclose(metric.result(), want, rtol=1e-12)
    for y_true, y_pred in [
        (labels, p.argmax(1)),
        (labels[:, np.newaxis], p),
        (np.eye(5)[labels], p),
    ]:
        metric.reset_state()
        metric.update_state(y_true, y_pred, w)
        want = sk.confusion_matrix(labels, p.argmax(1), sample_weight=w, **options)
        np.testing.assert_allclose(metric.result(), want, rtol=1e-6)


def test_confusion_matrix_of_label_images_as_wide_as_the_classes():
    # (2, 3) with three classes: numbers, no scores
    metric = metrics.ConfusionMatrix(3)
    metric.update_state([[0, 1, 2], [2, 2, 0]], [[0, 2, 2], [2, 1, 0]])
    assert metric.result().tolist() == [[2, 0, 0], [0, 0, 1], [0, 1, 2]]


@pytest.mark.parametrize("weighted", [False, True])
def test_curves_are_those_of_scikit_learn(weighted, rng):
    y, p, w = scored(rng)
    w = w if weighted else None
    pairs = [
        (
            metrics.roc_curve(y, p, w),
            sk.roc_curve(y, p, sample_weight=w, drop_intermediate=False),
        ),
        (
            metrics.precision_recall_curve(y[:, np.newaxis], p[:, np.newaxis], w),
            sk.precision_recall_curve(y, p, sample_weight=w),
        ),
    ]
    for ours, theirs in pairs:
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)
    fpr, tpr, _ = pairs[0][0]
    area = sk.roc_auc_score(y, p, sample_weight=w)
    assert np.trapezoid(tpr, fpr) == pytest.approx(area, rel=1e-6)
    if not weighted:
        assert metrics.roc_auc_score(y, p) == pytest.approx(area, rel=1e-12)
    assert metrics.average_precision_score(y, p, w) == pytest.approx(
        sk.average_precision_score(y, p, sample_weight=w), rel=1e-6
    )


def test_binned_area_comes_near_the_exact_one(rng):
    y = rng.integers(0, 2, 3000)
    p = 1 / (1 + np.exp(-(rng.normal(size=3000) + y)))
    exact = metrics.roc_auc_score(y, p)
    gaps = [abs(column(metrics.AUC(n), y, p) - exact) for n in (5, 200, 3000)]
    assert gaps[0] > 3e-3 > 2e-4 > gaps[1] >= gaps[2] and gaps[2] < 1e-5
    ap = sk.average_precision_score(y, p)
    assert column(metrics.AUC(curve="PR"), y, p) == pytest.approx(ap, abs=2e-3)


def test_the_rest_is_that_of_scikit_learn(rng):
    n = 40
    y, out = rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    positive, means = rng.gamma(2.0, size=(n, 2)), rng.gamma(2.0, size=(n, 2))
    labels, p, w = (
        rng.integers(0, 4, n),
        rng.dirichlet(np.ones(4), n),
        rng.uniform(size=n),
    )
    one_hot, bits = np.eye(4)[labels], rng.integers(0, 2, (n, 2))
    mse = sk.mean_squared_error(y, out, sample_weight=w)
    loss = sk.log_loss(labels, p, sample_weight=w)
    rows = [
        (metrics.MeanSquaredError(), y, out, mse),
        (metrics.RootMeanSquaredError(), y, out, mse**0.5),
        (
            metrics.MeanAbsoluteError(),
            y,
            out,
            sk.mean_absolute_error(y, out, sample_weight=w),
        ),
        (
            metrics.MeanAbsolutePercentageError(),
            y,
            out,
            100 * sk.mean_absolute_percentage_error(y, out, sample_weight=w),
        ),
        (
            metrics.MeanSquaredLogarithmicError(),
            positive,
            means,
            sk.mean_squared_log_error(positive, means, sample_weight=w),
        ),
        (metrics.R2Score(), y, out, sk.r2_score(y, out, sample_weight=w)),
        (
            metrics.R2Score("variance_weighted_average"),
            y,
            out,
            sk.r2_score(y, out, sample_weight=w, multioutput="variance_weighted"),
        ),
        (metrics.SparseCategoricalCrossentropy(), labels, p, loss),
        (metrics.CategoricalCrossentropy(), one_hot, p, loss),
        (
            metrics.SparseCategoricalCrossentropy(from_logits=True),
            labels,
            np.log(p) + 3,
            loss,
        ),
        (metrics.Perplexity(), labels, p, np.exp(loss)),
        (metrics.Perplexity(from_logits=True), labels, np.log(p) - 5, np.exp(loss)),
        (
            metrics.SparseTopKCategoricalAccuracy(2),
            labels,
            p,
            sk.top_k_accuracy_score(labels, p, k=2, sample_weight=w, labels=range(4)),
        ),
        (
            metrics.TopKCategoricalAccuracy(3),
            one_hot,
            p,
            sk.top_k_accuracy_score(labels, p, k=3, sample_weight=w, labels=range(4)),
        ),
        (
            metrics.Hinge(),
            bits,
            out,
            np.average(
                [sk.hinge_loss(bits[:, i], out[:, i], sample_weight=w) for i in (0, 1)]
            ),
        ),
    ]
    for metric, y_true, y_pred, want in rows:
        metric.update_state(y_true, y_pred, w)
        assert metric.result() == pytest.approx(want, rel=1e-6), metric.name
    apart = metrics.R2Score(None)
    apart.update_state(y, out)
    np.testing.assert_allclose(
        apart.result(), sk.r2_score(y, out, multioutput="raw_values"), rtol=1e-12
    )


def test_adjusted_r2_by_hand(rng):
    y, out = rng.normal(size=(20, 1)), rng.normal(size=(20, 1))
    metric = metrics.R2Score(num_regressors=4)
    metric.update_state(y, out)
    want = 1 - (1 - sk.r2_score(y, out)) * 19 / 15
    assert metric.result() == pytest.approx(want, rel=1e-9)
    few = metrics.R2Score(num_regressors=19)  # nothing left to adjust by
    few.update_state(y, out)
    assert few.result() == pytest.approx(sk.r2_score(y, out), rel=1e-9)


@pytest.mark.parametrize("average", ["macro", None])
def test_iou_is_the_jaccard_score_of_scikit_learn(average, rng):
    y_true, y_pred = rng.integers(0, 4, (2, 5, 6, 6))
    want = sk.jaccard_score(y_true.ravel(), y_pred.ravel(), average=average)
    if average:
        pairs = [(metrics.MeanIoU(4), want), (metrics.IoU(4, range(4)), want)]
    else:
        pairs = [(metrics.IoU(4, [i]), want[i]) for i in range(4)]
        pairs.append((metrics.IoU(4, [0, 3]), (want[0] + want[3]) / 2))
    for metric, value in pairs:
        for t, p in zip(y_true, y_pred, strict=True):
            metric.update_state(t, p)
        assert metric.result() == pytest.approx(value, rel=1e-6)
    binary = metrics.BinaryIoU([1], threshold=0.5)
    scores = rng.uniform(size=y_true.shape)
    binary.update_state(y_true > 1, scores)
    want = sk.jaccard_score((y_true > 1).ravel(), (scores >= 0.5).ravel())
    assert binary.result() == pytest.approx(want, rel=1e-6)


# -- by hand


def test_auc_of_the_example_in_the_documentation_of_keras():
    # keras.io/api/metrics/classification_metrics, class AUC: thresholds -1e-7, 0.5,
    # 1 + 1e-7; tp = [2, 1, 0], fp = [2, 0, 0]; area ((1+0.5)/2)*(1-0) + (0.5/2)*0 = 0.75
    metric = metrics.AUC(num_thresholds=3)
    metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    assert metric.result() == pytest.approx(0.75)
    metric.reset_state()
    metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9], sample_weight=[1, 0, 0, 1])
    assert metric.result() == pytest.approx(1.0)


def test_f_score_of_the_example_in_the_documentation_of_keras():
    # keras.io/api/metrics/classification_metrics, class F1Score
    metric = metrics.F1Score(threshold=0.5)
    y_true = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]])
    y_pred = np.array([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
    metric.update_state(y_true, y_pred)
    np.testing.assert_allclose(metric.result(), [0.5, 0.8, 0.6666667], atol=1e-6)


def test_mean_iou_of_the_example_in_the_documentation_of_keras():
    # keras.io/api/metrics/segmentation_metrics, class MeanIoU: cm = [[1, 1], [1, 1]],
    # rows and columns sum to 2, hits 1: (1/(2+2-1) + 1/(2+2-1)) / 2 = 0.33
    metric = metrics.MeanIoU(num_classes=2)
    metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    assert metric.result() == pytest.approx(1 / 3, rel=1e-6)
    metric.reset_state()
    metric.update_state([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[3, 3, 3, 1])
    # cm = [[3, 3], [3, 1]]: (3/9 + 1/7) / 2
    assert metric.result() == pytest.approx((3 / 9 + 1 / 7) / 2, rel=1e-6)


def test_macro_f1_is_not_the_f1_of_mean_precision_and_recall():
    # Opitz and Burst, "Macro F1 and Macro F1" (2019): two definitions, two numbers.
    # class 0: P = 1, R = 1/3; class 1: P = 1/3, R = 1. F1 = 1/2 each, macro 1/2;
    # mean P = mean R = 2/3, whose F1 is 2/3.
    y, p = np.eye(2)[[0, 0, 0, 1]], np.eye(2)[[0, 1, 1, 1]]
    metric = metrics.F1Score("macro")
    metric.update_state(y, p)
    assert metric.result() == pytest.approx(0.5, rel=1e-6)


def test_a_row_of_zeros_says_nothing():
    # as in Keras: without a threshold the largest output is positive, but for 0
    y, p = np.eye(2)[[0, 1]], np.array([[0.0, 0.0], [0.2, 0.8]])
    metric = metrics.F1Score()
    want = of_keras_told(metric, [(y, p)])
    np.testing.assert_allclose(told(metric, [(y, p)]), want, atol=1e-7)
    np.testing.assert_allclose(want, [0, 1], atol=1e-6)


def test_auc_by_counting_pairs(rng):
    y, p, _ = scored(rng, 30)
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in p[y == 1] for b in p[y == 0]
    ]
    assert metrics.roc_auc_score(y, p) == pytest.approx(np.mean(pairs), rel=1e-12)


def test_pr_area_integrates_the_hyperbola():
    # Davis and Goadrich (2006): between (TP, FP) = (5, 5) and (10, 30) false positives
    # grow by 5 for each true one: precision (5 + x)/(10 + 6 x). From (0, 0) to (5, 5)
    # it is 1/2, and the last stretch goes to (20, 2000). Recall is TP/20.
    y = np.r_[np.ones(20), np.zeros(2000)]
    p = np.r_[[0.9] * 5, [0.5] * 5, [0.1] * 10, [0.9] * 5, [0.5] * 25, [0.1] * 1970]
    metric = metrics.AUC(curve="PR", thresholds=[0.3, 0.7])
    metric.update_state(y[:, np.newaxis], p[:, np.newaxis])
    x = np.linspace(0, 1, 200_001)
    middle = np.trapezoid((5 + 5 * x) / (10 + 30 * x), x) * 5 / 20
    last = np.trapezoid((10 + 10 * x) / (40 + 1980 * x), x) * 10 / 20
    assert metric.result() == pytest.approx(0.5 * 5 / 20 + middle + last, rel=1e-6)


def test_perplexity_of_a_guess_is_the_number_of_tokens():
    metric = metrics.Perplexity()
    assert metric.result() == 0
    metric.update_state([0, 3, 6], np.full((3, 7), 1 / 7))
    assert metric.result() == pytest.approx(7)
    padded = metrics.Perplexity()
    p = np.array([[[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]]])
    padded.update_state([[0, 0, 0]], p, sample_weight=[[1, 1, 0]])
    assert padded.result() == pytest.approx(8**0.5)  # exp((log 2 + log 4)/2)


def test_rmse_is_not_the_mean_of_the_batches():
    metric = metrics.RootMeanSquaredError()
    for error, n in ((3.0, 1), (1.0, 3)):
        metric.update_state(np.zeros((n, 1)), np.full((n, 1), error))
    assert metric.result() == pytest.approx(3**0.5)  # sqrt((9 + 3)/4), not (3 + 1)/2


def test_constant_targets_have_no_r2():
    metric = metrics.R2Score()
    assert metric.result() == 0
    metric.update_state([[2.0], [2.0]], [[1.0], [3.0]])
    assert metric.result() == 0
    exact = metrics.R2Score()
    exact.update_state([[2.0], [2.0]], [[2.0], [2.0]])
    assert np.isnan(exact.result())


def test_nothing_is_positive():
    for metric in (metrics.Precision(), metrics.Recall(), metrics.F1Score("macro")):
        assert metric.result() == 0
        metric.update_state(
            [[0], [0]], [[0.1], [0.2]] if "F1" not in kind(metric) else [[0], [0]]
        )
        assert metric.result() == 0
    matrix = metrics.ConfusionMatrix(3, "true")
    matrix.update_state([0, 0], [0, 1])
    assert matrix.result().tolist() == [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 0]]


# -- properties

bounded = settings(max_examples=40, deadline=None)
samples = st.integers(1, 25)
seeds = st.integers(0, 10**6)
FREE = [m for m in EVERY if kind(m) != "Mean"]


@pytest.mark.parametrize("metric", FREE, ids=cases.name_of)
@settings(max_examples=8, deadline=None)
@given(seed=seeds, n=st.integers(2, 15), cut=st.integers(1, 14))
def test_neither_batches_nor_order_matter(metric, seed, n, cut):
    rng = np.random.default_rng(seed)
    # No tiny weights: Keras' epsilon, 1e-7, stands beside their sums.
    (y_true, y_pred), w = batches(metric, rng, [n])[0], rng.uniform(0.5, 1, size=n)
    if kind(metric) == "CosineSimilarity" and metric.axis == 1:
        w = w.astype(np.float32)
    cut, order = min(cut, n - 1), rng.permutation(n)
    whole = told(metric, [(y_true, y_pred)], [w])
    parts = [(y_true[s], y_pred[s]) for s in (slice(cut), slice(cut, None))]
    split = told(metric, parts, [w[:cut], w[cut:]])
    moved = told(metric, [(y_true[order], y_pred[order])], [w[order]])
    scaled = told(metric, [(y_true, y_pred)], [3 * w])
    metric.reset_state()
    np.testing.assert_allclose(split, whole, rtol=1e-5, atol=1e-9, equal_nan=True)
    np.testing.assert_allclose(moved, whole, rtol=1e-5, atol=1e-9, equal_nan=True)
    np.testing.assert_allclose(scaled, whole, rtol=1e-5, atol=1e-6, equal_nan=True)


@bounded
@given(seeds, samples)
def test_a_weight_counts_as_repetition(seed, n):
    rng = np.random.default_rng(seed)
    labels, p, times = (
        rng.integers(0, 4, n),
        rng.uniform(0.1, 0.9, (n, 4)),
        rng.integers(0, 4, n),
    )
    assume(times.sum())
    for metric in (
        metrics.ConfusionMatrix(4),
        metrics.SparseCategoricalAccuracy(),
        metrics.SparseCategoricalCrossentropy(),
    ):
        weighted = told(metric, [(labels, p)], [times])
        repeated = told(metric, [(labels.repeat(times), p.repeat(times, axis=0))])
        np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


@bounded
@given(seeds, samples)
def test_sums_of_the_confusion_matrix(seed, n):
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(0, 4, n), rng.uniform(size=(n, 4))
    c = told(metrics.ConfusionMatrix(4), [(labels, p)])
    assert c.sum() == n
    np.testing.assert_array_equal(c.sum(axis=1), np.bincount(labels, minlength=4))
    np.testing.assert_array_equal(c.sum(axis=0), np.bincount(p.argmax(1), minlength=4))
    accuracy = told(metrics.SparseCategoricalAccuracy(), [(labels, p)])
    assert c.trace() / n == pytest.approx(accuracy)
    # one decision a sample: micro precision, recall and F1 are all the accuracy
    micro = told(metrics.F1Score("micro"), [(np.eye(4)[labels], p)])
    assert micro == pytest.approx(accuracy, abs=1e-6)
    iou = c.diagonal() / np.maximum(c.sum(0) + c.sum(1) - c.diagonal(), 1)
    seen = (c.sum(0) + c.sum(1)) > 0
    mean = told(metrics.MeanIoU(4, sparse_y_pred=False), [(labels, p)])
    assert mean == pytest.approx(iou[seen].mean(), abs=1e-6)


@bounded
@given(seeds, st.integers(2, 25))
def test_area_of_a_ranking(seed, n):
    rng = np.random.default_rng(seed)
    y, p = rng.integers(0, 2, n), np.round(rng.uniform(size=n), 1)
    assume(0 < y.sum() < n)
    area = metrics.roc_auc_score(y, p)
    assert metrics.roc_auc_score(1 - y, p) == pytest.approx(1 - area)
    assert metrics.roc_auc_score(y, np.exp(3 * p)) == pytest.approx(area)  # order alone
    fpr, tpr, thresholds = metrics.roc_curve(y, p)
    assert (np.diff(fpr) >= 0).all() and (np.diff(tpr) >= 0).all()
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(thresholds) < 0).all()
    assert np.trapezoid(tpr, fpr) == pytest.approx(area)
    # twelve thresholds between the rounded scores leave no bin to interpolate in
    binned = column(metrics.AUC(thresholds=list(np.linspace(0.05, 0.95, 10))), y, p)
    assert binned == pytest.approx(area)


@bounded
@given(seeds, samples)
def test_top_k_grows_with_k(seed, n):
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(0, 4, n), np.round(rng.uniform(size=(n, 4)), 1)
    hits = [
        told(metrics.SparseTopKCategoricalAccuracy(k), [(labels, p)])
        for k in (1, 2, 3, 4)
    ]
    assert sorted(hits) == hits and hits[-1] == 1
    assert hits[0] >= told(metrics.SparseCategoricalAccuracy(), [(labels, p)])
