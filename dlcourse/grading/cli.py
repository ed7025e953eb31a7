"""The command `dlcourse`: grading a folder of submissions, and the doctor.

dlcourse grade SUBMISSIONS/ --assignment 07 -o OUT/
dlcourse grade --doctor
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from dlcourse.grading import assignment, batch, box
from dlcourse.grading.limits import Limits

MASTERS = Path("solutions")


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, or 2 with a message where something must be changed first."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted. What is finished is kept: run it again.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="dlcourse", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="command")
    grade = commands.add_parser("grade", help="grade a folder of submissions")
    grade.set_defaults(run=run_grade)
    grade.add_argument("submissions", nargs="?", type=Path, metavar="SUBMISSIONS",
                       help="NAME.ipynb or a folder NAME for each student")  # fmt: skip
    grade.add_argument("--assignment", type=int, metavar="07", help="the chapter")
    grade.add_argument(
        "-o", "--out", type=Path, metavar="OUT", help="folder of results"
    )
    grade.add_argument("--masters", type=Path, default=MASTERS, metavar="DIR",
                       help="folder of the masters (default: solutions)")  # fmt: skip
    grade.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                       metavar="N", help="at a time (default: one a core)")  # fmt: skip
    grade.add_argument("--seed", type=int, help="of the inputs (default: drawn once)")
    grade.add_argument("--scheduler", metavar="ADDRESS",
                       help="of a Dask scheduler, for more machines")  # fmt: skip
    grade.add_argument("--doctor", action="store_true",
                       help="tell whether this machine can sandbox")  # fmt: skip
    return top


def run_grade(options) -> int:
    if options.doctor:
        return run_doctor()
    for name in ("submissions", "assignment", "out"):
        if getattr(options, name) is None:
            raise ValueError(
                "grade: expected SUBMISSIONS, --assignment and -o, as in "
                f"dlcourse grade handed-in --assignment 07 -o graded; {name} is "
                "missing."
            )
    if not options.submissions.is_dir():
        raise ValueError(f"grade: expected a folder, got {options.submissions}.")
    unwell = [one for one in box.doctor() if one.needed and not one.well]
    if unwell:
        raise ValueError(
            "grade: this machine cannot sandbox, and submissions are not run without a "
            f"sandbox. {unwell[0].advice}"
        )
    masters, number = options.masters.resolve(), options.assignment
    assignment.load(masters, number)  # is there one? Before anything is written
    run = batch.prepare(options.out, masters, number, Limits(), options.seed)
    all_jobs = batch.jobs(run, options.submissions.resolve())
    todo = [job for job in all_jobs if batch.finished(job) is None]
    began = time.monotonic()
    columns = (
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        done = len(all_jobs) - len(todo)
        bar = progress.add_task("grading", total=len(all_jobs), completed=done)
        for _ in batch.spread(todo, lambda: executor(options)):
            progress.advance(bar)
    print(batch.conclude(run, all_jobs, time.monotonic() - began), end="")
    return 0


def executor(options) -> Executor:
    """Processes of this machine, or the workers of a Dask scheduler."""
    if options.scheduler:
        from distributed import Client

        return Client(options.scheduler).get_executor()
    # Spawned, not forked: a worker starts without threads and sockets of this one.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=max(1, options.jobs), mp_context=context)


def run_doctor() -> int:
    console, well = Console(), True
    for one in box.doctor():
        console.print(f"{'✓' if one.well else '✗'} {one.what}", markup=False)
        if not one.well:
            console.print(f"  {one.advice}", markup=False)
            well = well and not one.needed
    console.print("This machine can grade." if well else "This machine cannot grade.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
