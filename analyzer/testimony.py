"""Findings and their witnesses, when all experiments are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analyzer.mending import Mend
from analyzer.witnesses import Witnesses, attested

LAST_RESORT = "trouble-in-training"


def with_testimony(mends: Sequence[Mend], witnesses: Witnesses) -> tuple[Mend, ...]:
    """Each finding with the symptoms and the verdict that agree with it.

    What rests on symptoms alone is left out once a finding explains the program: they are among its
    witnesses then.
    """
    explained = any(mend.posted and not _of_last_resort(mend) for mend in mends)
    kept = [mend for mend in mends if mend.posted or not (explained and _of_last_resort(mend))]
    return tuple(_attested(mend, witnesses) for mend in kept)


def _of_last_resort(mend: Mend) -> bool:
    return mend.judged.finding.rule == LAST_RESORT


def _attested(mend: Mend, witnesses: Witnesses) -> Mend:
    finding = attested(mend.judged.finding, witnesses)
    return replace(mend, judged=replace(mend.judged, finding=finding))
