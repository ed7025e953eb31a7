"""Is a gradient right? Compare it with finite differences.

Central differences (f(x + eps) - f(x - eps)) / (2 eps) err by O(eps^2) from the
curvature and O(u / eps) from rounding, u being the unit roundoff; in float64 the sum is
smallest near eps = 1e-5. Book: eq:central-difference.
"""

from collections.abc import Callable

import numpy as np

from dlcourse import losses
from dlcourse.models.data import each
from dlcourse.models.objective import Objective
from dlcourse.optimizers import walk
from dlcourse.validation import generator

Array = np.ndarray


class GradientMismatch(AssertionError):  # noqa: N818 (a finding, as in assert)
    """A gradient that finite differences contradict."""


def numerical_gradient(
    f: Callable[[Array], float], x: Array, eps: float = 1e-5
) -> Array:
    """Every entry of df/dx by central differences: two calls of f per entry.

    x is float64; f sees it changed in place, and it is left as it was. TypeError where
    x is not float64 or f returns no single number.
    """
    x = _float64("numerical_gradient", "x", x)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = kept + eps
            above = _number(f(x))
            x[index] = kept - eps
            below = _number(f(x))
        finally:
            x[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def directional_derivative(
    f: Callable[[Array], float], x: Array, v: Array, eps: float = 1e-5
) -> float:
    """d/dt f(x + t v) at t = 0 by a central difference: two calls of f."""
    return (_number(f(x + eps * v)) - _number(f(x - eps * v))) / (2 * eps)


def relative_error(a, b) -> float:
    """max |a - b| / max(|a|, |b|), the largest entries; 0 where both vanish."""
    if np.shape(a) != np.shape(b):
        raise ValueError(
            f"relative_error: expected arrays of one shape, got {np.shape(a)} and "
            f"{np.shape(b)}."
        )
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(np.subtract(a, b)).max() / scale) if scale else 0.0


def check(
    model,
    x: Array,
    y,
    loss,
    *,
    rng: np.random.Generator,
    directions: int = 3,
    eps: float = 1e-5,
    tol: float = 1e-6,
    training_seed: int | None = None,
    backward: Callable | None = None,
    of_x: bool = True,
) -> float:
    """Compare model.backward with differences, for every weight and for x.

    Along a random direction v the derivative must equal <gradient, v>; a wrong gradient
    passes only where its error is orthogonal to v, which random directions exclude.
    Returns the largest relative error found. Raises GradientMismatch with the name of
    the array when an error exceeds `tol`. The model must be float64. Penalties of
    regularizers are left out, as in model.backward. With
    `training_seed` the forward runs in training mode with the same dropout masks each
    time. `backward` replaces model.backward, to try another one. `of_x` False leaves
    the gradient of x out: class numbers cannot move by eps.
    """
    objective = Objective(losses.get(loss))
    rng = generator("gradcheck", rng)
    x = each(lambda a: _float64("gradcheck", "x", a).copy(), x)
    for path, w, _ in walk(model.params, model.params):
        _float64("gradcheck", "/".join(path), w)

    def value() -> float:
        y_pred, _, mask = _run(model, x, training_seed)
        return objective(y, y_pred, mask)[0]

    y_pred, cache, mask = _run(model, x, training_seed)
    loss_value, dy = objective(y, y_pred, mask)
    dx, grads = (backward or model.backward)(dy, cache)
    # Rounding in the loss limits what a difference can see: about u |L| / eps.
    floor = 100 * (1e-8 + np.finfo(float).eps * abs(loss_value) / eps)

    worst = 0.0
    inputs, d_inputs = (_named(x), _named(dx)) if of_x else ({}, {})
    for path, w, g in walk({**model.params, **inputs}, {**grads, **d_inputs}):
        name = "/".join(path)
        for _ in range(directions):
            v = rng.standard_normal(w.shape)
            v /= np.linalg.norm(v)
            measured = _slope(value, w, v, eps)
            claimed = float((g * v).sum())
            error = abs(measured - claimed) / max(abs(measured), abs(claimed), floor)
            if not error <= tol:
                raise GradientMismatch(
                    f"{model}: gradient of {name}: expected {measured:.10g} along a "
                    f"random direction (central difference), got {claimed:.10g}, "
                    f"relative error {error:.2e} above {tol:.0e}."
                )
            worst = max(worst, error)
    return worst


def _slope(value: Callable[[], float], w: Array, v: Array, eps: float) -> float:
    """Derivative of value() along v at w, an array that value() reads; w is kept."""
    kept = w.copy()
    try:
        w[...] = kept + eps * v
        above = value()
        w[...] = kept - eps * v
        below = value()
    finally:
        w[...] = kept
    return (above - below) / (2 * eps)


def _run(model, x, training_seed):
    """(outputs, cache, mask); in training the moving averages stay as they were."""
    if training_seed is None:
        return model.run(x)
    kept = [w.copy() for w in model.weights]
    found = model.run(x, training=True, rng=np.random.default_rng(training_seed))
    for w, old in zip(model.weights, kept, strict=True):
        w[...] = old
    return found


def _named(x) -> dict[str, Array]:
    """{"x": x}, or of several inputs {"x 0": ..., "x 1": ...}."""
    return {f"x {i}": a for i, a in enumerate(x)} if isinstance(x, list) else {"x": x}


def _float64(who: str, what: str, array: Array) -> Array:
    found = getattr(array, "dtype", type(array).__name__)
    if found != np.float64:
        raise TypeError(
            f"{who}: expected {what} as an array of float64, got {found}: in float32 "
            'rounding drowns the difference. Build the model with dtype="float64" and '
            "pass x.astype('float64')."
        )
    return array


def _number(value) -> float:
    if isinstance(value, (tuple, list)) or np.ndim(value):
        raise TypeError(
            f"numerical_gradient: expected f to return one number, got {value!r}. "
            "Of a loss take the first item, loss(y, y_pred)[0]."
        )
    return value
