"""What a comparison found: a table of differences with their tolerances."""

import html
import re
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


class TwinMismatch(AssertionError):  # noqa: N818 (a finding, as in assert)
    """Our result and Keras' differ by more than the tolerance."""


@dataclass
class Report:
    """What was compared: rows (what, where, largest relative difference, tolerance)."""

    title: str
    rows: list[tuple[str, str, float, float]] = field(default_factory=list)

    def add(self, what: str, where: str, ours, theirs, tolerance: float) -> None:
        """Compare two arrays. TwinMismatch where their shapes differ."""
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        if ours.shape != theirs.shape:
            raise TwinMismatch(
                f"{what} of {where}: expected shape {theirs.shape}, as Keras has it, "
                f"got {ours.shape}."
            )
        self.rows.append((what, where, difference(ours, theirs), tolerance))

    @property
    def largest(self) -> float:
        """The largest relative difference of all rows."""
        return max(row[2] for row in self.rows)

    def check(self) -> "Report":
        """TwinMismatch for the row that misses its tolerance by most; else self."""
        # `not <=` also catches a difference that is not a number.
        missed = [row for row in self.rows if not row[2] <= row[3]]
        if missed:
            what, where, found, tolerance = max(
                missed, key=lambda row: np.nan_to_num(row[2] / row[3], nan=np.inf)
            )
            raise TwinMismatch(
                f"{self.title}: {what} of {where} differs from Keras by {found:.2e} "
                f"of its largest entry; the tolerance is {tolerance:.0e}. "
                f"{len(missed)} of {len(self.rows)} comparisons failed."
            )
        return self

    def __str__(self):
        lines = [
            f"{what:<28}{where:<24}{found:9.1e}  <= {tol:.0e}"
            for what, where, found, tol in self.rows
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self):
        heads = ("compared", "where", "difference", "at most", "verdict")
        lines = [
            (what, where, f"{found:.1e}", f"{tolerance:.0e}",
             "✓\u00a0equal" if found <= tolerance else "✗\u00a0differs")
            for what, where, found, tolerance in self.rows
        ]  # fmt: skip
        head = _row("th", heads)
        body = "".join(_row("td", line) for line in lines)
        return (
            f"<table><caption>{html.escape(self.title)}; largest differences, "
            "relative to the largest entry</caption>"
            f"<thead>{head}</thead><tbody>{body}</tbody></table>"
        )


def _row(tag: str, cells) -> str:
    """On a narrow screen a long name ends its line behind a slash, or before a word."""
    texts = [re.sub("(/|_(?=[a-z]))", r"\1<wbr>", html.escape(cell)) for cell in cells]
    inside = "".join(f"<{tag}>{text}</{tag}>" for text in texts)
    return f"<tr>{inside}</tr>"


def difference(ours: Array, theirs: Array) -> float:
    """max |ours - theirs| / max |theirs|; absolute where Keras' array vanishes."""
    scale = np.abs(theirs).max()
    gap = np.abs(ours.astype(np.float64) - theirs).max()
    return float(gap / scale if scale > 1e-12 else gap)
