"""Figures: what stands in the axes, in the book's colours, styles and markers."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from dlcourse import callbacks, plots


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_colours_are_distinct_and_each_class_has_a_marker():
    assert (
        len(set(plots.CLASSES)) == len(plots.CLASSES) == len(set(plots.MARKERS)) == 10
    )
    named = [
        plots.NUMPY,
        plots.KERAS,
        plots.FORWARD,
        plots.BACKWARD,
        plots.THEORY,
        plots.WRONG,
    ]
    assert len({*named, plots.MUTED}) == 7


def test_style_sets_the_cycle_and_the_grid():
    with plt.rc_context():
        plots.style()
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
        assert cycle == plots.CLASSES and plt.rcParams["axes.grid"]
        assert plt.rcParams["figure.constrained_layout.use"]
        assert (
            not plt.rcParams["axes.spines.top"] and plt.rcParams["image.cmap"] == "gray"
        )


@pytest.mark.parametrize(
    ("colour", "options", "want"),
    [
        (plots.NUMPY, {}, "-"),
        (plots.KERAS, {}, "--"),
        (plots.THEORY, {}, ":"),
        (plots.WRONG, {}, "-."),
        (plots.FORWARD, {}, "-"),
        (plots.KERAS, {"linestyle": "-"}, "-"),
    ],
)
def test_a_curve_has_the_line_style_of_its_colour(ax, colour, options, want):
    line = plots.curve(ax, [0, 1], [2, 3], colour, "a line", **options)
    assert ax.lines[0] is line and line.get_linestyle() == want
    assert to_hex(line.get_color()) == colour.lower() and line.get_label() == "a line"
    np.testing.assert_array_equal(line.get_xydata(), [[0, 2], [1, 3]])


def test_history_draws_training_and_validation(ax):
    ours = callbacks.History()
    ours.history = {"loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.5]}
    records = {
        "NumPy": (ours, plots.NUMPY),
        "Keras": ({"loss": [5.0, 4.0]}, plots.KERAS),
    }
    plots.history(ax, records)
    labels = [line.get_label() for line in ax.lines]
    assert labels == ["NumPy", "NumPy, validation", "Keras"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[1, 4], [2, 3], [3, 2.5]])
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), [[1, 5], [2, 4]])
    assert {to_hex(line.get_color()) for line in ax.lines[:2]} == {plots.NUMPY.lower()}
    assert ax.lines[1].get_linestyle() == "--"  # dashes of its own
    assert [t.get_text() for t in ax.get_legend().get_texts()] == labels
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_history_of_another_key_without_validation(ax):
    record = {"top_accuracy": [0.1, 0.2], "val_top_accuracy": [0.3, 0.4]}
    plots.history(
        ax, {"NumPy": (record, plots.NUMPY)}, "top_accuracy", validation=False
    )
    assert len(ax.lines) == 1 and ax.get_ylabel() == "top accuracy"
    with pytest.raises(KeyError, match="loss"):
        plots.history(ax, {"NumPy": (record, plots.NUMPY)})


@pytest.mark.parametrize("names", [None, ["no", "yes", "maybe"]])
def test_points_have_a_colour_and_a_marker_a_class(ax, names):
    x, y = np.arange(12.0).reshape(6, 2), np.array([0, 2, 0, 2, 2, 0])
    plots.points(ax, x, y, names, alpha=0.5)
    assert [len(c.get_offsets()) for c in ax.collections] == [3, 3]
    for k, drawn in zip((0, 2), ax.collections, strict=True):
        np.testing.assert_array_equal(drawn.get_offsets(), x[y == k])
        assert to_hex(drawn.get_facecolor()[0]) == plots.CLASSES[k].lower()
        assert drawn.get_label() == (names[k] if names else f"class {k}")
        assert drawn.get_alpha() == 0.5
    one, two = (c.get_paths()[0].vertices.shape for c in ax.collections)
    assert one != two  # another marker


def test_regions_shade_what_predict_says(ax):
    def predict(points):
        assert points.shape == (5 * 5, 2)
        return (points[:, 0] > 0) + 2 * (points[:, 1] > 0)

    plots.regions(ax, predict, (-2, 2), (-3, 1), resolution=5)
    (mesh,) = ax.collections
    across, up = np.linspace(-2, 2, 5), np.linspace(-3, 1, 5)
    want = (across > 0) + 2 * (up > 0)[:, np.newaxis]
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(5, 5), want)
    assert ax.get_xlim() == (-2, 2) and ax.get_ylim() == (-3, 1)
    for k in range(10):  # a class has the colour that its points have
        assert mesh.cmap(mesh.norm(k)) == to_rgba(plots.CLASSES[k])


@pytest.mark.parametrize("titles", [None, list("abcde")])
def test_images_stand_in_a_sheet(titles):
    x = np.random.default_rng(0).uniform(size=(5, 4, 3))
    x[2] *= 7
    figure = plots.images(x, titles, columns=3)
    assert len(figure.axes) == 6 and not any(ax.axison for ax in figure.axes)
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 1, 1, 0]
    for i, ax in enumerate(figure.axes[:5]):
        np.testing.assert_array_equal(ax.images[0].get_array(), x[i])
        assert (
            ax.images[0].get_clim() == (0, x.max())
            and ax.images[0].cmap.name == "gray_r"
        )
        assert ax.get_title() == (titles[i] if titles else "")
    assert tuple(figure.get_size_inches()) == pytest.approx((0.95 * 3, 1.17 * 2))
    plt.close(figure)


def test_dim_images_stay_dim():
    figure = plots.images(np.full((1, 2, 2), 0.2))
    assert figure.axes[0].images[0].get_clim() == (0, 1)
    plt.close(figure)


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4, 1)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"images of shape \(n, height, width\), got"):
        plots.images(np.ones(shape))
