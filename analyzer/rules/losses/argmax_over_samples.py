"""The largest sample of each class in place of the largest class of each sample.

What it finds
    argmax (or max with an axis) over the first axis of class scores.
Why it hurts
    The first axis counts samples. What comes out is one sample number per class; compared with
    labels it gives an accuracy that says nothing.
How it is measured
    The model's own output, recognised by its memory, its shape (samples, classes), and the axis
    that argmax was called with; the training loss is a cross-entropy.
When it is right
    When the best sample of each class is wanted, to show examples; no labels follow then, and a
    comment that silences the rule says so.
Example
    hits = (logits.argmax(0) == y).sum()
Instead
    hits = (logits.argmax(1) == y).sum()
The fix
    The last axis in place of the first.
Sources
    PyTorch documentation of CrossEntropyLoss: classes lie on axis 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import OutputUse, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import CATEGORICAL, only_loss
from analyzer.rules.reading.mends import text_at
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import sample

AXIS = re.compile(r"(?P<before>.*(?:\(|, ?|dim=|axis=))0\)")


class ArgmaxOverSamples(Rule):
    """Samples are compared in place of classes."""

    code = "FL687"
    name = "argmax-over-samples"
    kind = "metric"
    severity = "warning"
    confidence = 0.93
    frameworks = frozenset({"torch"})
    needs = ("loss", "trace")
    why = "Axis 0 counts samples, axis 1 classes (PyTorch documentation of CrossEntropyLoss)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each argmax over the model's output."""
        loss = only_loss(program)
        assert program.trace is not None
        if loss is None or loss.name not in CATEGORICAL:
            return
        for use in program.trace.output_uses:
            if use.operation != "argmax" or use.axis != 0 or len(use.shape) != 2:
                continue
            if use.site is None or min(size or 0 for size in use.shape) < 2:
                continue
            yield Suspicion(
                site=use.site,
                message=(
                    f"The largest value is sought along axis 0 of scores {use.shape}: among the"
                    f" {use.shape[0]} samples, not among the {use.shape[1]} classes."
                ),
                evidence=Evidence(trace={"shape": use.shape, "axis": 0}),
                fix=_fix(program, use.site),
                proof="contract",
            )


def _fix(program: Program, site: Site) -> FixPlan | Declined:
    match = AXIS.fullmatch(text_at(program.source, site) or "")
    if match is None:
        return Declined("the axis is not written as the last argument")
    return FixPlan("compare classes", (ReplaceExpression(site, f"{match['before']}1)"),))


TEXT = "hits = (logits.argmax(0) == y).sum()"


def _program(loss: str = "cross_entropy", **facts: object) -> Program:
    site = Site(path=PATH, line=1, column=8, end_line=1, end_column=24)
    base = {"operation": "argmax", "axis": 0, "shape": (32, 10), "site": site}
    use = OutputUse.model_validate({**base, **facts})
    trace = Trace(steps=20, output_uses=(use,))
    return sample(TEXT, framework="torch", loss=loss, trace=trace)


EXAMPLES = (
    Example(
        "the first axis",
        _program(),
        found=(Found(1, "among the 32 samples", "logits.argmax(1)", "contract"),),
    ),
    Example("classes", _program(axis=1)),
    Example("one sample without a batch axis", _program(shape=(10,))),
    Example("another loss", _program("mse")),
)
