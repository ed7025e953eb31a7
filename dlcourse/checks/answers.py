"""A learner's answers, as a check sees them: plain values, and functions to call.

Checks never touch what a notebook holds. They see plain data, and an `Answer` for each
function or class, which passes plain data on to the code and plain data back
(dlcourse.probes). So one check serves in the notebook, where `Here` answers, and in the
grader, where the learner's code runs in a sandbox.
"""

import os
import time
from typing import Protocol

from dlcourse.checks.compare import Wrong
from dlcourse.checks.limits import TimeUp, time_limit
from dlcourse.probes import find, respond
from dlcourse.probes.wire import plain

SECONDS = 15.0  # that the learner's code may take in a check; ours take up to 2.5
COMPILING = 4  # times as long where Keras compiles every shape anew, with JAX


class NotAnswered(Exception):  # noqa: N818 (it is no error of the program)
    """The stub still stands there, or the name is missing."""


class Runner(Protocol):
    """Whoever can ask the learner's code. TimeUp where it takes too long."""

    def ask(self, request: dict) -> dict:
        """The reply of probes.respond."""


class Here:
    """Asks the code of the notebook that this runs in, for SECONDS altogether."""

    def __init__(self, names: dict, seconds: float = SECONDS):
        compiles = os.environ.get("KERAS_BACKEND") == "jax"
        self.names, self.left = names, seconds * (COMPILING if compiles else 1)

    def ask(self, request: dict) -> dict:
        if "inputs" in request:
            request = {**request, "inputs": plain(list(request["inputs"]))}
        if request.get("probe"):
            find(request["probe"])  # what it imports, Keras for one, does not count
        began = time.monotonic()
        try:
            if self.left <= 0:
                raise TimeUp
            with time_limit(self.left):
                return respond(self.names, request)
        finally:
            self.left -= time.monotonic() - began


class Answer:
    """A function or class of the learner's.

    Called with plain data, it gives plain data. Wrong where it raises or writes into an
    argument; NotAnswered for NotImplementedError.
    """

    def __init__(self, name: str, runner: Runner, chapter: str = ""):
        self.name, self._runner, self._chapter = name, runner, chapter

    def __call__(self, *inputs):
        return self._ask({"call": [self.name], "inputs": inputs}, inputs)

    def through(self, probe: str, *inputs, others: tuple["Answer", ...] = ()):
        """What a probe of the exercise's chapter says of this answer, and of others."""
        names = [self.name, *(other.name for other in others)]
        request = {"call": names, "probe": f"{self._chapter}.{probe}", "inputs": inputs}
        return self._ask(request, inputs)

    def _ask(self, request: dict, inputs):
        try:
            reply = self._runner.ask(request)
        except TimeUp:
            raise TimeUp(
                f"{self.name} did not return in time. Is there a loop without an end?"
            ) from None
        if "todo" in reply:
            raise NotAnswered(self.name)
        if "raised" in reply:
            told = reply["raised"]
            line = f"\n  {told['line']}" if told["line"] else ""
            raise Wrong(f"Your code raised {told['kind']}: {told['text']}{line}")
        if reply["changed"]:
            raise Wrong(
                f"{self.name}: an argument was changed in place. Work on new arrays."
            )
        return reply["value"]

    def __repr__(self):
        return f"<answer {self.name}>"


def read(answers: tuple[str, ...], runner: Runner, chapter: str) -> dict:
    """The answers by name: an Answer for "f()", a plain value for "x".

    NotAnswered names what is missing, Wrong what is of the other kind.
    """
    called = {answer.removesuffix("()"): answer.endswith("()") for answer in answers}
    looks = runner.ask({"look": list(called)})
    missing = [name for name in called if "missing" in looks[name]]
    if missing:
        raise NotAnswered(", ".join(missing))
    found = {}
    for name, function in called.items():
        value = looks[name].get("value", looks[name])
        if function and "callable" not in looks[name]:
            raise Wrong(f"{name}: expected a function, got {value!r:.60}.")
        if not function and "value" not in looks[name]:
            raise Wrong(f"{name}: expected a value, got a function or an object.")
        found[name] = Answer(name, runner, chapter) if function else value
    return found


def reordered(answer, order: str):
    """An answer of letters, in the letters of the book.

    `order` says which option of the book stands under the first letter, the second, ...
    """
    shown = "".join(sorted(order))
    table = str.maketrans(shown + shown.upper(), order + order.upper())
    if isinstance(answer, (list, tuple)):
        return [reordered(each, order) for each in answer]
    return answer.translate(table) if isinstance(answer, str) else answer
