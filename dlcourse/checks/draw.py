"""Inputs for a learner's function: edge cases, random ones, the smallest that fails.

A check says once how its inputs are drawn,

    def network(draw):
        d, n = draw.whole(1, 4), draw.whole(1, 6)
        return {"x": draw.reals(n, d), "y": draw.bits(n)}

and what must hold for them; `for_all` then tries the edge cases, some inputs of generic
numbers, and, where Hypothesis is installed, inputs that it draws and, once one fails,
shrinks: small arrays of quarters, which a person can follow by hand.
"""

import math
import time
from collections.abc import Callable

import numpy as np

from dlcourse.checks.compare import Wrong, show
from dlcourse.checks.limits import TimeUp

GENERIC, DRAWN = 8, 40  # inputs with numbers of all digits; inputs by Hypothesis
SEARCH = 2.0  # seconds after which no smaller input is looked for
QUARTERS = 12


class Draw:
    """Draws by a NumPy generator."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def real(self, low: float = -3.0, high: float = 3.0) -> float:
        return float(self.rng.uniform(low, high))

    def reals(self, *shape: int, low: float = -3.0, high: float = 3.0) -> np.ndarray:
        """An array of floats."""
        return self.rng.uniform(low, high, shape)

    def wholes(self, *shape: int, low: int, high: int) -> np.ndarray:
        """An array of whole numbers, both ends included."""
        return self.rng.integers(low, high + 1, shape)

    def bits(self, *shape: int) -> np.ndarray:
        """Zeros and ones."""
        return self.wholes(*shape, low=0, high=1)

    def one_of(self, *values):
        return values[self.whole(0, len(values) - 1)]

    def order(self, letters: str) -> str:
        """The letters in another order, never as they are."""
        left, found = list(letters), ""
        while left:
            found += left.pop(self.whole(0, len(left) - 1))
        return found if found != letters else letters[1:] + letters[0]


class SmallDraw(Draw):
    """Draws by Hypothesis, which makes what fails smaller: sizes, then numbers.

    `take(low, high)` gives a whole number and shrinks it towards `low`, or 0.
    """

    def __init__(self, take: Callable[[int, int], int]):
        self.take = take

    def whole(self, low, high):
        return self.take(low, high)

    def real(self, low=-3.0, high=3.0):
        return self._quarters(low, high) / 4 if high - low >= 0.5 else (low + high) / 2

    def reals(self, *shape, low=-3.0, high=3.0):
        found = [self.real(low, high) for _ in range(math.prod(shape))]
        return np.array(found, float).reshape(shape)

    def wholes(self, *shape, low, high):
        found = [self.take(low, high) for _ in range(math.prod(shape))]
        return np.array(found, int).reshape(shape)

    def _quarters(self, low, high):
        return self.take(math.ceil(4 * low), math.floor(4 * high))


def for_all(
    draw: Callable[[Draw], dict],
    test: Callable[..., None],
    rng: np.random.Generator,
    edges: tuple[dict, ...] = (),
) -> None:
    """Call test(**inputs) for edge cases, then for drawn inputs.

    A Wrong gets the inputs for which it was raised, the smallest that were found.
    """
    for inputs in edges:
        _attempt(test, inputs)
    failed = None
    for _ in range(GENERIC):
        inputs = draw(Draw(rng))
        try:
            _attempt(test, inputs)
        except Wrong as error:
            failed = error
            break
    _search(draw, test, rng)
    if failed is not None:  # where no smaller input fails
        raise failed


def _attempt(test, inputs: dict) -> None:
    try:
        test(**inputs)
    except Wrong as error:
        raise Wrong(f"{error}\n{described(inputs)}") from None
    except TimeUp as error:
        raise TimeUp(f"{error}\n{described(inputs)}") from None


def _search(draw, test, rng) -> None:
    """Let Hypothesis look for an input that fails, and for the smallest such."""
    try:
        import hypothesis
        from hypothesis import strategies
    except ImportError:
        return
    known: dict[str, Wrong] = {}
    ends = time.monotonic() + SEARCH

    def attempt(data):
        inputs = draw(SmallDraw(lambda a, b: data.draw(strategies.integers(a, b))))
        key = repr(inputs)
        if time.monotonic() > ends:  # then only what is known is still wrong
            if key in known:
                raise known[key]
            return
        try:
            _attempt(test, inputs)
        except Wrong as error:
            known[key] = error
            raise

    run = hypothesis.settings(
        max_examples=DRAWN,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
    )(hypothesis.given(strategies.data())(attempt))
    try:
        hypothesis.seed(int(rng.integers(2**32)))(run)()
    except hypothesis.errors.Flaky:
        raise Wrong(
            "The same input gave different results. Does the code keep something from "
            "one call to the next, or draw random numbers?"
        ) from None


def described(inputs: dict) -> str:
    """The inputs, a line each."""
    lines = [_line(f"  {name} = ", value) for name, value in inputs.items()]
    return "\n".join(["On this input:", *lines])


def _line(begin: str, value) -> str:
    """What a name stands for; the rows of a matrix stand below each other."""
    if not isinstance(value, np.ndarray):
        return f"{begin}{value!r}"
    if value.size > 30:
        return f"{begin}{show(value)} of shape {value.shape}"
    return begin + np.array2string(value, separator=", ", precision=6, prefix=begin)
