"""Statistics of the data that the program trains on, as it enters the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Shape, Site, Text, Value


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
        input_position: which value of a sample's only input, flattened, is its label (a class but
            for scale and offset); None when none is.
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
    input_position: int | None = None


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
