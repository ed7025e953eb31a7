"""Is a gradient right? Compare it with finite differences.

Central differences (f(x + eps) - f(x - eps)) / (2 eps) err by O(eps^2) from the
curvature and O(u / eps) from rounding, u being the unit roundoff; in float64 the sum is
smallest near eps = 1e-5. Book: eq:central-difference.
"""

from collections.abc import Callable

import numpy as np

from dlcourse import losses
from dlcourse.optimizers import walk

Array = np.ndarray


class GradientMismatch(AssertionError):
    """A gradient that finite differences contradict."""


def numerical_gradient(
    f: Callable[[Array], float], x: Array, eps: float = 1e-5
) -> Array:
    """Every entry of df/dx by central differences:

    two calls of f per entry. x is float64 and left as it was.
    """
    x = _float64("numerical_gradient", "x", x)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + eps
        above = f(x)
        x[index] = kept - eps
        below = f(x)
        x[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def directional_derivative(
    f: Callable[[Array], float], x: Array, v: Array, eps: float = 1e-5
) -> float:
    """d/dt f(x + t v) at t = 0 by a central difference:

    two calls of f, however large x is.
    """
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)


def relative_error(a, b) -> float:
    """max |a - b| / max(|a|, |b|), the largest entries; 0 where both vanish."""
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(np.subtract(a, b)).max() / scale) if scale else 0.0


def check(
    model, x: Array, y, loss, *, rng: np.random.Generator, directions: int = 3, eps: float = 1e-5, tol: float = 1e-6,
    training_seed: int | None = None, backward: Callable | None = None,
) -> float:  # fmt: skip
    """Compare model.backward with differences along random directions, for every weight
    and for x.

    Along a direction v the derivative must equal <gradient, v>; a wrong gradient passes
    only where its error is orthogonal to v, which random directions exclude. Returns
    the largest relative error found. Raises GradientMismatch with the name of the array
    when an error exceeds `tol`. The model must be float64. With `training_seed` the
    forward runs in training mode with the same dropout masks each time. `backward`
    replaces model.backward, to try another one.
    """
    loss_function = losses.get(loss)
    x = _float64("gradcheck", "x", np.array(x))

    def value() -> float:
        return loss_function(y, _forward(model, x, training_seed)[0])[0]

    y_pred, cache = _forward(model, x, training_seed)
    dx, grads = (backward or model.backward)(loss_function(y, y_pred)[1], cache)

    worst = 0.0
    for path, w, g in [*walk(model.params, grads), (("x",), x, dx)]:
        name = "/".join(path)
        _float64("gradcheck", name, w)
        kept = w.copy()
        for _ in range(directions):
            v = rng.standard_normal(w.shape)
            v /= np.linalg.norm(v)

            def along(shift, w=w, kept=kept, v=v):
                w[...] = kept + shift * v
                result = value()
                w[...] = kept
                return result

            measured = (along(eps) - along(-eps)) / (2 * eps)
            claimed = float((g * v).sum())
            # Rounding in the loss limits what a difference can see: about u |L| / eps.
            floor = 1e-8 + np.finfo(float).eps * abs(value()) / eps
            error = abs(measured - claimed) / max(
                abs(measured), abs(claimed), 100 * floor
            )
            worst = max(worst, error)
            if not error <= tol:
                raise GradientMismatch(
                    f"{model}: gradient of {name}: expected {measured:.10g} along a random direction "
                    f"(central difference), got {claimed:.10g}, relative error {error:.2e} above {tol:.0e}."
                )
    return worst


def _forward(model, x, training_seed):
    if training_seed is None:
        return model.forward(x)
    return model.forward(x, training=True, rng=np.random.default_rng(training_seed))


def _float64(who: str, what: str, array: Array) -> Array:
    if array.dtype != np.float64:
        raise TypeError(
            f"{who}: expected {what} in float64, got {array.dtype}: in float32 rounding drowns the difference. "
            'Build the model with dtype="float64".'
        )
    return array
