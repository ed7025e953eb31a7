"""What all optimizers share: the walk over the parameters, and their common options."""

import difflib
import inspect
import math
from collections.abc import Callable, Iterator

import numpy as np

from dlcourse.validation import (
    require_above_zero,
    require_finite,
    require_number,
    require_positive_int,
)

Array = np.ndarray
Rate = float | Callable[[int], float]

# Entries that `update` gets at a time. What a formula computes on its way (g^2,
# sqrt(v), ...) is then 256 KB and stays in a cache next to the core, where it would
# else travel to memory and back: Adam is 1.6 times as fast. Smaller blocks cost more
# calls.
BLOCK = 65536


class Optimizer:
    """Base. Keras: keras.optimizers.Optimizer.

    learning_rate is a number or a function of the number of updates already made (a
    schedule). Every optimizer takes these options by name, applied in this order:

    clipvalue        each entry of a gradient is cut to [-clipvalue, clipvalue]
    clipnorm         g <- g min(1, clipnorm / |g|), each array by its own norm
    global_clipnorm  the same with the norm of all gradients together
    weight_decay     w <- w - eta weight_decay w, before the gradient's step
    use_ema          keeps a <- ema_momentum a + (1 - ema_momentum) w, starting with the
                     w of the first step; `finalize` ends the training with a, and
                     every ema_overwrite_frequency steps w <- a

    ValueError where a number does not fit or several clips are given; TypeError for an
    unknown option.
    """

    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        **unknown,
    ):
        who = type(self).__name__
        _reject(type(self), unknown)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        if weight_decay is not None:
            self.weight_decay = require_number(who, "weight_decay", weight_decay)
        clips = {
            "clipnorm": clipnorm,
            "clipvalue": clipvalue,
            "global_clipnorm": global_clipnorm,
        }
        given = {name: c for name, c in clips.items() if c is not None}
        if len(given) > 1:
            raise ValueError(
                f"{who}: expected at most one of {', '.join(clips)}; got {given}."
            )
        for name, value in given.items():
            clips[name] = require_above_zero(who, name, value)
        vars(self).update(clips)
        self.use_ema = bool(use_ema)
        self.ema_momentum = require_number(who, "ema_momentum", ema_momentum, high=1)
        self.ema_overwrite_frequency = ema_overwrite_frequency
        if ema_overwrite_frequency is not None:
            self.ema_overwrite_frequency = require_positive_int(
                who, "ema_overwrite_frequency", ema_overwrite_frequency
            )
        self.iterations = 0
        # path -> (the array, its memory)
        self._slots: dict[tuple[str, ...], tuple[Array, dict[str, Array]]] = {}

    # -- what a subclass writes, for ONE array

    def slots(self, w: Array) -> dict[str, Array]:
        """The memory that one parameter array needs: arrays of its shape."""
        return {}

    def update(self, w: Array, g: Array, slots: dict[str, Array], step: int) -> None:
        """Move w in place, entry by entry. `step` counts from 1."""
        raise NotImplementedError

    # -- what is the same for all

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        rate = self.schedule
        return self._checked(rate(self.iterations)) if callable(rate) else rate

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        self.schedule = value if callable(value) else self._checked(value)

    def _checked(self, rate: float) -> float:
        return require_number(type(self).__name__, "learning_rate", rate)

    def apply(self, params: dict, grads: dict) -> None:
        """One step for every array, in place.

        FloatingPointError names the parameter whose gradient is not finite; nothing is
        changed then. ValueError where the memory belongs to other arrays. Further
        errors: those of `walk`.
        """
        paths, weights, gradients = _columns(walk(params, grads))
        for path, g in zip(paths, gradients, strict=True):
            self._require_finite(path, g)
        gradients = self.clip(gradients)
        memory = [self._memory(*pair) for pair in zip(paths, weights, strict=True)]
        step = self.iterations + 1
        for w, g, slots in zip(weights, gradients, memory, strict=True):
            for part in blocks(w, g, slots):
                self._step(*part, step)
        self.iterations = step

    def _step(self, w, g, slots, step):
        """The update of some entries, with what the common options add to it."""
        if self.weight_decay:
            w -= self.learning_rate * self.weight_decay * w
        self.update(w, g, slots, step)
        if self.use_ema:
            a = slots["average"]
            beta = self.ema_momentum if step > 1 else 0.0
            a *= beta
            a += (1 - beta) * w
            every = self.ema_overwrite_frequency
            if every and step % every == 0:
                w[...] = a

    def clip(self, gradients: list[Array]) -> list[Array]:
        """The gradients after clipping; fresh arrays where one is set.

        Book: eq:clipping.
        """
        if self.clipvalue:
            c = self.clipvalue
            return [np.clip(g, -c, c) for g in gradients]
        if self.clipnorm:
            c = self.clipnorm
            return [g * (c / max(norm(g), c)) for g in gradients]
        if self.global_clipnorm:
            c = self.global_clipnorm
            scale = c / max(math.hypot(*(norm(g) for g in gradients)), c)
            return [g * scale for g in gradients]
        return gradients

    def finalize(self, params: dict) -> None:
        """The end of a training: with use_ema the weights become their averages.

        Keras: finalize_variable_values. Weights that were never updated stay.
        """
        for path, w, _ in walk(params, params):
            if self.use_ema and path in self._slots:
                w[...] = self._slots[path][1]["average"]

    def reset(self) -> None:
        """Forget all memory and the count of updates."""
        self._slots.clear()
        self.iterations = 0

    def _require_finite(self, path, g):
        try:
            require_finite(type(self).__name__, f"gradient of {'/'.join(path)}", g)
        except ValueError as error:
            raise FloatingPointError(f"{error} No weight was changed.") from None

    def _memory(self, path, w) -> dict[str, Array]:
        if path not in self._slots:
            average = {"average": w.copy()} if self.use_ema else {}
            self._slots[path] = (w, {**self.slots(w), **average})
        owner, slots = self._slots[path]
        if slots and owner is not w:
            raise ValueError(
                f"{type(self).__name__}: expected the arrays of the steps before, "
                f"got another one for {'/'.join(path)}. Make a new optimizer for "
                "each model, or call reset() first."
            )
        return slots

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.schedule!r})"


def walk(
    params: dict, grads: dict, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Array, Array]]:
    """(path, parameter, gradient) of every array in two nested dicts.

    KeyError where a gradient is missing, ValueError where it has another shape.
    """
    for key, value in params.items():
        name = (*path, key)
        if not isinstance(grads, dict) or key not in grads:
            have = sorted(grads) if isinstance(grads, dict) else type(grads).__name__
            raise KeyError(
                f"optimizer: expected a gradient for {'/'.join(name)}, got {have}."
            )
        if isinstance(value, dict):
            yield from walk(value, grads[key], name)
            continue
        gradient = np.asarray(grads[key])
        if value.shape != gradient.shape:
            raise ValueError(
                f"optimizer: expected a gradient of shape {value.shape} for "
                f"{'/'.join(name)}, got {gradient.shape}."
            )
        yield name, value, gradient


def blocks(w: Array, g: Array, slots: dict[str, Array], size: int = BLOCK) -> Iterator:
    """(w, g, slots) in pieces of at most `size` entries: views of the same memory."""
    if w.ndim and (w.size <= size or not w.flags.c_contiguous):
        yield w, g, slots
        return
    w, g = w.reshape(-1), g.reshape(-1)
    slots = {name: memory.reshape(-1) for name, memory in slots.items()}
    for start in range(0, w.size, size):
        s = slice(start, start + size)
        yield w[s], g[s], {name: memory[s] for name, memory in slots.items()}


def norm(g: Array) -> float:
    """The Euclidean norm of all entries, summed in float64."""
    return math.sqrt(np.square(g, dtype=np.float64).sum())


def _columns(triples) -> list[tuple]:
    return list(zip(*triples, strict=True)) or [(), (), ()]


def _reject(kind: type, unknown: dict) -> None:
    """TypeError for options that no constructor of the class takes."""
    if not unknown:
        return
    known = [
        name
        for base in kind.__mro__
        if "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()
        if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    first = next(iter(unknown))
    near = difflib.get_close_matches(first, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise TypeError(
        f"{kind.__name__}: expected options among {', '.join(dict.fromkeys(known))}; "
        f"got {first!r}.{hint}"
    )
