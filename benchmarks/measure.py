"""The method: two contestants in slices A B B A, and the median of the ratios.

A slice is as many steps as last `slice_seconds`. A drift of the machine (its clock, its
other guests) hits both contestants of a group A B B A alike, to first order; the ratio
of each group is (a1 + a4) / (b2 + b3) per step, and its median over the groups with the
quartiles is what we report. The clock is CPU seconds of this process
(time.process_time, all its threads together), because wall seconds of a busy machine
mean little; tests inject another one.
"""

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

Step = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Plan:
    """How long to measure: groups A B B A within `budget` seconds of the clock."""

    slice_seconds: float = 0.08
    budget: float = 3.0
    fewest: int = 5
    most: int = 9


QUICK = Plan(0.04, 1.0, 3, 5)


@dataclass(frozen=True)
class Ratio:
    """ours / theirs: median and quartiles over the groups, and seconds of a step."""

    median: float
    low: float
    high: float
    ours: float
    theirs: float
    groups: int

    def record(self) -> dict:
        """For the JSON: five digits are more than enough."""
        return {
            k: v if isinstance(v, int) else float(f"{v:.5g}")
            for k, v in asdict(self).items()
        }


def slice_of(step: Step, times: int, clock: Clock) -> float:
    """Seconds of a step, over one slice of so many."""
    begin = clock()
    for _ in range(times):
        step()
    return (clock() - begin) / times


def warmed(step: Step, clock: Clock) -> float:
    """Seconds of a step after two warm-up calls: the least of three."""
    step(), step()
    return min(slice_of(step, 1, clock) for _ in range(3))


def times_for(seconds: float, plan: Plan) -> int:
    """How many steps of so many seconds make a slice."""
    return max(1, round(plan.slice_seconds / max(seconds, 1e-9)))


def fastest(ways: dict[str, Step], clock: Clock) -> tuple[str, dict[str, float]]:
    """The name of the fastest way to do a step, and the seconds of each."""
    seconds = {name: warmed(step, clock) for name, step in ways.items()}
    return min(seconds, key=seconds.get), seconds


def compare(
    ours: Step, theirs: Step, plan: Plan = Plan(), clock: Clock = time.process_time
) -> Ratio:
    """The ratio of the seconds of a step of ours to one of theirs."""
    one = {step: warmed(step, clock) for step in (ours, theirs)}
    times = {step: times_for(seconds, plan) for step, seconds in one.items()}
    group = 2 * sum(one[step] * times[step] for step in one)
    groups = math.floor(plan.budget / group) if group else plan.most
    groups = min(plan.most, max(plan.fewest, groups))
    gc.collect()
    ratios, our_seconds, their_seconds = [], [], []
    for _ in range(groups):
        order = (ours, theirs, theirs, ours)
        a1, b1, b2, a2 = (slice_of(step, times[step], clock) for step in order)
        ratios.append((a1 + a2) / (b1 + b2))
        our_seconds.append((a1 + a2) / 2)
        their_seconds.append((b1 + b2) / 2)
    low, median, high = statistics.quantiles(ratios, n=4)
    return Ratio(
        median,
        low,
        high,
        statistics.median(our_seconds),
        statistics.median(their_seconds),
        groups,
    )


def slope(x, y) -> float:
    """The exponent k of y = c x^k: least squares of log y over log x."""
    u, v = [math.log(a) for a in x], [math.log(b) for b in y]
    u_mean, v_mean = statistics.fmean(u), statistics.fmean(v)
    cross = sum((a - u_mean) * (b - v_mean) for a, b in zip(u, v, strict=True))
    return cross / sum((a - u_mean) ** 2 for a in u)
