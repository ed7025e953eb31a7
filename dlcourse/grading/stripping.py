"""The learner's notebook, made from a master.

Between ### BEGIN SOLUTION and ### END SOLUTION a function's body becomes
`raise NotImplementedError`, assignments at the top level become `name = None`, and free
text becomes an invitation to write. Hints, tasks and checks stay as they are.
"""

import copy
import re

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
SOLUTION = re.compile(rf"^([ \t]*){BEGIN}[^\n]*\n(.*?)^[ \t]*{END}[^\n]*$", re.M | re.S)
ASSIGNED = re.compile(r"^([A-Za-z_]\w*)(?:\s*:[^=\n]+)?\s*=(?!=)", re.M)


def generate(master):
    """The learner's notebook: a new node, solutions removed.

    ValueError where markers do not pair.
    """
    notebook = copy.deepcopy(master)
    for cell in notebook.cells:
        cell.source = stripped(cell)
    return notebook


def stripped(cell) -> str:
    """The source of a cell without its solution. ValueError for odd markers."""
    found = len(SOLUTION.findall(cell.source))
    if not cell.source.count(BEGIN) == cell.source.count(END) == found:
        raise ValueError(f"cell {cell.id}: {BEGIN} and {END} do not pair")
    if ("answer" in cell.metadata.get("tags", [])) != (found > 0):
        raise ValueError(
            f"cell {cell.id}: expected the tag 'answer' exactly where a solution is "
            "marked"
        )
    replace = _stub if cell.cell_type == "code" else "*Your answer here.*"
    return SOLUTION.sub(replace, cell.source)


def _stub(match: re.Match) -> str:
    """In place of a solution: indented, an exception; at the top level, None."""
    indent, body = match[1], match[2]
    if indent:
        return f"{indent}raise NotImplementedError  # your code here"
    names = list(dict.fromkeys(ASSIGNED.findall(body)))
    if not names:
        raise ValueError(
            "a solution at the top level must assign a name, got: "
            f"{body.strip()[:60]!r}"
        )
    return "\n".join(f"{name} = None  # your answer here" for name in names)
