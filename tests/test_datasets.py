"""Data sets: what is embedded, and full-size files that are missing, broken or whole."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

from dlcourse import datasets

# name -> training shape, test samples, classes
EMBEDDED = {
    "digits": ((1438, 8, 8), 359, 10),
    "iris": ((120, 4), 30, 3),
    "wine": ((143, 13), 35, 3),
    "breast_cancer": ((456, 30), 113, 2),
    "diabetes": ((354, 10), 88, None),
}
IMAGES, LABELS = (
    np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3),
    np.array([1, 0], np.uint8),
)


def idx(array) -> bytes:
    """An array of bytes in the IDX format."""
    return (
        struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        + array.tobytes()
    )


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A local folder that holds a tiny "mnist", and an empty cache."""
    arrays = {
        "x_train": IMAGES,
        "y_train": LABELS,
        "x_test": IMAGES[:1],
        "y_test": LABELS[:1],
    }
    files = {}
    place = tmp_path / "data" / "mnist"
    place.mkdir(parents=True)
    for part, array in arrays.items():
        content = idx(array)
        (place / f"{part}.gz").write_bytes(gzip.compress(content))
        sha256 = hashlib.sha256(content).hexdigest()
        files[part] = datasets.RemoteFile(f"{part}.gz", "http://127.0.0.1:9/", sha256)
    monkeypatch.setitem(datasets.FILES, "mnist", files)
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(datasets, "cache", lambda: tmp_path / "cache")
    return place


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded(name):
    data, again = datasets.load(name), datasets.load(name)
    shape, n_test, classes = EMBEDDED[name]
    assert (
        data.x_train.shape == shape and len(data.x_test) == len(data.y_test) == n_test
    )
    assert data.x_train.dtype == np.float32 and not data.full
    np.testing.assert_array_equal(data.x_train, again.x_train)
    if classes:
        assert len(data.classes) == classes and data.y_train.dtype == np.int64
        assert set(data.y_train) == set(data.y_test) == set(range(classes))
    else:
        assert data.classes is None and data.y_train.dtype == np.float32
    assert str(data) == f"{name}: {shape[0]} training and {n_test} test samples"


def test_images_and_text():
    assert datasets.load("digits").x_train.max() == 1.0
    images = datasets.sample_images()
    assert images.shape == (2, 427, 640, 3) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    assert len(datasets.text()) > 300_000


def test_full_size_file_is_read(folder, capsys):
    data = datasets.load("mnist", fallback="digits")
    np.testing.assert_allclose(data.x_train, IMAGES / 255, rtol=1e-6)
    assert (
        data.y_train.tolist() == [1, 0] and data.full and data.x_test.shape == (1, 3, 3)
    )
    assert (
        "This runs on mnist: 2 training and 1 test samples." in capsys.readouterr().out
    )
    assert datasets.fingerprint().count("mnist/") >= 4


def test_missing_file(folder, capsys):
    (folder / "y_test.gz").unlink()
    with pytest.raises(
        datasets.DataNotFoundError,
        match=r"mnist: expected the file y_test\.gz in .*make data",
    ):
        datasets.load("mnist")
    assert datasets.load("mnist", fallback="digits").name == "digits"
    assert "mnist is not on this machine" in capsys.readouterr().out


def truncated(packed):
    return packed[:-9]


def altered(packed):
    return gzip.compress(gzip.decompress(packed)[:-1] + b"\xff")


def scrambled(packed):
    return packed[:12] + b"\xff" * 8 + packed[20:]


def no_gzip(packed):
    return b"<html>not found</html>"


@pytest.mark.parametrize(
    "damage", [truncated, altered, scrambled, no_gzip, lambda packed: b""]
)
@pytest.mark.parametrize("fallback", [None, "digits"])
def test_a_damaged_file_is_never_used(folder, damage, fallback):
    file = folder / "x_train.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(
        datasets.DataCorruptError,
        match=r"x_train\.gz: expected content with sha256 .* found",
    ):
        datasets.load("mnist", fallback=fallback)


def test_a_download_that_fails_says_so(folder):
    (folder / "x_train.gz").unlink()
    with pytest.raises(
        datasets.DownloadError,
        match=r"expected to fetch http://127\.0\.0\.1:9/x_train\.gz",
    ):
        datasets.load("mnist", download=True)
    with pytest.raises(datasets.DownloadError):  # asked for, so no silent fallback
        datasets.load("mnist", fallback="digits", download=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fashion-mnist",), "Did you mean 'fashion_mnist'"),
        (("mnist", "digit"), "Did you mean 'digits'"),
        ((None,), "got None"),
    ],
)
def test_unknown_names(arguments, words):
    with pytest.raises(ValueError, match=words):
        datasets.load(*arguments)


def test_files_of_the_two_sets_are_described():
    for name in ("mnist", "fashion_mnist"):
        parts = datasets.FILES[name]
        assert list(parts) == ["x_train", "y_train", "x_test", "y_test"]
        assert all(
            len(remote.sha256) == 64 and remote.url.endswith("/")
            for remote in parts.values()
        )
        assert len({remote.sha256 for remote in parts.values()}) == 4
        assert len(datasets.CLASSES[name]) == 10
