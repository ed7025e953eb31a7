"""A folder of submissions: resumed, interrupted, on several processes and with Dask."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import pytest

from dlcourse.grading import batch, cli
from grading.conftest import LIMITS, notebook

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None, reason="needs bubblewrap"
)


class Serial(Executor):
    """Runs at once, in this process; `dies` submissions take it down first."""

    def __init__(self, dies=()):
        self.dies = dies

    def submit(self, work, job):
        future = Future()
        if job.student in self.dies:
            future.set_exception(BrokenProcessPool("gone"))
        else:
            future.set_result(work(job))
        return future


@pytest.fixture
def handed_in(tmp_path):
    """Six submissions: right, wrong, broken, in a folder, with an odd name."""
    folder = tmp_path / "handed-in"
    (folder / "Eve/97").mkdir(parents=True)
    nbformat.write(notebook(), folder / "Ada.ipynb")
    nbformat.write(notebook(total="def total(x): return 0.0"), folder / "Bob.ipynb")
    (folder / "Cyd.ipynb").write_text("{")
    (folder / "Dan.ipynb").symlink_to("/etc/passwd")
    nbformat.write(notebook(value=None), folder / "Eve/97/97_tiny.ipynb")
    nbformat.write(notebook(), folder / "=Zoë, 日本.ipynb")
    return folder


POINTS = {"Ada": 3, "Bob": 2, "Cyd": 0, "Dan": 0, "Eve": 2, "=Zoë, 日本": 3}


def results(out: Path) -> dict:
    found = [json.loads(p.read_text("utf-8")) for p in out.glob("results/*.json")]
    return {record["student"]: record["points"] for record in found}


def test_a_folder(masters, handed_in, tmp_path):
    out = tmp_path / "out"
    run = batch.prepare(out, masters, 97, LIMITS)
    jobs = batch.jobs(run, handed_in)
    assert len(list(batch.spread(jobs, Serial))) == len(jobs) == 6
    assert results(out) == POINTS
    text = batch.conclude(run, jobs, 1.0)
    assert "6 submissions" in text and "not graded: Cyd" in text
    rows = (out / "grades.csv").read_text("utf-8").splitlines()
    assert rows[0] == "student,points,possible,97.1,97.2,97.3,reason"
    assert '"\'=Zoë, 日本",3,3,1,1,1,' in rows and "Eve,2,3,0,1,1," in rows
    assert len(list(out.glob("feedback/*.html"))) == 6
    assert len(list(out.glob("executed/*.ipynb"))) == 4
    assert not list(out.rglob("*.part"))


def test_what_is_finished_is_not_run_again(masters, handed_in, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def todo():
        run = batch.prepare(out, masters, 97, LIMITS)
        return [j for j in batch.jobs(run, handed_in) if batch.finished(j) is None]

    first = todo()
    list(batch.spread(first[:3], Serial))  # here it was interrupted
    assert [job.student for job in todo()] == [job.student for job in first[3:]]
    list(batch.spread(todo(), Serial))
    assert todo() == []
    nbformat.write(notebook(value="answer_97_1 = 41"), handed_in / "Ada.ipynb")
    assert [job.student for job in todo()] == ["Ada"]  # it was handed in again
    checks = masters / "checks/97.py"
    checks.write_text(checks.read_text() + "\n# another check\n")
    assert len(todo()) == 6


def test_half_written_results_do_not_count(masters, handed_in, tmp_path):
    run = batch.prepare(tmp_path / "out", masters, 97, LIMITS)
    job = batch.jobs(run, handed_in)[0]
    job.result.parent.mkdir(parents=True)
    job.result.write_text('{"mark": ')
    assert batch.finished(job) is None


def test_another_assignment_needs_another_folder(masters, tmp_path):
    batch.prepare(tmp_path / "out", masters, 97, LIMITS)
    with pytest.raises(ValueError, match="holds results of assignment 97, not 8"):
        batch.prepare(tmp_path / "out", masters, 8, LIMITS)


def test_a_process_that_dies_costs_no_submission(masters, handed_in, tmp_path):
    run = batch.prepare(tmp_path / "out", masters, 97, LIMITS)
    jobs = batch.jobs(run, handed_in)
    pools = iter([Serial(dies=["Ada", "Eve"]), Serial()])
    assert len(list(batch.spread(jobs, lambda: next(pools)))) == 6
    with pytest.raises(RuntimeError, match="the processes died at Ada"):
        list(batch.spread(jobs, lambda: Serial(dies=["Ada"])))


def test_the_command(masters, handed_in, tmp_path, capsys):
    out = tmp_path / "out"
    line = ["grade", str(handed_in), "--assignment", "97", "-o", str(out), "-j", "2"]
    assert cli.main([*line, "--masters", str(masters), "--seed", "3"]) == 0
    assert results(out) == POINTS and "6 submissions" in capsys.readouterr().out
    assert cli.main(["grade", str(handed_in), "--assignment", "97"]) == 2
    assert "out is missing" in capsys.readouterr().err
    assert cli.main(["grade", str(out / "no"), "--assignment", "97", "-o", "x"]) == 2
    assert "expected a folder" in capsys.readouterr().err
    assert cli.main([*line, "--masters", str(tmp_path)]) == 2
    assert "expected one master 97_" in capsys.readouterr().err


def test_without_a_sandbox_nothing_is_graded(handed_in, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    line = ["grade", str(handed_in), "--assignment", "97", "-o", str(tmp_path / "out")]
    assert cli.main(line) == 2
    assert "cannot sandbox" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert cli.main(["grade", "--doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ the program bwrap" in said and "apt install bubblewrap" in said


def test_a_machine_that_cannot_sandbox_blames_no_submission(
    masters, handed_in, tmp_path, monkeypatch
):
    """As a worker of a scheduler may be: there is a bwrap, but it makes no box."""
    fake = tmp_path / "bin/bwrap"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    run = batch.prepare(tmp_path / "out", masters, 97, LIMITS)
    job = batch.jobs(run, handed_in)[1]
    with pytest.raises(RuntimeError, match="this machine cannot sandbox"):
        batch.work(job)
    assert not job.result.exists()


def test_dask_loses_nothing_and_grades_nothing_twice(masters, handed_in, tmp_path):
    """A scheduler and two workers on this machine; one is killed in the middle."""
    distributed = pytest.importorskip("distributed")
    for i in range(8):
        nbformat.write(notebook(), handed_in / f"more{i}.ipynb")
    out, address = tmp_path / "out", "tcp://127.0.0.1:18786"
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "9"}
    start = [sys.executable, "-m", "distributed.cli"]
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
              "start_new_session": True}  # fmt: skip
    scheduler = subprocess.Popen(
        [*start[:2], "distributed.cli.dask_scheduler", "--host", "127.0.0.1",
         "--port", "18786", "--no-dashboard"], **common)  # fmt: skip
    worker = [*start[:2], "distributed.cli.dask_worker", address, "--nthreads", "1",
              "--nworkers", "1", "--host", "127.0.0.1", "--no-dashboard",
              "--local-directory", str(tmp_path)]  # fmt: skip
    workers = [subprocess.Popen([*worker, "--name", str(i)], **common) for i in (0, 1)]
    try:
        with distributed.Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            run = batch.prepare(out, masters, 97, LIMITS)
            jobs = batch.jobs(run, handed_in)
            done = []
            for job in batch.spread(jobs, client.get_executor):
                done.append(job.slug)
                if len(done) == 3:
                    os.killpg(workers[0].pid, signal.SIGKILL)
        assert sorted(done) == sorted(job.slug for job in jobs) and len(done) == 14
        assert results(out) == {**POINTS, **{f"more{i}": 3 for i in range(8)}}
    finally:
        for process in [*workers, scheduler]:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        ends = time.monotonic() + 20
        for process in [*workers, scheduler]:
            process.wait(timeout=max(1, ends - time.monotonic()))
