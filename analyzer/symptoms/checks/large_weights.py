"""Weights that are far too large.

What it finds
    A layer whose weights start far larger than its number of inputs allows, or become so.
How it is measured
    Variance of the weights: above 10, or at the first point above fifty times what keeps the
    signal's size (two over the number of inputs).
When it is right
    In front of a normalization layer, where the size does not matter, and in embeddings: both are
    left out.
What it comes from
    An initializer with a fixed deviation, or steps that are too long.
Sources
    DeepDiagnosis (variance outside 1e-5 to 10); He et al. 2015, section 2.2 (two over the number of
    inputs). The factor of fifty is ours: a normal distribution with deviation 1 before 25 inputs
    and more.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import STRONG, Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, before_normalization, inputs_of, weighted
from analyzer.symptoms.samples import dense, falling, warmed

LARGE = 10.0  # DeepDiagnosis
TIMES_HE = 25.0  # fifty over the number of inputs
SIZED = frozenset({"dense", "conv"})


class LargeWeights(SymptomCheck):
    """Signals grow from layer to layer."""

    name = "large-weights"
    phase = "update"
    needs = ("graph", "losses")
    causes = ("initializer", "learning_rate", "normalization", "optimizer")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The layers whose size matters; the first large one speaks."""
        assert program.graph is not None
        layers = [
            each
            for each in weighted(program)
            if each.layer.op in SIZED and not before_normalization(program.graph, each.layer)
        ]
        known = [each for each in layers if each.first("weight_std") is not None]
        if layers and not known:
            yield self.unchecked("needs the size of the weights, not seen")
        for each in known:
            symptom = self._large(each)
            if symptom is not None:
                yield symptom
                return

    def _large(self, each: Followed) -> Symptom | None:
        first, late = (each.first("weight_std") or 0.0) ** 2, (each.late("weight_std") or 0.0) ** 2
        inputs = inputs_of(each)
        born = first > LARGE or (inputs is not None and first > TIMES_HE * 2 / inputs)
        if not born and late <= LARGE:
            return None
        grown: tuple[Kind, ...] = ("learning_rate", "optimizer", "normalization")
        value, when = (first, "start with") if born else (late, "have come to")
        return self.symptom(
            f"The weights of {each.name} {when} a variance of {number(value)}"
            f"{f' at {inputs} inputs' if inputs else ''}.",
            0.8 if value > LARGE else STRONG,
            site=each.site,
            layer=each.layer.index,
            causes=() if born else grown,
            steps=None if born else "long",
            variance=value,
        )


WIDE = (dense(1, 8, "relu", input_channels=784, parameters=6280), dense(2, 1, parameters=9))

EXAMPLES = (
    SymptomExample(
        "a standard normal before 784 inputs",
        warmed(falling(9.0, 3.0), {0: {"weight_std": 1.0}, 1: {"weight_std": 0.3}}, net=WIDE),
        shown=(Shown("start with a variance of 1 at 784 inputs", line=1, layer=0),),
    ),
    SymptomExample(
        "weights that grow",
        warmed(falling(1.0, 9.0), {2: {"weight_std": [0.3 * 1.5**step for step in range(20)]}}),
        shown=(Shown("have come to a variance", line=3, layer=2),),
    ),
    SymptomExample(
        "the usual initial weights",
        warmed([1.0] * 60, {0: {"weight_std": 0.05}, 1: {"weight_std": 0.3}}, net=WIDE),
    ),
    SymptomExample("large weights of few inputs", warmed([1.0] * 60, {2: {"weight_std": 1.0}})),
    SymptomExample(
        "nobody looked", warmed([1.0] * 60, {0: {"output_mean": 0.0}}), unchecked="size of the"
    ),
)
