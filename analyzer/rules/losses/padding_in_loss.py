"""Padding that the loss counts.

What it finds
    Token targets with a padding value that the loss does not leave out.
Why it hurts
    The network is rewarded for telling padding, which is easy; the loss looks small, its gradient
    is spent on padding, and the share of padding decides how real tokens count.
How it is measured
    The value that fills up the ends of the input sequences and stands nowhere else; the one target
    value at these positions, which no other position has; the loss's ignore_index.
When it is right
    When padded positions carry a real answer, or weights or a mask take them out of a loss that is
    not reduced; then a target value of its own is missing or the reduction is none.
Example
    criterion = nn.CrossEntropyLoss()
Instead
    criterion = nn.CrossEntropyLoss(ignore_index=0)
The fix
    ignore_index of the padding's target value, where the loss is made.
Sources
    PyTorch documentation of CrossEntropyLoss, "ignore_index"; Hugging Face course, chapter 7.3,
    which marks padding by -100.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed import LoaderFacts, Observation, Padding
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders, percent, share
from analyzer.rules.reading.losses import only_loss, spoken
from analyzer.rules.reading.mends import exact_call
from analyzer.rules.reading.proof import first_site
from analyzer.rules.samples import sample

SHARE = 0.05  # of the target positions


class PaddingInLoss(Rule):
    """The loss counts positions that hold nothing."""

    code = "FL682"
    name = "padding-in-loss"
    kind = "loss"
    severity = "warning"
    confidence = 0.93
    frameworks = frozenset({"torch"})
    needs = ("loader", "loss")
    why = (
        "Positions that only fill up a sequence have no answer to learn; ignore_index leaves them"
        " out (PyTorch documentation of CrossEntropyLoss)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The padded positions of the only loss."""
        loss, facts = only_loss(program), list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        padding = facts[0].padding if facts else None
        if padding is None or loss is None or loss.name not in ("cross_entropy", "nll"):
            return
        site = first_site(loss.site, loss.call_site, padding.site)
        counted = share(padding.counted, padding.positions)
        if site is None or counted < SHARE:
            return
        yield Suspicion(
            site=site,
            message=(
                f"{spoken(loss)} counts padding: {percent(counted)} of {padding.positions:,} target"
                f" positions hold {padding.target} where only {padding.value} fills up the input."
            ),
            evidence=Evidence(data=padding.model_dump(exclude={"site"})),
            fix=_fix(program, padding),
            proof="contract",
        )


def _fix(program: Program, padding: Padding) -> FixPlan | Declined:
    loss = only_loss(program)
    call = exact_call(program.source, loss.site) if loss else None
    if call is None or call.role != "loss":
        return Declined("the loss's call was not found in the source")
    change = SetArgument(call.site, "ignore_index", str(padding.target))
    return FixPlan("leave padding out of the loss", (change,))


TEXT = """
criterion = nn.CrossEntropyLoss()
loss = criterion(logits.flatten(0, 1), targets.flatten())
"""


def _program(loss: str = "cross_entropy", **facts: object) -> Program:
    base = {"value": 0, "target": 0, "positions": 4000, "padded": 1600, "counted": 1600}
    padding = Padding.model_validate({**base, **facts})
    seen = Observation(loader=LoaderFacts(batches=5, padding=padding))
    return sample(TEXT, framework="torch", loss=loss, loss_line=1, observation=seen)


EXAMPLES = (
    Example(
        "40% of the targets are padding",
        _program(),
        found=(Found(1, "40% of 4,000", "nn.CrossEntropyLoss(ignore_index=0)", "contract"),),
    ),
    Example("padding is ignored", _program(counted=0)),
    Example("hardly any padding", _program(counted=20)),
    Example("a loss of another kind", _program("mse")),
)
