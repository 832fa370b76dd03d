"""Accuracy over all pairs of predictions and targets.

What it finds
    Predictions of shape (N, 1) that are compared with targets of shape (N), or the other way round,
    in code of the program's own.
Why it hurts
    The result has N by N values, one for each pair: its mean says how often any prediction equals
    any target, which hardly changes while the network learns. Models are chosen and trainings
    stopped by a figure that says nothing about them.
How it is measured
    The shapes of both operands when the comparison ran, where one operand is read off the model's
    output (which side of a bound it lies on, or which output is largest, for at least eight samples
    that are not all alike) and the other one is not.
When it is right
    When a statement asks for any or all matches or takes the diagonal; when one list holds all
    classes, or both operands are labels, as in metric learning; these are not looked at.
Example
    correct = (predicted == y).float().mean()  # (32, 1) and (32,)
Instead
    correct = (predicted.squeeze(1) == y).float().mean()
The fix
    The targets get the predictions' shape, where both operands are plain names.
Sources
    PyTorch documentation, "Broadcasting semantics"; NumPy documentation, "Broadcasting".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import MetricPair, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.flow import statements
from analyzer.rules.reading.loaders import percent
from analyzer.rules.reading.mends import text_at
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import sample

OPERANDS = re.compile(r"(?P<first>\w+)(?P<sign> [=!]= |\.(?:eq|ne)\()(?P<second>\w+)(?P<end>\)?)")
CALL = re.compile(r"(?P<sign>torch\.(?:eq|ne)\()(?P<first>\w+), (?P<second>\w+)\)")
ON_PURPOSE = re.compile(
    r"(?:\b|\.)(?:any|all|max|argmax|diag|diagonal|nonzero|argwhere|where|trace|einsum)\("
)
ASSIGNED = re.compile(r"\s*(?P<name>\w+)\s*=[^=]")


class AllPairsMetric(Rule):
    """N by N comparisons in place of N."""

    code = "FL689"
    name = "all-pairs-metric"
    kind = "metric"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = (
        "Shapes (N, 1) and (N) broadcast to N by N; the mean counts every prediction against every"
        " target (PyTorch documentation, Broadcasting semantics)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each comparison that stretched its operands."""
        assert program.trace is not None
        for pair in program.trace.metric_pairs:
            if pair.site is None or _on_purpose(program, pair.site):
                continue
            samples = pair.prediction_shape[0]
            yield Suspicion(
                site=pair.site,
                message=(
                    f"This compares predictions {pair.prediction_shape} with targets"
                    f" {pair.target_shape} as {samples} by {samples} pairs:"
                    f" {percent(pair.of_pairs)} of the pairs are equal, where"
                    f" {percent(pair.of_samples)} of the samples are."
                ),
                evidence=Evidence(trace=pair.model_dump(exclude={"site"})),
                fix=_fix(program, pair),
                proof="contract",
                root=f"{self.name}:{pair.site.line}",
            )


def _on_purpose(program: Program, site: Site) -> bool:
    """Whether the statement, or one that uses its name, picks what it needs out of all pairs."""
    if site.path != program.path:
        return False
    every = [each.text for each in statements(program.source)]
    before = [each.text for each in statements(program.source) if each.line <= site.line]
    if not before:
        return False
    given = ASSIGNED.match(before[-1])
    users = [t for t in every if given and re.search(rf"\b{given['name']}\b", t)]
    return any(ON_PURPOSE.search(text) for text in (before[-1], *users))


def _fix(program: Program, pair: MetricPair) -> FixPlan | Declined:
    text = (pair.site and text_at(program.source, pair.site)) or ""
    operands = OPERANDS.fullmatch(text) or CALL.fullmatch(text)
    if operands is None or pair.site is None:
        return Declined("the operands are not plain names that one edit can reshape")
    first, second = operands["first"], operands["second"]
    if pair.target_first:
        changed = {"first": f"{first}.reshape({second}.shape)", "second": second}
    else:
        changed = {"first": first, "second": f"{second}.reshape({first}.shape)"}
    for name in ("second", "first"):
        start, end = operands.span(name)
        text = text[:start] + changed[name] + text[end:]
    change = ReplaceExpression(pair.site, text if "eq(" in text or "ne(" in text else f"({text})")
    return FixPlan("give the targets the predictions' shape", (change,))


TEXT = """
predicted = (model(x) > 0).float()
hits = (predicted == y).float().mean()
"""


def _program(text: str = TEXT, seen: str = "predicted == y", first: bool = False) -> Program:
    column = text.strip().splitlines()[1].index(seen)
    pair = MetricPair(
        operation="eq",
        target_first=first,
        prediction_shape=(32, 1),
        target_shape=(32,),
        of_pairs=0.52,
        of_samples=0.94,
        site=Site(path=PATH, line=2, column=column, end_line=2, end_column=column + len(seen)),
    )
    return sample(text, framework="torch", trace=Trace(steps=5, metric_pairs=(pair,)))


def _written(text: str) -> str:
    return TEXT.replace("(predicted == y)", text)


EXAMPLES = (
    Example(
        "a column against a row",
        _program(),
        found=(
            Found(
                2,
                "as 32 by 32 pairs: 52% of the pairs are equal, where 94% of the samples are",
                "(predicted == y.reshape(predicted.shape))",
                "contract",
            ),
        ),
    ),
    Example(
        "the target first",
        _program(_written("(y == predicted)"), "y == predicted", first=True),
        found=(Found(2, "32 by 32", "y.reshape(predicted.shape) == predicted", "contract"),),
    ),
    Example(
        "a call",
        _program(_written("torch.eq(predicted, y)"), "torch.eq(predicted, y)"),
        found=(
            Found(2, "32 by 32", "torch.eq(predicted, y.reshape(predicted.shape))", "contract"),
        ),
    ),
    Example(
        "an expression",
        _program(_written("(f(x) == y)"), "f(x) == y"),
        found=(Found(2, "32 by 32", None, "contract"),),
    ),
    Example("any match among all pairs", _program(TEXT.replace(".float().mean()", ".any(1)"))),
    Example("the diagonal", _program(TEXT.replace(".float().mean()", ".diagonal()"))),
    Example("no comparison of these shapes", sample(TEXT, framework="torch", trace=Trace(steps=5))),
    Example("two steps", sample(TEXT, framework="torch", trace=Trace(steps=2))),
)
