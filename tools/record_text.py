"""Text that the pages made from records share: tables with captions, short numbers."""

from collections.abc import Iterable

PACKAGES = {"numpy": "NumPy", "keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch",
            "jax": "JAX", "scipy": "SciPy", "hypothesis": "Hypothesis"}  # fmt: skip


def table(
    caption: str, head: list[str], rows: Iterable[Iterable[str]], kind: str = ""
) -> list[str]:
    """A table with a caption. The first column holds names, the others numbers."""
    rows = [list(row) for row in rows]
    if not rows:
        return []
    align = (
        [":--", *["--:"] * (len(head) - 1)] if kind != "words" else [":--"] * len(head)
    )
    body = ["| " + " | ".join(line) + " |" for line in [head, align, *rows]]
    return [
        "",
        f"~~~{{table}} {caption}",
        f":class: record {kind}".rstrip(),
        "",
        *body,
        "~~~",
        "",
    ]


def small(value: float | None) -> str:
    """3e-16; 0 where not a digit differs."""
    if value is None:
        return "–"
    return (
        "0"
        if value == 0
        else f"{value:.0e}".replace("e-0", "e-").replace("-", "\u2011")
    )


def versions(found: dict) -> str:
    return ", ".join(
        f"{PACKAGES.get(name, name)} {version}" for name, version in found.items()
    )


def listed(words: Iterable[str]) -> str:
    """a, b and c"""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
