"""Sigmoid or tanh units at their bounds.

What it finds
    A sigmoid or tanh layer most of whose values are at the ends of its range, where the slope is
    nearly zero. In an output only at the beginning, when no model can be sure yet.
How it is measured
    Share of values within a hundredth of the bounds (inputs beyond five for a sigmoid, two and a
    half for tanh): more than half, in hidden layers over the later half of the points, in outputs
    at the first point.
When it is right
    Gates; outputs of a model that has learned its task.
What it comes from
    Inputs that are not scaled, weights that start too large, steps that are too long.
Sources
    DeepDiagnosis (more than half of the inputs beyond 5); TheDeepChecker (saturation above 50%);
    Glorot and Bengio 2010, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.reading.stack import own_activation
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, followed
from analyzer.symptoms.samples import Columns, dense, falling, warmed

BOUNDED = frozenset({"sigmoid", "tanh", "hard_sigmoid"})
SATURATED = 0.5  # DeepDiagnosis, TheDeepChecker
NEARLY_ALL = 0.9


class SaturatedActivation(SymptomCheck):
    """Values at the ends of the range."""

    name = "saturated-activation"
    phase = "forward"
    needs = ("layers", "graph")
    causes = (
        "normalization",
        "hidden_activation",
        "initializer",
        "learning_rate",
        "batch_norm",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The bounded layers in order; the first saturated one speaks."""
        bounded = [
            each
            for each in followed(program)
            if own_activation(each.layer) in BOUNDED
            and each.layer.op in ("dense", "conv", "activation")
        ]
        measured = [each for each in bounded if each.late("output_saturated") is not None]
        if bounded and not measured:
            yield self.unchecked("needs how much of the activations is saturated, not seen")
        for each in measured:
            share = _share(each)
            if share > SATURATED:
                yield self._at_bounds(each, share)
                return

    def _at_bounds(self, each: Followed, share: float) -> Symptom:
        head: tuple[Kind, ...] = ("normalization", "initializer", "output_activation")
        return self.symptom(
            f"{share:.0%} of what {each.name} returns is at the ends of its range"
            f"{' before it has learned' if each.last else ''}.",
            0.9 if share >= NEARLY_ALL else 0.6,
            site=each.site,
            layer=each.layer.index,
            causes=head if each.last else (),
            share=share,
        )


def _share(each: Followed) -> float:
    found = each.first("output_saturated") if each.last else each.late("output_saturated")
    return found or 0.0


NET = (dense(1, 8, "sigmoid"), dense(2, 8, "tanh"), dense(3, 1, "sigmoid"))
FREE = {"output_mean": 0.4, "output_saturated": 0.05}
FULL = {"output_mean": 0.5, "output_saturated": 0.95}
LEARNED: Columns = {"output_mean": 0.5, "output_saturated": [0.0] * 10 + [0.99] * 10}

EXAMPLES = (
    SymptomExample(
        "a hidden sigmoid at its bounds",
        warmed(falling(0.7, 0.6), {0: FULL, 1: FREE, 2: FREE}, net=NET),
        shown=(Shown("95% of what layer 0", line=1, layer=0),),
    ),
    SymptomExample(
        "an output that is sure before it has seen anything",
        warmed(falling(7.0, 6.0), {0: FREE, 1: FREE, 2: FULL}, net=NET),
        shown=(Shown("before it has learned", line=3, layer=2),),
    ),
    SymptomExample(
        "an output that has learned",
        warmed(falling(0.7, 0.01), {0: FREE, 1: FREE, 2: LEARNED}, net=NET),
    ),
    SymptomExample("ReLU has no bounds", warmed(falling(0.7, 0.6), {0: FULL, 1: FULL})),
    SymptomExample(
        "nobody counted",
        warmed(falling(0.7, 0.6), {0: {"output_mean": 0.5}}, net=NET),
        unchecked="how much of the activations",
    ),
)
