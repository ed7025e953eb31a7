"""The fast forms beside their textbook forms: python benchmarks/textbook.py [--write]

No framework takes part, so a change that makes a kernel slower shows on any machine, in
half a minute: CI prints this table. Each ratio is fast / textbook, by the method of
measure.py; "was" is the ratio of book/records/textbook.json, which --write makes anew.
A row that is 1.5 times what it was, quartiles included, is marked: it is for a person
to judge, since machines differ, and so nothing fails.
"""

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
from measure import QUICK, Ratio, Step, compare
from rich.console import Console
from rich.table import Table

from dlcourse import activations, hardware
from dlcourse.kernels import (
    axpy,
    correlation,
    depthwise,
    dropout,
    gru,
    lstm,
    normalization,
    pooling,
    rows,
    scan,
    simple_rnn,
)
from dlcourse.layers.convolution import convolve, convolve_backward

RECORD = Path(__file__).resolve().parents[1] / "book/records/textbook.json"
SLOWER = 1.5
ONE = ((1, 1), (1, 1))  # strides and dilation

rng = np.random.default_rng(0)


def draw(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def convolutions() -> dict[str, tuple[Step, Step]]:
    """Forward, and both gradients, by the kernel that the layer would choose."""
    cases = {
        "5×5, 1 → 6": ((32, 28, 28, 1), (5, 5, 1, 6), 1),
        "5×5, 6 → 16": ((32, 14, 14, 6), (5, 5, 6, 16), 1),
        "3×3, 16 → 32, strides 2": ((16, 16, 16, 16), (3, 3, 16, 32), 2),
        "3×3, 32 → 64": ((8, 28, 28, 32), (3, 3, 32, 64), 1),
    }
    found = {}
    for name, (image, kernel, stride) in cases.items():
        x, w = draw(*image), draw(*kernel)
        how = ((stride, stride), (1, 1), ((kernel[0] // 2,) * 2,) * 2)
        named = dict(zip(("strides", "dilation", "padding"), how, strict=True))
        dy = np.ones_like(convolve(x, w, named))
        found[f"Convolution {name}"] = (
            partial(convolve, x, w, named),
            partial(correlation.correlate_textbook, x, w, *how),
        )
        found[f"Convolution {name}, gradients"] = (
            partial(convolve_backward, x, w, dy, named),
            partial(correlation.gradients_textbook, x, w, dy, *how),
        )
    x, w, how = draw(16, 16, 16, 16), draw(3, 3, 16, 1), (*ONE, ((1, 1), (1, 1)))
    found["Depthwise convolution 3×3"] = (
        partial(depthwise.correlate, x, w, *how),
        partial(depthwise.correlate_textbook, x, w, *how),
    )
    return found


def poolings() -> dict[str, tuple[Step, Step]]:
    x, how = draw(16, 28, 28, 16), ((2, 2), (2, 2), "valid")
    y = pooling.max_pool(x, *how)
    dy = np.ones_like(y)
    slow, slow_gradient = pooling.pool_textbook, pooling.pool_gradient_textbook
    return {
        "Maximum of 2×2": (
            partial(pooling.max_pool, x, *how),
            partial(slow, x, *how, "max"),
        ),
        "Maximum of 2×2, gradient": (
            partial(pooling.max_pool_gradient, x, y, dy, *how),
            partial(slow_gradient, x, dy, *how, "max"),
        ),
        "Mean of 2×2": (
            partial(pooling.mean_pool, x, *how),
            partial(slow, x, *how, "mean"),
        ),
        "Mean of 2×2, gradient": (
            partial(pooling.mean_pool_gradient, x.shape, dy, *how),
            partial(slow_gradient, x, dy, *how, "mean"),
        ),
    }


def elementwise() -> dict[str, tuple[Step, Step]]:
    x, dy = draw(32 * 28 * 28, 32), draw(32 * 28 * 28, 32)
    mean, variance = normalization.moments(x)
    inv, (gamma, beta) = 1 / np.sqrt(variance), draw(2, 32)
    table, ids, given = draw(1000, 16), rng.integers(0, 1000, 4096), draw(4096, 16)
    return {
        "Batch normalization, moments": (
            partial(normalization.moments, x),
            partial(normalization.moments_textbook, x),
        ),
        "Batch normalization, scaling": (
            partial(normalization.scale, x, mean, inv, gamma, beta),
            partial(normalization.scale_textbook, x, mean, inv, gamma, beta),
        ),
        "Batch normalization, gradients": (
            partial(normalization.gradients, x, dy, mean, inv, gamma),
            partial(normalization.gradients_textbook, x, dy, mean, inv, gamma),
        ),
        "Dropout's draw": (
            partial(dropout.keep, rng, (128, 300), 0.2),
            partial(dropout.keep_textbook, rng, (128, 300), 0.2),
        ),
        "Embedding's gradient": (
            partial(rows.add_rows, table, ids, given),
            partial(rows.add_rows_textbook, table, ids, given),
        ),
        "w += a g": (
            partial(axpy.add_scaled, x, 1e-9, dy),
            partial(axpy.add_scaled_textbook, x, 1e-9, dy),
        ),
    }


def recurrences() -> dict[str, tuple[Step, Step]]:
    """Forward and backward over 30 steps; the textbook form takes them one by one."""
    functions = (activations.get("tanh"), activations.get("sigmoid"))
    cells = {
        "SimpleRNN": (simple_rnn, 1, 1, ()),
        "LSTM": (lstm, 4, 2, ()),
        "GRU": (gru, 3, 1, (2,)),
    }
    d, units, batch, time = 32, 64, 16, 30
    x, dh = draw(time, batch, d), draw(time, batch, units)

    def fast(kernel, first, weights):
        cache = kernel.forward(x, first, None, weights)[2]
        return kernel.backward(dh, first, cache, weights)

    def slow(kernel, first, weights):
        given = weights, *functions
        cache = scan.scan(kernel.step, x, first, None, *given)[2]
        return scan.scan_backward(kernel.step_backward, dh, first, cache, *given)

    found = {}
    for name, (kernel, gates, states, biases) in cells.items():
        shapes = (d, gates * units), (units, gates * units), (*biases, gates * units)
        weights = tuple(draw(*shape) / 8 for shape in shapes)
        given = kernel, tuple(draw(batch, units) for _ in range(states)), weights
        found[f"{name}, {time} steps and back"] = (
            partial(fast, *given),
            partial(slow, *given),
        )
    return found


def items() -> dict[str, tuple[Step, Step]]:
    """(fast, textbook) by name."""
    return convolutions() | poolings() | elementwise() | recurrences()


def mark(ratio: Ratio, was: float | None) -> str:
    """What a person should look at: slower than it was beyond the spread."""
    return "slower" if was and ratio.low > SLOWER * was else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="make the record anew")
    write = parser.parse_args().write
    hardware.steady()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    table = Table("kernel", "fast / textbook", "quartiles", "was", "", box=None)
    ratios = {}
    for name, (fast, slow) in items().items():
        found, was = compare(fast, slow, QUICK), record.get(name)
        ratios[name] = float(f"{found.median:.3g}")
        table.add_row(
            name,
            f"{found.median:.3f}",
            f"{found.low:.3f} to {found.high:.3f}",
            f"{was:.3f}" if was else "new",
            mark(found, was),
        )
    Console(width=110).print(table)
    if write:
        RECORD.write_text(json.dumps(ratios, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
