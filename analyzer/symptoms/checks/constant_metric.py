"""A metric that stays the same.

What it finds
    A metric with one value in at least twenty steps in a row to the end, short of perfection.
How it is measured
    The values of the program's own metrics per step. The loss among the metrics is left out.
When it is right
    A perfect score; a metric of rare events on batches without any.
What it comes from
    Outputs that do not change, or a metric that does not measure the task (accuracy of real numbers
    is zero for ever).
Sources
    Wardat et al. 2022, DeepDiagnosis (twenty constant epochs; their five for the loss make false
    alarms on batches of 32, as the accuracy of a batch takes 33 values only).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import first_site, number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import all_finite, loss_site
from analyzer.symptoms.samples import warmed

STEPS = 20
PERFECT = 1.0


class ConstantMetric(SymptomCheck):
    """A score does not move."""

    name = "constant-metric"
    phase = "evaluation"
    needs = ("losses",)
    causes = ("metric", "output_activation", "loss", "learning_rate", "optimizer")

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Every metric with enough values."""
        assert program.trace is not None
        scores = {
            name: values
            for name, values in program.trace.metrics.items()
            if "loss" not in name and len(values) >= STEPS
        }
        if not scores:
            yield self.unchecked(f"needs a metric of {STEPS} steps, not seen")
        for name, values in scores.items():
            if all_finite(values) and _constant(values):
                yield self._stuck(program, name, values)

    def _stuck(self, program: Program, name: str, values: tuple[float, ...]) -> Symptom:
        learner = program.learner
        whole = len(set(values)) == 1
        return self.symptom(
            f"The metric {name} was {number(values[-1])} in the last {STEPS} steps or more.",
            0.8 if whole and len(values) > STEPS else 0.5,
            site=first_site(learner.metrics_site if learner else None, loss_site(program)),
            value=values[-1],
        )


def _constant(values: tuple[float, ...]) -> bool:
    return len(set(values[-STEPS:])) == 1 and values[-1] != PERFECT


EXAMPLES = (
    SymptomExample(
        "accuracy of real numbers",
        warmed([1.0] * 60, trace={"metrics": {"accuracy": (0.0,) * 60}}),
        shown=(Shown("accuracy was 0 in the last 20 steps", line=4),),
    ),
    SymptomExample(
        "all right from the tenth step on",
        warmed([1.0] * 60, trace={"metrics": {"accuracy": (0.5,) * 9 + (1.0,) * 51}}),
    ),
    SymptomExample(
        "accuracy of batches of 32",
        warmed([1.0] * 60, trace={"metrics": {"accuracy": (0.5, 0.53125, 0.5) * 20}}),
    ),
    SymptomExample("no metric", warmed([1.0] * 60), unchecked="needs a metric of 20 steps"),
)
