"""What speaks beside the rules: symptoms of the run, their causes, and the learned verdict.

None of it makes a finding. It is listed under the evidence of the findings that it agrees with, and
it weighs what the experiments try first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analyzer.diagnosis.verdict import LearnedVerdict, verdict_of
from analyzer.findings import Evidence, Finding, Unchecked
from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.symptoms.base import Symptom
from analyzer.symptoms.causes import Cause, ranked_causes
from analyzer.symptoms.registry import examine

OF_ONE_LAYER: frozenset[Kind] = frozenset(
    {
        "hidden_activation",
        "initializer",
        "batch_norm",
        "dropout",
        "neurons",
        "filters",
        "kernel_size",
        "dense_layers",
        "pooling",
        "layer_type",
    }
)
"""Kinds whose findings are about the layer of their line, and about no other."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What was seen of one program beside what its rules say.

    Attributes:
        symptoms: strongest first; unchecked: the checks that could not look.
        causes: what the symptoms may come from, likeliest first.
        learned: None where the learned diagnosis could not look.
        priors: how much speaks for each kind of fault, 0..1.
    """

    symptoms: tuple[Symptom, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    causes: tuple[Cause, ...] = ()
    learned: LearnedVerdict | None = None
    priors: Mapping[Kind, float] = field(default_factory=dict)

    def about(self, finding: Finding) -> tuple[Symptom, ...]:
        """The symptoms that a fault of this kind at this place explains."""
        return tuple(symptom for symptom in self.symptoms if _agrees(symptom, finding))


def witnesses_of(program: Program) -> Witnesses:
    """All that speaks beside the rules."""
    return heard(program, verdict_of(program))


def heard(program: Program, learned: LearnedVerdict | None) -> Witnesses:
    """The symptoms of the program and their causes, beside this verdict; pure."""
    seen = examine(program)
    causes = ranked_causes(seen.symptoms, program)
    return Witnesses(seen.symptoms, seen.unchecked, causes, learned, priors_of(causes, learned))


def priors_of(causes: tuple[Cause, ...], learned: LearnedVerdict | None) -> Mapping[Kind, float]:
    """How much speaks for each kind of fault, 0..1: symptoms and verdict as two witnesses."""
    priors: dict[Kind, float] = {cause.kind: cause.score for cause in causes}
    for kind, probability in (learned.probabilities if learned else {}).items():
        priors[kind] = 1 - (1 - priors.get(kind, 0.0)) * (1 - probability)
    return priors


def attested(finding: Finding, witnesses: Witnesses) -> Finding:
    """The finding with the witnesses that agree with it under its evidence."""
    evidence = finding.evidence
    agreeing = [symptom.told for symptom in witnesses.about(finding)]
    if agreeing:
        trace = {**_facts(evidence.trace), "symptoms": agreeing}
        evidence = evidence.model_copy(update={"trace": trace})
    learned = _learned(finding.kind, witnesses.learned)
    if learned is not None:
        evidence = evidence.model_copy(update={"learned": learned})
    return finding if evidence is finding.evidence else _with(finding, evidence)


def _with(finding: Finding, evidence: Evidence) -> Finding:
    return finding.model_copy(update={"evidence": evidence})


def _facts(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {} if value is None else {"fact": value}


def _learned(kind: Kind, verdict: LearnedVerdict | None) -> dict[str, Any] | None:
    """What the learned verdict says of this kind; None where it knows nothing of it."""
    if verdict is None or kind not in verdict.probabilities:
        return None
    return {
        "kind": kind,
        "probability": round(verdict.probabilities[kind], 3),
        "sound": round(verdict.sound, 3),
    }


def _agrees(symptom: Symptom, finding: Finding) -> bool:
    """Whether the finding's fault explains the symptom.

    What shows in the backward pass comes from any layer behind; all else must be on the finding's
    lines, when that speaks of one layer.
    """
    if finding.kind not in symptom.causes:
        return False
    if finding.kind not in OF_ONE_LAYER or symptom.layer is None or symptom.phase == "backward":
        return True
    site = symptom.site
    return site is not None and finding.line <= site.line <= finding.end_line
