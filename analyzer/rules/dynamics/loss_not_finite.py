"""A loss that becomes NaN or infinite.

What it finds
    A loss of the warm-up that is not a finite number.
Why it hurts
    From then on the gradients are NaN, and so are all weights after the next step: the rest of the
    training computes nothing.
How it is measured
    The losses of the observed steps.
When it is right
    Never without a scaler that skips the step: mixed precision with a scaler is left alone.
Example
    loss = -(y * torch.log(torch.softmax(z, 1))).sum()
Instead
    loss = F.cross_entropy(z, y)
The fix
    None is offered: the cause (rate, inputs, a logarithm of zero) has findings of its own.
Sources
    Wardat, Le, Rajan 2021, DeepLocalize, numerical errors; Zhang et al. 2020, Detecting numerical
    bugs in neural network architectures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import first_site
from analyzer.rules.samples import at, dense, sample

CAUSES = ("learning-rate-out-of-band", "unscaled-inputs", "labels-against-loss", "scaled-labels")


class LossNotFinite(Rule):
    """The loss is no number any more."""

    code = "FL506"
    name = "loss-not-finite"
    kind = "numerics"
    severity = "error"
    confidence = 0.95
    needs = ("trace",)
    why = (
        "The gradient of a loss that is not finite is NaN, and one step with it makes every weight"
        " NaN (DeepLocalize, numerical errors)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The losses of the warm-up."""
        assert program.trace is not None
        losses = program.trace.loss
        if not losses:
            yield self.unchecked("needs the losses of the steps, not seen")
            return
        wild = [step for step, value in enumerate(losses, 1) if not math.isfinite(value)]
        order = program.observation.order if program.observation else None
        site = _place(program)
        if len(wild) < 2:
            return
        if order is not None and order.scalers:
            yield self.unchecked("a scaler skips such steps, and so finds its scale")
            return
        if site is None:
            yield self.unchecked("needs the place of the loss or of the training, not seen")
            return
        yield Suspicion(
            site=site,
            message=(
                f"The loss was not finite in {len(wild)} of {len(losses)} steps, first in step"
                f" {wild[0]}."
            ),
            evidence=Evidence(trace={"first_step": wild[0], "steps": len(losses)}),
            fix=Declined("a loss that is not finite has several causes"),
            proof="contract",
            yields_to=CAUSES,
        )


def _place(program: Program) -> Site | None:
    learner = program.learner
    return first_site(
        *(use.site for use in (learner.losses if learner else ())),
        learner.fit_site if learner else None,
    )


FIT = "model.fit(x, y)"


def _program(*losses: float) -> Program:
    return sample(
        FIT,
        layers=(dense(1, 1),),
        learner={"fit_site": at(1)},
        trace=Trace(steps=len(losses), loss=losses),
    )


EXAMPLES = (
    Example(
        "NaN from the third step on",
        _program(0.7, 12.0, *([math.nan] * 10)),
        found=(Found(1, "10 of 12 steps, first in step 3", None, "contract"),),
    ),
    Example("a loss that stays finite", _program(0.7, 0.6, 0.5)),
    Example("no losses", _program(), unchecked="needs"),
)
