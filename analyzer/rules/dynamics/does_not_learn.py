"""A program that does not learn.

What it finds
    A loss that is the same number in every step of the warm-up. Where no other finding explains a
    program that stays at chance, a search over edits also speaks in this rule's name, with the kind
    of the edit that made it learn.
Why it hurts
    Nothing is learned: no gradient arrives, or nothing uses it.
How it is measured
    The losses of at least ten steps are equal to the last bit. The search compares short trainings
    with and without an edit, on samples held out from both, under paired seeds: the usual edits
    together, pruned to those that are missed, then each of them alone. A search that time has ended
    is reported as such, and is not one that found nothing. Where edits that help are to be written
    (`--fix`, `--diff`), a program that learns but falls short of four fifths of the way from chance
    to perfection is searched too; what helps there is advice.
When it is right
    Never: batches differ, and so do the losses of a model that learns.
Example
    model.fit(x, y)
Instead
    model.compile(loss="mse", optimizer=Adam(1e-3))
    model.fit(x, y)
The fix
    None for a constant loss, whose cause has a finding of its own as a rule; the search offers the
    edit that made the program learn.
Sources
    Wardat, Le, Rajan 2021, DeepLocalize, "constant loss"; Braiek and Khomh 2022, TheDeepChecker.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import first_site, number
from analyzer.rules.reading.starving import STARVING
from analyzer.rules.samples import at, dense, sample

FEWEST_STEPS = 10


class DoesNotLearn(Rule):
    """The loss never changes, or the program stays at chance where one edit lets it learn."""

    code = "FL505"
    name = "does-not-learn"
    kind = "loss"
    severity = "warning"
    confidence = 0.9
    needs = ("trace",)
    why = (
        "Batches differ, so the losses of a model that learns differ too (DeepLocalize, constant"
        " loss)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The losses of the warm-up."""
        assert program.trace is not None
        losses = program.trace.loss
        if len(losses) < FEWEST_STEPS:
            yield self.unchecked(f"needs the losses of {FEWEST_STEPS} steps, seen {len(losses)}")
            return
        learner = program.learner
        site = first_site(
            *(use.site for use in (learner.losses if learner else ())),
            learner.fit_site if learner else None,
        )
        if len(set(losses)) > 1:
            return
        if site is None:
            yield self.unchecked("needs the place of the loss or of the training, not seen")
        else:
            yield Suspicion(
                site=site,
                message=f"The loss was {number(losses[0])} in each of {len(losses)} steps.",
                evidence=Evidence(trace={"loss": losses[0], "steps": len(losses)}),
                fix=Declined("a constant loss has several causes"),
                proof="contract",
                yields_to=STARVING,
            )


FIT = "model.fit(x, y)"


def _program(*losses: float) -> Program:
    return sample(
        FIT,
        layers=(dense(1, 1),),
        learner={"fit_site": at(1)},
        trace=Trace(steps=len(losses), loss=losses),
    )


EXAMPLES = (
    Example(
        "the same loss in every step",
        _program(*([0.6931] * 60)),
        found=(Found(1, "in each of 60 steps", None, "contract"),),
    ),
    Example("a loss that falls", _program(*(1.0 / step for step in range(1, 61)))),
    Example("too few steps", _program(0.5, 0.5), unchecked="needs the losses of 10 steps"),
)
