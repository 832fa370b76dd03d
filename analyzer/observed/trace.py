"""The warm-up: losses, what went into them, the order of calls, statistics per layer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Shape, Site, Text, Value


class LossSeen(Value):
    """What went into the loss in the observed steps (contract evidence).

    Shapes here include the batch dimension.

    Attributes:
        calls: loss calls seen.
        row_sum_min, row_sum_max: sums over the last axis of the predictions.
        first, last: value of the loss at the first and last observed call.
        name: the loss, where it stands beside others; label_smoothing: of the loss object.
        loss: identity of the loss object within this run, None for a function.
    """

    calls: int = 0
    name: Name | None = None
    label_smoothing: Number | None = None
    loss: int | None = None
    prediction_shape: Shape = ()
    prediction_min: Number | None = None
    prediction_max: Number | None = None
    row_sum_min: Number | None = None
    row_sum_max: Number | None = None
    target_shape: Shape = ()
    target_dtype: Name = ""
    target_min: Number | None = None
    target_max: Number | None = None
    first: Number | None = None
    last: Number | None = None
    site: Site | None = None


class Broadcast(Value):
    """An operation of a hand-written loss whose operands were stretched against each other.

    Shapes include the batch dimension.

    Attributes:
        operation: "sub", "mul" or "div"; target_first: whether the target is its first operand.
    """

    operation: Name
    target_first: bool = False
    prediction_shape: Shape
    target_shape: Shape
    result_shape: Shape
    site: Site | None = None


class MetricPair(Value):
    """Predictions and targets that were compared as all pairs; the result is N by N.

    Shapes include the batch dimension.

    Attributes:
        operation: "eq" or "ne"; target_first: whether the target is its first operand.
        of_pairs: share of equal values among all pairs; of_samples: among the N samples.
    """

    operation: Literal["eq", "ne"]
    target_first: bool = False
    prediction_shape: Shape
    target_shape: Shape
    of_pairs: Number
    of_samples: Number
    site: Site | None = None


class OutputUse(Value):
    """What the program does with the model's own output, beside its loss.

    Attributes:
        operation: "above" (compared with a number), "round" or "argmax".
        threshold: the number; axis: the axis of argmax, not negative.
        shape: of the output, with the batch dimension; lowest, highest: its values.
    """

    operation: Literal["above", "round", "argmax"]
    shape: Shape
    threshold: Number | None = None
    axis: int | None = None
    lowest: Number | None = None
    highest: Number | None = None
    site: Site | None = None


class GradientCycle(Value):
    """The order of zero_grad, backward and step in a hand-written loop.

    Attributes:
        steps: optimizer steps seen.
        dirty_starts: optimizer cycles whose first backward met gradients that a step had already
            used, i.e. nothing cleared them.
        backward_calls, zero_grad_calls: how often each was called.
        cleared_between: zero_grad calls that came between backward and step (they erase the
            gradients that the step needs).
        eval_at_backward: backward passes with every module in eval mode that a step followed.
        site: the step call; backward_site: the backward call; zero_grad_site: a zero_grad call, the
            one that came between when there is such a one.
    """

    steps: int = 0
    dirty_starts: int = 0
    backward_calls: int = 0
    zero_grad_calls: int = 0
    cleared_between: int = 0
    eval_at_backward: int = 0
    site: Site | None = None
    backward_site: Site | None = None
    zero_grad_site: Site | None = None


class LayerPoint(Value):
    """Statistics of one layer at one step; shares are 0..1, norms are Euclidean.

    Attributes:
        output_*: of the layer's first output; mean, std, bounds and quantiles are those of its
            finite values. output_saturated: share of values at a bound of a sigmoid or tanh
            output (within 0.01 of the width between its bounds); output_dead: share of units
            (last axis, of feature maps the channel axis) that are zero for the whole batch;
            output_same: share of units with one value for the whole batch.
        weight_*: of the kernels, else of all weights, before the step.
        gradient_*: of the same weights; gradient_mean: mean magnitude.
        output_gradient_*: of the loss after the layer's first output.
        update_ratio: norm of what the step changed over the norm before it.
    """

    step: int
    output_mean: Number | None = None
    output_std: Number | None = None
    output_min: Number | None = None
    output_max: Number | None = None
    output_q05: Number | None = None
    output_q50: Number | None = None
    output_q95: Number | None = None
    output_norm: Number | None = None
    output_zero: Number | None = None
    output_nan: Number | None = None
    output_infinite: Number | None = None
    output_saturated: Number | None = None
    output_dead: Number | None = None
    output_same: Number | None = None
    weight_norm: Number | None = None
    weight_mean: Number | None = None
    weight_std: Number | None = None
    weight_min: Number | None = None
    weight_max: Number | None = None
    weight_nan: Number | None = None
    gradient_norm: Number | None = None
    gradient_mean: Number | None = None
    gradient_max: Number | None = None
    gradient_zero: Number | None = None
    gradient_nan: Number | None = None
    output_gradient_norm: Number | None = None
    output_gradient_zero: Number | None = None
    output_gradient_nan: Number | None = None
    update_ratio: Number | None = None


class LayerTrace(Value):
    """The points of one layer, by its index in the graph."""

    layer: int
    points: Annotated[tuple[LayerPoint, ...], Field(max_length=64)] = ()


class SeenWarning(Value):
    """A Python warning that the program caused, with the user's own line."""

    category: Name
    message: Text
    site: Site | None = None


class Trace(Value):
    """The warm-up.

    Attributes:
        steps: training steps completed; seconds: wall time of those steps.
        loss: per step, in order.
        validation_losses: losses computed while no gradients were recorded.
        broadcasts, output_uses, metric_pairs: what hand-written code did with the model's output.
        ended: why the warm-up ended.
        notes: what observing had to leave out, one line each.
    """

    steps: int = 0
    seconds: Number = 0.0
    device: Name = "cpu"
    loss: Annotated[tuple[Number, ...], Field(max_length=2000)] = ()
    metrics: dict[Name, Annotated[tuple[Number, ...], Field(max_length=2000)]] = Field(
        default_factory=dict, max_length=32
    )
    layers: Annotated[tuple[LayerTrace, ...], Field(max_length=400)] = ()
    loss_seen: Annotated[tuple[LossSeen, ...], Field(max_length=16)] = ()
    validation_losses: Annotated[tuple[LossSeen, ...], Field(max_length=16)] = ()
    broadcasts: Annotated[tuple[Broadcast, ...], Field(max_length=16)] = ()
    output_uses: Annotated[tuple[OutputUse, ...], Field(max_length=16)] = ()
    metric_pairs: Annotated[tuple[MetricPair, ...], Field(max_length=16)] = ()
    cycle: GradientCycle | None = None
    ended: Literal["steps", "time", "program_end", "error"] = "steps"
    notes: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
