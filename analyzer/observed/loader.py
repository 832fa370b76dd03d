"""What the loaders hand out: labels per batch, overlap of the splits, two reads of one item."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Site, Value


class LabelOrder(Value):
    """The labels of the first batches, in the order in which they came.

    Attributes:
        batches: how many were looked at; labels: labels in them.
        distinct: classes in one batch, on average; expected: the same for a random order.
        classes: classes in the training set, as far as it was looked at.
        contiguous: whether every class came in one piece.
        fixed: whether the order is the one in which the samples are stored; None when unknown.
        site: the loader or the fit call.
    """

    batches: int
    labels: int
    distinct: Number
    expected: Number
    classes: int
    contiguous: bool
    fixed: bool | None = None
    site: Site | None = None


class HeldOut(Value):
    """One set that is not trained on, against the training set.

    Attributes:
        name: what the program calls it: "val_loader", "x_test", "validation_split".
        rows: rows looked at; shared: those among them that are trained on too.
        trained_rows: rows of the training set that were looked at.
        by: compared by content, by index into one dataset, or by file.
        repeated: share of the training rows that occur more than once in the training set itself.
        same: whether it is the training set, row for row.
        classes, novel: classes in it, and those among them that are never trained.
        novel_share: share of its labels that belong to these.
        site: its loader, or the call that it is given to.
    """

    name: Name
    rows: int = 0
    shared: int = 0
    trained_rows: int = 0
    by: Literal["content", "index", "file"] = "content"
    repeated: Number = 0.0
    same: bool = False
    classes: int = 0
    novel: int = 0
    novel_share: Number = 0.0
    site: Site | None = None


class TwoReads(Value):
    """Items of a held-out set that were read twice.

    Attributes:
        differing: items whose inputs differed; largest: the largest difference of a value.
        span: largest minus smallest input value that was read.
        same_targets: whether all targets came out equal.
        trained_dataset: whether the training set reads from the same dataset object.
    """

    name: Name
    items: int
    differing: int
    largest: Number
    span: Number
    same_targets: bool
    trained_dataset: bool = False
    site: Site | None = None


class WorkerStreams(Value):
    """A dataset that brings its own random generator into every worker.

    Attributes:
        attribute: where the dataset keeps it.
        items: items read through two copies of the dataset, as two workers hold them;
            equal: those that came out the same in both, although a second read differs.
    """

    attribute: Name
    workers: int
    items: int
    equal: int
    site: Site | None = None


class EarlyFit(Value):
    """Statistics that were fitted on more than the training part.

    Attributes:
        estimator: "StandardScaler".
        case: "whole": fitted on all rows, which were split afterwards; "refitted": fitted again
            on the part that is tested; "raw": the tested part did not pass through it.
        rows: rows that it was fitted on; trained_rows: rows of the training part.
        supervised: whether it saw the labels.
        fitted, trained: mean of the first differing column over all rows, over the training part.
        site: the fit call; split_site: the split, or the second fit.
    """

    estimator: Name
    case: Literal["whole", "refitted", "raw"]
    rows: int
    trained_rows: int = 0
    supervised: bool = False
    fitted: Number | None = None
    trained: Number | None = None
    site: Site | None = None
    split_site: Site | None = None


class Folds(Value):
    """The fold that differs most, of a KFold that takes the rows in the order they are stored in.

    Attributes:
        folds: how many there are; fold: the number of this one, from 1.
        labels: what the program calls the labels; None when it handed them to the splitter.
        sorted: whether every class comes in one piece.
        classes, tested_classes: classes of both sides, of the tested side.
        trained, tested: what the classes on each side are called.
        rows: tested rows; novel_rows: those among them of the novel_classes that are not trained.
        trained_share: share of the trained rows that belong to the tested classes.
        site: the call of split.
    """

    folds: int
    fold: int
    labels: Name | None = None
    sorted: bool
    classes: int
    tested_classes: int
    trained: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    tested: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    rows: int
    novel_rows: int = 0
    novel_classes: int = 0
    trained_share: Number = 0.0
    site: Site | None = None


class Zipped(Value):
    """A pipeline that zips inputs and labels after one or both were shuffled.

    Attributes:
        role: what fit takes it for.
        rows: samples; epoch: the first pass in which pairs came apart, else the last looked at.
        apart: pairs of different rows; changed: those among them whose classes differ.
        inputs_shuffled, labels_shuffled: which side is shuffled before the zip.
        shuffles: the calls of shuffle, where one seed for both would keep the pairs.
        site: the call of zip.
    """

    role: Literal["training", "validation"]
    rows: int
    epoch: int = 1
    apart: int
    changed: int
    inputs_shuffled: bool = True
    labels_shuffled: bool = True
    shuffles: Annotated[tuple[Site, ...], Field(max_length=2)] = ()
    site: Site | None = None


class Padding(Value):
    """Padded positions of sequences, and what the loss does with them.

    Attributes:
        value: the input value that fills up; target: the target value at these positions.
        positions: target positions looked at; padded: those that are filled up.
        counted: padded positions that the loss counts.
        site: the loss call; shift: 1 when targets are the inputs one step later.
    """

    value: int
    target: int
    positions: int
    padded: int
    counted: int
    shift: int = 0
    site: Site | None = None


class LoaderFacts(Value):
    """Exact facts about the batches and the splits of the data.

    Attributes:
        batches: training batches looked at.
    """

    batches: int = 0
    order: LabelOrder | None = None
    held_out: Annotated[tuple[HeldOut, ...], Field(max_length=16)] = ()
    reads: Annotated[tuple[TwoReads, ...], Field(max_length=16)] = ()
    workers: Annotated[tuple[WorkerStreams, ...], Field(max_length=16)] = ()
    fits: Annotated[tuple[EarlyFit, ...], Field(max_length=16)] = ()
    folds: Annotated[tuple[Folds, ...], Field(max_length=16)] = ()
    zipped: Annotated[tuple[Zipped, ...], Field(max_length=2)] = ()
    padding: Padding | None = None
