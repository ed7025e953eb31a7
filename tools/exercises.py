"""exercises/NN_name.ipynb from the master solutions/NN_name.ipynb.

Between ### BEGIN SOLUTION and ### END SOLUTION a function's body becomes `raise NotImplementedError`, assignments at the
top level become `name = None`; free text becomes an invitation to write. Hints, tasks and checks stay as they are.
"""

import copy
import re

SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION[^\n]*\n(.*?)^[ \t]*### END SOLUTION[^\n]*$",
    re.M | re.S,
)
ASSIGNED = re.compile(r"^([A-Za-z_]\w*)(?:\s*:[^=\n]+)?\s*=(?!=)", re.M)


def generate(master):
    """The learner's notebook: a new node, solutions removed. ValueError where markers do not pair."""
    notebook = copy.deepcopy(master)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        begins = len(re.findall(r"### BEGIN SOLUTION", cell.source))
        if begins != len(re.findall(r"### END SOLUTION", cell.source)) or begins != len(
            SOLUTION.findall(cell.source)
        ):
            raise ValueError(
                f"cell {cell.id}: ### BEGIN SOLUTION and ### END SOLUTION do not pair"
            )
        if ("answer" in tags) != (begins > 0):
            raise ValueError(
                f"cell {cell.id}: expected the tag 'answer' exactly where a solution is marked"
            )
        if not begins:
            continue
        replace = (
            stub if cell.cell_type == "code" else (lambda match: "*Your answer here.*")
        )
        cell.source = SOLUTION.sub(replace, cell.source)
    return notebook


def stub(match: re.Match) -> str:
    """What stands in place of a solution: indented, an exception; at the top level, names set to None."""
    indent, body = match[1], match[2]
    if indent:
        return f"{indent}raise NotImplementedError  # your code here"
    names = list(dict.fromkeys(ASSIGNED.findall(body)))
    if not names:
        raise ValueError(
            f"a solution at the top level must assign a name, got: {body.strip()[:60]!r}"
        )
    return "\n".join(f"{name} = None  # your answer here" for name in names)
