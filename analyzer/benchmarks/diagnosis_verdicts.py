"""The learned verdict alone on programs with labelled faults: one run of each, no rules.

A kind is *named* with a probability of one half or more in a program that is not called sound; it
is *located* when a line that the program's own layers, loss or optimizer give for it is accepted
for a fault of that kind. Beside it stands the answer that costs nothing: always the output's
activation.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.assemble import assemble, reason_of
from analyzer.benchmarks.diagnosis import Pair, copy_of
from analyzer.benchmarks.labelled import Case, data_files
from analyzer.diagnosis.places import lines_of
from analyzer.diagnosis.verdict import LearnedVerdict, verdict_of
from analyzer.kinds import Kind
from analyzer.observation import observe_program
from analyzer.options import Options, ProgramSpec
from analyzer.rules.base import Program
from analyzer.source.index import read_program
from analyzer.task import infer_problem

NAMED = 0.5
TOP = 2
Say = Callable[[str], None]
ALWAYS: Kind = "output_activation"


@dataclass(frozen=True, slots=True)
class Judged:
    """One program with its labels and what the verdict says; None where it says nothing."""

    case: Case
    program: Program
    verdict: LearnedVerdict | None

    @property
    def first(self) -> tuple[Kind, ...]:
        """The most probable kinds, whatever their probability."""
        return self.verdict.ranked[:TOP] if self.verdict else ()

    @property
    def named(self) -> tuple[Kind, ...]:
        """The kinds that it names."""
        if self.verdict is None or self.verdict.calls_sound:
            return ()
        return tuple(kind for kind, p in self.verdict.probabilities.items() if p >= NAMED)

    def right(self, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
        """Those of these kinds that a fault has."""
        return tuple(k for k in kinds if any(k in fault.kinds for fault in self.case.faults))

    def true(self, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
        """The same with the faults that a correction leaves in."""
        left = self.case.left_in.union(*(fault.kinds for fault in self.case.also))
        right = self.right(tuple(kinds))
        return tuple(k for k in kinds if k in right or k in left)

    def located(self, kinds: Iterable[Kind]) -> bool:
        """Whether one of these kinds is right, and its line too."""
        return any(
            kind in fault.kinds and lines_of(self.program, kind) & fault.lines
            for kind in kinds
            for fault in self.case.faults
        )


def judge_pairs(
    suite: Path, pairs: Sequence[Pair], options: Options, parts: Sequence[str], say: Say
) -> list[Judged]:
    """The faulty programs of these pairs, the corrected ones, or both."""
    judged = []
    for pair in pairs:
        spec = ProgramSpec(path="*", run=pair.run)
        for part, place in (("faulty", pair.faulty), ("sound", pair.corrected)):
            if part in parts:
                case = pair.labels if part == "faulty" else _corrected(pair)
                with copy_of(suite, place) as root:
                    judged.append(_judge(case, root, place.file, spec, options))
                say(case.file)
    return judged


def _corrected(pair: Pair) -> Case:
    """The corrected program, whose only faults are those that were left in."""
    return Case(f"{pair.id}.corrected", 1, left_in=pair.labels.left_in)


def judge_cases(suite: Path, cases: Sequence[Case], options: Options, say: Say) -> list[Judged]:
    """Programs that each are one file, with the data beside them."""
    judged = []
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder:
            for file in (suite / case.file, *data_files(suite, case)):
                shutil.copy(file, Path(folder) / file.name)
            name = Path(case.file).name
            judged.append(_judge(case, Path(folder), name, ProgramSpec(path=name), options))
        say(case.file)
    return judged


def _judge(case: Case, root: Path, path: str, spec: ProgramSpec, options: Options) -> Judged:
    """Run the program once and ask the learned diagnosis."""
    source = read_program(root, path)
    seen = observe_program(root, source, spec, options, options.budget, {})
    reason = seen.why_not
    if reason is None and seen.observation is not None:
        reason = reason_of(seen.observation.trouble)
    view = assemble(seen.source, seen.observation, reason)
    problem = infer_problem(view.graph, view.data, view.learner, view.source)
    program = replace(view, problem=problem)
    return Judged(case, program, verdict_of(program))


def verdict_table(judged: Sequence[Judged]) -> str:
    """Markdown: what the verdict says of each program, then the totals."""
    rows = [
        "| program | rests on | called sound | first two | right | line |",
        "|---|" + "---|" * 5,
    ]
    rows += ["| " + " | ".join(_cells(one)) + " |" for one in judged]
    faulty = [one for one in judged if one.case.faults]
    return "\n".join([*rows, "", *_totals(faulty), *_sound_totals(judged)])


def _cells(one: Judged) -> Iterator[str]:
    verdict = one.verdict
    yield f"`{Path(one.case.file).stem}`"
    yield verdict.seen if verdict else "-"
    yield ("yes" if verdict.calls_sound else "no") if verdict else "-"
    given = verdict.probabilities if verdict else {}
    yield ", ".join(f"{kind} {given[kind]:.2f}" for kind in one.first) or "-"
    yield ", ".join(one.right(one.first)) or "-"
    yield "yes" if one.located(one.first) else "-"


def _totals(faulty: Sequence[Judged]) -> Iterator[str]:
    if not faulty:
        return
    total = len(faulty)
    said = [one for one in faulty if one.verdict is not None]
    yield f"- faulty programs with a verdict: {len(said)} of {total}"
    for words, kinds in (
        ("the first two kinds", [one.first for one in faulty]),
        ("the first kind", [one.first[:1] for one in faulty]),
        ("kinds of one half or more", [one.named for one in faulty]),
        ("always the output activation", [(ALWAYS,)] * total),
    ):
        pairs = list(zip(faulty, kinds, strict=True))
        hits = sum(bool(one.right(those)) for one, those in pairs)
        lines = sum(one.located(those) for one, those in pairs)
        spoken = sum(len(those) for those in kinds)
        right = sum(len(one.right(those)) for one, those in pairs)
        yield (
            f"- {words}: a true kind for {hits} of {total}, on its line for {lines};"
            f" {right} of {spoken} kinds right"
        )


def _sound_totals(judged: Sequence[Judged]) -> Iterator[str]:
    """What is said of sound programs, and how much of what is said of all programs is right."""
    sound = [one for one in judged if not one.case.faults]
    if not sound:
        return
    called = sum(one.verdict.calls_sound for one in sound if one.verdict)
    said = sum(one.verdict is not None for one in sound)
    yield f"- programs without a labelled fault that are called sound: {called} of {said}"
    for words, kinds in (
        ("kinds of one half or more", [one.named for one in judged]),
        ("always the output activation", [(ALWAYS,)] * len(judged)),
    ):
        pairs = list(zip(judged, kinds, strict=True))
        spoken = sum(map(len, kinds))
        right = sum(len(one.right(those)) for one, those in pairs)
        true = sum(len(one.true(those)) for one, those in pairs)
        yield (
            f"- precision over all {len(judged)} programs, {words}: {right} of {spoken} right,"
            f" {true} with the faults that were left in"
        )
