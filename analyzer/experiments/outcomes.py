"""A mend after its experiment: supported, raised, left as advice, or taken back."""

from __future__ import annotations

from dataclasses import replace

from analyzer.experiments.trial import Verdict
from analyzer.experiments.wording import effect, sentence, sparklines
from analyzer.fixing.edits import FixPlan
from analyzer.mending import Mend

RAISED_CONFIDENCE = 0.8
JUDGEMENT = "it remains a matter of judgement"
"""What a gain cannot make more of: advice about how a program is best built."""


def withdrawn(mend: Mend) -> Mend:
    """A proven suspicion whose edit failed the check that every edit must pass: advice again."""
    finding = mend.judged.finding.model_copy(update={"proof": "rule", "severity": "advice"})
    back = replace(mend, judged=replace(mend.judged, finding=finding), proven=False)
    return told(back, "the edit fails the check that follows it")


def supported(mend: Mend, together: Verdict, alone: Verdict | None) -> Mend:
    """A contract with what the experiments say: of its own edit, else of all together."""
    facts: list[str] = []
    if together.experiment is None:
        return told(mend, f"not measured: {together.reason}")
    if alone is None:
        said = effect(together.experiment, contract=True)
        return with_experiment(mend, together, [f"{said}: {sentence(together.experiment)}"])
    facts.append(f"all edits together: {sentence(together.experiment)}")
    if alone.experiment is None:
        return with_experiment(
            mend, together, [*facts, f"this edit alone: not measured: {alone.reason}"]
        )
    said = effect(alone.experiment, contract=True)
    facts.append(f"without and with this edit, beside the others: {sentence(alone.experiment)}")
    return with_experiment(mend, alone, [said, *facts])


def raised(mend: Mend, verdict: Verdict) -> Mend:
    """A suspicion that the experiment has proven."""
    judged = mend.judged
    finding = judged.finding.model_copy(
        update={
            "proof": "experiment",
            "severity": judged.proven_severity,
            "confidence": max(judged.finding.confidence, RAISED_CONFIDENCE),
        }
    )
    proven = replace(mend, judged=replace(judged, finding=finding), proven=True)
    assert verdict.experiment is not None
    return with_experiment(proven, verdict, [f"the edit helps: {sentence(verdict.experiment)}"])


def unproven(mend: Mend, plan: FixPlan, verdict: Verdict, against: str | None) -> Mend:
    """Advice stays advice; an edit that harms is not offered."""
    experiment = verdict.experiment
    assert experiment is not None
    own = plan is mend.judged.plan
    said = effect(experiment, contract=False)
    if against is not None and verdict.outcome == "better":
        said = f"{said}, but {against}"
    line = told(mend, f"{plan.description}: {said}: {sentence(experiment)}")
    if own and verdict.outcome == "worse":
        return replace(line, verified=False)
    return replace(line, experiment=experiment) if own else line


def needless(mend: Mend, verdict: Verdict) -> Mend:
    """A proven edit that the later ones have made needless: advice again."""
    finding = mend.judged.finding.model_copy(update={"proof": "rule", "severity": "advice"})
    why = "" if verdict.experiment is None else f": {sentence(verdict.experiment)}"
    back = replace(mend, judged=replace(mend.judged, finding=finding), proven=False)
    return told(back, f"not needed beside the other edits{why}")


def with_experiment(mend: Mend, verdict: Verdict, facts: list[str]) -> Mend:
    experiment = verdict.experiment
    curves = sparklines(experiment) if experiment is not None else None
    if curves is not None:
        facts = [*facts, f"loss before {curves[0]}", f"loss after  {curves[1]}"]
    return replace(mend, experiment=experiment, trials=(*mend.trials, *facts))


def told(mend: Mend, line: str) -> Mend:
    return replace(mend, trials=(*mend.trials, line))
