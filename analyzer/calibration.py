"""Confidence that means something: of findings at 0.9, nine in ten are right.

A rule states a confidence of its own. What was counted on labelled programs corrects it: the stated
value enters as if it had been seen on `PRIOR_WEIGHT` findings, so that a rule that was never right
in three cases is not called impossible, and a rule seen a hundred times is called what it is (the
mean of a beta distribution; Gelman et al., Bayesian Data Analysis, section 2.4).

`faultline bench reliability --write` counts again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from analyzer.kinds import Proof

COUNTS = Path(__file__).with_name("reliability.json")
PRIOR_WEIGHT = 8.0
"""Findings that a rule's own word counts for: enough to outweigh a handful, not a collection."""

Counts = Mapping[str, tuple[int, int]]
"""Right findings and all findings, by "rule/proof"."""


def key_of(rule: str, proof: Proof) -> str:
    """How a rule with a proof is called in the counts."""
    return f"{rule}/{proof}"


@cache
def counted() -> Counts:
    """The counts that ship with the package."""
    rows: dict[str, list[int]] = json.loads(COUNTS.read_text("utf-8"))
    return {key: (right, total) for key, (right, total) in rows.items()}


def calibrated(rule: str, proof: Proof, stated: float, counts: Counts | None = None) -> float:
    """The stated confidence, corrected by what was counted; 0..1, two decimals."""
    right, total = (counted() if counts is None else counts).get(key_of(rule, proof), (0, 0))
    return round((right + PRIOR_WEIGHT * stated) / (total + PRIOR_WEIGHT), 2)
