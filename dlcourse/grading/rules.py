"""Which modules an answer may use: read from its text, before anything is asked of it.

An exercise that says "write softplus" is not answered by softplus from a library. The
text of the answer, and of everything in the notebook that it refers to, may import and
use only what the exercise allows. What hides that from a reader (exec, getattr with a
computed name, importlib, ...) is not allowed in an answer either.
"""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

from dlcourse.checks.registry import Exercise
from dlcourse.grading.submission import tree

ALWAYS = (
    "abc", "collections", "copy", "dataclasses", "enum", "fractions", "functools",
    "itertools", "math", "numbers", "numpy", "operator", "platform", "random", "re",
    "statistics", "string", "time", "typing", "warnings",
)  # fmt: skip
NEVER = ("numpy.ctypeslib", "numpy.distutils", "numpy.f2py", "numpy.lib.npyio")
DYNAMIC = """
    __builtins__ __import__ __loader__ __spec__ breakpoint compile delattr eval exec
    get_ipython globals input locals open setattr vars
"""
HIDING = """
    __bases__ __builtins__ __class__ __closure__ __code__ __dict__ __func__
    __getattribute__ __globals__ __import__ __mro__ __reduce__ __self__ __subclasses__
    ctypes f_back f_builtins f_globals f_locals gi_frame modules tb_frame
"""
NAMES = frozenset((DYNAMIC + HIDING).split())
ATTRIBUTES = frozenset(HIDING.split())


@dataclass
class Notebook:
    """The definitions of a notebook: name -> the statements that bind it."""

    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)

    @classmethod
    def of(cls, sources: list[str]) -> "Notebook":
        found = cls()
        for source in sources:
            module = tree(source)
            for statement in module.body if module else []:
                for name in _binds(statement):
                    found.bound.setdefault(name, []).append(statement)
        return found

    def behind(self, names: tuple[str, ...]) -> list[ast.stmt]:
        """The statements that these names rest on, one behind the other."""
        todo, seen, statements = list(names), set(), []
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for statement in self.bound.get(name, ()):
                if statement not in statements:
                    statements.append(statement)
                    todo += _global_names(statement)
        return statements


def breach(exercise: Exercise, names: tuple[str, ...], notebook: Notebook) -> str:
    """What the answers of these names use that they may not; "" where all is well."""
    for name in names:
        if name not in notebook.bound:
            return f"{name} is not defined by def, class or an assignment in a cell."
    allowed = (*ALWAYS, *exercise.imports)
    for used, whole in _uses(notebook.behind(names)):
        if used in NAMES:
            return f"{used} may not be used in an answer."
        if not _may(used, allowed, whole):
            more = "".join(f", {module}" for module in exercise.imports)
            return (
                f"{used} may not be used here. Allowed are NumPy, Python's own "
                f"mathematics{more}."
            )
    return ""


def _may(module: str, allowed: tuple[str, ...], whole: bool) -> bool:
    """Whether a module, or a name in it, is allowed. Not `whole`: as the way to a part
    of it that is allowed, as in `import dlcourse`."""

    def within(top):
        return module == top or module.startswith(f"{top}.")

    if any(within(top) for top in NEVER):
        return False
    way = not whole and any(top.startswith(f"{module}.") for top in allowed)
    return way or any(within(top) for top in allowed)


def _uses(statements) -> Iterator[tuple[str, bool]]:
    """(full name, whether all of it can be reached from there) of what they use.

    A module by itself, not followed by a dot, can be handed on: then all of it counts.
    """
    nodes = [node for statement in statements for node in ast.walk(statement)]
    modules = _modules(nodes)
    roots = {id(_root(node)) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):  # what is imported counts where it is used
            if node.level or any(alias.name == "*" for alias in node.names):
                yield "__import__", True
        elif isinstance(node, ast.Attribute):
            if node.attr in ATTRIBUTES:
                yield node.attr, True
            chain = _chain(node)
            if chain and chain[0] in modules:
                yield ".".join([modules[chain[0]], *chain[1:]]), False
        elif isinstance(node, ast.Name) and node.id in modules:
            if id(node) not in roots:
                yield modules[node.id], True
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id, True
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            name = node.args[1] if len(node.args) > 1 else None
            known = isinstance(name, ast.Constant) and isinstance(name.value, str)
            if not known or name.value in NAMES:
                yield "eval", True


def _modules(nodes) -> dict[str, str]:
    """local name -> module or module.name, of all imports among these nodes."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name if alias.asname else alias.name.split(".")[0]
                found[alias.asname or top] = top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _global_names(statement) -> set[str]:
    """The names that a statement looks up in the notebook: no arguments, no locals."""
    found, tables = set(), [symtable.symtable(ast.unparse(statement), "cell", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
    return found


def _root(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _chain(node) -> list[str]:
    """["np", "linalg", "norm"] of np.linalg.norm; [] where it begins with a value."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def _binds(statement) -> list[str]:
    """The names that a top-level statement gives a value, or changes."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    found = []
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [a.asname or a.name.split(".")[0] for a in node.names]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.append(node.name)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
            node.ctx, ast.Store
        ):
            inner = node
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            found += [inner.id] if isinstance(inner, ast.Name) else []
    return list(dict.fromkeys(found))
