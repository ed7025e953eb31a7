"""Nodes: the description of a graph of layers, before any number flows."""


class Node:
    """The output of a layer in a graph under description. Keras: keras.KerasTensor.

    `layer` computes it from `inputs`, other nodes; `shape` has None for the batch. The
    layer keeps the node of its last call as `layer.output`. ValueError where the shapes
    do not fit the layer.
    """

    def __init__(self, layer, inputs: "Node | list[Node] | None", shape=None):
        self.layer, self.many = layer, isinstance(inputs, (list, tuple))
        self.inputs = list(inputs) if self.many else [] if inputs is None else [inputs]
        if shape is None:
            shapes = [node.shape for node in self.inputs]
            shape = shapes if self.many else shapes[0]
            layer.check_input(shape)
            shape = layer.compute_output_shape(shape)
        self.shape: tuple[int | None, ...] = shape
        layer.output = self

    def __repr__(self) -> str:
        return f"<Node {self.shape} of {self.layer!r}>"


def is_symbolic(x) -> bool:
    """Whether x is a Node or a list of Nodes."""
    return isinstance(x, Node) or (
        isinstance(x, (list, tuple)) and bool(x) and isinstance(x[0], Node)
    )
