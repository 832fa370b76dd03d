"""Calling the analyzer for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import analyzer
from analyzer import (
    Configuration,
    FaultlineError,
    Options,
    ProgramReport,
    ProgramSpec,
    Report,
    SandboxPolicy,
    UsageError,
)
from analyzer.baseline import against_base
from analyzer.kinds import Severity
from analyzer.programs import Skipped, find_programs
from worker.comments import Change
from worker.diff import ChangedFile
from worker.errors import AnalysisFailed
from worker.pulls import source_paths
from worker.settings import WorkerSettings
from worker.suggestion import Text, has_lone_returns

MOST_PROGRAMS = 25  # of one pull request; with the budget of each, what one review may take
BEYOND = f"not looked at: one review looks at {MOST_PROGRAMS} programs at most"
LOUD: tuple[Severity, ...] = ("error", "warning")  # what becomes a comment
ABSENT = "not in the commit's snapshot: a link, or left out by export-ignore in .gitattributes"
LARGEST_QUOTED = 2 * 2**20  # bytes of a file whose lines may be quoted in a suggestion


def build_options(
    configuration: Configuration, settings: WorkerSettings, *, static: bool
) -> Options:
    """What the repository asks for, within what the operator allows."""
    rules = configuration.rules
    return Options(
        static=static,
        device=settings.faultline_device,
        select=rules.select,
        ignore=rules.ignore,
        severity=rules.severity,
        programs=tuple(
            ProgramSpec(one.path, one.run, one.dataset, one.runtime, one.budget, one.problem)
            for one in configuration.programs
        ),
        datasets=settings.faultline_datasets,
        sandbox=SandboxPolicy(kind=settings.faultline_sandbox),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """What one review looks at.

    Attributes:
        paths: for the analyzer.
        rest: reports of the files that it is not asked about.
    """

    paths: tuple[str, ...]
    rest: tuple[ProgramReport, ...] = ()

    def complete(self, report: Report) -> Report:
        """The report with the rest."""
        return _with_more(report, self.rest) if self.rest else report


def select_programs(root: Path, paths: Sequence[str]) -> Selection:
    """All paths, unless there are more programs in them than one review can look at."""
    present = [path for path in paths if (root / path).is_file()]
    found = find_programs(root, present)
    programs = [one.path for one in found if not isinstance(one, Skipped)]
    if len(programs) <= MOST_PROGRAMS:
        return Selection(tuple(paths))
    rest = [
        ProgramReport(path=one.path, status=one.status, reason=one.reason)
        for one in found
        if isinstance(one, Skipped)
    ]
    rest += [
        ProgramReport(path=path, status="failed", reason=BEYOND)
        for path in programs[MOST_PROGRAMS:]
    ]
    return Selection(tuple(programs[:MOST_PROGRAMS]), tuple(rest))


def run_analysis(
    root: Path, paths: Sequence[str], options: Options, progress: Callable[[str], None]
) -> Report:
    """The analyzer's report; files that the snapshot lacks are in it as skipped.

    Raises:
        AnalysisFailed: the configuration asks for what cannot be, or the sandbox broke.
    """
    present = [path for path in paths if (root / path).is_file()]
    try:
        report = analyzer.analyze(root, present, options, progress)
    except UsageError as error:
        raise AnalysisFailed("Wrong configuration", str(error)) from error
    except FaultlineError as error:
        raise AnalysisFailed("The analysis broke off", str(error)) from error
    absent = [path for path in paths if path not in present]
    return _with_absent(report, absent) if absent else report


def compare_base(
    report: Report,
    root: Path,
    base: Path,
    files: Mapping[str, ChangedFile],
    options: Options,
    progress: Callable[[str], None],
) -> Report:
    """The report with its findings marked as brought by the change, or as there before it.

    Args:
        base: the repository at the commit where the change began.
    """

    def analyse(folder: Path, paths: Sequence[str], how: Options) -> Report:
        return run_analysis(folder, paths, how, lambda text: progress(f"base: {text}"))

    renamed = {
        path: file.previous_path for path, file in files.items() if file.previous_path is not None
    }
    return against_base(report, root, base, renamed, options, analyse, LOUD)


def _with_absent(report: Report, paths: Sequence[str]) -> Report:
    """The report that also tells of changed files which nobody could look at."""
    skipped = [ProgramReport(path=path, status="skipped", reason=ABSENT) for path in paths]
    return _with_more(report, skipped)


def _with_more(report: Report, more: Sequence[ProgramReport]) -> Report:
    programs = (*report.programs, *more)
    summary = report.summary.model_copy(update={"programs": len(programs)})
    return report.model_copy(update={"programs": programs, "summary": summary})


def empty_report() -> Report:
    """The report when no changed file can hold a program."""
    return analyzer.analyze(Path(), ())


def read_change(root: Path, files: Mapping[str, ChangedFile], report: Report) -> Change:
    """The change with the texts of the files whose lines may be quoted: those with findings.

    A carriage return alone ends a line for Python and not for git: no line of such a file can be
    commented on, because the two number them differently.
    """
    texts, known = {}, dict(files)
    quoted = _quoted(report)
    for path in source_paths(files):
        file = root / path
        if path not in quoted:
            continue
        if not file.is_file() or file.stat().st_size > LARGEST_QUOTED:
            continue
        content = file.read_bytes()
        if (text := Text.of(content)) is not None:
            texts[path] = text
        if has_lone_returns(content):
            known[path] = replace(files[path], hunks=None)
    return Change(known, texts)


def _quoted(report: Report) -> set[str]:
    """The files that a finding or an edit is in."""
    findings = [finding for program in report.programs for finding in program.findings]
    edited = {edit.path for finding in findings if finding.fix for edit in finding.fix.edits}
    return edited | {finding.path for finding in findings}
