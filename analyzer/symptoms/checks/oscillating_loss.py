"""A loss that jumps back and forth instead of falling.

What it finds
    A loss that again and again jumps by more than it was at its beginning, and is not falling.
How it is measured
    In at least a fifth of the steps the loss differs from the one before by more than the median of
    the first losses, and neither does the course fall beyond chance, nor are the last losses below
    half of them.
When it is right
    Tiny batches, whose losses differ by nature: below eight samples this is unchecked.
What it comes from
    Steps that are too long for the curvature, inputs that are not scaled, too small batches.
Sources
    Zhang et al. 2021, AutoTrainer (swings in at least 20% of the epochs; its 0.03 is relative here,
    as losses have units); TheDeepChecker (fluctuating loss).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
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

SWING = 1.0  # of the first losses; a squared error of batches of 32 swings by half by chance
SHARE = 0.2  # AutoTrainer
STRONG_SHARE = 0.4
TWICE = 2.0  # of the first losses: that is divergence, a symptom of its own
HALF = 0.5  # of the first losses: such a fall counts, however the loss jumps
FEWEST_SAMPLES = 8


class OscillatingLoss(SymptomCheck):
    """The loss jumps back and forth."""

    name = "oscillating-loss"
    phase = "loss"
    steps = "long"
    needs = ("losses",)
    causes = (
        "learning_rate",
        "normalization",
        "batch_size",
        "gradient_reset",
        "optimizer",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The steps from loss to loss."""
        seen = losses(program)
        size = program.learner.batch_size if program.learner else None
        if len(seen) < 2 * FEWEST_STEPS or not one_known_loss(program):
            yield self.unchecked(f"needs {2 * FEWEST_STEPS} losses of one function, not seen")
            return
        if size is not None and size < FEWEST_SAMPLES:
            yield self.unchecked(f"losses of batches of {size} differ by nature")
            return
        if not all_finite(seen):
            return
        ends = course(seen)
        swings = [abs(b - a) > SWING * abs(ends.first) for a, b in pairwise(seen)]
        share = sum(swings) / len(swings)
        falls = ends.fall >= BEYOND_NOISE or ends.last < HALF * ends.first
        grows = ends.last > TWICE * abs(ends.first)
        if share >= SHARE and not falls and not grows:
            yield self.symptom(
                f"In {share:.0%} of {len(swings)} steps the loss jumped by more than what it was"
                " at first, and it did not fall.",
                0.8 if share >= STRONG_SHARE else 0.5,
                site=optimizer_site(program),
                share=share,
            )


EXAMPLES = (
    SymptomExample(
        "a loss that jumps in every step",
        warmed([1.0, 5.0] * 30),
        shown=(Shown("In 100% of 59 steps", line=4),),
    ),
    SymptomExample("a squared error of small batches", warmed(falling(1.0, 1.0, noise=0.45))),
    SymptomExample("jumps while it falls", warmed(falling(8.0, 0.1, noise=0.9))),
    SymptomExample("the noise of batches of 32", warmed(falling(1.0, 0.95, noise=0.2))),
    SymptomExample(
        "batches of two",
        warmed([1.0, 5.0] * 30, learner={"batch_size": 2}),
        unchecked="batches of 2 differ by nature",
    ),
)
