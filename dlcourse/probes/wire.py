"""Plain data, and how it travels between a checker and the code that it checks.

Plain are None, bool, int, float, str, arrays of numbers, and lists, tuples and dicts of
plain data. `plain` reduces whatever a learner's function returned to that; what cannot
be reduced becomes a `Foreign`, which only tells its type. `encode` and `decode` turn
plain data into JSON and back, arrays as base64 of their bytes. Nothing is pickled, and
nothing that arrives is run: `decode` takes bytes from strangers.
"""

import base64
import binascii
import json
import math
from dataclasses import dataclass

import numpy as np

DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
          "uint64", "float16", "float32", "float64")  # fmt: skip
LONGEST = 64 * 1024 * 1024  # bytes of an encoded message
DEEPEST = 20  # levels of lists in lists
MOST = 100_000  # entries of all lists and dicts together
TEXT = 100_000  # characters of one text


class WireError(ValueError):
    """What arrived is no encoded plain data."""


@dataclass(frozen=True)
class Foreign:
    """In the place of a value that is no plain data: its type and its first words."""

    kind: str
    text: str = ""

    def __repr__(self):
        return self.text or f"a {self.kind}"


def plain(value, depth: int = 0):
    """`value` as plain data; arrays are copied, tensors become arrays.

    Whatever is no plain data, or too deep or too long, becomes a Foreign.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return _scalar(value)
    if type(value) is Foreign:
        return value
    if isinstance(value, np.generic):
        return (
            _array(np.asarray(value))[()] if _numeric(value.dtype) else _foreign(value)
        )
    if isinstance(value, (list, tuple, dict)):
        if depth >= DEEPEST or len(value) > MOST:
            return _foreign(value)
        if isinstance(value, dict):
            if not all(type(key) is str for key in value):
                return _foreign(value)
            return {k: plain(v, depth + 1) for k, v in value.items()}
        parts = [plain(part, depth + 1) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    try:
        array = np.asarray(value)
    except Exception:
        return _foreign(value)
    return _array(array) if _numeric(array.dtype) else _foreign(value)


def _scalar(value):
    """Subclasses of the built-in types become those types."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value) if kind is not str else str.__str__(value)[:TEXT]
    return None


def _numeric(dtype) -> bool:
    return np.dtype(dtype).name in DTYPES


def _array(array) -> np.ndarray:
    return np.array(array, dtype=array.dtype, order="C", copy=True, subok=False)


def _foreign(value) -> Foreign:
    try:
        text = repr(value)[:200]
    except Exception:
        text = ""
    return Foreign(type_name(value), text)


def type_name(value) -> str:
    """The name of a value's type; of an array also what it holds."""
    name = type(value).__name__
    if not isinstance(value, np.ndarray):
        return name
    return f"{name} of {value.dtype.type.__name__.strip('_')}"


def encode(value) -> str:
    """Plain data as JSON. Values that are not plain are reduced first."""
    return json.dumps(_encoded(plain(value)), allow_nan=False)


def _encoded(value):
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        data = base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return {"array": [array.dtype.name, list(array.shape), data.decode()],
                "scalar": isinstance(value, np.generic)}  # fmt: skip
    if isinstance(value, Foreign):
        return {"foreign": [value.kind, value.text]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return {"int": hex(value)}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(part) for part in value]}
    if isinstance(value, list):
        return [_encoded(part) for part in value]
    if isinstance(value, dict):
        return {"dict": {k: _encoded(v) for k, v in value.items()}}
    return value


def decode(text: str):
    """The plain data of `encode`. WireError for anything else."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise WireError(f"expected at most {LONGEST:,} characters of JSON.")
    try:
        return _Decoder().value(json.loads(text, parse_constant=_refuse))
    except RecursionError:
        raise WireError("expected lists that are not so deep.") from None
    except ValueError as error:
        raise error if isinstance(error, WireError) else WireError(str(error)) from None


def _refuse(constant):
    raise WireError(f"expected JSON without {constant}.")


class _Decoder:
    """Counts what it takes in."""

    def __init__(self):
        self.count = 0

    def value(self, item, depth: int = 0):
        self.count += 1
        if depth > DEEPEST + 2 or self.count > MOST:
            raise WireError("expected less, or less deeply nested, data.")
        if isinstance(item, list):
            return [self.value(part, depth + 1) for part in item]
        if not isinstance(item, dict):
            return item
        keys = set(item)
        if keys == {"array", "scalar"}:
            array = self.array(item["array"])
            return array[()] if item["scalar"] is True and not array.ndim else array
        if len(keys) == 1:
            kind, inner = next(iter(item.items()))
            reader = getattr(self, f"read_{kind}", None)
            if reader is not None:
                return reader(inner, depth)
        raise WireError(f"expected a kind of value, got the keys {sorted(keys)[:5]}.")

    def read_tuple(self, inner, depth):
        if not isinstance(inner, list):
            raise WireError("expected a list of a tuple's entries.")
        return tuple(self.value(part, depth + 1) for part in inner)

    def read_dict(self, inner, depth):
        if not isinstance(inner, dict):
            raise WireError("expected a dict's entries.")
        return {key: self.value(part, depth + 1) for key, part in inner.items()}

    def read_float(self, inner, depth):
        if inner not in ("nan", "inf", "-inf"):
            raise WireError(f"expected nan or inf, got {inner!r:.50}.")
        return float(inner)

    def read_int(self, inner, depth):
        if not isinstance(inner, str) or len(inner) > 1000:
            raise WireError("expected a whole number in hexadecimal.")
        return int(inner, 16)

    def read_foreign(self, inner, depth):
        if not (
            isinstance(inner, list) and [type(part) for part in inner] == [str, str]
        ):
            raise WireError("expected a type and a text.")
        return Foreign(inner[0][:100], inner[1][:200])

    def array(self, parts) -> np.ndarray:
        fits = isinstance(parts, list) and len(parts) == 3
        if not fits or parts[0] not in DTYPES or not isinstance(parts[2], str):
            raise WireError("expected [dtype, shape, base64] of an array.")
        dtype, shape = np.dtype(parts[0]).newbyteorder("<"), parts[1]
        sizes = isinstance(shape, list) and len(shape) <= 32
        if not sizes or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
            raise WireError(f"expected a shape, got {shape!r:.50}.")
        try:
            data = base64.b64decode(parts[2], validate=True)
        except (binascii.Error, ValueError):
            raise WireError("expected base64.") from None
        if len(data) != math.prod(shape) * dtype.itemsize:
            raise WireError(
                f"expected the bytes of {parts[0]} of shape {tuple(shape)}."
            )
        array = np.frombuffer(data, dtype).reshape(shape)
        if parts[0] == "bool" and array.view(np.uint8).max(initial=0) > 1:
            raise WireError("expected bools of 0 and 1.")
        return array.astype(parts[0])
