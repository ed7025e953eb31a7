"""The floor: the matrix products that the item cannot do without, and nothing else.

Operands and results lie ready in memory. Of a convolution these are the products with
the unfolded patches, without the unfolding; Winograd's form needs fewer.
"""

import numpy as np
from work import Pass, Training

from contestants import NotDone

Shapes = list[tuple[int, int, int]]  # (rows, inner, columns) of each product


def build(work, weights=None) -> dict:
    """{"sgemm": step}"""
    shapes = of_training(work) if isinstance(work, Training) else of_pass(work)
    if not shapes:
        raise NotDone("no matrix product in it")
    rng, buffers = np.random.default_rng(0), {}

    def lay(m, k, n):
        """Operands of these sizes, shared by equal products."""
        if (m, k, n) not in buffers:
            a = rng.standard_normal((m, k), dtype=np.float32)
            b = rng.standard_normal((k, n), dtype=np.float32)
            buffers[m, k, n] = (a, b, np.empty((m, n), np.float32))
        return buffers[m, k, n]

    products = [lay(*shape) for shape in shapes]

    def step():
        for a, b, out in products:
            np.matmul(a, b, out=out)

    return {"sgemm": step}


def three(m: int, k: int, n: int, dx: bool = True) -> Shapes:
    """Forward (m, k) (k, n), the weights' gradient, the input's gradient."""
    return [(m, k, n), (k, m, n), *([(m, n, k)] if dx else [])]


def of_pass(work: Pass) -> Shapes:
    if work.layer == "LSTM":
        batch, steps, d = work.shape
        units = work.options["units"]
        loop = [(batch, units, 4 * units), (batch, 4 * units, units)] * steps
        recurrent = [(units, batch * steps, 4 * units)]
        return three(batch * steps, d, 4 * units) + loop + recurrent
    if work.layer == "Conv2D":
        n, height, width, channels = work.shape
        size = work.options["kernel_size"] ** 2
        return three(n * height * width, size * channels, work.options["filters"])
    return []


def of_training(work: Training) -> Shapes:
    found, shape = [], work.shape
    for kind, options in work.blocks:
        first = not found
        if kind == "dense":
            found += three(work.batch, shape[-1], options["units"], not first)
            shape = (options["units"],)
        elif kind in ("conv", "conv-bn-relu"):
            products, shape = convolution(work.batch, shape, first, **options)
            found += products
        elif kind == "residual":
            filters, stride = options["filters"], options["stride"]
            products, inner = convolution(work.batch, shape, False, filters, 3, stride)
            found += products + convolution(work.batch, inner, False, filters, 3)[0]
            if stride > 1:
                found += convolution(work.batch, shape, False, filters, 1, stride)[0]
            shape = inner
        elif kind == "pool":
            shape = (shape[0] // 2, shape[1] // 2, shape[2])
        else:  # flatten, global average
            shape = (int(np.prod(shape)) if kind == "flatten" else shape[-1],)
    batches = work.samples // work.batch if work.samples else 1
    return found * batches


def convolution(batch, shape, first, filters, size, stride=1, padding="same", **_):
    """(products, shape of the output)."""
    height, width, channels = shape
    lost = 0 if padding == "same" else size - 1
    height, width = -(-(height - lost) // stride), -(-(width - lost) // stride)
    products = three(batch * height * width, size * size * channels, filters, not first)
    return products, (height, width, filters)
