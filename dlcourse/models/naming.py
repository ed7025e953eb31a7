"""Names of layers, unique in their model."""

from collections.abc import Collection

from dlcourse.layers.base import Layer


def unique_name(who: str, layer: Layer, taken: Collection[str]) -> str:
    """layer.name, or with _1, _2, ... where it is taken.

    ValueError where the reader gave that name.
    """
    if layer.name not in taken:
        return layer.name
    if layer.named:
        raise ValueError(
            f"{who}: expected layer names to differ, got {layer.name!r} "
            "twice. Choose another name."
        )
    base, k = layer.name, 1
    while f"{base}_{k}" in taken:
        k += 1
    return f"{base}_{k}"
