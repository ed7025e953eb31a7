"""A Jupyter kernel in a box, seen from outside.

`Kernel.run` executes a cell, `Kernel.ask` puts one question to the answers (a Runner of
dlcourse.checks). Both come back in time, whatever the code inside does: it is
interrupted, and if it does not listen, the box is ended, and KernelLost says so.
Everything that arrives was written by a stranger: it is counted, cut, and decoded as
plain data.
"""

import ast
import contextlib
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from dlcourse.checks.limits import TimeUp
from dlcourse.grading import box, seccomp
from dlcourse.grading.limits import Limits
from dlcourse.probes import wire

POLL = 0.1
AGENT = "import dlcourse.probes.box as __dlcourse_box__"


class KernelLost(Exception):  # noqa: N818
    """The box has ended: "hung", "died", "flooded" or "memory"."""


class Manager(KernelManager):
    """Starts the kernel: in a box, or, where the limits say so, as the user.

    A box's sockets lie in a small file system of its own, which is reached from here by
    a descriptor: so it can write to nothing that is ours, not even to fill it.
    """

    def __init__(self, folder: Path, limits: Limits, submission: Path | None):
        room = Path("/", folder.name) if limits.sandbox else folder
        super().__init__(transport="ipc", ip=str(room / "kernel"))
        self.connection_file = str(folder / "connection.json")
        self._folder, self._limits, self._submission = folder, limits, submission
        self._kernel_spec = KernelSpec(
            argv=["ipykernel"], display_name="box", interrupt_mode="message"
        )
        self._filter = seccomp.program() if limits.sandbox else None
        self._room, self._alive, self._reached = room, None, None

    def format_kernel_cmd(self, extra_arguments=None):
        environment = box.Environment.here()
        start = [str(environment.python), "-m", "dlcourse.probes.kernel"]
        start += [str(self._alive[0]), "-f", self.connection_file]
        inside = [*start, "--HistoryManager.enabled=False"]
        if not self._limits.sandbox:
            return inside
        read = [(self._folder, str(self._folder))]  # the connection file
        if self._submission:
            read.append((self._submission, "/submission"))
        room = str(self._room)
        return box.command(inside, self._limits, read, room, environment, self._filter)

    async def _async_launch_kernel(self, kernel_cmd, **options):
        await super()._async_launch_kernel(kernel_cmd, **options)
        if self._limits.sandbox:
            self._reached = self._reach()
            self.ip = f"/proc/self/fd/{self._reached}/kernel"

    def _reach(self) -> int:
        """A descriptor of the folder of sockets, as soon as the box has it."""
        ends, first = time.monotonic() + self._limits.start, self.provisioner.process
        while first.poll() is None and time.monotonic() < ends:
            for process in psutil.Process(first.pid).children(recursive=True):
                with contextlib.suppress(OSError):
                    path = f"/proc/{process.pid}/root{self._room}"
                    return os.open(path, os.O_PATH | os.O_DIRECTORY)
            time.sleep(0.005)
        raise RuntimeError("the box did not start")

    def launch(self):
        self._alive = os.pipe()  # the kernel ends when the second is closed
        inherit = [self._alive[0], *([self._filter] if self._filter else [])]
        where = {"env": {"PATH": "/usr/bin:/bin"}}
        if not self._limits.sandbox:
            where = {"env": box.unboxed(), "cwd": self._folder / "cwd"}
            where["cwd"].mkdir()
        try:
            self.start_kernel(
                **where,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=inherit,
            )
        finally:
            os.close(self._alive[0])

    def release(self) -> None:
        """Close what was held open for the kernel."""
        held = [self._filter, self._alive[1] if self._alive else None, self._reached]
        self._filter = self._alive = self._reached = None
        for handle in held:
            if handle is not None:
                os.close(handle)


class Kernel:
    """One kernel in one box; a context manager."""

    def __init__(self, limits: Limits, submission: Path | None = None):
        self.limits, self._submission = limits, submission
        self.lost = ""

    def __enter__(self) -> "Kernel":
        self._folder = Path(tempfile.mkdtemp(prefix="dlc"))
        context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, self.limits.message)
        context.setsockopt(zmq.RCVHWM, 100)
        context.setsockopt(zmq.LINGER, 0)
        self._context = context
        try:
            self._manager = Manager(self._folder, self.limits, self._submission)
            self._manager.context = context
            self._manager.launch()
            self._client = self._manager.blocking_client()
            self._client.start_channels(stdin=False)
            self._client.wait_for_ready(timeout=self.limits.start)
        except BaseException as error:
            self.close()
            if isinstance(error, RuntimeError):
                raise KernelLost(f"died: {error}") from None
            raise
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        self._execute(AGENT, self.limits.start, lambda message: None)
        return self

    def __exit__(self, *error) -> None:
        self._ended.set()
        self.close()
        self._watcher.join()

    def close(self) -> None:
        """End the box and remove its folder. Nothing of it stays."""
        with contextlib.suppress(Exception):
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        with contextlib.suppress(Exception):
            self._manager.release()
        with contextlib.suppress(Exception):
            self._context.destroy(linger=0)
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- what is asked of it

    def run(self, source: str) -> tuple[list, str]:
        """(outputs, status) of a cell: "ok", "error" or "interrupted".

        KernelLost where the kernel did not survive it.
        """
        outputs: list = []

        def keep(message):
            with contextlib.suppress(ValueError):
                outputs.append(nbformat.v4.output_from_msg(message))

        reply = self._execute(source, self.limits.cell, keep)
        if why := self._too_much():  # at once, so that this cell is blamed
            self._lose(why)
        return outputs, reply["status"] if reply["status"] == "ok" else "error"

    def ask(self, request: dict) -> dict:
        """One question to the answers in the kernel: a Runner of dlcourse.checks.

        TimeUp where the code does not come back in time, KernelLost where the kernel
        did not survive. What is no proper reply counts as an answer that gives nothing.
        """
        text = wire.encode(request)
        reply = self._execute(
            "", self.limits.call, lambda message: None,
            {"reply": f"__dlcourse_box__.reply({text!r}, globals())"},
        )  # fmt: skip
        try:
            said = reply["user_expressions"]["reply"]["data"]["text/plain"]
            found = wire.decode(ast.literal_eval(said))
        except (LookupError, TypeError, ValueError, SyntaxError, RecursionError):
            found = None
        return _proper(found, request)

    # -- messages

    def _execute(self, source, seconds, hook, expressions=None) -> dict:
        """The content of the kernel's reply; outputs go to the hook as they come."""
        client = self._client
        sent = client.execute(
            source,
            silent=not source,
            store_history=False,
            user_expressions=expressions or {},
            allow_stdin=False,
            stop_on_error=False,
        )
        ends, interrupted = time.monotonic() + seconds, False
        printed, reply, idle = 0, None, False
        while reply is None or not idle:
            for message in self._pending(client.get_iopub_msg):
                kind, content = message["msg_type"], message["content"]
                printed += len(str(content))  # of threads in the background, too
                if printed > self.limits.output:
                    self._lose("flooded")
                if message.get("parent_header", {}).get("msg_id") != sent:
                    continue
                idle |= kind == "status" and content.get("execution_state") == "idle"
                if kind in ("stream", "display_data", "execute_result", "error"):
                    hook(message)
            for message in self._pending(client.get_shell_msg, wait=0):
                if message.get("parent_header", {}).get("msg_id") == sent:
                    reply = message["content"]
            if self.lost or not self._manager.is_alive():
                self._lose(self.lost or "died")
            if reply is None and time.monotonic() > ends:
                if interrupted:
                    self._lose("hung")
                interrupted, ends = True, time.monotonic() + self.limits.grace
                self._manager.interrupt_kernel()
            elif reply is not None and time.monotonic() > ends + self.limits.grace:
                break  # a reply without the end of its outputs
        if interrupted:
            raise TimeUp("It did not end in time and was interrupted.")
        return reply

    def _pending(self, get, wait: float = POLL):
        """Messages that are there; the first may be waited for."""
        while True:
            try:
                yield get(timeout=wait)
            except queue.Empty:
                return
            except Exception:
                return  # not signed with our key, or no JSON: it is dropped
            wait = 0

    def _lose(self, why: str):
        self.lost = why
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        raise KernelLost(why)

    def _watch(self) -> None:
        """End the box where its processes together use too much memory."""
        while not self._ended.wait(0.25):
            if why := self._too_much():
                self.lost = why
                with contextlib.suppress(Exception):
                    self._manager.provisioner.process.kill()
                return

    def _too_much(self) -> str:
        """Of what the box uses too much; "" where all is well."""
        used = _memory(self._manager.provisioner)
        return "memory" if used > self.limits.memory else ""


def _memory(provisioner) -> int:
    """Bytes of all processes of a box."""
    total = 0
    with contextlib.suppress(psutil.Error, AttributeError):
        first = psutil.Process(provisioner.pid)
        for process in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _proper(found, request: dict) -> dict:
    """The reply, where it has the form that probes.respond gives; else an empty one."""
    if "look" in request:
        table = found if isinstance(found, dict) else {}
        return {name: _look(table.get(name)) for name in request["look"]}
    if isinstance(found, dict):
        raised = found.get("raised")
        if found.get("todo") is True:
            return {"todo": True}
        if isinstance(raised, dict):
            told = {k: str(raised.get(k, ""))[:500] for k in ("kind", "text", "line")}
            return {"raised": told}
        if "value" in found:
            changed = found.get("changed")
            return {"value": found["value"], "changed": bool(changed)}
    return {
        "raised": {"kind": "nothing", "text": "the kernel gave no result", "line": ""}
    }


def _look(found) -> dict:
    if isinstance(found, dict):
        if "value" in found:
            return {"value": found["value"]}
        if "callable" in found or "foreign" in found:
            return {"callable": ""}
    return {"missing": True}
