"""What graders and learners get to read: JSON, HTML, CSV, the executed notebook.

All of it may hold text of a stranger: HTML is escaped and has no scripts, spreadsheets
get no formulas, and of a notebook's outputs only texts and PNG images are kept.
"""

import csv
import html
import json
import os
import statistics
import tempfile
from pathlib import Path

import nbformat

from dlcourse.checks.verdict import COLOURS, MARKS, WORDS

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
section {{ border-left: 4px solid var(--mark); padding: .2rem 1rem; margin: 1rem 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
h2 {{ font-size: 1.1rem; margin: .2rem 0 }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""  # noqa: E501


def write(path: Path, text: str) -> None:
    """Whole or not at all: an interrupted run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def as_json(record: dict) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def feedback(record: dict) -> str:
    """The page for a learner."""
    title = f"{record['assignment']}: {record['student']}"
    parts = [
        f"<p><strong>{record['points']} of {record['possible']} points</strong></p>"
    ]
    if record["reason"]:
        parts.append(f"<p>{html.escape(record['reason'])}</p>")
    parts += [f"<p>{html.escape(note)}</p>" for note in record["notes"]]
    for mark in record["marks"]:
        status = mark["status"]
        heading = f"{MARKS[status]} {mark['id']} {mark['title']}"
        lines = [
            f"<h2>{html.escape(heading)}</h2>",
            f"<p>{WORDS[status]}, {mark['points']} of {mark['possible']} points</p>",
        ]
        if mark["message"]:
            lines.append(f"<pre>{html.escape(mark['message'])}</pre>")
        if mark["hint"]:
            lines.append(f"<p>Hint: {html.escape(mark['hint'])}</p>")
        if mark["essay"]:
            lines.append("<p>The text of this exercise is read by a person.</p>")
        colour = COLOURS[status]
        parts.append(f"<section style='--mark: {colour}'>{''.join(lines)}</section>")
    return PAGE.format(title=html.escape(title), body="\n".join(parts))


def executed(notebook) -> str:
    """The notebook with the outputs of its run, for a person to read."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_harmless(output) for output in cell.outputs]
    return nbformat.writes(notebook)


def _harmless(output):
    if output.output_type in ("display_data", "execute_result"):
        kept = {
            k: v for k, v in output.data.items() if k in ("text/plain", "image/png")
        }
        return nbformat.v4.new_output("display_data", kept)
    if output.output_type == "stream":
        return nbformat.v4.new_output(
            "stream", name="stdout", text=output.text[:20_000]
        )
    return nbformat.v4.new_output(
        "error",
        ename=str(output.get("ename", ""))[:100],
        evalue=str(output.get("evalue", ""))[:500],
        traceback=[str(line)[:2000] for line in output.get("traceback", [])[:20]],
    )


def grades(records: list[dict], texts: tuple[list, dict] = ([], {})) -> str:
    """grades.csv: a row a student, a column a question.

    `texts` are the columns of by_hand.csv and a row for each student (by_hand.columns).
    """
    ids = [
        mark["id"] for mark in max((r["marks"] for r in records), key=len, default=[])
    ]
    rows = [["student", "points", "possible", *ids, *texts[0], "reason"]]
    for record in sorted(records, key=lambda r: r["student"]):
        points = {mark["id"]: mark["points"] for mark in record["marks"]}
        rows.append(
            [cell(record["student"]), record["points"], record["possible"],
             *(points.get(id, 0) for id in ids),
             *texts[1].get(cell(record["student"]), [""] * len(texts[0])),
             cell(record["reason"])]
        )  # fmt: skip
    return table(rows)


def table(rows: list[list]) -> str:
    """Rows as CSV."""
    lines: list[str] = []
    csv.writer(_Lines(lines), lineterminator="\n").writerows(rows)
    return "".join(lines)


class _Lines:
    def __init__(self, lines):
        self.write = lines.append


def cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = " ".join(str(text).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def summary(records: list[dict], seconds: float) -> str:
    """What a run came to, for a terminal."""
    if not records:
        return "No submissions.\n"
    points = [record["points"] for record in records]
    refused = [record for record in records if record["reason"]]
    lines = [
        f"{len(records)} submissions, {seconds:.0f} s",
        f"points: mean {statistics.fmean(points):.1f}, median "
        f"{statistics.median(points):g}, of {records[0]['possible']}",
    ]
    for id in [mark["id"] for mark in max((r["marks"] for r in records), key=len)]:
        statuses = [m["status"] for r in records for m in r["marks"] if m["id"] == id]
        counts = ", ".join(f"{statuses.count(s)} {WORDS[s]}" for s in WORDS)
        lines.append(f"  {id}: {counts}")
    lines += [f"not graded: {cell(r['student'])}: {cell(r['reason'])}" for r in refused]
    return "\n".join(lines) + "\n"
