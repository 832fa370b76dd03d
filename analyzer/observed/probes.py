"""What the trained model answers when the warm-up is over: independence of samples, causality."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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


class Baselines(Value):
    """The training loss on one batch of the warm-up under other circumstances.

    Attributes:
        initial: loss of the untrained model on it; trained: of the trained one, in the mode that
            it was trained in.
        zeroed: of the trained model when the inputs are zeros; None where zeros mean something
            else (indices of a vocabulary).
        shuffled: of the trained model when the inputs stay and the labels are those of other rows.
        spread_inputs: standard deviation of the trained model's outputs over the rows of the
            batch, averaged over the units; output_std: over all values.
        one_batch: losses of further steps on this batch alone, the weights put back afterwards.
    """

    rows: int
    initial: Number | None = None
    trained: Number | None = None
    zeroed: Number | None = None
    shuffled: Number | None = None
    spread_inputs: Number | None = None
    output_std: Number | None = None
    one_batch: Annotated[tuple[Number, ...], Field(max_length=256)] = ()


class Probes(Value):
    """Answers of the model at the end of the warm-up; None where the question did not arise."""

    independence: Independence | None = None
    causality: Causality | None = None
    baselines: Baselines | None = None
