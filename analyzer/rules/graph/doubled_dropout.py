"""Two dropouts on the same values.

What it finds
    A second dropout behind a layer before the next weighted layer.
Why it hurts
    The rates multiply: values survive both with (1 - p1)(1 - p2), for 0.7 and 0.5 that is 15%. The
    layer behind sees hardly anything.
How it is measured
    Dropouts between two weighted layers, in execution order; the rate that results. One finding per
    model, at the first second one.
When it is right
    Dropout on separate branches that are merged.
Example
    model.add(Dropout(0.7))
    model.add(MaxPooling2D())
    model.add(Dropout(0.5))
Instead
    model.add(MaxPooling2D())
    model.add(Dropout(0.25))
The fix
    The second dropout is taken away. Not safe: the remaining rate must be tried.
Sources
    Theia section 4.1.5 (MRD); Srivastava et al. 2014.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, RemoveStatement
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import added_alone, layer_call
from analyzer.rules.reading.stack import blocks
from analyzer.rules.samples import conv, dense, other, sample


class DoubledDropout(Rule):
    """Rates that multiply."""

    code = "FL211"
    name = "doubled-dropout"
    paper = "MRD"
    kind = "dropout"
    severity = "advice"
    confidence = 0.75
    needs = ("graph",)
    why = "Dropout belongs once behind a layer; the rates of two multiply (Theia, MRD)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first layer with two dropouts behind it."""
        assert program.graph is not None
        for block in blocks(program.graph):
            found = block.those("dropout")
            if len(found) < 2 or block.those("merge") or found[1].site is None:
                continue
            yield Suspicion(
                site=found[1].site,
                message=(
                    f"{len(found)} dropouts follow '{block.layer.name}':"
                    f" {_survivors(found)} of its values survive."
                ),
                evidence=Evidence(static={"rates": [layer.rate for layer in found]}),
                fix=_fix(program, found[1]),
            )
            return


def _survivors(found: tuple[Layer, ...]) -> str:
    rates = [layer.rate for layer in found if layer.rate is not None]
    if len(rates) < len(found):
        return "only a part"
    return f"{math.prod(1 - rate for rate in rates):.0%}"


def _fix(program: Program, layer: Layer) -> FixPlan | Declined:
    call = layer_call(program.source, layer)
    if call is None or not added_alone(program.source, call):
        return Declined("the dropout is part of a larger expression")
    return FixPlan("remove the second dropout", (RemoveStatement(call.statement),), safe=False)


EXAMPLES = (
    Example(
        "before and after pooling",
        sample(
            """
            model.add(Conv2D(16, (3, 3)))
            model.add(Dropout(0.7))
            model.add(MaxPooling2D())
            model.add(Dropout(0.5))
            model.add(Dense(6))
            """,
            layers=(
                conv(1, 16, "relu"),
                other(2, "dropout", "Dropout", rate=0.7),
                other(3, "max_pool", "MaxPooling2D"),
                other(4, "dropout", "Dropout", rate=0.5),
                dense(5, 6),
            ),
        ),
        found=(Found(4, "15% of its values", "MaxPooling2D())\nmodel.add(Dense(6))"),),
    ),
    Example(
        "one behind each layer",
        sample(
            "x = 1",
            layers=(
                dense(1, 8),
                other(1, "dropout", "Dropout", rate=0.5),
                dense(1, 8),
                other(1, "dropout", "Dropout", rate=0.5),
                dense(1, 1),
            ),
        ),
    ),
    Example("none at all", sample("x = 1", layers=(dense(1, 8), dense(1, 1)))),
)
