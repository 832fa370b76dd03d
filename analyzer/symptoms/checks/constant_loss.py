"""A loss that stays the same.

What it finds
    The same loss in every step, or from some step to the end while it is far from zero.
How it is measured
    The last ten losses, at least, differ by less than a part in 10^7 (the last digit of single
    precision). A loss below a thousandth of its beginning is learned, and not stuck.
When it is right
    Never while something is left to learn: batches differ.
What it comes from
    Gradients that do not arrive: a softmax over one unit, dead units, saturated outputs, parameters
    that no optimizer holds.
Sources
    Wardat, Le, Rajan 2021, DeepLocalize (five equal means); DeepDiagnosis (five constant epochs).
    Ten steps and not five: a small loss may repeat by chance in half precision.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import FEWEST_STEPS, all_finite, loss_site, losses
from analyzer.symptoms.samples import falling, warmed

SAME = 1e-7  # relative; the last digit of single precision
LEARNED = 1e-3  # part of the first loss below which there is nothing left to learn


class ConstantLoss(SymptomCheck):
    """The loss does not move."""

    name = "constant-loss"
    phase = "loss"
    needs = ("losses",)
    causes = (
        "output_activation",
        "loss",
        "learning_rate",
        "optimizer",
        "hidden_activation",
        "parameters",
        "initializer",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The longest run of equal losses that reaches the end."""
        course = losses(program)
        if len(course) < FEWEST_STEPS:
            yield self.unchecked(f"needs the losses of {FEWEST_STEPS} steps, seen {len(course)}")
            return
        if not all_finite(course):
            return
        last, same = course[-1], _same_at_end(course)
        stuck_later = same < len(course)
        if same < FEWEST_STEPS or (stuck_later and abs(last) < LEARNED * abs(course[0])):
            return
        where = f"in the last {same} of" if stuck_later else "in each of"
        yield self.symptom(
            f"The loss was {number(last)} {where} {len(course)} steps.",
            0.8 if stuck_later else 1.0,
            site=loss_site(program),
            loss=last,
            same=same,
        )


def _same_at_end(course: tuple[float, ...]) -> int:
    """How many of the last losses equal the last one."""
    last = course[-1]
    count = 0
    for value in reversed(course):
        if abs(value - last) > SAME * max(abs(value), abs(last)):
            break
        count += 1
    return count


EXAMPLES = (
    SymptomExample(
        "the same in every step",
        warmed([0.6931] * 60),
        shown=(Shown("0.693 in each of 60 steps", line=4),),
    ),
    SymptomExample(
        "stuck after a few steps",
        warmed([*falling(9.0, 2.4, 12), *[2.302] * 48]),
        shown=(Shown("in the last 48 of 60", line=4),),
    ),
    SymptomExample("learned to zero", warmed([*falling(2.3, 0.01, 20), *[0.0] * 40])),
    SymptomExample("a loss that falls", warmed(falling(2.3, 0.4))),
    SymptomExample("too few steps", warmed([1.0, 1.0]), unchecked="the losses of 10 steps"),
)
