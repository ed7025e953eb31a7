"""The command `dlcourse`: grading a folder of submissions, and the doctor.

dlcourse grade SUBMISSIONS/ --assignment 07 -o OUT/
dlcourse grade MY.ipynb --assignment 07 -o OUT/ --no-sandbox
dlcourse grade --doctor
dlcourse course init DIR/
dlcourse course release DIR/ --assignment 07 -o OUT/
dlcourse course nbgrader DIR/
dlcourse export OUT/ --to canvas --roster roster.csv -o grades.csv
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.text import Text

from dlcourse.grading import assignment, batch, box, exports, nbgrader, release
from dlcourse.grading import course as courses
from dlcourse.grading.limits import Limits

MASTERS = Path("solutions")
WARNING = """\
All cells of {name} now run as you, with all that you may do. They can read, change and
delete your files, and use your network and your passwords. Do this only with a notebook
that you wrote yourself. Time and memory are watched, nothing else."""


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
    add_course(commands)
    add_export(commands)
    grade = commands.add_parser("grade", help="grade a folder of submissions")
    grade.set_defaults(run=run_grade)
    grade.add_argument("submissions", nargs="?", type=Path, metavar="SUBMISSIONS",
                       help="folder with NAME.ipynb or a folder NAME for each "
                       "student; or one notebook")  # fmt: skip
    grade.add_argument("--assignment", type=int, metavar="07", help="the chapter")
    grade.add_argument(
        "-o", "--out", type=Path, metavar="OUT", help="folder of results"
    )
    grade.add_argument("--masters", type=Path, default=MASTERS, metavar="DIR",
                       help="folder of the masters (default: solutions)")  # fmt: skip
    grade.add_argument("--course", type=Path, metavar="DIR",
                       help="a course with variants (dlcourse course)")  # fmt: skip
    grade.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                       metavar="N", help="at a time (default: one a core)")  # fmt: skip
    grade.add_argument("--seed", type=int, help="of the inputs (default: drawn once)")
    grade.add_argument("--scheduler", metavar="ADDRESS",
                       help="of a Dask scheduler, for more machines")  # fmt: skip
    grade.add_argument("--limit", action="append", default=[], metavar="NAME=NUMBER",
                       help="such as cell=120 (seconds) or memory=8e9")  # fmt: skip
    grade.add_argument("--no-sandbox", action="store_true",
                       help="run one notebook of your own, unprotected")  # fmt: skip
    grade.add_argument("--doctor", action="store_true",
                       help="tell whether this machine can sandbox")  # fmt: skip
    return top


def add_course(commands) -> None:
    """The commands of a course."""
    course = commands.add_parser("course", help="a course of one's own: variants")
    actions = course.add_subparsers(required=True, metavar="action")
    init = actions.add_parser("init", help="make the private folder of a course")
    init.set_defaults(run=run_init)
    init.add_argument("folder", type=Path, metavar="DIR")
    init.add_argument("--name", default="Deep learning", help="of the course")
    out = actions.add_parser("release", help="write a notebook for each student")
    out.set_defaults(run=run_release)
    out.add_argument("folder", type=Path, metavar="DIR")
    out.add_argument("--assignment", type=int, metavar="07", required=True)
    out.add_argument("-o", "--out", type=Path, metavar="OUT", required=True)
    out.add_argument("--masters", type=Path, default=MASTERS, metavar="DIR")
    nb = actions.add_parser("nbgrader", help="make a folder for nbgrader")
    nb.set_defaults(run=run_nbgrader)
    nb.add_argument("folder", type=Path, metavar="DIR")
    nb.add_argument("--assignment", type=int, metavar="07", action="append",
                    default=[], help="may be repeated (default: all)")  # fmt: skip
    nb.add_argument("--masters", type=Path, default=MASTERS, metavar="DIR")


def add_export(commands) -> None:
    """The command that writes grades for a learning platform."""
    out = commands.add_parser("export", help="write grades for a learning platform")
    out.set_defaults(run=run_export)
    out.add_argument("graded", type=Path, metavar="OUT", help="of dlcourse grade")
    out.add_argument("--to", choices=list(exports.NEEDED), required=True)
    out.add_argument("--roster", type=Path, metavar="roster.csv",
                     help="who each student is on the platform")  # fmt: skip
    out.add_argument("--title", help="of the assignment there (default: its name)")
    out.add_argument("-o", "--out", type=Path, metavar="FILE", required=True,
                     help="for Gradescope a folder")  # fmt: skip


def run_nbgrader(options) -> int:
    names = nbgrader.lay_out(options.masters, options.folder, options.assignment)
    print(
        f"{options.folder}: {', '.join(names)}. There: nbgrader generate_assignment "
        f"{names[0]}"
    )
    return 0


def run_export(options) -> int:
    told = (options.graded, options.to, options.out, options.roster, options.title)
    print(exports.export(*told))
    return 0


def run_init(options) -> int:
    courses.init(options.folder, options.name)
    print(
        f"{options.folder}: write the students into roster.csv and the due dates into "
        "course.toml. Keep a copy of secret where no student can read it: without it "
        "the variants cannot be graded."
    )
    return 0


def run_release(options) -> int:
    course, number = courses.load(options.folder), options.assignment
    drawn = release.release(options.masters, number, course, options.out)
    varied = sorted({id for table in drawn.values() for id in table})
    print(
        f"{options.out}: {len(drawn)} notebooks of assignment {number}. Varied: "
        f"{', '.join(varied) or 'nothing'}. variants.json there is not for students."
    )
    return 0


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
    given = options.submissions
    if not given.is_dir() and not (given.is_file() and given.suffix == ".ipynb"):
        raise ValueError(f"grade: expected a folder or NAME.ipynb, got {given}.")
    _protect(options)
    masters, number = options.masters.resolve(), options.assignment
    course = options.course.resolve() if options.course else None
    assignment.load(masters, number, courses.load(course) if course else None)
    limits = Limits(sandbox=not options.no_sandbox).changed(options.limit)
    run = batch.prepare(options.out, masters, number, limits, options.seed, course)
    all_jobs = batch.jobs(run, given.resolve())
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


def _protect(options) -> None:
    """Refuse to run a stranger's code without a sandbox; warn who runs their own."""
    if options.no_sandbox:
        if options.submissions.is_dir() or options.scheduler:
            raise ValueError(
                "grade: --no-sandbox runs one notebook of your own on this machine: "
                "name a file, as in dlcourse grade my.ipynb, and no --scheduler. A "
                "folder of submissions is graded in the sandbox only."
            )
        name, console = options.submissions.name, Console(stderr=True)
        said = Text(WARNING.format(name=name).replace("\n", " "))
        console.print(Panel(said, title="WARNING: no sandbox", style="bold red"))
        return
    if not options.scheduler and (wrong := box.unwell()):
        raise ValueError(wrong)


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
