"""Bounds on what one observation may use; every bound has a unit and a default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one sandboxed run.

    Attributes:
        wall_seconds: the run is killed after this time, in seconds.
        memory_bytes: resident memory of all processes together.
        processes: processes and threads together.
        file_bytes: size of any one file that the program writes.
        output_bytes: what is kept of standard output and error together (the end of it).
        result_bytes: size of the JSON result; a longer one is refused.
        steps: training steps of the warm-up.
        warmup_seconds: wall time of the warm-up after its first step, at most.
        quick_seconds: the same where no experiment follows or the budget is short, and for an
            edited program.
        samples: samples inspected for the data profile.
        interrupt: called again and again while the program runs; what it raises ends the run and
            reaches the caller.
    """

    wall_seconds: float = 60.0
    memory_bytes: int = 8 * 2**30
    processes: int = 512
    file_bytes: int = 2 * 2**30
    output_bytes: int = 20_000
    result_bytes: int = 16 * 2**20
    steps: int = 60
    warmup_seconds: float = 10.0
    quick_seconds: float = 5.0
    samples: int = 4096
    interrupt: Callable[[], None] | None = field(default=None, compare=False)
