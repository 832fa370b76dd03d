"""Two reports of one program, before and after a change: which findings the change brought.

Pure. A finding is the same in both when its fingerprint is, wherever its line has gone. Where
identical code stands several times, the lines that the change left alone are the old ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import SequenceMatcher

from analyzer.findings import Finding, ProgramReport, Report
from analyzer.kinds import Severity

LineMap = Callable[[str, int], int | None]
"""Of a path and a line after the change: its line before, None when the change wrote it."""


def programs_to_compare(report: Report, severities: Collection[Severity]) -> tuple[str, ...]:
    """The programs with findings of these severities; the others need no look at the base."""
    return tuple(
        program.path
        for program in report.programs
        if any(finding.severity in severities for finding in program.findings)
    )


def compare(after: Report, before: Report, renamed: Mapping[str, str], lines: LineMap) -> Report:
    """The report after the change, each finding of a compared program marked.

    Args:
        before: of those programs that were looked at before the change, too.
        renamed: paths after the change to other ones before it.
    """
    earlier = {program.path: program for program in before.programs}
    programs = []
    for program in after.programs:
        old = earlier.get(renamed.get(program.path, program.path))
        programs.append(program if old is None else _marked(program, old, renamed, lines))
    return after.model_copy(update={"programs": tuple(programs)})


def mark_all(program: ProgramReport, introduced: bool | None) -> ProgramReport:
    """The program with every finding marked alike."""
    return _with(program, [introduced] * len(program.findings))


def _marked(
    program: ProgramReport, old: ProgramReport, renamed: Mapping[str, str], lines: LineMap
) -> ProgramReport:
    if old.status == "skipped":  # it trained nothing before, so everything is new
        return mark_all(program, True)
    same = _old_ones(program.findings, old.findings, renamed, lines)
    marks = [
        False if index in same else (True if finding.rule in old.checked else None)
        for index, finding in enumerate(program.findings)
    ]
    return _with(program, marks)


def _with(program: ProgramReport, marks: Sequence[bool | None]) -> ProgramReport:
    pairs = zip(program.findings, marks, strict=True)
    findings = tuple(f.model_copy(update={"introduced": mark}) for f, mark in pairs)
    return program.model_copy(update={"findings": findings})


def _old_ones(
    after: Sequence[Finding],
    before: Sequence[Finding],
    renamed: Mapping[str, str],
    lines: LineMap,
) -> set[int]:
    """Indices of the findings that were there before."""
    groups: dict[str, list[int]] = {}
    for index, finding in enumerate(after):
        groups.setdefault(_code_of(finding), []).append(index)
    places: dict[str, set[tuple[str, int]]] = {}
    for finding in before:
        places.setdefault(_code_of(finding), set()).add((finding.path, finding.line))
    old: set[int] = set()
    for code, indices in groups.items():
        known = places.get(code, set())

        def was_there(index: int, known: Collection[tuple[str, int]] = known) -> bool:
            finding = after[index]
            line = lines(finding.path, finding.line)
            path = renamed.get(finding.path, finding.path)
            return line is not None and (path, line) in known

        ordered = sorted(indices, key=lambda index: not was_there(index))
        old.update(ordered[: len(known)])
    return old


def _code_of(finding: Finding) -> str:
    """The fingerprint without the number that tells identical code apart."""
    return finding.fingerprint.partition("-")[0]


def line_map(texts: Mapping[str, tuple[str, str]]) -> LineMap:
    """From files' texts before and after, by path after the change."""
    known: dict[str, dict[int, int]] = {}

    def lookup(path: str, line: int) -> int | None:
        if path not in known:
            known[path] = _unchanged(*texts[path]) if path in texts else {}
        return known[path].get(line)

    return lookup


def _unchanged(before: str, after: str) -> dict[int, int]:
    """Line numbers after the change to those before it, for lines that stayed as they were."""
    old, new = before.splitlines(), after.splitlines()
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {b.b + i + 1: b.a + i + 1 for b in blocks for i in range(b.size)}
