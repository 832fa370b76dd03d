"""A hand-written loss that compares every prediction with every target.

What it finds
    Predictions of shape (N, 1) that are subtracted from, multiplied with or divided by targets of
    shape (N), in code of the program's own.
Why it hurts
    The result has N by N values, one for each pair. Its mean is smallest when all predictions equal
    the mean target, so the network learns a constant; nothing warns.
How it is measured
    The shapes of both operands and of the result, seen when the operation ran on the model's
    output and on values that are not trained.
When it is right
    When all pairs are meant, as in ranking: predictions then meet predictions, which is not looked
    at.
Example
    loss = ((net(x) - y) ** 2).mean()
Instead
    loss = ((net(x).squeeze(1) - y) ** 2).mean()
The fix
    The targets get the predictions' shape, where both operands are plain names.
Sources
    NumPy documentation, "Broadcasting"; PyTorch warns of the same in mse_loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Broadcast, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import text_at
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import sample

OPERANDS = re.compile(r"(?P<first>\w+) (?P<sign>[-*/]) (?P<second>\w+)")
VERBS = {"sub": "subtracts", "mul": "multiplies", "div": "divides"}


class AllPairsDifference(Rule):
    """N by N differences in place of N, in the program's own loss."""

    code = "FL681"
    name = "all-pairs-difference"
    kind = "data_shape"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = (
        "Shapes (N, 1) and (N) broadcast to N by N; the mean over all pairs is smallest for a"
        " constant prediction (NumPy documentation, Broadcasting)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each operation that stretched its operands."""
        assert program.trace is not None
        for pair in program.trace.broadcasts:
            if pair.site is None:
                continue
            yield Suspicion(
                site=pair.site,
                message=(
                    f"This {VERBS.get(pair.operation, 'combines')} predictions"
                    f" {pair.prediction_shape} and targets {pair.target_shape}: the result is"
                    f" {pair.result_shape}, all pairs, not one by one."
                ),
                evidence=Evidence(trace=pair.model_dump(exclude={"site"})),
                fix=_fix(program, pair),
                proof="contract",
                root=f"{self.name}:{pair.site.line}",
            )


def _fix(program: Program, pair: Broadcast) -> FixPlan | Declined:
    text = pair.site and text_at(program.source, pair.site)
    operands = OPERANDS.fullmatch(text or "")
    if operands is None or pair.site is None:
        return Declined("the operands are not plain names that one edit can reshape")
    first, sign, second = operands.groups()
    if pair.target_first:
        changed = f"({first}.reshape({second}.shape) {sign} {second})"
    else:
        changed = f"({first} {sign} {second}.reshape({first}.shape))"
    return FixPlan(
        "give the targets the predictions' shape", (ReplaceExpression(pair.site, changed),)
    )


TEXT = """
out = net(x)
loss = ((out - y) ** 2).mean()
"""


def _program(target_first: bool = False, text: str = TEXT) -> Program:
    pair = Broadcast(
        operation="sub",
        target_first=target_first,
        prediction_shape=(32, 1),
        target_shape=(32,),
        result_shape=(32, 32),
        site=Site(path=PATH, line=2, column=9, end_line=2, end_column=16),
    )
    return sample(text, framework="torch", trace=Trace(steps=5, broadcasts=(pair,)))


EXAMPLES = (
    Example(
        "a column minus a row",
        _program(),
        found=(
            Found(2, "the result is (32, 32)", "((out - y.reshape(out.shape)) ** 2)", "contract"),
        ),
    ),
    Example(
        "a row minus a column",
        _program(True, TEXT.replace("out - y", "y - out")),
        found=(Found(2, "all pairs", "((y.reshape(out.shape) - out) ** 2)", "contract"),),
    ),
    Example(
        "an expression",
        _program(text=TEXT.replace("out - y", "f(x)- y")),
        found=(Found(2, "all pairs", None, "contract"),),
    ),
    Example("equal shapes", sample(TEXT, framework="torch", trace=Trace(steps=5))),
    Example("two steps", sample(TEXT, framework="torch", trace=Trace(steps=2))),
)
