"""Sequential: a stack of layers, itself a layer."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.core import InputLayer
from dlcourse.layers.node import Node
from dlcourse.models.naming import unique_name
from dlcourse.models.summary import print_table
from dlcourse.models.training import Trainer
from dlcourse.validation import as_numbers, generator


class Sequential(Trainer):
    """y = f_L(... f_2(f_1(x))): forward left to right, backward right to left.

    params maps each layer's name to its params, and gradients are nested the same way;
    the cache is the list of the layers' caches.
    Book: eq:mlp, eq:chain, eq:backpropagation.
    Keras: keras.Sequential.
    """

    takes_mask = True

    def __init__(self, layers: list[Layer] | None = None, name: str | None = None):
        super().__init__(name)
        self.input_layer: InputLayer | None = None
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise TypeError(
                f"Sequential: expected a list of layers, got {layers!r}. "
                f"Write Sequential([...])."
            )
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Append a layer; its name becomes unique in the model (dense, dense_1, ...).

        TypeError for what is no layer; ValueError for a layer or a given name that
        stands in the model already.
        """
        if isinstance(layer, Node) and isinstance(layer.layer, InputLayer):
            layer = layer.layer
        if not isinstance(layer, Layer):
            raise TypeError(
                f"Sequential: expected a dlcourse layer, got {layer!r}. "
                "Write Dense(10), with brackets."
            )
        if isinstance(layer, InputLayer):
            if self.sublayers or self.input_layer:
                raise ValueError(
                    "Sequential: expected Input only as the first element."
                )
            self.input_layer = layer
            return
        if any(layer is other for other in self.layers):
            raise ValueError(
                f"Sequential: {layer!r} stands in the model already. Make a new layer."
            )
        layer.name = unique_name("Sequential", layer, self.sublayers)
        self.sublayers[layer.name] = layer
        self.built = False

    # -- a layer like any other

    def build(self, input_shape=None, rng=None, dtype="float32"):
        """Create all weights; a compiled optimizer starts afresh.

        input_shape includes the batch axis; it may be left out after Input(shape). rng
        is a Generator or a seed. Errors: those of Layer.build.
        """
        if input_shape is None:
            if self.input_layer is None:
                raise ValueError(
                    "Sequential: expected an input shape. Begin the model with "
                    "Input((784,)) or call build((None, 784))."
                )
            input_shape = (None, *self.input_layer.shape)
        if not self.sublayers:
            raise ValueError(
                "Sequential: expected at least one layer. Add one, such as Dense(10)."
            )
        super().build(input_shape, generator("Sequential", rng), dtype)
        self._dtype = np.dtype(dtype)
        if self.optimizer is not None:
            self.optimizer.reset()

    def create(self, input_shape, rng, dtype):
        shape = input_shape
        for name, layer in self.sublayers.items():
            layer.build(shape, rng, dtype)
            self.adopt(name, layer)
            shape = layer.compute_output_shape(shape)
        self.output_shape = shape

    def flow(self, x, training=False, rng=None, mask=None):
        x = as_numbers("Sequential", "x", x).astype(self.dtype, copy=False)
        caches = []
        for layer in self.layers:
            y, cache, mask = layer.forward_masked(x, training, rng, mask)
            caches.append(cache)
            yield layer, y, cache, mask
            x = y
        yield None, x, caches, mask

    def backward(self, dy, cache, need_dx=True):
        layers, first = self.layers, 0
        if not need_dx:  # stop at the first layer that has weights
            first = next((i for i, one in enumerate(layers) if one.params), len(layers))
        grads = {name: {} for name in self.sublayers}
        for i in reversed(range(first, len(layers))):
            skip = not need_dx and i == first and layers[i].can_skip_dx
            options = {"need_dx": False} if skip else {}
            dy, grads[layers[i].name] = layers[i].backward(dy, cache[i], **options)
        return dy if need_dx else None, grads

    def compute_output_shape(self, input_shape):
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def sample_shapes(self):
        """[the shape of one sample], as Input says, or None."""
        return [self.input_layer.shape] if self.input_layer else None

    def summary(self) -> None:
        """Print each layer with its output shape and number of parameters."""
        self.require_built()
        rows, shape = [], self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
            kind = f"{layer.name} ({type(layer).__name__})"
            rows.append((kind, str(shape), f"{layer.count_params():,}"))
        print_table(("Layer (type)", "Output Shape", "Param #"), rows)
        print(f"Total params: {self.count_params():,}")
