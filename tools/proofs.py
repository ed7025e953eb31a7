"""The record of what is proven: python tools/proofs.py

Runs the tests with --record (tests/recording.py) and makes book/records/proofs.json of
the rows: for each class its twin cases with the largest difference in either float
type, its gradient checks, its other oracles. Written only where every test passes.
`--allow-failures` writes it all the same and lists what failed.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from proof_rows import rows, summary

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "book/records/proofs.json"
ROWS = ROOT / ".build/proofs"
FAMILIES = ("layers", "activations", "losses", "optimizers", "schedules", "initializers",
            "regularizers", "constraints", "metrics", "callbacks")  # fmt: skip


def tables() -> dict[str, dict[str, list]]:
    """The tables of tests/cases: family -> class -> [number of cases, digest of ids].

    What the record says of them must be what they say now.
    """
    import importlib
    import pkgutil

    import cases

    found = {
        "no_twin": {name: [1, digest([text])] for name, text in cases.NO_TWIN.items()}
    }
    modules = [
        cases,
        *(
            importlib.import_module(f"cases.{m.name}")
            for m in pkgutil.iter_modules(cases.__path__)
        ),
    ]
    for module in modules:
        for name, table in vars(module).items():
            listed = (
                name.isupper() and isinstance(table, dict) and name.lower() in FAMILIES
            )
            if listed and name.lower() not in found:
                found[name.lower()] = {
                    key: [len(entries), digest(map(cases.name_of, entries))]
                    for key, entries in table.items()
                }
    found["callbacks"] = {name: [1, digest([name])] for name in cases.CALLBACKS}
    return found


def no_twin() -> dict[str, str]:
    """What Keras lacks, with the oracle that stands in."""
    import cases

    return dict(cases.NO_TWIN)


def digest(texts) -> str:
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:12]


def differences(record: dict, now: dict) -> list[str]:
    """Where the record's tables are not those of now, in words."""
    then, found = record["tables"], []
    for family in sorted({*then, *now}):
        old, new = then.get(family, {}), now.get(family, {})
        for name in sorted({*old, *new}):
            if name not in old:
                found.append(f"{family}: {name} is new")
            elif name not in new:
                found.append(f"{family}: {name} is gone")
            elif old[name] != new[name]:
                found.append(f"{family}: the cases of {name} changed")
    return found


def versions() -> dict:
    import platform
    from importlib import metadata

    found = {"Python": platform.python_version()}
    for name in (
        "numpy",
        "keras",
        "tensorflow",
        "scipy",
        "scikit-learn",
        "torch",
        "jax",
        "hypothesis",
    ):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def run(jobs: str, extra: list[str]) -> int:
    """The tests, with rows in ROWS; pytest's exit status."""
    shutil.rmtree(ROWS, ignore_errors=True)
    command = [
        sys.executable, "-m", "pytest", "-q", "-n", jobs, "-p", "no:cacheprovider",
        "--record", str(ROWS), *(extra or ["tests", "--ignore=tests/tools", "--ignore=tests/browser"]),
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env={**os.environ}).returncode


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", "--jobs", default="2", help="processes of pytest (2)")
    parser.add_argument("--allow-failures", action="store_true")
    parser.add_argument(
        "--keep-rows",
        action="store_true",
        help="run nothing, read the rows of the last run",
    )
    parser.add_argument(
        "tests",
        nargs="*",
        help="what pytest runs; all that prove something unless told",
    )
    options = parser.parse_args(arguments)
    status = 0 if options.keep_rows else run(options.jobs, options.tests)
    made = summary(rows(ROWS))
    if (status or made["failed"]) and not options.allow_failures:
        print(
            f"error: not every test passed; {RECORD.name} stays as it was",
            file=sys.stderr,
        )
        return 1
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
    record = {
        "date": date.today().isoformat(),
        "versions": versions(),
        **made,
        "no_twin": no_twin(),
        "tables": tables(),
    }
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False)
    RECORD.write_text(text + "\n", "utf-8")
    cases = sum(
        entry["cases"] for table in record["twins"].values() for entry in table.values()
    )
    print(
        f"wrote {RECORD.name}: {cases} twin cases, {sum(record['refused'].values())} planted errors refused"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
