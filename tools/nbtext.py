"""A notebook as plain text and back, for editors and diffs. Lossless for everything but outputs and
what nbgrader must know, which tools/sync.py writes.

python tools/nbtext.py text NOTEBOOK            prints the text
python tools/nbtext.py notebook TEXT NOTEBOOK   writes the notebook

One header line a cell, `=== md|code ID {metadata as JSON}`; then the source. The key "alt" is short for
metadata["mystnb"]["image"]["alt"].
"""

import json
import re
import sys
from pathlib import Path

import nbformat

HEADER = re.compile(r"^=== (md|code) ([A-Za-z0-9_-]{1,64})(?: (\{.*\}))?$")
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}  # fmt: skip


def to_text(notebook) -> str:
    """The text of a notebook node."""
    blocks = []
    for cell in notebook.cells:
        metadata = json.loads(json.dumps(cell.metadata))
        metadata.pop("nbgrader", None)
        image = metadata.get("mystnb", {}).get("image", {})
        if set(metadata.get("mystnb", {})) == {"image"} and set(image) == {"alt"}:
            metadata["alt"] = image["alt"]
            del metadata["mystnb"]
        kind = "code" if cell.cell_type == "code" else "md"
        header = f"=== {kind} {cell.id}"
        if metadata:
            header += " " + json.dumps(metadata, ensure_ascii=False, sort_keys=True)
        blocks.append(f"{header}\n{cell.source}\n")
    return "".join(blocks)


def to_notebook(text: str):
    """The notebook node of a text; ValueError names the line of a bad or doubled header."""
    cells, seen = [], set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("=== "):
            if not cells:
                raise ValueError(f"line {number}: text before the first '=== ' header")
            cells[-1][3].append(line)
            continue
        match = HEADER.match(line)
        if not match:
            raise ValueError(f"line {number}: not a cell header: {line}")
        kind, name, metadata = match[1], match[2], json.loads(match[3] or "{}")
        if name in seen:
            raise ValueError(f"line {number}: cell id {name!r} stands twice")
        seen.add(name)
        if "alt" in metadata:
            metadata["mystnb"] = {"image": {"alt": metadata.pop("alt")}}
        cells.append((kind, name, metadata, []))
    notebook = nbformat.v4.new_notebook(metadata=KERNEL)
    notebook.nbformat_minor = 5
    for kind, name, metadata, lines in cells:
        make = (
            nbformat.v4.new_code_cell
            if kind == "code"
            else nbformat.v4.new_markdown_cell
        )
        notebook.cells.append(
            make(source="\n".join(lines).strip("\n"), id=name, metadata=metadata)
        )
    nbformat.validate(notebook)
    return notebook


def write(notebook) -> str:
    """The text of the .ipynb file, the one way this repository keeps them: one-space indent, sorted keys."""
    plain = json.loads(nbformat.writes(notebook, version=nbformat.NO_CONVERT))
    return json.dumps(plain, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["text", notebook]:
            sys.stdout.write(to_text(nbformat.read(notebook, as_version=4)))
        case ["notebook", text, notebook]:
            Path(notebook).write_text(
                write(to_notebook(Path(text).read_text("utf-8"))), "utf-8"
            )
        case _:
            sys.exit(__doc__)
