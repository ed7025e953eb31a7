"""The page Speed, from book/records/benchmarks.json (`make bench`)."""

from record_text import listed, table, versions

RIVALS = {
    "torch": "PyTorch",
    "jax": "JAX",
    "sklearn": "scikit-learn",
    "floor": "matrix products",
}
WAYS = (("train_on_batch", "fit"), ("tf.function",), ("tf.function, jit", "fit, jit"))


def measured(entries: dict) -> dict:
    """Those that were run."""
    return {name: e for name, e in entries.items() if e and "not_run" not in e}


def ratio(entry: dict | None) -> str:
    return f"{entry['median']:.2f}" if entry and "median" in entry else "–"


def spread(entry: dict | None) -> str:
    return (
        f"{entry['low']:.2f} to {entry['high']:.2f}"
        if entry and "median" in entry
        else "–"
    )


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


def speed_markdown(found: dict | None, textbook: dict | None = None) -> str:
    """The benchmarks: tables, growth, method."""
    lines = ["# Speed", ""]
    if found is None:
        return (
            "\n".join([*lines, "There is no record yet: `make bench` writes it."])
            + "\n"
        )
    items, machine = found["items"], found["machine"]
    lines += [
        "How long does a step take in our NumPy code, beside the frameworks? Each number is a **ratio of CPU times**, ours to "
        "theirs: 0.50 means that we need half the time, 2.00 twice. A step is forward, backward and update of a model; of a layer "
        "alone, forward and backward. All numbers are float32.",
        "",
        f"Measured on {found['date']} by `make bench`: {described(machine)}. {versions(found['versions'])}.",
        "",
        "## Beside Keras",
    ]
    lines += table(
        "CPU time of a step, ours relative to the fastest way of Keras on TensorFlow: median, the middle half of the measurements, "
        "the goal with ✓ where it is reached, milliseconds of a step of ours / of Keras.",
        ["item", "ratio", "middle half", "goal", "ms"],
        (
            [
                named(name, e),
                f"**{ratio(k)}**",
                spread(k),
                verdict(k, e["goal"]),
                f"{duration(k['ours'])} /\u00a0{duration(k['theirs'])}",
            ]
            for name, e in items.items()
            if (k := e.get("keras", {})) is not None and "median" in k
        ),
    )
    lines += [
        "Keras can take a step in several ways: its own loop (`train_on_batch`, `fit`), or a step written by hand and compiled "
        "with `tf.function`; either also with its second compiler (`jit_compile`). The table above compares with the fastest; this one "
        "gives the CPU time of each."
    ]
    lines += table(
        "Milliseconds of a step of Keras in each of its ways, and ours relative to its own loop.",
        ["item", "its own loop", "by hand", "with jit", "ratio to its own loop"],
        (
            [
                named(name),
                *(duration(way(e["keras"]["ways"], *names)) for names in WAYS),
                to_own_loop(e["keras"]),
            ]
            for name, e in items.items()
            if e.get("keras", {}).get("ways")
        ),
    )
    there = {
        k: title
        for k, title in RIVALS.items()
        if any(measured({k: e.get(k)}) for e in items.values())
    }
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
    lines += textbook_text(textbook)
    lines += growth_text(found["growth"])
    lines += [
        "## How it was measured",
        "",
        f"{found['method'][0].upper()}{found['method'][1:]}.",
    ]
    lines += not_run(found)
    return "\n".join(lines) + "\n"


def way(seconds: dict, *names: str) -> float | None:
    """The seconds of the first of these ways that there is."""
    return next((seconds[name] for name in names if name in seconds), None)


def described(machine: dict) -> str:
    """Processor, cores, memory, system; and whether it had other work."""
    vectors = machine.get("vectors", "").replace("_", " ")
    parts = [
        machine["processor"],
        f"{machine['cores']} cores" + (f" ({vectors})" if vectors else ""),
        machine.get("memory"),
        machine["system"],
    ]
    text = ", ".join(part for part in parts if part)
    load = machine.get("load", 0)
    if load > 0.5 * machine["cores"]:
        text += (
            f". **The machine was busy** (a load of {load:.1f} at the start): CPU times "
            "are then longer, since others use the caches too, and ratios less sure than their spread says"
        )
    return text


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
    lines += import_text(found["import"])
    return lines + table(
        "Peak resident memory of a process that trains, in MiB, and ours relative to Keras (goal 0.30).",
        ["item", "ours", "Keras", "ratio"],
        (
            [
                n,
                mib(e["numpy"]),
                mib(e["keras"]),
                f"{e['numpy']['peak'] / e['keras']['peak']:.2f}",
            ]
            for n, e in rows.items()
        ),
    )


def import_text(found: dict) -> list[str]:
    """What a reader waits for before the first line."""
    if "dlcourse" not in found:
        return []

    def seconds(module):
        entry = found[module]
        return f"{entry['cpu']:.2g} s ({entry['wall']:.2g} s on the clock)"

    text = (
        f"`import dlcourse` takes {seconds('dlcourse')} of CPU time, the median of {found['dlcourse']['runs']} fresh interpreters; the "
        f"goal is {found['goal']} s. Each part loads when it is first used"
    )
    if "dlcourse.models" in found:
        text += f": `import dlcourse.models`, with all layers, losses and optimizers, takes {seconds('dlcourse.models')}"
    others = [f"`import {m}` {seconds(m)}" for m in ("numpy", "keras") if m in found]
    return [f"{text}. Beside it: {listed(others)}." if others else f"{text}."]


def wall_table(items: dict) -> list[str]:
    rows = {
        name: e["wall"] for name, e in items.items() if "median" in e.get("wall", {})
    }
    if not rows:
        return []
    text = [
        "## Two cores, by the clock", "",
        "The same with two threads on both sides and wall time. This is what a reader waits for, but it hangs on what "
        "else the machine does: read the spread before the median.",
    ]  # fmt: skip
    return text + table(
        "Wall time of a step with two threads, ours relative to the fastest way of Keras, and milliseconds of ours / of Keras.",
        ["item", "ratio", "middle half", "ms"],
        (
            [
                n,
                ratio(e),
                spread(e),
                f"{duration(e['ours'])} /\u00a0{duration(e['theirs'])}",
            ]
            for n, e in rows.items()
        ),
    )


def to_own_loop(keras: dict) -> str:
    """Ours relative to train_on_batch or fit, where Keras has one for the item."""
    theirs = way(keras["ways"], *WAYS[0])
    return number(keras["ours"] / theirs if theirs else None)


def textbook_text(ratios: dict | None) -> list[str]:
    """The fast kernels beside the textbook forms that the tests compare them with."""
    if not ratios:
        return []
    return [
        "## Beside the textbook forms", "",
        "Each fast kernel of `dlcourse.kernels` stands beside a form that is obviously right, and tests hold the two equal. CI prints "
        "these ratios without any framework (`benchmarks/textbook.py`), so that a kernel that has become slow is seen.",
        *table("CPU time of the fast kernel, relative to its textbook form.", ["kernel", "ratio"],
               ([name, f"{ratio:.3f}"] for name, ratio in ratios.items())),
    ]  # fmt: skip


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
    found = (
        f"{value / 1e6:.3g} MB" if curve["unit"] == "byte" else f"{duration(value)} ms"
    )
    return f"{found} at {curve['sizes'][index]:,}"


def not_run(found: dict) -> list[str]:
    """Every gap, with its reason."""
    gaps = [
        f"{title} is not installed there: no column for it."
        for title in found["absent"]
    ]
    missing: dict[str, list[str]] = {}
    for name, entry in found["items"].items():
        for key in ("keras", "torch", "jax", "sklearn", "floor", "wall"):
            reason = entry.get(key, {}).get("not_run")
            if reason and not reason.startswith(
                ("scikit-learn has", "no matrix product")
            ):
                missing.setdefault(f"{key}: {reason}", []).append(name)
        if "keras" not in entry:
            missing.setdefault("keras: not measured yet", []).append(name)
    for section in ("memory", "growth", "further"):
        for name, entry in found[section].items():
            for key, one in (entry if section != "growth" else {"": entry}).items():
                if isinstance(one, dict) and "not_run" in one:
                    missing.setdefault(f"{section} {key}: {one['not_run']}", []).append(
                        name
                    )
    gaps += [f"{listed(names)}: {reason}." for reason, names in missing.items()]
    if not gaps:
        return []
    return ["", "## Not run", "", *(f"- {gap}" for gap in gaps)]
