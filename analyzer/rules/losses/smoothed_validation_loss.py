"""Label smoothing in the validation loss.

What it finds
    A loss with label_smoothing that is also computed in validation.
Why it hurts
    The validation loss has a floor above zero that comes from the smoothing alone, so it cannot be
    compared with runs that smooth otherwise, and a perfect answer looks imperfect.
How it is measured
    The loss object and its label_smoothing, called while no gradients are recorded.
When it is right
    When only the course of the figure matters, and every run smooths alike.
Example
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    with torch.no_grad():
        val_loss = criterion(model(x), y)
Instead
    with torch.no_grad():
        val_loss = F.cross_entropy(model(x), y)
The fix
    None is offered: the plain loss needs a name of its own.
Sources
    Szegedy et al., Rethinking the Inception Architecture, section 7; the train script of timm keeps
    a loss of its own for validation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import LossSeen, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.samples import at, sample


class SmoothedValidationLoss(Rule):
    """The validation loss cannot reach zero."""

    code = "FL685"
    name = "smoothed-validation-loss"
    kind = "metric"
    severity = "advice"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = (
        "Smoothing is for training; a validation loss with it has a floor above zero (Szegedy et"
        " al., section 7)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The losses that were computed without gradients."""
        assert program.trace is not None
        for seen in program.trace.validation_losses:
            if seen.site is None or not seen.label_smoothing:
                continue
            floor = _floor(seen.label_smoothing)
            yield Suspicion(
                site=seen.site,
                message=(
                    f"The validation loss smooths its labels by {seen.label_smoothing:g}: even for"
                    f" two classes it cannot fall below {floor:.2f}."
                ),
                evidence=Evidence(
                    trace={"label_smoothing": seen.label_smoothing, "calls": seen.calls}
                ),
                fix=Declined("the plain loss needs a name of its own"),
                proof="contract",
            )


def _floor(smoothing: float, classes: int = 2) -> float:
    """Entropy of a smoothed label in nats: the smallest loss of the best answer."""
    other = smoothing / classes
    own = 1 - smoothing + other
    return -own * math.log(own) - (classes - 1) * other * math.log(other)


TEXT = """
with torch.no_grad():
    val_loss = criterion(model(x), y)
"""


def _program(**facts: object) -> Program:
    seen = LossSeen.model_validate(
        {"calls": 5, "name": "cross_entropy", "label_smoothing": 0.1, "site": at(2), **facts}
    )
    return sample(TEXT, framework="torch", trace=Trace(steps=20, validation_losses=(seen,)))


EXAMPLES = (
    Example(
        "one criterion for both",
        _program(),
        found=(Found(2, "smooths its labels by 0.1", None, "contract"),),
    ),
    Example("a plain loss in validation", _program(label_smoothing=0.0)),
    Example("a loss without smoothing", _program(name="mse", label_smoothing=None)),
)
