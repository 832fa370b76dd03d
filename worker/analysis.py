"""Calling the analyzer for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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
from worker.comments import Change
from worker.diff import ChangedFile
from worker.errors import AnalysisFailed
from worker.pulls import source_paths
from worker.settings import WorkerSettings
from worker.suggestion import Text, has_lone_returns

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


def _with_absent(report: Report, paths: Sequence[str]) -> Report:
    """The report that also tells of changed files which nobody could look at."""
    skipped = [ProgramReport(path=path, status="skipped", reason=ABSENT) for path in paths]
    programs = (*report.programs, *skipped)
    summary = report.summary.model_copy(update={"programs": len(programs)})
    return report.model_copy(update={"programs": programs, "summary": summary})


def empty_report() -> Report:
    """The report when no changed file can hold a program."""
    return analyzer.analyze(Path(), ())


def read_change(root: Path, files: Mapping[str, ChangedFile]) -> Change:
    """The change with the texts of the files whose lines can be quoted.

    A carriage return alone ends a line for Python and not for git: no line of such a file can be
    commented on, because the two number them differently.
    """
    texts, known = {}, dict(files)
    for path in source_paths(files):
        file = root / path
        if not file.is_file() or file.stat().st_size > LARGEST_QUOTED:
            continue
        content = file.read_bytes()
        if (text := Text.of(content)) is not None:
            texts[path] = text
        if has_lone_returns(content):
            known[path] = replace(files[path], hunks=None)
    return Change(known, texts)
