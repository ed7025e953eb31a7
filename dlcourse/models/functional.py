"""Model: a graph of layers, itself a layer."""

import numpy as np

from dlcourse.layers.base import Layer
from dlcourse.layers.core import InputLayer
from dlcourse.layers.node import Node
from dlcourse.models.naming import unique_name
from dlcourse.models.summary import print_table
from dlcourse.models.training import Trainer
from dlcourse.nested import added
from dlcourse.validation import as_numbers, generator


class Model(Trainer):
    """A directed acyclic graph of layers, from input nodes to output nodes.

        x = Input((32,))
        y = Add()([x, Dense(32, activation="relu")(x)])
        model = Model(x, y)

    Forward computes the nodes in topological order. Backward goes through them in the
    reverse order; where a node feeds several others their gradients add up, and so do
    those of a layer that is used twice. The cache is the list of the nodes' caches.
    TypeError where inputs or outputs are no nodes; ValueError where an output does not
    come from the inputs. Keras: keras.Model.
    """

    takes_mask = True

    def __init__(
        self,
        inputs: "Node | list[Node]",
        outputs: "Node | list[Node]",
        name: str | None = None,
    ):
        super().__init__(name)
        self.many_inputs = isinstance(inputs, (list, tuple))
        self.many_outputs = isinstance(outputs, (list, tuple))
        self.inputs = list(inputs) if self.many_inputs else [inputs]
        self.outputs = list(outputs) if self.many_outputs else [outputs]
        for what, nodes in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not nodes or not all(isinstance(node, Node) for node in nodes):
                raise TypeError(
                    f"Model: expected {what} to be a node or a list of nodes, got "
                    f"{nodes!r}. Write x = Input((784,)); Model(x, Dense(10)(x))."
                )
        self.nodes, visited = topological_order(self.inputs, self.outputs)
        self.inner = [node for node in self.nodes if node not in set(self.inputs)]
        used = {source for node in self.inner for source in node.inputs}
        unused = [node for node in self.inputs if node not in used | set(self.outputs)]
        if unused:
            raise ValueError(
                f"Model: expected every input to lead to an output, got {unused[0]!r}, "
                "which nothing uses. Leave it out of inputs."
            )
        for layer in layers_in_order(self.nodes, visited):
            layer.name = unique_name("Model", layer, self.sublayers)
            self.sublayers[layer.name] = layer
        built = [layer for layer in self.layers if layer.built]
        if built and len(built) == len(self.layers):  # a part of a built model
            self._adopt_all()
            own = self.weights
            self._dtype = own[0].dtype if own else np.dtype("float32")
            self.input_shape, self.built = self._shapes(self.inputs), True

    # -- a layer like any other

    def build(self, input_shape=None, rng=None, dtype="float32"):
        """Create all weights; a compiled optimizer starts afresh.

        The inputs say their shapes, so input_shape may be left out. rng is a Generator
        or a seed. Errors: those of Layer.build.
        """
        super().build(
            input_shape or self._shapes(self.inputs), generator("Model", rng), dtype
        )
        self._dtype = np.dtype(dtype)
        if self.optimizer is not None:
            self.optimizer.reset()

    def create(self, input_shape, rng, dtype):
        done = set()
        for node in self.inner:
            if node.layer not in done:
                done.add(node.layer)
                shapes = [source.shape for source in node.inputs]
                node.layer.build(shapes if node.many else shapes[0], rng, dtype)
        self._adopt_all()

    def _adopt_all(self):
        for name, layer in self.sublayers.items():
            self.adopt(name, layer)

    def check_input(self, shape):
        shapes = shape if self.many_inputs else [shape]
        for node, found in zip(self.inputs, shapes, strict=True):
            if len(found) != len(node.shape) or any(
                w not in (None, f)
                for f, w in zip(found[1:], node.shape[1:], strict=True)
            ):
                raise ValueError(
                    f"Model: expected an input of shape {node.shape}, got {found}."
                )

    def flow(self, x, training=False, rng=None, mask=None):
        given = x if self.many_inputs else [x]
        masks = mask if self.many_inputs and mask is not None else [mask] * len(given)
        flowing = {}  # node -> (value, mask), as long as a node ahead needs it
        for node, a, m in zip(self.inputs, given, masks, strict=True):
            a = as_numbers("Model", "x", a).astype(self.dtype, copy=False)
            flowing[node] = (a, m)
        waiting = consumers(self.nodes, self.outputs)
        caches = []
        for node in self.inner:
            sources = [flowing[source] for source in node.inputs]
            values, known = ([s[k] for s in sources] for k in (0, 1))
            if not node.many:
                values, known = values[0], known[0]
            elif all(m is None for m in known):
                known = None
            y, cache, m = node.layer.forward_masked(values, training, rng, known)
            flowing[node] = (y, m)
            caches.append(cache)
            for source in node.inputs:  # what nobody needs any more is let go
                waiting[source] -= 1
                if not waiting[source]:
                    del flowing[source]
            yield node.layer, y, cache, m
        ends = [flowing[node] for node in self.outputs]
        outputs, masks = [end[0] for end in ends], [end[1] for end in ends]
        if self.many_outputs:
            yield None, outputs, caches, masks
        else:
            yield None, outputs[0], caches, masks[0]

    def backward(self, dy, cache, need_dx=True):
        wanted = set(self.inner) | set(self.inputs)
        if not need_dx:  # no gradient goes below the first layers that have weights
            wanted = set()
            for node in self.inner:
                if node.layer.params or wanted.intersection(node.inputs):
                    wanted.add(node)
        arriving: dict[Node, np.ndarray] = {}
        grads = {name: {} for name in self.sublayers}
        for node, d in zip(
            self.outputs, dy if self.many_outputs else [dy], strict=True
        ):
            _add_at(arriving, node, d)
        for node, node_cache in zip(reversed(self.inner), reversed(cache), strict=True):
            if node not in wanted:
                continue
            skip = node.layer.can_skip_dx and not wanted.intersection(node.inputs)
            options = {"need_dx": False} if skip else {}
            dx, own = node.layer.backward(arriving.pop(node), node_cache, **options)
            name = node.layer.name
            grads[name] = added(grads[name], own) if grads[name] else own
            if skip:
                continue
            for source, d in zip(node.inputs, dx if node.many else [dx], strict=True):
                if source in wanted:
                    _add_at(arriving, source, d)
        if not need_dx:
            return None, grads
        dx = [arriving[node] for node in self.inputs]
        return (dx if self.many_inputs else dx[0]), grads

    def compute_output_shape(self, input_shape):
        known = dict(
            zip(
                self.inputs,
                input_shape if self.many_inputs else [input_shape],
                strict=True,
            )
        )
        for node in self.inner:
            shapes = [known[source] for source in node.inputs]
            known[node] = node.layer.compute_output_shape(
                shapes if node.many else shapes[0]
            )
        found = [known[node] for node in self.outputs]
        return found if self.many_outputs else found[0]

    @property
    def output_shape(self):
        return self.compute_output_shape(self._shapes(self.inputs))

    @property
    def sample_shapes(self):
        """The shape of one sample of each input."""
        return [node.shape[1:] for node in self.inputs]

    def _shapes(self, nodes):
        shapes = [tuple(node.shape) for node in nodes]
        return shapes if self.many_inputs else shapes[0]

    def summary(self) -> None:
        """Print each node: layer, output shape, parameters, where its input is from."""
        self.require_built()
        rows, seen = [], set()
        for node in self.nodes:
            layer = node.layer
            count = 0 if layer in seen else layer.count_params()
            seen.add(layer)
            sources = ", ".join(source.layer.name for source in node.inputs)
            kind = f"{layer.name} ({type(layer).__name__})"
            rows.append((kind, str(node.shape), f"{count:,}", sources))
        print_table(("Layer (type)", "Output Shape", "Param #", "Connected to"), rows)
        print(f"Total params: {self.count_params():,}")


def topological_order(
    inputs: list[Node], outputs: list[Node]
) -> tuple[list[Node], list[Node]]:
    """(nodes, visited): the nodes, each after those it is computed from; and all but
    the inputs in the order in which a depth-first walk back from the outputs meets
    them.

    ValueError where a node needs an Input that is not among `inputs`.
    """
    order, visited, seen = [], [], set(inputs)
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, sources_done = stack.pop()
        if sources_done:
            order.append(node)
        elif node not in seen:
            if isinstance(node.layer, InputLayer):
                raise ValueError(
                    "Model: expected every path to begin at an input of the model, "
                    f"got one that begins at {node!r}. Add it to inputs."
                )
            seen.add(node)
            visited.append(node)
            stack.append((node, True))
            stack += [(source, False) for source in reversed(node.inputs)]
    return [*inputs, *order], visited


def layers_in_order(nodes: list[Node], visited: list[Node]) -> list[Layer]:
    """The layers, those furthest from the outputs first, as in Keras.

    So weights move with set_weights(get_weights()). The distance of a layer is the
    largest number of steps from one of its nodes to an output; layers of one distance
    stand in the order of the walk.
    """
    by_node, by_layer = dict.fromkeys(nodes, 0), {}
    for node in reversed(nodes):
        distance = max(by_node[node], by_layer.get(node.layer, 0))
        by_node[node] = by_layer[node.layer] = distance
        for source in node.inputs:
            if source in by_node:
                by_node[source] = max(by_node[source], distance + 1)
    layers = dict.fromkeys(node.layer for node in visited)
    return sorted(layers, key=lambda layer: -by_layer[layer])


def consumers(nodes: list[Node], outputs: list[Node]) -> dict[Node, int]:
    """How often each node's value is needed; outputs once more."""
    count = {node: outputs.count(node) for node in nodes}
    for node in nodes:
        for source in node.inputs:
            if source in count:
                count[source] += 1
    return count


def _add_at(arriving: dict, node: Node, d: np.ndarray) -> None:
    arriving[node] = arriving[node] + d if node in arriving else d
