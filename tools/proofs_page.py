"""The page Proofs, from book/records/proofs.json (`make proofs`)."""

from collections import Counter
from collections.abc import Iterable

from record_text import listed, small, table, versions

FAMILIES = {
    "layers": "Layers", "activations": "Activations", "losses": "Losses",
    "optimizers": "Optimizers", "schedules": "Schedules", "initializers": "Initializers",
    "regularizers": "Regularizers", "constraints": "Constraints", "metrics": "Metrics",
    "kernels": "Kernels",
    "callbacks": "Callbacks", "models": "Whole models",
}  # fmt: skip


def proofs_markdown(found: dict | None) -> str:
    """What is proven, class by class."""
    lines = ["# Proofs", ""]
    if found is None:
        return (
            "\n".join([*lines, "There is no record yet: `make proofs` writes it."])
            + "\n"
        )
    cases = {
        family: sum(e["cases"] for e in t.values())
        for family, t in found["twins"].items()
    }
    refused = sum(found["refused"].values())
    lines += [
        "The same weights and the same data go into our NumPy code and into its Keras twin. Outputs, the loss, the gradient "
        "of every weight and of the input, and for an optimizer every weight after twenty steps, must agree. "
        f"The tests compare {listed(f'{n} cases of {family}' for family, n in cases.items())}. "
        "A case is one choice of options, shapes and random weights.",
        "",
        "Each difference is the largest of its class, relative to the largest entry of Keras' array. In float64 "
        "rounding alone leaves about 1e\u201116 for each operation.",
        "",
        f"A test that cannot fail proves nothing, so the tests are tested too: {refused:,} planted errors (a gradient 0.1 % too "
        "large, a flipped sign, one entry 1 % off, a wrong optimizer) were all refused.",
        "",
        f"Recorded on {found['date']} by `make proofs`: {counted(found['tests'])}. {versions(found['versions'])}.",
    ]
    if found["failed"]:
        groups = Counter(test.split("/")[-1].split("[")[0] for test in found["failed"])
        lines += [
            "",
            f"**Not all is proven.** These tests failed: {listed(f'`{t}` ({n})' for t, n in groups.items())}.",
        ]
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
            (
                [f"`{name}`", str(e["cases"]), small(e["largest"])]
                for name, e in entries.items()
            ),
        )
    lines += ["## Oracles that are not Keras", "", "What Keras and we might both have wrong is compared with others: other libraries, "
              "arithmetic by hand, and the slow textbook form of each fast kernel."]  # fmt: skip
    for family in FAMILIES:
        entries = [e for e in found["oracles"] if e["family"] == family]
        lines += table(
            f"{FAMILIES[family]}: second oracles, with the largest relative difference where numbers were compared.",
            ["test" if family == "kernels" else "class", "oracle", "tests", "difference"],
            ([f"`{e['name']}`", e["oracle"], str(e["tests"]), small(e["largest"])] for e in entries),
            )  # fmt: skip
    alone = {
        n: t
        for n, t in found.get("no_twin", {}).items()
        if not t.startswith("a base class")
    }
    if alone:
        lines += [
            "## Without a twin",
            "",
            "Keras has no such class. What stands in for it:",
        ]
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
    return ", ".join(
        words + [f"{tests[k]:,} {k}" for k in ("skipped", "failed") if tests.get(k)]
    )


def twin_table(family: str, entries: dict) -> list[str]:
    """One family: cases, and the largest difference in each column that there is."""
    columns = {
        "float64": "float64",
        "float32": "float32",
        "jax": "JAX",
        "torch": "PyTorch",
    }
    columns = {
        k: title
        for k, title in columns.items()
        if any(k in e for e in entries.values())
    }
    if not columns:
        return []
    exact = max(
        (e["float64"]["tolerance"] for e in entries.values() if "float64" in e),
        default=0,
    )
    usual = {
        k: most(e[k]["tolerance"] for e in entries.values() if k in e) for k in columns
    }
    loose = [
        f"`{name}` {small(e['float64']['tolerance'])}"
        for name, e in entries.items()
        if "float64" in e and e["float64"]["tolerance"] > usual["float64"]
    ] if exact else []  # fmt: skip
    trained = family in ("optimizers", "models")
    what = (
        "outputs, gradients, weights after 20 steps"
        if trained
        else "outputs and gradients"
    )
    bound = listed(f"{small(usual[k])} ({columns[k]})" for k in columns)
    caption = f"{FAMILIES[family]}: {what}, the largest relative difference from Keras. Tolerance: {bound}"
    caption += f"; in float64 {listed(loose)}." if loose else "."
    head = ["class" if family != "models" else "test", "cases", *columns.values()]
    code = "{}" if family == "models" else "`{}`"
    rows = (
        [
            code.format(n),
            str(e["cases"]),
            *(small(e[k]["largest"]) if k in e else "–" for k in columns),
        ]
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
            ["function" if family == "activations" else "class", "tests", "difference"],
            (
                [f"`{n}`", str(e["tests"]), small(e["largest"])]
                for n, e in entries.items()
            ),
        )
    return lines
