"""What is known of one training program: graph, data profile, learner, trace.

The sandbox child writes these values as one JSON object and the parent validates it here; nothing
that comes out of the sandbox is trusted, so every sequence and every text is bounded. The static
reader (`analyzer.source`) fills the same types from the source alone, with `origin="static"`.

Lines are 1-based, columns 0-based, paths relative to the program's root folder with "/".
Shapes leave out the batch dimension unless a docstring says otherwise; an unknown size is None.
Non-finite numbers travel as the texts "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analyzer.kinds import Framework

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=300)]
Shape = Annotated[tuple[int | None, ...], Field(max_length=16)]
Number = float
Origin = Literal["run", "static"]

Op = Literal[
    "input",
    "dense",
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "activation",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "dropout",
    "max_pool",
    "average_pool",
    "global_pool",
    "flatten",
    "reshape",
    "embedding",
    "recurrent",
    "attention",
    "upsample",
    "merge",
    "rescale",
    "augment",
    "model",
    "other",
]


class Value(BaseModel):
    """Base of all observed values: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Site(Value):
    """A range of source text: where a layer, a call or a value is written."""

    path: Name
    line: int = Field(ge=1)
    column: int = Field(default=0, ge=0)
    end_line: int = Field(ge=1)
    end_column: int = Field(default=0, ge=0)


class Layer(Value):
    """One layer or functional call, in execution order.

    Attributes:
        index: position in execution order, from 0.
        type: the framework's own name: "Conv2D", "BatchNorm1d", or the function: "relu".
        op: what it does, one word for all frameworks.
        name: its name or attribute path: "conv2d_1", "features.0"; the function for a call.
        site: where it is made (a module or Keras layer) or called (a function).
        call_site: where it is applied, when that is another place.
        activation: fused activation, lower case ("relu", "softmax"), or the function itself when
            op is "activation"; None for identity or none.
        units: output width of a dense or recurrent layer.
        filters: output channels of a convolution.
        input_channels: input channels or features of a convolution or dense layer.
        kernel_size, strides, padding, dilation: per spatial axis, padding lower case or number.
        rate: dropout probability.
        axis: axis of a softmax or normalization, when known.
        initializer: kernel initializer, as the framework names it, when the program set one.
        parameters: number of parameters; trainable: whether any of them is trainable.
        input_shape, output_shape: without the batch dimension.
        inputs: indices of the layers that feed it; empty means the one before it.
        repeated: how often one forward pass applied it (shared or recurrent use).
    """

    index: int = Field(ge=0)
    type: Name
    op: Op
    name: Name
    site: Site | None = None
    call_site: Site | None = None
    activation: Name | None = None
    units: int | None = None
    filters: int | None = None
    input_channels: int | None = None
    kernel_size: Annotated[tuple[int, ...], Field(max_length=3)] | None = None
    strides: Annotated[tuple[int, ...], Field(max_length=3)] | None = None
    padding: Name | None = None
    rate: Number | None = None
    axis: int | None = None
    use_bias: bool | None = None
    initializer: Name | None = None
    parameters: int = 0
    trainable: bool = True
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    inputs: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    repeated: int = 1


class Graph(Value):
    """The model that is trained.

    Attributes:
        layers: in execution order.
        outputs: indices of the layers whose values leave the model.
        origin: "run" when the model was built and seen, "static" when read from the source.
        complete: False when the static reader met something that it could not resolve.
        site: where the model is constructed.
        backbone: True when a pretrained or library-made model is part of it.
    """

    layers: Annotated[tuple[Layer, ...], Field(max_length=4000)]
    outputs: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    origin: Origin = "run"
    complete: bool = True
    site: Site | None = None
    backbone: bool = False


class ArrayStats(Value):
    """Statistics of one array of inputs, over at most a bounded number of samples.

    Attributes:
        name: the program's name for it, when known ("x_train").
        samples: how many the whole set has, None when unknown (a generator).
        inspected: how many went into the statistics.
        shape: of one sample.
        nan, infinite: share of such values, 0..1.
        distinct: number of distinct values, counted up to 1,000.
        feature_means, feature_stds, feature_mins, feature_maxs: per last axis (features of
            tabular data, channels of images); None above 256.
    """

    name: Name | None = None
    samples: int | None = None
    inspected: int = 0
    shape: Shape = ()
    dtype: Name = ""
    min: Number | None = None
    max: Number | None = None
    mean: Number | None = None
    std: Number | None = None
    nan: Number = 0.0
    infinite: Number = 0.0
    integral: bool = False
    distinct: int | None = None
    feature_means: Annotated[tuple[Number, ...], Field(max_length=256)] | None = None
    feature_stds: Annotated[tuple[Number, ...], Field(max_length=256)] | None = None
    feature_mins: Annotated[tuple[Number, ...], Field(max_length=256)] | None = None
    feature_maxs: Annotated[tuple[Number, ...], Field(max_length=256)] | None = None


LabelEncoding = Literal[
    "integer",  # class numbers 0..n-1 (n >= 2)
    "one_hot",  # rows of zeros with a single one
    "multi_hot",  # rows of zeros and ones, not always a single one
    "binary",  # 0/1 scalars
    "plus_minus_one",  # -1/1
    "continuous",  # real numbers
    "tokens",  # integer class per position of a sequence
    "inputs",  # the inputs themselves (autoencoder)
    "probabilities",  # rows of non-negative numbers that sum to one
    "text",  # strings
    "constant",  # one value only
    "unknown",
]


class LabelStats(Value):
    """Statistics of one array of labels.

    Attributes:
        encoding: how classes or targets are written.
        classes: number of classes, None for continuous targets.
        balance: share of each class, in class order; None above 256 classes.
        values: distinct values in ascending order, at most 32; None when there are more.
        ordered: True when the inspected labels come sorted by class.
    """

    name: Name | None = None
    samples: int | None = None
    inspected: int = 0
    shape: Shape = ()
    dtype: Name = ""
    encoding: LabelEncoding = "unknown"
    classes: int | None = None
    balance: Annotated[tuple[Number, ...], Field(max_length=256)] | None = None
    values: Annotated[tuple[Number, ...], Field(max_length=32)] | None = None
    min: Number | None = None
    max: Number | None = None
    mean: Number | None = None
    std: Number | None = None
    nan: Number = 0.0
    ordered: bool = False


DataKind = Literal[
    "color_images", "grayscale_images", "tabular", "text", "sequence", "volume", "unknown"
]


class DataProfile(Value):
    """The data that the program trains on, as it enters the model.

    Attributes:
        inputs, labels: training data, one entry per model input or output.
        validation_inputs, validation_labels: validation data, when the program gives any.
        test_inputs: arrays that the program evaluates or predicts on later.
        source: "stand_in" when values were invented because the program's own data is missing.
        site: the last statement that produced the training inputs; labels_site likewise.
        input_at_model: statistics of what the first layer received (after augmentation).
    """

    inputs: Annotated[tuple[ArrayStats, ...], Field(max_length=32)] = ()
    labels: Annotated[tuple[LabelStats, ...], Field(max_length=32)] = ()
    validation_inputs: Annotated[tuple[ArrayStats, ...], Field(max_length=32)] = ()
    validation_labels: Annotated[tuple[LabelStats, ...], Field(max_length=32)] = ()
    test_inputs: Annotated[tuple[ArrayStats, ...], Field(max_length=32)] = ()
    input_at_model: Annotated[tuple[ArrayStats, ...], Field(max_length=32)] = ()
    kind: DataKind = "unknown"
    source: Literal["program", "configured", "stand_in"] = "program"
    stand_in_for: Text | None = None
    site: Site | None = None
    labels_site: Site | None = None


class LossUse(Value):
    """The loss function as the program uses it.

    Attributes:
        name: canonical snake case: "categorical_crossentropy", "sparse_categorical_crossentropy",
            "binary_crossentropy", "mean_squared_error", "mean_absolute_error", "cross_entropy",
            "bce", "bce_with_logits", "nll", "mse", "l1", "smooth_l1", "huber", "kl_div", "hinge",
            or the program's own function name with custom=True.
        from_logits: Keras' flag; None where the loss has none.
        site: the loss argument or constructor; call_site: the loss call (PyTorch).
    """

    name: Name
    custom: bool = False
    from_logits: bool | None = None
    reduction: Name | None = None
    ignore_index: int | None = None
    label_smoothing: Number | None = None
    site: Site | None = None
    call_site: Site | None = None


class OptimizerUse(Value):
    """One optimizer.

    Attributes:
        name: lower case class name: "sgd", "adam", "adamw", "rmsprop".
        learning_rate: at the first step (first parameter group).
        site: its constructor, or the argument that names it; learning_rate_site: the argument that
            holds the learning rate, when there is one.
        parameters: how many parameter tensors it holds.
        foreign_parameters: how many of them belong to no module of the trained model.
        missing_parameters: trainable parameters of the model that no optimizer holds.
    """

    name: Name
    learning_rate: Number | None = None
    momentum: Number | None = None
    weight_decay: Number | None = None
    scheduled: bool = False
    site: Site | None = None
    learning_rate_site: Site | None = None
    parameters: int | None = None
    foreign_parameters: int = 0
    missing_parameters: Annotated[tuple[Name, ...], Field(max_length=200)] = ()


class Learner(Value):
    """How the program trains.

    Attributes:
        batch_size: samples per step; batch_size_site: the argument that sets it.
        epochs: epochs that the program asks for; epochs_site likewise.
        shuffle: whether training data is shuffled, None when unknown.
        fit_site: the fit call, or the loop's backward call.
        compile_site: the compile call (Keras).
    """

    losses: Annotated[tuple[LossUse, ...], Field(max_length=16)] = ()
    optimizers: Annotated[tuple[OptimizerUse, ...], Field(max_length=16)] = ()
    metrics: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    metrics_site: Site | None = None
    batch_size: int | None = None
    batch_size_site: Site | None = None
    epochs: int | None = None
    epochs_site: Site | None = None
    steps_per_epoch: int | None = None
    shuffle: bool | None = None
    validation_split: Number | None = None
    fit_site: Site | None = None
    compile_site: Site | None = None
    origin: Origin = "run"


class LossSeen(Value):
    """What went into the loss in the observed steps (contract evidence).

    Shapes here include the batch dimension.

    Attributes:
        calls: loss calls seen.
        row_sum_min, row_sum_max: sums over the last axis of the predictions.
        first, last: value of the loss at the first and last observed call.
    """

    calls: int = 0
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


class GradientCycle(Value):
    """The order of zero_grad, backward and step in a hand-written loop.

    Attributes:
        steps: optimizer steps seen.
        dirty_starts: optimizer cycles whose first backward met gradients that a step had already
            used, i.e. nothing cleared them.
        backward_calls, zero_grad_calls: how often each was called.
        cleared_between: zero_grad calls that came between backward and step (they erase the
            gradients that the step needs).
        eval_at_backward: backward passes with every module in eval mode.
        site: the step call; backward_site: the backward call.
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
    """Statistics of one layer at one step; shares are 0..1, norms are Euclidean."""

    step: int
    output_mean: Number | None = None
    output_std: Number | None = None
    output_min: Number | None = None
    output_max: Number | None = None
    output_zero: Number | None = None
    output_nan: Number | None = None
    weight_norm: Number | None = None
    weight_std: Number | None = None
    gradient_norm: Number | None = None
    gradient_zero: Number | None = None
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
    cycle: GradientCycle | None = None
    ended: Literal["steps", "time", "program_end", "error"] = "steps"
    notes: Annotated[tuple[Text, ...], Field(max_length=50)] = ()


Cause = Literal[
    "syntax_error",
    "missing_module",
    "missing_data",
    "needs_arguments",
    "needs_input",
    "crash",
    "timeout",
    "memory",
    "processes",
    "output",
    "killed",
    "no_model",
    "no_training",
    "sandbox_unavailable",
    "protocol",
    "switched_off",
]


class NotObserved(Value):
    """Why a program was not observed, or not to the end.

    Attributes:
        cause: one word.
        message: one line for a person: "ModuleNotFoundError: No module named 'cv2'".
        site: the user's own line, when there is one.
        missing: the module or file that is missing.
    """

    cause: Cause
    message: Text
    site: Site | None = None
    missing: Name | None = None


class ApiUse(Value):
    """A removed or renamed spelling that the compatibility layer stood in for.

    Attributes:
        old, new: spellings: "time.clock", "time.perf_counter".
        since: the release that removed it: "Python 3.8", "Keras 3".
    """

    old: Name
    new: Name
    since: Name | None = None
    site: Site | None = None


class Observation(Value):
    """One JSON object out of the sandbox: all that was seen, as far as the program got.

    Attributes:
        graph, data, learner, trace: None when the program did not get that far.
        trouble: why it ended early; None after a clean warm-up.
        output: the end of what the program printed.
    """

    protocol: Literal[1] = 1
    framework: Framework | None = None
    versions: dict[Name, Name] = Field(default_factory=dict, max_length=32)
    graph: Graph | None = None
    data: DataProfile | None = None
    learner: Learner | None = None
    trace: Trace | None = None
    warnings: Annotated[tuple[SeenWarning, ...], Field(max_length=200)] = ()
    api_uses: Annotated[tuple[ApiUse, ...], Field(max_length=200)] = ()
    trouble: NotObserved | None = None
    output: Annotated[str, Field(max_length=20_000)] = ""
    build_seconds: Number = 0.0
    observe_seconds: Number = 0.0
