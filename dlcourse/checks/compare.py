"""Comparing what a learner's code gave with what it should have given."""

import hashlib

import numpy as np

from dlcourse.probes.wire import Foreign, type_name


class Wrong(AssertionError):  # noqa: N818 (it is no error of the program)
    """The answer is wrong; says where, what came out and what should have."""


def expect(got, want, where: str, rtol: float = 1e-7, atol: float = 1e-9) -> None:
    """Compare kind, shape, finiteness, then |got - want| <= atol + rtol |want|.

    Wrong says what came out and what should have.
    """
    if isinstance(got, np.bool_):  # what a comparison of NumPy numbers gives
        got = bool(got)
    if isinstance(want, (str, bool)) or want is None:
        if type(got) is not type(want) or got != want:
            raise Wrong(f"{where}: expected {want!r}, got {got!r:.100}.")
        return
    if got is None:
        raise Wrong(f"{where}: expected {show(want)}, got None. Is there a return?")
    want = np.asarray(want)
    got = _numbers(got, "numbers", where)
    if got.shape != want.shape:
        raise Wrong(f"{where}: expected shape {want.shape}, got {got.shape}.")
    if not np.isfinite(got).all() and np.isfinite(want).all():
        raise Wrong(f"{where}: expected finite numbers, {show(want)}, got {show(got)}.")
    if not np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=True):
        raise Wrong(f"{where}: expected {show(want)}, got {show(got)}.")


def parts(result, count: int, names: str = "a, b", where: str = "") -> tuple:
    """The result as a tuple of `count` parts, as `return a, b` gives it.

    `where` names the function where an exercise has several.
    """
    if isinstance(result, (tuple, list)) and len(result) == count:
        return tuple(result)
    sized = isinstance(result, (tuple, list))
    got = f"{len(result)} of them" if sized else kind_of(result)
    where = where and f"{where}: "
    raise Wrong(f"{where}expected {count} results, as in `return {names}`, got {got}.")


def floats(value, shape: tuple[int, ...], where: str) -> np.ndarray:
    """The value as finite floats of this shape, () for a single number."""
    wanted = "numbers" if shape else "a number"
    array = _numbers(value, wanted, where)
    if array.shape != shape:
        wanted = f"shape {shape}" if shape else wanted
        raise Wrong(f"{where}: expected {wanted}, got shape {array.shape}.")
    if not np.isfinite(array).all():
        raise Wrong(f"{where}: expected {wanted}, got {show(array)}.")
    return array.astype(float)


def _numbers(value, wanted: str, where: str) -> np.ndarray:
    """The value as an array of whole or real numbers. True and False are none."""
    try:
        array = np.asarray(value)
        numeric = array.dtype.kind in "iuf"
    except Exception:
        numeric = False
    if not numeric:
        raise Wrong(f"{where}: expected {wanted}, got {kind_of(value)}.")
    return array


def digest(id: str, answer) -> str:
    """Salted hash of a short answer, so that the checks do not spell it out."""
    return hashlib.sha256(
        f"dlcourse {id} {str(answer).strip().lower()}".encode()
    ).hexdigest()[:16]


def choice(
    id: str, answer, expected: str, options: str = "abcd", part: str = ""
) -> None:
    """A multiple-choice answer, one letter, against its digest.

    `part` names the part of the question that was wrong.
    """
    text, part = str(answer).strip().lower(), part and f"{part}: "
    if len(text) != 1 or text not in options:
        wanted = ", ".join(options)
        raise Wrong(f"{part}expected one letter of {wanted}, got {answer!r:.60}.")
    if digest(id, text) != expected:
        raise Wrong(f"{part}this letter is not the answer.")


def letters(answer) -> str:
    """The letters of an answer: "D, C, B", "dcb" and ["D", "C", "B"] are all "dcb"."""
    return "".join(c for c in str(answer).lower() if c.isalnum())


def kind_of(value) -> str:
    """The name of a value's type, also where a Foreign stands for it."""
    return value.kind if isinstance(value, Foreign) else type_name(value)


def show(value) -> str:
    """A number or an array, in a few characters."""
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array[()]:.7g}" if array.dtype.kind == "f" else f"{array[()]!s:.40}"
    text = np.array2string(array, precision=6, threshold=12, suppress_small=False)
    return text if "\n" not in text else "\n" + text
