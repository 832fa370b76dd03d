"""A learning rate outside the band of its optimizer.

What it finds
    A learning rate that is far too high or too low for the optimizer that uses it.
Why it hurts
    Too high, and the steps jump over the minimum: the loss swings or grows without bound. Too low,
    and the training ends before it arrives.
How it is measured
    The rate of the first step against the band below. SGD without normalization layers tolerates
    less than with them. Where the warm-up's loss became infinite or grew tenfold under such a rate,
    that is stated, and the finding is more than advice.
When it is right
    With a schedule that warms up; fine-tuning of a pretrained model at 2e-5; SGD at 0.1 with batch
    normalization. These are inside the bands.
Example
    model.compile(loss="categorical_crossentropy", optimizer=Adam(learning_rate=0.1))
Instead
    model.compile(loss="categorical_crossentropy", optimizer=Adam(learning_rate=0.001))
The fix
    The optimizer's usual rate (0.001 for the Adam family, 0.01 for SGD). Not safe: the best rate
    must be measured.
Sources
    Theia section 4.1.11 (LOB: 0.0001 to 0.01 for every optimizer); Kingma and Ba 2015; Bengio 2012,
    Practical recommendations, section 3.1.1; Zeiler 2012 for Adadelta's rate of 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import (
    Change,
    Declined,
    FixPlan,
    RemoveArgument,
    ReplaceExpression,
    SetArgument,
)
from analyzer.observed import OptimizerUse, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import data_seen, first_site, learner_seen, number, proof
from analyzer.rules.reading.rates import BANDS, Band
from analyzer.rules.reading.stack import NORMALIZATIONS
from analyzer.rules.samples import conv, dense, other, sample

NORMALIZED_SGD_HIGH = 1.0  # with normalization layers the scale of the weights does not matter
PRETRAINED_LOW = 1e-7  # fine-tuning of a pretrained model
ROUNDING = (
    1e-6  # relative; frameworks keep the rate in single precision: 0.05 comes back above 0.05
)
GROWTH = 10.0  # times the largest of the first losses: more than any healthy warm-up shows
FIRST_STEPS = 3  # steps whose losses are the measure of growth


class LearningRate(Rule):
    """The steps are too long or too short."""

    code = "FL401"
    name = "learning-rate-out-of-band"
    paper = "LOB"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.75
    needs = ("optimizer",)
    why = (
        "The usable learning rate depends on the optimizer and on normalization layers; far outside"
        " the band training diverges or crawls (Theia, LOB; Bengio 2012)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every optimizer whose learning rate is known."""
        assert program.learner is not None
        for optimizer in program.learner.optimizers:
            band, rate = _band(program, optimizer), optimizer.learning_rate
            if band is None:
                continue
            if rate is None:
                yield self.unchecked(f"the learning rate of {optimizer.name} is not known")
                continue
            site = first_site(optimizer.learning_rate_site, optimizer.site)
            high = rate > band.high * (1 + ROUNDING)
            low = rate < band.low * (1 - ROUNDING) and not optimizer.scheduled
            if site is None or not (high or low):
                continue
            grew = _growth(program) if high else None
            yield Suspicion(
                site=site,
                message=_message(optimizer, band, grew),
                evidence=Evidence(static={"learning_rate": rate}, trace=grew),
                fix=_fix(program, optimizer, band),
                proof=proof(grew is not None, learner_seen(program), data_seen(program)),
                confidence=0.9 if grew else None,
            )


def _band(program: Program, optimizer: OptimizerUse) -> Band | None:
    band = BANDS.get(optimizer.name)
    graph = program.graph
    if band is None or graph is None:
        return band
    low = PRETRAINED_LOW if graph.backbone else band.low
    normalized = any(layer.op in NORMALIZATIONS for layer in graph.layers)
    high = NORMALIZED_SGD_HIGH if optimizer.name == "sgd" and normalized else band.high
    return Band(low, high, band.usual)


def _growth(program: Program) -> str | None:
    """How the loss of the warm-up grew; None when it stayed within bounds.

    Only a known loss is bounded below, so that its growth means something; a critic's score, say,
    may rise. A first loss near zero is no measure either: the largest of the first steps is.
    """
    loss = program.trace.loss if program.trace else ()
    if not loss or not math.isfinite(loss[0]):
        return None
    wild = next((step for step, value in enumerate(loss) if not math.isfinite(value)), None)
    if wild is not None:
        return f"the loss was not finite after {wild} steps"
    if program.learner is None or any(use.custom for use in program.learner.losses):
        return None
    last = sorted(loss[-5:])[len(loss[-5:]) // 2]
    if len(loss) > 2 * FIRST_STEPS and last > GROWTH * max(map(abs, loss[:FIRST_STEPS])):
        return f"the loss grew from {number(loss[0])} to {number(last)} in {len(loss)} steps"
    return None


def _message(optimizer: OptimizerUse, band: Band, grew: str | None) -> str:
    rate = optimizer.learning_rate or 0.0
    side = "above" if rate > band.high else "below"
    limit = number(band.high if rate > band.high else band.low)
    message = (
        f"The learning rate {number(rate)} is {side} {limit}, the usual bound of {optimizer.name}"
    )
    return f"{message}: {grew}." if grew else f"{message}."


def _fix(program: Program, optimizer: OptimizerUse, band: Band) -> FixPlan | Declined:
    call = program.source.at(optimizer.site)
    given = None
    for keyword in ("learning_rate", "lr"):
        given = given or (call.argument(keyword) if call else None)
    if given is None or not given.known:
        return Declined("the learning rate is not written as a number")
    place = given.value_site or given.site
    text = f"{band.usual:g}"
    changes: tuple[Change, ...] = (ReplaceExpression(place, text),)
    if given.keyword == "lr" and program.framework != "torch" and call is not None:
        # The old keyword goes with the old value: its renaming would bring the value back.
        changes = (RemoveArgument(call.site, "lr"), SetArgument(call.site, "learning_rate", text))
    return FixPlan(f"start with a learning rate of {text}", changes, safe=False)


KERAS = """
model.add(Dense(10, activation="softmax"))
model.compile(loss="mse", optimizer=Adam(learning_rate=0.1))
"""
SGD = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
"""
NET = (conv(1, 8, "relu"), dense(1, 2))

EXAMPLES = (
    Example(
        "Adam at 0.1",
        sample(
            KERAS,
            layers=(dense(1, 10, "softmax"),),
            optimizer="adam",
            optimizer_line=2,
            optimizer_facts={"learning_rate": 0.1},
        ),
        found=(Found(2, "0.1 is above 0.01, the usual bound of adam", "learning_rate=0.001"),),
    ),
    Example(
        "the old keyword goes with the old value",
        sample(
            "sgd = SGD(lr=3.0, momentum=0.9)",
            layers=(dense(1, 10, "softmax"),),
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 3.0},
        ),
        found=(Found(1, "3 is above 0.05", "SGD(momentum=0.9, learning_rate=0.01)"),),
    ),
    Example(
        "SGD at 0.1 without normalization layers",
        sample(
            SGD,
            framework="torch",
            layers=NET,
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 0.1},
        ),
        found=(Found(1, "above 0.05", "lr=0.01"),),
    ),
    Example(
        "a loss that grows is more than advice",
        sample(
            SGD,
            framework="torch",
            layers=NET,
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 3.0},
            trace=Trace(steps=8, loss=(0.5, 0.6, 0.9, 3.0, 80.0, 9e3, 9e5, 9e9)),
            data={"source": "program"},
        ),
        found=(Found(1, "the loss grew from 0.5", "lr=0.01", "contract"),),
    ),
    Example(
        "SGD at 0.1 with batch normalization",
        sample(
            SGD,
            framework="torch",
            layers=(conv(1, 8), other(1, "batch_norm", "BatchNorm2d"), dense(1, 2)),
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 0.1},
        ),
    ),
    Example(
        "the upper bound, as single precision writes it",
        sample(
            SGD,
            framework="torch",
            layers=NET,
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 0.05000000074505806},
        ),
    ),
    Example(
        "fine-tuning at 2e-5",
        sample(
            SGD,
            framework="torch",
            layers=NET,
            graph={"backbone": True},
            optimizer="adamw",
            optimizer_line=1,
            optimizer_facts={"learning_rate": 2e-5},
        ),
    ),
    Example(
        "an optimizer without a band",
        sample(SGD, framework="torch", layers=NET, optimizer="lbfgs", optimizer_line=1),
    ),
    Example(
        "a rate that was not seen",
        sample(SGD, framework="torch", layers=NET, optimizer="adam", optimizer_line=1),
        unchecked="is not known",
    ),
)
