"""Draws mutations with cosmic-ray; runs in that tool's own environment.

Reads {"tree", "files", "number", "seed"} as JSON from stdin, prints the mutants as JSON.
First a place (line and column) is drawn, then one of the mutations possible there, so
that an expression with many operators does not crowd out the others. Annotations,
and replacements that NumPy refuses anyway (a shift of floats), are left out.
"""

import ast
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

ARITHMETIC, LOGIC = {"Add", "Sub", "Mul", "Div", "Pow"}, {"BitAnd", "BitOr", "BitXor"}
ARITHMETIC |= {"FloorDiv", "Mod"}


def sensible(name: str) -> bool:
    """Whether an operator makes a mutant that can live."""
    if found := re.fullmatch(r"core/ReplaceBinaryOperator_(\w+)_(\w+)", name):
        return any({*found.groups()} <= family for family in (ARITHMETIC, LOGIC))
    if found := re.fullmatch(r"core/ReplaceComparisonOperator_(\w+)_(\w+)", name):
        old, new = found.groups()
        return old.startswith("Is") == new.startswith("Is")
    return name not in ("core/VariableInserter", "core/VariableReplacer", "core/NoOp")


def annotated(source: str) -> list[tuple]:
    """The spans (start, end) of annotations."""
    nodes = []
    for node in ast.walk(ast.parse(source)):
        nodes += [getattr(node, "annotation", None), getattr(node, "returns", None)]
    return [
        ((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset))
        for n in nodes
        if isinstance(n, ast.AST)
    ]


def places(file: str, source: str) -> dict[tuple, list[tuple]]:
    """(file, position) -> [(operator, occurrence)]."""
    import cosmic_ray.plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    found, outside = defaultdict(list), annotated(source)
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(cosmic_ray.plugins.operator_names()):
        if not sensible(name):
            continue
        operator = cosmic_ray.plugins.get_operator(name)()
        positions = (p for node in nodes for p in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(low <= start <= high for low, high in outside):
                found[file, start, end].append((name, occurrence))
    return found


def changed(old: str, new: str) -> tuple[int, str, str]:
    """The first line that differs: its number, before, after."""
    before, after = (
        [
            (n, line.strip())
            for n, line in enumerate(text.splitlines(), 1)
            if line.strip()
        ]
        for text in (old, new)
    )
    for (number, a), (_, b) in zip(before, after, strict=False):
        if a != b:
            return number, a, b
    raise ValueError("a mutation changed nothing")


def rank(seed: int, *place) -> str:
    """A place's number in the drawing: a hash, so that an edit elsewhere moves no other."""
    return hashlib.sha256(repr((seed, *place)).encode()).hexdigest()


def drawn(tree: Path, files: list[str], number: int, seed: int) -> list[dict]:
    """The number of places, then the sample."""
    import cosmic_ray.plugins
    from cosmic_ray.mutating import mutate_code

    every, sources = {}, {}
    for file in sorted(files):
        sources[file] = (tree / file).read_text("utf-8")
        lines, seen = sources[file].splitlines(), Counter()
        for place, mutations in sorted(places(file, sources[file]).items()):
            row, column = place[1]
            text = lines[row - 1]
            seen[text, column] += 1
            every[
                rank(seed, file, text, column, seen[text, column], len(mutations))
            ] = (file, mutations)
    mutants = []
    for key in sorted(every)[:number]:
        file, mutations = every[key]
        name, occurrence = mutations[int(key, 16) % len(mutations)]
        operator = cosmic_ray.plugins.get_operator(name)()
        code = mutate_code(sources[file], operator, occurrence)
        line, before, after = changed(sources[file], code)
        mutants.append(
            {"file": file, "line": line, "operator": name.removeprefix("core/"),
             "before": before, "after": after, "code": code}
        )  # fmt: skip
    return [{"places": len(every)}, *mutants]


if __name__ == "__main__":
    request = json.load(sys.stdin)
    request["tree"] = Path(request["tree"])
    json.dump(drawn(**request), sys.stdout)
