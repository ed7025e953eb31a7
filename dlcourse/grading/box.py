"""The sandbox: what a submission's process sees, and what it may use.

bubblewrap gives it namespaces of its own: no network, no other processes, no
capability, no user namespaces inside. It sees /usr, the Python environment, the package
without checks and grading, and its own submission, all read-only; it may write to
small file systems in memory alone: /box, /tmp, and one for the kernel's sockets.
`dlcourse grade --doctor` tells whether a machine can.
"""

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcourse.grading import seccomp
from dlcourse.grading.limits import MB, Limits

PACKAGE = Path(__file__).resolve().parents[1]
HIDDEN = ("checks", "grading")  # of the package: not in the box
COURSE = Path("/course")  # where the rest of it stands


@dataclass(frozen=True)
class Environment:
    """A Python environment that a box can run: its prefix, and that of its Python."""

    prefix: Path
    base: Path

    @classmethod
    def here(cls) -> "Environment":
        """The one that runs this."""
        return cls(Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())

    @property
    def python(self) -> Path:
        return self.prefix / "bin/python"

    def folders(self) -> list[Path]:
        """What must be seen beside /usr."""
        found = dict.fromkeys((self.base, self.prefix))
        return [path for path in found if not path.is_relative_to("/usr")]

    def copies(self) -> list[Path]:
        """Copies of the package in its site-packages: hidden whole."""
        sites = [Path(p) for p in site.getsitepackages([str(self.prefix)])]
        return [p / "dlcourse" for p in sites if (p / "dlcourse").is_dir()]


STEADY = {  # so that a notebook gives the same results everywhere
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    ),
}


def settings() -> dict[str, str]:
    """The environment variables inside; nothing of the machine's comes along."""
    return {
        "HOME": "/box",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(COURSE),
        "IPYTHONDIR": "/box/.ipython",
        **STEADY,
    }


def unboxed() -> dict[str, str]:
    """Those of a kernel without a box: the user's own, and what makes it steady."""
    return {**os.environ, **STEADY, "PYTHONPATH": str(PACKAGE.parent)}


def command(
    inside: list[str],
    limits: Limits,
    read: Sequence[tuple[Path, str]] = (),
    sockets: str = "",
    environment: Environment | None = None,
    filter: int | None = None,
) -> list[str]:
    """The command line that runs `inside` in a box.

    `read` are pairs (path, where it is seen) to read; `sockets` is a folder that is
    made for them; `filter` is the descriptor of seccomp.program(), which the process
    must inherit.
    """
    environment = environment or Environment.here()
    prlimit, bwrap = (shutil.which(p) or p for p in ("prlimit", "bwrap"))
    outer = [
        prlimit,
        f"--data={limits.memory}",
        f"--cpu={limits.cpu}",
        f"--fsize={limits.file}",
        "--core=0",
        "--nofile=1024",
        "--",
    ]
    wrap = [bwrap, "--unshare-user", "--unshare-all", "--disable-userns",
            "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
            "--hostname", "box", "--ro-bind", "/usr", "/usr"]  # fmt: skip
    for name in ("lib", "lib64", "bin", "sbin"):
        if Path("/", name).is_symlink():
            wrap += ["--symlink", str(Path("/", name).readlink()), f"/{name}"]
        elif Path("/", name).is_dir():
            wrap += ["--ro-bind", f"/{name}", f"/{name}"]
    wrap += ["--proc", "/proc", "--dev", "/dev",
             "--size", str(64 * MB), "--tmpfs", "/tmp",
             "--size", str(limits.file), "--tmpfs", "/box"]  # fmt: skip
    for path in environment.folders():
        wrap += ["--ro-bind", str(path), str(path)]
    wrap += ["--ro-bind", str(PACKAGE), str(COURSE / "dlcourse")]
    hidden = [COURSE / "dlcourse" / name for name in HIDDEN] + environment.copies()
    for path in hidden:
        wrap += ["--perms", "0555", "--size", "4096", "--tmpfs", str(path)]
    for path, seen in read:
        wrap += ["--ro-bind", str(path), seen]
    if sockets:
        wrap += ["--size", str(MB), "--tmpfs", sockets]
    for name, value in settings().items():
        wrap += ["--setenv", name, value]
    if filter is not None:
        wrap += ["--seccomp", str(filter)]
    # What bwrap made to hang all this on lies in memory, too, and has no limit.
    wrap += ["--size", str(64 * MB), "--tmpfs", "/dev/shm"]
    wrap += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/box", "--"]
    return [
        *outer,
        *wrap,
        "/usr/bin/prlimit",
        f"--nproc={limits.processes}",
        "--",
        *inside,
    ]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: whether it is well, and what to do where it is not."""

    what: str
    well: bool
    advice: str = ""
    needed: bool = True


def doctor() -> list[Finding]:
    """Whether this machine can sandbox, point by point."""
    if sys.platform != "linux":
        return [Finding("Linux", False, _ELSEWHERE)]
    found = [Finding("Linux", True)]
    for program, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux")):
        there = shutil.which(program) is not None
        advice = f"Install it: apt install {package}, dnf install {package}."
        found.append(Finding(f"the program {program}", there, advice))
    if not all(one.well for one in found):
        return found
    run = _try(command(["/usr/bin/true"], Limits()))
    found.append(Finding("a box can be made", run is None, _ADVICE.format(said=run)))
    handle = seccomp.program()
    advice = "Install libseccomp2 and pyseccomp; without them the box has no filter."
    found.append(Finding("a filter of system calls", handle is not None, advice, False))
    if run is None and handle is not None:
        said = _try(command(["/usr/bin/true"], Limits(), filter=handle), (handle,))
        found.append(Finding("a box with the filter", said is None, f"bwrap: {said}"))
    return found


def unwell() -> str:
    """Why this machine cannot grade, and what to do; "" where it can."""
    for one in doctor():
        if one.needed and not one.well:
            return (
                "grade: this machine cannot sandbox, and submissions are not run "
                f"without a sandbox. {one.advice}"
            )
    return ""


def _try(line: list[str], inherit: tuple[int, ...] = ()) -> str | None:
    """What a command said when it failed; None where it did not."""
    try:
        run = subprocess.run(
            line, capture_output=True, text=True, timeout=30, pass_fds=inherit
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if run.returncode == 0 else (run.stderr.strip() or "it failed")[:500]


_ELSEWHERE = (
    "The sandbox needs Linux. On Windows use WSL 2, on macOS a virtual machine "
    "(multipass, UTM, Docker Desktop), and grade there."
)
_ADVICE = (
    "bwrap said: {said}. Ubuntu 23.10 and later forbid user namespaces to unknown "
    "programs: install apparmor-profiles, copy bwrap-userns-restrict from "
    "/usr/share/apparmor/extra-profiles to /etc/apparmor.d and load it with "
    "apparmor_parser -r. Debian: sysctl kernel.unprivileged_userns_clone=1. In a "
    "container: docker run --security-opt seccomp=unconfined --security-opt "
    "apparmor=unconfined --security-opt systempaths=unconfined; podman run "
    "--security-opt seccomp=unconfined --security-opt unmask=ALL. Where that is not "
    "allowed, use a virtual machine."
)
