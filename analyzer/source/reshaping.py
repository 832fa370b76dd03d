"""Sizes, targets of reshapes and children of a Sequential, as arguments spell them."""

from __future__ import annotations

from analyzer.source.values import Given, Known, Table, Value, items_of


def named_children(given: tuple[Given, ...]) -> list[tuple[str, Value]]:
    """The children of ``nn.Sequential(a, b)`` or ``nn.Sequential(OrderedDict(...))``."""
    if len(given) == 1 and not given[0].starred:
        value = given[0].value
        if isinstance(value, Table):
            return [(str(name), child) for name, child in value.items.items()]
        pairs = [items_of(item) for item in items_of(value) or []]
        if pairs and all(pair and len(pair) == 2 for pair in pairs):
            return [
                (str(pair[0].value) if isinstance(pair[0], Known) else "", pair[1])
                for pair in pairs
                if pair
            ]
    return [("", one.value) for one in given]


def sizes_given(given: tuple[Given, ...]) -> tuple[int | None, ...] | None:
    """Sizes written as one tuple or as several arguments; None and -1 for unknown ones."""
    values = [one.value for one in given if one.position is not None]
    if not values:
        return None
    items = items_of(values[0])
    sizes = [
        v.value if isinstance(v, Known) and type(v.value) is int and v.value >= 0 else None
        for v in (items if items is not None else values)
    ]
    return tuple(sizes)[:16] if any(size is not None for size in sizes) else None


def target(given: tuple[Given, ...]) -> tuple[int | None, ...] | None:
    """A reshape's target without the batch axis; -1 stands for the free size."""
    values = [one.value for one in given if one.position is not None]
    items = items_of(values[0]) if values else None
    sizes = [
        v.value if isinstance(v, Known) and type(v.value) is int else None
        for v in (items if items is not None else values)
    ]
    return tuple(sizes[1:])[:16] if len(sizes) > 1 else None
