"""The pages `proofs`, `speed` and `surfaces`, made from the records in book/records.

`make proofs`, `make mutants`, `make bench`, `make test-backends`, `make test-colab` and `make test-gpu` write the records;
staging makes the pages of them.
"""

import json

from growth_figure import drawn
from mutants_page import mutants_markdown
from project import Project, edition, markdown_cells
from proofs_page import proofs_markdown
from speed_page import measured, speed_markdown
from surfaces_page import surfaces_markdown


def record(project: Project, name: str) -> dict | None:
    """book/records/<name>.json, or None."""
    path = project.root / "book/records" / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def titles(project: Project) -> dict[str, str]:
    """{"07_backpropagation": "7. Backpropagation: derivations"}"""
    return {
        path.stem: markdown_cells(path)[0][1].splitlines()[0].removeprefix("# ")
        for path in sorted((project.root / "chapters").glob("*.ipynb"))
    }


def pages(project: Project) -> dict[str, bytes]:
    """The staged files: three pages, and the figures of one of them."""
    proofs, speed = record(project, "proofs"), record(project, "benchmarks")
    made = {
        "book/proofs.md": (
            proofs_markdown(proofs) + mutants_markdown(record(project, "mutants"))
        ).encode(),
        "book/speed.md": speed_markdown(speed, record(project, "textbook")).encode(),
        "book/surfaces.md": surfaces_markdown(
            titles(project),
            *(record(project, name) for name in ("matrix", "colab", "gpu")),
            release=(project.repository, f"v{edition(project)}"),
        ).encode(),
    }
    for name, curve in measured((speed or {}).get("growth", {})).items():
        made[f"book/images/growth-{name}.svg"] = drawn(project, curve)
    return made
