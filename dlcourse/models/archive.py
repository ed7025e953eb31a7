"""A file of named arrays and a JSON header: `.npz`, read without pickle."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dlcourse import __version__

Array = np.ndarray

FORMAT, VERSION = "dlcourse", 1


def signature(content: str) -> dict:
    """How a header begins; `content` is "model" or "weights"."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "package": __version__,
        "content": content,
    }


def checked(who: str, path, endings: tuple[str, ...]) -> Path:
    """`path` as a Path. ValueError where it does not end so, TypeError for no path."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{who}: expected a path, got {path!r}.")
    if not os.fspath(path).endswith(endings):
        raise ValueError(
            f"{who}: expected a path that ends in {' or '.join(endings)}, got "
            f"{os.fspath(path)!r}."
        )
    return Path(path)


def write(path: Path, header: dict, arrays: dict[str, Array]) -> None:
    """Write all or, where that fails, leave what stood there."""
    text = json.dumps(header, allow_nan=False).encode()
    content = {"header": np.frombuffer(text, np.uint8), **arrays}

    def put(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **content)

    replace(path, put)


def replace(path: Path, put: Callable[[Path], None]) -> None:
    """Write a file beside `path` first: there is the old file or the new, no half."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        put(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(who: str, path: Path) -> tuple[dict, dict[str, Array]]:
    """(header, arrays), each array complete and of plain numbers.

    FileNotFoundError; ValueError for a file that is damaged, of another kind, or newer.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{who}: expected a file, but there is no {path}.")
    try:
        with zipfile.ZipFile(path) as file:
            arrays = {info.filename: _array(file, info) for info in file.infolist()}
            if len(arrays) != len(file.infolist()):
                raise ValueError("two arrays have one name")
        arrays = {name.removesuffix(".npy"): a for name, a in arrays.items()}
        header = json.loads(arrays.pop("header").tobytes())
        if header["format"] != FORMAT:
            raise ValueError(f"its format is {header['format']!r}")
        version, package, _ = (header[k] for k in ("version", "package", "content"))
        newer = int(version) > VERSION
    except PermissionError:
        raise
    except Exception as error:  # a damaged file can raise anything
        raise damaged(who, path, error) from error
    if newer:
        raise ValueError(
            f"{who}: expected a file of format {VERSION} or older, but {path} has "
            f"format {version}, of dlcourse {package}. Install a newer dlcourse."
        )
    return header, arrays


def _array(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    """One array. Its checksum is compared, and no object in it is unpickled."""
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{info.filename} is compressed")  # might unfold to terabytes
    stream = io.BytesIO(file.read(info))
    found = np.load(stream, allow_pickle=False)
    if not isinstance(found, Array) or stream.read(1):
        raise ValueError(f"{info.filename} is no array")
    return found


def damaged(who: str, path: Path, error: Exception) -> ValueError:
    """The error to raise where `error` came up while reading."""
    said = error.args[0] if error.args else type(error).__name__
    return ValueError(
        f"{who}: expected a file that dlcourse saved, but {path} is damaged or of "
        f"another kind: {str(said).removeprefix(f'{who}: ')}"
    )
