"""The order of the calls that make a training step, and what a schedule does to the rate.

One list of events in the order in which the run made the calls, bounded, with what was exact about
each of them. The rules read this list; nothing here is a judgement.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Site, Text, Value

CallKind = Literal[
    "epoch",  # an iteration over a data loader begins
    "batch",  # a data loader hands out a batch
    "set_epoch",  # of a distributed sampler
    "autocast",  # a region of half precision is entered with gradients on
    "zero_grad",
    "backward",
    "unscale",  # GradScaler.unscale_
    "clip",  # clip_grad_norm_, clip_grad_value_; tf.clip_by_global_norm, tf.clip_by_norm
    "scaler_step",  # GradScaler.step
    "scaler_update",
    "step",  # of an optimizer
    "scheduler_step",
]


class Call(Value):
    """One place that makes one kind of call.

    Attributes:
        site: the user's own call; None when no line of the user's is on the stack.
        count: how often it was called, also beyond the kept events.
        argument: source text of what it was given, where a rule needs it (a plateau's metric).
    """

    kind: CallKind
    site: Site | None = None
    count: int = 0
    argument: Text | None = None


class Event(Value):
    """One call.

    Attributes:
        call: index into `CallOrder.calls`.
        of: whose call: the optimizer of a step, a zero_grad, a clip, an unscale or a scaler step
            (the first that shares a parameter); the schedule; the sampler; the running number of
            the tensor of a backward. None when it belongs to none.
        scaled: backward: the loss came out of `GradScaler.scale`.
        direct: backward: the loss is what a loss function returned, not divided or added to.
        retained: backward: with retain_graph.
        nodes: backward: nodes of the graph behind the loss, as far as they were counted.
        older: backward: this graph reaches into the graph of an earlier step's pass from the same
            place.
        inside: backward: called under autocast, of any device.
        precision: autocast: the type it computes in: "float16", "bfloat16".
        held: step: parameters of the optimizer that hold a gradient; clip: likewise (Keras: tensors
            that are clipped together).
        rate: step, scheduler_step: learning rate of the first group (after a scheduler's step).
        norm, bound: clip: total norm before, and what it is clipped to.
        metric: scheduler_step: what a plateau schedule was given.
        fed_loss: scheduler_step: this metric is a loss: the last one, or the mean or sum of those
            since the schedule's step before.
    """

    call: int
    of: int | None = None
    scaled: bool | None = None
    direct: bool | None = None
    retained: bool | None = None
    nodes: int | None = None
    older: bool | None = None
    inside: bool | None = None
    precision: Name | None = None
    held: int | None = None
    rate: Number | None = None
    norm: Number | None = None
    bound: Number | None = None
    metric: Number | None = None
    fed_loss: bool | None = None


class SteppedOptimizer(Value):
    """One optimizer, as its steps showed it; also one that never stepped.

    Attributes:
        name: lower case class name; site: its constructor.
        parameters: tensors it holds; gradients: those of them that held a gradient at the end.
        steps: of which `empty` found no gradient at all, `still` had a rate of 0 in all groups.
        lowest, highest: learning rates over all steps and groups.
        shared: per other optimizer (its index) the number of parameters that both hold.
    """

    name: Name
    site: Site | None = None
    parameters: int = 0
    gradients: int = 0
    steps: int = 0
    empty: int = 0
    still: int = 0
    lowest: Number | None = None
    highest: Number | None = None
    shared: dict[int, int] = Field(default_factory=dict, max_length=16)


class Schedule(Value):
    """A learning-rate schedule: seen in the run, then run on without training, on a copy.

    Attributes:
        name: class name; site: its constructor.
        optimizer: index of its optimizer; None when that is unknown.
        unit: what it counts: the steps that the program makes it take, or (Keras) batches, epochs.
        mode: of a plateau schedule.
        horizon: how many of its own steps it was built for (T_max, total_steps, the last
            milestone); None when it has no end.
        periodic: whether it is made to repeat itself.
        steps: how often the program stepped it in the run.
        simulated: steps that the rates cover, those of the run included; 0 when it could not be
            run on.
        at, rates: learning rate of the first group after so many schedule steps, ascending; all of
            the first ones, then thinner.
        peak, peak_at, lowest, lowest_at: highest and lowest rate and when they are first reached.
        vanishes_at: from when on the rate stays below a ten-thousandth of its peak; None if never.
    """

    name: Name
    site: Site | None = None
    optimizer: int | None = None
    unit: Literal["step", "batch", "epoch"] = "step"
    mode: Name | None = None
    horizon: int | None = None
    periodic: bool = False
    steps: int = 0
    simulated: int = 0
    at: Annotated[tuple[int, ...], Field(max_length=400)] = ()
    rates: Annotated[tuple[Number, ...], Field(max_length=400)] = ()
    peak: Number | None = None
    peak_at: int | None = None
    lowest: Number | None = None
    lowest_at: int | None = None
    vanishes_at: int | None = None


class Scaler(Value):
    """A GradScaler.

    Attributes:
        wanted: what its constructor was told; enabled: whether it scales on this machine.
    """

    site: Site | None = None
    wanted: bool = True
    enabled: bool = True
    scale: Number | None = None


class EpochSampler(Value):
    """A distributed sampler.

    Attributes:
        iterations: how often it was read; same: how many of those gave the order of the one before.
        entries: indices it hands out per epoch.
    """

    site: Site | None = None
    shuffles: bool = True
    iterations: int = 0
    same: int = 0
    entries: int = 0


class Plan(Value):
    """How long the program means to train, as its loops say it.

    Attributes:
        epochs: of the loop around the loop over batches; None when it is not a count.
        batches: steps of the loop over batches.
        breaks: whether either loop may be left early.
        epochs_site: the loop over epochs.
    """

    epochs: int | None = None
    batches: int | None = None
    breaks: bool = True
    epochs_site: Site | None = None


class Watch(Value):
    """A Keras callback that watches a value.

    Attributes:
        name: class name; site: its constructor.
        monitor: what it watches; mode: what it was told; rising: whether it takes larger for
            better, None when it has not decided.
        available: the names that the logs of an epoch hold; empty when they are not known.
        validated: whether the program gives validation data.
    """

    name: Name
    site: Site | None = None
    monitor: Name
    mode: Name | None = None
    rising: bool | None = None
    available: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    validated: bool = False


class Taken(Value):
    """Gradients that a Keras loop asked for at one place.

    Attributes:
        calls: how often; variables: how many it asked for.
        missing: names of the trainable variables for which it got None.
        applied: how many of these variables an optimizer was then applied to, or the program
            assigned to.
        elsewhere: how many other variables the optimizer was applied to with these gradients.
        applied_site: where the optimizer is applied.
        moved: whether any of the variables changed between the first call and the end.
    """

    site: Site | None = None
    calls: int = 0
    variables: int = 0
    missing: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    applied: int = 0
    elsewhere: int = 0
    applied_site: Site | None = None
    moved: bool = False


class CallOrder(Value):
    """Calls around the optimizer, in the order in which the run made them.

    Attributes:
        steps: optimizer steps seen.
        calls: each place with its kind; events: the calls one by one, as many as are kept.
        whole: whether no event was left out.
    """

    steps: int = 0
    calls: Annotated[tuple[Call, ...], Field(max_length=100)] = ()
    events: Annotated[tuple[Event, ...], Field(max_length=3000)] = ()
    whole: bool = True
    optimizers: Annotated[tuple[SteppedOptimizer, ...], Field(max_length=16)] = ()
    schedules: Annotated[tuple[Schedule, ...], Field(max_length=16)] = ()
    scalers: Annotated[tuple[Scaler, ...], Field(max_length=16)] = ()
    samplers: Annotated[tuple[EpochSampler, ...], Field(max_length=16)] = ()
    plan: Plan = Plan()
    watches: Annotated[tuple[Watch, ...], Field(max_length=32)] = ()
    taken: Annotated[tuple[Taken, ...], Field(max_length=16)] = ()
