"""A model that already learns its rows by heart.

What it finds
    A validation loss that rises within the warm-up while the training loss falls.
How it is measured
    The validation losses that the program itself computes, at least three: the last is a tenth
    above the lowest and above every training loss of the end, and the training loss has fallen
    beyond its noise.
When it is right
    Strong noise on small validation sets: a weak symptom by itself.
What it comes from
    Too few samples for the model, no regularization, held-out rows that are scaled differently.
Sources
    UMLAUT (validation loss rises while training loss falls); DeepFD (test much worse than
    training).
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
    fit_site,
    losses,
)
from analyzer.symptoms.samples import falling, warmed

FEWEST = 3  # validation losses
RISE = 0.1  # above the lowest


class OverfittingInSample(SymptomCheck):
    """Held-out losses rise."""

    name = "overfitting-in-sample"
    phase = "evaluation"
    needs = ("losses",)
    causes = ("data_size", "dropout", "epochs", "neurons", "normalization")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Validation beside training."""
        assert program.trace is not None
        held, seen = program.trace.metrics.get("val_loss", ()), losses(program)
        if len(held) < FEWEST or len(seen) < FEWEST_STEPS:
            yield self.unchecked(f"needs {FEWEST} validation losses, seen {len(held)}")
            return
        if not all_finite(held) or not all_finite(seen):
            return
        ends = course(seen)
        risen = held[-1] > (1 + RISE) * min(held) and held[-1] > max(seen[-5:])
        if risen and ends.fall > BEYOND_NOISE:
            yield self.symptom(
                f"The validation loss rose from {number(min(held))} to {number(held[-1])}, while"
                f" the training loss fell to {number(ends.last)}.",
                0.5,
                site=fit_site(program),
                lowest=min(held),
                last=held[-1],
            )


def _with(*held: float) -> dict[str, object]:
    return {"metrics": {"val_loss": held}}


EXAMPLES = (
    SymptomExample(
        "validation rises",
        warmed(falling(2.0, 0.1), trace=_with(1.5, 1.2, 1.9)),
        shown=(Shown("rose from 1.2 to 1.9", line=5, strong=False),),
    ),
    SymptomExample("validation falls", warmed(falling(2.0, 0.1), trace=_with(1.5, 1.2, 1.1))),
    SymptomExample("both rise", warmed(falling(0.5, 2.0), trace=_with(1.5, 1.8, 3.9))),
    SymptomExample("no validation", warmed(falling(2.0, 0.1)), unchecked="validation losses"),
)
