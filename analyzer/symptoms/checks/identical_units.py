"""Units that begin alike and stay alike.

What it finds
    A hidden layer of several units whose weights all start at one value.
How it is measured
    The largest and the smallest weight of a kernel are equal at the first point.
When it is right
    A last layer that starts at zero, or the last convolution of a residual branch: the layers
    behind and before them differ. Zeros are a weak symptom for that reason.
What it comes from
    An initializer of zeros, ones or another constant: all units get the same gradient and remain
    copies of each other.
Sources
    NeuraLint (constant weights); Goodfellow, Bengio, Courville, Deep Learning, section 8.4;
    TheDeepChecker (variance of the initial weights is zero).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import number
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.reading import Followed, hidden, weighted
from analyzer.symptoms.samples import falling, warmed


class IdenticalUnits(SymptomCheck):
    """All units of a layer compute the same."""

    name = "identical-units"
    phase = "forward"
    needs = ("graph", "losses")
    causes = ("initializer",)

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Hidden dense and convolution layers of more than one unit."""
        layers = [
            each
            for each in hidden(weighted(program))
            if each.layer.op in ("dense", "conv") and _units(each) > 1
        ]
        known = [each for each in layers if each.first("weight_min") is not None]
        if layers and not known:
            yield self.unchecked("needs the initial weights, not seen")
        for each in known:
            low, high = each.first("weight_min"), each.first("weight_max")
            if low is not None and low == high:
                yield self._alike(each, low)
                return

    def _alike(self, each: Followed, value: float) -> Symptom:
        return self.symptom(
            f"All weights of {each.name} start at {number(value)}, so that its {_units(each)}"
            " units are copies of one another.",
            0.5 if value == 0 else 0.9,
            site=each.site,
            layer=each.layer.index,
            value=value,
        )


def _units(each: Followed) -> int:
    return each.layer.units or each.layer.filters or 1


DRAWN = {"weight_min": -0.3, "weight_max": 0.3}
ONES = {"weight_min": [1.0] + [0.9] * 19, "weight_max": [1.0] + [1.1] * 19}
ZEROS = {"weight_min": 0.0, "weight_max": 0.0}

EXAMPLES = (
    SymptomExample(
        "a hidden layer of ones",
        warmed(falling(1.0, 0.8), {0: DRAWN, 1: ONES, 2: DRAWN}),
        shown=(Shown("All weights of layer 1, dense (Dense) start at 1", line=2, layer=1),),
    ),
    SymptomExample(
        "a hidden layer of zeros",
        warmed(falling(1.0, 0.8), {0: ZEROS, 1: DRAWN, 2: DRAWN}),
        shown=(Shown("start at 0", line=1, layer=0, strong=False),),
    ),
    SymptomExample("a last layer of zeros", warmed([1.0] * 60, {0: DRAWN, 1: DRAWN, 2: ZEROS})),
    SymptomExample("weights that were drawn", warmed([1.0] * 60, {0: DRAWN, 1: DRAWN})),
    SymptomExample(
        "nobody looked", warmed([1.0] * 60, {0: {"output_mean": 0.0}}), unchecked="initial weights"
    ),
)
