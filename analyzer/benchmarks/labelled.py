"""Programs with labelled faults, and sound ones: what is named, and what is a false alarm."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import UsageError
from analyzer.findings import Finding, ProgramReport
from analyzer.options import Options
from analyzer.pipeline import analyze

DATA_SUFFIXES = {".csv", ".zip", ".npz", ".npy", ".txt", ".data"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A labelled fault: a finding of one of `kinds` on one of `lines` names it."""

    kinds: frozenset[str]
    lines: frozenset[int]
    visible: str = "yes"
    theia: bool = False
    neuralint: bool = False

    def named_by(self, finding: Finding) -> bool:
        """Whether this finding names this fault."""
        return finding.kind in self.kinds and finding.line in self.lines


@dataclass(frozen=True, slots=True)
class Case:
    """One program with its labels; `weight` is how often the published table lists it."""

    file: str
    weight: int
    data: str | None = None
    faults: tuple[Fault, ...] = ()
    also: tuple[Fault, ...] = ()
    left_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One program's report against its labels."""

    case: Case
    report: ProgramReport

    @property
    def named(self) -> tuple[bool, ...]:
        """Per labelled fault, whether a finding names it on an accepted line."""
        found = self.report.findings
        return tuple(any(fault.named_by(f) for f in found) for fault in self.case.faults)

    @property
    def kind_named(self) -> tuple[bool, ...]:
        """Per labelled fault, whether a finding of its kind is on any line."""
        kinds = {finding.kind for finding in self.report.findings}
        return tuple(bool(fault.kinds & kinds) for fault in self.case.faults)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """Errors and warnings."""
        return tuple(f for f in self.report.findings if f.severity != "advice")

    def is_right(self, alarm: Finding) -> bool:
        """Whether a label, or an entry of `also`, confirms this alarm."""
        if alarm.kind in self.case.left_in:
            return True
        return any(f.named_by(alarm) for f in (*self.case.faults, *self.case.also))


def load_collection(suite: Path) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """The faulty and the sound programs that `labels.json` in the folder `suite` lists.

    Raises:
        UsageError: there is no such file, or it does not hold a list of labelled programs.
    """
    try:
        rows = json.loads((suite / "labels.json").read_text("utf-8"))
        cases = [
            Case(file=row["file"], weight=1, faults=tuple(map(fault_of, row["faults"])))
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--suite {suite}: labels.json cannot be read: {error!r}") from error
    faulty = tuple(case for case in cases if case.faults)
    return faulty, tuple(case for case in cases if not case.faults)


def fault_of(row: dict[str, Any]) -> Fault:
    """One labelled fault."""
    return Fault(
        kinds=frozenset(row["kinds"]),
        lines=frozenset(row["lines"]),
        visible=row.get("visible", "yes"),
        theia=row.get("theia", False),
        neuralint=row.get("neuralint", False),
    )


def run_cases(
    suite: Path,
    cases: Sequence[Case],
    options: Options,
    jobs: int,
    say: Callable[[str], None],
) -> list[Outcome]:
    """Review a copy of each program, with the data files that lie beside it in the suite.

    Raises:
        UsageError: `suite` is not a checkout of the benchmark's repository.
    """
    missing = [case.file for case in cases if not (suite / case.file).is_file()]
    if missing:
        raise UsageError(f"--suite {suite}: {missing[0]} is not there; expected a checkout")

    def run(case: Case) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder:
            root = Path(folder)
            name = Path(case.file).name
            shutil.copy(suite / case.file, root / name)
            for file in data_files(suite, case):
                shutil.copy(file, root / file.name)
            report = analyze(root, [name], options).programs[0]
        say(f"{case.file}: {report.status}, {report.seconds.total:.1f} s")
        return Outcome(case, report)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(run, cases))


def data_files(suite: Path, case: Case) -> Iterator[Path]:
    """The data files that lie beside a program of the suite."""
    beside = (suite / case.file).parent
    folders = [suite / case.data] if case.data else [beside]
    for folder in folders:
        if folder.is_dir():
            yield from (f for f in folder.iterdir() if f.suffix.lower() in DATA_SUFFIXES)


def faulty_table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: per program and in total, what is named, beside Theia and NeuraLint."""
    rows = [
        "| program | status | s | faults | named | kind only | Theia | NeuraLint | alarms right |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for o in outcomes:
        faults, right = o.case.faults, sum(map(o.is_right, o.alarms))
        cells = [
            f"`{Path(o.case.file).stem}`" + (f" (x{o.case.weight})" if o.case.weight > 1 else ""),
            o.report.status,
            f"{o.report.seconds.total:.1f}",
            str(len(faults)),
            str(sum(o.named)),
            str(sum(o.kind_named) - sum(o.named)),
            str(sum(f.theia for f in faults)),
            str(sum(f.neuralint for f in faults)),
            f"{right}/{len(o.alarms)}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([*rows, "", *_faulty_totals(outcomes)])


def _faulty_totals(outcomes: Sequence[Outcome]) -> Iterator[str]:
    pairs = [
        (fault, named, o.case.weight)
        for o in outcomes
        for fault, named in zip(o.case.faults, o.named, strict=True)
    ]
    total = sum(weight for _, _, weight in pairs)
    named = sum(weight for _, hit, weight in pairs if hit)
    visible = [(hit, weight) for fault, hit, weight in pairs if fault.visible == "yes"]
    theia = sum(weight for fault, _, weight in pairs if fault.theia)
    neuralint = sum(weight for fault, _, weight in pairs if fault.neuralint)
    alarms = [o.is_right(alarm) for o in outcomes for alarm in o.alarms]
    observed = sum(o.report.status == "observed" for o in outcomes)
    times = [o.report.seconds.total for o in outcomes]
    yield f"- programs: {len(outcomes)}, observed: {observed}"
    yield f"- faults named with the right kind on an accepted line: {named} of {total}"
    hits = sum(weight for hit, weight in visible if hit)
    yield f"- of those visible in the file: {hits} of {sum(weight for _, weight in visible)}"
    if theia or neuralint:
        yield f"- Theia: {theia} of {total}; NeuraLint: {neuralint} of {total}"
    yield f"- errors and warnings that a label confirms: {sum(alarms)} of {len(alarms)}"
    yield f"- seconds per program: median {statistics.median(times):.1f}, most {max(times):.1f}"


def sound_table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: which sound programs get an error or a warning."""
    rows = ["| program | status | verdict | alarms |", "|---|---|---|---|"]
    counts = {"silent": 0, "advice only": 0, "confirmed alarm": 0, "false alarm": 0}
    for o in outcomes:
        verdict = sound_verdict(o)
        counts[verdict] += 1
        alarms = ", ".join(f"{a.rule}:{a.line}" for a in o.alarms)
        name = f"`{Path(o.case.file).stem}`"
        rows.append(f"| {name} | {o.report.status} | {verdict} | {alarms} |")
    summary = ", ".join(f"{name} {count}" for name, count in counts.items())
    return "\n".join([*rows, "", f"- {len(outcomes)} programs: {summary}"])


def sound_verdict(outcome: Outcome) -> str:
    """Silent, advice only, an alarm about a fault that was left in, or a false alarm."""
    if any(not outcome.is_right(alarm) for alarm in outcome.alarms):
        return "false alarm"
    if outcome.alarms:
        return "confirmed alarm"
    return "advice only" if outcome.report.findings else "silent"


def write_reports(folder: Path, outcomes: Sequence[Outcome]) -> None:
    """One JSON file for each program."""
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        name = outcome.case.file.replace("/", "_").replace(" ", "_")
        (folder / f"{name}.json").write_text(outcome.report.model_dump_json(indent=1), "utf-8")
