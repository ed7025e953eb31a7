"""Data sets: what is embedded, and full-size files that are missing, broken or whole."""

import errno
import gzip
import hashlib
import http.server
import struct
import threading
from pathlib import Path
from unittest import mock

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
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "no space"), "disk of .*mnist is full: free some space"),
        (OSError(errno.EROFS, "read-only"), "mnist cannot be written to. Make it"),
        (PermissionError("pooch: no"), r"own, DIR/mnist/, and set DLCOURSE_DATA=DIR"),
        (ConnectionError("no route"), "Check the network"),
    ],
)
def test_a_cache_that_takes_no_file_is_named(folder, monkeypatch, error, words):
    import pooch

    (folder / "x_train.gz").unlink()
    monkeypatch.setattr(pooch, "retrieve", mock.Mock(side_effect=error))
    with pytest.raises(datasets.DownloadError, match=words):
        datasets.load("mnist", download=True)


@pytest.fixture
def site(folder, monkeypatch, tmp_path):
    """The tiny "mnist" on a server of this machine, and nowhere else."""
    place = tmp_path / "site"
    folder.rename(place)
    cut = {"in transit": False}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = (place / Path(self.path).name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found[:-9] if cut["in transit"] else found)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}/"
    for part, remote in datasets.FILES["mnist"].items():
        there = datasets.RemoteFile(remote.file, url, remote.sha256)
        monkeypatch.setitem(datasets.FILES["mnist"], part, there)
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield place, cut
        server.shutdown()
        thread.join()


def test_a_download_that_breaks_off_leaves_nothing(site, tmp_path):
    """So that the next try fetches it again, whole."""
    _, cut = site
    cut["in transit"] = True
    with pytest.raises(datasets.DownloadError, match="Check the network"):
        datasets.load("mnist", download=True)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    cut["in transit"] = False
    assert datasets.load("mnist", download=True).full


def test_half_a_file_on_the_server_is_named(site):
    place, _ = site
    packed = (place / "x_train.gz").read_bytes()
    (place / "x_train.gz").write_bytes(truncated(packed))
    with pytest.raises(datasets.DataCorruptError, match="Delete it and fetch it again"):
        datasets.load("mnist", download=True)


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
