"""What this machine is, how long things take, and how large a run it can bear."""

import contextlib
import ctypes
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from dlcourse.validation import require_positive_int

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_BACKEND_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
_GPU_PACKAGES = {
    "tensorflow": "tensorflow[and-cuda]",
    "jax": "jax[cuda12]",
    "torch": "torch",
}
_STEP_LIMIT = 0.02  # seconds


def start(chapter: int) -> np.random.Generator:
    """Begin a chapter; return its random generator, seeded with its number.

    Seeds Keras too (which seeds NumPy's global state; nothing here draws from it), sets
    the plot style, prints the versions, and makes NumPy `steady`.
    """
    with _quiet():
        import keras
    from dlcourse import plots

    steady()
    keras.utils.set_random_seed(chapter)
    plots.style()
    print(f"{versions()}, seed {chapter}")
    return np.random.default_rng(chapter)


def steady(threads: int | None = 1) -> None:
    """NumPy with one thread, and with memory that it keeps.

    Matrix products run on one thread from here on (None leaves their number alone): for
    the book's sizes that is faster, on a busy machine many times so, and sums have the
    same order, so the same last digit, on every number of cores.

    A training step makes and drops the same large arrays again and again. The C library
    of Linux gives each back to the system at once, and gets it again page by page, each
    set to 0, which can cost more than the arithmetic. From here on it keeps up to 1 GB.
    """
    if threads is not None:
        # Both come with scikit-learn. SciPy's BLAS must be there to be limited, too.
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads, user_api="blas")
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            library.mallopt(option, 2**30)


@contextlib.contextmanager
def _quiet():
    """Silence what TensorFlow's C++ writes to standard error while it loads."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


def versions() -> str:
    """One line: package, Python, NumPy, Keras with its backend, device."""
    import dlcourse

    version = importlib.metadata.version
    name = backend()
    return (
        f"dlcourse {dlcourse.__version__}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, Keras {version('keras')} on {name} "
        f"{version(_BACKEND_PACKAGES[name])}, {'GPU' if gpus() else 'CPU'}"
    )


def backend() -> str:
    """Keras' backend: "tensorflow", "jax" or "torch"."""
    import keras

    return keras.backend.backend()


def gpus() -> list[str]:
    """Names of the GPUs that Keras' backend sees; empty on a CPU.

    With DLCOURSE_REQUIRE_GPU=1 (`make test-gpu`) an empty list is a RuntimeError.
    """
    name = backend()
    if name == "tensorflow":
        import tensorflow as tf

        found = [device.name for device in tf.config.list_physical_devices("GPU")]
    elif name == "jax":
        import jax

        found = [str(device) for device in jax.devices() if device.platform == "gpu"]
    else:
        import torch

        found = [
            torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())
        ]
    if not found and os.environ.get("DLCOURSE_REQUIRE_GPU") == "1":
        raise RuntimeError(
            f"DLCOURSE_REQUIRE_GPU=1: expected a GPU that {name} can use, found none. "
            f'Install the driver and `pip install "{_GPU_PACKAGES[name]}"`, or unset '
            "the variable."
        )
    return found


def sizes(cpu: dict, gpu: dict) -> dict:
    """The table of sizes for this machine: `gpu` where Keras sees one, else `cpu`.

    Prints which. ValueError where the two have other keys.
    """
    if set(cpu) != set(gpu):
        raise ValueError(
            f"sizes: expected the same keys for cpu and gpu, got {sorted(cpu)} and "
            f"{sorted(gpu)}."
        )
    found = gpus()
    chosen = gpu if found else cpu
    table = ", ".join(f"{key} = {value}" for key, value in chosen.items())
    print(
        f"Full size on {found[0]}: {table}."
        if found
        else f"Reduced size, no GPU found: {table}."
    )
    return dict(chosen)


def seconds(function: Callable[[], object], repeats: int = 5) -> float:
    """Median wall seconds of a call, after one that is not counted.

    Waits for the device to finish.
    """
    repeats = require_positive_int("seconds", "repeats", repeats)
    _finish(function())
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        _finish(function())
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def seconds_by_size(
    what: str, make: Callable, sizes: Iterable[int], repeats: int = 3
) -> dict[int, float]:
    """Seconds of a step at each size, up to the first that takes more than 20 ms.

    `make(size)` returns the step, a function without arguments. Prints and writes down.
    DLCOURSE_STEP_LIMIT sets another limit in seconds (`make test-gpu`).
    """
    limit = float(os.environ.get("DLCOURSE_STEP_LIMIT", _STEP_LIMIT))
    times = {}
    for size in sizes:
        times[size] = seconds(make(size), repeats)
        if times[size] > limit:
            break
    print(
        f"{what}: "
        + ", ".join(f"{1e3 * t:.2f} ms at {size:,}" for size, t in times.items())
    )
    write_down(what, times)
    return times


def write_down(what: str, times: dict[int, float]) -> None:
    """Hand seconds by size, and the peak memory, to the page "Where it runs".

    They go, as a line of JSON, into the file that DLCOURSE_MEASURED names
    (`make test-gpu`); without it nothing happens.
    """
    if file := os.environ.get("DLCOURSE_MEASURED"):
        line = {"what": what, "seconds": times, "peak": peak_memory()}
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def peak_memory() -> int | None:
    """Most bytes that the first GPU held at once since this process began.

    None without a GPU, and where the backend does not know.
    """
    if not gpus():
        return None
    name = backend()
    if name == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    if name == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    import torch

    return torch.cuda.max_memory_allocated()


def _finish(result) -> None:
    """Devices work on after a call returns: fetching one number waits for them."""
    if result is not None and not isinstance(
        result, (np.ndarray, np.generic, float, int)
    ):
        import keras

        if keras.ops.is_tensor(result):
            keras.ops.convert_to_numpy(keras.ops.reshape(result, (-1,))[:1])
