"""Known faults of the pinned packages: python tools/audit.py asks PyPI's advisories about requirements.lock.

Fails where a package has a known fault, and where no package could be looked up, for silence is no audit. It needs the
network, so no test runs it: `make audit` does, and CI prints what it says.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = (
    "pip-audit==2.10.1"  # in an environment of uv's own: the book needs none of it
)


def audit() -> str:
    """What pip-audit prints, as JSON; "" where it could not be had."""
    command = [
        Path(sys.executable).parent / "uv", "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit",
        "--requirement", ROOT / "requirements.lock", "--require-hashes", "--disable-pip", "--format", "json",
        "--progress-spinner", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.stdout


def summary(printed: str) -> tuple[int, list[str]]:
    """(exit status, lines) of what pip-audit printed."""
    rows = json.loads(printed)["dependencies"] if printed else []
    known = [row for row in rows if "skip_reason" not in row]
    lines = [
        f"{row['name']} {row['version']}: {fault['id']}, "
        + (f"mended in {', '.join(fault['fix_versions'])}" if fault["fix_versions"] else "not mended yet")
        for row in known
        for fault in row["vulns"]
    ]  # fmt: skip
    faults = len(lines)
    lines.append(
        f"audit: {len(known)} of {len(rows)} packages looked up, {faults} known faults"
    )
    if not known:
        lines.append("Nothing was looked up: is there a network?")
    return (1 if faults or not known else 0), lines


if __name__ == "__main__":
    status, lines = summary(audit())
    print("\n".join(lines))
    sys.exit(status)
