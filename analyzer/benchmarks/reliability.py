"""How often findings are right, per rule and proof, beside what their confidence says.

The table is honest about its own programs: the confidence of each finding is computed from the
counts of all other programs (leave one out).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.benchmarks.labelled import Outcome
from analyzer.calibration import Counts, calibrated, key_of
from analyzer.findings import Finding
from analyzer.kinds import Proof
from analyzer.rules.registry import rule_named

BINS = ((0.0, 0.25), (0.25, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01))


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding on a labelled program, and whether a label confirms it."""

    program: str
    finding: Finding
    right: bool

    @property
    def key(self) -> str:
        return key_of(self.finding.rule, self.finding.proof)


def judgements(outcomes: Sequence[Outcome]) -> list[Judgement]:
    """What rules that can raise an error or a warning found in all programs.

    Mere advice (another width, fewer epochs) is a matter of judgement that no label settles.
    """
    return [
        Judgement(outcome.case.file, finding, outcome.is_right(finding))
        for outcome in outcomes
        for finding in outcome.report.findings
        if rule_named(finding.rule).severity != "advice"
    ]


def count(judged: Sequence[Judgement]) -> dict[str, tuple[int, int]]:
    """Right and all findings, by rule and proof."""
    total = Counter(j.key for j in judged)
    right = Counter(j.key for j in judged if j.right)
    return {key: (right[key], total[key]) for key in sorted(total)}


def _without(counts: Counts, judged: Sequence[Judgement], program: str) -> Counts:
    own = count([j for j in judged if j.program == program])
    return {
        key: (right - own.get(key, (0, 0))[0], total - own.get(key, (0, 0))[1])
        for key, (right, total) in counts.items()
    }


def held_out_confidences(judged: Sequence[Judgement]) -> list[tuple[float, bool]]:
    """Each finding's confidence as the other programs give it, and whether it is right."""
    counts = count(judged)
    programs = {j.program for j in judged}
    others = {program: _without(counts, judged, program) for program in programs}
    return [
        (
            calibrated(
                j.finding.rule,
                j.finding.proof,
                stated(j.finding.rule),
                others[j.program],
            ),
            j.right,
        )
        for j in judged
    ]


def stated(rule: str) -> float:
    """What the rule says of itself."""
    return rule_named(rule).confidence


def reliability_table(judged: Sequence[Judgement]) -> str:
    """Markdown: by confidence, then by proof, then by rule."""
    parts = [_by_confidence(judged), _by_proof(judged), _by_rule(judged)]
    return "\n\n".join("\n".join(part) for part in parts)


def _by_confidence(judged: Sequence[Judgement]) -> Iterator[str]:
    pairs = held_out_confidences(judged)
    yield "| confidence | findings | mean confidence | right |"
    yield "|---|---:|---:|---:|"
    for low, high in BINS:
        inside = [(c, right) for c, right in pairs if low <= c < high]
        if inside:
            mean = sum(c for c, _ in inside) / len(inside)
            share = sum(right for _, right in inside) / len(inside)
            label = f"{low:.2f} to {min(high, 1.0):.2f}"
            yield f"| {label} | {len(inside)} | {mean:.2f} | {share:.2f} |"


def _by_proof(judged: Sequence[Judgement]) -> Iterator[str]:
    yield "| proof | findings | right |"
    yield "|---|---:|---:|"
    proofs: tuple[Proof, ...] = ("contract", "experiment", "rule")
    for proof in proofs:
        inside = [j.right for j in judged if j.finding.proof == proof]
        if inside:
            yield f"| {proof} | {len(inside)} | {sum(inside) / len(inside):.2f} |"


def _by_rule(judged: Sequence[Judgement]) -> Iterator[str]:
    yield "| rule | proof | findings | right | stated | calibrated |"
    yield "|---|---|---:|---:|---:|---:|"
    counts = count(judged)
    for key, (right, total) in counts.items():
        rule, proof = key.rsplit("/", 1)
        example = next(j.finding for j in judged if j.key == key)
        own, after = stated(rule), calibrated(rule, example.proof, stated(rule), counts)
        yield f"| {rule} | {proof} | {total} | {right} | {own:.2f} | {after:.2f} |"


def write_counts(judged: Sequence[Judgement], path: Path) -> None:
    """Write the counts where `analyzer.calibration` reads them."""
    rows = ",\n".join(f'  "{key}": {json.dumps(pair)}' for key, pair in count(judged).items())
    path.write_text("{\n" + rows + "\n}\n" if rows else "{}\n", encoding="utf-8")
