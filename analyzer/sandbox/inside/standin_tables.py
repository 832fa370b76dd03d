"""Missing tables: CSV files, spreadsheets and text files of numbers."""

from __future__ import annotations

import functools
import io
import math
import os
import re
from typing import Any

from . import standin_arrays as arrays
from .standin_columns import Columns, columns_of
from .standin_hints import Wanted, wanted
from .standin_record import StandIns

ROWS = 500
SMALLEST_SIDE = 8
"""Pixels along an edge of a picture that a table holds: the digits of scikit-learn."""
_PIXEL = re.compile(r"^(pixel|px|p|x)?_?\d+$|^\d+x\d+$", re.I)
_TEXT_COLUMNS = ("text", "review", "tweet", "sentence", "comment", "message", "title", "content")


class Tables:
    """Makes the table that a reading call of the program asks for."""

    def __init__(self, standins: StandIns) -> None:
        self.standins = standins

    def columns(self) -> Columns:
        """What the program uses of the table that its current line reads."""
        frame = self.standins.recorder.user_frame()
        if frame is None:
            return Columns()
        return columns_of(frame.f_code.co_filename, frame.f_lineno)

    def wanted(self) -> Wanted:
        """What the model wants."""
        return wanted(self.standins.request())

    def make(self, name: str, header: list[str] | None = None) -> dict[str, Any]:
        """Columns by name, each (ROWS,): labels where the program has its labels, last otherwise.

        Args:
            name: the missing file, which seeds the values and is reported.
            header: column names that the call itself gives.
        """
        there = self.standins.beside(name) is not None
        why = f"{name} does not hold what the program reads; invented data took its place"
        self.standins.invented(os.path.basename(name), why if there else "")
        used, want = self.columns(), self.wanted()
        names = list(header or _header(used, want))
        labels = _label_names(names, used)
        # Files of one program ("train.csv", "test.csv") share their form, not their values.
        rng = self.standins.rng(name)
        y = arrays.class_numbers(rng, ROWS, want.classes or 3)
        inputs = [n for n in names if n not in labels]
        x = self._features(inputs, y)
        table: dict[str, Any] = dict(zip(inputs, x.T, strict=False))
        for n in inputs:
            if any(part in n.lower() for part in _TEXT_COLUMNS) and want.tokens:
                table[n] = arrays.words(rng, y)
        target = y if want.classes else self._numbers(inputs, used, x)
        return {n: table.get(n, target) for n in names}

    def _features(self, names: list[str], y: Any) -> Any:
        """Pixels where the columns are named like a picture's, else features of one scale."""
        rng, side = self.standins.rng("table"), math.isqrt(len(names))
        if side >= SMALLEST_SIDE and side * side == len(names) and all(map(_PIXEL.match, names)):
            return arrays.images(rng, y, (side, side), sparse=True).reshape(len(y), -1)
        return arrays.table(rng, y, max(len(names), 1), raw=False)

    def _numbers(self, names: list[str], used: Columns, x: Any) -> Any:
        """Targets of both signs that follow the columns which the program reads."""
        at = [i for i, name in enumerate(names) if name in used.names] or list(range(x.shape[1]))
        return arrays.linear(self.standins.rng("weights"), x[:, at], middle=0.0, spread=3.0)


def _header(used: Columns, want: Wanted) -> list[str]:
    features = want.input_shape[0] if len(want.input_shape) == 1 else 8
    if used.width and not used.names:
        return [f"column{i}" for i in range(max(used.width, features + 1 if used.width < 2 else 0))]
    names = list(used.names)
    known = [n for n in names if n not in used.labels]
    if len(known) < 2 or (used.dropped and len(known) < features):
        # The program takes "all the others"; their number is what the model wants.
        names = [f"feature{i}" for i in range(max(features - len(known), 0))] + names
    if not used.labels and not known:
        names.append("target")
    return names


def _label_names(names: list[str], used: Columns) -> list[str]:
    if used.labels:
        return [n for n in names if n in used.labels]
    positions = [p for p in used.label_positions if p < len(names)]
    return [names[p] for p in positions] or names[-1:]


def adapt_pandas(pandas: Any, standins: StandIns) -> None:
    """The readers of pandas, for a file that is missing."""
    tables = Tables(standins)
    for reader in ("read_csv", "read_table", "read_excel", "read_fwf"):
        setattr(pandas, reader, _reading(getattr(pandas, reader), pandas, tables))


def _reading(original: Any, pandas: Any, tables: Tables) -> Any:
    @functools.wraps(original)
    def read(source: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if source is None:
            source = keywords.pop("filepath_or_buffer", keywords.pop("io", None))
        if not isinstance(source, str | os.PathLike):
            return original(source, *arguments, **keywords)
        found = tables.standins.table(source)
        if found is not None:
            return original(found, *arguments, **keywords)
        text, options = _as_csv(os.fspath(source), arguments, keywords, tables, pandas)
        return pandas.read_csv.__wrapped__(text, **options)

    return read


def _as_csv(
    name: str, arguments: tuple[Any, ...], keywords: dict[str, Any], tables: Tables, pandas: Any
) -> tuple[Any, dict[str, Any]]:
    """The invented table as CSV text, and the options that still apply to it."""
    given = keywords.get("names") or keywords.get("usecols")
    header = (
        [str(n) for n in given]
        if given is not None and all(isinstance(n, str) for n in given)
        else None
    )
    frame = pandas.DataFrame(tables.make(name, header))
    options = {k: v for k, v in keywords.items() if k in _KEPT}
    if isinstance(options.get("index_col"), int):
        frame.insert(options["index_col"], "id", range(len(frame)))
    named = keywords.get("names") is None and keywords.get("header", 0) is not None
    text = frame.to_csv(index=False, header=named)
    if not named:
        options["header"] = None
    del arguments  # the separator; the text has commas
    return io.StringIO(text), options


_KEPT = ("index_col", "usecols", "names", "nrows", "chunksize", "iterator")


def adapt_numpy(numpy: Any, standins: StandIns) -> None:
    """`loadtxt`, `genfromtxt` and `load`, for a file that is missing."""
    tables = Tables(standins)
    for reader in ("loadtxt", "genfromtxt"):
        setattr(numpy, reader, _numbers(getattr(numpy, reader), numpy, tables))
    numpy.load = _load(numpy.load, standins)


def _numbers(original: Any, numpy: Any, tables: Tables) -> Any:
    @functools.wraps(original)
    def read(source: Any, *arguments: Any, **keywords: Any) -> Any:
        if not isinstance(source, str | os.PathLike):
            return original(source, *arguments, **keywords)
        found = tables.standins.table(source)
        if found is not None:
            return original(found, *arguments, **keywords)
        table = tables.make(os.fspath(source))
        return numpy.column_stack([numpy.asarray(v, dtype=float) for v in table.values()])

    return read


def _load(original: Any, standins: StandIns) -> Any:
    @functools.wraps(original)
    def load(source: Any, *arguments: Any, **keywords: Any) -> Any:
        if not isinstance(source, str | os.PathLike):
            return original(source, *arguments, **keywords)
        found = standins.beside(source) or standins.replacement("npz")
        if found is not None:
            return original(found, *arguments, **keywords)
        from .standin_names import Named

        name = os.path.basename(os.fspath(source))
        named = Named(standins)
        if name.endswith(".npz"):
            return Archive(named, name)
        return named.array(os.path.splitext(name)[0], name)

    return load


class Archive(dict[str, Any]):
    """A missing .npz: the array for every name that the program asks for."""

    def __init__(self, named: Any, file: str) -> None:
        super().__init__()
        self._file = file
        self._named = named

    def __missing__(self, key: str) -> Any:
        self[key] = value = self._named.array(key, self._file)
        return value

    @property
    def files(self) -> list[str]:
        """The names that such archives usually have."""
        return ["x_train", "y_train", "x_test", "y_test"]

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass
