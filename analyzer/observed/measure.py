"""How well the program does its task after a short training, on samples held out from it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Text, Value

MOST_SCORES, MOST_LOSSES = 16, 64


class Measured(Value):
    """The measure of one run of an experiment.

    Attributes:
        held_out: samples that the measure was taken on and that were never trained on; 0 when it
            was taken on training rows, because none could be held out.
        rows: samples that the measure was taken on.
        scores: by name; empty when nothing could be measured.
        chance: by the same names, what a constant prediction scores on the same rows.
        reason: why nothing could be measured, or why no samples were held out.
        samples: rows drawn of the program's data, held-out ones included.
        steps, trained: training steps, and rows that they took.
        seconds: wall time of these steps.
        losses: the training loss along the steps, averaged over equal parts.
        ended: what ended the training: its bounds, the clock, or the program itself.
    """

    held_out: int = Field(default=0, ge=0)
    rows: int = Field(default=0, ge=0)
    scores: Annotated[dict[Name, Number], Field(max_length=MOST_SCORES)] = Field(
        default_factory=dict
    )
    chance: Annotated[dict[Name, Number], Field(max_length=MOST_SCORES)] = Field(
        default_factory=dict
    )
    reason: Text | None = None
    samples: int = Field(default=0, ge=0)
    steps: int = Field(default=0, ge=0)
    trained: int = Field(default=0, ge=0)
    seconds: Number = 0.0
    losses: Annotated[tuple[Number, ...], Field(max_length=MOST_LOSSES)] = ()
    ended: Literal["steps", "time", "program_end"] = "program_end"
