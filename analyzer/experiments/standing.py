"""Which mends are contracts, suspicions or advice, and which an experiment speaks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analyzer.mending import Mend


def is_contract(mend: Mend) -> bool:
    """A finding that is posted whatever experiments say, with an edit that passed its check."""
    return mend.posted and bool(mend.edits) and mend.verified is not False


def is_refused(mend: Mend) -> bool:
    """A finding that is posted, with an edit that did not pass its check."""
    return mend.posted and bool(mend.edits) and mend.verified is False


def gains(mend: Mend) -> bool:
    """Whether an experiment has found the program better for the edit."""
    return mend.experiment is not None and mend.experiment.outcome == "better"


def rests_on_a_rule(mend: Mend) -> bool:
    """Whether only a gain can speak for the edit: a rule's advice about how the program trains."""
    return mend.tentative


def unshown(mends: Iterable[Mend]) -> tuple[Mend, ...]:
    """What rests on a rule alone is open, not verified, until an experiment shows a gain."""
    return tuple(
        replace(mend, verified=None)
        if rests_on_a_rule(mend) and mend.verified and not gains(mend)
        else mend
        for mend in mends
    )


def is_suspicion(mend: Mend) -> bool:
    """Advice for want of a proof, with an edit that may be one."""
    sound = rests_on_a_rule(mend) and mend.verified is not False
    return sound and mend.judged.proven_severity != "advice"


def is_advice(mend: Mend) -> bool:
    """Advice that no experiment could make more of."""
    sound = rests_on_a_rule(mend) and mend.verified is not False
    return sound and mend.judged.proven_severity == "advice"
