"""Statistics fitted with scikit-learn, against the split of the data: on which rows they rest.

Arrays are recognised by their columns: a split whose input has the columns that a transformer gave
out was made after the transformation. Only keys of columns are kept, no data.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from .on_import import when_imported

Facts = dict[str, Any]
FITTED = {
    "sklearn.preprocessing._data": (
        "StandardScaler",
        "MinMaxScaler",
        "RobustScaler",
        "MaxAbsScaler",
        "PowerTransformer",
        "QuantileTransformer",
    ),
    "sklearn.feature_selection._univariate_selection": ("SelectKBest", "SelectPercentile"),
    "sklearn.decomposition._pca": ("PCA",),
    "sklearn.impute._base": ("SimpleImputer",),
}
SUPERVISED = ("SelectKBest", "SelectPercentile")
SPLITS = "sklearn.model_selection._split"
HELD_OUT = ("test", "val", "valid", "validation", "dev", "holdout")
MOST = 32
MOST_VALUES = 2**24
MOST_COLUMNS = 512


class Table:
    """A table by its columns: rows, a key per column that is not constant, and its mean."""

    def __init__(self, values: Any) -> None:
        import numpy as np

        array = np.asarray(values)
        self.rows = len(array) if array.ndim else 0
        self.columns = 0
        self.means: dict[bytes, float] = {}
        if array.ndim != 2 or array.dtype.kind not in "iufb" or array.size > MOST_VALUES:
            return
        if not self.rows:
            return
        for column in array[:, :MOST_COLUMNS].T.astype(np.float64):
            if np.ptp(column) > 0:
                key = hashlib.blake2b(column.tobytes(), digest_size=16).digest()
                self.means[key] = float(column.mean())
        self.columns = int(array.shape[1])

    def within(self, other: Table) -> bool:
        """Whether every column of this table stands in the other one."""
        return bool(self.means) and self.means.keys() <= other.means.keys()


class Fitted:
    """One fit of one estimator, and what it transformed afterwards."""

    def __init__(self, estimator: Any, table: Table, names: list[str], site: Any) -> None:
        self.estimator, self.table, self.names, self.site = estimator, table, names, site
        self.transformed: list[tuple[Table, Table]] = []

    @property
    def kind(self) -> str:
        return type(self.estimator).__name__


class Split:
    """One call of train_test_split: its table, the training part and the rest."""

    def __init__(self, whole: Table, train: Table, test: Table, site: Any) -> None:
        self.whole, self.train, self.test, self.site = whole, train, test, site


class Fits:
    """All fits and splits of the program, in order."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._fits: list[Fitted] = []
        self._splits: list[Split] = []

    def fitted(self, estimator: Any, values: Any) -> None:
        """An estimator was fitted on these rows."""
        site = self.recorder.user_site()
        if site is not None and len(self._fits) < MOST:
            names = self._names(values)
            self._fits.append(Fitted(estimator, Table(values), names, site))

    def transformed(self, estimator: Any, values: Any, result: Any) -> None:
        """An estimator changed these rows into others."""
        latest = next((f for f in reversed(self._fits) if f.estimator is estimator), None)
        if latest is not None and len(latest.transformed) < MOST:
            latest.transformed.append((Table(values), Table(result)))

    def split(self, arrays: Any, parts: Any) -> None:
        """Arrays were split into training and test parts."""
        for place, array in enumerate(arrays):
            if getattr(array, "ndim", 0) == 2 and len(self._splits) < MOST:
                tables = Table(array), Table(parts[2 * place]), Table(parts[2 * place + 1])
                self._splits.append(Split(*tables, self.recorder.user_site()))
                return

    def _names(self, values: Any) -> list[str]:
        """What the user's running function and module call these values."""
        frame = self.recorder.user_frame()
        spaces = () if frame is None else (frame.f_locals, frame.f_globals)
        return [name for space in spaces for name, held in list(space.items()) if held is values]

    def facts(self) -> list[Facts]:
        """The EarlyFits."""
        found = [
            fact
            for fit in self._fits
            for fact in (self._whole(fit), self._refitted(fit))
            if fact is not None
        ]
        return found[:16]

    def _whole(self, fit: Fitted) -> Facts | None:
        """Fitted on all rows that a split divides afterwards."""
        for split in self._splits:
            if fit.table.rows != split.whole.rows or not split.train.rows:
                continue
            after = [out for _, out in fit.transformed if out.within(split.whole)]
            used = any(into.within(split.train) for into, _ in fit.transformed)
            if not after and not (fit.table.within(split.whole) and used):
                continue
            shown = self._first_mean(after[0] if after else fit.table, split)
            return {
                "estimator": fit.kind,
                "case": "whole",
                "rows": fit.table.rows,
                "trained_rows": split.train.rows,
                "supervised": fit.kind in SUPERVISED,
                "site": fit.site,
                "split_site": split.site,
            } | shown
        return None

    def _first_mean(self, table: Table, split: Split) -> Facts:
        """Mean of the first column over all rows and over the training part."""
        order = list(split.whole.means)
        key = next(iter(table.means))
        trained = list(split.train.means.values())
        place = order.index(key)
        if len(trained) != len(order):
            return {"fitted": table.means[key]}
        return {"fitted": table.means[key], "trained": trained[place]}

    def _refitted(self, fit: Fitted) -> Facts | None:
        """Fitted again on the part that is tested."""
        before = self._fits[: self._fits.index(fit)]
        earlier = [f for f in before if f.kind == fit.kind and _like(f.table, fit.table)]
        if not earlier or not fit.transformed:
            return None
        tested = any(fit.table.within(split.test) for split in self._splits)
        if not tested and not _held_out(fit.names):
            return None
        if any(_held_out(f.names) for f in earlier[-1:]):
            return None
        return {
            "estimator": fit.kind,
            "case": "refitted",
            "rows": fit.table.rows,
            "trained_rows": earlier[-1].table.rows,
            "fitted": next(iter(fit.table.means.values()), None),
            "trained": next(iter(earlier[-1].table.means.values()), None),
            "site": fit.site,
            "split_site": earlier[-1].site,
        }


def _like(one: Table, other: Table) -> bool:
    """Tables of the same columns with other rows."""
    if not one.means or not other.means:
        return False
    return one.columns == other.columns and not one.means.keys() & other.means.keys()


def _held_out(names: list[str]) -> bool:
    words = {word for name in names for word in name.lower().split("_")}
    return bool(words & {*HELD_OUT})


_fits: list[Fits] = []


def install(recorder: Any) -> None:
    """Follow fits and splits once the program imports scikit-learn."""
    _fits[:] = [Fits(recorder)]
    for name, classes in FITTED.items():
        when_imported(name, functools.partial(_watch, classes=classes))
    when_imported(SPLITS, _watch_split)


def facts() -> list[Facts]:
    """The EarlyFits of the running program."""
    return [fact for fits in _fits for fact in fits.facts()]


def _watch(module: Any, classes: tuple[str, ...]) -> None:
    depth: list[int] = []
    for name in classes:
        cls = getattr(module, name, None)
        for method in ("fit", "transform", "fit_transform"):
            original = None if cls is None else getattr(cls, method, None)
            if original is not None:
                setattr(cls, method, _told(method, original, depth))


def _told(method: str, original: Any, depth: list[int]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: Any, values: Any, *arguments: Any, **keywords: Any) -> Any:
        depth.append(0)
        try:
            result = original(self, values, *arguments, **keywords)
        finally:
            depth.pop()
        if depth:
            return result  # fit_transform of a library calls fit and transform
        for fits in _fits:
            guarded = fits.recorder.guarded
            if method != "transform":
                guarded(fits.fitted, self, values)
            if method != "fit":
                guarded(fits.transformed, self, values, result)
        return result

    return call


def _watch_split(module: Any) -> None:
    original = module.train_test_split

    @functools.wraps(original)
    def train_test_split(*arrays: Any, **keywords: Any) -> Any:
        parts = original(*arrays, **keywords)
        for fits in _fits:
            fits.recorder.guarded(fits.split, arrays, parts)
        return parts

    module.train_test_split = train_test_split
