"""Raw scores that are compared with one half.

What it finds
    Accuracy that counts raw scores above 0.5 as "yes", under a loss that applies sigmoid itself:
    a comparison with 0.5 or a rounding in PyTorch, "accuracy" or BinaryAccuracy in Keras.
Why it hurts
    A probability of one half is a score of 0. Scores between 0 and 0.5 mean "yes" and are counted
    as "no": up to a probability of 0.62 the figure disagrees with the model.
How it is measured
    The model's own output, recognised by its memory, where it is compared or rounded, and its
    range, which leaves 0..1; in Keras the metric's name and the range of the predictions.
When it is right
    After sigmoid, or with threshold 0.
Example
    hits = ((logits > 0.5) == y).sum()
Instead
    hits = ((logits > 0) == y).sum()
The fix
    Threshold 0 in place of 0.5.
Sources
    PyTorch documentation of BCEWithLogitsLoss; Keras documentation of BinaryAccuracy, "threshold".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, EnsureImport, FixPlan, ReplaceExpression
from analyzer.observed import Observation, OutputUse, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import only_loss, takes_logits
from analyzer.rules.reading.mends import text_at
from analyzer.rules.reading.proof import first_loss_seen, number
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import at, sample

HALF = 0.5
SLACK = 1e-3
COMPARISON = re.compile(r"(?P<left>.+?)\s*(?P<sign>>=?)\s*0?\.50*")
BINARY_ACCURACIES = frozenset({"accuracy", "acc", "binary_accuracy"})
HALF_BY_DEFAULT = re.compile(r"""['"](?:accuracy|acc|binary_accuracy)['"]|BinaryAccuracy\(\)""")
BINARY_LOGITS = frozenset({"bce_with_logits", "binary_crossentropy"})


class ThresholdOnScores(Rule):
    """A score of one half is no probability of one half."""

    code = "FL686"
    name = "threshold-on-scores"
    kind = "metric"
    severity = "warning"
    confidence = 0.95
    needs = ("loss", "trace")
    why = (
        "The loss takes raw scores, where an even chance is 0; 0.5 is the threshold of"
        " probabilities (PyTorch documentation of BCEWithLogitsLoss)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Comparisons of the model's output, or the metric of compile."""
        loss = only_loss(program)
        if loss is None or loss.name not in BINARY_LOGITS or not takes_logits(loss):
            return
        yield from _in_torch(program) if program.framework == "torch" else _in_keras(program)


def _in_torch(program: Program) -> Iterator[Suspicion]:
    assert program.trace is not None
    for use in program.trace.output_uses:
        if use.site is None or not _leaves_unit_range(use.lowest, use.highest):
            continue
        if use.operation == "round" or use.threshold == HALF:
            what = "compared with 0.5" if use.operation == "above" else "rounded"
            yield Suspicion(
                site=use.site,
                message=f"Raw scores from {_range(use)} are {what}; 0 stands for an even chance.",
                evidence=Evidence(trace={"lowest": use.lowest, "highest": use.highest}),
                fix=_fix(program, use),
                proof="contract",
            )


def _in_keras(program: Program) -> Iterator[Suspicion]:
    learner, seen = program.learner, first_loss_seen(program)
    assert learner is not None
    named = [name for name in learner.metrics if name in BINARY_ACCURACIES]
    if seen is None or not named or learner.metrics_site is None:
        return
    if not HALF_BY_DEFAULT.search(text_at(program.source, learner.metrics_site) or ""):
        return  # a threshold of its own
    if _leaves_unit_range(seen.prediction_min, seen.prediction_max):
        low, high = number(seen.prediction_min or 0.0), number(seen.prediction_max or 0.0)
        yield Suspicion(
            site=learner.metrics_site,
            message=(
                f"{named[0]} counts scores above 0.5, but the model gives raw scores from {low} to"
                f" {high}; an even chance is a score of 0."
            ),
            evidence=Evidence(
                trace={"lowest": seen.prediction_min, "highest": seen.prediction_max}
            ),
            fix=_keras_fix(program, learner.metrics_site),
            proof="contract",
        )


def _leaves_unit_range(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and (low < -SLACK or high > 1 + SLACK)


def _range(use: OutputUse) -> str:
    return f"{number(use.lowest or 0.0)} to {number(use.highest or 0.0)}"


def _fix(program: Program, use: OutputUse) -> FixPlan | Declined:
    text = use.site and text_at(program.source, use.site)
    match = COMPARISON.fullmatch(text or "")
    if match is None or use.site is None:
        return Declined("the threshold is not written as a comparison that one edit can change")
    changed = ReplaceExpression(use.site, f"({match['left']} {match['sign']} 0)")
    return FixPlan("use 0, the score of an even chance", (changed,))


def _keras_fix(program: Program, site: Site) -> FixPlan | Declined:
    text = text_at(program.source, site)
    if program.framework != "keras" or text not in ('["accuracy"]', "['accuracy']"):
        return Declined("the metric is not written as a list that one edit can change")
    metric = "[keras.metrics.BinaryAccuracy(threshold=0.0)]"
    return FixPlan(
        "use 0, the score of an even chance",
        (ReplaceExpression(site, metric), EnsureImport("keras")),
    )


TEXT = "hits = ((logits > 0.5) == y).sum()"
KERAS = """
import keras
model.compile("adam", loss, metrics=["accuracy"])
"""


def _program(loss: str = "bce_with_logits", **facts: object) -> Program:
    site = Site(path=PATH, line=1, column=9, end_line=1, end_column=21)
    base = {"operation": "above", "threshold": 0.5, "shape": (32,), "site": site}
    base |= {"lowest": -4.0, "highest": 5.0}
    use = OutputUse.model_validate({**base, **facts})
    trace = Trace(steps=20, output_uses=(use,))
    return sample(TEXT, framework="torch", loss=loss, trace=trace, observation=Observation())


EXAMPLES = (
    Example(
        "logits above one half",
        _program(),
        found=(Found(1, "from -4 to 5 are compared with 0.5", "(logits > 0)", "contract"),),
    ),
    Example(
        "rounded logits",
        _program(operation="round", threshold=None, site=at(1)),
        found=(Found(1, "are rounded", None, "contract"),),
    ),
    Example(
        "Keras' accuracy on logits",
        sample(
            KERAS,
            loss="binary_crossentropy",
            loss_facts={"from_logits": True},
            learner={
                "metrics": ("accuracy",),
                "metrics_site": Site(path=PATH, line=2, column=36, end_line=2, end_column=48),
            },
            trace=Trace.model_validate(
                {"steps": 5, "loss_seen": [{"prediction_min": -3.0, "prediction_max": 2.0}]}
            ),
        ),
        found=(Found(2, "raw scores from -3 to 2", "BinaryAccuracy(threshold=0.0)", "contract"),),
    ),
    Example("threshold 0", _program(threshold=0.0)),
    Example("probabilities", _program("bce", lowest=0.0, highest=1.0)),
    Example("scores that stay in 0..1 so far", _program(lowest=0.1, highest=0.9)),
)
