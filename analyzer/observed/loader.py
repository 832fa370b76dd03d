"""What the loaders hand out: labels per batch, order per epoch, overlap of the splits."""

from __future__ import annotations

from analyzer.observed.values import Value


class LoaderFacts(Value):
    """Exact facts about the batches and the splits of the data.

    Attributes:
        batches: training batches looked at.
    """

    batches: int = 0
