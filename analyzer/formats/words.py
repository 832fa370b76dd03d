"""Sentences about a program that several formats share."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from analyzer.experiments.wording import effect, sentence, sparklines
from analyzer.findings import Finding, ProgramReport, Report, TraceReport

WIDTH = 96
MOST_SYMPTOMS = 5
BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """The values as a row of bars from their minimum to their maximum; "×" where not finite."""
    if not values:
        return ""
    step = max(1, math.ceil(len(values) / width))
    sampled = list(values[::step])
    finite = [value for value in sampled if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    half_span = high / 2 - low / 2 or 1.0  # halves, since the span itself can overflow
    return "".join(
        BARS[round((value / 2 - low / 2) / half_span * (len(BARS) - 1))]
        if math.isfinite(value)
        else "×"
        for value in sampled
    )


def number(value: float | None) -> str:
    """Four significant digits, without a trailing ".0"."""
    if value is None:
        return "unknown"
    return f"{value:.4g}"


def known(column: Sequence[float | None] | None) -> list[float]:
    """The values of a column of the trace that were measured."""
    return [value for value in column or () if value is not None]


def span(column: Sequence[float | None] | None) -> str:
    """The first and the last value of a column; empty when nothing was measured."""
    values = known(column)
    return f"{number(values[0])} → {number(values[-1])}" if values else ""


def headline(program: ProgramReport) -> str:
    """What was looked at, in one line."""
    parts: list[str] = [program.status]
    if program.framework:
        parts.append(program.framework)
    if program.problem != "unknown":
        parts.append(program.problem)
    if program.trace is not None and program.trace.steps:
        trace = program.trace
        parts.append(f"{trace.steps} steps in {trace.seconds:.1f} s on {trace.device}")
    return " · ".join(parts)


def reason_label(program: ProgramReport) -> str:
    """What the reason explains: why there was no run, or how the run ended early."""
    return "the run ended early" if program.status == "observed" else "not observed"


def coverage(program: ProgramReport) -> str:
    """Which rules looked and which could not, in one line."""
    text = f"checked {_count(len(program.checked), 'rule')}"
    if program.unchecked:
        text += f", could not check {len(program.unchecked)}"
    return text


def totals(report: Report) -> str:
    """The counts of the whole report, in one line."""
    found = report.summary.findings
    counts = ", ".join(
        (
            _count(found.error, "error"),
            _count(found.warning, "warning"),
            f"{found.advice} advice",
        )
    )
    programs = _count(report.summary.programs, "program")
    return f"{programs}: {counts} in {report.summary.seconds:.1f} s"


def symptoms_shown(trace: TraceReport) -> list[str]:
    """The strongest symptoms, each in its own lines, and how many more there are."""
    shown = trace.symptoms[:MOST_SYMPTOMS]
    lines = [line for symptom in shown for line in _wrapped(f"seen: {symptom}")]
    more = len(trace.symptoms) - len(shown)
    return [*lines, f"  seen: {more} more in the JSON report"] if more else lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def age(finding: Finding) -> str:
    """Whether the change brought it, when an earlier version was compared."""
    ages = {True: "new", False: "there before", None: ""}
    return ages[finding.introduced]


def proof_and_age(finding: Finding) -> str:
    """ "contract", or "contract, new" after a comparison."""
    return ", ".join(filter(None, (finding.proof, age(finding))))


def fix_state(finding: Finding) -> str:
    """Whether the fix was tried, in a few words."""
    fix = finding.fix
    if fix is None:
        return ""
    if fix.verified:
        return "verified: the edited program was checked again and this finding is gone"
    if fix.verified is False:
        return "not offered: after the edit the check still fails"
    return "not verified"


def proven(finding: Finding) -> list[str]:
    """What the experiment with the edit showed: its numbers, and the two loss curves."""
    experiment = finding.fix.experiment if finding.fix else None
    if experiment is None:
        return []
    told = f"{effect(experiment, contract=finding.proof == 'contract')}: {sentence(experiment)}"
    curves = sparklines(experiment)
    return [told] if curves is None else [told, f"loss {curves[0]} before, {curves[1]} after"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
