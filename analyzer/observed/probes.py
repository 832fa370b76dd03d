"""What the trained model answers when the warm-up is over: independence of samples, causality."""

from __future__ import annotations

from analyzer.observed.values import Name, Number, Value


class Independence(Value):
    """One sample's output while only other samples of the batch change.

    Attributes:
        samples: samples in the batch; moved: outputs of unchanged samples that changed.
        largest: largest change of such an output; spread: standard deviation of the outputs.
        layer: module where the change first shows; inside: whether that module mixes samples
            itself, else what stands before it does.
    """

    samples: int
    moved: int
    largest: Number
    spread: Number
    layer: Name | None = None
    inside: bool = False


class Causality(Value):
    """Outputs at early positions while only later positions of the input change.

    Attributes:
        shift: targets are the inputs this many positions later.
        positions: length of the sequences; changed_from: first changed position.
        largest: largest change of an output before it; spread: standard deviation of the outputs.
        layer: the attention module where the change first shows.
    """

    shift: int
    positions: int
    changed_from: int
    largest: Number
    spread: Number
    layer: Name | None = None


class Probes(Value):
    """Answers of the model at the end of the warm-up; None where the question did not arise."""

    independence: Independence | None = None
    causality: Causality | None = None
