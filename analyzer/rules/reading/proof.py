"""When a fact counts as seen in this run, and how numbers are written."""

from __future__ import annotations

import math

from analyzer.kinds import Proof
from analyzer.observed import LossSeen, Site
from analyzer.rules.base import Program


def graph_seen(program: Program) -> bool:
    """The model was built in the run."""
    return program.graph is not None and program.graph.origin == "run"


def learner_seen(program: Program) -> bool:
    """The loss and the optimizer were used in the run."""
    return program.learner is not None and program.learner.origin == "run"


def data_seen(program: Program) -> bool:
    """The program's own data were inspected."""
    return program.data is not None and program.data.source != "stand_in"


def proof(*seen: bool) -> Proof:
    """A contract when everything that the finding rests on was seen in this run."""
    return "contract" if all(seen) else "rule"


def number(value: float) -> str:
    """A number for a person: at most three significant digits."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:.3g}"


def count(amount: int, noun: str) -> str:
    """A count with its noun: "1 layer", "3 layers"."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def first_site(*sites: Site | None) -> Site | None:
    """The first of these places that is known."""
    return next((site for site in sites if site is not None), None)


def first_loss_seen(program: Program) -> LossSeen | None:
    """What went into the only loss that was seen; None when none or several were."""
    seen = program.trace.loss_seen if program.trace else ()
    return seen[0] if len(seen) == 1 else None
