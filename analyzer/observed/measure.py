"""How well the program does its task after a short training, on samples held out from it."""

from __future__ import annotations

from analyzer.observed.values import Value


class Measured(Value):
    """The measure of one run of an experiment.

    Attributes:
        held_out: samples that the measure was taken on.
    """

    held_out: int = 0
