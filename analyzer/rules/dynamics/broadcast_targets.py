"""Predictions and targets that are broadcast against each other.

What it finds
    A loss between predictions of shape (N, 1) and targets of shape (N), or the reverse: squared,
    absolute, Huber, Gaussian, Poisson and hinge losses.
Why it hurts
    Broadcasting makes N by N differences: every prediction is compared with every target, and the
    best answer is the mean of all targets for every input.
How it is measured
    The shapes that the loss received in the observed steps.
When it is right
    Never for element-wise losses. Keras aligns the shapes itself.
Example
    outputs = net(x)
    loss = criterion(outputs, y)
Instead
    outputs = net(x)
    loss = criterion(outputs, y.reshape(outputs.shape))
The fix
    The targets take the shape of the predictions. Safe.
Sources
    PyTorch's own warning in torch.nn.functional.mse_loss about differing sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import LossSeen, LossUse, Shape, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import REGRESSION, only_loss, spoken
from analyzer.rules.reading.mends import exact_call
from analyzer.rules.reading.proof import first_loss_seen, first_site
from analyzer.rules.samples import at, sample

ELEMENTWISE = REGRESSION | {"gaussian_nll", "poisson_nll", "hinge_embedding", "soft_margin"}
"""Losses that compute one value per element; only PyTorch's squared and absolute ones warn."""


class BroadcastTargets(Rule):
    """N by N differences in place of N."""

    code = "FL504"
    name = "broadcast-targets"
    kind = "data_shape"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("loss", "trace")
    why = (
        "Shapes (N, 1) and (N) broadcast to N by N: every prediction is compared with every target"
        " (PyTorch warns in mse_loss)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The shapes that the only loss received."""
        loss, seen = only_loss(program), first_loss_seen(program)
        if loss is None or loss.name not in ELEMENTWISE:
            return
        if seen is None or not seen.prediction_shape or not seen.target_shape:
            yield self.unchecked("needs the shapes that go into the loss, not seen")
            return
        site = first_site(seen.site, loss.call_site, loss.site)
        if site is not None and _broadcast(seen.prediction_shape, seen.target_shape):
            yield Suspicion(
                site=site,
                message=(
                    f"{spoken(loss)} compares predictions {seen.prediction_shape} with targets"
                    f" {seen.target_shape}: all pairs, not one by one."
                ),
                evidence=Evidence(trace={"shapes": [seen.prediction_shape, seen.target_shape]}),
                fix=_fix(program, loss, site),
                proof="contract",
            )


def _broadcast(predictions: Shape, targets: Shape) -> bool:
    one, other = sorted((predictions, targets), key=len)
    return len(one) == 1 and len(other) == 2 and other[1] == 1 and (one[0] or 0) > 1


def _fix(program: Program, loss: LossUse, site: Site) -> FixPlan | Declined:
    call = exact_call(program.source, loss.call_site or site)
    plain = [a for a in call.arguments if a.keyword is None] if call else []
    if len(plain) < 2 or not plain[0].text.isidentifier():
        return Declined("the loss call is not written with two names")
    text = f"{plain[1].text}.reshape({plain[0].text}.shape)"
    change = ReplaceExpression(plain[1].site, text)
    return FixPlan("give the targets the predictions' shape", (change,))


TORCH = """
outputs = net(x)
loss = criterion(outputs, y)
"""


def _program(predictions: Shape, targets: Shape, loss: str = "mse") -> Program:
    seen = LossSeen(calls=5, prediction_shape=predictions, target_shape=targets, site=at(2))
    return sample(TORCH, framework="torch", loss=loss, trace=Trace(steps=5, loss_seen=(seen,)))


EXAMPLES = (
    Example(
        "a column against a row",
        _program((32, 1), (32,)),
        found=(Found(2, "all pairs", "criterion(outputs, y.reshape(outputs.shape))", "contract"),),
    ),
    Example(
        "a likelihood of counts",
        _program((32, 1), (32,), "poisson_nll"),
        found=(Found(2, "all pairs", "criterion(outputs, y.reshape(outputs.shape))", "contract"),),
    ),
    Example("equal shapes", _program((32, 1), (32, 1))),
    Example("class numbers under cross-entropy", _program((32, 10), (32,), "cross_entropy")),
    Example("a batch of one", _program((1, 1), (1,))),
)
