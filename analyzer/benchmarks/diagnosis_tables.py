"""The tables of `faultline bench diagnosis`, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from analyzer.benchmarks.diagnosis import Diagnosed, Published, alarms_of
from analyzer.benchmarks.labelled import Outcome


def diagnosis_table(done: Sequence[Diagnosed], published: Published) -> str:
    """Markdown: per pair what is named, then the totals beside the published ones."""
    rows = [
        "| program | status | s | faults | kind | line | finding on the line | alarms right |"
        " corrected | its alarms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows.extend("| " + " | ".join(_cells(each)) + " |" for each in done)
    return "\n".join([*rows, "", *_totals(done, published)])


def _cells(each: Diagnosed) -> Iterator[str]:
    yield f"`{PurePosixPath(each.pair.id).name}`"
    faulty, corrected = each.faulty, each.corrected
    if faulty is None:
        yield from ["-"] * 7
    else:
        alarms = alarms_of(faulty)
        yield faulty.report.status
        yield f"{faulty.report.seconds.total:.0f}"
        yield str(len(faulty.case.faults))
        yield str(sum(faulty.kind_named))
        yield str(sum(faulty.named))
        yield ", ".join(sorted(set(_naming(faulty)))) or "-"
        yield f"{sum(map(faulty.is_right, alarms))}/{len(alarms)}"
    yield "-" if corrected is None else corrected.report.status
    yield ", ".join(f"{a.rule}:{a.line}" for a in alarms_of(corrected)) or "-"


def _naming(outcome: Outcome) -> Iterator[str]:
    for finding in outcome.report.findings:
        if any(fault.named_by(finding) for fault in outcome.case.faults):
            yield f"{finding.rule} ({finding.severity})"


def _totals(done: Sequence[Diagnosed], published: Published) -> Iterator[str]:
    ran = [each for each in done if each.faulty is not None]
    if ran:
        yield from _faulty_totals(ran, published)
    corrected = [each.corrected for each in done if each.corrected is not None]
    if corrected:
        yield from _corrected_totals(corrected)


def _faulty_totals(ran: Sequence[Diagnosed], published: Published) -> Iterator[str]:
    total = len(ran)
    beside = f"DeepLocalize: {published.flagged} of {published.programs}"
    alarmed = [each for each in ran if alarms_of(each.faulty)]
    yield f"- flagged: {sum(e.flagged for e in ran)} of {total} ({beside})"
    yield (
        f"- with the faults that the correction leaves in: flagged {sum(e.true_flag for e in ran)},"
        f" on the line {sum(e.true_line for e in ran)}"
    )
    yield f"- with any finding: {sum(e.anything for e in ran)}"
    yield f"- with an error or warning: {len(alarmed)}"
    yield f"- with a fault's kind, any line: {sum(e.kind for e in ran)} of {total}"
    yield (
        f"- with a fault's kind on its line: {sum(e.line for e in ran)} of {total}"
        f" (DeepLocalize: {published.located} of {published.programs})"
    )
    yield from _per_fault([each.faulty for each in ran if each.faulty is not None])


def _per_fault(outcomes: Sequence[Outcome]) -> Iterator[str]:
    pairs = [p for o in outcomes for p in zip(o.case.faults, o.named, strict=True)]
    visible = [named for fault, named in pairs if fault.visible == "yes"]
    right = [o.is_right(alarm) for o in outcomes for alarm in alarms_of(o)]
    observed = sum(o.report.status == "observed" for o in outcomes)
    yield f"- faults named: {sum(named for _, named in pairs)} of {len(pairs)}"
    yield f"- of those that are visible and no matter of taste: {sum(visible)} of {len(visible)}"
    yield f"- errors and warnings that a label confirms: {sum(right)} of {len(right)}"
    yield f"- observed in a run: {observed} of {len(outcomes)}"


def _corrected_totals(outcomes: Sequence[Outcome]) -> Iterator[str]:
    alarmed = [o for o in outcomes if alarms_of(o)]
    wrong = [o for o in alarmed if not all(map(o.is_right, alarms_of(o)))]
    yield (
        f"- corrected versions with an error or warning: {len(alarmed)} of {len(outcomes)};"
        f" with one about nothing that was left in: {len(wrong)}"
    )
    silent = sum(not any(f.kind != "api" for f in o.report.findings) for o in outcomes)
    yield f"- corrected versions without any finding but old spellings: {silent}"


def programs_named(outcomes: Sequence[Outcome]) -> str:
    """Markdown: programs of which at least one fault is named, and named on its line."""
    kind = sum(any(o.kind_named) for o in outcomes)
    line = sum(any(o.named) for o in outcomes)
    return (
        f"- programs with a true kind named: {kind} of {len(outcomes)}, on its line: {line}"
        " (DeepFD publishes 52% and 42% for its programs)"
    )
