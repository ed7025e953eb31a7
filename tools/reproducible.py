"""Are the chapters reproducible? python tools/reproducible.py DIR DIR

Both folders hold what the asserts of the notebooks compared in two separate runs (see kernel_hooks.py). Every number
of one run must be that of the other, to a relative 1e-6; a cell that ran twice counts with its last run.
"""

import json
import math
import sys
from pathlib import Path

TOLERANCE = 1e-6


def read(folder: Path) -> dict[str, list]:
    """Cell hash -> what was asserted, the newest run of each cell."""
    found = {}
    for file in sorted(folder.rglob("*.jsonl"), key=lambda file: file.stat().st_mtime):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            found[row["cell"]] = row["asserted"]
    return found


def same(a, b) -> bool:
    """Equal text, or numbers (in nested lists) within the tolerance."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(
            a, b, rel_tol=TOLERANCE, abs_tol=1e-12
        )
    return a == b


def compare(first: dict[str, list], second: dict[str, list]) -> tuple[int, list[str]]:
    """(values compared, differences) over the cells that ran in both."""
    differences, count = [], 0
    for cell in first.keys() & second.keys():
        a, b = first[cell], second[cell]
        count += len(a)
        if not same(a, b):
            differences.append(f"cell {cell[:10]}: {a} in one run, {b} in the other")
    return count, differences


if __name__ == "__main__":
    one, two = (read(Path(folder)) for folder in sys.argv[1:3])
    count, differences = compare(one, two)
    if not count:
        sys.exit(
            "reproducible: expected cells that ran in both folders, found none. Run `make html` first."
        )
    print("\n".join(differences))
    shared = len(one.keys() & two.keys())
    print(
        f"reproducible: {count} asserted values of {shared} cells compared, {len(differences)} differ"
    )
    sys.exit(1 if differences else 0)
