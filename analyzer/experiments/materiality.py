"""When an experiment turns a suspicion into a finding: a gain that matters and that waiting is not.

A short training favours whatever speeds up the start: a larger step, a normalization layer. On a
sound program such an edit wins an experiment and still mends no fault. So a suspicion that rests on
a rule alone is raised only when

* the edit is better (`decision`), and closes at least MATERIAL_GAIN of the way from chance to
  perfection;
* the program as it is does poorly: it has covered less than POOR of that way;
* patience does not help: trained PATIENCE times as long it is still behind by MATERIAL_GAIN, under
  every seed. A program that has trained to its own end cannot be asked for more patience.
"""

from __future__ import annotations

from analyzer.experiments.decision import FEWEST_PAIRS
from analyzer.experiments.runs import NotMeasured, Texts, Trainings
from analyzer.experiments.scores import skill
from analyzer.experiments.trial import Verdict

MATERIAL_GAIN = 0.2
POOR = 0.5
PATIENCE = 3


def reason_against(
    trainings: Trainings, verdict: Verdict, before: Texts, after: Texts
) -> str | None:
    """Why this gain is no proof of a fault; None when it is one."""
    if verdict.outcome != "better" or verdict.experiment is None:
        return "the edit is not better"
    if verdict.skill_after - verdict.skill_before < MATERIAL_GAIN:
        return "the gain is too small to speak of a fault"
    if verdict.skill_before >= POOR:
        return "the program learns well enough as it is"
    if verdict.at_own_end:
        return None
    if not trainings.allows(FEWEST_PAIRS * PATIENCE):
        return "no time to tell a slow start from a fault"
    for seed in range(FEWEST_PAIRS):
        longer = trainings.measure(before, seed, times=PATIENCE)
        shorter = trainings.measure(after, seed)
        if isinstance(longer, NotMeasured) or isinstance(shorter, NotMeasured):
            return "a longer training could not be measured"
        name = verdict.experiment.metric
        if name not in longer.scores:
            return "a longer training has no such score"
        if skill(shorter, name) - skill(longer, name) < MATERIAL_GAIN:
            return f"trained {PATIENCE} times as long the program gets there by itself"
    return None
