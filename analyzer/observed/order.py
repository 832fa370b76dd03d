"""The order of the calls that make a training step, and what a schedule does to the rate."""

from __future__ import annotations

from analyzer.observed.values import Value


class CallOrder(Value):
    """Calls around the optimizer, in the order in which the run made them.

    Attributes:
        steps: optimizer steps seen.
    """

    steps: int = 0
