"""ReLU units that never fire.

What it finds
    A ReLU layer of which most units are zero for whole batches; of several the first.
How it is measured
    Median over the later half of the points: at least 70% of the units are zero for the whole
    batch, or, where units were not counted, at least 95% of the values are zero. Half of the values
    of a sound ReLU are zero, and that says nothing.
When it is right
    Sparse codes by intention; batches of a few samples, in which units rest by chance: below eight
    samples the units are not counted.
What it comes from
    A step that was too long and threw the units below zero, or inputs that are not scaled, which
    makes every step so; biases or weights that start there, where units never fired.
Sources
    DeepDiagnosis and AutoTrainer (70% of the outputs or of the gradients); TheDeepChecker (units
    below 1e-5 at the 95th percentile). Units over a batch instead of values are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.reading.stack import own_activation
from analyzer.symptoms.base import STRONG, Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, followed
from analyzer.symptoms.samples import Columns, activation, at, dense, falling, warmed

RELUS = frozenset({"relu", "relu6"})
DEAD_UNITS = 0.7  # DeepDiagnosis, AutoTrainer
ALL_DEAD = 0.98
ZERO_VALUES = 0.95
FEWEST_SAMPLES = 8


class DyingRelu(SymptomCheck):
    """Units that always answer zero."""

    name = "dying-relu"
    phase = "forward"
    steps = "long"
    needs = ("layers", "graph")
    causes = (
        "learning_rate",
        "normalization",
        "initializer",
        "hidden_activation",
        "optimizer",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The ReLU layers in order; the first dead one speaks."""
        relus = [each for each in followed(program) if own_activation(each.layer) in RELUS]
        size = program.learner.batch_size if program.learner else None
        units = size is None or size >= FEWEST_SAMPLES
        for each in relus:
            share = _dead(each, units)
            if share is not None:
                yield self._died(each, share)
                return

    def _died(self, each: Followed, share: float) -> Symptom:
        first = each.first("output_dead")
        born = first is not None and first >= DEAD_UNITS
        early: tuple[Kind, ...] = ("initializer", "normalization", "hidden_activation")
        head: tuple[Kind, ...] = ("output_activation", "learning_rate", "loss")
        when = "from the first step on" if born else "in the later steps"
        return self.symptom(
            f"{share:.0%} of what {each.name} returns is zero for whole batches, {when}.",
            1.0 if share >= ALL_DEAD else STRONG if share >= ZERO_VALUES else 0.6,
            site=each.site,
            layer=each.layer.index,
            causes=head if each.last else early if born else (),
            share=share,
        )


def _dead(each: Followed, units: bool) -> float | None:
    """The dead share; None when the layer is alive."""
    dead, zero = each.late("output_dead"), each.late("output_zero")
    if units and dead is not None and dead >= DEAD_UNITS:
        return dead
    return zero if zero is not None and zero >= ZERO_VALUES else None


ALIVE: Columns = {"output_mean": 0.4, "output_zero": 0.55, "output_dead": 0.1}
LATER = [0.1] * 5 + [1.0] * 15
DYING: Columns = {"output_mean": 0.0, "output_zero": LATER, "output_dead": LATER}
HALF: Columns = {"output_mean": 0.1, "output_zero": 0.8, "output_dead": 0.75}
SMALL: dict[str, Any] = {"learner": {"fit_site": at(5), "batch_size": 2}}

EXAMPLES = (
    SymptomExample(
        "all units die after five points",
        warmed(falling(2.0, 1.0), {0: ALIVE, 1: DYING}),
        shown=(Shown("100% of what layer 1, dense (Dense) returns", line=2, layer=1),),
    ),
    SymptomExample(
        "three quarters of the units from the beginning",
        warmed(falling(2.0, 1.0), {0: HALF, 1: ALIVE}),
        shown=(Shown("from the first step on", line=1, layer=0, strong=False),),
    ),
    SymptomExample(
        "a separate activation",
        warmed(
            falling(2.0, 1.0),
            {1: DYING},
            net=(dense(1, 8), activation(2, "relu"), dense(3, 1)),
        ),
        shown=(Shown("layer 1", line=2, layer=1),),
    ),
    SymptomExample("half of the values are zero", warmed(falling(2.0, 1.0), {0: ALIVE, 1: ALIVE})),
    SymptomExample("batches of two", warmed(falling(2.0, 1.0), {0: HALF}, **SMALL)),
    SymptomExample("no outputs seen", warmed([1.0] * 60), unchecked="the values of the layers"),
)
