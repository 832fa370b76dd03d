"""What became of what was told earlier: standing, fixed, lost from sight, or back again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from analyzer import Finding, Report
from worker.comments import Change
from worker.standing import Standing
from worker.threads import Thread
from worker.told import Earlier, identity, key, same

Fate = Literal["fixed", "lost", "left"]


class Ignored(Protocol):
    """A rule, or one finding of it, that somebody does not want to hear of."""

    @property
    def rule(self) -> str:
        """By name."""

    @property
    def fingerprint(self) -> str:
        """Of the one finding; empty for all of the rule."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a review is made in view of.

    Attributes:
        ignored: what people asked not to be told.
        notes: sentences about the review itself, for the check run.
        round: how often somebody asked for a review of this head commit again.
        may_commit: whether the fixes could be committed to the head branch.
    """

    standing: Standing = field(default_factory=Standing)
    ignored: Sequence[Ignored] = ()
    notes: Sequence[str] = ()
    round: int = 0
    may_commit: bool = True

    def ignores(self, finding: Finding) -> bool:
        """Whether nobody wants to hear of it."""
        return any(
            one.rule == finding.rule and one.fingerprint in ("", identity(finding))
            for one in self.ignored
        )


@dataclass(frozen=True, slots=True)
class History:
    """What became of what was told.

    Attributes:
        known: keys of findings that were told before.
        back: keys of those that were fixed in between.
        fixed, lost: told before and not found now; the lost ones could not be checked.
        settled: fixed, and our newest review says so already: its worker ended before it could
            remember that, and a newer push came.
        over, again: threads to resolve, and resolved ones to open again.
        told: how many findings were posted when this push came.
    """

    known: frozenset[tuple[str, str]] = frozenset()
    back: frozenset[tuple[str, str]] = frozenset()
    fixed: tuple[Earlier, ...] = ()
    lost: tuple[Earlier, ...] = ()
    settled: tuple[Earlier, ...] = ()
    over: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    told: int = 0

    def knows(self, finding: Finding) -> bool:
        """Whether it was told before."""
        return key(finding) in self.known


def read_history(
    report: Report,
    findings: Sequence[Finding],
    ignored: Sequence[Finding],
    change: Change,
    earlier: Sequence[Earlier],
    standing: Standing,
) -> History:
    """Set the findings against what was told.

    Args:
        earlier: what the review before remembered.
    """
    look = _Look(report, [*findings, *ignored], change)
    memory = [one for one in earlier if one.posted]
    remembered = look.pairs(memory)
    threads = [
        (thread, look.pairs(thread.told, edited=not thread.is_resolved))
        for thread in standing.threads
    ]
    told = look.pairs(standing.told, edited=False)
    everything = (remembered, told, *(pairs for _, pairs in threads))
    known = {key(finding) for pairs in everything for finding in pairs.values()}
    still = {key(f) for f in remembered.values()}
    open_ = {key(f) for t, pairs in threads for f in pairs.values() if not t.is_resolved}
    shut = {key(f) for t, pairs in threads for f in pairs.values() if t.is_resolved}
    quiet = {key(f) for f in ignored}
    reopened = shut - still - open_ - quiet
    back = reopened - {key(f) for f in told.values()}
    fates = {index: look.fate(one) for index, one in enumerate(memory) if index not in remembered}
    told_here = [one for t in standing.threads for one in t.told]
    marks = {one.fingerprint: one for one in (*standing.told, *told_here)}
    gone = [_with_texts(memory[i], marks) for i, fate in fates.items() if fate == "fixed"]
    settled = [one for one in gone if (one.path, one.fingerprint) in standing.fixed]
    fixed = [one for one in gone if one not in settled]
    lost = [memory[i] for i, fate in fates.items() if fate == "lost"]
    return History(
        known=frozenset(known),
        back=frozenset(back),
        fixed=tuple(fixed),
        lost=tuple(lost),
        settled=tuple(settled),
        over=tuple(t.id for t, pairs in threads if _is_over(t, pairs, look)),
        again=tuple(t.id for t, pairs in threads if _is_back(t, pairs, reopened)),
        told=len(remembered) + len(fixed) + len(lost),
    )


def _with_texts(one: Earlier, marks: Mapping[str, Earlier]) -> Earlier:
    """With what the experiment had shown, which only the comment remembers.

    Of a private repository, the comment alone remembers the message as well.
    """
    mark = marks.get(one.fingerprint)
    if mark is None:
        return one
    return replace(one, message=one.message or mark.message, tried=one.tried or mark.tried)


def _is_over(thread: Thread, pairs: Mapping[int, Finding], look: _Look) -> bool:
    """Nothing that it tells of is there, which somebody looked at; and nobody answered."""
    if thread.is_resolved or thread.is_answered or pairs:
        return False
    return all(look.fate(one) != "lost" for one in thread.told)


def _is_back(
    thread: Thread, pairs: Mapping[int, Finding], back: Collection[tuple[str, str]]
) -> bool:
    found = any(key(finding) in back for finding in pairs.values())
    return thread.is_resolved and not thread.is_answered and found


class _Look:
    """The head commit, as far as it was looked at."""

    def __init__(self, report: Report, findings: Sequence[Finding], change: Change) -> None:
        self._findings = findings
        self._programs = {program.path: program for program in report.programs}
        self._files = {p: f for p, f in change.files.items() if f.status != "removed"}
        self._renamed = {
            file.previous_path: path
            for path, file in self._files.items()
            if file.previous_path is not None and file.status == "renamed"
        }

    def pairs(self, told: Sequence[Earlier], *, edited: bool = True) -> dict[int, Finding]:
        """Which of those told are there, by their index."""
        present = {*self._files, *self._programs}
        return same(self._findings, told, present, self._renamed, edited=edited)

    def fate(self, before: Earlier) -> Fate:
        """What became of one that is not there.

        A file that the pull request does not change any more is nobody's concern here; a rule that
        could not look leaves it open.
        """
        path = self._renamed.get(before.path, before.path)
        if path not in self._files:
            return "left"
        programs = self._programs
        holders = [programs[path]] if path in programs else list(programs.values())
        looked = [before.rule in holder.checked for holder in holders]
        is_seen = any(looked) and (len(holders) > 1 or all(looked))
        return "fixed" if is_seen else "lost"
