"""Run the chapters and keep their outputs, keyed by everything that an output can depend on.

The key of a chapter is a sha256 of its code cells (source, tags, order), the package with its result records, the
lock file, Python, the Keras backend, the data found on this machine, and this file. Editing prose re-runs nothing;
editing the package re-runs everything, so that no page shows what the code no longer does.
"""

import asyncio
import base64
import io
import json
import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from PIL import Image
from project import BookError, Project, digest, digest_files
from tqdm import tqdm

TIMEOUT = 600  # seconds a cell may take; the ceiling of a chapter is a test's business


@dataclass(frozen=True)
class Chapter:
    """One notebook and the key of its outputs."""

    path: Path
    key: str

    @property
    def name(self) -> str:
        """07_backpropagation"""
        return self.path.stem

    def cache(self, project: Project) -> Path:
        """The file that holds the outputs."""
        return project.build / "executed" / f"{self.name}-{self.key[:16]}.json"

    def asserted(self, project: Project) -> Path:
        """The folder for the values that the cells asserted."""
        folder = os.environ.get("DLCOURSE_ASSERTED") or project.build / "asserted/book"
        return Path(folder) / f"{self.name}-{self.key[:16]}"


def data_fingerprint(root: Path) -> str:
    """Names and sizes of the full-size data that chapters would find here."""
    if not (root / "dlcourse/datasets.py").is_file():
        return "no datasets module"
    sys.path.insert(0, str(root))
    try:
        from dlcourse import datasets

        return datasets.fingerprint()
    finally:
        sys.path.remove(str(root))


def surroundings(project: Project) -> str:
    """The part of the key that all chapters share."""
    root, package = project.root, project.root / "dlcourse"
    files = [
        *package.rglob("*.py"),
        *(package / "results").glob("*.json"),
        *(root / "tools/ipython").rglob("*.py"),
        *(root / "tools").glob("kernel_*.py"),
    ]
    lock = root / "requirements.lock"
    return digest(
        [
            digest_files(root, files).encode(),
            lock.read_bytes() if lock.is_file() else b"",
            platform.python_version().encode(),
            os.environ.get("KERAS_BACKEND", "tensorflow").encode(),
            data_fingerprint(root).encode(),
            Path(__file__).read_bytes(),
        ]
    )


def chapters(project: Project) -> list[Chapter]:
    """Every chapter of the table of contents with its key."""
    shared = surroundings(project)
    found = []
    for path in project.chapters:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = [
            ["".join(cell["source"]), cell["metadata"].get("tags", [])]
            for cell in cells
            if _is_code(cell)
        ]
        found.append(
            Chapter(path, digest([shared.encode(), json.dumps(code).encode()]))
        )
    return found


def _is_code(cell) -> bool:
    return cell["cell_type"] == "code"


def kernel_environment(project: Project) -> dict[str, str]:
    """The environment of a kernel: offline, drawing for pages, with the start-up files of tools/ipython."""
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
    fixed = {
        "IPYTHONDIR": str(project.root / "tools/ipython"),
        "DLCOURSE_OFFLINE": "1",
        "DLCOURSE_BOOK": "1",
    }
    path = os.pathsep.join(
        filter(None, [str(project.root), os.environ.get("PYTHONPATH")])
    )
    return {**quiet, **os.environ, **fixed, "PYTHONPATH": path}


async def run(
    project: Project, chapter: Chapter, environment: dict[str, str], bar: tqdm
) -> float:
    """Execute one chapter in a fresh kernel and keep its outputs; returns the seconds it took."""
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    notebook = nbformat.read(chapter.path, as_version=4)
    current = {"id": "start of the kernel"}

    def started(cell, cell_index, **_) -> None:
        if _is_code(cell):
            current["id"] = cell.id
            bar.set_postfix_str(cell.id, refresh=sys.stderr.isatty())

    def done(cell, cell_index, **_) -> None:
        bar.update(1)

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(chapter.path.parent)}},
        extra_arguments=["--log-level=ERROR"],
        on_cell_start=started,
        on_cell_executed=done,
    )
    asserted = chapter.asserted(project)
    shutil.rmtree(asserted, ignore_errors=True)
    begin = time.perf_counter()
    try:
        await client.async_execute(
            env={**environment, "DLCOURSE_ASSERTED": str(asserted)}
        )
    except CellExecutionError as error:
        raise BookError(
            f"chapters/{chapter.name}.ipynb, cell {current['id']}:\n\n{error}"
        ) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise BookError(
            f"chapters/{chapter.name}.ipynb, cell {current['id']}: {str(error).splitlines()[0]}"
        ) from None
    seconds = time.perf_counter() - begin
    code = [cell for cell in notebook.cells if _is_code(cell)]
    for notice in notices(code):
        bar.write(f"  {chapter.name}, {notice}")
    target = chapter.cache(project)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(
        json.dumps(
            {
                "seconds": seconds,
                "date": datetime.now(UTC).date().isoformat(),
                "outputs": [list(map(lighter, cell.outputs)) for cell in code],
            }
        ),
        "utf-8",
    )
    partial.replace(target)
    return seconds


def lighter(output: dict) -> dict:
    """An output whose picture has at most 256 colours: a third of the bytes, the same to the eye."""
    png = output.get("data", {}).get("image/png")
    if png is None:
        return output
    before = base64.b64decode(png)
    picture = Image.open(io.BytesIO(before)).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    small = page.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    size = {"dpi": picture.info["dpi"]} if "dpi" in picture.info else {}
    small.save(buffer, format="png", optimize=True, **size)
    after = buffer.getvalue()
    if len(after) >= len(before):
        return output
    text = base64.b64encode(after).decode("ascii")
    return {**output, "data": {**output["data"], "image/png": text}}


def notices(code: list) -> list[str]:
    """What an author should look at: text on stderr, which pages do not show, and outputs that show nothing."""
    found = []
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"cell {cell.id}, on stderr: {output.text.strip()[:200]}")
            data = output.get("data", {})
            if set(data) == {"text/plain", "text/html"} and not data["text/plain"]:
                found.append(f"cell {cell.id}: an output that shows nothing")
    return found


async def _run_all(project: Project, stale: list[Chapter], jobs: int) -> None:
    environment, gate = kernel_environment(project), asyncio.Semaphore(jobs)
    pace = 0.2 if sys.stderr.isatty() else 20  # seconds between two lines of progress

    async def one(position: int, chapter: Chapter) -> None:
        cells = sum(map(_is_code, json.loads(chapter.path.read_text("utf-8"))["cells"]))
        async with gate:
            with tqdm(total=cells, desc=chapter.name, unit="cell", position=position % jobs, leave=False,
                      mininterval=pace, maxinterval=max(pace, 10)) as bar:  # fmt: skip
                seconds = await run(project, chapter, environment, bar)
                bar.write(
                    f"ran chapters/{chapter.name}.ipynb: {cells} cells, {seconds:.1f} s"
                )

    results = await asyncio.gather(
        *(one(*item) for item in enumerate(stale)), return_exceptions=True
    )
    failures = [result for result in results if isinstance(result, BaseException)]
    if unexpected := [
        failure for failure in failures if not isinstance(failure, BookError)
    ]:
        raise unexpected[0]
    if failures:
        raise BookError("\n\n".join(map(str, failures)))


def execute(project: Project, jobs: int = 2) -> list[Chapter]:
    """Run the chapters that are not cached, at most `jobs` at once; prune old outputs; write seconds.json."""
    found = chapters(project)
    stale = [chapter for chapter in found if not whole(chapter.cache(project))]
    if stale:
        texts = {chapter: chapter.path.read_bytes() for chapter in found}
        asyncio.run(_run_all(project, stale, min(jobs, len(stale))))
        if edited := [c.name for c in found if c.path.read_bytes() != texts[c]]:
            raise BookError(
                f"{', '.join(edited)}: edited while the chapters ran. Run the same command again; what ran is kept."
            )
    kept = {chapter.cache(project) for chapter in found} | {
        chapter.asserted(project) for chapter in found
    }
    for old in [
        *(project.build / "executed").glob("*"),
        *(project.build / "asserted/book").glob("*"),
    ]:
        if old not in kept:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    seconds = {
        chapter.name: round(
            json.loads(chapter.cache(project).read_text())["seconds"], 1
        )
        for chapter in found
    }
    (project.build / "seconds.json").write_text(
        json.dumps(seconds, indent=1) + "\n", "utf-8"
    )
    return found


def whole(cache: Path) -> bool:
    """Whether the file is there and can be read; one that a full disk or a crash cut short is made again."""
    try:
        if {"seconds", "outputs"} <= json.loads(cache.read_bytes()).keys():
            return True
    except FileNotFoundError:
        return False
    except (ValueError, AttributeError):
        pass
    print(f"{cache.name} in .build/executed is damaged: running the chapter again")
    return False


def outputs(project: Project, chapter: Chapter) -> list[list[dict]]:
    """The cached outputs of each code cell."""
    return json.loads(chapter.cache(project).read_text("utf-8"))["outputs"]


def verified(project: Project, found: list[Chapter]) -> dict[str, str]:
    """The day on which each chapter last ran from top to bottom, with the code that it has now."""
    days = {
        chapter.name: json.loads(chapter.cache(project).read_text("utf-8")).get("date")
        for chapter in found
    }
    return {name: day for name, day in days.items() if day}
