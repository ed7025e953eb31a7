"""Our layers, losses, metrics, optimizers and models as Keras', and back."""

import keras
import numpy as np

from dlcourse import layers, losses, models, optimizers
from dlcourse.activations import ActivationFunction
from dlcourse.constraints import Constraint
from dlcourse.initializers import Initializer
from dlcourse.layers.base import Layer
from dlcourse.layers.node import Node
from dlcourse.models.training import Trainer
from dlcourse.regularizers import Regularizer
from dlcourse.serialization import arguments, options

Array = np.ndarray


def precision(dtype: str) -> str:
    """The dtype that Keras really computes in: JAX has float64 only when told so."""
    if dtype == "float64" and keras.backend.backend() == "jax":
        import jax

        return "float64" if jax.config.jax_enable_x64 else "float32"
    return dtype


def to_keras(
    model: Trainer,
    noise: "dict[Layer, tuple[Array, Array]] | None" = None,
    custom_objects: dict[str, type] | None = None,
) -> "keras.Model":
    """The Keras model with the same layers and weights, compiled if ours is.

    A Sequential becomes a keras.Sequential, a Model a keras.Model. A schedule of the
    optimizer gives its present rate. `noise` maps random layers to (a, b): a x + b
    stands in for them. `custom_objects` maps names of layers that Keras lacks to Keras
    classes of the same options. TypeError for a layer, loss, metric or optimizer that
    Keras lacks.
    """
    model.require_built()
    dtype = precision(str(model.dtype))
    twin = _to_keras_model(model, dtype, noise or {}, custom_objects or {})
    for _, w, variable in weight_pairs(model, twin):
        variable.assign(w.copy())  # JAX would share the memory of ours
    if model.loss is not None:
        twin.compile(
            optimizer=to_keras_optimizer(model.optimizer, dtype),
            loss=to_keras_loss(model.loss, dtype),
            loss_weights=model.objective.loss_weights,
            metrics=[
                _their_class(keras.metrics, m)(
                    **_their_options(m, dtype), name=m.name, dtype=dtype
                )
                for m in model.metrics
            ],
        )
    return twin


def _to_keras_model(
    model: Trainer, dtype: str, noise: dict, custom: dict
) -> "keras.Model":
    if isinstance(model, models.Sequential):
        first = keras.Input(tuple(model.input_shape[1:]), dtype=dtype)
        rest = [to_keras_layer(layer, dtype, noise, custom) for layer in model.layers]
        return keras.Sequential([first, *rest], name=model.name)
    theirs = {
        layer: to_keras_layer(layer, dtype, noise, custom) for layer in model.layers
    }
    known = {
        node: keras.Input(tuple(node.shape[1:]), dtype=dtype) for node in model.inputs
    }
    for node in model.inner:
        sources = [known[source] for source in node.inputs]
        known[node] = theirs[node.layer](sources if node.many else sources[0])
    starts = [known[node] for node in model.inputs]
    ends = [known[node] for node in model.outputs]
    return keras.Model(
        starts if model.many_inputs else starts[0],
        ends if model.many_outputs else ends[0],
        name=model.name,
    )


def weight_pairs(ours: Layer, theirs, path: tuple[str, ...] = ()):
    """Yield (path, our array, Keras' variable) of every weight.

    Layers are found by name: masks become operations in Keras' graph, and move its
    order of the layers.
    """
    if isinstance(ours, Trainer):
        for name, layer in ours.sublayers.items():
            if list(layer.named_weights()):
                inner = theirs.get_layer(name)
                yield from weight_pairs(layer, inner, (*path, name))
    else:
        for (own, w), variable in zip(
            ours.named_weights(path), theirs.weights, strict=True
        ):
            yield own, w, variable


def to_keras_layer(
    layer: Layer,
    dtype: str = "float32",
    noise: dict | None = None,
    custom_objects: dict[str, type] | None = None,
):
    """The Keras layer of the same class, options and name, without weights."""
    if noise and layer in noise:
        return _affine(*noise[layer], dtype)
    if isinstance(layer, Trainer):
        return _to_keras_model(layer, dtype, noise or {}, custom_objects or {})
    custom = (custom_objects or {}).get(type(layer).__name__)
    theirs = custom or _their_class(keras.layers, layer)
    made = theirs(**_their_options(layer, dtype), name=layer.name, dtype=dtype)
    if not layer.trainable:
        made.trainable = False
    return made


def to_keras_loss(loss: "str | losses.Loss | list", dtype: str = "float32"):
    """The Keras loss of the same class and options; of a list, a list.

    TypeError where there is none.
    """
    if isinstance(loss, (list, tuple)):
        return [to_keras_loss(one, dtype) for one in loss]
    loss = losses.get(loss)
    return _their_class(keras.losses, loss)(**_their_options(loss, dtype), dtype=dtype)


def to_keras_optimizer(
    optimizer: "optimizers.Optimizer", dtype: str = "float32"
) -> "keras.optimizers.Optimizer":
    """The Keras optimizer of the same class and options, at the present learning rate.

    For weights in float64 numbers are passed as np.float64: TensorFlow would round a
    Python float to float32 where Adam raises beta_2 to the power t, which moves
    1 - beta_2^t by 1e-5 of itself.
    """
    found = options(optimizer)
    if keras.backend.backend() == "tensorflow" and dtype == "float64":
        found = {
            name: np.float64(value) if isinstance(value, float) else value
            for name, value in found.items()
        }
    return _their_class(keras.optimizers, optimizer)(**found)


def _their_class(module, ours):
    """Keras' class of the same name."""
    name = type(ours).__name__
    if not hasattr(module, name):
        raise TypeError(
            f"twin: expected a class that {module.__name__} has too, got {name}."
        )
    return getattr(module, name)


def _their_options(thing, dtype: str) -> dict:
    """Our options as Keras takes them.

    Initializers are left out: the weights are copied, and who drew them is history.
    """
    found = {}
    for name, value in options(thing).items():
        if isinstance(value, Initializer):
            continue
        if isinstance(value, ActivationFunction):
            value = value.__name__
        elif isinstance(value, Layer):
            value = to_keras_layer(value, dtype)
        elif isinstance(value, Regularizer):
            value = _to_keras_regularizer(value, dtype)
        elif isinstance(value, Constraint):
            value = _their_class(keras.constraints, value)(**options(value))
        found[name] = value
    return found


def _to_keras_regularizer(regularizer: Regularizer, dtype: str):
    """Keras' regularizer of the same class and options."""
    own = options(regularizer)
    theirs = _their_class(keras.regularizers, regularizer)(**own)
    if dtype == "float64":
        for name, value in own.items():
            if isinstance(value, float):  # TensorFlow would round it to float32
                setattr(theirs, name, np.float64(value))
    return theirs


def _affine(a: Array, b: Array, dtype: str):
    """A layer a x + b, in the place of a random one."""

    class Affine(keras.layers.Layer):
        def call(self, x):
            scale, shift = (keras.ops.convert_to_tensor(v, dtype=dtype) for v in (a, b))
            return x * scale + shift

        def compute_output_shape(self, shape):  # or JAX and PyTorch try a batch of 83
            return shape

    made = Affine(dtype=dtype)
    made.supports_masking = True
    return made


# -- back


def from_keras(keras_model: "keras.Model") -> Trainer:
    """Our model with the layers and weights of a built Keras model, not compiled.

    Sequential or functional. TypeError for a layer that we do not have, or one with an
    option that ours lacks.
    """
    functional = isinstance(keras_model, keras.Model) and hasattr(keras_model, "inputs")
    if not functional or not keras_model.built or not keras_model.layers:
        raise TypeError(
            f"from_keras: expected a built keras.Sequential or functional keras.Model, "
            f"got {keras_model!r}. Begin it with keras.Input."
        )
    model = _from_keras_model(keras_model)
    model.build(rng=0, dtype=keras_model.layers[-1].variable_dtype)
    for _, w, variable in weight_pairs(model, keras_model):
        w[...] = variable.numpy()
    return model


def _from_keras_model(keras_model) -> Trainer:
    if isinstance(keras_model, keras.Sequential):
        model = models.Sequential(
            [layers.Input(tuple(keras_model.input_shape[1:]))], name=keras_model.name
        )
        for layer in keras_model.layers:
            model.add(_from_keras_layer(layer))
        return model
    config = keras_model.get_config()
    ours, known, calls = {}, {}, {}
    found = {layer.name: layer for layer in keras_model.layers}
    for entry in config["layers"]:
        name = entry["name"]
        if name not in found:  # an operation that computes a mask
            continue
        layer, calls[name] = found[name], entry["inbound_nodes"]
        if isinstance(layer, keras.layers.InputLayer):
            known[name, 0] = layers.Input(tuple(layer.batch_shape[1:]), name=name)
        else:
            ours[name] = _from_keras_layer(layer)

    def node(name: str, index: int) -> Node:
        """The node of that call of that layer, described once."""
        if (name, index) not in known:
            source = calls[name][index]["args"][0]
            many = isinstance(source, (list, tuple))
            found = [
                node(*one["config"]["keras_history"][:2])
                for one in (source if many else [source])
            ]
            known[name, index] = ours[name](found if many else found[0])
        return known[name, index]

    def ends(entry) -> "Node | list[Node]":
        """Of one [name, index, tensor], or of a list of them."""
        if isinstance(entry[0], (list, tuple)):
            return [node(*one[:2]) for one in entry]
        return node(*entry[:2])

    return models.Model(
        ends(config["input_layers"]),
        ends(config["output_layers"]),
        name=keras_model.name,
    )


def _from_keras_layer(layer) -> Layer:
    """Our layer of the same class, options and name."""
    if isinstance(layer, keras.Model):
        return _from_keras_model(layer)
    kind, config = type(layer).__name__, layer.get_config()
    if kind not in layers.__all__:
        have = ", ".join(layers.__all__)
        raise TypeError(f"from_keras: expected layers among {have}; got {kind}.")
    ours = getattr(layers, kind)
    found = {
        name: _our_value(name, config[name])
        for name in arguments(ours)
        if name in config and not name.endswith("initializer")
    }
    made = ours(**found, name=layer.name)
    theirs = to_keras_layer(made, layer.variable_dtype).get_config()
    for option, value in config.items():
        if (
            option not in ("name", "dtype", "seed", "layer", "backward_layer")
            and not option.endswith("initializer")
            and value != theirs.get(option)
        ):
            raise TypeError(
                f"from_keras: expected {kind} with options that ours has, "
                f"got {option}={value!r} in layer {layer.name!r}."
            )
    return made


def _our_value(name: str, value):
    """An option of a Keras layer as ours takes it."""
    if name.endswith(("regularizer", "constraint")) and value is not None:
        from dlcourse import constraints, regularizers

        module = regularizers if name.endswith("regularizer") else constraints
        return getattr(module, value["class_name"])(**value["config"])
    if name in ("layer", "backward_layer") and value is not None:
        inner = {**value["config"]}
        inner.pop("zero_output_for_mask", None)  # Bidirectional sets it itself
        return _from_keras_layer(keras.layers.deserialize({**value, "config": inner}))
    return tuple(value) if isinstance(value, list) else value
