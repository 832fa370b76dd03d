"""Every parameter of the model: who trains it, and whether it moved; the modes of the modules."""

from __future__ import annotations

from analyzer.observed.values import Value


class Census(Value):
    """Parameters and modes, as counted in the run.

    Attributes:
        trainable: number of parameter tensors that may be trained.
    """

    trainable: int = 0
