"""What the learned diagnosis says of one program.

It never speaks to a person by itself: it orders the candidates that experiments try and stands
among the witnesses of a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, cast

from analyzer.diagnosis.features import features_of
from analyzer.diagnosis.forest import Forest, read_forest
from analyzer.diagnosis.structure import has_structure, structure_features
from analyzer.kinds import Kind
from analyzer.rules.base import Program

MODEL = Path(__file__).with_name("model.json")
STRUCTURE = Path(__file__).with_name("structure.json")
"""Of programs that did not train on data of their own."""
SOUND = "sound"
Seen = Literal["run", "structure"]
FEWEST_STEPS = 5  # fewer losses say nothing, unless the program itself ends there
MOST_STEPS = 60  # a warm-up; the model has seen no longer one


@dataclass(frozen=True, slots=True)
class LearnedVerdict:
    """Calibrated probabilities; several kinds may be true of one program.

    Attributes:
        probabilities: of each kind that the model knows, the most probable first.
        sound: that none of these faults is there.
        sound_at: from this probability of `sound` on the program is called sound.
        seen: what it rests on: a warm-up on the program's own data, or its structure alone.
    """

    probabilities: Mapping[Kind, float]
    sound: float
    sound_at: float = 0.5
    seen: Seen = "run"

    @property
    def calls_sound(self) -> bool:
        """Whether the program looks like a sound one."""
        return self.sound >= self.sound_at

    @property
    def ranked(self) -> tuple[Kind, ...]:
        """The kinds, the most probable first."""
        return tuple(self.probabilities)


def verdict_of(program: Program) -> LearnedVerdict | None:
    """The verdict; None where the layers, the loss or the optimizer are not known.

    It rests on the warm-up; on invented data, or without losses, on the structure alone.
    """
    if applies(program):
        forest = shipped_model()
        return None if forest is None else judge(forest, features_of(program))
    forest = shipped_model(STRUCTURE) if has_structure(program) else None
    if forest is None:
        return None
    return replace(judge(forest, structure_features(program)), seen="structure")


def applies(program: Program) -> bool:
    """Whether the program trained on data of its own, and the model's features mean something."""
    trace = program.trace
    if trace is None or program.data is None or program.data.source == "stand_in":
        return False
    if len(trace.loss) < FEWEST_STEPS and trace.ended != "program_end":
        return False
    return bool(trace.loss) and program.has("optimizer") and program.has("graph")


def judge(forest: Forest, features: Mapping[str, float]) -> LearnedVerdict:
    """The verdict of a model on these features."""
    found = forest.probabilities(features)
    sound = found.pop(SOUND)
    ranked = sorted(found.items(), key=lambda pair: -pair[1])
    kinds = {cast(Kind, kind): probability for kind, probability in ranked}
    return LearnedVerdict(kinds, sound, forest.sound_at)


@cache
def shipped_model(path: Path = MODEL) -> Forest | None:
    """The model that comes with the package, read once; None in a tree without one."""
    return read_forest(path) if path.is_file() else None
