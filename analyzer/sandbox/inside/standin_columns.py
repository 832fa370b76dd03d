"""Which columns of a missing table the program uses, read from its source.

Names come from `table["age"]`, `table.age`, `drop("age")`, `loc[:, "a":"f"]`; positions from
`values[:, 0:8]` and `iloc[:, 3]`. What was made from the table by `values`, `copy`, `array(...)`
and the like counts as the table. Columns that become `y`, `label`, `target` are the labels.
"""

from __future__ import annotations

import ast
import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from .compat_source import tree_of

_LABEL_NAME = re.compile(
    r"^(y|Y|labels?|targets?|classes|outputs?)($|_|\d)|(_y|_Y|_?[lL]abels?|[tT]arget)$"
)
_LABEL_COLUMN = re.compile(r"label|target|class|species|outcome|survived|diagnosis|price|^y$", re.I)
_READERS = frozenset(
    """
    read_csv read_excel read_table read_json read_parquet loadtxt genfromtxt load read_pickle
    read_hdf read_fwf
    """.split()  # noqa: SIM905 - a word per line would fill a page
)
_SAME_TABLE = frozenset(
    """
    values to_numpy as_matrix copy astype reset_index dropna fillna sample iloc loc ix array
    asarray DataFrame shuffle head tail T
    """.split()  # noqa: SIM905 - a word per line would fill a page
)
_MEMBERS = frozenset(
    """
    values shape columns index loc iloc ix drop head tail info describe copy astype dropna
    fillna sample to_numpy as_matrix reset_index set_index isnull isna sum mean std min max
    apply map groupby merge join append pop iterrows items keys corr dtypes size T plot hist
    unique value_counts to_csv sort_values rename replace insert get select_dtypes
    drop_duplicates reshape transpose ndim dtype iteritems duplicated nunique query count median
    abs round reindex shift diff rolling interpolate assign where mask applymap clip tolist any
    all
    """.split()  # noqa: SIM905 - a word per line would fill a page
)


@dataclass
class Columns:
    """What the program uses of one table.

    Attributes:
        names: column names in the order of use.
        labels: those of them that are labels.
        dropped: names that the program takes away to get the inputs.
        width: one more than the highest position used, 0 when no positions are used.
        label_positions: positions that become labels.
        texts: names whose values the program treats as text.
    """

    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    width: int = 0
    label_positions: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, name: str, label: bool = False) -> None:
        """One more name."""
        if name not in self.names:
            self.names.append(name)
        if label and name not in self.labels:
            self.labels.append(name)

    def finish(self) -> Columns:
        """Names that say what they are, when no variable did."""
        if not self.labels:
            self.labels = [n for n in self.names if _LABEL_COLUMN.search(n)][:1]
        if not self.labels and len(self.dropped) == 1:
            self.labels = list(self.dropped)
        return self


def columns_of(path: str, line: int) -> Columns:
    """The columns used of the table that is read on that line; all tables' when it is unclear."""
    tree = tree_of(path)
    if tree is None:
        return Columns()
    tables = _tables(tree)
    here = {name for name, where in tables.items() if where <= line} or set(tables)
    exact = {name for name, where in tables.items() if where == line}
    return _Uses(exact or here, line).read(tree).finish()


def _tables(tree: ast.Module) -> dict[str, int]:
    """Variables that hold a table, with the line of its reading."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(_reads(part) for part in ast.walk(node.value)):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node.lineno
    return found


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in _READERS


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class _Uses:
    """Collects uses of a set of variables, in source order."""

    def __init__(self, tables: set[str], line: int) -> None:
        self.tables = set(tables)
        self.line = line
        self.columns = Columns()

    def read(self, tree: ast.Module) -> Columns:
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        for statement in sorted(statements, key=lambda s: s.lineno):
            if isinstance(statement, ast.Assign):
                self._assign(statement)
            for node in ast.iter_child_nodes(statement):
                if isinstance(node, ast.expr):
                    self._expression(node, label=_is_label(statement))
        return self.columns

    def _assign(self, statement: ast.Assign) -> None:
        if self._is_table(statement.value):
            self.tables |= {t.id for t in statement.targets if isinstance(t, ast.Name)}

    def _is_table(self, node: ast.expr) -> bool:
        """Whether an expression is still the whole table (perhaps fewer rows)."""
        if isinstance(node, ast.Name):
            return node.id in self.tables
        if isinstance(node, ast.Attribute):
            return node.attr in _SAME_TABLE and self._is_table(node.value)
        if isinstance(node, ast.Call):
            if _reads(node):
                return node.lineno == self.line
            if _last(node.func) not in _SAME_TABLE:
                return False
            inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            return any(self._is_table(part) for part in [*inner, *node.args[:1]])
        if isinstance(node, ast.Subscript) and self._is_table(node.value):
            return isinstance(node.slice, ast.Slice) or _only_rows(node.slice)
        return False

    def _expression(self, expression: ast.expr, label: bool) -> None:
        for node in ast.walk(expression):
            if isinstance(node, ast.Subscript) and self._is_table(node.value):
                self._subscript(node.slice, label)
            elif isinstance(node, ast.Attribute) and self._is_table(node.value):
                if node.attr not in _MEMBERS and not node.attr.startswith("_"):
                    self.columns.add(node.attr, label)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._method(node, node.func, label)

    def _method(self, call: ast.Call, function: ast.Attribute, label: bool) -> None:
        if not self._is_table(function.value) or function.attr not in ("drop", "pop"):
            return
        values = [
            *call.args[:1],
            *(k.value for k in call.keywords if k.arg in ("columns", "labels")),
        ]
        for name in itertools.chain.from_iterable(_texts(value) for value in values):
            self.columns.add(name, label=label or function.attr == "pop")
            self.columns.dropped.append(name)

    def _subscript(self, part: ast.expr, label: bool) -> None:
        if isinstance(part, ast.Tuple) and len(part.elts) == 2:
            part = part.elts[1]
            positions = _positions(part)
            self.columns.width = max([self.columns.width, *(p + 1 for p in positions)])
            if label and not isinstance(part, ast.Slice):
                self.columns.label_positions += positions
        if isinstance(part, ast.Slice):
            for name in _between(part):
                self.columns.add(name)
            return
        for name in _texts(part):
            self.columns.add(name, label)


def _is_label(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign):
        return False
    return any(isinstance(t, ast.Name) and _LABEL_NAME.search(t.id) for t in statement.targets)


def _only_rows(part: ast.expr) -> bool:
    """[a:b, :] keeps every column."""
    return (
        isinstance(part, ast.Tuple)
        and len(part.elts) == 2
        and isinstance(part.elts[1], ast.Slice)
        and part.elts[1].lower is None
        and part.elts[1].upper is None
    )


def _texts(node: ast.expr) -> list[str]:
    """The texts that a constant or a list of constants spells out."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]


def _positions(node: ast.expr) -> list[int]:
    """The non-negative column positions that a subscript spells out; a slice gives its last."""
    if isinstance(node, ast.Slice):
        upper = _number(node.upper)
        lower = _number(node.lower)
        if upper is not None and upper > 0:
            return [upper - 1]
        return [lower] if lower is not None and lower >= 0 else []
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    numbers = [_number(item) for item in items]
    return [n for n in numbers if n is not None and n >= 0]


def _number(node: Any) -> int | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def _between(part: ast.Slice) -> list[str]:
    """The names from "pixel0" to "pixel783", or from "1x1" to "28x28"."""
    ends = [e.value if isinstance(e, ast.Constant) else None for e in (part.lower, part.upper)]
    if not all(isinstance(end, str) for end in ends):
        return []
    first, last = str(ends[0]), str(ends[1])
    frame = re.split(r"\d+", first)
    if frame != re.split(r"\d+", last):
        return [first, last]
    starts, stops = (list(map(int, re.findall(r"\d+", end))) for end in (first, last))
    ranges = [range(a, b + 1) for a, b in zip(starts, stops, strict=True)]
    names = []
    for numbers in itertools.islice(itertools.product(*ranges), 10_000):
        names.append(
            "".join(map(str, itertools.chain(*zip(frame, numbers, strict=False)))) + frame[-1]
        )
    return names
