"""Chapter 7: operations on autodiff.Value."""

from dlcourse.autodiff import Value
from dlcourse.probes.wire import Foreign


def operation(function, *numbers):
    """(data, derivatives, whether y is new) of function(*Values); else a Foreign."""
    leaves = [Value(number) for number in numbers]
    y = function(*leaves)
    if not isinstance(y, Value):
        return Foreign(type(y).__name__)
    new = all(y is not leaf for leaf in leaves)
    y.backward()
    return y.data, [leaf.grad for leaf in leaves], new


def graph(softplus, maximum, a, b):
    """The derivatives of softplus(u v) max(u^2, v) + u, a graph with forks."""
    u, v = Value(a), Value(b)
    (softplus(u * v) * maximum(u * u, v) + u).backward()
    return u.grad, v.grad
