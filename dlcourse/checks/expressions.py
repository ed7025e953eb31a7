"""The expressions in which the steps of a derivation are written.

They are Python's notation and never run as Python: `read` takes only arithmetic, the
functions below, diff(f, x), the derivative of the number f with respect to the name x,
and the names of the exercise; `evaluate` and `symbolic` walk what it took.
"""

import ast
import operator

import numpy as np

from dlcourse import activations, gradcheck
from dlcourse.checks.compare import Wrong, kind_of

LONGEST = 1000  # characters of an expression
LARGEST_POWER = 64
LARGEST_BASE = 10**9  # of a power that SymPy takes exactly
LARGEST_ARRAY = 300  # entries that a function takes: outer and diag give their square

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
FUNCTIONS = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh, "cosh": np.cosh,
    "sinh": np.sinh, "sum": np.sum, "mean": np.mean, "outer": np.outer, "diag": np.diag,
    "maximum": np.maximum, "minimum": np.minimum,
    "sigmoid": lambda z: activations.sigmoid(np.asarray(z, float)),
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: activations.softmax(np.asarray(z, float)),
}  # fmt: skip
KNOWN = (*FUNCTIONS, "diff")
# NumPy takes one argument more for the place of its result: that must not be reached.
TWO_ARGUMENTS = ("outer", "maximum", "minimum", "diff")
OPTIONS = {"sum": ("axis", "keepdims"), "mean": ("axis", "keepdims")}
CONSTANTS = {"pi": np.pi, "e": np.e}


def parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def read(text: str, names: tuple[str, ...], where: str) -> ast.expr:
    """The expression of a step. Wrong where it is no expression of these names."""
    if not isinstance(text, str):
        raise Wrong(f"{where}: expected a text, got {kind_of(text)}.")
    if len(text) > LONGEST:
        raise Wrong(f"{where}: expected at most {LONGEST} characters.")
    try:
        tree = parsed(text)
        _require_known(tree, names, where)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Wrong(
            f"{where}: this is no expression: {text!r:.80}. A product is written *, a "
            "power **; each side of an equation is a step of its own."
        ) from None
    return tree


def _require_known(tree, names, where) -> None:
    functions, given = set(), set()  # nodes that stand for a function, for an option
    for node in ast.walk(tree):  # a call before what it holds
        if isinstance(node, ast.Call):
            _require_call(node, names, where)
            functions.add(node.func)
            given |= {option.value for option in node.keywords}
        elif node in functions or node in given:
            continue
        elif isinstance(node, ast.Name):
            if node.id not in (*CONSTANTS, *names):
                raise Wrong(
                    f"{where}: {node.id!r} is not known here. The names are "
                    f"{', '.join(names)}."
                )
        elif isinstance(node, (ast.BinOp, ast.UnaryOp)):
            if type(node.op) not in OPERATORS:
                power = " A power is written **." if "^" in ast.unparse(node) else ""
                raise Wrong(f"{where}: expected + - * / ** or @ alone.{power}")
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                raise Wrong(f"{where}: expected numbers, got {node.value!r:.40}.")
        elif isinstance(node, ast.Attribute):
            if node.attr != "T":
                raise Wrong(f"{where}: .{node.attr} is not known here; .T is.")
        elif not isinstance(node, (ast.keyword, ast.operator, ast.unaryop, ast.Load)):
            raise Wrong(f"{where}: {ast.unparse(node)!r:.60} is no arithmetic.")


def _require_call(node: ast.Call, names, where) -> None:
    """Wrong where a function is not known, or gets what it does not take."""
    if not isinstance(node.func, ast.Name) or node.func.id not in KNOWN:
        called = ast.unparse(node.func)
        known = f"The functions are {', '.join(KNOWN)}."
        if called in names or isinstance(node.func, (ast.BinOp, ast.Constant)):
            known = "A product is written *."
        raise Wrong(f"{where}: {called!r:.40} is no function here. {known}")
    name, takes = node.func.id, 1 + (node.func.id in TWO_ARGUMENTS)
    if len(node.args) != takes:
        raise Wrong(f"{where}: {name} takes {takes} argument{'s' * (takes > 1)}.")
    for option in node.keywords:
        if option.arg not in OPTIONS.get(name, ()):
            raise Wrong(f"{where}: {option.arg}= is not known here.")
        if not isinstance(ast.literal_eval(option.value), (int, bool)):
            raise ValueError
    if name == "diff":
        inside, of = node.args
        if not isinstance(of, ast.Name) or of.id not in names:
            raise Wrong(f"{where}: diff(f, x) takes one of {', '.join(names)} for x.")
        if any(isinstance(n, ast.Name) and n.id == "diff" for n in ast.walk(inside)):
            raise Wrong(f"{where}: diff within diff is not known here.")


def evaluate(tree: ast.expr, values: dict, where: str):
    """The number or array that an expression of `read` stands for."""
    try:
        return _evaluate(tree, values)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Wrong(f"{where}: {error}.") from None
    except (RecursionError, MemoryError):
        raise Wrong(f"{where}: this is too large.") from None


def _evaluate(node, values):
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id] if node.id in values else CONSTANTS[node.id]
    if isinstance(node, ast.Attribute):
        return np.asarray(_evaluate(node.value, values)).T
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](_evaluate(node.operand, values))
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left, values), _evaluate(node.right, values)
        if isinstance(node.op, ast.Pow) and np.max(np.abs(right)) > LARGEST_POWER:
            raise ValueError(f"a power above {LARGEST_POWER}")
        try:
            return OPERATORS[type(node.op)](np.asarray(left, float), right)
        except ValueError:
            a, b = (f"{ast.unparse(n):.60}" for n in (node.left, node.right))
            raise ValueError(
                f"{a} has the shape {np.shape(left)}, {b} has {np.shape(right)}: they "
                "do not fit"
            ) from None
    if node.func.id == "diff":
        return _derivative(node.args[0], node.args[1].id, values)
    options = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
    arguments = [_evaluate(argument, values) for argument in node.args]
    if max(map(np.size, arguments)) > LARGEST_ARRAY:
        raise ValueError(f"an array of more than {LARGEST_ARRAY} numbers")
    return FUNCTIONS[node.func.id](*arguments, **options)


def _derivative(tree, name, values):
    """Of a number with respect to every entry of a name's value: differences."""

    def f(x):
        value = _evaluate(tree, {**values, name: x})
        if np.ndim(value):
            raise ValueError(
                "diff(f, x) expects one number for f, such as a sum, got the shape "
                f"{np.shape(value)}"
            )
        return float(value)

    # Richardson: what is left of the two errors is O(eps^4).
    x, eps = np.array(values[name], float), 1e-3
    near, far = (gradcheck.numerical_gradient(f, x, h) for h in (eps, 2 * eps))
    return (4 * near - far) / 3


def symbolic(sympy, text: str):
    """The expression of a step of numbers alone, built node by node."""
    table = {
        name: getattr(sympy, name)
        for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "cosh", "sinh")
    }
    table["sigmoid"] = lambda z: 1 / (1 + sympy.exp(-z))

    def build(node):
        if isinstance(node, ast.Constant):
            return sympy.nsimplify(node.value)
        if isinstance(node, ast.Name):
            return {"pi": sympy.pi, "e": sympy.E}.get(
                node.id, sympy.Symbol(node.id, real=True)
            )
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](build(node.operand))
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
            left, right = build(node.left), build(node.right)
            if isinstance(node.op, ast.Pow):
                large = left.is_number and abs(left) > LARGEST_BASE
                if large or not right.is_number or abs(right) > LARGEST_POWER:
                    raise ValueError("a large power")
            return OPERATORS[type(node.op)](left, right)
        if isinstance(node, ast.Call) and not node.keywords:
            return table[node.func.id](*(build(argument) for argument in node.args))
        raise TypeError("no arithmetic of numbers")

    return build(parsed(text))
