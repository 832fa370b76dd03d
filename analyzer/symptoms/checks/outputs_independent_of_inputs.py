"""A model that answers the same whatever it is asked.

What it finds
    Outputs that are the same for every row of a batch.
How it is measured
    The deviation of each output unit over the rows, averaged: below a millionth of the outputs' own
    size and below a ten thousandth of the labels' deviation, where the labels are real numbers.
When it is right
    Never for rows that differ.
What it comes from
    Dead units, saturated outputs, a softmax over one unit, weights that ran away.
Sources
    TheDeepChecker (outputs do not depend on inputs); Karpathy, A Recipe for Training Neural
    Networks.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.proof import first_site, number
from analyzer.rules.samples import labels
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample, baselines
from analyzer.symptoms.reading import fit_site
from analyzer.symptoms.samples import warmed

SAME = 1e-6  # absolute for outputs near one: rounding of single precision
OF_LABELS = 1e-4
FEWEST_ROWS = 4


class OutputsIndependentOfInputs(SymptomCheck):
    """One answer to all questions."""

    name = "outputs-independent-of-inputs"
    phase = "evaluation"
    needs = ("baselines",)
    causes = (
        "output_activation",
        "learning_rate",
        "hidden_activation",
        "initializer",
        "normalization",
        "output_units",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The spread over the rows."""
        probed = baselines(program)
        assert probed is not None
        spread = probed.spread_inputs
        if spread is None or probed.rows < FEWEST_ROWS:
            yield self.unchecked(f"needs the outputs of {FEWEST_ROWS} rows, not seen")
            return
        if spread <= _bound(program):
            head = only_head(program)
            yield self.symptom(
                f"The outputs of {probed.rows} rows differ by {number(spread)} in the mean.",
                1.0,
                site=first_site(head.site if head else None, fit_site(program)),
                spread=spread,
            )


def _bound(program: Program) -> float:
    """The spread up to which outputs are one answer."""
    found = program.data.labels if program.data else ()
    if len(found) == 1 and found[0].encoding == "continuous" and found[0].std:
        return OF_LABELS * found[0].std
    return SAME


REAL = labels("continuous", min=0.0, max=4000.0, std=1000.0)

EXAMPLES = (
    SymptomExample(
        "one answer",
        warmed([2.3] * 60, baselines={"spread_inputs": 0.0}),
        shown=(Shown("The outputs of 32 rows differ by 0", line=3),),
    ),
    SymptomExample(
        "one answer to the scale of the labels",
        warmed([2.3] * 60, baselines={"spread_inputs": 0.05}, targets=REAL),
        shown=(Shown("differ by 0.05", line=3),),
    ),
    SymptomExample("answers that differ", warmed([2.3] * 60, baselines={"spread_inputs": 0.01})),
    SymptomExample("nobody asked", warmed([2.3] * 60), unchecked="under other circumstances"),
)
