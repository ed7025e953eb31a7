"""One measurement in a fresh process: python child.py '{"task": "pair", ...}'

The parent (bench.py) sets threads and paths in the environment before anything is
imported, and reads the last line of standard output, which is JSON. Two frameworks
never share a process, so that none disturbs another's threads or memory.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path

import measure
import numpy as np
from contestants import NotDone, load
from work import BY_NAME

from dlcourse import hardware

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


def same(ours, theirs, rtol: float = 2e-3) -> None:
    """ValueError where the first results differ: then the contestants do not do the
    same work."""
    ours, theirs = (np.asarray(a, dtype=np.float64) for a in (ours, theirs))
    if ours.shape != theirs.shape:
        raise ValueError(f"first results of shapes {ours.shape} and {theirs.shape}")
    gap = np.abs(ours - theirs).max() / np.abs(theirs).max()
    if not gap <= rtol:
        raise ValueError(f"the first results differ by {gap:.1e} of the largest entry")


def pair(
    item: str, rival: str, clock: str, quick: bool, way: str | None = None
) -> dict:
    """Ours and one rival, A B B A; the rival in this way, or in its fastest."""
    from contestants import with_numpy

    work = BY_NAME[item].work
    ours, weights = with_numpy.build(work)
    found = load(rival).build(work, weights)
    ways = getattr(work, "ways", ()) if rival == "keras" else ()
    ways = (way,) if way else ways
    found = {name: step for name, step in found.items() if not ways or name in ways}
    (ours,) = ours.values()
    epoch = getattr(work, "samples", 0)
    if rival != "floor" and not epoch and not getattr(work, "random", False):
        witness = ours()
        for step in found.values():
            same(witness, step())
    return timed(ours, found, clock, quick)


def further(module: str, item: str, clock: str, quick: bool) -> dict:
    """An item of items_<topic>.py: (ours, theirs) from its factory."""
    factory, _ = importlib.import_module(module).ITEMS[item]
    ours, theirs = factory()
    ways = theirs if isinstance(theirs, dict) else {"tf.function": theirs}
    return timed(ours, ways, clock, quick)


def tables(modules: list[str]) -> dict:
    """module -> name -> goal, of the modules that can be imported."""
    found = {}
    for name in modules:
        try:
            table = importlib.import_module(name).ITEMS
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        found[name] = {item: goal for item, (_, goal) in table.items()}
    return found


def timed(ours, ways: dict, clock: str, quick: bool) -> dict:
    plan, tick = (measure.QUICK if quick else measure.Plan()), CLOCKS[clock]
    way, seconds = measure.fastest(ways, tick)
    result = measure.compare(ours, ways[way], plan, tick).record()
    return {
        **result,
        "way": way,
        "ways": {k: float(f"{v:.4g}") for k, v in seconds.items()},
    }


def memory(item: str, side: str, steps: int) -> dict:
    """Peak and present resident set in bytes of this process after training."""
    work = BY_NAME[item].work
    if side == "numpy":
        from contestants import with_numpy

        ways = with_numpy.build(work)[0]
    else:
        ways = load(side).build(work)
    step = next(iter(ways.values()))
    for _ in range(steps):
        step()
    return resident()


def resident() -> dict:
    """{"peak", "now"} in bytes: of this program alone, which getrusage on Linux is not
    (it keeps the peak of the parent that forked)."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(
            line.split(":", 1)
            for line in status.read_text().splitlines()
            if ":" in line
        )
        kilobytes = {
            k: int(lines[f].split()[0])
            for k, f in (("peak", "VmHWM"), ("now", "VmRSS"))
        }
        return {k: 1024 * v for k, v in kilobytes.items()}
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
    return {"peak": peak, "now": peak}


def grow(curve: str, quick: bool) -> dict:
    import growth

    return growth.measured(curve, quick)


def versions() -> dict:
    import platform
    from importlib import metadata

    found = {"Python": platform.python_version()}
    names = ("numpy", "keras", "tensorflow", "torch", "jax", "scikit-learn")
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {**found, "BLAS of NumPy": f"{blas['name']} {blas['version']}"}


TASKS = {f.__name__: f for f in (pair, further, tables, memory, grow, versions)}


def main() -> None:
    request = json.loads(sys.argv[1])
    if request.get("pin") and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    hardware.steady(threads=None)  # as dlcourse.start; the environment sets the threads
    task = request.pop("task")
    request.pop("pin", None)
    try:
        answer = TASKS[task](**request)
    except NotDone as reason:
        answer = {"not_run": str(reason)}
    except Exception as error:
        answer = {"not_run": f"{type(error).__name__}: {error}"[:300]}
        if os.environ.get("BENCH_TRACEBACK"):
            raise
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
