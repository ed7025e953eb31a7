"""Checking a derivation step by step: which step is the first that is not true?

A learner writes the steps of a calculation as texts, each in Python's notation,

    steps_5_7 = ["(w + x) @ (w + x)", "w @ w + 2 * w @ x + x @ x", ...]

or as functions. Neighbours must agree at random points; where they have no real value
at any of them, SymPy decides, if it is installed. A text is never run as Python: only
arithmetic, the functions below, and the names of the exercise mean anything.
"""

import ast
import operator
from collections.abc import Callable

import numpy as np

from dlcourse import activations
from dlcourse.checks.answers import Answer
from dlcourse.checks.compare import Wrong, show
from dlcourse.checks.draw import Draw, described

POINTS = 12
LONGEST = 1000  # characters of a step
LARGEST_POWER = 64

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
CONSTANTS = {"pi": np.pi, "e": np.e}
Step = str | Answer


def follow(
    steps: list[Step],
    draw: Callable[[Draw], dict],
    rng: np.random.Generator,
    start: str | None = None,
    goal: str | None = None,
    least: int = 1,
    rtol: float = 1e-7,
) -> None:
    """Compare each step with the one before, from `start` to `goal`.

    Wrong names the first step that does not follow, or that cannot be read, with a
    point where it and the one before differ. `least` different steps are asked for.
    """
    if not isinstance(steps, (list, tuple)) or not steps:
        raise Wrong('expected a list of steps, such as ["(a + b)**2", "a**2 + ..."].')
    texts = {"".join(step.split()) if isinstance(step, str) else step for step in steps}
    if len(texts) < least:
        raise Wrong(f"expected at least {least} different steps, got {len(texts)}.")
    points = [draw(Draw(rng)) for _ in range(POINTS)]
    chain: list[tuple[str, Step]] = [] if start is None else [("the beginning", start)]
    chain += [(f"step {i}", step) for i, step in enumerate(steps, 1)]
    chain += [] if goal is None else [("the result", goal)]
    known = None
    for name, step in chain:
        values = [_value(step, name, point) for point in points]
        if known is not None:
            _same(known, (name, step, values), points, rtol)
        known = (name, step, values)


def _same(before, after, points, rtol) -> None:
    """Wrong where two neighbours differ."""
    (name_a, step_a, values_a), (name_b, step_b, values_b) = before, after
    decided = 0
    for a, b, point in zip(values_a, values_b, points, strict=True):
        if np.shape(a) != np.shape(b):
            raise Wrong(
                f"{name_b} has the shape {np.shape(b)}, {name_a} has {np.shape(a)}.\n"
                f"{described(point)}"
            )
        finite = np.isfinite(a) & np.isfinite(b)
        decided += bool(np.all(finite))
        if not np.allclose(np.where(finite, a, 0), np.where(finite, b, 0), rtol, 1e-9):
            if name_b == "the result":
                ends = f"{name_a} is not yet the result that is asked for"
            else:
                ends = f"{name_b} does not follow: it differs from {name_a}"
            raise Wrong(
                f"{ends}. There {name_a} is {show(a)}, {name_b} is {show(b)}.\n"
                f"{described(point)}"
            )
    if not decided and not _equal_by_sympy(step_a, step_b):
        raise Wrong(
            f"{name_b}: at none of the points that were tried are it and {name_a} "
            "finite."
        )


def _value(step: Step, name: str, point: dict):
    """The value of a step at a point."""
    if isinstance(step, Answer):
        found = step(*point.values())
    else:
        with np.errstate(all="ignore"):
            found = evaluate(read(step, tuple(point), name), point, name)
    found = np.asarray(found)
    if found.dtype.kind not in "biuf":
        raise Wrong(f"{name}: expected numbers, got {found.dtype}.")
    return found.astype(float)


def read(text: str, names: tuple[str, ...], where: str) -> ast.expr:
    """The expression of a step. Wrong where it is no expression of these names."""
    if not isinstance(text, str):
        raise Wrong(f"{where}: expected a text, got {type(text).__name__}.")
    if len(text) > LONGEST:
        raise Wrong(f"{where}: expected at most {LONGEST} characters.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Wrong(f"{where}: this is no expression: {text!r:.80}.") from None
    _require_known(tree, names, where)
    return tree


def _require_known(tree, names, where) -> None:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    plain = (*CONSTANTS, *names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in (FUNCTIONS if id(node) in called else plain):
                raise Wrong(
                    f"{where}: {node.id!r} is not known here. The names are "
                    f"{', '.join(names)}; the functions {', '.join(FUNCTIONS)}."
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
        elif isinstance(node, ast.keyword):
            if node.arg not in ("axis", "keepdims"):
                raise Wrong(f"{where}: {node.arg}= is not known here.")
        elif not isinstance(node, (ast.Call, ast.operator, ast.unaryop, ast.Load)):
            raise Wrong(f"{where}: {ast.unparse(node)!r:.60} is no arithmetic.")


def evaluate(tree: ast.expr, values: dict, where: str):
    """The number or array that an expression of `read` stands for."""
    try:
        return _evaluate(tree, values)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise Wrong(f"{where}: {error}.") from None


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
        return OPERATORS[type(node.op)](np.asarray(left, float), right)
    options = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
    arguments = [_evaluate(argument, values) for argument in node.args]
    return FUNCTIONS[node.func.id](*arguments, **options)


def _equal_by_sympy(a: Step, b: Step) -> bool:
    """Whether SymPy proves a - b = 0; False where it cannot, or is not there."""
    try:
        import sympy
    except ImportError:
        return False
    if not isinstance(a, str) or not isinstance(b, str):
        return False
    try:
        difference = _symbolic(sympy, a) - _symbolic(sympy, b)
        return sympy.simplify(difference) == 0
    except (TypeError, ValueError, KeyError, RecursionError):
        return False


def _symbolic(sympy, text: str):
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
            if isinstance(node.op, ast.Pow) and abs(right) > LARGEST_POWER:
                raise ValueError("a large power")
            return OPERATORS[type(node.op)](left, right)
        if isinstance(node, ast.Call) and not node.keywords:
            return table[node.func.id](*(build(argument) for argument in node.args))
        raise TypeError("no arithmetic of numbers")

    return build(ast.parse(text.strip(), mode="eval").body)
