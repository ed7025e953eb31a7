"""Reverse-mode automatic differentiation of scalars, in one class.

For the backpropagation chapter; nothing imports it.
"""

import math


class Value:
    """A number that remembers how it was computed, for the chain rule. Book: eq:fork.

    `parents` holds pairs (value it was computed from, local derivative). Forward
    computes `data` at once; backward walks the graph in reverse and adds, along each
    edge, grad * local derivative to the parent's `grad`.
    The operators are + - * / and ** with a number as exponent.
    """

    def __init__(self, data: float, parents: tuple = (), label: str = ""):
        self.data, self.parents, self.label = float(data), parents, label
        self.grad = 0.0

    @staticmethod
    def of(x: "Value | float") -> "Value":
        """x as a Value."""
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = Value.of(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)), "+")

    def __mul__(self, other):
        other = Value.of(other)
        return Value(
            self.data * other.data, ((self, other.data), (other, self.data)), "*"
        )

    def __pow__(self, exponent: float):
        if isinstance(exponent, Value):
            raise TypeError("Value: expected a number as exponent, got a Value.")
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return Value(self.data**exponent, ((self, slope),), f"**{exponent}")

    def exp(self):
        y = math.exp(self.data)
        return Value(y, ((self, y),), "exp")

    def log(self):
        if self.data <= 0:
            raise ValueError(f"Value.log: expected a number above 0, got {self.data}.")
        return Value(math.log(self.data), ((self, 1 / self.data),), "log")

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, ((self, 1 - y * y),), "tanh")

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),), "relu")

    def sigmoid(self):
        return (1 + (-self).exp()) ** -1

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-Value.of(other))

    def __truediv__(self, other):
        return self * Value.of(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return Value.of(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return Value.of(other) / self

    def graph(self) -> list["Value"]:
        """Every value that this one depends on, each after all of its parents."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, parents_done = stack.pop()
            if parents_done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(parent, False) for parent, _ in node.parents]
        return order

    def backward(self) -> None:
        """Set `grad` of every value in the graph to d self / d value."""
        order = self.graph()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                # A fork receives the sum over its branches.
                parent.grad += node.grad * slope

    def __repr__(self):
        return f"Value({self.data:.6g}, grad={self.grad:.6g})"
