"""Numbers that are NaN or infinite.

What it finds
    The first layer, in the order of the forward pass, whose outputs are NaN or infinite; else the
    last layer whose weights or gradients are; else a loss that is.
How it is measured
    Share of NaN and of infinite values per layer and step, and the loss of every step. The earliest
    step decides, then the place: outputs, weights, loss, gradients. A mean that is exactly zero is
    no error here, unlike in the source: units that rest do that.
When it is right
    Mixed precision with a scaler, which skips such steps: then this is unchecked.
What it comes from
    A rate that is too high, inputs or targets that are not scaled, a logarithm or division of zero.
Sources
    Wardat, Le, Rajan 2021, DeepLocalize, algorithm 1 (order of the phases).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.symptoms.base import (
    Phase,
    Shown,
    Symptom,
    SymptomCheck,
    SymptomExample,
)
from analyzer.symptoms.reading import Followed, followed, loss_site, losses
from analyzer.symptoms.samples import warmed

FORWARD = ("output_nan", "output_infinite")
WEIGHTS = ("weight_nan",)
BACKWARD = ("gradient_nan", "output_gradient_nan")


class NumericalError(SymptomCheck):
    """Something is no number any more."""

    name = "numerical-error"
    phase = "forward"
    steps = "long"
    needs = ("losses",)
    causes = (
        "learning_rate",
        "normalization",
        "numerics",
        "loss",
        "output_activation",
        "initializer",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The earliest step with such a number, then the first place in it."""
        order = program.observation.order if program.observation else None
        if order is not None and order.scalers:
            yield self.unchecked("a scaler skips such steps, and so finds its scale")
            return
        course = losses(program)
        wild = [at for at, value in enumerate(course) if not math.isfinite(value)]
        hits = list(_hits(followed(program)))
        earliest = min((step for step, *_ in hits), default=None)
        if hits and (not wild or earliest is None or earliest <= wild[0]):
            step, _, phase, layer, share = min(hits, key=lambda hit: hit[:2])
            yield self._in_layer(step, phase, layer, share)
        elif wild:
            yield self.symptom(
                f"The loss was not finite in {len(wild)} of {len(course)} steps, first in step"
                f" {wild[0] + 1}.",
                1.0 if len(wild) > 1 else 0.6,
                site=loss_site(program),
                phase="loss",
                step=wild[0] + 1,
                share=len(wild) / len(course),
            )

    def _in_layer(self, step: int, phase: Phase, each: Followed, share: float) -> Symptom:
        what = {"forward": "outputs", "update": "weights"}.get(phase, "gradients")
        return self.symptom(
            f"In step {step + 1}, {share:.0%} of the {what} of {each.name} were NaN or infinite.",
            1.0,
            site=each.site,
            layer=each.layer.index,
            phase=phase,
            step=step + 1,
            share=share,
        )


def _hits(layers: tuple[Followed, ...]) -> Iterator[tuple[int, int, Phase, Followed, float]]:
    """Step, rank of the place within the step, phase, layer and share, for each wild number."""
    size = len(layers)
    for place, each in enumerate(layers):
        kinds: tuple[tuple[tuple[str, ...], Phase, int], ...] = (
            (FORWARD, "forward", place),
            (WEIGHTS, "update", 2 * size - place),
            (BACKWARD, "backward", 4 * size - place),
        )
        for point in each.points:
            for names, phase, rank in kinds:
                share = sum(getattr(point, name) or 0.0 for name in names)
                if share > 0:
                    yield point.step, rank, phase, each, min(1.0, share)


SOUND = {"output_mean": 0.3, "output_nan": 0.0, "gradient_norm": 1.0, "gradient_nan": 0.0}
NAN_FROM_FIFTH = [0.0] * 5 + [1.0] * 15

EXAMPLES = (
    SymptomExample(
        "outputs of the second layer become NaN first",
        warmed(
            [1.0] * 20 + [math.nan] * 40,
            {0: SOUND, 1: {**SOUND, "output_nan": NAN_FROM_FIFTH}, 2: SOUND},
        ),
        shown=(Shown("In step 16, 100% of the outputs of layer 1", line=2, layer=1),),
    ),
    SymptomExample(
        "a loss that becomes NaN while nobody followed the layers",
        warmed([1.0, 9e9] + [math.nan] * 10),
        shown=(Shown("in 10 of 12 steps, first in step 3", line=4),),
    ),
    SymptomExample("all numbers are finite", warmed([1.0] * 60, {0: SOUND, 1: SOUND})),
    SymptomExample("nothing was seen", warmed(), unchecked="the losses of the steps"),
)
