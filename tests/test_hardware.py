"""What the machine is, and the table of sizes that it takes, on a pretended GPU too."""

import json
import re
import sys
import types

import keras
import numpy as np
import pytest

from dlcourse import hardware

SIZES = {"cpu": {"n": 8, "depth": 2}, "gpu": {"n": 512, "depth": 20}}


@pytest.fixture
def a_gpu(monkeypatch):
    monkeypatch.delenv("DLCOURSE_REQUIRE_GPU", raising=False)
    monkeypatch.setattr(hardware, "gpus", lambda: ["a GPU"])


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.delenv("DLCOURSE_REQUIRE_GPU", raising=False)
    monkeypatch.setattr(hardware, "gpus", lambda: [])


def test_sizes_without_a_gpu(no_gpu, capsys):
    assert hardware.sizes(**SIZES) == SIZES["cpu"]
    assert capsys.readouterr().out == "Reduced size, no GPU found: n = 8, depth = 2.\n"


def test_sizes_on_a_gpu(a_gpu, capsys):
    found = hardware.sizes(**SIZES)
    assert found == SIZES["gpu"] and found is not SIZES["gpu"]
    assert capsys.readouterr().out == "Full size on a GPU: n = 512, depth = 20.\n"


def test_sizes_must_name_the_same_things():
    with pytest.raises(ValueError, match=r"the same keys .* got \['n'\] and \['m'\]"):
        hardware.sizes({"n": 1}, {"m": 1})


@pytest.mark.parametrize("gpu", [True, False])
def test_versions_in_one_line(gpu, request):
    request.getfixturevalue("a_gpu" if gpu else "no_gpu")
    line = hardware.versions()
    assert f"Keras {keras.__version__} on {keras.backend.backend()} " in line
    assert f"NumPy {np.__version__}" in line and "\n" not in line
    assert line.endswith(", GPU" if gpu else ", CPU")


class Device:
    platform = "gpu"

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name


def pretend(monkeypatch, backend: str, found: list[str]) -> None:
    """A backend of that name which sees these devices."""
    devices = [Device(name) for name in found]
    if backend == "tensorflow":
        config = types.SimpleNamespace(list_physical_devices=lambda kind: devices)
        module = types.SimpleNamespace(config=config)
    elif backend == "jax":
        cpu = types.SimpleNamespace(platform="cpu")
        module = types.SimpleNamespace(devices=lambda: [cpu, *devices])
    else:
        cuda = types.SimpleNamespace(
            device_count=lambda: len(found), get_device_name=lambda i: found[i]
        )
        module = types.SimpleNamespace(cuda=cuda)
    monkeypatch.setattr(hardware, "backend", lambda: backend)
    monkeypatch.setitem(sys.modules, backend, module)


@pytest.mark.parametrize("found", [[], ["one"], ["one", "two"]], ids=len)
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_gpus_of_each_backend(backend, found, monkeypatch):
    pretend(monkeypatch, backend, found)
    monkeypatch.delenv("DLCOURSE_REQUIRE_GPU", raising=False)
    assert hardware.gpus() == found
    monkeypatch.setenv("DLCOURSE_REQUIRE_GPU", "1")
    if found:
        assert hardware.gpus() == found
    else:
        with pytest.raises(
            RuntimeError, match=f"a GPU that {backend} can use, found none"
        ):
            hardware.gpus()


def test_seconds_is_the_median_after_one_call_that_does_not_count(monkeypatch):
    calls, clock = [], iter([0, 9, 10, 11, 20, 25])  # 9, 1 and 5 seconds
    monkeypatch.setattr(hardware.time, "perf_counter", lambda: next(clock))
    assert hardware.seconds(lambda: calls.append(1), repeats=3) == 5
    assert len(calls) == 4


@pytest.mark.parametrize("repeats", [0, -1, 1.5])
def test_seconds_needs_a_call(repeats):
    with pytest.raises(
        ValueError, match=re.escape("repeats to be a positive whole number")
    ):
        hardware.seconds(lambda: None, repeats)


def test_seconds_waits_for_tensors_alone(monkeypatch):
    fetched = []
    original = keras.ops.convert_to_numpy
    monkeypatch.setattr(
        keras.ops,
        "convert_to_numpy",
        lambda x: fetched.append(original(x)) or fetched[-1],
    )
    tensor = keras.ops.reshape(keras.ops.arange(6, dtype="float32") + 3, (2, 3))
    for result in (None, 1.0, 2, np.float32(1), np.ones(3), "text", [1]):
        hardware.seconds(lambda result=result: result, repeats=1)
    assert fetched == []
    hardware.seconds(lambda: tensor, repeats=2)
    assert [f.tolist() for f in fetched] == [[3.0]] * 3


@pytest.fixture
def clock(monkeypatch):
    """hardware.seconds of a step is the step's own return value."""
    monkeypatch.setattr(hardware, "seconds", lambda step, repeats: step())
    monkeypatch.delenv("DLCOURSE_STEP_LIMIT", raising=False)
    monkeypatch.delenv("DLCOURSE_MEASURED", raising=False)


def step_of(size):
    """A step that takes as many microseconds as its size."""
    return lambda: size / 1e6


def test_sizes_grow_until_a_step_takes_too_long(clock, monkeypatch, capsys):
    sizes = (10, 1000, 30_000, 10**7)
    found = hardware.seconds_by_size("a step, by n", step_of, sizes)
    assert found == {10: 1e-5, 1000: 1e-3, 30_000: 0.03}
    said = "a step, by n: 0.01 ms at 10, 1.00 ms at 1,000, 30.00 ms at 30,000\n"
    assert capsys.readouterr().out == said
    monkeypatch.setenv("DLCOURSE_STEP_LIMIT", "0.0005")
    assert list(hardware.seconds_by_size("a step", step_of, sizes)) == [10, 1000]


def test_what_is_measured_is_written_down_where_asked(clock, monkeypatch, tmp_path):
    hardware.seconds_by_size("unasked", step_of, (1, 2))
    file = tmp_path / "measured.jsonl"
    monkeypatch.setenv("DLCOURSE_MEASURED", str(file))
    monkeypatch.setattr(hardware, "peak_memory", lambda: 2**20)
    hardware.seconds_by_size("first", step_of, (1, 2))
    hardware.write_down("second", {64: 0.5})
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"what": "first", "seconds": {"1": 1e-6, "2": 2e-6}, "peak": 2**20},
        {"what": "second", "seconds": {"64": 0.5}, "peak": 2**20},
    ]


def remembering(backend: str, peak: int):
    """The part of a backend's module that knows the memory of its GPU."""
    if backend == "tensorflow":
        info = {"GPU:0": {"current": 1, "peak": peak}}
        experimental = types.SimpleNamespace(get_memory_info=info.__getitem__)
        return {"config": types.SimpleNamespace(experimental=experimental)}
    if backend == "jax":
        stats = {"bytes_in_use": 1, "peak_bytes_in_use": peak}
        return {"devices": lambda: [types.SimpleNamespace(memory_stats=lambda: stats)]}
    return {"cuda": types.SimpleNamespace(max_memory_allocated=lambda: peak)}


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_peak_memory_of_each_backend(backend, a_gpu, monkeypatch):
    monkeypatch.setattr(hardware, "backend", lambda: backend)
    module = types.SimpleNamespace(**remembering(backend, 12_345))
    monkeypatch.setitem(sys.modules, backend, module)
    assert hardware.peak_memory() == 12_345


def test_peak_memory_without_a_gpu_or_a_count(no_gpu, monkeypatch):
    assert hardware.peak_memory() is None
    monkeypatch.setattr(hardware, "gpus", lambda: ["a GPU"])
    monkeypatch.setattr(hardware, "backend", lambda: "jax")
    silent = types.SimpleNamespace(memory_stats=lambda: None)
    module = types.SimpleNamespace(devices=lambda: [silent])
    monkeypatch.setitem(sys.modules, "jax", module)
    assert hardware.peak_memory() is None


def test_start_gives_the_chapters_generator_and_says_the_versions(monkeypatch, capsys):
    seeded, called = [], []
    monkeypatch.setattr(keras.utils, "set_random_seed", seeded.append)
    monkeypatch.setattr(hardware, "steady", lambda: called.append("steady"))
    import matplotlib as mpl

    with mpl.rc_context():
        rng = hardware.start(7)
        assert mpl.rcParams["axes.grid"] and mpl.rcParams["figure.figsize"] == [
            6.4,
            3.8,
        ]
    assert seeded == [7] and called == ["steady"]
    assert rng.integers(10**9) == np.random.default_rng(7).integers(10**9)
    assert capsys.readouterr().out == f"{hardware.versions()}, seed 7\n"


@pytest.mark.parametrize("system", ["glibc", "musl"])
def test_steady_means_one_thread_and_memory_that_is_kept(system, monkeypatch):
    limits, options = [], []
    threads = types.SimpleNamespace(
        threadpool_limits=lambda n, user_api: limits.append((n, user_api))
    )
    monkeypatch.setitem(sys.modules, "threadpoolctl", threads)
    monkeypatch.setattr(hardware.platform, "libc_ver", lambda: (system, "2"))
    library = types.SimpleNamespace(mallopt=lambda *pair: options.append(pair))
    monkeypatch.setattr(hardware.ctypes, "CDLL", lambda name: library)
    hardware.steady()
    assert limits == [(1, "blas")]
    assert options == ([(-1, 2**30), (-3, 2**30)] if system == "glibc" else [])


def test_what_is_written_while_keras_loads_is_dropped(capfd):
    import os

    with hardware._quiet():
        os.write(2, b"noise")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
