"""A model that cannot even learn one batch by heart.

What it finds
    Further steps on a single batch that hardly lower its loss.
How it is measured
    The losses of these steps: the mean of the last three against the first. Less than a tenth
    lower, while the model is still above half of the untrained model's loss: a model that has
    learned needs no second proof.
When it is right
    Linear models of noisy data, strong regularization. Fine-tuning and rates that change, both of
    which take their time, are unchecked.
What it comes from
    The rate, an output or loss that does not fit the labels, dead units, labels that are mixed up.
Sources
    Karpathy, A Recipe for Training Neural Networks ("overfit one batch"); TheDeepChecker (fit one
    batch).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample, baselines
from analyzer.symptoms.reading import fine_tunes, fit_site, mean, one_known_loss, unscheduled
from analyzer.symptoms.samples import falling, warmed

FEWEST = 20  # steps
HARDLY = 0.1  # of the loss at the beginning of these steps
NOT_AT_ALL = 0.02
LEARNED = 0.5  # of the untrained model's loss


class OneBatchNotFitted(SymptomCheck):
    """Nothing is learned, however often it is shown."""

    name = "one-batch-not-fitted"
    phase = "evaluation"
    needs = ("baselines",)
    causes = (
        "learning_rate",
        "output_activation",
        "loss",
        "optimizer",
        "hidden_activation",
        "initializer",
        "normalization",
        "dropout",
        "parameters",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The course on one batch."""
        probed = baselines(program)
        assert probed is not None
        seen = probed.one_batch
        if len(seen) < FEWEST or not one_known_loss(program):
            yield self.unchecked(f"needs {FEWEST} steps on one batch with one known loss")
            return
        if not unscheduled(program) or fine_tunes(program):
            yield self.unchecked("the rate changes, or the model is only fine-tuned")
            return
        first, last = seen[0], mean(seen[-3:])
        start = first if probed.initial is None else max(first, probed.initial)
        learned = math.isfinite(last) and last < LEARNED * start
        if not math.isfinite(first) or first <= 0 or learned:
            return
        fall = 1 - last / first if math.isfinite(last) else -math.inf
        if fall < HARDLY:
            yield self.symptom(
                f"{len(seen)} steps on one batch took its loss from {number(first)} to"
                f" {number(last)}.",
                0.8 if fall < NOT_AT_ALL else 0.5,
                site=fit_site(program),
                first=first,
                last=last,
            )


STILL = falling(0.7, 0.69, 30, noise=0.0)

EXAMPLES = (
    SymptomExample(
        "the loss of one batch stays",
        warmed([0.7] * 60, baselines={"initial": 0.7, "one_batch": STILL}),
        shown=(Shown("30 steps on one batch took its loss from 0.7 to 0.69", line=5),),
    ),
    SymptomExample(
        "learned by heart",
        warmed([0.7] * 60, baselines={"initial": 0.7, "one_batch": falling(0.6, 0.01, 30)}),
    ),
    SymptomExample(
        "learned before",
        warmed([0.1] * 60, baselines={"initial": 2.3, "one_batch": [0.1] * 30}),
    ),
    SymptomExample(
        "a pretrained model",
        warmed(
            [0.7] * 60,
            baselines={"initial": 0.7, "one_batch": STILL},
            graph={"backbone": True},
        ),
        unchecked="only fine-tuned",
    ),
    SymptomExample("nobody tried", warmed([0.7] * 60), unchecked="under other circumstances"),
    SymptomExample(
        "too few steps", warmed([0.7] * 60, baselines={"initial": 0.7}), unchecked="20 steps"
    ),
)
