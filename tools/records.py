"""The pages `proofs` and `speed`, made from the records in book/records.

`make proofs`, `make mutants` and `make bench` write the records; staging makes the pages of them.
"""

import json

from growth_figure import drawn
from mutants_page import mutants_markdown
from project import Project
from proofs_page import proofs_markdown
from speed_page import measured, speed_markdown


def record(project: Project, name: str) -> dict | None:
    """book/records/<name>.json, or None."""
    path = project.root / "book/records" / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def pages(project: Project) -> dict[str, bytes]:
    """The staged files: two pages, and the figures of one of them."""
    proofs, speed = record(project, "proofs"), record(project, "benchmarks")
    made = {
        "book/proofs.md": (
            proofs_markdown(proofs) + mutants_markdown(record(project, "mutants"))
        ).encode(),
        "book/speed.md": speed_markdown(speed, record(project, "textbook")).encode(),
    }
    for name, curve in measured((speed or {}).get("growth", {})).items():
        made[f"book/images/growth-{name}.svg"] = drawn(project, curve)
    return made
