"""Experiments as a part of a review: within its session, its budget and its limits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from analyzer.experiments.candidates import Candidate
from analyzer.experiments.outcomes import withdrawn
from analyzer.experiments.runs import SAMPLES, SECONDS, STEPS, Run, Trainings
from analyzer.experiments.standing import (
    gains,
    is_advice,
    is_contract,
    is_refused,
    is_suspicion,
    rests_on_a_rule,
    unshown,
)
from analyzer.fixing.edits import FixPlan
from analyzer.fusion import Verdict
from analyzer.kinds import Problem
from analyzer.limits import Limits
from analyzer.mending import Mend, Recheck
from analyzer.observed import Observation
from analyzer.options import Options
from analyzer.rechecking import verify
from analyzer.repairs.base import Repair
from analyzer.repairs.catalogue import repairs_for
from analyzer.repairs.companions import beside
from analyzer.rules.base import Program
from analyzer.rules.registry import rule_named
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.sandbox.session import Session
from analyzer.source.files import SourceFile
from analyzer.witnesses import witnesses_of

SHARE = 8
"""Part of the time left that one training may take: three pairs with room to spare.

Small models end at their steps long before; for a large one a single comparison of trainings that
show something is worth more than several that do not.
"""
SHORTEST = 1.0
STEPS_NEEDED = frozenset({"trace", "census", "order", "loader"})
"""Needs of rules that a run without many training steps does not meet."""


def why_unprovable(seen: Observation | None) -> str | None:
    """Why nothing can be proven of this program by experiment; None when it can be tried."""
    if seen is None:
        return "the program was not run"
    if seen.trace is not None and seen.trace.steps:
        return None
    if seen.graph is not None and seen.trouble is not None and seen.trouble.cause == "crash":
        return None  # an edit may be what makes it train
    return "the program was not seen to train"


def is_invented(seen: Observation | None) -> bool:
    """Whether the program ran on invented data."""
    return seen is not None and seen.data is not None and seen.data.source == "stand_in"


def need_steps(mends: Sequence[Mend]) -> bool:
    """Whether a finding that an experiment may speak for is seen in training steps alone."""
    tried = [mend for mend in mends if is_suspicion(mend) or is_advice(mend)]
    return any(STEPS_NEEDED & set(rule_named(m.judged.finding.rule).needs) for m in tried)


def worth_two(mends: Sequence[Mend], options: Options, *, advice: bool) -> bool:
    """Whether a second sandbox for the other side of each pair is worth its start.

    On a busy machine two runs take twice as long as one.
    """
    tried = [m for m in mends if is_contract(m) or is_suspicion(m) or (advice and is_advice(m))]
    cores = os.cpu_count() or 1
    return len(tried) > 1 and options.jobs == 1 and os.getloadavg()[0] < cores


def trainings_of(
    request: Request,
    session: Session,
    options: Options,
    problem: Problem,
    until: float,
    beside: Session | None = None,
) -> Trainings:
    """The runs of a review's experiments.

    Args:
        request: as the program was observed.
        until: of `time.monotonic`; no run begins that would end after it.
        beside: a second session, for the other side of each pair.
    """
    left = max(SHORTEST, until - time.monotonic())
    asked = ExperimentRequest(
        steps=STEPS,
        seconds=max(SHORTEST, min(SECONDS, left / SHARE)),
        samples=SAMPLES,
        problem=problem,
    )

    def within(where: Session) -> Run:
        def run(asked: Request) -> Observation:
            wall = max(SHORTEST, until - time.monotonic())
            limits = replace(Limits(), wall_seconds=wall, interrupt=options.interrupt)
            return where.observe(asked, limits=limits)

        return run

    other = None if beside is None else within(beside)
    return Trainings(request, within(session), asked, until, other=other)


def candidates_for(mends: Sequence[Mend], program: Program) -> tuple[Candidate, ...]:
    """Further edits of the catalogue for suspicions and advice, and companions of refused edits."""
    found: list[Candidate] = []
    priors = witnesses_of(program).priors
    for mend in mends:
        plan = mend.judged.plan
        repairs: Iterable[Repair] = ()
        if is_suspicion(mend) or is_advice(mend):
            repairs = repairs_for(mend.judged.finding.kind, program, priors)
        elif is_refused(mend) and isinstance(plan, FixPlan):
            repairs = beside(plan, program)
        found += [
            Candidate(repair.plan, mend.judged, likelihood=repair.likelihood)
            for repair in repairs
            if repair.plan.changes != mend.changes
        ]
    return tuple(found)


def check_raised(
    mends: Sequence[Mend],
    before: Verdict,
    file: SourceFile,
    recheck: Recheck,
    *,
    advice: bool = False,
) -> tuple[Mend, ...]:
    """What an experiment speaks for must pass the same check as every posted edit.

    Args:
        advice: whether edits of advice that no experiment can speak for are checked as well.
    """

    def waits(mend: Mend) -> bool:
        plain = advice and not mend.posted and not rests_on_a_rule(mend)
        return mend.verified is None and (mend.proven or gains(mend) or plain)

    checked = {id(mend): mend for mend in mends if waits(mend)}
    results = verify(list(checked.values()), before, file, recheck)
    checked = dict(zip(checked, results, strict=True))
    after = [checked.get(id(mend), mend) for mend in mends]
    return unshown(withdrawn(m) if m.proven and m.verified is False else m for m in after)
