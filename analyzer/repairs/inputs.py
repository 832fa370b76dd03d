"""Scaled inputs: pixels divided by 255, or columns standardized with the training part's numbers.

The edit stands right before the fit call, so that it sees the split as the program made it: the
mean and the deviation are those of the training rows alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.fixing.edits import Declined, FixPlan, InsertBefore
from analyzer.observed import ArrayStats
from analyzer.repairs.base import Repair, offered
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import data_seen
from analyzer.rules.reading.scaling import is_scaled, mentioned_before, model_scales
from analyzer.source.calls import CallSite

BYTE_HIGH = 255.0
FEWEST_PIXELS = 64
"""Of the smallest pictures in use, the 8x8 digits of scikit-learn; fewer numbers are columns."""
SMALL = "1e-7"
"""Added to a deviation, so that a constant column does not divide by zero."""


def inputs(program: Program) -> Iterator[Repair]:
    """Scaling of a single input that is not scaled, and that no layer scales."""
    found = program.data.inputs if program.data and data_seen(program) else ()
    scaled_inside = program.graph is not None and model_scales(program.graph)
    if len(found) != 1 or scaled_inside or is_scaled(found[0]) is not False:
        return
    call = _fit(program)
    site = (program.data.site if program.data else None) or (call.site if call else None)
    if _bytes(found[0]):
        yield from offered("normalization", site, _divided(program, call), 0.6)
    yield from offered("normalization", site, _standardized(program, call), 0.5)


def _fit(program: Program) -> CallSite | None:
    call = program.source.at(program.learner.fit_site) if program.learner else None
    return call if call is not None and call.role == "fit" else None


def _bytes(stats: ArrayStats) -> bool:
    """Whether these are pixels: enough of them, in the range of a byte."""
    values = math.prod(size or 1 for size in stats.shape)
    inside = stats.min is not None and stats.min >= 0 and 1.0 < (stats.max or 0.0) <= BYTE_HIGH
    return inside and values >= FEWEST_PIXELS


def _names(program: Program, call: CallSite) -> tuple[str, ...]:
    """The training inputs first, then the arrays that the program evaluates on."""
    name = program.source.inputs_name
    if name is None or not name.isidentifier() or call.function:
        return ()
    others = (n for n in program.source.evaluated_names if n.isidentifier() and n != name)
    line = call.statement.line
    return (name, *(other for other in others if mentioned_before(program.source, other, line)))


def _divided(program: Program, call: CallSite | None) -> FixPlan | Declined:
    names = _names(program, call) if call else ()
    if call is None or not names:
        return Declined("the arrays that fit gets have no names of their own")
    lines = [f"{name} = {name} / 255.0" for name in names]
    return FixPlan("scale the pixels to 0..1", (InsertBefore(call.statement, "\n".join(lines)),))


def _standardized(program: Program, call: CallSite | None) -> FixPlan | Declined:
    names = _names(program, call) if call else ()
    if call is None or not names:
        return Declined("the arrays that fit gets have no names of their own")
    train = names[0]
    lines = [f"mean, deviation = {train}.mean(axis=0), {train}.std(axis=0) + {SMALL}"]
    lines += [f"{name} = ({name} - mean) / deviation" for name in names]
    change = InsertBefore(call.statement, "\n".join(lines))
    return FixPlan("standardize the inputs with the training rows' numbers", (change,), safe=False)
