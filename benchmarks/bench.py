"""The benchmarks: python benchmarks/bench.py [--only NAME ...] [--quick] [--list]

Each item is timed beside each rival in a fresh process (child.py) by the method of
measure.py, with one thread; then wall time with two threads beside Keras, the memory of
a process, growth with size, and the import. The result is book/records/benchmarks.json,
from which the book's page is made. A row below 1 means that NumPy is faster.

--only replaces the rows whose names contain NAME and leaves the others of the record as
they were; --quick measures briefly and writes nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from contestants import RIVALS, here
from machine import imports, machine
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from work import DOUBLED, ITEMS

HERE = Path(__file__).resolve().parent
RECORD = HERE.parent / "book/records/benchmarks.json"
MINUTES = 15.0  # of the whole run; what does not fit is listed as not run
LONGEST = 150  # seconds that one child may take
STEPS = 20  # of training, before the memory of a process is read
METHOD = (
    "CPU seconds of the process (time.process_time), one BLAS thread and one thread of "
    "each framework, slices A B B A, median of the ratios of the groups with quartiles; "
    "each pair in a fresh process, equal weights and data, first results compared; JAX "
    "has no setting for its threads, so that process is bound to one core"
)
GROWTH = ("batch", "width", "length", "image", "memory")


def environment(threads: int) -> dict[str, str]:
    """Of a child: so many threads, everywhere."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
             "VECLIB_MAXIMUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # fmt: skip
    found = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow",
             "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu",
             "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))}  # fmt: skip
    return {**found, **dict.fromkeys(names, str(threads)), **quiet}


def ask(request: dict, threads: int = 1) -> dict:
    """The answer of a child, or {"not_run": reason}."""
    try:
        run = subprocess.run(
            [sys.executable, str(HERE / "child.py"), json.dumps(request)],
            env=environment(threads),
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return {"not_run": f"took more than {LONGEST} s"}
    lines = run.stdout.strip().splitlines()
    if run.returncode or not lines:
        said = run.stderr.strip().splitlines()
        return {
            "not_run": f"ended with {run.returncode}: {said[-1] if said else ''}"[:300]
        }
    return json.loads(lines[-1])


# -- what there is to do


def tasks(only: list[str], rivals: list[str], tables: dict) -> list[tuple]:
    """(section, row, column, request, threads), the most important first.

    `tables` holds the further items: module -> name -> goal.
    """
    wanted = [item for item in ITEMS if chosen(item.name, only)]

    def pairs(keys):
        return [
            ("items", item.name, key, {"task": "pair", "item": item.name, "rival": key,
                                       "clock": "cpu", "pin": key == "jax"}, 1)
            for key in keys for item in wanted
        ]  # fmt: skip

    found = pairs(key for key in rivals if key in ("keras", "floor"))
    found += [
        ("memory", item.name, side,
         {"task": "memory", "item": item.name, "side": side, "steps": STEPS}, 1)
        for item in wanted if item.memory for side in ("numpy", "keras")
    ]  # fmt: skip
    if chosen("import", only):
        found.append(("import", "dlcourse", None, None, 1))
    found += [
        ("growth", name, None, {"task": "grow", "curve": name}, 1)
        for name in GROWTH if chosen(f"growth {name}", only)
    ]  # fmt: skip
    found += pairs(key for key in rivals if key not in ("keras", "floor"))
    found += [
        ("items", item.name, "wall",
         {"task": "pair", "item": item.name, "rival": "keras", "clock": "wall"}, 2)
        for item in wanted
    ]  # fmt: skip
    found += [
        ("further", name, "keras",
         {"task": "further", "module": module, "item": name, "clock": "cpu"}, 1)
        for module, names in tables.items() for name in names
        if chosen(name, only) and name not in DOUBLED
    ]  # fmt: skip
    return found


def chosen(name: str, only: list[str]) -> bool:
    return not only or any(part.lower() in name.lower() for part in only)


def further() -> dict[str, dict[str, float | None]]:
    """Names and goals in the table ITEMS of each items_<topic>.py."""
    return ask(
        {"task": "tables", "modules": sorted(p.stem for p in HERE.glob("items_*.py"))}
    )


# -- the run


def run(only: list[str], quick: bool, minutes: float, console: Console) -> dict:
    """The record of what was asked for."""
    rivals = [key for key in RIVALS if here(key)]
    begin, tables = time.monotonic(), further()
    todo = tasks(only, rivals, tables)
    record = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": ask({"task": "versions"}),
        "threads": 1,
        "method": METHOD,
        "absent": [RIVALS[key][2] for key in RIVALS if not here(key)],
        "items": rows(only), "memory": {}, "growth": {}, "import": {}, "further": {},
    }  # fmt: skip
    goal_of = {name: goal for table in tables.values() for name, goal in table.items()}
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(todo))
        for section, row, column, request, threads in todo:
            progress.update(
                bar, description=f"{row}{f', {column}' if column else ''}"[:44]
            )
            if time.monotonic() - begin > 60 * minutes:
                answer = {"not_run": f"the {minutes:g} minutes of the run were over"}
            elif request is None:
                answer = imports(quick, environment(1))
            else:
                if request["task"] in ("pair", "further", "grow"):
                    request = {**request, "quick": quick}
                if column == "wall":  # in the way that was fastest
                    request["way"] = record["items"][row].get("keras", {}).get("way")
                answer = ask(request, threads)
            if section == "further":
                record["further"][row] = {"goal": goal_of.get(row), "keras": answer}
            elif section in ("import", "growth"):
                record[section] = (
                    answer if section == "import" else {**record[section], row: answer}
                )
            else:
                record[section].setdefault(row, {})[column] = answer
            console.print(line(row, column, answer), highlight=False)
            progress.advance(bar)
    record["seconds"] = round(time.monotonic() - begin)
    return record


def rows(only: list[str]) -> dict:
    """The table's rows with their goals, nothing measured yet."""
    return {
        item.name: {"goal": item.goal, "beyond": item.beyond, "note": item.note}
        for item in ITEMS if chosen(item.name, only)
    }  # fmt: skip


def line(row: str, column: str | None, answer: dict) -> str:
    """What the terminal shows of one measurement."""
    head = f"{row:<36} {column or '':<8}"
    if "not_run" in answer:
        return f"{head} not run: {answer['not_run']}"
    if "median" in answer:
        ms = f"{1e3 * answer['ours']:.3g} / {1e3 * answer['theirs']:.3g} ms"
        spread = f"({answer['low']:.2f} to {answer['high']:.2f})"
        return f"{head}{answer['median']:6.2f} {spread:<18}{ms:<22}{answer['way']}"
    if "slope" in answer:
        return f"{head} slope {answer['slope']:.2f}, expected {answer['expected']:g}"
    if "peak" in answer:
        return f"{head} peak {answer['peak'] / 2**20:.0f} MiB"
    return f"{head} import {answer['dlcourse']['cpu']:.3f} s CPU, {answer['dlcourse']['wall']:.3f} s wall"


def merged(old: dict, new: dict) -> dict:
    """The new record with the old one's rows where nothing new was measured."""
    found = dict(new)
    for section in ("items", "memory", "growth", "further"):
        found[section] = {**old.get(section, {}), **new[section]}
    found["import"] = new["import"] or old.get("import", {})
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="brief, writes nothing")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--list", action="store_true", help="what there is to measure")
    parser.add_argument("--record", type=Path, default=RECORD, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True)
    if options.list:
        rivals = [key for key in RIVALS if here(key)]
        for section, row, column, *_ in tasks(options.only, rivals, further()):
            console.print(
                f"{section:<8} {row}{f', {column}' if column else ''}", highlight=False
            )
        return 0
    record = run(options.only, options.quick, options.minutes, console)
    if options.quick:
        console.print(f"{record['seconds']} s; nothing written (--quick)")
        return 0
    if options.only and options.record.exists():
        record = merged(json.loads(options.record.read_text("utf-8")), record)
    options.record.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    options.record.write_text(text, "utf-8")
    console.print(f"{record['seconds']} s; wrote {options.record.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
