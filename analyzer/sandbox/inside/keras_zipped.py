"""Input pipelines whose inputs and labels are shuffled before they are zipped.

The pipeline that fit was given is taken apart down to the zip. The shuffles of both sides are then
drawn once more over row numbers, with the program's own seeds and buffers; no data is read.
"""

from __future__ import annotations

from typing import Any

from .keras_session import Session
from .loader_rows import class_numbers

Facts = dict[str, Any]
EPOCHS = 2  # the same seed may give the same order once and then no more
MOST_ROWS = 2**18
MOST_STEPS = 32  # of one pipeline
ROW_BY_ROW = (
    "_MapDataset",
    "_ParallelMapDataset",
    "_PrefetchDataset",
    "_OptionsDataset",
    "_AssertCardinalityDataset",
    "CacheDataset",
)
BEHIND = ("_BatchDataset", "_ParallelBatchDataset", "_RepeatDataset")
"""What leaves the order of rows alone behind the last shuffle."""
SHUFFLE, ZIP, SLICES = "_ShuffleDataset", "_ZipDataset", "_TensorSliceDataset"


class Side:
    """One side of a zip.

    Attributes:
        shuffles: its shuffles, the last one first; source: the first dataset.
    """

    def __init__(self, dataset: Any) -> None:
        self.shuffles: list[Any] = []
        self.plain = True
        self.source = dataset
        for _ in range(MOST_STEPS):
            name, inputs = type(self.source).__name__, self.source._inputs()
            if not inputs:
                return
            if name == SHUFFLE:
                self.shuffles.append(self.source)
            self.plain = self.plain and (
                name in (SHUFFLE, *ROW_BY_ROW) or (name in BEHIND and not self.shuffles)
            )
            self.source = inputs[0]
        self.plain = False

    def rows(self) -> int:
        """How many there are; negative when that is not known."""
        return int(self.source.cardinality())

    def orders(self, tf: Any, rows: int) -> list[Any]:
        """The numbers of the rows in the order of each epoch."""
        from tensorflow.python.data.ops import dataset_ops
        from tensorflow.python.ops import gen_dataset_ops

        numbers = tf.data.Dataset.range(rows)
        for shuffle in reversed(self.shuffles):
            variant = gen_dataset_ops.shuffle_dataset_v3(
                numbers._variant_tensor,
                buffer_size=shuffle._buffer_size,
                seed=shuffle._seed,
                seed2=shuffle._seed2,
                seed_generator=gen_dataset_ops.dummy_seed_generator(),
                reshuffle_each_iteration=shuffle._reshuffle_each_iteration,
                **numbers._flat_structure,
            )
            numbers = dataset_ops._VariantDataset(variant, numbers.element_spec)
        whole = numbers.batch(rows)
        return [next(iter(whole)).numpy() for _ in range(EPOCHS)]


def zipped(session: Session, tf: Any, dataset: Any, role: str) -> Facts | None:
    """The Zipped of a pipeline; None when it has none, or it cannot be taken apart."""
    found = _zip_of(tf, dataset)
    if found is None:
        return None
    inputs, labels = (Side(side) for side in found._datasets)
    if not inputs.plain or not labels.plain or not inputs.shuffles + labels.shuffles:
        return None
    classes, rows = _classes(labels.source), inputs.rows()
    if classes is None or len(classes) != rows or not 1 < rows <= MOST_ROWS:
        return None
    with session.unobserved():
        orders = [side.orders(tf, rows) for side in (inputs, labels)]
    for epoch, (of_inputs, of_labels) in enumerate(zip(*orders, strict=True), start=1):
        facts = {
            "epoch": epoch,
            "rows": rows,
            "apart": int((of_inputs != of_labels).sum()),
            "changed": int((classes[of_inputs] != classes[of_labels]).sum()),
        }
        if facts["apart"]:
            break
    return facts | {
        "role": role,
        "inputs_shuffled": bool(inputs.shuffles),
        "labels_shuffled": bool(labels.shuffles),
        "site": session.sites.get(found),
        "shuffles": _twins(session, inputs, labels),
    }


def _zip_of(tf: Any, dataset: Any) -> Any:
    """The zip of two datasets that everything else of this pipeline follows."""
    for _ in range(MOST_STEPS):
        if not isinstance(dataset, tf.data.Dataset):
            return None
        if type(dataset).__name__ == ZIP:
            sides = dataset._datasets
            pair = isinstance(sides, tuple) and len(sides) == 2
            return dataset if pair and len(dataset._inputs()) == 2 else None
        inputs = dataset._inputs()
        if len(inputs) != 1:
            return None
        dataset = inputs[0]
    return None


def _classes(source: Any) -> Any:
    """The class of each row of a dataset made of one array of labels."""
    if type(source).__name__ != SLICES or len(source._tensors) != 1:
        return None
    return class_numbers(source._tensors[0].numpy())


def _twins(session: Session, *sides: Side) -> list[Any]:
    """The places of two shuffles that the same seed would make alike; else none."""
    if [len(side.shuffles) for side in sides] != [1, 1]:
        return []
    pair = [side.shuffles[0] for side in sides]
    alike = {(int(each._buffer_size), bool(each._reshuffle_each_iteration)) for each in pair}
    sites = [session.sites.get(each) for each in pair]
    return sites if len(alike) == 1 and all(sites) else []
