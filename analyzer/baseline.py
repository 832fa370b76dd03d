"""The same programs as they were before a change, analysed cheaply, and set against the report.

Cheaply: only programs with findings, no edit is tried, and what was only read after the change is
only read before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from analyzer.comparison import compare, line_map, mark_all, programs_to_compare
from analyzer.findings import Report
from analyzer.kinds import SEVERITIES, Severity
from analyzer.options import Options

LARGEST_TEXT = 2 * 2**20  # bytes of a file whose lines are followed through the change

Analyze = Callable[[Path, Sequence[str], Options], Report]


def needs_base(report: Report, severities: Collection[Severity] = SEVERITIES) -> bool:
    """Whether the earlier version has to be looked at."""
    return bool(programs_to_compare(report, severities))


def against_base(
    report: Report,
    root: Path,
    base: Path,
    renamed: Mapping[str, str],
    options: Options,
    analyze: Analyze,
    severities: Collection[Severity] = SEVERITIES,
) -> Report:
    """The report with its findings marked as brought by the change, or as there before.

    Args:
        root, base: the folder after and before the change.
        renamed: paths after the change to other ones before it.
        severities: programs without any such finding are left as they are.
    """
    chosen = programs_to_compare(report, severities)
    before = {path: renamed.get(path, path) for path in chosen}
    new = [path for path in chosen if not (base / before[path]).is_file()]
    static = {program.path for program in report.programs if program.status == "static"}
    looked = [path for path in chosen if path not in new]
    quick = replace(options, verify="none")
    parts = []
    for paths, how in (
        ([before[path] for path in looked if path not in static], quick),
        ([before[path] for path in looked if path in static], replace(quick, static=True)),
    ):
        if paths:
            parts.append(analyze(base, paths, how))
    programs = [
        mark_all(program, True) if program.path in new else program for program in report.programs
    ]
    marked = report.model_copy(update={"programs": tuple(programs)})
    lines = line_map(_texts(report, root, base, renamed))
    for part in parts:
        marked = compare(marked, part, renamed, lines)
    return marked


def _texts(
    report: Report, root: Path, base: Path, renamed: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """The files with findings, before and after."""
    paths = {finding.path for program in report.programs for finding in program.findings}
    texts = {}
    for path in paths:
        old, new = _read(base / renamed.get(path, path)), _read(root / path)
        if old is not None and new is not None:
            texts[path] = (old, new)
    return texts


def _read(file: Path) -> str | None:
    if not file.is_file() or file.stat().st_size > LARGEST_TEXT:
        return None
    return file.read_text(encoding="utf-8", errors="replace")
