"""The facts about loaders and splits, and whether they are about the program's own data."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.observed import LoaderFacts
from analyzer.rules.base import Program

INVENTED = "the program's own data is missing, and invented data says nothing about its splits"


def own_loaders(program: Program) -> Iterator[LoaderFacts]:
    """The loader facts, when they are about data that the program brought itself."""
    seen = program.observation
    if seen is None or seen.loader is None:
        return
    if seen.data is None or seen.data.source != "stand_in":
        yield seen.loader


def share(part: int, whole: int) -> float:
    """part / whole, 0 for an empty whole."""
    return part / whole if whole else 0.0


def percent(value: float) -> str:
    """A share for a person: "37%", "0.4%"."""
    return f"{value:.0%}" if value == 0 or value >= 0.01 else f"{value:.1%}"
