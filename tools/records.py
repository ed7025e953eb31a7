"""The pages `proofs` and `speed`, made from the records in book/records.

`make proofs` and `make bench` write the records; staging makes the pages of them.
"""

import io
import json
from collections.abc import Iterable

from project import Project, digest

FAMILIES = {
    "layers": "Layers", "activations": "Activations", "losses": "Losses",
    "optimizers": "Optimizers", "schedules": "Schedules", "initializers": "Initializers",
    "regularizers": "Regularizers", "constraints": "Constraints", "metrics": "Metrics",
    "callbacks": "Callbacks",
}  # fmt: skip
RIVALS = {"torch": "PyTorch", "jax": "JAX", "sklearn": "scikit-learn", "floor": "matrix products"}
PACKAGES = {"numpy": "NumPy", "keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch",
            "jax": "JAX", "scipy": "SciPy", "hypothesis": "Hypothesis"}  # fmt: skip


def record(project: Project, name: str) -> dict | None:
    """book/records/<name>.json, or None."""
    path = project.root / "book/records" / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def pages(project: Project) -> dict[str, bytes]:
    """The staged files: two pages, and the figures of one of them."""
    proofs, speed = record(project, "proofs"), record(project, "benchmarks")
    made = {
        "book/proofs.md": proofs_markdown(proofs).encode(),
        "book/speed.md": speed_markdown(speed).encode(),
    }
    for name, curve in measured((speed or {}).get("growth", {})).items():
        made[f"book/images/growth-{name}.svg"] = drawn(project, curve)
    return made


# -- text


def table(caption: str, head: list[str], rows: Iterable[Iterable[str]], kind: str = "") -> list[str]:
    """A table with a caption. The first column holds names, the others numbers."""
    rows = [list(row) for row in rows]
    if not rows:
        return []
    align = [":--", *["--:"] * (len(head) - 1)] if kind != "words" else [":--"] * len(head)
    body = ["| " + " | ".join(line) + " |" for line in [head, align, *rows]]
    return ["", f"```{{table}} {caption}", ":class: record", "", *body, "```", ""]


def small(value: float | None) -> str:
    """3e-16; 0 where not a digit differs."""
    if value is None:
        return "–"
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-").replace("-", "\u2011")


def versions(found: dict) -> str:
    return ", ".join(f"{PACKAGES.get(name, name)} {version}" for name, version in found.items())


def listed(words: Iterable[str]) -> str:
    """a, b and c"""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


# -- proofs


def proofs_markdown(found: dict | None) -> str:
    """What is proven, class by class."""
    lines = ["# Proofs", ""]
    if found is None:
        return "\n".join([*lines, "There is no record yet: `make proofs` writes it."]) + "\n"
    cases = {family: sum(e["cases"] for e in t.values()) for family, t in found["twins"].items()}
    refused = sum(found["refused"].values())
    lines += [
        "The same weights and the same data go into our NumPy code and into its Keras twin. Outputs, the loss, the gradient "
        "of every weight and of the input, and for an optimizer every weight after twenty steps, must agree. "
        f"The tests compare {listed(f'{n} cases of {family}' for family, n in cases.items())}. "
        "A case is one choice of options, shapes and random weights.",
        "",
        "Each difference is the largest of its class, relative to the largest entry of Keras' array. In float64 "
        "rounding alone leaves about 1e\u201116 for each operation; a wrong formula leaves 1e\u20112 or more.",
        "",
        f"A test that cannot fail proves nothing, so the tests are tested too: {refused:,} planted errors (a gradient 0.1 % too "
        "large, a flipped sign, one entry 1 % off, a wrong optimizer) were all refused.",
        "",
        f"Recorded on {found['date']} by `make proofs`: {counted(found['tests'])}. {versions(found['versions'])}.",
    ]
    if found["failed"]:
        lines += ["", f"**Not all is proven.** These tests failed: {listed(f'`{t}`' for t in found['failed'][:20])}."]
    lines += ["", "## Equal to Keras"]
    for family in FAMILIES:
        lines += twin_table(family, found["twins"].get(family, {}))
    lines += beside_keras(found)
    lines += ["## Gradients", "", "Each gradient is compared with central differences of the loss along random directions, "
              "in float64, for every weight and for the input."]  # fmt: skip
    for family in FAMILIES:
        entries = found["gradients"].get(family, {})
        lines += table(
            f"{FAMILIES[family]}: gradients against finite differences, the largest relative error.",
            ["class", "cases", "error"],
            ([f"`{name}`", str(e["cases"]), small(e["largest"])] for name, e in entries.items()),
        )
    lines += ["## Oracles that are not Keras", "", "What Keras and we might both have wrong is compared with others: other libraries, "
              "arithmetic by hand, and the slow textbook form of each fast kernel."]  # fmt: skip
    for family in FAMILIES:
        entries = [e for e in found["oracles"] if e["family"] == family]
        lines += table(
            f"{FAMILIES[family]}: second oracles, with the largest relative difference where numbers were compared.",
            ["class", "oracle", "tests", "difference"],
            ([f"`{e['name']}`", e["oracle"], str(e["tests"]), small(e["largest"])] for e in entries),
            )  # fmt: skip
    alone = {n: t for n, t in found.get("no_twin", {}).items() if not t.startswith("a base class")}
    if alone:
        lines += ["## Without a twin", "", "Keras has no such class. What stands in for it:"]
        lines += table("Classes that Keras lacks, with their oracle.", ["class", "oracle"],
                       ([f"`{n}`", t] for n, t in sorted(alone.items())), "words")  # fmt: skip
    if found["properties"]:
        lines += ["## Properties", "", f"{len(found['properties'])} tests draw their examples at random (Hypothesis) and check what must hold for "
                  "all of them, such as that backward is the adjoint of forward, that a recurrent layer sees no later step, or that "
                  "a permuted batch gives permuted outputs."]  # fmt: skip
    return "\n".join(lines) + "\n"


def counted(tests: dict[str, int]) -> str:
    """2,000 tests passed, 3 skipped"""
    words = [f"{tests.get('passed', 0):,} tests passed"]
    return ", ".join(words + [f"{tests[k]:,} {k}" for k in ("skipped", "failed") if tests.get(k)])


def twin_table(family: str, entries: dict) -> list[str]:
    """One family: cases, and the largest difference in each column that there is."""
    columns = {"float64": "float64", "float32": "float32", "jax": "JAX", "torch": "PyTorch"}
    columns = {k: title for k, title in columns.items() if any(k in e for e in entries.values())}
    if not columns:
        return []
    exact = max((e["float64"]["tolerance"] for e in entries.values() if "float64" in e), default=0)
    usual = {k: most(e[k]["tolerance"] for e in entries.values() if k in e) for k in columns}
    loose = [
        f"`{name}` {small(e['float64']['tolerance'])}"
        for name, e in entries.items()
        if "float64" in e and e["float64"]["tolerance"] > usual["float64"]
    ] if exact else []  # fmt: skip
    what = "weights after 20 steps" if family == "optimizers" else "outputs and gradients"
    bound = listed(f"{small(usual[k])} ({columns[k]})" for k in columns)
    caption = f"{FAMILIES[family]}: {what}, the largest relative difference from Keras. Tolerance: {bound}"
    caption += f"; in float64 {listed(loose)}." if loose else "."
    head = ["class", "cases", *columns.values()]
    rows = (
        [f"`{n}`", str(e["cases"]), *(small(e[k]["largest"]) if k in e else "–" for k in columns)]
        for n, e in entries.items()
    )
    lines = table(caption, head, rows)
    others = [title for k, title in columns.items() if k in ("jax", "torch")]
    if others and family == "layers":
        lines += [f"float64 and float32 are on TensorFlow; {listed(others)} {'are' if len(others) > 1 else 'is'} Keras on "
                  "that backend, where numbers are float32 on the way."]  # fmt: skip
    return lines


def most(values: Iterable[float]) -> float:
    """The value that stands most often."""
    values = list(values)
    return max(set(values), key=values.count)


def beside_keras(found: dict) -> list[str]:
    """What has no gradient: compared by tests of its own."""
    lines = []
    for family, title in FAMILIES.items():
        entries = found["beside_keras"].get(family, {})
        if family in found["twins"] or not entries:
            continue
        note = ""
        if family == "initializers":
            note = " Random ones are compared by their distribution: the difference is that of the ends of the range."
        lines += table(
            f"{title}: compared with Keras, the largest relative difference where numbers were compared.{note}",
            ["class", "tests", "difference"],
            ([f"`{n}`", str(e["tests"]), small(e["largest"])] for n, e in entries.items()),
        )
    return lines


# -- speed


def measured(entries: dict) -> dict:
    """Those that were run."""
    return {name: e for name, e in entries.items() if e and "not_run" not in e}


def ratio(entry: dict | None) -> str:
    return f"{entry['median']:.2f}" if entry and "median" in entry else "–"


def spread(entry: dict | None) -> str:
    return f"{entry['low']:.2f} to {entry['high']:.2f}" if entry and "median" in entry else "–"


def duration(seconds: float | None) -> str:
    """In milliseconds, three digits."""
    if seconds is None:
        return "–"
    ms = 1e3 * seconds
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:,.0f}"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def verdict(entry: dict | None, goal: float | None) -> str:
    """The goal, and whether it was reached."""
    if goal is None or not entry or "median" not in entry:
        return number(goal)
    return f"{goal:.2f} {'✓' if entry['median'] <= goal else '✗'}"


def speed_markdown(found: dict | None) -> str:
    """The benchmarks: tables, growth, method."""
    lines = ["# Speed", ""]
    if found is None:
        return "\n".join([*lines, "There is no record yet: `make bench` writes it."]) + "\n"
    items, machine = found["items"], found["machine"]
    lines += [
        "How long does a step take in our NumPy code, beside the frameworks? Each number is a **ratio of CPU times**, ours to "
        "theirs: 0.50 means that we need half the time, 2.00 twice. A step is forward, backward and update of a model; of a layer "
        "alone, forward and backward. All numbers are float32.",
        "",
        f"Measured on {found['date']} by `make bench`: {machine['processor']}, {machine['cores']} cores"
        + (f" ({machine['vectors'].replace('_', ' ')})" if machine.get("vectors") else "")
        + f", {machine.get('memory', '')}, {machine['system']}. {versions(found['versions'])}.",
        "",
        "## Beside Keras",
    ]
    lines += table(
        "CPU time of a step, ours relative to the fastest way of Keras on TensorFlow: median, the middle half of the measurements, "
        "the goal with ✓ where it is reached, milliseconds of one step.",
        ["item", "ratio", "middle half", "goal", "ours, ms", "Keras, ms"],
        (
            [named(name, e), f"**{ratio(k)}**", spread(k), verdict(k, e["goal"]), duration(k.get("ours")), duration(k.get("theirs"))]
            for name, e in items.items()
            if (k := e.get("keras", {})) is not None and "median" in k
        ),
    )
    ways = {way for e in items.values() for way in e.get("keras", {}).get("ways", {})}
    order = [w for w in ("train_on_batch", "fit", "fit, jit", "tf.function", "tf.function, jit") if w in ways]
    lines += [
        "Keras can take a step in several ways: `train_on_batch` and `fit`, or a step written by hand and compiled with "
        "`tf.function`, with and without its second compiler (`jit_compile`). The table above compares with the fastest; this one "
        "gives the CPU time of each."
    ]
    lines += table(
        "Milliseconds of a step of Keras in each of its ways.", ["item", *order],
        ([named(name), *(duration(e["keras"]["ways"].get(w)) for w in order)]
         for name, e in items.items() if e.get("keras", {}).get("ways")),
    )  # fmt: skip
    there = {k: title for k, title in RIVALS.items() if any(measured({k: e.get(k)}) for e in items.values())}
    if there:
        lines += ["## Beside the others", "", "PyTorch and JAX are written as their documents show: modules with autograd, and compiled gradients of a "
                  "plain function. The last column relates our time to the matrix products that the step cannot do without; how far "
                  "it is above 1 is what everything else costs."]  # fmt: skip
    lines += table(
        "CPU time of a step, ours relative to each.", ["item", *there.values()],
        ([named(name), *(ratio(e.get(k)) for k in there)] for name, e in items.items() if any(measured({k: e.get(k)}) for k in there)),
    )  # fmt: skip
    lines += memory_table(found)
    lines += wall_table(items)
    lines += table(
        "Further items: CPU time, ours relative to Keras on TensorFlow (compiled by `tf.function`).",
        ["item", "ratio", "middle half", "goal"],
        ([named(n), ratio(e["keras"]), spread(e["keras"]), verdict(e["keras"], e["goal"])]
         for n, e in found["further"].items() if "median" in e["keras"]),
    )  # fmt: skip
    lines += growth_text(found["growth"])
    lines += ["## How it was measured", "", f"{found['method'][0].upper()}{found['method'][1:]}."]
    lines += not_run(found)
    return "\n".join(lines) + "\n"


def named(name: str, entry: dict | None = None) -> str:
    note = (entry or {}).get("note")
    return f"{name} ({note})" if note else name


def memory_table(found: dict) -> list[str]:
    def mib(entry):
        return f"{entry['peak'] / 2**20:,.0f}"

    rows = {
        name: e for name, e in found["memory"].items()
        if {"numpy", "keras"} <= measured(e).keys()
    }  # fmt: skip
    lines = ["## Memory and import", ""] if rows or found["import"] else []
    if found["import"].get("dlcourse"):
        ours, keras = found["import"]["dlcourse"], found["import"].get("keras")
        beside = f"; `import keras` takes {keras['cpu']:.1f} s" if keras else ""
        lines += [
            f"`import dlcourse` takes {ours['cpu']:.3f} s of CPU time and {ours['wall']:.3f} s on the clock (the median of {ours['runs']} fresh "
            f"interpreters; the goal is {found['import']['goal']} s){beside}."
        ]
    return lines + table(
        "Peak resident memory of a process that trains, in MiB, and ours relative to Keras (goal 0.30).",
        ["item", "ours", "Keras", "ratio"],
        ([n, mib(e["numpy"]), mib(e["keras"]), f"{e['numpy']['peak'] / e['keras']['peak']:.2f}"] for n, e in rows.items()),
    )


def wall_table(items: dict) -> list[str]:
    rows = {name: e["wall"] for name, e in items.items() if "median" in e.get("wall", {})}
    if not rows:
        return []
    text = [
        "## Two cores, by the clock", "",
        "The same with two threads on both sides and wall time. This is what a reader waits for, but it hangs on what "
        "else the machine does: read the spread before the median.",
    ]  # fmt: skip
    return text + table(
        "Wall time of a step with two threads, ours relative to the fastest way of Keras.",
        ["item", "ratio", "middle half", "ours, ms", "Keras, ms"],
        ([n, ratio(e), spread(e), duration(e["ours"]), duration(e["theirs"])] for n, e in rows.items()),
    )


def growth_text(growth: dict) -> list[str]:
    curves = measured(growth)
    if not curves:
        return []
    lines = [
        "## Growth", "",
        "Cost must grow as the work grows. The dotted line has the slope that the count of operations gives; the measured slope "
        "is fitted to the larger half of the sizes, since small steps cost the calls more than the arithmetic.",
    ]  # fmt: skip
    lines += table("Measured and expected exponents of the growth of a step.", ["against", "expected", "measured"],
                   ([f"{c['title']}", f"{c['expected']:g}", f"{c['slope']:.2f}"] for c in curves.values()))  # fmt: skip
    for name, curve in curves.items():
        what = "Memory" if curve["unit"] == "byte" else "Time"
        lines += [
            f"```{{figure}} images/growth-{name}.svg",
            f":alt: {what} of a step against {curve['axis']}, both axes logarithmic, from {said(curve, 0)} to {said(curve, -1)}. The points "
            f"of the larger half rise with slope {curve['slope']:.2f}; the dotted line has slope {curve['expected']:g}.",
            ":figclass: book-figure growth", "",
            f"{what} of a step against {curve['axis']}: slope {curve['slope']:.2f}, expected {curve['expected']:g}.",
            "```", "",
        ]  # fmt: skip
    return lines


def said(curve: dict, index: int) -> str:
    value = curve["values"][index]
    found = f"{value / 1e6:.3g} MB" if curve["unit"] == "byte" else f"{duration(value)} ms"
    return f"{found} at {curve['sizes'][index]:,}"


def not_run(found: dict) -> list[str]:
    """Every gap, with its reason."""
    gaps = [f"{title} is not installed there: no column for it." for title in found["absent"]]
    missing: dict[str, list[str]] = {}
    for name, entry in found["items"].items():
        for key in ("keras", "torch", "jax", "sklearn", "floor", "wall"):
            reason = entry.get(key, {}).get("not_run")
            if reason and not reason.startswith(("scikit-learn has", "no matrix product")):
                missing.setdefault(f"{key}: {reason}", []).append(name)
        if "keras" not in entry:
            missing.setdefault("keras: not measured yet", []).append(name)
    for section in ("memory", "growth", "further"):
        for name, entry in found[section].items():
            for key, one in (entry if section != "growth" else {"": entry}).items():
                if isinstance(one, dict) and "not_run" in one:
                    missing.setdefault(f"{section} {key}: {one['not_run']}", []).append(name)
    gaps += [f"{listed(names)}: {reason}." for reason, names in missing.items()]
    if not gaps:
        return []
    return ["", "## Not run", "", *(f"- {gap}" for gap in gaps)]


# -- figures


def drawn(project: Project, curve: dict) -> bytes:
    """The figure of one curve, drawn once for each record."""
    key = digest([json.dumps(curve, sort_keys=True).encode(), b"2"])[:16]
    path = project.build / "figures" / f"{key}.svg"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(figure(curve))
    return path.read_bytes()


def figure(curve: dict) -> bytes:
    """Measured points in blue, the expected slope dotted, through the last point."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    scale, unit = (1e6, "MB") if curve["unit"] == "byte" else (1e-3, "ms")
    x, y = curve["sizes"], [v / scale for v in curve["values"]]
    with mpl.rc_context({"svg.hashsalt": "growth", "svg.fonttype": "path", "font.size": 11}):
        fig = Figure(figsize=(4.4, 3.2), layout="constrained", facecolor="white")
        FigureCanvasSVG(fig)
        ax = fig.add_subplot()
        expected = [y[-1] * (size / x[-1]) ** curve["expected"] for size in x]
        ax.loglog(x, expected, color="#000000", linestyle=":", label=f"slope {curve['expected']:g}")
        ax.loglog(x, y, color="#0072B2", marker="o", markersize=5, linewidth=2, label="measured")
        ax.set(xlabel=curve["axis"], ylabel=f"{'memory' if unit == 'MB' else 'CPU time'} of a step, {unit}")
        ax.set_xticks(x, [f"{size:,}" for size in x], minor=False)
        ax.set_xticks([], minor=True)
        ax.tick_params(axis="x", labelrotation=45 if len(x) > 6 else 0)
        ax.grid(color="#dddddd", linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False)
        out = io.BytesIO()
        fig.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
