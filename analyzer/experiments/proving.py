"""Which of a program's mends experiments support, raise, or speak against.

Contracts come first and are never overruled: their edits together are the ground on which
everything else is tried, since a program that cannot learn hides the effect of any other edit.
On that ground the suspicions' edits are tried together (`joint`), then what is left of them one by
one, cheapest and likeliest first, those whose first pair gains before the others (`screening`); one
that is proven joins the ground. In the end each proven one
is taken out again: what is not missed is not needed. Advice, where it is tried at all, takes part,
and stays advice. What a contract's own edit achieves is measured first when there is time for that
and the rest, else last.

That its finding is gone proves nothing of an edit whose finding rests on a rule alone: such an edit
counts as verified only when the program is better for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.errors import EditError
from analyzer.experiments.candidates import Candidate, in_order
from analyzer.experiments.companions import try_companions
from analyzer.experiments.decision import FEWEST_PAIRS
from analyzer.experiments.joint import firsts_of, try_together
from analyzer.experiments.materiality import reason_against
from analyzer.experiments.outcomes import JUDGEMENT, needless, raised, supported, told, unproven
from analyzer.experiments.runs import Trainings
from analyzer.experiments.screening import WAITS, promises
from analyzer.experiments.standing import (
    gains,
    is_advice,
    is_contract,
    is_refused,
    is_suspicion,
)
from analyzer.experiments.trial import Verdict, compare
from analyzer.fixing.apply import change_text, plan_edits
from analyzer.fixing.edits import Change, FixPlan
from analyzer.kinds import Problem
from analyzer.mending import Mend, compatible
from analyzer.source.files import SourceFile

NOT_TRIED = "not tried for lack of time"
AMPLE = 3
"""Comparisons for which there must be time before one is spent on what is posted anyway."""

Say = Callable[[str], None]
Tries = Sequence[tuple[Mend, FixPlan]]
"""Edits to try, each with the finding that it may mend, likeliest and cheapest first."""


@dataclass
class Proving:
    """The experiments on one program.

    Attributes:
        invented: whether the data is: a gain on it verifies an edit and raises no finding.
        ground: mends whose edits all later variants have.
        everything: whether advice that helps is written too, and so belongs to the ground.
        together: what all contracts achieve at once.
    """

    file: SourceFile
    trainings: Trainings
    problem: Problem
    say: Say = lambda _: None
    invented: bool = False
    ground: list[Mend] = field(default_factory=list)
    everything: bool = False
    together: Verdict = field(default_factory=lambda: Verdict(None))
    _mends: Sequence[Mend] = ()
    _contracted: list[Mend] = field(default_factory=list)
    _measured: bool = True
    _done: dict[int, Mend] = field(default_factory=dict)
    _waiting: list[tuple[Mend, FixPlan]] = field(default_factory=list)

    def prove(
        self, mends: Sequence[Mend], candidates: Sequence[Candidate] = (), *, advice: bool = False
    ) -> tuple[Mend, ...]:
        """The mends with what experiments say of them, in the same order: `begin` and `settle`."""
        self.begin(mends, candidates, advice=advice)
        return self.settle()

    def begin(
        self, mends: Sequence[Mend], candidates: Sequence[Candidate] = (), *, advice: bool = False
    ) -> tuple[Mend, ...]:
        """Try everything but what waits: edits whose first pair shows no gain.

        Args:
            mends: planned, and checked where they are to be posted.
            candidates: further edits for the findings among them.
            advice: whether edits of mere advice are tried as well, after all others.
        """
        self.everything = advice
        self._mends, self._contracted = mends, [mend for mend in mends if is_contract(mend)]
        suspected = [mend for mend in mends if is_suspicion(mend)]
        advised = [mend for mend in mends if advice and is_advice(mend)]
        self._measured = self._ground(self._contracted, bool(suspected or advised))
        if self._measured:
            self._contracts(self._contracted, self._done)
        groups = [self._ordered(group, candidates) for group in (suspected, advised)]
        refused = [mend for mend in mends if is_refused(mend)]
        try_companions(self, self._ordered(refused, candidates), self._done)
        self._together(groups[0], groups[1], self._done)
        for group in groups:
            self._singly(group, self._done)
            self._prune(self._done)
        return self._now()

    def settle(self) -> tuple[Mend, ...]:
        """Compare what waits in full, as far as the time goes; then what each contract adds."""
        before = len(self.ground)
        for mend, plan in self._waiting:
            self._suspicion(self._done.get(id(mend), mend), id(mend), plan, self._done)
        if len(self.ground) > before:
            self._prune(self._done)
        if not self._measured:
            self._contracts(self._contracted, self._done)
        self._contributions(self._contracted, self._done)
        return self._now()

    @property
    def waiting(self) -> set[tuple[Change, ...]]:
        """The changes of the edits that wait."""
        return {plan.changes for _, plan in self._waiting}

    def _now(self) -> tuple[Mend, ...]:
        return tuple(self._done.get(id(mend), mend) for mend in self._mends)

    # Contracts

    def _ground(self, mends: list[Mend], others: bool) -> bool:
        """Make all contracts the ground; whether to measure them before the others are tried."""
        self.ground = list(mends)
        texts = self.texts(mends)
        if not mends or not others or texts is None:
            return True
        self.trainings.measure(texts, 0)
        runs = 2 * FEWEST_PAIRS * AMPLE
        return self.trainings.allows(runs // self.trainings.lanes)

    def _contracts(self, mends: list[Mend], done: dict[int, Mend]) -> None:
        """What all contracts achieve together."""
        if not mends:
            return
        self.say("trying the edits together")
        self.together = self.compare([], mends)
        for mend in mends:
            done[id(mend)] = supported(mend, self.together, None)

    def _contributions(self, mends: list[Mend], done: dict[int, Mend]) -> None:
        """What each of several contracts adds to the others, in the time that is left."""
        if len(mends) < 2 or self.together.outcome is None:
            return
        for mend in mends:
            others = [other for other in mends if other is not mend]
            if not self.affords(others, mends):
                return
            done[id(mend)] = supported(mend, self.together, self.compare(others, mends))

    # Suspicions

    def _together(self, suspected: Tries, advised: Tries, done: dict[int, Mend]) -> None:
        """The edits for all these findings at once, else those for the suspicions."""
        firsts = firsts_of(self, suspected)
        if not try_together(self, [*firsts, *firsts_of(self, advised)], done) and advised:
            try_together(self, firsts, done)

    def _singly(self, ordered: Tries, done: dict[int, Mend]) -> None:
        """One by one, what has not been settled together; what does not gain at once waits."""
        settled = set(done)
        for mend, plan in ordered:
            known = done.get(id(mend), mend)
            if id(mend) in settled or self._suspicion(known, id(mend), plan, done, brief=True):
                continue
            self._waiting.append((mend, plan))

    def _ordered(self, mends: Iterable[Mend], candidates: Sequence[Candidate]) -> Tries:
        """Every edit to try with its mend, cheapest and likeliest first."""
        by_finding = {id(mend.judged): mend for mend in mends}
        own = [
            Candidate(m.judged.plan, m.judged, likelihood=m.judged.finding.confidence)
            for m in by_finding.values()
            if isinstance(m.judged.plan, FixPlan) and m.edits
        ]
        known = [c for c in candidates if c.finding is not None and id(c.finding) in by_finding]
        ordered = in_order([*own, *known])
        return [(by_finding[id(c.finding)], c.plan) for c in ordered]

    def _suspicion(
        self, mend: Mend, key: int, plan: FixPlan, done: dict[int, Mend], *, brief: bool = False
    ) -> bool:
        """Try this edit; False where it waits, because its first pair alone was asked for."""
        if mend.proven or gains(mend):
            return True  # another edit has mended it
        tried = self.planned(mend, plan)
        if tried is None:
            return True
        after = [*self.ground, tried]
        if not self.affords(self.ground, after):
            why = NOT_TRIED if brief else WAITS
            done[key] = told(mend, f"{plan.description}: {why}")
            return True
        self.say(f"trying an edit for {mend.judged.finding.rule}")
        if brief and not promises(self, after):
            return False
        self._compared(mend, tried, key, plan, done)
        return True

    def _compared(
        self, mend: Mend, tried: Mend, key: int, plan: FixPlan, done: dict[int, Mend]
    ) -> None:
        verdict = self.compare(self.ground, [*self.ground, tried])
        against = self.against(verdict, self.ground, [*self.ground, tried], tried)
        if verdict.outcome is None:
            done[key] = told(mend, f"{plan.description}: not measured: {verdict.reason}")
        elif against is None:
            done[key] = raised(tried, verdict)
            self.join(done[key])
        elif verdict.outcome == "better":
            done[key] = unproven(tried, plan, verdict, against)
            self.join(done[key])
        else:
            done[key] = unproven(mend, plan, verdict, against)

    def planned(self, mend: Mend, plan: FixPlan) -> Mend | None:
        """The mend with this plan's edits; None when they cannot be made."""
        if plan is mend.judged.plan:
            return mend
        try:
            edits = plan_edits(self.file.path, self.file.text, plan.changes)
        except EditError:
            return None
        judged = replace(mend.judged, plan=plan)
        return replace(mend, judged=judged, changes=plan.changes, edits=edits)

    def against(
        self,
        verdict: Verdict,
        before: Sequence[Mend],
        after: Sequence[Mend],
        mend: Mend | None = None,
    ) -> str | None:
        """Why the gain is no proof of a fault, of that of `mend` if given; None when it is one."""
        if mend is not None and is_advice(mend):
            return JUDGEMENT
        one, other = self.texts(before), self.texts(after)
        if one is None or other is None:
            return "the edits contradict each other"
        if self.invented and verdict.outcome == "better":
            return "the data is invented"
        return reason_against(self.trainings, verdict, one, other)

    def _prune(self, done: dict[int, Mend]) -> None:
        """Take each proven edit but the last out again: later ones may have made it needless."""
        keys = {id(mend): key for key, mend in done.items() if mend.proven}
        proven = [mend for mend in self.ground if id(mend) in keys]  # in the order of joining
        for mend in proven[:-1]:
            key = keys[id(mend)]
            rest = [other for other in self.ground if other is not mend]
            if not self.affords(rest, self.ground):
                return
            verdict = self.compare(rest, self.ground)
            if verdict.outcome in ("noise", "worse"):
                self.ground = rest
                done[key] = needless(mend, verdict)

    # Variants

    def join(self, mend: Mend) -> None:
        """From now on the edit belongs to the ground: it is posted, or it will be written."""
        if mend.proven or (self.everything and gains(mend)):
            self.ground.append(mend)

    def affords(self, before: Sequence[Mend], after: Sequence[Mend]) -> bool:
        """Whether the fewest pairs of these variants can be run in time."""
        one, other = self.texts(before), self.texts(after)
        if one is None or other is None:
            return True
        return self.trainings.allows_pairs(one, other, range(FEWEST_PAIRS))

    def compare(self, before: Sequence[Mend], after: Sequence[Mend]) -> Verdict:
        """The program with the edits of some mends, against that with the edits of others."""
        one, other = self.texts(before), self.texts(after)
        if one is None or other is None:
            return Verdict(None, "the edits contradict each other")
        if one == other:
            return Verdict(None, "the edit changes nothing beside the others")
        return compare(self.trainings, self.problem, one, other)

    def texts(self, mends: Sequence[Mend]) -> Mapping[str, str] | None:
        """The program's file with these edits; None when they contradict each other."""
        changes: tuple[Change, ...] = compatible(mends)
        if not changes:
            return {}
        try:
            return {self.file.path: change_text(self.file.path, self.file.text, changes)}
        except EditError:
            return None
