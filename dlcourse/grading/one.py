"""Grading one submission: file in, result out.

Whatever the file holds, the result is a score or a reason. The code runs in a box
(kernel.py); here, outside, cells are sent to it and answers are asked for and compared.
A cell that hangs, dies or floods is left out and the others run again in a new box, so
that it costs only what it is about.
"""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat

from dlcourse.checks.limits import TimeUp
from dlcourse.checks.verdict import Outcome, judge
from dlcourse.grading import rules, submission
from dlcourse.grading.assignment import Assignment, Question
from dlcourse.grading.kernel import Kernel, KernelLost
from dlcourse.grading.limits import Limits
from dlcourse.grading.submission import Refused

UNBOXED = "Graded without a sandbox: a result for the author of the notebook alone."
REASONS = {
    "hung": "it did not end and could not be interrupted",
    "died": "it ended the process",
    "flooded": "it wrote too much",
    "memory": "it used too much memory",
    "interrupted": "it did not end in time",
}


@dataclass(frozen=True)
class Mark:
    """The result of one question."""

    id: str
    title: str
    status: str  # "passed", "wrong", "not answered"
    points: int
    possible: int
    message: str = ""
    hint: str = ""
    essay: bool = False


@dataclass
class Result:
    """The result of a submission. `reason` where it could not be graded."""

    student: str
    assignment: str
    possible: int
    marks: list[Mark] = field(default_factory=list)
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    seed: int = 0

    @property
    def points(self) -> int:
        return sum(mark.points for mark in self.marks)

    def record(self) -> dict:
        """For the JSON file."""
        return {**asdict(self), "points": self.points}


def refused(student: str, assignment: Assignment, reason: str) -> Result:
    """The result of a submission that is not run."""
    return Result(student, assignment.name, assignment.possible, reason=reason)


def grade(
    path: Path,
    student: str,
    assignment: Assignment,
    seed: int,
    limits: Limits,
) -> tuple[Result, nbformat.NotebookNode | None]:
    """(result, the executed notebook) of one submission."""
    began = time.monotonic()
    result = Result(student, assignment.name, assignment.possible, seed=seed)
    try:
        notebook = submission.read(path, limits)
    except Refused as error:
        result.reason = str(error)
        return result, None
    session = Session(notebook, assignment, limits, path)
    try:
        with session:
            for question in assignment.questions:
                result.marks.append(session.mark(question, seed))
    except KernelLost as error:
        result.reason = f"The submission could not be run: {error}."
    result.notes = session.notes
    result.seconds = round(time.monotonic() - began, 1)
    return result, notebook


class Session:
    """A submission's cells in a box, and again in a new one where that one was lost."""

    def __init__(self, notebook, assignment: Assignment, limits: Limits, path: Path):
        self.assignment, self.limits, self._path = assignment, limits, path
        self.cells = [c for c in notebook.cells if c.cell_type == "code"]
        self.notes: list[str] = [] if limits.sandbox else [UNBOXED]
        self._bad: set[int] = set()  # numbers of the cells that are left out
        self._ends = time.monotonic() + limits.total
        self._starts, self._kernel = 0, None
        sources = [*assignment.given, *(cell.source for cell in self.cells)]
        self.text = rules.Notebook.of(sources)

    def __enter__(self) -> "Session":
        self._restart()
        return self

    def __exit__(self, *error) -> None:
        self._close()

    # -- the cells

    def _restart(self) -> None:
        """A new box with all cells run that do not break it."""
        while True:
            self._close()
            self._starts += 1
            if self._starts > self.limits.restarts + 1 or time.monotonic() > self._ends:
                raise KernelLost("too many cells hang or end the process")
            self._kernel = Kernel(self.limits, self._path).__enter__()
            number = None
            try:
                for source in self.assignment.given:
                    self._kernel.run(source)
                failed = []
                for number, cell in enumerate(self.cells):
                    if self._run(number, cell) == "error":
                        failed.append(number)
                for number in failed:  # it may have needed what stands below it
                    self._run(number, self.cells[number])
                return
            except KernelLost as lost:
                if number is None:
                    raise
                self._leave_out(number, str(lost))

    def _run(self, number: int, cell) -> str:
        skip = number in self._bad or submission.only_checks(cell.source)
        if skip or cell.source in self.assignment.given:
            return "ok"
        try:
            cell.outputs, status = self._kernel.run(cell.source)
        except TimeUp:
            self._leave_out(number, "interrupted")
            return "ok"
        return status

    def _leave_out(self, number: int, why: str) -> None:
        self._bad.add(number)
        self.notes.append(
            f"Code cell {number + 1} was left out: {REASONS.get(why, why)}."
        )

    def _close(self) -> None:
        if self._kernel is not None:
            self._kernel.__exit__(None, None, None)
            self._kernel = None

    # -- the questions

    def mark(self, question: Question, seed: int) -> Mark:
        """Ask for the answers of one question, and compare."""
        exercise = question.exercise
        found = Outcome(question.id, "wrong")
        try:
            runner = _Asking(self._kernel, self.limits, self._ends)
            checks = [exercise, *question.hidden]
            found = self._allowed(question, runner)
            while checks and (found is None or found.status == "passed"):
                found = judge(checks.pop(0), runner, seed, question.values)
        except KernelLost as lost:
            why = REASONS.get(str(lost), str(lost))
            found = Outcome(question.id, "wrong", f"The answer was called, and {why}.")
            self._restart()
        points = question.points if found.status == "passed" else 0
        return Mark(
            question.id,
            question.title,
            found.status,
            points,
            question.points,
            found.message,
            found.hint,
            question.essay,
        )

    def _allowed(self, question: Question, runner) -> Outcome | None:
        """The outcome where a function or class uses what it may not."""
        names = question.exercise.names
        looks = runner.ask({"look": list(names)})
        called = tuple(name for name in names if "callable" in looks[name])
        said = rules.breach(question.exercise, called, self.text)
        return Outcome(question.id, "wrong", said) if said else None


class _Asking:
    """A Runner that stops asking when an exercise has used its time."""

    def __init__(self, kernel: Kernel, limits: Limits, ends: float):
        self._kernel = kernel
        self._ends = min(time.monotonic() + limits.exercise, ends)

    def ask(self, request: dict) -> dict:
        if time.monotonic() > self._ends:
            raise TimeUp("The answers took too long, all calls together.")
        return self._kernel.ask(request)
