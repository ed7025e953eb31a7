"""The long runs: python tools/results.py [--stale] [NAME...]

Each script experiments/NN_name.py runs an experiment too long for a chapter and writes a record, which the chapter
draws (dlcourse.results). Without arguments the missing and stale ones run; --stale only says which these are.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from dlcourse import results

ROOT = Path(__file__).resolve().parents[1]
EXPERIMENTS = ROOT / "experiments"


def condition(name: str) -> str:
    """ "missing", "stale" or "current"."""
    try:
        record = results.load(name)
    except FileNotFoundError:
        return "missing"
    return "stale" if results.is_stale(record, EXPERIMENTS) else "current"


def main(arguments: list[str]) -> int:
    known = sorted(path.stem for path in EXPERIMENTS.glob("[0-9][0-9]_*.py"))
    parser = argparse.ArgumentParser(
        prog="results.py", description=__doc__.split("\n\n")[1]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="run it, stale or not")
    parser.add_argument("--stale", action="store_true", help="only say which are stale")
    told = parser.parse_args(arguments)
    if unknown := set(told.names) - set(known):
        parser.error(f"{', '.join(unknown)}: expected one of {', '.join(known)}.")
    names = told.names or known
    states = {name: condition(name) for name in names}
    for name, state in states.items():
        if state != "current":
            print(
                f"*** {state.upper()} RECORD: {name}: the code changed since. `make results` runs it again. ***"
            )
    if told.stale:
        print(
            f"{sum(s == 'current' for s in states.values())} of {len(states)} records are current"
        )
        return 0
    environment = dict(os.environ)
    local = ROOT.parent / "shared" / "data"
    if local.is_dir():
        environment.setdefault("DLCOURSE_DATA", str(local))
    for name, state in states.items():
        if state != "current" or name in told.names:
            print(f"running {name} ...", flush=True)
            subprocess.run(
                [sys.executable, EXPERIMENTS / f"{name}.py"],
                cwd=ROOT,
                env=environment,
                check=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
