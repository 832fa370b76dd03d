"""A training run that goes wrong while no rule says why.

What it finds
    A program that does not get ahead in its warm-up and shows a grave symptom besides: dead or
    saturated layers, gradients that vanish or explode, units that stay alike, steps out of all
    proportion. It names the likeliest cause, once.
Why it hurts
    A loss that does not fall and a layer that passes nothing on: longer training changes neither.
How it is measured
    The symptoms of the warm-up, each on its own page of the documentation (symptoms.md): one about
    the losses, and one about a layer or the steps of a strength of at least 0.8. The cause is the
    first of the ranked ones. It gives way to every finding that is proven, and to every other of
    its kind. Where the gradients of all trained layers are exactly zero at every point of the later
    half of the warm-up, no loss there is zero, and a layer returns nothing but zeros or the outputs
    do not depend on the inputs, it is a fact that nothing can be learned, and no
    longer advice.
When it is right
    Very short warm-ups of programs that begin slowly by intention; layers that are sparse by
    intention.
Example
    model.compile(loss="categorical_crossentropy", optimizer=SGD(3.0))
Instead
    model.compile(loss="categorical_crossentropy", optimizer=SGD(0.01))
The fix
    None of its own: edits for the cause are tried by experiment, and the one that helps is offered.
Sources
    Wardat et al. 2022, DeepDiagnosis; Zhang et al. 2021, AutoTrainer; Braiek and Khomh 2022,
    TheDeepChecker. That two kinds of symptoms must agree is ours: each alone makes false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.starving import STARVING
from analyzer.symptoms.base import Symptom
from analyzer.symptoms.causes import Cause, ranked_causes
from analyzer.symptoms.reading import FEWEST_STEPS, losses, weighted
from analyzer.symptoms.registry import examine
from analyzer.symptoms.samples import TEXT, Columns, falling, warmed

GRAVE = 0.8
"""Strength of a symptom of a layer or of the steps; sound programs stay below it."""
STUCK = 0.5
"""Strength of a symptom of the losses."""
CLEAR = 0.3
"""Score of the first cause below which nothing is said: the symptoms speak for anything."""
FEWEST_POINTS = 2
"""Points of the later half at which all gradients must be zero."""
SHUT = frozenset({"dying-relu", "outputs-independent-of-inputs"})
"""What shows that the gradients are missing because nothing passes, and not because a loss that
ends at a floor has arrived there."""
OF_LOSSES = frozenset(
    {
        "constant-loss",
        "diverging-loss",
        "oscillating-loss",
        "slow-loss",
        "one-batch-not-fitted",
        "outputs-independent-of-inputs",
    }
)
OF_LAYERS = frozenset(
    {
        "numerical-error",
        "vanishing-gradient",
        "exploding-gradient",
        "dying-relu",
        "saturated-activation",
        "unchanged-weights",
        "update-ratio-out-of-band",
        "identical-units",
        "large-weights",
        "outputs-independent-of-inputs",
        "out-of-range-output",
    }
)
SAID = {
    "learning_rate": "the learning rate",
    "normalization": "the scale of the inputs",
    "output_activation": "the output's activation",
    "hidden_activation": "the hidden activation",
    "batch_norm": "missing normalization",
}


class TroubleInTraining(Rule):
    """Symptoms agree that the training goes wrong."""

    code = "FL507"
    name = "trouble-in-training"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.7  # 41 of 50 on generated programs with seeded faults, by kind
    needs = ("trace",)
    why = (
        "Symptoms of the warm-up, which no rule explains and no experiment has settled"
        " (DeepDiagnosis; AutoTrainer); the cause is the likeliest of several."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """A symptom of the losses beside one of a layer or of the steps."""
        seen = losses(program)
        if len(seen) < FEWEST_STEPS:
            yield self.unchecked(f"needs the losses of {FEWEST_STEPS} steps, seen {len(seen)}")
            return
        found = examine(program).symptoms
        stuck = [each for each in found if each.name in OF_LOSSES and each.strength >= STUCK]
        grave = [each for each in found if each.name in OF_LAYERS and each.strength >= GRAVE]
        pairs = [(one, other) for one in grave for other in stuck if one.name != other.name]
        causes = [each for each in ranked_causes(found, program) if each.site is not None]
        if not causes or not grave:
            return
        shut = next((s for s in grave if s.name in SHUT and s.strength >= 1.0), None)
        starved = _starved(program)
        if starved and shut is not None:
            yield _suspicion(causes[0], _of_nothing(shut, starved), exact=True)
        elif pairs and causes[0].score >= CLEAR:
            yield _suspicion(causes[0], _of_both(*pairs[0]), exact=False)


def _starved(program: Program) -> int:
    """Points at the end at which no trained layer had any gradient; 0 when one had some."""
    late = [
        gradients[len(gradients) // 2 :]
        for each in weighted(program)
        if (gradients := each.column("gradient_norm"))
    ]
    seen = losses(program)
    if not late or any(any(each) for each in late) or 0.0 in seen[len(seen) // 2 :]:
        return 0
    fewest = min(map(len, late))
    return fewest if fewest >= FEWEST_POINTS else 0


def _of_nothing(grave: Symptom, points: int) -> str:
    return (
        f"The gradient of every layer was exactly zero in the last {points} steps that were looked"
        f" at: {_lower(grave.message).rstrip('.')}"
    )


def _of_both(grave: Symptom, stuck: Symptom) -> str:
    return f"{grave.message.rstrip('.')}, and {_lower(stuck.message).rstrip('.')}"


def _suspicion(cause: Cause, facts: str, *, exact: bool) -> Suspicion:
    assert cause.site is not None
    said = SAID.get(cause.kind, f"the {cause.kind.replace('_', ' ')}")
    return Suspicion(
        site=cause.site,
        message=f"{facts}; the likeliest cause is {said}.",
        evidence=Evidence(trace={"cause": cause.kind, "score": round(cause.score, 2)}),
        fix=Declined("the symptoms have several causes"),
        kind=cause.kind,
        proof="contract" if exact else "rule",
        severity="error" if exact else None,
        confidence=0.9 if exact else None,
        yields_to=STARVING if exact else (),
        last_resort=True,
    )


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


DEAD: Columns = {"output_mean": 0.0, "output_zero": 1.0, "output_dead": [0.1] * 4 + [1.0] * 16}
ALIVE = {"output_mean": 0.4, "output_zero": 0.5, "output_dead": 0.1}
HIGH: dict[str, Any] = {
    "text": TEXT.replace("SGD(0.01)", "SGD(3.0)"),
    "optimizer_facts": {"learning_rate": 3.0},
}
STARVED: Columns = {"gradient_norm": 0.0, "update_ratio": 0.0}
DONE: Columns = {"gradient_norm": [0.1] * 10 + [0.0] * 10}
FIRST: Columns = {"gradient_norm": [0.0] + [0.1] * 19}
STILL = falling(0.7, 0.7, noise=0.0)

EXAMPLES = (
    Example(
        "dead units and a loss that stays, at a rate of three",
        warmed(STILL, {0: ALIVE, 1: DEAD}, **HIGH),
        found=(Found(4, "the likeliest cause is the learning rate"),),
    ),
    Example(
        "dead units, and no layer gets a gradient",
        warmed([0.7, 0.71] * 30, {0: STARVED, 1: {**DEAD, **STARVED}, 2: STARVED}),
        found=(
            Found(
                2,
                "every layer was exactly zero in the last 10 steps",
                proof="contract",
                kind="initializer",
            ),
        ),
    ),
    Example(
        "a head that begins at zero keeps gradients away at the first step alone",
        warmed(falling(2.0, 0.2), {0: FIRST, 1: {**ALIVE, **FIRST}, 2: {"gradient_norm": 0.1}}),
    ),
    Example(
        "a margin that every sample has: no loss and no gradient",
        warmed((*falling(1.0, 0.01, 30), *[0.0] * 30), {0: DONE, 1: {**ALIVE, **DONE}, 2: DONE}),
    ),
    Example("dead units while the loss falls", warmed(falling(2.0, 0.2), {0: ALIVE, 1: DEAD})),
    Example("a loss that stays, and nothing else", warmed(falling(0.7, 0.7), {0: ALIVE})),
    Example("too few steps", warmed([math.nan] * 3), unchecked="needs the losses of 10 steps"),
)
