"""One set of versions: requirements.lock (hashes, Python 3.11 to 3.13) and environment.yml follow pyproject.toml.

python tools/lock.py            resolves anew with uv and writes both
python tools/lock.py --check    fails where a requirement is not in the lock, or the two files differ
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
CONDA = ROOT / "environment.yml"
CONDA_PYTHON = "3.12"
HEAD = "# Versions with hashes for Python 3.11 to 3.13, made by `make lock` from pyproject.toml. Do not edit.\n"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))?(?: \\)?$", re.M)


def resolve() -> None:
    """Write the lock. No index address goes into it."""
    command = [
        Path(sys.executable).parent / "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--upgrade",
        "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header", "--quiet", "--extra", "test",
        "pyproject.toml",
    ]  # fmt: skip
    found = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    LOCK.write_text(HEAD + found, "utf-8")


def pins(lock: str) -> list[tuple[str, str, Marker | None]]:
    """(name, version, marker) of every pinned package."""
    return [
        (name, version, Marker(marker) if marker else None)
        for name, version, marker in PIN.findall(lock)
    ]


def environment(lock: str) -> str:
    """environment.yml: conda brings Python, pip brings exactly the versions of the lock."""
    here = {
        "python_full_version": f"{CONDA_PYTHON}.0", "python_version": CONDA_PYTHON, "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64", "platform_python_implementation": "CPython",
        "implementation_name": "cpython", "os_name": "posix",
    }  # fmt: skip
    lines = [
        "# For conda users the same versions as requirements.lock. Made by `make lock`; do not edit.",
        "#   conda env create -f environment.yml && conda activate dlcourse && jupyter lab",
        "name: dlcourse",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        f"  - python={CONDA_PYTHON}",
        "  - make",
        "  - git",
        "  - pip",
        "  - pip:",
    ]
    for name, version, marker in pins(lock):
        if name == "pip":
            continue
        # Linux, macOS and Windows share the file: a marker on the platform stays, one on Python is decided here.
        if marker is None or (
            marker.evaluate(here) and "python_full_version" in str(marker)
        ):
            lines.append(f"      - {name}=={version}")
        elif "python_full_version" not in str(marker):
            lines.append(
                f'      - "{name}=={version} ; {str(marker).replace(chr(34), chr(39))}"'
            )
    return "\n".join([*lines, "      - -e ."]) + "\n"


def problems() -> list[str]:
    """What does not fit together."""
    lock = LOCK.read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = []
    versions: dict[str, list[str]] = {}
    for name, version, _ in pins(lock):
        versions.setdefault(name, []).append(version)
    for text in [*project["dependencies"], *extras["book"], *extras["test"]]:
        need = Requirement(text)
        if need.name == project["name"]:
            continue
        pinned = versions.get(need.name.lower().replace("_", "-"), [])
        if not pinned:
            found.append(
                f"pyproject.toml asks for {need}, requirements.lock has no {need.name}. Run `make lock`."
            )
        found += [
            f"pyproject.toml asks for {need}, requirements.lock has {need.name} {version}. Run `make lock`."
            for version in pinned
            if not need.specifier.contains(version, prereleases=True)
        ]
    if re.search(r"https?://|--(extra-)?index", lock):
        found.append("requirements.lock holds an address; expected none.")
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock.removeprefix(HEAD).strip()):
        if "--hash=sha256:" not in block:
            found.append(f"requirements.lock: no hash for {block.splitlines()[0]}")
    if CONDA.read_text("utf-8") != environment(lock):
        found.append("environment.yml differs from requirements.lock. Run `make lock`.")
    return found


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(problems()) or 0)
    resolve()
    CONDA.write_text(environment(LOCK.read_text("utf-8")), "utf-8")
