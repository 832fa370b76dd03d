"""Gradients that vanish on their way back.

What it finds
    A layer whose gradients are nearly zero while those behind it are not; of several such layers
    the one nearest to the output, since there the gradient is lost.
How it is measured
    Median over the later half of the points. Mean magnitude of the weights' gradients below 1e-7;
    or norm below 1e-4 and below a thousandth of the last weighted layer's; or at least 99% of the
    gradients exactly zero. Skipped where the loss has fallen to a thousandth of its beginning:
    nothing is left to learn. Embeddings are left out, whose gradients are sparse.
When it is right
    Layers that are frozen, and branches that begin at zero, at their first steps.
What it comes from
    Saturating activations in a deep stack, dead units, outputs that are saturated, weights that
    start too small, missing normalization.
Sources
    DeepDiagnosis (mean magnitude 1e-7); AutoTrainer (norms of first and last kernel below a ratio
    of 1e-3, first below 1e-4).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, all_finite, losses, weighted
from analyzer.symptoms.samples import falling, warmed

TINY_MEAN = 1e-7  # DeepDiagnosis
TINY_NORM = 1e-4  # AutoTrainer
TINY_RATIO = 1e-3  # AutoTrainer
ALL_ZERO = 0.99
LEARNED = 1e-3  # part of the first loss


class VanishingGradient(SymptomCheck):
    """A layer learns next to nothing."""

    name = "vanishing-gradient"
    phase = "backward"
    needs = ("losses", "gradients", "graph")
    causes = (
        "hidden_activation",
        "initializer",
        "batch_norm",
        "output_activation",
        "normalization",
        "learning_rate",
        "depth",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The layers from the output back."""
        seen = losses(program)
        if not all_finite(seen) or abs(seen[-1]) < LEARNED * abs(seen[0]):
            return
        layers = [each for each in weighted(program) if each.layer.op != "embedding"]
        measured = [each for each in layers if each.late("gradient_norm") is not None]
        if not measured:
            yield self.unchecked("needs the gradients of a layer with weights, not seen")
            return
        last = measured[-1].late("gradient_norm") or 0.0
        for each in reversed(measured):
            strength = _strength(each, last)
            if strength:
                yield self._vanished(each, last, strength)
                return

    def _vanished(self, each: Followed, last: float, strength: float) -> Symptom:
        norm = each.late("gradient_norm") or 0.0
        zero = each.late("gradient_zero")
        share = f", {zero:.0%} of them zero" if zero else ""
        beside = "" if norm == last else f"; those of the last layer {number(last)}"
        return self.symptom(
            f"The gradients of {each.name} have norm {number(norm)}{share}{beside}.",
            strength,
            site=each.site,
            layer=each.layer.index,
            gradient_norm=norm,
            last_norm=last,
        )


def _strength(each: Followed, last: float) -> float:
    """0 when the gradients are there."""
    norm, mean = each.late("gradient_norm") or 0.0, each.late("gradient_mean")
    if (each.late("gradient_zero") or 0.0) >= ALL_ZERO or norm == 0:
        return 0.9
    if norm < TINY_NORM and norm < TINY_RATIO * last:
        return 0.8
    moved = each.late("update_ratio")
    if mean is not None and mean < TINY_MEAN:
        return 0.4 if moved is not None and moved > TINY_NORM else 0.7
    return 0.0


ALIVE = {"gradient_norm": 0.5, "gradient_mean": 1e-3, "gradient_zero": 0.1}
FAINT = {"gradient_norm": 1e-6, "gradient_mean": 1e-8, "gradient_zero": 0.0}
ZERO = {"gradient_norm": 0.0, "gradient_mean": 0.0, "gradient_zero": 1.0}
STILL = falling(0.7, 0.69)

EXAMPLES = (
    SymptomExample(
        "lost between the second and the third layer",
        warmed(STILL, {0: ZERO, 1: ZERO, 2: ALIVE}),
        shown=(Shown("layer 1, dense (Dense) have norm 0, 100% of them zero", line=2, layer=1),),
    ),
    SymptomExample(
        "faint in the first layer",
        warmed(STILL, {0: FAINT, 1: ALIVE, 2: ALIVE}),
        shown=(Shown("norm 1e-06", line=1, layer=0),),
    ),
    SymptomExample("gradients everywhere", warmed(STILL, {0: ALIVE, 1: ALIVE, 2: ALIVE})),
    SymptomExample("nothing left to learn", warmed(falling(2.0, 1e-4), {0: FAINT, 1: ALIVE})),
    SymptomExample("no gradients seen", warmed(STILL), unchecked="needs the gradients"),
)
