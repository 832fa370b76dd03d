"""Calling the analyzer for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import analyzer
from analyzer import (
    Configuration,
    FaultlineError,
    Options,
    ProgramSpec,
    Report,
    SandboxPolicy,
    UsageError,
)
from worker.errors import AnalysisFailed
from worker.settings import WorkerSettings
from worker.suggestion import Text

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
    """The analyzer's report.

    Raises:
        AnalysisFailed: the configuration asks for what cannot be, or the sandbox broke.
    """
    try:
        return analyzer.analyze(root, paths, options, progress)
    except UsageError as error:
        raise AnalysisFailed("Wrong configuration", str(error)) from error
    except FaultlineError as error:
        raise AnalysisFailed("The analysis broke off", str(error)) from error


def empty_report() -> Report:
    """The report when no changed file can hold a program."""
    return analyzer.analyze(Path(), ())


def read_texts(root: Path, paths: Iterable[str]) -> dict[str, Text]:
    """The files whose lines can be quoted."""
    texts = {}
    for path in paths:
        file = root / path
        if file.is_file() and file.stat().st_size <= LARGEST_QUOTED:
            text = Text.of(file.read_bytes())
            if text is not None:
                texts[path] = text
    return texts
