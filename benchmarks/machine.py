"""The machine that the numbers hang on, and how long imports take on it."""

import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = ("numpy", "dlcourse", "dlcourse.models", "tensorflow", "keras")


def imports(quick: bool, environment: dict) -> dict:
    """Seconds of imports in fresh interpreters: medians, wall and CPU."""
    program = (
        "import sys, time; w, c = time.perf_counter(), time.process_time(); "
        "__import__(sys.argv[1]); "
        "print(time.perf_counter() - w, time.process_time() - c)"
    )
    found = {}
    for module in MODULES:
        times = 3 if quick or module in ("tensorflow", "keras") else 9
        runs = []
        for _ in range(times):
            run = subprocess.run(
                [sys.executable, "-c", program, module],
                cwd=HERE.parent, env=environment, capture_output=True, text=True,
            )  # fmt: skip
            if run.returncode == 0:
                runs.append([float(v) for v in run.stdout.split()])
        if runs:
            wall, cpu = (
                statistics.median(column) for column in zip(*runs, strict=True)
            )
            found[module] = {
                "wall": round(wall, 4),
                "cpu": round(cpu, 4),
                "runs": len(runs),
            }
    return {**found, "goal": 0.15, "beyond": 0.1}


def machine() -> dict:
    """What the numbers hang on."""
    found = {
        "processor": platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        fields = [
            line.split(":", 1)
            for line in cpuinfo.read_text().splitlines()
            if ":" in line
        ]
        info = {key.strip(): value.strip() for key, value in fields}
        found["processor"] = info.get("model name", found["processor"])
        words = set(info.get("flags", "").split())
        best = [w for w in ("avx2", "avx512f", "amx_tile") if w in words]
        found["vectors"] = " ".join(best)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        found["memory"] = f"{size / 2**30:.0f} GiB"
    if hasattr(os, "getloadavg"):
        found["load"] = round(os.getloadavg()[0], 2)
    return found
