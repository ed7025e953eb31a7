"""Grading a folder: one job a submission, on as many processes as there are.

A job writes its own result files, each whole or not at all, and what is finished is not
run again: so a run can be interrupted, repeated, and spread over machines that share
the folder. Between processes travel paths and settings, never anything of a submission.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from dlcourse.grading import box, by_hand, report
from dlcourse.grading import course as courses
from dlcourse.grading.course import Course
from dlcourse.grading.limits import Limits


@dataclass(frozen=True)
class Run:
    """The settings that all jobs of a run share."""

    out: Path
    masters: Path
    number: int
    seed: int
    mark: str  # of master, checks, seed and limits: a result with another one is stale
    limits: Limits
    course: Path | None = None


@dataclass(frozen=True)
class Job:
    """One submission. `slug` names its files, `refused` says why it is not run."""

    run: Run
    path: Path
    student: str
    slug: str
    refused: str = ""

    @property
    def result(self) -> Path:
        return self.run.out / "results" / f"{self.slug}.json"


def prepare(
    out: Path,
    masters: Path,
    number: int,
    limits: Limits,
    seed: int | None = None,
    course: Path | None = None,
) -> Run:
    """The settings; a repeated run takes the seed of the first."""
    kept = out / "run.json"
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    if known and known.get("assignment") != number:
        raise ValueError(
            f"grade: {out} holds results of assignment {known.get('assignment')}, not "
            f"{number}. Choose another folder with -o."
        )
    if seed is None:
        seed = known.get("seed", secrets.randbelow(2**32))
    report.write(kept, report.as_json({"assignment": number, "seed": seed}))
    mark = _mark(masters, number, f"{seed} {limits}", course)
    return Run(out, masters, number, seed, mark, limits, course)


def _mark(masters: Path, number: int, settings: str, course: Path | None) -> str:
    """A hash of everything that a result depends on, beside the submission."""
    found = hashlib.sha256(f"{number} {settings}".encode())
    package = Path(__file__).resolve().parents[1]
    files = [
        *masters.glob(f"{number:02d}_*.ipynb"),
        masters / f"checks/{number:02d}.py",
    ]
    if course:
        files += [course / name for name in ("secret", "roster.csv", "course.toml")]
        files += [course / f"checks/{number:02d}.py"]
        files += (course / "masters").glob(f"{number:02d}_*.ipynb")
    for folder in ("checks", "probes", "grading"):
        files += (package / folder).glob("*.py")
    for file in sorted(files):
        found.update(file.read_bytes() if file.is_file() else b"")
    return found.hexdigest()[:16]


def jobs(run: Run, submissions: Path) -> list[Job]:
    """A job for each notebook in the folder, or for each folder in it; one for a file.

    NAME.ipynb is the submission of NAME; NAME/.../X.ipynb that of NAME, and of several
    notebooks there the one that bears the assignment's number. Links are not followed.
    """
    found = {}
    entries = [submissions] if submissions.is_file() else submissions.iterdir()
    for entry in sorted(entries):
        if entry.suffix == ".ipynb" and (entry.is_symlink() or not entry.is_dir()):
            found[entry.stem] = entry
        elif entry.is_dir() and not entry.is_symlink():
            notebooks = sorted(entry.rglob("*.ipynb"))
            own = [p for p in notebooks if p.name.startswith(f"{run.number:02d}_")]
            if notebooks:
                found[entry.name] = (own or notebooks)[0]
    course = courses.load(run.course) if run.course else None
    made = [_job(run, course, name, path) for name, path in found.items()]
    times = Counter(job.student for job in made)
    return [
        replace(
            job, refused=f"Of {job.student} there are several submissions. Keep one."
        )
        if times[job.student] > 1
        else job
        for job in made
    ]


def _job(run: Run, course: Course | None, name: str, path: Path) -> Job:
    """The job of a submission with this name; in a course, of the student it names."""
    if course is None:
        return Job(run, path, name, _slug(name))
    student = course.who(name)
    if student is None:
        return Job(run, path, name, _slug(name), "The roster has no such student.")
    return Job(run, path, student, _slug(name))


def _slug(name: str) -> str:
    """A plain file name for any student's name, and never one for two."""
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40] or "student"
    raw = name.encode("utf-8", "surrogateescape")
    return f"{plain}-{hashlib.sha256(raw).hexdigest()[:8]}"


def finished(job: Job) -> dict | None:
    """The result of a job that was done with these settings and this file, or None."""
    try:
        record = json.loads(job.result.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if _made_from(job).items() <= record.items() else None


def _made_from(job: Job) -> dict[str, str]:
    """What a result hangs on: it is kept beside it, and a change makes it stale."""
    return {"mark": job.run.mark, "file": _digest(job.path), "refused": job.refused}


def _digest(path: Path) -> str:
    try:
        data = b"" if path.is_symlink() else path.read_bytes()
    except OSError:
        data = b""
    return hashlib.sha256(data).hexdigest()


def work(job: Job) -> str:
    """Grade one submission and write its files. The unit that processes share."""
    from dlcourse.grading import assignment, one

    if finished(job) is not None:
        return job.slug
    run = job.run
    course = courses.load(run.course) if run.course else None
    asked = assignment.load(run.masters, run.number, course, job.student)
    if job.refused:
        result, notebook = one.refused(job.student, asked, job.refused), None
    else:
        result, notebook = one.grade(job.path, job.student, asked, run.seed, run.limits)
    lost = result.reason and notebook is not None and run.limits.sandbox
    if lost and (wrong := box.unwell()):  # that is not the submission's fault
        raise RuntimeError(wrong)
    if course and (late := course.late(run.number, job.path)):
        result.notes.append(late)
    record = {**result.record(), **_made_from(job)}
    if notebook is not None:
        path = run.out / "executed" / f"{job.slug}.ipynb"
        report.write(path, report.executed(notebook))
    report.write(run.out / "feedback" / f"{job.slug}.html", report.feedback(record))
    report.write(job.result, report.as_json(record))  # the last: now it is finished
    return job.slug


def spread(todo: list[Job], pool: Callable[[], Executor]) -> Iterator[Job]:
    """Run jobs on the processes of a pool; yields each that is done.

    A process that dies takes its job with it: that is tried once more in a new pool.
    """
    for attempt in (1, 2):
        lost = []
        with pool() as executor:
            futures = {executor.submit(work, job): job for job in todo}
            for future in as_completed(futures):
                job = futures[future]
                try:
                    future.result()
                    yield job
                except BrokenExecutor:
                    lost.append(job)
                except Exception as error:
                    if attempt == 2:
                        raise RuntimeError(f"grade: {job.path}: {error}") from error
                    lost.append(job)
        todo = lost
        if not todo:
            return
    raise RuntimeError(
        f"grade: the processes died at {', '.join(j.slug for j in todo)}."
    )


def conclude(run: Run, all_jobs: list[Job], seconds: float) -> str:
    """Write grades.csv, by_hand.csv and summary.txt; the summary's text."""
    records = [record for job in all_jobs if (record := finished(job)) is not None]
    by_hand.update(run.out, records)
    texts = by_hand.columns(by_hand.read(run.out, records))
    report.write(run.out / "grades.csv", report.grades(records, texts))
    text = report.summary(records, seconds)
    report.write(run.out / "summary.txt", text)
    return text
