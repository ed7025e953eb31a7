"""The page "Where it runs", from book/records/matrix.json, colab.json and gpu.json.

`make test-backends`, `make test-colab` and `make test-gpu` write them. What failed or was not run stands on the page.
"""

import re
from collections.abc import Iterable

from matrix import BACKENDS, PYTHONS
from record_text import PACKAGES, listed, table, versions
from speed_page import described, duration

FOLDERS = {"chapters": "text", "exercises": "exercises", "solutions": "solutions"}
# A series whose name holds the first word is set beside the one that has the second instead.
VARIANTS = {"bfloat16": "float32", "XLA": "plain", "16 bits": "plain"}
AXIS = re.compile(r", by (?:the )?(.+)$")


def surfaces_markdown(
    chapters: dict[str, str], matrix: dict | None, colab: dict | None, gpu: dict | None, release: tuple[str, str],
) -> str:  # fmt: skip
    """The page. `chapters` are titles by file name, `release` is the repository's address and its tag."""
    lines = [
        "# Where it runs", "",
        "A book of programs ages with the programs that it stands on. Each chapter is meant to run, from top to bottom and with all "
        "its proofs, on every surface below. The tables hold the seconds of real runs, on machines that now and then had other work, too: "
        "take them for the order of magnitude. What failed or was not run is said.", "",
    ]  # fmt: skip
    lines += matrix_text(chapters, matrix or {"runs": {}, "versions": {}})
    lines += colab_text(chapters, colab)
    lines += gpu_text(chapters, gpu or {}, release)
    return "\n".join(lines) + "\n"


# -- backends and Pythons


def matrix_text(chapters: dict[str, str], found: dict) -> list[str]:
    """A table for each Python: chapter by backend."""
    lines = [
        "## Every backend, every Python", "",
        "Keras computes with TensorFlow, JAX or PyTorch. `make test-backends` gives each Python an environment of its own, with the "
        "package versions of this book, and runs every chapter on each backend, on a CPU and without a network. Where a backend "
        "cannot do what a cell is about, the cell prints \"Skipped\" and why; it counts as run.", "",
    ]  # fmt: skip
    gaps = []
    for python in PYTHONS:
        rows = []
        for name, title in chapters.items():
            runs = found["runs"].get(name, {}).get(python, {})
            rows.append([title, *(seconds(runs.get(b)) for b in BACKENDS)])
            gaps += (
                gap(f"Python {python}, {PACKAGES[b]}, {title}", runs.get(b))
                for b in BACKENDS
            )
        if found["runs"]:
            lines += table(
                f"Python {python}: seconds of a chapter{dated(found, python)}. {installed(found, python)}".strip(),
                ["chapter", *(PACKAGES[b] for b in BACKENDS)],
                rows,
            )
    if not found["runs"]:
        return [*lines, "**Not run:** there is no record yet. `make test-backends` writes it.", ""]  # fmt: skip
    return lines + gaps_text(gaps) + repeated_text(chapters, found.get("repeated", {}))


def repeated_text(chapters: dict[str, str], found: dict) -> list[str]:
    """A table of the numbers that the runs of a chapter on the three Pythons share, and those that differ."""
    if not found:
        return []
    rows, wrong = [], []
    for name, title in chapters.items():
        again = {b: found.get(name, {}).get(b) for b in BACKENDS}
        rows.append([title, *(shared(again[b]) for b in BACKENDS)])
        wrong += [
            f"- {PACKAGES[b]}, {title}: {text}"
            for b in BACKENDS if again[b] for text in again[b]["differences"]
        ]  # fmt: skip
    return [
        "The seeds of a chapter fix its numbers on every backend. Each value that a cell asserts was written down in each run; the "
        "table counts those that the runs with the same packages share, to a relative 10⁻⁶. Where another Python comes with other "
        "versions of the packages, it counts the cells in which a value changed: mostly rounding errors, whose size a cell bounds.", "",
        *table("Asserted values that are the same in every run", ["chapter", *(PACKAGES[b] for b in BACKENDS)], rows),
        *(wrong or ["None differs."]), "",
    ]  # fmt: skip


def shared(again: dict | None) -> str:
    """What the runs of a chapter on a backend share: a cell of the table."""
    if again is None:
        return "not compared"
    said = [f"{again['values']} in {again['runs']} runs"] if again["values"] else []
    if again["differences"]:
        said.append(f"**cells that differ: {len(again['differences'])}**")
    said += [
        f"Python {python}: {f'other in {count} cells' if count else 'the same'}"
        for python, count in again["drift"].items()
    ]
    return ", ".join(said)


def installed(found: dict, python: str) -> str:
    """Python 3.12.1, NumPy 2.4, ..."""
    there = {"Python" if k == "python" else k: v for k, v in found["versions"].get(python, {}).items()}  # fmt: skip
    return f"{versions(there)}." if there else ""


def dated(found: dict, python: str) -> str:
    """The days of the runs."""
    days = {
        run["date"] for runs in found["runs"].values()
        for run in runs.get(python, {}).values() if "date" in run
    }  # fmt: skip
    return (
        f", run on {min(days)}" + (f" to {max(days)}" if len(days) > 1 else "")
        if days
        else ""
    )


def seconds(run: dict | None) -> str:
    if run is None:
        return "not run"
    return "**failed**" if "failed" in run else f"{run['seconds']:.1f}"


def gap(what: str, run: dict | None) -> str | None:
    """What is missing, or None."""
    if run is None:
        return f"{what}: not run."
    return f"{what}: **failed**. `{run['failed']}`" if "failed" in run else None


def gaps_text(gaps: Iterable[str | None]) -> list[str]:
    """A list of them, or that there are none."""
    found = [f"- {text}" for text in gaps if text]
    return [*found, ""] if found else ["None failed, none is missing.", ""]


# -- Colab


def colab_text(chapters: dict[str, str], found: dict | None) -> list[str]:
    lines = [
        "## Google Colab", "",
        "The rocket over a chapter opens it in Colab, whose packages have versions of their own. `make test-colab` makes an environment "
        "of the versions that Colab publishes, lets the first cell of a notebook install the course there, asserts that it changes "
        "none of them, and runs all notebooks. In the solutions every exercise's check must pass.", "",
    ]  # fmt: skip
    if found is None:
        return [*lines, "**Not run:** there is no record yet. `make test-colab` writes it.", ""]  # fmt: skip
    lines += table(
        f"Seconds of each notebook on Python {found['python']} with Colab's list of {found['list']}, run on {found['date']}.",
        ["chapter", *FOLDERS.values()],
        (
            [title, *(colab_cell(found, f"{folder}/{name}.ipynb") for folder in FOLDERS)]
            for name, title in chapters.items()
        ),
    )  # fmt: skip
    every = [f"{folder}/{name}.ipynb" for name in chapters for folder in FOLDERS]
    said = {name: colab_cell(found, name) for name in every}
    gaps = [
        f"`{name}`: {text}." for name, text in said.items() if not text[0].isdigit()
    ]
    if found["changed"]:
        gaps.append(f"The first cell changed {listed(found['changed'])}.")
    return lines + gaps_text(gaps)


def colab_cell(found: dict, name: str) -> str:
    if name in found["failed"]:
        return "**failed**"
    return f"{found['seconds'][name]:.1f}" if name in found["seconds"] else "not run"


# -- GPUs


def gpu_text(
    chapters: dict[str, str], found: dict, release: tuple[str, str]
) -> list[str]:
    """For each backend where it was measured, and tables; or that it was not run."""
    lines = [
        "## On a GPU", "",
        "The cells under \"On a GPU\" take their full size where Keras sees a GPU. `make test-gpu` runs every chapter there, and a second "
        "time with the GPU hidden. Each series of steps goes from small to large; a step that takes more than three seconds ends it. "
        "\"Wins from\" is the size from which on the GPU was the faster one, at this and every larger size that both "
        "measured.", "",
    ]  # fmt: skip
    for backend in BACKENDS:
        entries = found.get(backend, {})
        lines += [f"### {PACKAGES[backend]} on a GPU", ""]
        if not entries:
            lines += [f"**{PACKAGES[backend]} on a GPU: not run.**", ""]
            continue
        lines += where_measured(chapters, entries)
        lines += device_table(backend, entries) + variant_table(backend, entries)
        lines += gaps_text(
            gap(f"{side}, {title}", entries.get(name, {}).get(key))
            for name, title in chapters.items()
            for key, side in {"on_gpu": "GPU", "on_cpu": "CPU"}.items()
        )
    return lines + recipe(*release)


def where_measured(chapters: dict[str, str], entries: dict) -> list[str]:
    """One paragraph for each machine, day and set of versions."""
    places: dict[str, list[str]] = {}
    for name, e in entries.items():
        driver = f" (driver {e['driver']})" if "driver" in e else ""
        text = f"{e['gpu']}{driver}; {described(e['machine'])}. {versions(e['versions'])}. {e['date']}"
        memory = e["on_gpu"]["peak"]
        used = f" ({memory / 2**20:,.0f} MiB)" if memory else ""
        places.setdefault(text, []).append(chapters.get(name, name) + used)
    return [
        line
        for text, names in places.items()
        for line in (
            f"Measured on {text}. Chapters, with the most memory that the GPU held: {listed(names)}.",
            "",
        )
    ]


def device_table(backend: str, entries: dict) -> list[str]:
    """CPU and GPU side by side."""
    rows = []
    for e in entries.values():
        cpu, gpu = e["on_cpu"]["series"], e["on_gpu"]["series"]
        rows += (compared(w, cpu.get(w, {}), gpu[w]) for w in sorted(gpu))
    return table(
        f"{PACKAGES[backend]}: milliseconds of a step on the CPU and on the GPU, at the largest size that both measured. Where the "
        "CPU's column is empty, only the GPU did.",
        ["step", "size", "CPU", "GPU", "speed-up", "wins from"],
        rows,
    )


def variant_table(backend: str, entries: dict) -> list[str]:
    """16 bits and the compiler beside plain float32, on each device."""
    rows = []
    for e in entries.values():
        for key, device in {"on_gpu": "GPU", "on_cpu": "CPU"}.items():
            series = e[key]["series"]
            for what in sorted(series):
                if plain := series.get(plain_form(what)):
                    row = compared(what, plain, series[what])
                    rows.append([f"{device}: {row[0]}", *row[1:]])
    return table(
        f"{PACKAGES[backend]}: milliseconds of a step in plain float32 and with the named change, and from which size it pays.",
        ["step", "size", "plain", "changed", "speed-up", "pays from"],
        rows,
    )


def plain_form(what: str) -> str | None:
    """The name of the series that this one is a variant of."""
    word = next((word for word in VARIANTS if word in what), None)
    return word and what.replace(word, VARIANTS[word])


def compared(what: str, slow: dict, fast: dict) -> list[str]:
    """Name, size, both times, speed-up, and the size from which the second wins."""
    first, second = (
        {int(size): t for size, t in times.items()} for times in (slow, fast)
    )
    axis = AXIS.search(what)
    both = sorted(first.keys() & second.keys())
    size = both[-1] if both else max(second)
    wins = wins_from(first, second)
    return [
        AXIS.sub("", what),
        f"{axis[1] if axis else ''} {size:,}".strip(),
        duration(first.get(size)),
        duration(second[size]),
        f"**{first[size] / second[size]:.1f}**" if both else "–",
        "–" if not both else "none" if wins is None else f"{wins:,}",
    ]


def wins_from(first: dict[int, float], second: dict[int, float]) -> int | None:
    """The smallest size from which on `second` is faster at all that both measured."""
    found = None
    for size in sorted(first.keys() & second.keys(), reverse=True):
        if second[size] >= first[size]:
            break
        found = size
    return found


def recipe(repository: str, tag: str) -> list[str]:
    """How a reader adds what was not run."""
    return [
        "### Measure it yourself", "",
        "On a machine with an NVIDIA GPU and its driver, after the first `make`:", "",
        "```", "# TensorFlow", '.venv/bin/uv pip install "tensorflow[and-cuda]"', "make test-gpu", "",
        "# JAX", '.venv/bin/uv pip install "jax[cuda12]"', "KERAS_BACKEND=jax make test-gpu", "",
        "# PyTorch", ".venv/bin/uv pip install torch", "KERAS_BACKEND=torch make test-gpu", "```", "",
        "On Colab, with a GPU chosen under Runtime, in one cell (`jax` or `torch` in place of `tensorflow`); then "
        "download `book/records/gpu.json`:", "",
        "```", f"!git clone --depth 1 --branch {tag} \\", f"    {repository} course", "%cd course", "!pip install --no-deps -e .",
        "!KERAS_BACKEND=tensorflow python tools/gpu.py", "```", "",
        "Without a GPU that the backend can use the command refuses, and says what is missing. A run replaces its backend's rows of "
        "its chapters; send the file with a pull request, and this page shows them.",
    ]  # fmt: skip
