"""Weights that are far too small.

What it finds
    A hidden layer whose weights start so near to each other that it passes nothing on.
How it is measured
    Variance of the weights at the first point: below 1e-5, and below a hundredth over the number of
    inputs (common initializers draw a third to two over it). Equal weights are `identical-units`.
When it is right
    Wide layers, whose weights are small by right: therefore the second bound. In front of a
    normalization layer, and in embeddings, the size does not matter: both are left out.
What it comes from
    An initializer with a fixed small deviation.
Sources
    DeepDiagnosis (variance outside 1e-5 to 10); Glorot and Bengio 2010, equation 12.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import before_normalization, hidden, inputs_of, weighted
from analyzer.symptoms.samples import dense, falling, warmed

SMALL = 1e-5  # DeepDiagnosis
PART = 0.01  # over the number of inputs
SIZED = frozenset({"dense", "conv"})


class ConstantWeights(SymptomCheck):
    """Signals fade from layer to layer."""

    name = "constant-weights"
    phase = "forward"
    needs = ("graph", "losses")
    causes = ("initializer", "batch_norm")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The hidden layers whose size matters; the first small one speaks."""
        assert program.graph is not None
        layers = [
            each
            for each in hidden(weighted(program))
            if each.layer.op in SIZED and not before_normalization(program.graph, each.layer)
        ]
        known = [each for each in layers if each.first("weight_std") is not None]
        if layers and not known:
            yield self.unchecked("needs the size of the weights, not seen")
        for each in known:
            variance, inputs = (each.first("weight_std") or 0.0) ** 2, inputs_of(each)
            if inputs is not None and 0 < variance < min(SMALL, PART / inputs):
                yield self.symptom(
                    f"The weights of {each.name} start with a variance of {number(variance)} at"
                    f" {inputs} inputs.",
                    0.7,
                    site=each.site,
                    layer=each.layer.index,
                    variance=variance,
                )
                return


NET = (dense(1, 8, "relu", input_channels=64, parameters=520),) * 2 + (dense(3, 1, parameters=9),)
WIDE = (dense(1, 8, "relu", input_channels=50_000, parameters=400_008), dense(2, 1, parameters=9))

EXAMPLES = (
    SymptomExample(
        "a normal distribution with deviation 0.001",
        warmed(falling(1.0, 1.0), {0: {"weight_std": 1e-3}}, net=NET),
        shown=(Shown("a variance of 1e-06 at 64 inputs", line=1, layer=0),),
    ),
    SymptomExample(
        "a wide layer, as PyTorch begins it",
        warmed([1.0] * 60, {0: {"weight_std": 2.6e-3}}, net=WIDE),
    ),
    SymptomExample(
        "an output that begins near zero", warmed([1.0] * 60, {2: {"weight_std": 1e-4}}, net=NET)
    ),
    SymptomExample(
        "nobody looked",
        warmed([1.0] * 60, {0: {"output_mean": 0.0}}, net=NET),
        unchecked="size of the",
    ),
)
