"""Ours."""

import numpy as np
from work import Pass, Training

from contestants import NotDone
from dlcourse import layers, models, optimizers


def build(work, weights=None) -> tuple[dict, dict]:
    """({way: step}, weights by layer name)."""
    return training(work) if isinstance(work, Training) else layer_pass(work)


def rule(work: Training):
    if work.optimizer == "momentum":
        return optimizers.SGD(work.learning_rate, momentum=0.9)
    return getattr(optimizers, work.optimizer)(work.learning_rate)


def convolution(node, name, filters, size, stride=1, padding="same", **options):
    return layers.Conv2D(
        filters, size, strides=stride, padding=padding, name=name, **options
    )(node)


def normalized(node, name, activation=True, **options):
    node = convolution(node, name, use_bias=False, **options)
    node = layers.BatchNormalization(name=f"{name}_bn")(node)
    return layers.Activation("relu")(node) if activation else node


def residual(node, name, filters, stride):
    y = normalized(node, f"{name}_a", filters=filters, size=3, stride=stride)
    y = normalized(y, f"{name}_b", False, filters=filters, size=3)
    if stride > 1:
        node = normalized(
            node, f"{name}_c", False, filters=filters, size=1, stride=stride
        )
    return layers.Activation("relu")(layers.Add()([y, node]))


BLOCKS = {
    "dense": lambda node, name, **o: layers.Dense(**o, name=name)(node),
    "conv": convolution,
    "pool": lambda node, name, size: layers.MaxPooling2D(size)(node),
    "flatten": lambda node, name: layers.Flatten()(node),
    "global-average": lambda node, name: layers.GlobalAveragePooling2D()(node),
    "conv-bn-relu": normalized,
    "residual": residual,
}


def model(work: Training) -> models.Model:
    node = inputs = layers.Input(work.shape)
    for i, (kind, options) in enumerate(work.blocks):
        node = BLOCKS[kind](node, f"block{i}", **options)
    found = models.Model(inputs, node)
    found.build(rng=np.random.default_rng(0))
    return found


def training(work: Training):
    net, (x, y) = model(work), work.data()
    kept = {layer.name: layer.get_weights() for layer in net.layers if layer.weights}
    net.compile(rule(work), "sparse_categorical_crossentropy")
    if work.samples:
        rng = np.random.default_rng(0)

        def epoch():
            net.fit(x, y, batch_size=work.batch, epochs=1, verbose=0, rng=rng)

        return {"fit": epoch}, kept
    return {"train_on_batch": lambda: net.train_on_batch(x, y)}, kept


def layer_pass(work: Pass):
    if work.kernel != "layer":
        return kernel_pass(work)
    layer = getattr(layers, work.layer)(**work.options)
    rng = np.random.default_rng(0)
    layer.build((None, *work.shape[1:]), rng=rng)
    x, dy = work.data(layer.compute_output_shape(work.shape))
    options = {"training": True, "rng": rng} if trains(work) else {}

    def step():
        _, cache = layer.forward(x, **options)
        return layer.backward(dy, cache)[0]

    return {"layer": step}, {"layer": layer.get_weights()}


def trains(work: Pass) -> bool:
    """Whether the layer does something else in training."""
    return work.layer in ("BatchNormalization", "Dropout")


def kernel_pass(work: Pass):
    """A convolution by one named kernel, bias included, whichever the layer would take."""
    layer = getattr(layers, work.layer)(**work.options)
    layer.build((None, *work.shape[1:]), rng=np.random.default_rng(0))
    W, b = layer.params["kernel"], layer.params["bias"]
    x, dy = work.data(layer.compute_output_shape(work.shape))
    geometry = layer.geometry(x.shape[1:-1])
    if work.kernel == "general":
        from dlcourse.kernels import correlation

        def step():
            z = correlation.correlate(x, W, **geometry)
            z += b
            dx = correlation.input_gradient(dy, W, x.shape[1:3], **geometry)
            correlation.kernel_gradient(x, dy, W.shape[:2], **geometry)
            dy.reshape(-1, len(b)).sum(axis=0)
            return dx

    else:
        try:
            from dlcourse.kernels import winograd
        except ImportError:
            raise NotDone("dlcourse.kernels.winograd does not exist") from None

        def step():
            z = winograd.correlate(x, W, geometry["padding"])
            z += b
            dx, _ = winograd.gradients(x, W, dy, geometry["padding"])
            dy.reshape(-1, len(b)).sum(axis=0)
            return dx

    return {work.kernel: step}, {"layer": layer.get_weights()}
