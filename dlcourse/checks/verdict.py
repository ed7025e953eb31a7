"""What a check found, as text and as HTML."""

import html
import textwrap
import zlib
from dataclasses import dataclass

import numpy as np

from dlcourse.checks import answers
from dlcourse.checks.compare import Wrong
from dlcourse.checks.limits import TimeUp
from dlcourse.checks.registry import Exercise

MARKS = {"passed": "✓", "wrong": "✗", "not answered": "○"}
WORDS = {"passed": "passed", "wrong": "not right yet", "not answered": "not answered"}
# Readable on light and on dark pages; the mark and the words say the same.
COLOURS = {"passed": "#1a7f4b", "wrong": "#c2410c", "not answered": "#6b7280"}
# What a check raises where a result is of a kind that it did not think of.
UNEXPECTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Outcome:
    """What a check found. status: "passed", "wrong" or "not answered"."""

    id: str
    status: str
    message: str = ""
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{MARKS[self.status]} Exercise {self.id}: {WORDS[self.status]}"

    def __str__(self):
        hint = f"Hint: {self.hint}" if self.hint else ""
        told = "\n".join(part for part in (self.message, hint) if part)
        return f"{self.title}\n{textwrap.indent(told, '  ')}" if told else self.title

    def _repr_html_(self) -> str:
        said = f"<pre style='margin:.4em 0 0;white-space:pre-wrap'>{html.escape(self.message)}</pre>"  # noqa: E501
        hint = f"<p style='margin:.4em 0 0'>Hint: {html.escape(self.hint)}</p>"
        return (
            f"<div role='status' style='border-left:4px solid {COLOURS[self.status]};"
            "padding:.3em .8em;margin:.3em 0'>"
            f"<strong>{html.escape(self.title)}</strong>"
            f"{said if self.message else ''}{hint if self.hint else ''}</div>"
        )


def judge(
    exercise: Exercise,
    runner: answers.Runner,
    seed: int = 0,
    values: dict | None = None,
) -> Outcome:
    """Run one check on the answers that `runner` reaches.

    Whatever the learner's code raises becomes a message. `seed` draws the inputs;
    `values` are those of a Variant.
    """
    id, values = exercise.id, values or {}
    rng = np.random.default_rng([seed, zlib.crc32(id.encode())])
    try:
        given = answers.read(exercise.answers, runner, exercise.chapter)
        for name in values.keys() & given.keys():
            given[name] = answers.reordered(given[name], values[name])
        exercise.test(**exercise.settings({"rng": rng, **values}) | given)
    except answers.NotAnswered as error:
        return Outcome(id, "not answered", f"Still to do: {error}.")
    except Wrong as error:
        return Outcome(id, "wrong", str(error), exercise.hint)
    except UNEXPECTED as error:
        said = f"This answer gave something that cannot be compared ({error!r:.200})."
        return Outcome(id, "wrong", said, exercise.hint)
    except TimeUp as error:
        said = str(error) or "The check did not end in time."
        return Outcome(id, "wrong", said, exercise.hint)
    return Outcome(id, "passed")
