"""A model that does as well without its inputs.

What it finds
    A trained model whose loss is no lower with the inputs than with zeros in their place, or no
    lower with the right labels than with those of other rows.
How it is measured
    The loss on one batch: as it is, with zeroed inputs, and with shuffled labels. The first must be
    a hundredth lower than the others.
When it is right
    After a warm-up that was too short to learn anything: a weak symptom by itself. Models that take
    indices are not asked with zeros.
What it comes from
    Whatever keeps a program from learning; inputs that do not reach the output.
Sources
    Karpathy, A Recipe for Training Neural Networks ("input-independent baseline"); TheDeepChecker
    (zeroed inputs).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample, baselines
from analyzer.symptoms.reading import fit_site, one_known_loss
from analyzer.symptoms.samples import warmed

MARGIN = 0.01  # of the trained model's loss


class ZeroedInputsNoWorse(SymptomCheck):
    """The inputs are of no use."""

    name = "zeroed-inputs-no-worse"
    phase = "evaluation"
    needs = ("baselines",)
    causes = (
        "learning_rate",
        "output_activation",
        "loss",
        "optimizer",
        "dropout",
        "hidden_activation",
        "initializer",
        "normalization",
        "label_encoding",
        "data_shape",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The losses beside each other."""
        probed = baselines(program)
        assert probed is not None
        others = {"zeroed inputs": probed.zeroed, "shuffled labels": probed.shuffled}
        known = {what: loss for what, loss in others.items() if loss is not None}
        if probed.trained is None or not known or not one_known_loss(program):
            yield self.unchecked("needs one known loss with and without the inputs, not seen")
            return
        trained = probed.trained
        if not math.isfinite(trained):
            return
        bound = trained + MARGIN * abs(trained)
        useless = [what for what, loss in known.items() if math.isfinite(loss) and loss <= bound]
        if useless:
            told = " and ".join(f"{number(known[what])} with {what}" for what in useless)
            yield self.symptom(
                f"The loss of a batch is {number(trained)}, and {told}.",
                0.6 if len(useless) == 2 else 0.4,
                site=fit_site(program),
                trained=trained,
                other=min(known[what] for what in useless),
            )


EXAMPLES = (
    SymptomExample(
        "neither inputs nor labels matter",
        warmed([2.3] * 60, baselines={"trained": 2.3, "zeroed": 2.3, "shuffled": 2.31}),
        shown=(Shown("2.3 with zeroed inputs and 2.31 with", line=5, strong=False),),
    ),
    SymptomExample(
        "inputs matter",
        warmed([1.0] * 60, baselines={"trained": 1.0, "zeroed": 2.3, "shuffled": 3.0}),
    ),
    SymptomExample(
        "indices of a vocabulary",
        warmed([1.0] * 60, baselines={"trained": 1.0, "shuffled": 3.0}),
    ),
    SymptomExample(
        "nobody asked", warmed([1.0] * 60, baselines={"trained": 1.0}), unchecked="without the"
    ),
)
