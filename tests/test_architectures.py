"""Known networks: exact counts and shapes, and both worlds equal where they are small."""

import copy
import gc
import itertools
import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from dlcourse import architectures, gradcheck, layers, losses, models, optimizers, twin
from dlcourse.architectures import keras_layers, lenet, numpy_layers
from dlcourse.architectures.googlenet import INCEPTIONS
from dlcourse.models.outline import build_blank
from dlcourse.twin import difference


def rows(model):
    return {row.name: row for row in architectures.table(model)}


# -- counts, as published: (how it is built, trainable, all)

COUNTS = {
    "LeNet-5 of 1998": (lambda **o: architectures.lenet5_1998(**o), 60_000, 60_840),
    "LeNet-5": (lambda **o: architectures.lenet5(**o), 61_706, 61_706),
    "ResNet-20": (lambda **o: architectures.resnet_small(20, **o), 269_722, 271_098),
    "ResNet-20, option B": (lambda **o: architectures.resnet_small(20, shortcut="B", **o), 272_474, 274_042),
    "plain net of 20 layers": (lambda **o: architectures.resnet_small(20, residual=False, **o), 269_722, 271_098),
    "GoogLeNet": (lambda **o: architectures.googlenet(**o), 6_998_552, 6_998_552),
    "GoogLeNet with its heads": (lambda **o: architectures.googlenet(auxiliary=True, **o), 13_378_280, 13_378_280),
    "ResNet-18": (lambda **o: architectures.resnet(18, **o), 11_689_512, 11_699_112),
    "U-Net": (lambda **o: architectures.unet(**o), 31_030_658, 31_030_658),
    "ResNet-34": (lambda **o: architectures.resnet(34, **o), 21_797_672, 21_814_696),
    "ResNet-50": (lambda **o: architectures.resnet(50, **o), 25_557_032, 25_610_152),
    "ResNet-101": (lambda **o: architectures.resnet(101, **o), 44_549_160, 44_654_504),
    "ResNet-152": (lambda **o: architectures.resnet(152, **o), 60_192_808, 60_344_232),
    "AlexNet": (lambda **o: architectures.alexnet(**o), 60_965_224, 60_965_224),
    "AlexNet in one group": (lambda **o: architectures.alexnet(groups=1, **o), 62_378_344, 62_378_344),
}  # fmt: skip
SMALL = tuple(itertools.takewhile(lambda name: name != "GoogLeNet", COUNTS))


@pytest.mark.parametrize("name", COUNTS)
def test_count(name):
    build, learned, everything = COUNTS[name]
    model = build()
    assert architectures.trainable(model) == learned
    assert (
        sum(row.trainable + row.fixed for row in architectures.table(model))
        == everything
    )
    assert not model.built and not model.weights  # counting built a copy


def check_same_layers(build):
    """The Keras model has the layers, shapes and counts of ours, in the same order."""
    ours, theirs = build(), build(library="keras")
    build_blank(ours)
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [path[-1] for path, _ in ours.named_weights()] == [
        w.name for w in theirs.weights
    ]
    assert ours.count_params() == theirs.count_params()
    for a, b in zip(
        architectures.table(ours), architectures.table(theirs), strict=True
    ):
        assert a[1:] == b[1:]
    del ours, theirs
    keras.backend.clear_session()
    gc.collect()


@pytest.mark.parametrize("name", SMALL)
def test_keras_has_the_same_layers(name):
    check_same_layers(COUNTS[name][0])


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in COUNTS if n not in SMALL])
def test_keras_has_the_same_layers_at_full_size(name):
    check_same_layers(COUNTS[name][0])


def test_googlenet_without_biases():
    model = architectures.googlenet()
    weights = build_blank(model)
    assert (
        sum(np.prod(s, dtype=int) for path, s in weights if path[-1] == "kernel")
        == 6_990_272
    )
    assert len([1 for path, _ in weights if path[-1] == "kernel"]) == 58


def test_counting_takes_no_memory():
    code = """
import resource
from dlcourse import architectures
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert architectures.trainable(architectures.resnet(152)) == 60_192_808
assert architectures.trainable(architectures.alexnet()) == 60_965_224
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert int(run.stdout) < 100  # MB, of 240 for one of them


# -- shapes, as printed in the papers


def test_lenet_of_1998_layer_by_layer():
    table = rows(architectures.lenet5_1998())
    found = [
        (n, table[n].shape, table[n].trainable)
        for n in ("C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT")
    ]
    assert found == [
        ("C1", (28, 28, 6), 156),
        ("S2", (14, 14, 6), 12),
        ("C3", (10, 10, 16), 1516),
        ("S4", (5, 5, 16), 32),
        ("C5", (1, 1, 120), 48_120),
        ("F6", (84,), 10_164),
        ("OUTPUT", (10,), 0),
    ]
    # connections, section II.B of the paper: each number times the places it is used at
    pixels = {"C1": 28 * 28, "C3": 10 * 10, "C5": 1, "F6": 1}
    used = sum(table[name].trainable * n for name, n in pixels.items())
    used += 14 * 14 * 6 * (4 + 1) + 5 * 5 * 16 * (4 + 1) + 84 * 10
    assert used == 340_908


def test_c3_sees_what_table_1_says():
    printed = """
        X...XXX..XXXX.XX
        XX...XXX..XXXX.X
        XXX...XXX..X.XXX
        .XXX..XXXX..X.XX
        ..XXX..XXXX.XX.X
        ...XXX..XXXX.XXX"""
    grid = [line.strip() for line in printed.split()]
    seen = tuple(tuple(s for s in range(6) if grid[s][f] == "X") for f in range(16))
    assert seen == lenet.C3_TABLE
    assert sum(map(len, lenet.C3_TABLE)) == 60


def test_codes_are_different_bitmaps():
    codes = architectures.digit_codes()
    assert codes.shape == (10, 84) and set(codes.ravel()) == {-1.0, 1.0}
    apart = (codes[:, np.newaxis] != codes).sum(axis=2) + 84 * np.eye(10)
    assert apart.min() >= 3  # pixels
    one = "\n".join(
        "".join(".#"[int(p > 0)] for p in row) for row in codes[1].reshape(12, 7)
    )
    assert one.startswith("...#...\n..##...\n.#.#...\n")


def sizes(model, kinds):
    """Shapes after the layers of these kinds, repeated ones once."""
    found = [row.shape for row in architectures.table(model) if row.kind in kinds]
    return [shape for shape, _ in itertools.groupby(found)]


def test_alexnet_shapes():
    model = architectures.alexnet()
    assert sizes(model, ("Conv2D", "MaxPooling2D", "Flatten", "Dense")) == [
        (55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256), (13, 13, 384), (13, 13, 256),
        (6, 6, 256), (9216,), (4096,), (1000,),
    ]  # fmt: skip
    by_layer = [row.trainable for row in architectures.table(model) if row.trainable]
    assert by_layer == [
        34_944,
        307_456,
        885_120,
        663_936,
        442_624,
        37_752_832,
        16_781_312,
        4_097_000,
    ]
    # 224 pixels make 54 windows, and the 55 of the paper need 227 (E4.59)
    assert sizes(architectures.alexnet(input_shape=(224, 224, 3)), ("Conv2D",))[0] == (
        54,
        54,
        96,
    )


def test_googlenet_shapes():
    table = architectures.table(architectures.googlenet(auxiliary=True))
    joined = [row.shape for row in table if row.kind == "Concatenate"]
    assert joined == [
        (28, 28, 256), (28, 28, 480), (14, 14, 512), (14, 14, 512), (14, 14, 512), (14, 14, 528),
        (14, 14, 832), (7, 7, 832), (7, 7, 1024),
    ]  # fmt: skip
    pooled = {row.shape for row in table if row.kind == "AveragePooling2D"}
    assert pooled == {(4, 4, 512), (4, 4, 528)}
    first = [row.shape for row in table if row.kind == "MaxPooling2D"][:2]
    assert first == [(56, 56, 64), (28, 28, 192)]


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_resnet_shapes_and_depth(depth):
    table = architectures.table(architectures.resnet(depth))
    up = 1 if depth < 50 else 4
    joined = [row.shape for row in table if row.kind == "Add"]
    assert [s for s, _ in itertools.groupby(joined)] == [
        (56, 56, 64 * up), (28, 28, 128 * up), (14, 14, 256 * up), (7, 7, 512 * up),
    ]  # fmt: skip
    shortcuts = 3 if depth < 50 else 4
    layers_with_weights = sum(row.kind in ("Conv2D", "Dense") for row in table)
    assert layers_with_weights - shortcuts == depth
    assert not any(row.kind == "Conv2D" and row.fixed for row in table)


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_small_resnets_of_the_paper(depth):
    table = architectures.table(architectures.resnet_small(depth))
    assert sum(row.kind in ("Conv2D", "Dense") for row in table) == depth
    assert [s for s, _ in itertools.groupby(row.shape for row in table if row.kind == "Add")] == [
        (32, 32, 16), (16, 16, 32), (8, 8, 64),
    ]  # fmt: skip
    # table 6 of the paper, in millions
    millions = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}[depth]
    learned = sum(row.trainable for row in table)
    assert learned / 1e6 == pytest.approx(millions, abs=0.05 if depth == 110 else 0.006)


def test_unet_shapes_are_those_of_figure_1():
    model = architectures.unet()
    sides = [
        row.shape[0]
        for row in architectures.table(model)
        if row.kind in ("Conv2D", "MaxPooling2D", "Conv2DTranspose")
    ]
    assert sides == [
        570, 568, 284, 282, 280, 140, 138, 136, 68, 66, 64, 32, 30, 28,
        56, 54, 52, 104, 102, 100, 200, 198, 196, 392, 390, 388, 388,
    ]  # fmt: skip
    cropped = [
        row.shape for row in architectures.table(model) if row.kind == "Cropping2D"
    ]
    assert cropped == [(56, 56, 512), (104, 104, 256), (200, 200, 128), (392, 392, 64)]
    cut = [
        layer.cropping for layer in model.layers if isinstance(layer, layers.Cropping2D)
    ]
    assert cut == [((n, n), (n, n)) for n in (4, 16, 40, 88)]  # from the middle
    assert model.output_shape == (None, 388, 388, 2)
    same = architectures.unet(input_shape=(128, 128, 3), classes=3, padding="same")
    assert same.output_shape == (None, 128, 128, 3)
    assert not any(row.kind == "Cropping2D" for row in architectures.table(same))


# -- both worlds compute the same

# small versions: build, the shape of x, loss
TINY = {
    "lenet5_1998": (architectures.lenet5_1998, {}, (32, 32, 1), "mse"),
    "lenet5_1998-logits": (architectures.lenet5_1998, {"rubbish": 0.1}, (32, 32, 1), "mse"),
    "lenet5": (architectures.lenet5, {}, (28, 28, 1), "sparse_categorical_crossentropy"),
    "lenet5-max": (architectures.lenet5, {"pooling": "max", "activation": "relu", "input_shape": (20, 24, 3)}, (20, 24, 3), "sparse_categorical_crossentropy"),
    "alexnet": (architectures.alexnet, {"width": 1 / 16, "classes": 5, "input_shape": (67, 75, 3), "dropout": 0}, (67, 75, 3), "sparse_categorical_crossentropy"),
    "alexnet-one-group": (architectures.alexnet, {"width": 1 / 32, "classes": 5, "input_shape": (67, 67, 3), "dropout": 0, "groups": 1}, (67, 67, 3), "sparse_categorical_crossentropy"),
    "googlenet": (architectures.googlenet, {"width": 1 / 16, "classes": 5, "input_shape": (33, 40, 3), "dropout": 0}, (33, 40, 3), "sparse_categorical_crossentropy"),
    "googlenet-heads": (architectures.googlenet, {"width": 1 / 16, "classes": 5, "input_shape": (80, 80, 3), "dropout": 0, "auxiliary": True}, (80, 80, 3), "sparse_categorical_crossentropy"),
    "resnet18": (architectures.resnet, {"depth": 18, "width": 3, "classes": 5, "input_shape": (33, 40, 3)}, (33, 40, 3), "sparse_categorical_crossentropy"),
    "resnet50": (architectures.resnet, {"depth": 50, "width": 2, "classes": 5, "input_shape": (32, 32, 3)}, (32, 32, 3), "sparse_categorical_crossentropy"),
    "resnet18-A": (architectures.resnet, {"depth": 18, "width": 3, "classes": 5, "input_shape": (32, 32, 3), "shortcut": "A"}, (32, 32, 3), "sparse_categorical_crossentropy"),
    "plain18": (architectures.resnet, {"depth": 18, "width": 3, "classes": 5, "input_shape": (32, 32, 3), "residual": False}, (32, 32, 3), "sparse_categorical_crossentropy"),
    "resnet20": (architectures.resnet_small, {"depth": 20, "width": 3, "input_shape": (9, 10, 2)}, (9, 10, 2), "sparse_categorical_crossentropy"),
    "resnet8-B": (architectures.resnet_small, {"depth": 8, "width": 3, "input_shape": (9, 10, 2), "shortcut": "B"}, (9, 10, 2), "sparse_categorical_crossentropy"),
    "unet": (architectures.unet, {"width": 2, "depth": 2, "input_shape": (44, 52, 1), "dropout": 0}, (44, 52, 1), "sparse_categorical_crossentropy"),
    "unet-same": (architectures.unet, {"width": 2, "depth": 3, "input_shape": (16, 24, 3), "padding": "same", "classes": 3, "dropout": 0}, (16, 24, 3), "sparse_categorical_crossentropy"),
}  # fmt: skip


@pytest.fixture
def floatx():
    """Sets the dtype of Keras models to come."""
    before = keras.config.floatx()

    def choose(dtype):
        if keras.backend.backend() == "jax":
            dtype = "float32"
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)

    yield choose
    choose(before)
    keras.backend.clear_session()


def pair(name, dtype):
    """(ours, theirs, x, y, loss): both built by the same description, same weights."""
    build, options, shape, loss = TINY[name]
    ours, theirs = build(**options), build(library="keras", **options)
    ours.build(rng=0, dtype=dtype)
    rng = np.random.default_rng(1)
    start = [
        w + 0.1 * rng.normal(size=w.shape) if "variance" not in path[-1] else w + 0.5
        for path, w in ours.named_weights()
    ]
    ours.set_weights([w.astype(dtype) for w in start])
    theirs.set_weights(ours.get_weights())
    x = rng.normal(size=(3, *shape)).astype(dtype)
    outputs = ours.outputs if ours.many_outputs else [ours.outputs[0]]
    y = []
    for node in outputs:
        sides, classes = node.shape[1:-1], node.shape[-1]
        if loss == "mse":
            y.append(rng.normal(size=(3, classes)).astype(dtype))
        else:
            y.append(rng.integers(0, classes, (3, *sides)))
    several = ours.many_outputs
    return ours, theirs, x, y if several else y[0], [loss] * len(y) if several else loss


def check(what, ours, theirs, tolerance):
    if isinstance(ours, list):
        for a, b in zip(ours, theirs, strict=True):
            check(what, a, b, tolerance)
        return
    assert difference(ours, twin.to_numpy(theirs)) < tolerance, what


STEPS = 2  # more take long: TensorFlow compiles grouped convolutions anew at each call
RUNS = [
    *((name, "float64", True) for name in TINY),
    *(
        (name, "float64", False) for name in ("resnet18", "resnet8-B")
    ),  # moving averages
    *((name, "float32", True) for name in ("lenet5_1998", "resnet8-B", "unet")),
]


@pytest.mark.parametrize(("name", "dtype", "training"), RUNS)
def test_both_worlds_agree(name, dtype, training, floatx):
    """Outputs, all gradients, moving averages, and the weights after some steps."""
    floatx(dtype)
    ours, theirs, x, y, loss = pair(name, dtype)
    exact = dtype == "float64" and keras.backend.backend() == "tensorflow"
    # The kinks of relu and max, and the division by small deviations, magnify the
    # rounding of float32; float64 is the proof.
    tolerance, path_tolerance = (1e-10, 1e-6) if exact else (2e-3, 2e-2)
    ours.compile(optimizers.SGD(0.01, momentum=0.9), loss)
    optimizer = twin.to_keras_optimizer(ours.optimizer)
    for k in range(STEPS):
        found = twin.step(theirs, x, y, loss, training=training)
        y_pred, cache, _ = ours.run(x, training=training, rng=np.random.default_rng(0))
        dx, grads = ours.backward(ours.objective(y, y_pred)[1], cache)
        if k == 0:
            check("outputs", y_pred, found.y_pred, tolerance)
            check("gradient of x", dx, found.dx, tolerance)
            walk = list(optimizers.walk(ours.trainable_params(), grads))
            for (path, _, g), their_g in zip(walk, found.grads, strict=True):
                check("/".join(path), g, their_g, tolerance)
        ours.optimizer.apply(ours.trainable_params(), grads)
        tensors = [keras.ops.convert_to_tensor(g) for g in found.grads]
        optimizer.apply(tensors, theirs.trainable_variables)
    for (path, w), their_w in zip(ours.named_weights(), theirs.weights, strict=True):
        check("/".join(path), w, their_w, path_tolerance)
    if training and any("variance" in path[-1] for path, _ in ours.named_weights()):
        start = pair(name, dtype)[0].get_weights()
        moved = [
            not np.array_equal(w, v) for w, v in zip(ours.weights, start, strict=True)
        ]
        assert all(moved)


PLAIN = [
    n
    for n in TINY
    if not n.startswith(
        ("lenet5_1998", "alexnet", "googlenet", "resnet18-A", "resnet20")
    )
]


@pytest.mark.parametrize("name", PLAIN)
def test_the_twin_of_ours_is_the_one_that_keras_builds(name):
    """Where Keras has all layers, twin.prove holds for the NumPy model too."""
    ours, _, x, *_ = pair(name, "float32")
    mine, theirs = twin.to_keras(ours), TINY[name][0](library="keras", **TINY[name][1])
    theirs.set_weights(ours.get_weights())
    check("outputs", twin.to_numpy(mine(x)), theirs(x), 1e-6)


def test_a_wrong_wire_is_seen():
    """The comparison can fail: without its shortcuts a net of the same weights differs."""
    ours, _, x, *_ = pair("resnet20", "float32")
    other = architectures.resnet_small(
        **TINY["resnet20"][1], library="keras", residual=False
    )
    other.set_weights(ours.get_weights())
    with pytest.raises(AssertionError, match="outputs"):
        check("outputs", ours.predict(x), other(x), 1e-2)


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_a_residual_block_that_adds_nothing_passes_x_on(shortcut, rng):
    """With gamma 0 in the last normalization of each block only the shortcuts are left."""
    model = architectures.resnet_small(
        8, width=3, input_shape=(6, 6, 2), shortcut=shortcut
    )
    model.build(rng=0, dtype="float64")
    added = [layer.output for layer in model.layers if isinstance(layer, layers.Add)]
    for node in added:
        last = node.inputs[0].layer
        assert isinstance(last, layers.BatchNormalization)
        last.params["gamma"][:] = 0
    values = {
        layer: y
        for layer, y, _, _ in model.flow(rng.normal(size=(2, 6, 6, 2)))
        if layer
    }
    for k, node in enumerate(added):
        source = node.inputs[1].layer
        assert isinstance(
            source,
            (
                layers.Activation,
                layers.BatchNormalization,
                numpy_layers.IdentityShortcut,
            ),
        )
        np.testing.assert_array_equal(values[node.layer], values[source])
        if k == 0:  # the identity: the block's input, the first ReLU
            assert source is model.layers[2]
        elif shortcut == "A":
            x = values[source.output.inputs[0].layer]
            np.testing.assert_array_equal(
                values[source][..., : x.shape[-1]], x[:, ::2, ::2]
            )
            assert not values[source][..., x.shape[-1] :].any()


def test_an_inception_module_joins_four_ways():
    """1x1; 1x1 and 3x3; 1x1 and 5x5; pooling and 1x1: all from the same x."""
    model = architectures.googlenet()
    joined = [
        layer.output for layer in model.layers if isinstance(layer, layers.Concatenate)
    ]
    assert len(joined) == 9
    for node, filters in zip(joined, INCEPTIONS.values(), strict=True):
        n1, before3, n3, before5, n5, after_pool = filters
        one, three, five, pooled = node.inputs
        x = one.inputs[0]
        ways = [
            [(one.layer, (1, 1), n1)],
            [(three.layer, (3, 3), n3), (three.inputs[0].layer, (1, 1), before3)],
            [(five.layer, (5, 5), n5), (five.inputs[0].layer, (1, 1), before5)],
            [(pooled.layer, (1, 1), after_pool)],
        ]
        for layer, size, n in itertools.chain(*ways):
            assert (layer.kernel_size, layer.filters) == (size, n)
        assert three.inputs[0].inputs == five.inputs[0].inputs == [x]
        assert isinstance(pooled.inputs[0].layer, layers.MaxPooling2D)
        assert pooled.inputs[0].inputs == [x]


# -- the layers that Keras lacks

SPECIAL = {
    "ScaledTanh": (lambda m: m.ScaledTanh(), (5, 4, 2)),
    "Subsampling2D": (lambda m: m.Subsampling2D(2), (6, 4, 3)),
    "Subsampling2D-3": (lambda m: m.Subsampling2D(3), (6, 9, 2)),
    "SparseConv2D": (
        lambda m: m.SparseConv2D(((0, 1), (2,), (0, 2), (0, 1, 2)), 3),
        (6, 5, 3),
    ),
    "SparseConv2D-C3": (lambda m: m.SparseConv2D(lenet.C3_TABLE, 5), (7, 6, 6)),
    "RBF": (lambda m: m.RBF(np.arange(12).reshape(3, 4) % 5 - 2.0), (4,)),
    "RubbishClass": (lambda m: m.RubbishClass(0.3), (4,)),
    "IdentityShortcut": (lambda m: m.IdentityShortcut(5, 2), (5, 6, 3)),
    "IdentityShortcut-1": (lambda m: m.IdentityShortcut(3), (2, 3, 3)),
}


def special(name, dtype="float64"):
    build, shape = SPECIAL[name]
    model = models.Sequential([layers.Input(shape), build(numpy_layers)])
    model.build(rng=0, dtype=dtype)
    rng = np.random.default_rng(0)
    for w in model.layers[0].params.values():
        w[...] = rng.normal(size=w.shape)
    x = 0.7 * rng.normal(size=(4, *shape))
    return model, x, rng.normal(size=(4, *model.output_shape[1:]))


@pytest.mark.parametrize("name", SPECIAL)
def test_special_layers_equal_those_for_keras(name, floatx):
    floatx("float64")
    model, x, y = special(name)
    build, shape = SPECIAL[name]
    theirs = keras.Sequential([keras.Input(shape), build(keras_layers)])
    theirs.set_weights(model.get_weights())
    assert theirs.output_shape == model.output_shape
    assert [w.name for w in theirs.weights] == [p[-1] for p, _ in model.named_weights()]
    found = twin.step(theirs, x, y, "mse")
    model.compile("sgd", "mse")
    y_pred, cache = model.forward(x)
    dx, grads = model.backward(model.objective(y, y_pred)[1], cache)
    tolerance = 1e-10 if keras.backend.backend() == "tensorflow" else 1e-5
    check("outputs", y_pred, found.y_pred, tolerance)
    check("gradient of x", dx, found.dx, tolerance)
    for (_, _, g), their_g in zip(
        optimizers.walk(model.params, grads), found.grads, strict=True
    ):
        check("gradient", g, their_g, tolerance)


@pytest.mark.parametrize("name", SPECIAL)
def test_special_layers_by_finite_differences(name):
    model, x, y = special(name)
    gradcheck.check(model, x, y, "mse", rng=0)


@pytest.mark.parametrize("name", SPECIAL)
def test_special_layers_keep_the_contract(name, tmp_path):
    model, x, _ = special(name, "float32")
    x = x.astype("float32")
    layer = model.layers[0]
    before, kept = copy.deepcopy((layer.params, layer.state)), x.copy()
    y, cache = layer.forward(x)
    dy = np.ones_like(y)
    dx, grads = layer.backward(dy, cache)
    assert y.dtype == dx.dtype == np.float32 and dx.shape == x.shape
    assert all(
        g.dtype == np.float32 and g.shape == layer.params[k].shape
        for k, g in grads.items()
    )
    assert grads.keys() == layer.params.keys()
    assert not any(
        np.shares_memory(a, b) for a in (dx, *grads.values()) for b in (dy, x, y)
    )
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(dy, 1)
    for old, new in zip(before, (layer.params, layer.state), strict=True):
        assert old.keys() == new.keys()
        assert all(np.array_equal(old[k], new[k]) for k in old)
    assert layer.compute_output_shape((4, *x.shape[1:])) == y.shape
    model.save(tmp_path / "a.npz")
    back = models.load_model(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.predict(x), model.predict(x))


def test_scaled_tanh_is_one_at_one():
    x = np.array([[-1.0, 0.0, 1.0]])
    np.testing.assert_allclose(numpy_layers.ScaledTanh()(x), x, atol=1e-5)


def test_subsampling_by_hand():
    layer = numpy_layers.Subsampling2D()
    layer.build((None, 2, 4, 1), dtype="float64")
    x = np.array([[1.0, 2, 10, 20], [3, 4, 30, 40]]).reshape(1, 2, 4, 1)
    np.testing.assert_array_equal(layer(x).ravel(), [2.5, 25])  # it begins as the mean
    layer.params["coefficient"][:], layer.params["bias"][:] = 2, 1
    np.testing.assert_array_equal(layer(x).ravel(), [21, 201])


def test_sparse_convolution_is_one_convolution_a_map(rng):
    table = ((1,), (0, 2), (0, 1, 2))
    layer = numpy_layers.SparseConv2D(table, 2)
    layer.build((None, 4, 5, 3), rng=0, dtype="float64")
    x, y, taken = rng.normal(size=(2, 4, 5, 3)), None, 0
    y = layer(x)
    for f, row in enumerate(table):
        one = layers.Conv2D(1, 2)
        one.build((None, 4, 5, len(row)), rng=0, dtype="float64")
        planes = layer.params["kernel"][:, :, 0, taken : taken + len(row)]
        one.params["kernel"][..., 0], taken = planes, taken + len(row)
        np.testing.assert_allclose(
            y[..., f], one(x[..., list(row)])[..., 0], atol=1e-12
        )


def test_rbf_answers_with_the_nearest_code():
    model = architectures.lenet5_1998()
    output = model.layers[-1]
    output.build((None, 84), dtype="float64")
    codes = architectures.digit_codes()
    y = output(codes)
    np.testing.assert_array_equal(y.argmin(axis=1), np.arange(10))
    np.testing.assert_array_equal(np.diag(y), 0)
    np.testing.assert_array_equal(y, 4 * (codes[:, np.newaxis] != codes).sum(axis=2))


# -- use


def test_googlenet_trains_with_its_heads_weighed(rng):
    build, options, shape, _ = TINY["googlenet-heads"]
    model = build(**options)
    model.compile(
        optimizers.SGD(0.01),
        "sparse_categorical_crossentropy",
        loss_weights=[1, 0.3, 0.3],
    )
    x, y = rng.normal(size=(2, *shape)), rng.integers(0, 5, 2)
    history = model.fit(x, [y, y, y], epochs=1, verbose=0, rng=0).history
    assert len(history) == 4
    parts = [v[0] for k, v in history.items() if k != "loss"]
    assert history["loss"][0] == pytest.approx(parts[0] + 0.3 * (parts[1] + parts[2]))


def test_lenet_of_1998_learns():
    codes = architectures.digit_codes().reshape(10, 12, 7)
    x = np.full((10, 32, 32, 1), -0.1, np.float32)
    big = np.where(codes > 0, 1.175, -0.1).repeat(2, axis=1).repeat(2, axis=2)
    x[:, 4:28, 9:23, 0] = big  # -0.1 paper, 1.175 ink, as in the paper
    model = architectures.lenet5_1998(rubbish=0.1)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.build(rng=0)
    model.compile(optimizers.Adam(0.002), loss)
    labels = np.arange(10)
    first = model.evaluate(x, labels)[0]
    model.fit(x, labels, epochs=40, batch_size=10, verbose=0, rng=0)
    assert model.evaluate(x, labels)[0] < 0.1 * first
    np.testing.assert_array_equal(model.predict(x)[:, :10].argmax(axis=1), labels)


def test_the_criterion_of_1998_is_equation_9(rng):
    y, right, j = 3 * rng.random((5, 10)), rng.integers(0, 10, 5), 0.7
    printed = y[np.arange(5), right] + np.log(np.exp(-j) + np.exp(-y).sum(axis=1))
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    logits = numpy_layers.RubbishClass(j)(y)
    assert loss(right, logits)[0] == pytest.approx(printed.mean(), rel=1e-12)


@pytest.mark.parametrize("name", ["lenet5_1998", "resnet20", "unet"])
def test_architectures_can_be_saved(name, tmp_path):
    ours, _, x, _, _ = pair(name, "float32")
    ours.save(tmp_path / "a.npz")
    back = models.load_model(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.predict(x), ours.predict(x))
    json.dumps([row._asdict() for row in architectures.table(back)])


def test_keras_weights_move_through_files(tmp_path):
    for name in ("lenet5_1998", "alexnet", "resnet20", "googlenet"):
        ours, theirs, *_ = pair(name, "float32")
        theirs.set_weights([w + 1 for w in theirs.get_weights()])
        theirs.save_weights(tmp_path / "a.weights.h5")
        ours.load_weights(tmp_path / "a.weights.h5")
        for w, their_w in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(w, their_w)


@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet", "resnet20"])
def test_keras_saves_the_special_layers(name, tmp_path):
    _, theirs, x, _, _ = pair(name, "float32")
    theirs.save(tmp_path / "a.keras")
    back = keras.models.load_model(
        tmp_path / "a.keras", custom_objects=vars(keras_layers)
    )
    check("outputs", twin.to_numpy(back(x)), theirs(x), 1e-6)


def test_the_table_prints(capsys):
    architectures.print_rows(architectures.lenet5())
    printed = capsys.readouterr().out
    assert "28x28x6" in printed and printed.endswith("Trainable: 61,706\n")
    built = architectures.lenet5()
    built.build(rng=0)
    assert architectures.table(built) == architectures.table(architectures.lenet5())


def test_a_blank_build_keeps_the_initializers():
    model = architectures.resnet_small(8)
    shapes = dict(build_blank(model))
    assert shapes["dense", "kernel"] == (64, 10)
    assert not any(w.any() for w in model.weights)
    model.build(rng=0)
    assert model.params["dense"]["kernel"].any()


def test_numpy_alone_is_loaded():
    code = "from dlcourse import architectures as a; a.table(a.lenet5_1998()); import sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"keras", "tensorflow", "h5py"} & set(run.stdout.split())


def test_both_worlds_have_the_same_names():
    assert all(hasattr(keras_layers, name) for name in numpy_layers.__all__)
    with pytest.raises(AttributeError, match="the world of keras has no 'Nothing'"):
        architectures.world("keras").Nothing  # noqa: B018
    assert architectures.world("numpy").Dense is layers.Dense
