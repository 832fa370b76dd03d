"""Whether inputs are scaled: in the model, in the arrays, or in the code that makes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.observed import ArrayStats, Graph, Layer, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.flow import Statement, origins, statements
from analyzer.rules.reading.stack import NORMALIZATIONS, WEIGHTED
from analyzer.source.calls import CallSite, SourceIndex

NEAR_ONE = 3.0  # absolute value up to which inputs are as good as scaled, in units of the array
MEAN_LIMIT = 1.0  # |mean| of a standardized feature, with room for skewed data
STD_LIMIT = 3.0  # standard deviation of a standardized feature, likewise
BYTE_HIGH = 255.0  # highest value of a pixel stored in a byte

SAME_VALUES = re.compile(
    r"ZeroPadding|Cropping|CenterCrop|Resizing|Masking|ActivityRegularization|Identity|Unflatten"
    r"|PixelShuffle|(Zero|Reflection|Replication|Constant|Circular)Pad"
)
"""Layers of no other kind that hand the values on as they are, or move them."""

GENERATOR_SCALERS = (
    "rescale",
    "preprocessing_function",
    "samplewise_std_normalization",
    "featurewise_std_normalization",
)
SCALING_WORDS = re.compile(
    r"rescale|Rescaling|Normaliz|normaliz|StandardScaler|MinMaxScaler|RobustScaler|MaxAbsScaler"
    r"|preprocess_input|ToTensor|to_tensor|convert_image_dtype|zscore|z_score|standardi[sz]e"
    r"|/=?\s*\(?\s*(25[56]|127\.5)|/\s*np\.max|\.max\(|\.std\(|\bscale\("
)


def code_lines(source: SourceIndex) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines, without comments."""
    for number, line in enumerate(source.lines, 1):
        yield number, re.sub(r"(^|\s)#.*$", "", line)


def model_scales(graph: Graph) -> bool:
    """Whether the model itself takes inputs of any scale.

    A rescaling or normalization layer before the first weighted layer, a normalization directly
    behind it, or an embedding, which takes indices.
    """
    first = next((layer for layer in graph.layers if layer.op in WEIGHTED), None)
    if first is None or first.op == "embedding" or graph.backbone:
        return True
    before = graph.layers[: first.index]
    behind = graph.layers[first.index + 1 : first.index + 2]
    scaling = NORMALIZATIONS | {"rescale", "model"}
    return any(layer.op in scaling for layer in before) or any(
        layer.op in NORMALIZATIONS for layer in behind
    )


def unknown_before(graph: Graph) -> Layer | None:
    """A layer before the first weighted one of which nobody knows what it does: a Lambda, say."""
    first = next((layer for layer in graph.layers if layer.op in WEIGHTED), None)
    before = graph.layers[: first.index] if first is not None else ()
    others = (layer for layer in before if layer.op == "other")
    return next((layer for layer in others if not SAME_VALUES.match(layer.type)), None)


def is_scaled(stats: ArrayStats) -> bool | None:
    """Whether the array is in a small range or standardized; None when unknown."""
    if stats.min is None or stats.max is None:
        return None
    if max(abs(stats.min), abs(stats.max)) <= NEAR_ONE:
        return True
    means = stats.feature_means or ((stats.mean,) if stats.mean is not None else ())
    stds = stats.feature_stds or ((stats.std,) if stats.std is not None else ())
    if not means or not stds:
        return None
    return all(abs(mean) <= MEAN_LIMIT for mean in means) and all(std <= STD_LIMIT for std in stds)


def code_scales(source: SourceIndex) -> bool:
    """Whether anything in the code scales the training inputs.

    Where the inputs' name is known, its origins count, and all functions, whose insides the origins
    do not follow; else the whole program.
    """
    if source.inputs_name is None:
        return bool(source.by_role("scaling")) or _any_scaling(list(statements(source)))
    inside = [statement for statement in statements(source) if statement.indent > 0]
    return _any_scaling([*inside, *origins(source, source.inputs_name)])


def _any_scaling(found: list[Statement]) -> bool:
    return any(
        SCALING_WORDS.search(statement.text)
        for statement in found
        if not statement.text.startswith(("import ", "from "))
    )


def is_derived_scaled(source: SourceIndex, name: str) -> bool:
    """Whether the value of `name` comes from a statement that scales."""
    return _any_scaling(list(origins(source, name)))


def unscaled_generators(source: SourceIndex) -> tuple[CallSite, ...]:
    """Image generators that hand out pixels from 0 to 255."""
    return tuple(
        call for call in source.calls if call.name == "ImageDataGenerator" and not _scales(call)
    )


def scaled_generators(source: SourceIndex) -> tuple[CallSite, ...]:
    """Image generators that scale their pixels."""
    return tuple(
        call for call in source.calls if call.name == "ImageDataGenerator" and _scales(call)
    )


def _scales(call: CallSite) -> bool:
    given = {argument.keyword for argument in call.arguments}
    return bool(given & set(GENERATOR_SCALERS)) or "**" in {a.text[:2] for a in call.arguments}


def scaling_statement(source: SourceIndex, name: str | None) -> Site | None:
    """The one-line statement that divides or standardizes the array `name` in place."""
    if name is None or not name.isidentifier():
        return None
    pattern = re.compile(
        rf"^\s*{name}\s*(/=\s*\S+|=\s*\(?\s*{name}\b.*/.*|=\s*\w+\.(fit_)?transform\(\s*{name}\s*\))"
    )
    for number, line in code_lines(source):
        if pattern.match(line):
            return statement_on(source, number)
    return None


def before_split(source: SourceIndex) -> Site | None:
    """The one-line statement that makes the inputs which a split divides; None without a split."""
    site = source.data_site
    splits = [call for call in source.by_role("split") if site and call.site.line == site.line]
    if not splits or not splits[0].arguments:
        return None
    made = [
        statement
        for statement in origins(source, splits[0].arguments[0].text)
        if statement.line < splits[0].site.line and "\n" not in statement.text
    ]
    return statement_on(source, made[-1].line) if made else None


def statement_on(source: SourceIndex, line: int) -> Site:
    """The range of the statement that fills one line."""
    text = re.sub(r"\s+#.*$", "", source.lines[line - 1])
    indent = len(text) - len(text.lstrip())
    return Site(
        path=source.path, line=line, column=indent, end_line=line, end_column=len(text.rstrip())
    )


def mentioned_before(source: SourceIndex, name: str, line: int) -> bool:
    """Whether the name stands in the code up to this line."""
    return any(
        number <= line and re.search(rf"\b{re.escape(name)}\b", text)
        for number, text in code_lines(source)
    )


def in_same_style(source: SourceIndex, statement: Site, name: str, other: str) -> str:
    """The statement's text with another array in place of `name`; fitted scalers only transform."""
    text = source.lines[statement.line - 1][statement.column : statement.end_column]
    return re.sub(rf"\b{re.escape(name)}\b", other, text).replace("fit_transform", "transform")


def inputs_are_images(program: Program) -> bool:
    """Whether the training inputs are images."""
    return program.data is not None and program.data.kind in ("color_images", "grayscale_images")
