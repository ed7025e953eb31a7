"""Data sets: embedded ones that need no network, and full-size ones through pooch.

A full-size file is looked for in $DLCOURSE_DATA/<name>/, then in the cache (`make data`
fills it); only `download=True` fetches it from its official address. What counts is the
sha256 of the decompressed content: a missing, truncated or altered file is an error
that says so, never data that is silently wrong.
"""

import errno
import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlcourse.validation import lookup

Array = np.ndarray


class DataNotFoundError(FileNotFoundError):
    """A full-size file is neither in the local folder nor in the cache."""


class DownloadError(OSError):
    """A full-size file could not be fetched."""


class DataCorruptError(OSError):
    """A file's content is not the published one."""


@dataclass(frozen=True)
class Dataset:
    """A split data set: x float32, images in [0, 1]; y class numbers, or floats.

    `classes` and `features` are names where there are any; `full` tells the full-size
    sets from the embedded ones.
    """

    name: str
    x_train: Array = field(repr=False)
    y_train: Array = field(repr=False)
    x_test: Array = field(repr=False)
    y_test: Array = field(repr=False)
    classes: list[str] | None = None
    features: list[str] | None = None
    full: bool = False

    def __str__(self):
        n, n_test = len(self.x_train), len(self.x_test)
        return f"{self.name}: {n} training and {n_test} test samples"


@dataclass(frozen=True)
class RemoteFile:
    """A file of a full-size set: official address, sha256 of its content unpacked."""

    file: str
    url: str
    sha256: str


_PARTS = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def _idx_files(url: str, *hashes: str) -> dict[str, RemoteFile]:
    """The four files of a set of images, with their hashes in the order of _PARTS."""
    pairs = zip(_PARTS.items(), hashes, strict=True)
    return {part: RemoteFile(file, url, sha256) for (part, file), sha256 in pairs}


FILES = {
    "fashion_mnist": _idx_files(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    "mnist": _idx_files(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
CLASSES = {
    "fashion_mnist": [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    "mnist": [str(digit) for digit in range(10)],
}


def load(name: str, fallback: str | None = None, download: bool = False) -> Dataset:
    """The data set of that name. ValueError with the nearest name where there is none.

    Embedded: digits, iris, wine, breast_cancer (classification), diabetes (regression).
    Full size: fashion_mnist, mnist. With `fallback` a full-size set that is not on this
    machine gives way to that embedded one; a line says which was taken. Without it the
    set raises DataNotFoundError. With download=True a missing file is fetched from its
    official address, or DownloadError. A corrupt file is DataCorruptError, whatever
    else was asked for.
    """
    loader = lookup("data set", name, {**_EMBEDDED, **dict.fromkeys(FILES)})
    if loader is not None:
        return loader()
    if fallback is not None:
        lookup("fallback data set", fallback, _EMBEDDED)
    try:
        data = _load_images(name, download)
    except DataNotFoundError:
        if fallback is None:
            raise
        data = load(fallback)
        print(
            f"{name} is not on this machine, so this runs on {data}. "
            "`make data` fetches the full set."
        )
        return data
    if fallback is not None:
        print(f"This runs on {data}.")
    return data


def sample_images() -> Array:
    """china.jpg and flower.jpg of scikit-learn: (2, 427, 640, 3) float32 in [0, 1]."""
    from sklearn.datasets import load_sample_images

    return np.stack(load_sample_images().images).astype(np.float32) / 255


def text() -> str:
    """English prose: the topics of Python's own help, about half a million characters.

    From the standard library, so it differs a little between Python versions.
    """
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name].strip() for name in sorted(topics))


def path(name: str, part: str, download: bool = False) -> Path:
    """Where a full-size file lies.

    DataNotFoundError where it is nowhere; with `download` it is fetched first, or
    DownloadError.
    """
    remote = FILES[name][part]
    places = [cache() / name / remote.file]
    if local := os.environ.get("DLCOURSE_DATA"):
        places.insert(0, Path(local) / name / remote.file)
    for place in places:
        if place.exists():
            return place
    if not download:
        folders = " or ".join(str(place.parent) for place in places)
        raise DataNotFoundError(
            f"{name}: expected the file {remote.file} in {folders}; it is not there. "
            "Fetch it with `make data`, or with "
            f"dlcourse.datasets.load({name!r}, download=True)."
        )
    import pooch

    fetch = pooch.HTTPDownloader(progressbar=True, timeout=60)
    address = remote.url + remote.file
    try:
        found = pooch.retrieve(
            address, None, remote.file, cache() / name, downloader=fetch
        )
    except (OSError, ValueError) as error:  # what requests and pooch raise
        raise DownloadError(
            f"{name}: expected to fetch {address}, but: {error}. "
            f"{_advice(error, cache() / name)}"
        ) from error
    return Path(found)


def _advice(error: OSError | ValueError, folder: Path) -> str:
    """What to do about a failed download: a full disk, a locked folder, a network."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {folder} is full: free some space and try again."
    if isinstance(error, PermissionError) or number == errno.EROFS:
        return (
            f"{folder} cannot be written to. Make it writable, or put the file into a "
            f"folder of your own, DIR/{folder.name}/, and set DLCOURSE_DATA=DIR."
        )
    return f"Check the network and try again, or put the file into {folder}."


def content(name: str, part: str, download: bool = False) -> bytes:
    """The decompressed bytes of a full-size file, checked.

    DataCorruptError names file, expected and found checksum.
    """
    place, remote = path(name, part, download), FILES[name][part]
    try:
        data = gzip.decompress(place.read_bytes())
        found = hashlib.sha256(data).hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        data, found = b"", f"nothing readable ({error})"
    if found != remote.sha256:
        raise DataCorruptError(
            f"{place}: expected content with sha256 {remote.sha256}, found {found}. "
            "The file is truncated or altered and was not used. Delete it and fetch it "
            "again with `make data`."
        )
    return data


def cache() -> Path:
    """The folder that `make data` fills."""
    import pooch

    return Path(pooch.os_cache("dlcourse"))


def fingerprint() -> str:
    """Which full-size files are here, with their sizes: a key for cached outputs."""
    lines = []
    for name, parts in FILES.items():
        for part in parts:
            try:
                lines.append(f"{name}/{part} {path(name, part).stat().st_size}")
            except DataNotFoundError:
                continue
    return "\n".join(lines)


def _load_images(name: str, download: bool) -> Dataset:
    arrays = {}
    for part in FILES[name]:
        data = content(name, part, download)
        # IDX: two zero bytes, type 8 (unsigned byte), number of axes; then each
        # length, big-endian; then the entries.
        axes = data[3]
        shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
        arrays[part] = np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)
    scaled = {
        k: v.astype(np.float32) / 255 if k.startswith("x") else v.astype(np.int64)
        for k, v in arrays.items()
    }
    return Dataset(name, **scaled, classes=CLASSES[name], full=True)


def _split(name, x, y, classes=None, features=None) -> Dataset:
    """A fixed shuffle; its last fifth is the test set."""
    order = np.random.default_rng(0).permutation(len(x))
    cut = len(x) - len(x) // 5
    train, test = order[:cut], order[cut:]
    x = np.asarray(x, np.float32)
    return Dataset(name, x[train], y[train], x[test], y[test], classes, features)


def _scikit_learn(name: str, scale: float = 1.0) -> Callable[[], Dataset]:
    def loader() -> Dataset:
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, f"load_{name}")()
        x = bunch.images / scale if name == "digits" else bunch.data
        names = bunch.get("target_names")
        classes = None if names is None else [str(c) for c in names]
        features = None if name == "digits" else [str(f) for f in bunch.feature_names]
        y = bunch.target.astype(np.float32 if classes is None else np.int64)
        return _split(name, x, y, classes, features)

    return loader


_EMBEDDED = {
    "digits": _scikit_learn("digits", scale=16),  # 8 x 8 grey levels 0 ... 16
    "iris": _scikit_learn("iris"),  # cm
    "wine": _scikit_learn("wine"),
    "breast_cancer": _scikit_learn("breast_cancer"),
    "diabetes": _scikit_learn("diabetes"),
}
