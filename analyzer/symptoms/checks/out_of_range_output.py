"""Outputs that cannot be what the labels are.

What it finds
    Labels outside what the output's activation can return, or outputs of a regression that spread
    far wider than its labels.
How it is measured
    The labels' bounds against the activation's range, for losses that compare the two value by
    value; the deviation of the last layer's outputs, over the later half of the points, against ten
    times that of the labels.
When it is right
    Labels that the loss takes as class numbers: left out. A spread that is on its way down.
What it comes from
    The output's activation, a loss of another task, labels or inputs that are not scaled.
Sources
    Wardat et al. 2022, DeepDiagnosis (out of range; outputs spread ten times the labels).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.observed import LabelStats
from analyzer.rules.base import Program
from analyzer.rules.reading.head import RANGES, Head, only_head
from analyzer.rules.reading.losses import BINARY, REGRESSION, TORCH_LOGITS, only_loss
from analyzer.rules.reading.proof import data_seen, number
from analyzer.rules.samples import labels
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import followed
from analyzer.symptoms.samples import NET, dense, falling, warmed

SLACK = 0.01  # of the range: labels that touch its end
SPREAD = 10.0  # DeepDiagnosis
OF_SIGNS: tuple[Kind, ...] = ("label_encoding", "output_activation", "loss")
SIGNED = frozenset({"continuous", "plus_minus_one", "integer", "binary", "inputs"})


class OutOfRangeOutput(SymptomCheck):
    """The output misses the labels' range."""

    name = "out-of-range-output"
    phase = "forward"
    needs = ("loss", "labels", "graph")
    causes = (
        "output_activation",
        "loss",
        "label_encoding",
        "normalization",
        "learning_rate",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The only output against the only labels."""
        assert program.data is not None
        head, loss, targets = only_head(program), only_loss(program), program.data.labels
        if head is None or loss is None or len(targets) != 1 or not data_seen(program):
            yield self.unchecked("needs one output, one loss of known meaning and its labels")
            return
        if loss.name not in REGRESSION | BINARY or loss.name in TORCH_LOGITS or loss.from_logits:
            return
        beyond = self._beyond(head, targets[0]) if head.certain else None
        if beyond is not None:
            yield beyond
        elif loss.name in REGRESSION:
            yield from self._spread(program, head, targets[0])

    def _beyond(self, head: Head, wanted: LabelStats) -> Symptom | None:
        bounds = RANGES.get(head.activation or "")
        if bounds is None or wanted.min is None or wanted.max is None:
            return None
        slack = SLACK * max(1.0, wanted.max - wanted.min)
        if wanted.encoding not in SIGNED or (
            bounds[0] - slack <= wanted.min and wanted.max <= bounds[1] + slack
        ):
            return None
        return self.symptom(
            f"The labels span {number(wanted.min)} to {number(wanted.max)}, and {head.activation}"
            f" returns {number(bounds[0])} to {number(bounds[1])}.",
            0.9,
            causes=OF_SIGNS if wanted.encoding == "plus_minus_one" else (),
            site=head.site,
            layer=(head.shaper or head.layer).index,
            lowest=wanted.min,
            highest=wanted.max,
        )

    def _spread(self, program: Program, head: Head, wanted: LabelStats) -> Iterator[Symptom]:
        place = (head.shaper or head.layer).index
        found = [each for each in followed(program) if each.layer.index == place]
        spread = found[0].late("output_std") if found else None
        if spread is not None and wanted.std and spread > SPREAD * wanted.std:
            yield self.symptom(
                f"The outputs have a deviation of {number(spread)}, the labels of"
                f" {number(wanted.std)}.",
                0.6,
                site=head.site,
                layer=place,
                causes=("normalization", "learning_rate", "initializer", "output_activation"),
                outputs=spread,
                labels=wanted.std,
            )


SIGMOID = (dense(1, 8, "relu"), dense(2, 8, "relu"), dense(3, 1, "sigmoid"))
SIGNS = labels("plus_minus_one", 2, min=-1.0, max=1.0, std=1.0)
REAL = labels("continuous", min=-2.0, max=2.0, std=1.0)

EXAMPLES = (
    SymptomExample(
        "signs from a sigmoid",
        warmed(falling(1.0, 0.9), net=SIGMOID, targets=SIGNS, loss="binary_crossentropy"),
        shown=(Shown("span -1 to 1, and sigmoid returns 0 to 1", line=3, layer=2),),
    ),
    SymptomExample(
        "outputs a hundred times as wide as the labels",
        warmed(falling(1e4, 9e3), {2: {"output_std": 100.0}}, targets=REAL),
        shown=(Shown("deviation of 100, the labels of 1", line=3, layer=2, strong=False),),
    ),
    SymptomExample(
        "real numbers from a linear output",
        warmed(falling(1.0, 0.5), {2: {"output_std": 0.7}}, targets=REAL, net=NET),
    ),
    SymptomExample(
        "zero and one from a sigmoid",
        warmed(
            falling(0.7, 0.5),
            net=SIGMOID,
            targets=labels("binary", 2, min=0.0, max=1.0),
            loss="binary_crossentropy",
        ),
    ),
    SymptomExample("no labels seen", warmed([1.0] * 60), unchecked="the training labels"),
)
