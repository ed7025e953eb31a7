"""The table that `model.summary()` prints."""


def print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest entry, the last to the right."""
    rows = [heads, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    for i, row in enumerate(rows):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        cells[-1] = f"{row[-1]:>{widths[-1]}}"
        print("  ".join(cells))
        if i == 0:
            print("-" * (sum(widths) + 2 * (len(heads) - 1)))
