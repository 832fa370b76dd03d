"""What the framework itself warns of.

What it finds
    Warnings of PyTorch and Keras that are nearly always right, with the program's own line.
Why it hurts
    They scroll away in the output of a long training. Each of them tells of something that has no
    effect or the wrong one; the message says which.
How it is measured
    The warnings that the run showed, against a table of exact beginnings.
When it is right
    Warnings about style, workers, versions and deprecations are not in the table. Where a rule of
    its own says more about the same line, that one speaks.
Example
    rnn = nn.LSTM(8, 32, num_layers=1, dropout=0.3)
Instead
    rnn = nn.LSTM(8, 32, num_layers=2, dropout=0.3)
The fix
    None is offered here: the rules of their own have the edits.
Sources
    The sources of PyTorch 2 and Keras 3, where the messages stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.kinds import Kind, Severity
from analyzer.observed import Observation, SeenWarning, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.samples import at, sample


class Known(NamedTuple):
    """One message of a framework.

    Attributes:
        pattern: where it begins, or what it contains.
        says: what it means for the program, one sentence without its full stop.
        exact: rules that say the same about the program with more detail.
    """

    pattern: re.Pattern[str]
    kind: Kind
    severity: Severity
    says: str
    exact: tuple[str, ...]


def _known(pattern: str, kind: Kind, severity: Severity, says: str, *exact: str) -> Known:
    return Known(re.compile(pattern, re.IGNORECASE), kind, severity, says, exact)


TABLE: tuple[Known, ...] = (
    _known(
        r"using a target size .* that is different to the input size",
        "data_shape",
        "error",
        "the loss broadcasts predictions and targets of different shapes against each other",
        "broadcast-targets",
        "all-pairs-difference",
    ),
    _known(
        r"dropout option adds dropout after all but last recurrent layer",
        "dropout",
        "warning",
        "the dropout of a recurrent layer of depth one is never applied",
    ),
    _known(
        r"none of the inputs have requires_grad=True",
        "parameters",
        "error",
        "a checkpointed part gets no input with gradients, so its parameters get none",
    ),
    _known(
        r"the \.grad attribute of a tensor that is not a leaf tensor is being accessed",
        "parameters",
        "error",
        "the gradient of a computed tensor is read, and it is always None",
    ),
    _known(
        r"gradients do not exist for variables",
        "parameters",
        "advice",  # a pretrained part may have a head that nobody uses
        "no gradient reaches some of the variables, so they never move",
    ),
    _known(
        r"received `from_logits=True`, but the `output` argument was produced by a",
        "output_activation",
        "error",
        "the output has an activation and the loss, told to expect logits, applies it once more",
        "activation-before-logits-loss",
    ),
    _known(
        r"using a softmax over axis .* of a tensor of shape .*1\)",
        "output_activation",
        "error",
        "a softmax over one unit is always 1",
        "single-unit-softmax",
    ),
    _known(
        r"early stopping conditioned on metric .* which is not available",
        "metric",
        "warning",
        "early stopping watches a metric that does not exist and never stops",
        "monitor-not-in-logs",
    ),
    _known(
        r"can save best model only with .* available",
        "metric",
        "warning",
        "the checkpoint watches a metric that does not exist and is never saved",
        "monitor-not-in-logs",
    ),
    _known(
        r"learning rate reduction is conditioned on metric .* which is not available",
        "metric",
        "warning",
        "the schedule watches a metric that does not exist and never lowers the rate",
        "monitor-not-in-logs",
    ),
    _known(
        r"your input ran out of data; interrupting training",
        "epochs",
        "warning",
        "the data ends before the epochs that were asked for",
    ),
)


class FrameworkWarning(Rule):
    """A warning that scrolled away."""

    code = "FL620"
    name = "framework-warning"
    kind = "api"
    severity = "error"
    confidence = 0.9
    needs = ()
    why = "The framework checks this itself and warns once, in the middle of the output."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The run's warnings that are in the table, each line and message once."""
        if program.observation is None or program.trace is None:
            yield self.unchecked("needs the warnings of a run, not seen")
            return
        told: set[tuple[str, int]] = set()
        for warning in program.warnings:
            known = next((k for k in TABLE if k.pattern.search(warning.message)), None)
            if known is None or warning.site is None or _invented(program, known):
                continue
            mark = (known.says, warning.site.line)
            if mark not in told:
                told.add(mark)
                yield _suspicion(known, warning)


def _invented(program: Program, known: Known) -> bool:
    """Whether the warning is about the length of data that was invented for the run."""
    data = program.observation.data if program.observation else None
    return known.kind == "epochs" and data is not None and data.source == "stand_in"


def _suspicion(known: Known, warning: SeenWarning) -> Suspicion:
    assert warning.site is not None
    return Suspicion(
        site=warning.site,
        message=f"{known.says[0].upper()}{known.says[1:]} ({warning.category} of the framework).",
        evidence=Evidence(trace={"warning": warning.message}),
        fix=Declined("the warning names the fault and not one place to mend it"),
        kind=known.kind,
        severity=known.severity,
        proof="contract",
        yields_to=known.exact,
    )


LSTM = "rnn = nn.LSTM(8, 32, num_layers=1, dropout=0.3)"
MESSAGE = (
    "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects"
    " num_layers greater than 1, but got dropout=0.3 and num_layers=1"
)


def _program(message: str | None) -> Program:
    seen = () if message is None else (SeenWarning(category="UserWarning", message=message),)
    placed = tuple(w.model_copy(update={"site": at(1)}) for w in seen)
    made = sample(LSTM, framework="torch", trace=Trace(steps=60), observation=Observation())
    return replace(made, warnings=placed)


EXAMPLES = (
    Example(
        "dropout that is never applied",
        _program(MESSAGE),
        found=(Found(1, "depth one is never applied", None, "contract", "dropout"),),
    ),
    Example("advice about workers", _program("This DataLoader will create 8 worker processes")),
    Example("no warning", _program(None)),
    Example("no run", sample(LSTM, framework="torch"), unchecked="needs the warnings of a run"),
)
