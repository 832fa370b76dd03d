"""How the labels are written: seen in the run, else read from the code that makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.observed import LabelEncoding, LabelStats, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.flow import origins
from analyzer.source.calls import CallSite, SourceIndex

EXCLUSIVE: frozenset[LabelEncoding] = frozenset({"one_hot", "integer"})
MODES: dict[object, LabelEncoding] = {
    "categorical": "one_hot",
    "binary": "binary",
    "sparse": "integer",
    "int": "integer",
}


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """The labels of the only output.

    Attributes:
        seen: True when the program's own labels were inspected in a run.
        words: how this is known: "one-hot rows (256 labels inspected)".
        stats: the statistics, when labels were seen.
        site: the statement that produces them.
    """

    encoding: LabelEncoding
    classes: int | None
    seen: bool
    words: str
    stats: LabelStats | None = None
    site: Site | None = None


def label_facts(program: Program) -> LabelFacts | None:
    """What is known of the labels; None when nothing is."""
    data = program.data
    if data is not None and len(data.labels) == 1 and data.labels[0].encoding != "unknown":
        stats = data.labels[0]
        seen = data.source != "stand_in"
        how = (
            f"{stats.inspected:,} labels inspected" if seen else "as the program's code makes them"
        )
        site = data.labels_site or program.source.labels_site
        words = f"{ENCODING_WORDS[stats.encoding]} ({how})"
        return LabelFacts(stats.encoding, stats.classes, seen, words, stats if seen else None, site)
    return labels_in_code(program.source)


def real_targets(program: Program) -> bool:
    """Whether the program's own labels were seen to be real numbers that are no probabilities."""
    facts = label_facts(program)
    if facts is None or not facts.seen or facts.encoding != "continuous" or facts.stats is None:
        return False
    low, high = facts.stats.min, facts.stats.max
    return low is not None and high is not None and (low < 0.0 or high > 1.0)


ENCODING_WORDS: dict[LabelEncoding, str] = {
    "integer": "class numbers",
    "one_hot": "one-hot rows",
    "multi_hot": "multi-hot rows",
    "binary": "0/1 values",
    "plus_minus_one": "-1/1 values",
    "continuous": "real numbers",
    "tokens": "one class per position",
    "inputs": "the inputs themselves",
    "probabilities": "probability rows",
    "text": "strings",
    "constant": "one value only",
    "unknown": "unknown",
}


def _mode(keyword: str, default: str) -> Callable[[CallSite], LabelEncoding | None]:
    def read(call: CallSite) -> LabelEncoding | None:
        given = call.argument(keyword)
        if given is None:
            return MODES[default]
        return MODES.get(given.value) if given.known else None

    return read


def _always(encoding: LabelEncoding) -> Callable[[CallSite], LabelEncoding | None]:
    return lambda _call: encoding


def _integer_set(call: CallSite) -> LabelEncoding | None:
    """Class numbers, where the set is one of those that are known to give them."""
    return "integer" if any(name in call.callee for name in INTEGER_SETS) else None


INTEGER_SETS = ("mnist", "cifar", "reuters", "torchvision.datasets")

RAW_READERS: dict[str, Callable[[CallSite], LabelEncoding | None]] = {
    "load_data": _integer_set,
    "load_iris": _always("integer"),
    "load_digits": _always("integer"),
    "load_wine": _always("integer"),
    **dict.fromkeys(
        ("MNIST", "FashionMNIST", "KMNIST", "CIFAR10", "CIFAR100", "ImageFolder"), _integer_set
    ),
}
READERS: dict[str, Callable[[CallSite], LabelEncoding | None]] = {
    "to_categorical": _always("one_hot"),
    "get_dummies": _always("one_hot"),
    "one_hot": _always("one_hot"),
    "make_multilabel_classification": _always("multi_hot"),
    "MultiLabelBinarizer": _always("multi_hot"),
    "make_regression": _always("continuous"),
    "flow_from_directory": _mode("class_mode", "categorical"),
    "flow_from_dataframe": _mode("class_mode", "categorical"),
    "image_dataset_from_directory": _mode("label_mode", "int"),
}


SLICED_READERS: dict[str, Callable[[CallSite], LabelEncoding | None]] = {
    "OneHotEncoder": _always("one_hot"),
    "LabelBinarizer": _always("one_hot"),
    "label_binarize": _always("one_hot"),
    "eye": _always("one_hot"),
}


def _read(
    source: SourceIndex,
    readers: dict[str, Callable[[CallSite], LabelEncoding | None]],
    sliced: bool = False,
) -> list[tuple[CallSite, LabelEncoding | None]]:
    """What these calls make of labels; sliced: only calls that the labels' value comes from."""
    lines = {statement.line for statement in origins(source, source.labels_name)} if sliced else ()
    return [
        (call, readers[call.name](call))
        for call in source.by_role("label_encoding", "loader", "data")
        if call.name in readers and (not sliced or call.statement.line in lines)
    ]


def labels_in_code(source: SourceIndex) -> LabelFacts | None:
    """What the code that makes the labels says, when all of it says the same."""
    read = (
        _read(source, READERS)
        or _read(source, SLICED_READERS, sliced=True)
        or _read(source, RAW_READERS)
    )
    encodings = {encoding for _, encoding in read}
    if len(encodings) != 1:
        return None
    call, encoding = read[0]
    if encoding is None:
        return None
    words = f"{ENCODING_WORDS[encoding]} ({call.name} on line {call.site.line})"
    return LabelFacts(encoding, None, False, words, None, source.labels_site or call.statement)
