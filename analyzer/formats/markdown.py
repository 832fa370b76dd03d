"""The report as Markdown, for a job summary or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Finding, ProgramReport, Report
from analyzer.formats import words


def render_markdown(report: Report) -> str:
    """The report as GitHub-flavoured Markdown."""
    lines = [f"**{words.totals(report)}**", ""]
    for program in report.programs:
        lines += [*_program(program), ""]
    return "\n".join(lines)


def _program(program: ProgramReport) -> Iterator[str]:
    yield f"### {code(program.path)}"
    yield ""
    yield f"{words.headline(program)} · {words.coverage(program)}"
    if program.reason:
        yield ""
        yield f"{words.reason_label(program).capitalize()}: {escape(program.reason)}"
    if program.trace is not None and program.trace.loss:
        yield ""
        yield f"Loss {words.sparkline(program.trace.loss)}"
    for finding in sorted(program.findings, key=lambda finding: finding.line):
        yield ""
        yield from _finding(finding)
    if program.trace is not None and program.trace.symptoms:
        yield ""
        yield "<details><summary>Symptoms of the training run</summary>"
        yield ""
        yield from (f"- {escape(symptom)}" for symptom in program.trace.symptoms)
        yield ""
        yield "</details>"
    if program.unchecked:
        yield ""
        yield "<details><summary>Rules that could not look</summary>"
        yield ""
        for unchecked in program.unchecked:
            yield f"- {code(unchecked.rule)}: {escape(unchecked.reason)}"
        yield ""
        yield "</details>"


def _finding(finding: Finding) -> Iterator[str]:
    place = code(f"{finding.path}:{finding.line}")
    yield f"- **{finding.severity}** {place} {code(finding.rule)} ({words.proof_and_age(finding)})"
    yield f"  {escape(finding.message)}"
    yield f"  {escape(finding.why)}"
    if finding.fix is not None:
        yield f"  Fix: {escape(finding.fix.description)} ({words.fix_state(finding)})"
        yield from (f"  {escape(line)}" for line in words.proven(finding))
        replacement = "\n\n".join(edit.replacement for edit in finding.fix.edits)
        marks = fence(replacement)
        yield ""
        yield f"  {marks}python"
        yield from (f"  {line}" for line in replacement.split("\n"))
        yield f"  {marks}"


def longest_run(text: str) -> int:
    """Length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


def fence(text: str) -> str:
    """Backticks that no run of backticks inside `text` can close."""
    return "`" * max(3, longest_run(text) + 1)


def code(text: str) -> str:
    """`text` as inline code, whatever backticks it holds."""
    run = longest_run(text)
    marks, pad = "`" * (run + 1), " " if run else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def escape(text: str) -> str:
    """`text` with the characters escaped that would start HTML or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b")
