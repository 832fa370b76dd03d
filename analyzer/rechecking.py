"""Edits are checked by checking the edited program again: all at once, then what has failed apart.

A run of the program is what costs time. So the edits are made together; when some findings stay,
their edits are taken out and tried alone; when the program breaks, or a new error appears, the
edits are halved until it is plain which of them does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer.errors import EditError
from analyzer.fixing.apply import change_text
from analyzer.fusion import Verdict
from analyzer.mending import Broken, Mend, Recheck, compatible
from analyzer.source.files import SourceFile


def verify(
    mends: Sequence[Mend],
    before: Verdict,
    file: SourceFile,
    recheck: Recheck,
    *,
    advice: bool = True,
) -> tuple[Mend, ...]:
    """Check the program again with the edits.

    A mend is verified when its finding is gone and no new error appeared; not verified (False) when
    the check says otherwise; left open (None) when there was no time or no run.

    Args:
        advice: whether the edits of advice are tried as well.
    """
    tried = [mend for mend in mends if mend.edits and (advice or mend.posted)]
    if not tried:
        return tuple(mends)
    check = _Check(before, file, recheck)
    check.settle(sorted(tried, key=lambda mend: not mend.posted))
    results: Mapping[int, bool] = check.results
    return tuple(
        replace(mend, verified=results[id(mend)]) if id(mend) in results else mend for mend in mends
    )


@dataclass
class _Check:
    """One round of checks.

    Attributes:
        results: by the mend's id, whether its edit passed.
    """

    before: Verdict
    file: SourceFile
    recheck: Recheck

    def __post_init__(self) -> None:
        self.results: dict[int, bool] = {}

    def settle(self, mends: Sequence[Mend]) -> None:
        """Note what becomes of these mends, as far as there is time."""
        after = self._again(mends)
        if after is None:
            return
        failed = list(mends) if isinstance(after, Broken) else self._failed(mends, after)
        if not failed or len(mends) == 1:
            self.results |= {id(mend): not failed for mend in mends}
        elif len(failed) == len(mends):
            for part in _parted(mends):
                self.settle(part)
        else:
            self.settle([mend for mend in mends if mend not in failed])
            for mend in failed:
                self.settle([mend])

    def _again(self, mends: Sequence[Mend]) -> Verdict | Broken | None:
        changes = compatible(mends)
        try:
            text = change_text(self.file.path, self.file.text, changes)
        except EditError:
            return Broken.BROKEN
        return self.recheck({self.file.path: text})

    def _failed(self, mends: Sequence[Mend], after: Verdict) -> list[Mend]:
        """The mends whose rule finds no less than before; all, when something new is an error."""
        known = {each.finding.rule for each in self.before.judged}
        found = [each.finding for each in after.judged]
        if any(finding.severity == "error" and finding.rule not in known for finding in found):
            return list(mends)
        return [mend for mend in mends if not self._gone(mend.judged.finding.rule, mends, after)]

    def _gone(self, rule: str, mends: Sequence[Mend], after: Verdict) -> bool:
        fixed = sum(mend.judged.finding.rule == rule for mend in mends)
        return _count(after, rule) <= max(0, _count(self.before, rule) - fixed)


def _parted(mends: Sequence[Mend]) -> tuple[Sequence[Mend], Sequence[Mend]]:
    """What is posted and what is advice, else two halves."""
    posted = [mend for mend in mends if mend.posted]
    if 0 < len(posted) < len(mends):
        return posted, [mend for mend in mends if not mend.posted]
    half = len(mends) // 2
    return mends[:half], mends[half:]


def _count(verdict: Verdict, rule: str) -> int:
    return sum(each.finding.rule == rule for each in verdict.judged)
