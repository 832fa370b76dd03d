"""Steps that are far too long or too short for the weights.

What it finds
    Steps that change the weights by more than a tenth of their size, or by less than a hundred
    thousandth: model-wide, so that it is about the rate and not about one layer.
How it is measured
    Norm of the change of a layer's weights over their norm before the step. Per layer the median
    over the later half of the points for long steps and the maximum over all points for short ones
    (a rate may be warmed up); then the median over the layers.
When it is right
    Fine-tuning with tiny rates; the first steps of layers that start near zero.
What it comes from
    The learning rate, or gradients that are out of scale for it.
Sources
    DeepDiagnosis (1e-5 to 1e-1 around 1e-3); TheDeepChecker (1e-4 to 1e-1); Karpathy, A Recipe for
    Training Neural Networks (near 1e-3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, StepSize, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, optimizer_site, weighted
from analyzer.symptoms.samples import falling, warmed

HIGH = 1e-1
LOW = 1e-5
FAR = 10.0  # times beyond a bound from which no noise explains it
FEWEST_POINTS = 4


class UpdateRatioOutOfBand(SymptomCheck):
    """The steps do not fit the weights' size."""

    name = "update-ratio-out-of-band"
    phase = "update"
    needs = ("updates", "graph")
    causes = ("learning_rate", "optimizer", "normalization", "gradient_reset")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The median layer."""
        layers = [
            each
            for each in weighted(program)
            if each.layer.op != "embedding" and len(each.column("update_ratio")) >= FEWEST_POINTS
        ]
        if not layers:
            yield self.unchecked(f"needs {FEWEST_POINTS} steps of a layer with weights, not seen")
            return
        late = median(each.late("update_ratio") or 0.0 for each in layers)
        most = median(_largest(each) for each in layers)
        if late > HIGH:
            yield self._ratio(program, late, "long", late > FAR * HIGH)
        elif 0 < most < LOW:
            yield self._ratio(program, most, "short", most * FAR < LOW)

    def _ratio(self, program: Program, ratio: float, steps: StepSize, far: bool) -> Symptom:
        side = f"above {number(HIGH)}" if steps == "long" else f"below {number(LOW)}"
        return self.symptom(
            f"A step changes the weights by {number(ratio)} of their norm, {side}; near 0.001 is"
            " usual.",
            0.8 if far else 0.5,
            site=optimizer_site(program),
            steps=steps,
            ratio=ratio,
        )


def _largest(each: Followed) -> float:
    return max((v for v in each.column("update_ratio") if math.isfinite(v)), default=0.0)


EXAMPLES = (
    SymptomExample(
        "steps longer than the weights",
        warmed(falling(1.0, 9.0), {0: {"update_ratio": 2.0}, 1: {"update_ratio": 3.0}}),
        shown=(Shown("2.5 of their norm, above 0.1", line=4),),
    ),
    SymptomExample(
        "steps of a millionth",
        warmed(falling(1.0, 1.0), {0: {"update_ratio": 3e-6}}),
        shown=(Shown("below 1e-05", line=4, strong=False),),
    ),
    SymptomExample("steps of a thousandth", warmed([1.0] * 60, {0: {"update_ratio": 1e-3}})),
    SymptomExample(
        "a rate that is warmed up",
        warmed([1.0] * 60, {0: {"update_ratio": [1e-7 * 2**step for step in range(20)]}}),
    ),
    SymptomExample("no steps seen", warmed([1.0] * 60), unchecked="how far the steps moved"),
)
