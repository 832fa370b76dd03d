"""Evaluation that records gradients.

What it finds
    Forward passes on held-out data with gradients on, that no backward pass follows.
Why it hurts
    The graph of every batch is built and thrown away: time and, above all, memory, which bounds
    the batch size. The figures are the same.
How it is measured
    Whether gradients were on at passes on batches of another loader than the training loader, or
    in code that speaks of validation, and that nothing differentiated them.
When it is right
    Where the evaluation itself needs gradients, as for attacks or saliency: it calls backward, and
    is not reported.
Example
    def evaluate(model, loader):
        model.eval()
        for x, y in loader:
            outputs = model(x)
Instead
    def evaluate(model, loader):
        model.eval()
        with torch.no_grad():
            for x, y in loader:
                outputs = model(x)
The fix
    `with torch.no_grad():` around the loop that evaluates. Safe.
Sources
    PyTorch documentation of torch.no_grad: it disables recording, and not train mode.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import (
    Declined,
    EnsureImport,
    FixPlan,
    InsertBefore,
    RemoveStatement,
)
from analyzer.observed import Census, EvaluationSeen, Observation, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.evaluations import beginning, evaluations, why_unseen
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample


class GradientsInEvaluation(Rule):
    """Graphs that nobody asks for."""

    code = "FL608"
    name = "gradients-in-evaluation"
    kind = "performance"
    severity = "advice"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = "no_grad spares time and memory in evaluation; it is not eval() (PyTorch documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The passes on held-out data, by place."""
        assert program.observation is not None
        census = program.observation.census
        assert census is not None
        reason = why_unseen(program, census)
        if reason is not None:
            yield self.unchecked(reason)
            return
        for seen in evaluations(program, census):
            if seen.gradients and seen.site is not None:
                words = count(seen.gradients, "validation pass").replace("passs", "passes")
                yield Suspicion(
                    site=seen.site,
                    message=f"{words} recorded gradients that nothing used.",
                    evidence=Evidence(trace={"with_gradients": seen.gradients}),
                    fix=_without(program, seen),
                    proof="contract",
                )


def _without(program: Program, seen: EvaluationSeen) -> FixPlan | Declined:
    """The statement that evaluates, within `with torch.no_grad():`."""
    found = beginning(program, seen.site)
    if found is None:
        return Declined("where validation begins was not found in the source")
    where = found[0]
    block = "\n".join(program.source.lines[where.line - 1 : where.end_line])
    if any(quotes in block for quotes in ('"""', "'''")):
        return Declined("the statement holds a text of several lines")
    text = "with torch.no_grad():\n" + textwrap.indent(textwrap.dedent(block), "    ")
    changes = (InsertBefore(where, text), RemoveStatement(where), EnsureImport("torch"))
    return FixPlan("evaluate without gradients", changes)


EVALUATE = """
import torch

def evaluate(model, loader):
    model.eval()
    for x, y in loader:
        outputs = model(x)
"""


def _program(*, ended: str = "program_end", **facts: object) -> Program:
    seen = {"site": at(6), "function": "evaluate", "calls": 4, "gradients": 4}
    evaluation = EvaluationSeen.model_validate({**seen, **facts})
    census = Census(trainable=4, evaluations=(evaluation,), evaluated=bool(evaluation.calls))
    trace = Trace.model_validate({"steps": 60, "ended": ended})
    return sample(EVALUATE, framework="torch", trace=trace, observation=Observation(census=census))


EXAMPLES = (
    Example(
        "gradients on",
        _program(),
        found=(
            Found(
                6,
                "4 validation passes",
                "    with torch.no_grad():\n        for x, y in loader:\n            outputs",
                "contract",
            ),
        ),
    ),
    Example("gradients off", _program(gradients=0)),
    Example(
        "no validation", _program(function="encode", other_loader=None, gradients=4, site=None)
    ),
    Example("not reached", _program(calls=0, ended="steps"), unchecked="not reached"),
)
