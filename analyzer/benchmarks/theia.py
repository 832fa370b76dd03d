"""Theia's benchmark: 39 faulty programs with labelled faults, and the repaired ones.

The programs come from a checkout of the public repository; the labels (place and kind of each
fault, what Theia and NeuraLint name) are this package's own file of facts.
"""

from __future__ import annotations

import json
from importlib.resources import files

from analyzer.benchmarks.labelled import Case, fault_of


def load_cases() -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """The faulty and the sound programs."""
    facts = json.loads(files("analyzer.benchmarks").joinpath("theia.json").read_text("utf-8"))
    faulty = tuple(
        Case(
            file=row["file"],
            weight=row["weight"],
            data=row["data"],
            faults=tuple(map(fault_of, row["faults"])),
            also=tuple(map(fault_of, row["also"])),
        )
        for row in facts["faulty"]
    )
    sound = tuple(
        Case(file=row["file"], weight=row["weight"], left_in=frozenset(row["left_in"]))
        for row in facts["sound"]
    )
    return faulty, sound
