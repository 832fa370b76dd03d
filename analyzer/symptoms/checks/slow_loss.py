"""A loss that does not fall within the warm-up.

What it finds
    Losses whose end is not below their beginning by more than noise, in a run of enough steps.
How it is measured
    The whole course falls by less than three standard deviations of chance (Mann-Kendall test of
    trend) and by less than a quarter, or the medians of its first and last ten losses differ by
    less than two hundredths; at least forty steps.
When it is right
    A program whose loss is as low as it gets: a warm-up is short, so this is a weak symptom by
    itself. Fine-tuning and rates that change are unchecked.
What it comes from
    Rates that are too low, gradients that vanish, an output or loss that does not fit the labels.
Sources
    Zhang et al. 2021, AutoTrainer (slow convergence); TheDeepChecker (less than 5% per period, five
    times). Both compare single values; the comparison with the noise is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import (
    BEYOND_NOISE,
    all_finite,
    course,
    fine_tunes,
    fit_site,
    losses,
    one_known_loss,
    unscheduled,
)
from analyzer.symptoms.samples import falling, warmed

FEWEST = 40  # steps: a sound MLP at its usual rate has left its beginning by then
HARDLY = 0.02  # of the first losses
MUCH = 0.25  # of the first losses: such a fall is no slow one, however noisy
CLEAR = 0.05  # of the first losses: noise beyond it could hide a fall as well as make one


class SlowLoss(SymptomCheck):
    """The loss does not fall."""

    name = "slow-loss"
    phase = "loss"
    steps = "short"
    needs = ("losses",)
    causes = (
        "learning_rate",
        "optimizer",
        "loss",
        "output_activation",
        "normalization",
        "hidden_activation",
        "initializer",
        "dropout",
        "epochs",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The ends of the course."""
        seen = losses(program)
        if len(seen) < FEWEST or not one_known_loss(program):
            yield self.unchecked(f"needs {FEWEST} losses of one function with a known course")
            return
        if not unscheduled(program):
            yield self.unchecked("the rate changes, and may begin near zero")
            return
        if fine_tunes(program):
            yield self.unchecked("fine-tuning begins near where it ends")
            return
        if not all_finite(seen):
            return
        ends = course(seen)
        fall = 1 - ends.last / ends.first if ends.first > 0 else 1.0
        noisy = ends.fall < BEYOND_NOISE and fall < MUCH
        if not (noisy or fall < HARDLY) or fall < -1:
            return
        yield self.symptom(
            f"The loss was {number(ends.first)} in the first and {number(ends.last)} in the last"
            f" steps of {len(seen)}: no fall beyond the noise.",
            0.5 if fall < HARDLY and ends.error < CLEAR * ends.first else 0.3,
            site=fit_site(program),
            fall=fall,
            deviations=ends.fall,
        )


EXAMPLES = (
    SymptomExample(
        "noise around a constant",
        warmed(falling(0.7, 0.7)),
        shown=(Shown("no fall beyond the noise", line=5, strong=False),),
    ),
    SymptomExample(
        "a fall without noise that leads nowhere",
        warmed(falling(0.7, 0.695, noise=0.0)),
        shown=(Shown("no fall beyond the noise", line=5, strong=False),),
    ),
    SymptomExample(
        "noise that could hide a fall",
        warmed(falling(0.7, 0.7, noise=0.4)),
        shown=(Shown("no fall beyond the noise", line=5, strong=False),),
    ),
    SymptomExample("a loss that falls", warmed(falling(2.3, 0.9))),
    SymptomExample(
        "a rate that is warmed up",
        warmed(falling(0.7, 0.7), optimizer_facts={"scheduled": True}),
        unchecked="may begin near zero",
    ),
    SymptomExample(
        "a pretrained model",
        warmed(falling(0.7, 0.7), graph={"backbone": True}),
        unchecked="begins near where it ends",
    ),
    SymptomExample("too few steps", warmed(falling(0.7, 0.7, 20)), unchecked="needs 40 losses"),
)
