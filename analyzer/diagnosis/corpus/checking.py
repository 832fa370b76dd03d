"""Whether a sound program learns and a seeded fault matters: both are trained, in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence

from analyzer.diagnosis.corpus.check_text import check_program
from analyzer.diagnosis.corpus.recipe import Recipe
from analyzer.limits import Limits
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.session import Session

LEARNS = 0.4  # score of a sound program at least, between chance and perfection
WORSE_BY = 0.15  # what a fault costs at least
WORSE_TO = 0.65  # and as a share of the sound program's score
MARK = "SCORES "
SCRIPT = "check.py"
SECONDS = 1500.0

Score = float | None
"""None for a program that breaks: it needs no diagnosis."""


def scores_of(recipes: Sequence[Recipe], session: Session) -> list[Score]:
    """The programs' scores after a short training."""
    if not recipes:
        return []
    request = Request(script=SCRIPT, texts={SCRIPT: check_program(recipes)}, observe=False)
    seen = session.observe(request, limits=Limits(wall_seconds=SECONDS))
    line = next((line for line in seen.output.splitlines() if line.startswith(MARK)), None)
    return list(json.loads(line.removeprefix(MARK))) if line else [None] * len(recipes)


def learns(sound: Score) -> bool:
    """Whether a program counts as sound."""
    return sound is not None and sound >= LEARNS


def matters(sound: Score, faulty: Score) -> bool:
    """Whether the faulty program learns clearly less than the sound one."""
    if sound is None or faulty is None:
        return False
    return faulty <= sound - WORSE_BY and faulty <= WORSE_TO * sound
