"""A loss that grows.

What it finds
    A loss that is clearly higher at the end of the warm-up than at its beginning.
How it is measured
    Medians of the first and of the last losses (ten each, a quarter of shorter courses): the last
    is at least twice the first, and the whole course rises beyond three standard deviations of
    chance (Mann-Kendall test of trend). A loss that passes thousandfold its beginning counts
    whatever its noise.
When it is right
    Losses that compete (adversarial training) and functions of the program's own, which are
    unchecked; a loss below zero.
What it comes from
    Steps that are too long, inputs or targets that are not scaled, gradients that add up.
Sources
    Braiek and Khomh 2022, TheDeepChecker (diverging: twice the best loss); Zhang et al. 2021,
    AutoTrainer (loss of a thousand and more). The comparison with the noise is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import (
    BEYOND_NOISE,
    FEWEST_STEPS,
    all_finite,
    course,
    losses,
    one_known_loss,
    optimizer_site,
)
from analyzer.symptoms.samples import falling, warmed

GROWTH = 2.0  # TheDeepChecker
CERTAIN_GROWTH = 10.0  # more than any warm-up of a sound program that we measured
BLOWN_UP = 1000.0  # AutoTrainer


class DivergingLoss(SymptomCheck):
    """The loss grows."""

    name = "diverging-loss"
    phase = "loss"
    steps = "long"
    needs = ("losses",)
    causes = (
        "learning_rate",
        "normalization",
        "gradient_reset",
        "optimizer",
        "loss",
        "initializer",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The ends of the course."""
        seen = losses(program)
        finite = seen if all_finite(seen) else seen[: _finite_part(seen)]
        if len(finite) < FEWEST_STEPS or not one_known_loss(program):
            yield self.unchecked(f"needs {FEWEST_STEPS} losses of one function with a known course")
            return
        ends = course(finite)
        if ends.first <= 0:
            return
        growth = ends.last / ends.first
        if growth >= BLOWN_UP or (growth >= GROWTH and ends.fall < -BEYOND_NOISE):
            yield self.symptom(
                f"The loss grew from {number(ends.first)} to {number(ends.last)} in"
                f" {len(finite)} steps.",
                1.0 if growth >= CERTAIN_GROWTH else 0.6,
                site=optimizer_site(program),
                growth=growth,
                deviations=-ends.fall,
            )


def _finite_part(seen: tuple[float, ...]) -> int:
    """How many losses come before the first that is not finite."""
    return next(at for at in range(len(seen)) if not all_finite(seen[at : at + 1]))


EXAMPLES = (
    SymptomExample(
        "a loss that grows fortyfold",
        warmed(falling(0.5, 20.0)),
        shown=(Shown("The loss grew from", line=4),),
    ),
    SymptomExample(
        "a loss that doubles and a bit",
        warmed(falling(0.5, 1.6)),
        shown=(Shown("The loss grew from", line=4, strong=False),),
    ),
    SymptomExample("a loss that falls", warmed(falling(2.3, 0.4))),
    SymptomExample("noise around a constant", warmed(falling(1.0, 1.0, noise=0.9))),
    SymptomExample(
        "a function of the program's own",
        warmed(falling(0.5, 20.0), loss="wasserstein", loss_facts={"custom": True}),
        unchecked="one function with a known course",
    ),
)
