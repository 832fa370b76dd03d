"""Weights that do not move.

What it finds
    A layer that is to be trained and whose weights no step changes, while it is in the optimizer.
How it is measured
    The norm of what a step changed is exactly zero at every point but the first; the first such
    layer is named, and how many there are.
When it is right
    Frozen layers, which are left out; a rate that begins at zero, at its first step.
What it comes from
    Where the gradients are zero: what keeps them away (a softmax over one unit, dead units). Else
    the optimizer or steps that are lost in rounding.
Sources
    DeepDiagnosis (weights unchanged over five epochs); TheDeepChecker (untrained layers).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import count
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, weighted
from analyzer.symptoms.samples import dense, falling, warmed

FEWEST_POINTS = 4
STARVED: tuple[Kind, ...] = (
    "output_activation",
    "initializer",
    "hidden_activation",
    "normalization",
    "learning_rate",
    "loss",
)
"""Causes where the gradients are zero: the optimizer does what it can."""


class UnchangedWeights(SymptomCheck):
    """A layer stays as it was initialized."""

    name = "unchanged-weights"
    phase = "update"
    needs = ("updates", "graph")
    causes = ("parameters", "optimizer", "learning_rate")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Every trained layer; the first still one speaks for all."""
        layers = [
            each for each in weighted(program) if len(each.column("update_ratio")) >= FEWEST_POINTS
        ]
        if not layers:
            yield self.unchecked(f"needs {FEWEST_POINTS} steps of a layer with weights, not seen")
            return
        still = [each for each in layers if not any(each.column("update_ratio")[1:])]
        if still:
            yield self._still(still, len(layers))

    def _still(self, still: list[Followed], layers: int) -> Symptom:
        first = still[0]
        starved = first.late("gradient_norm") == 0
        steps = len(first.column("update_ratio")) - 1
        return self.symptom(
            f"The weights of {first.name} did not move in any of {steps} steps that were looked"
            f" at; so do {len(still)} of {count(layers, 'layer')}.",
            0.9,
            site=first.site,
            layer=first.layer.index,
            causes=STARVED if starved else (),
            layers=len(still),
        )


MOVING, STILL = {"update_ratio": 1e-3}, {"update_ratio": 0.0}
LATE = {"update_ratio": [0.0] + [1e-3] * 19}
FROZEN = (dense(1, 8, parameters=72, trainable=False), dense(2, 8, parameters=72))

EXAMPLES = (
    SymptomExample(
        "a layer that stays",
        warmed(falling(1.0, 0.5), {0: MOVING, 1: STILL, 2: MOVING}),
        shown=(Shown("layer 1, dense (Dense) did not move in any of 19 steps", line=2, layer=1),),
    ),
    SymptomExample("all layers move", warmed(falling(1.0, 0.5), {0: MOVING, 1: MOVING})),
    SymptomExample("a rate that begins at zero", warmed(falling(1.0, 0.5), {0: LATE, 1: LATE})),
    SymptomExample("a frozen layer", warmed(falling(1.0, 0.5), {0: STILL, 1: MOVING}, net=FROZEN)),
    SymptomExample("no steps seen", warmed([1.0] * 60), unchecked="how far the steps moved"),
)
