"""The section of the page Proofs on coverage and mutants (`make mutants`)."""

from record_text import table


def mutants_markdown(found: dict | None) -> str:
    """What the tests run, and how many small errors in the code they see."""
    if found is None:
        return ""
    covered, parts = found["coverage"], found["parts"]
    total = {
        kind: sum(part[kind] for part in parts.values())
        for kind in ("mutants", "killed", "equivalent", "survived")
    }
    real = total["mutants"] - total["equivalent"]
    share = f", {100 * total['killed'] / real:.1f} %" if real else ""
    lines = [
        "",
        "## Errors planted in the code",
        "",
        f"The tests run {covered['percent']:.1f} % of the package: of {covered['lines']:,} statements all but "
        f"{covered['missed_lines']}, of {covered['branches']:,} branches all but {covered['missed_branches']}. To run a line is "
        "not to test it. So small errors are planted in it, one at a time: `+` becomes `-`, `0` becomes `1`, a condition is "
        "turned round, a loop does not run. A mutant is killed when a test fails.",
        "",
        f"Of {found['places']:,} places in the code {total['mutants']} were drawn at random (seed {found['seed']}, "
        f"{found['tool']}, {found['date']}), one mutation each. {total['equivalent']} change no result, such as another size of the blocks that "
        f"a kernel works in. Of the other {real} the tests killed {total['killed']}{share}.",
    ]  # fmt: skip
    lines += table(
        "Mutants of each part of the package, and the share of its lines and branches that the tests run.",
        ["part", "mutants", "killed", "equivalent", "survived", "coverage"],
        (
            [
                f"`{name}`",
                *(str(part[k]) for k in total),
                f"{covered['parts'][name]:.1f} %",
            ]
            for name, part in parts.items()
        ),
    )
    for title, kept in (
        ("Mutants that survived.", [s for s in found["survivors"] if not s["reason"]]),
        (
            "Mutants that change no result.",
            [s for s in found["survivors"] if s["reason"]],
        ),
    ):
        head = [
            "place",
            "code",
            "mutant",
            *(["why"] if kept and kept[0]["reason"] else []),
        ]
        rows = (
            [
                f"{s['file'].removeprefix('dlcourse/')}:{s['line']}",
                code(s["before"]),
                code(s["after"]),
                s["reason"] or "",
            ]
            for s in kept
        )
        lines += table(title, head, (row[: len(head)] for row in rows), "words")
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Code in a cell of a table, where a bar would end the cell."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"
