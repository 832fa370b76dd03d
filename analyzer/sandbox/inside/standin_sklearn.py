"""scikit-learn's fetchers, and loaders that it no longer has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from . import compat_shims
from . import standin_arrays as arrays
from .on_import import when_imported
from .standin_record import StandIns

# name: (samples, features, classes or None for a real target, names of two fields)
_TABLES: dict[str, tuple[int, int, int | None]] = {
    "fetch_california_housing": (20_640, 8, None),
    "fetch_covtype": (20_000, 54, 7),
    "fetch_kddcup99": (20_000, 41, 23),
    "fetch_olivetti_faces": (400, 4096, 40),
    "fetch_lfw_people": (1_000, 2914, 7),
}


def install(standins: StandIns) -> None:
    """Hooks for `sklearn.datasets`."""
    when_imported("sklearn.datasets", functools.partial(_fetchers, standins=standins))
    compat_shims.register("load_boston", lambda _root: _boston(standins))
    compat_shims.register("fetch_mldata", lambda _root: _mldata(standins))


def _fetchers(module: Any, standins: StandIns) -> None:
    for name, (samples, features, classes) in _TABLES.items():
        make = functools.partial(_table, standins, name, samples, features, classes)
        _fall_back(module, name, make)
    _fall_back(module, "fetch_20newsgroups", functools.partial(_news, standins))
    _fall_back(module, "fetch_openml", functools.partial(_openml, standins))


def _fall_back(module: Any, name: str, make: Callable[..., Any]) -> None:
    original = vars(module).get(name)
    if original is None:
        return

    @functools.wraps(original)
    def fetch(*arguments: Any, **keywords: Any) -> Any:
        try:
            return original(*arguments, **keywords)
        except OSError:  # no cache and no network
            return make(*arguments, **keywords)

    module.__dict__[name] = fetch


def _table(
    standins: StandIns,
    name: str,
    samples: int,
    features: int,
    classes: int | None,
    *_arguments: Any,
    return_X_y: bool = False,
    as_frame: bool = False,
    **_keywords: Any,
) -> Any:
    rng = standins.rng(name)
    standins.invented(f"sklearn.datasets.{name}")
    y = arrays.class_numbers(rng, samples, classes or 1)
    x = arrays.table(rng, y, features)
    target = y if classes else arrays.linear(rng, x) / 10
    return _bunch(x, target, return_X_y, as_frame)


def _bunch(x: Any, y: Any, pair: bool, as_frame: bool = False) -> Any:
    from sklearn.utils import Bunch

    names = [f"feature{i}" for i in range(x.shape[1])]
    if as_frame:
        import pandas

        x, y = pandas.DataFrame(x, columns=names), pandas.Series(y, name="target")
    if pair:
        return x, y
    return Bunch(data=x, target=y, feature_names=names, DESCR="invented", target_names=["target"])


def _boston(standins: StandIns) -> Any:
    return functools.partial(_table, standins, "load_boston", 506, 13, None)


def _mldata(standins: StandIns) -> Any:
    return functools.partial(_openml, standins)


def _openml(
    standins: StandIns,
    name: Any = None,
    *_arguments: Any,
    return_X_y: bool = False,
    as_frame: Any = "auto",
    **keywords: Any,
) -> Any:
    """MNIST in OpenML's form (70,000 rows of 784 numbers, labels as text), else 20 features."""
    import numpy

    label = str(name or keywords.get("data_id"))
    standins.invented(f"OpenML {label}")
    rng = standins.rng(label)
    pictures = "mnist" in label.lower() or label in ("554", "40996")
    y = arrays.class_numbers(rng, 70_000 if pictures else 1_000, 10 if pictures else 2)
    x = (
        arrays.images(rng, y, (28, 28), sparse=True).reshape(len(y), -1)
        if pictures
        else (arrays.table(rng, y, 20))
    )
    return _bunch(
        x.astype("float64"),
        numpy.asarray(y.astype(str), dtype=object),
        return_X_y,
        as_frame is True,
    )


def _news(standins: StandIns, *_arguments: Any, categories: Any = None, **_keywords: Any) -> Any:
    from sklearn.utils import Bunch

    standins.invented("sklearn.datasets.fetch_20newsgroups")
    rng = standins.rng("news")
    names = list(categories) if categories else [f"group{i}" for i in range(20)]
    y = arrays.class_numbers(rng, 2_000, len(names))
    return Bunch(data=arrays.words(rng, y, 120), target=y, target_names=names, DESCR="invented")
