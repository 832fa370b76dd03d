"""Old spellings of scikit-learn and pandas that are arguments or methods, not names."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .compat_arguments import SKLEARN
from .compat_calls import translated
from .compat_record import Uses


def adapt_sklearn(uses: Uses, when_imported: Callable[[str, Any], None]) -> None:
    """Old keywords of scikit-learn's classes, once their module was imported."""
    for place, table in SKLEARN.items():
        module, _, name = place.partition(":")
        when_imported(module, functools.partial(_keywords, name=name, table=table, uses=uses))
    when_imported("sklearn.preprocessing", lambda module: _some_columns(module, uses))


def _keywords(module: Any, name: str, table: dict[str, str], uses: Uses) -> None:
    cls = getattr(module, name)
    cls.__init__ = translated(cls.__init__, table, uses, name, "scikit-learn 0.22")


def _some_columns(module: Any, uses: Uses) -> None:
    """`OneHotEncoder(categorical_features=[...])` encoded these columns and put them first."""
    today = module.OneHotEncoder

    def build(categorical_features: Any, **keywords: Any) -> Any:
        from sklearn.compose import ColumnTransformer

        uses.record(
            "OneHotEncoder(categorical_features=)",
            "ColumnTransformer([('onehot', OneHotEncoder(), columns)], remainder='passthrough')",
            "scikit-learn 0.22",
        )
        dense = keywords.get("sparse", True) is False
        return ColumnTransformer(
            [("onehot", today(**keywords), list(categorical_features))],
            remainder="passthrough",
            sparse_threshold=0.0 if dense else 1.0,
        )

    def make(_cls: Any, *_arguments: Any, **keywords: Any) -> Any:
        if isinstance(keywords.get("categorical_features", ""), str):
            return object.__new__(_cls)
        return build(**keywords)

    today.__new__ = make


def adapt_pandas(pandas: Any, uses: Uses) -> None:
    """Methods that pandas 1 and 2 removed."""
    frame, series = pandas.DataFrame, pandas.Series
    for owner in (frame, series):
        _add(owner, "as_matrix", _as_matrix, "to_numpy", "pandas 1", uses)
        _add(owner, "get_values", _as_matrix, "to_numpy", "pandas 1", uses)
        _add(owner, "append", _append(pandas), "pandas.concat", "pandas 2", uses)
        _add(owner, "iteritems", lambda self: self.items(), "items", "pandas 2", uses)
        _add(owner, "ix", None, "loc", "pandas 1", uses)
    _add(frame, "applymap", lambda self, f: self.map(f), "map", "pandas 3", uses)


def _add(owner: Any, old: str, method: Any, new: str, since: str, uses: Uses) -> None:
    if hasattr(owner, old):
        return
    if method is None:

        def read(self: Any) -> Any:
            uses.record(f"{owner.__name__}.{old}", f"{owner.__name__}.{new}", since)
            return getattr(self, new)

        setattr(owner, old, property(read))
        return

    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        uses.record(f"{owner.__name__}.{old}", f"{owner.__name__}.{new}", since)
        return method(self, *arguments, **keywords)

    setattr(owner, old, call)


def _as_matrix(self: Any, columns: Any = None) -> Any:
    return (self if columns is None else self[columns]).to_numpy()


def _append(pandas: Any) -> Any:
    def append(self: Any, other: Any, ignore_index: bool = False, **_old: Any) -> Any:
        parts = other if isinstance(other, list) else [other]
        if isinstance(other, dict):
            parts = [pandas.DataFrame([other])]
        return pandas.concat([self, *parts], ignore_index=ignore_index)

    return append
