"""What the learned diagnosis sees of a program: numbers from its graph, data, learner and warm-up.

Four groups: DeepFD's runtime series (`series`), statistics over relative depth (`layerwise`),
relations between data, model, loss and optimizer (`relative`), and whether labels, output and loss
go together (`contracts`). None of them depends on the scale of the loss, the number of layers or
the number of steps by itself, nor on names in the source or on the framework. What was not seen is
NaN; very large values are cut, so that a diverging loss has one look.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

import numpy as np

from analyzer.diagnosis.contracts import contract_features
from analyzer.diagnosis.layerwise import layer_features
from analyzer.diagnosis.relative import relative_features
from analyzer.diagnosis.series import series_features
from analyzer.rules.base import Program

BOUND = 1e6


def features_of(program: Program) -> Mapping[str, float]:
    """Every feature by name, always the same names in the same order."""
    with np.errstate(all="ignore"):  # infinite losses are an observation, not a fault of ours
        found = {
            **_named("series", series_features(program)),
            **_named("layers", layer_features(program)),
            **_named("relative", relative_features(program)),
            **_named("contract", contract_features(program)),
        }
    return {name: _bounded(value) for name, value in found.items()}


def _named(group: str, features: Mapping[str, float]) -> dict[str, float]:
    return {f"{group}.{name}": value for name, value in features.items()}


def _bounded(value: float) -> float:
    return value if isnan(value) else max(-BOUND, min(BOUND, value))
