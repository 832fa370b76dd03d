"""Gradients that explode on their way back.

What it finds
    A layer whose gradients are huge or grow from step to step: the one with the largest.
How it is measured
    A gradient norm above 10^6; or one above 10 that has grown a thousandfold since the first point;
    or a first layer whose norm is above 100 and above seventyfold that of the last.
When it is right
    Targets or losses of a large unit (sums over many samples), where an adaptive optimizer rescales
    the steps: the update ratio says whether it matters, so a small one weakens the symptom.
What it comes from
    Steps that are too long, inputs or targets that are not scaled, weights that start too large.
Sources
    TheDeepChecker (10^6, doubling); AutoTrainer (ratio of first and last kernel above 70).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, weighted
from analyzer.symptoms.samples import Columns, falling, warmed

HUGE = 1e6  # TheDeepChecker
GROWTH = 1e3  # ten doublings, TheDeepChecker's sign five times and more over
LARGE = 10.0  # norms that are large for a loss near one
RATIO = 70.0  # AutoTrainer
LARGE_FIRST = 100.0
HARMLESS_UPDATE = 0.01  # of the norm of the weights: ten times the usual step, no explosion


class ExplodingGradient(SymptomCheck):
    """The gradients of a layer are huge."""

    name = "exploding-gradient"
    phase = "backward"
    steps = "long"
    needs = ("gradients", "graph")
    causes = (
        "learning_rate",
        "normalization",
        "initializer",
        "loss",
        "batch_norm",
        "hidden_activation",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Every layer; the largest gradients speak."""
        layers = [each for each in weighted(program) if each.late("gradient_norm") is not None]
        if not layers:
            yield self.unchecked("needs the gradients of a layer with weights, not seen")
            return
        last = layers[-1].late("gradient_norm") or 0.0
        found = [(each, why) for each in layers if (why := _why(each, last))]
        if not found:
            return
        each, why = max(found, key=lambda pair: pair[0].late("gradient_norm") or 0.0)
        norm, moved = each.late("gradient_norm") or 0.0, each.late("update_ratio")
        harmless = moved is not None and moved < HARMLESS_UPDATE
        yield self.symptom(
            f"The gradients of {each.name} have norm {number(norm)}: {why}.",
            0.4 if harmless else 0.8,
            site=each.site,
            layer=each.layer.index,
            gradient_norm=norm,
        )


def _why(each: Followed, last: float) -> str:
    """In which way they are huge; empty when they are not."""
    late, first = each.late("gradient_norm") or 0.0, each.first("gradient_norm") or 0.0
    if late > HUGE:
        return f"more than {number(HUGE)}"
    if late > LARGE and 0 < first * GROWTH < late:
        return f"grown from {number(first)}"
    if late > LARGE_FIRST and 0 < last * RATIO < late:
        return f"{number(late / last)} times those of the last layer"
    return ""


FLAT: Columns = {"gradient_norm": 0.5, "update_ratio": 1e-3}
GROWING: Columns = {"gradient_norm": [0.1 * 3.0**step for step in range(20)], "update_ratio": 0.5}

EXAMPLES = (
    SymptomExample(
        "growing threefold from point to point",
        warmed(falling(1.0, 50.0), {0: GROWING, 1: FLAT, 2: FLAT}),
        shown=(Shown("grown from 0.1", line=1, layer=0),),
    ),
    SymptomExample(
        "large targets with an adaptive optimizer",
        warmed(falling(1e6, 9e5), {0: {"gradient_norm": 5e6, "update_ratio": 1e-3}, 1: FLAT}),
        shown=(Shown("more than 1e+06", line=1, layer=0, strong=False),),
    ),
    SymptomExample("gradients near one", warmed(falling(1.0, 0.5), {0: FLAT, 1: FLAT})),
    SymptomExample(
        "a first layer with ten times the last one's",
        warmed(falling(1.0, 0.5), {0: {"gradient_norm": 5.0}, 2: FLAT}),
    ),
    SymptomExample("no gradients seen", warmed([1.0] * 60), unchecked="needs the gradients"),
)
