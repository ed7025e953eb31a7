"""Cost must grow as the work grows: time of a step against its size, and memory.

Each curve has the exponent that the count of operations gives. The measured one is
fitted to the larger half of the sizes, where the constant costs of a step (calls,
checks) no longer show. CPU seconds, the least of several slices.
"""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import measure
import numpy as np

from dlcourse import layers, models, optimizers


@dataclass(frozen=True)
class Curve:
    """`step(size)` gives the step to time; `expected` is the exponent."""

    title: str
    axis: str
    step: Callable[[int], measure.Step]
    sizes: tuple[int, ...]
    expected: float
    unit: str = "s"


def mlp(batch=32, width=300) -> measure.Step:
    """A training step of a network width-width-width-10."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, width), dtype=np.float32)
    y = rng.integers(0, 10, batch)
    stack = [layers.Dense(n, activation="relu") for n in (width, width)]
    model = models.Sequential(
        [layers.Input((width,)), *stack, layers.Dense(10, activation="softmax")]
    )
    model.build(rng=rng)
    model.compile(optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    return lambda: model.train_on_batch(x, y)


def layer_step(layer, shape) -> measure.Step:
    """Forward and backward."""
    rng = np.random.default_rng(0)
    layer.build((None, *shape[1:]), rng=rng)
    x = rng.standard_normal(shape, dtype=np.float32)
    dy = rng.standard_normal(layer.compute_output_shape(shape), dtype=np.float32)

    def step():
        _, cache = layer.forward(x)
        layer.backward(dy, cache)

    return step


def lstm(steps: int) -> measure.Step:
    return layer_step(layers.LSTM(128), (32, steps, 64))


def convolution(side: int) -> measure.Step:
    return layer_step(layers.Conv2D(16, 3, padding="same"), (8, side, side, 16))


CURVES = {
    "batch": Curve("Batch", "samples in a batch", lambda n: mlp(batch=n),
                   (8, 16, 32, 64, 128, 256, 512, 1024), 1),
    "width": Curve("Width", "units of a layer", lambda n: mlp(width=n),
                   (32, 64, 128, 256, 512, 1024, 2048), 2),
    "length": Curve("Sequence length", "time steps", lstm, (4, 8, 16, 32, 64, 128, 256), 1),
    "image": Curve("Image size", "side in pixels", convolution, (8, 16, 32, 64, 128), 2),
    "memory": Curve("Memory, sequence length", "time steps", lstm,
                    (8, 16, 32, 64, 128, 256, 512), 1, "byte"),
}  # fmt: skip


def seconds(step: measure.Step, quick: bool) -> float:
    """The least CPU time of a step over several slices."""
    one = measure.warmed(step, time.process_time)
    times = max(1, round((0.01 if quick else 0.05) / one))
    slices = 2 if quick else 5
    return min(measure.slice_of(step, times, time.process_time) for _ in range(slices))


def bytes_of(make: Callable[[int], measure.Step], size: int) -> int:
    """The most memory held at once by a first step, with its data and weights.

    Of a second step, memory that the kernels use again (kernels/memory.py) would not
    show.
    """
    tracemalloc.start()
    make(size)()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def measured(name: str, quick: bool = False) -> dict:
    """{"sizes", "values", "expected", "slope", ...} of one curve."""
    curve = CURVES[name]
    sizes = curve.sizes[:5] if quick else curve.sizes
    if curve.unit == "byte":
        values = [bytes_of(curve.step, size) for size in sizes]
    else:
        values = [seconds(curve.step(size), quick) for size in sizes]
    half = len(sizes) // 2
    return {
        "title": curve.title,
        "axis": curve.axis,
        "unit": curve.unit,
        "sizes": list(sizes),
        "values": [float(f"{v:.5g}") for v in values],
        "expected": curve.expected,
        "slope": round(measure.slope(sizes[half:], values[half:]), 3),
        "fitted": len(sizes) - half,
    }
