"""Hidden checks of assignment 0: run by the grader after the learner's own checks."""

import numpy as np
from dlcourse.checks import Wrong, expect, hidden


@hidden("0.2", answers=["from_columns()", "from_bias_column()"])
def _(from_columns, from_bias_column):
    """One input, one unit: no axis may be dropped."""
    for name, convert, given in (
        (
            "from_columns",
            from_columns,
            (np.array([[2.0]]), np.array([[3.0]])),
        ),
        (
            "from_bias_column",
            from_bias_column,
            (np.array([[3.0], [2.0]]),),
        ),
    ):
        found = convert(*given)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise Wrong(f"{name}: expected W, b.")
        expect(
            found[0],
            [[2.0]],
            where=f"W of {name}, one input and one unit",
        )
        expect(
            found[1],
            [3.0],
            where=f"b of {name}, one input and one unit",
        )


@hidden("0.7", answers=["confusion()", "worst_pair()"])
def _(confusion, worst_pair):
    """Many classes, of which most never occur."""
    true, read = np.array([98, 98, 3]), np.array([97, 97, 3])
    want = np.zeros((99, 99), int)
    want[98, 97], want[3, 3] = 2, 1
    expect(confusion(true, read, 99), want, where="confusion of 99 classes")
    pair = worst_pair(want)
    if not isinstance(pair, (tuple, list, np.ndarray)) or tuple(pair) != (98, 97):
        raise Wrong(f"worst_pair of 99 classes: expected (98, 97), got {pair!r:.100}.")
