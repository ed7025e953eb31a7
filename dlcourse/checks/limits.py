"""Stopping code that does not end.

Nothing can be promised: a loop inside of a C function does not listen, and code may
catch whatever is raised. So the stop is repeated, and in the end a person is asked.
"""

import contextlib
import ctypes
import signal
import sys
import threading
from collections.abc import Iterator

AGAIN = 0.5  # seconds between one stop and the next
PATIENCE = 3  # stops that may be swallowed before the learner is told


class TimeUp(BaseException):
    """The code ran for longer than it may."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUp in this thread once so many seconds have passed, and again and again
    where that is swallowed; after three times it is said that the kernel must be
    interrupted."""
    stops = _Stops()
    with _by_signal(seconds, stops) if _has_signals() else _by_thread(seconds, stops):
        yield


class _Stops:
    """Counts the stops, and speaks up when they do not help."""

    def __init__(self):
        self.count = 0

    def one_more(self) -> None:
        self.count += 1
        if self.count == PATIENCE + 1:
            print(
                "This function catches the signal to stop. Interrupt the kernel "
                "(■ in the toolbar), or restart it.",
                file=sys.stderr,
                flush=True,
            )


def _has_signals() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")


@contextlib.contextmanager
def _by_signal(seconds: float, stops: _Stops):
    def stop(number, frame):
        stops.one_more()
        raise TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        # A last alarm may still arrive within these lines.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _by_thread(seconds: float, stops: _Stops):
    """Where there are no such signals (Windows) or this is not the main thread."""
    target, ended = ctypes.c_ulong(threading.get_ident()), threading.Event()
    raising, lock = ctypes.pythonapi.PyThreadState_SetAsyncExc, threading.Lock()

    def watch():
        wait = seconds
        while not ended.wait(wait):
            with lock:
                if ended.is_set():
                    return
                stops.one_more()
                raising(target, ctypes.py_object(TimeUp))
            wait = AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        with lock:
            ended.set()
            raising(target, None)  # one that was not delivered yet
        watcher.join()
