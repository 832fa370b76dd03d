"""The report for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from analyzer.findings import Finding, ProgramReport, Report
from analyzer.formats import words


def render_text(report: Report) -> str:
    """The report as plain text, findings in source order."""
    lines: list[str] = []
    for program in report.programs:
        lines += [*_program(program), ""]
    lines.append(words.totals(report))
    return "\n".join(lines) + "\n"


def _program(program: ProgramReport) -> Iterator[str]:
    yield f"{program.path}: {words.headline(program)}"
    if program.reason:
        yield f"  {words.reason_label(program)}: {program.reason}"
    if program.trace is not None and program.trace.loss:
        loss = program.trace.loss
        span = f"{words.number(loss[0])} → {words.number(loss[-1])}"
        yield f"  loss {span}  {words.sparkline(loss)}"
    if program.trace is not None and program.findings:
        yield from words.symptoms_shown(program.trace)
    for finding in sorted(program.findings, key=lambda finding: finding.line):
        yield from _finding(finding)
    if program.status != "failed":
        yield f"  {words.coverage(program)}"
    for unchecked in program.unchecked:
        yield f"    unchecked {unchecked.rule}: {unchecked.reason}"


def _finding(finding: Finding) -> Iterator[str]:
    place = f"{finding.path}:{finding.line}:{finding.column + 1}"
    proof = words.proof_and_age(finding)
    yield f"  {place} {finding.severity} {finding.code} {finding.rule} [{proof}]"
    yield from _wrapped(finding.message)
    yield from _wrapped(finding.why)
    if finding.fix is not None:
        yield from _wrapped(f"fix: {finding.fix.description} ({words.fix_state(finding)})")
        for line in words.proven(finding):
            yield from _wrapped(line)
        for edit in finding.fix.edits:
            lines = f"{edit.start_line}-{edit.end_line}"
            where = str(edit.start_line) if edit.start_line == edit.end_line else lines
            if not edit.replacement:
                yield f"      {edit.path}:{where} deleted"
                continue
            yield f"      {edit.path}:{where}"
            yield from (f"      + {line}" for line in edit.replacement.split("\n"))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, words.WIDTH, initial_indent="    ", subsequent_indent="    ")
