"""A regression output that cannot reach its targets.

What it finds
    sigmoid, tanh, softmax or relu on the output of a regression.
Why it hurts
    Sigmoid and softmax stay in 0..1, tanh in -1..1, relu above 0: targets outside are out of reach
    whatever the weights are, and at the edge of the range the gradient is zero.
How it is measured
    The last activation's range against minimum and maximum of the inspected targets; where the
    targets were not seen, the activation alone, as advice.
When it is right
    When a factor behind the activation widens its range, which the observed predictions show; when
    the targets are scaled into the range: targets in 0..1 under sigmoid are not reported.
Example
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="mse", optimizer="adam")
Instead
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
The fix
    The activation is taken away. Safe when targets lie outside the range.
Sources
    Theia section 4.1.10 (LLM); DeepDiagnosis, symptom "out of range".
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from analyzer.findings import Evidence, Unchecked
from analyzer.observed import LabelStats, LossSeen, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import RANGES, Head, only_head
from analyzer.rules.reading.losses import REGRESSION, only_loss
from analyzer.rules.reading.mends import drop_activation
from analyzer.rules.reading.proof import data_seen, graph_seen, learner_seen, number, proof
from analyzer.rules.samples import activation, dense, labels, sample

UNSEEN_CONFIDENCE = 0.7  # targets may have been scaled into the range by code that was not run


class BoundedRegressionOutput(Rule):
    """The activation's range does not cover the targets."""

    code = "FL107"
    name = "bounded-regression-output"
    paper = "LLM"
    kind = "output_activation"
    severity = "error"
    confidence = 0.96
    needs = ("graph", "loss")
    why = (
        "An output activation limits what a regression can predict; a linear output reaches every"
        " target (Theia, LLM; DeepDiagnosis, out of range)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output of a regression against its targets."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or loss.name not in REGRESSION:
            return
        if program.problem != "regression" or head.activation not in RANGES:
            return
        targets = _targets(program)
        if not head.certain or not head.fits(program):
            return
        if head.shaper is None or head.site is None or not _out_of_reach(head, targets):
            return
        seen = targets is not None
        yield Suspicion(
            site=head.site,
            message=_message(head, targets),
            evidence=Evidence(static={"output": head.words}, data=_span(targets)),
            fix=drop_activation(program, head.shaper),
            proof=proof(seen, graph_seen(program), learner_seen(program)),
            confidence=None if seen else UNSEEN_CONFIDENCE,
        )


def _targets(program: Program) -> LabelStats | None:
    stats = program.data.labels if program.data is not None and data_seen(program) else ()
    known = [each for each in stats if each.min is not None and each.max is not None]
    return known[0] if len(known) == 1 else None


def _out_of_reach(head: Head, targets: LabelStats | None) -> bool:
    if targets is None or targets.min is None or targets.max is None:
        return True
    low, high = RANGES[head.activation or ""]
    return targets.min < low or targets.max > high


def _span(targets: LabelStats | None) -> dict[str, float | None] | None:
    return None if targets is None else {"min": targets.min, "max": targets.max}


def _message(head: Head, targets: LabelStats | None) -> str:
    low, high = RANGES[head.activation or ""]
    reach = f"{number(low)} to {number(high)}" if high < inf else f"{number(low)} and above"
    start = f"The regression's output goes through {head.activation} and reaches {reach}"
    if targets is None or targets.min is None or targets.max is None:
        return f"{start} alone."
    return f"{start}, but the targets span {number(targets.min)} to {number(targets.max)}."


KERAS = """
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="mse", optimizer="adam")
"""

EXAMPLES = (
    Example(
        "targets beyond sigmoid",
        sample(
            KERAS,
            layers=(dense(1, 1, "sigmoid"),),
            loss="mean_squared_error",
            targets=labels("continuous", min=3.0, max=103.0),
            problem="regression",
        ),
        found=(Found(1, "the targets span 3 to 103", "model.add(Dense(1))", "contract"),),
    ),
    Example(
        "relu as a layer of its own, targets not seen",
        sample(
            """
            model.add(Dense(1))
            model.add(Activation('relu'))
            """,
            layers=(dense(1, 1), activation(2, "relu")),
            loss="mean_squared_error",
            problem="regression",
            origin="static",
        ),
        found=(Found(2, "reaches 0 and above alone", "model.add(Dense(1))\n"),),
    ),
    Example(
        "a factor behind the activation",
        sample(
            KERAS,
            framework="torch",
            layers=(dense(1, 1, "sigmoid"),),
            loss="mse",
            targets=labels("continuous", min=3.0, max=103.0),
            problem="regression",
            trace=Trace(
                steps=3, loss_seen=(LossSeen(calls=3, prediction_min=4.0, prediction_max=97.0),)
            ),
        ),
    ),
    Example(
        "targets scaled into the range",
        sample(
            KERAS,
            layers=(dense(1, 1, "sigmoid"),),
            loss="mean_squared_error",
            targets=labels("continuous", min=0.0, max=1.0),
            problem="regression",
        ),
    ),
    Example(
        "prices under relu",
        sample(
            KERAS,
            layers=(dense(1, 1, "relu"),),
            loss="mean_squared_error",
            targets=labels("continuous", min=12.0, max=950.0),
            problem="regression",
        ),
    ),
    Example(
        "a linear output",
        sample(
            KERAS,
            layers=(dense(1, 1),),
            loss="mean_squared_error",
            targets=labels("continuous", min=3.0, max=103.0),
            problem="regression",
        ),
    ),
    Example(
        "a classifier",
        sample(
            KERAS,
            layers=(dense(1, 1, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("binary", 2),
            problem="binary",
        ),
    ),
)
