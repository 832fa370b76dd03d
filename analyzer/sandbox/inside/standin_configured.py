"""The data that the repository's configuration gives the program: forms of `dataset`.

`{npz: path}`, `{csv: path, target: column}`, `{image_folder: path}`, `{keras: mnist}`,
`{python: "module:function"}` and `{stand_in: {shape: [...], classes: n}}` answer the names that
the program leaves undefined and the files that are missing. `{mount: ...}` and `{torchvision: ...}`
need nothing here: the parent mounts the files where the loaders look.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from .standin_hints import wanted
from .standin_record import StandIns

Arrays = dict[str, Any]  # "inputs", "labels", "test_inputs", "test_labels"
_TEST_SHARE = 0.2


class Configured:
    """The configured arrays, loaded when first asked for.

    Attributes:
        form: the one key of the setting, "" when nothing is configured.
    """

    def __init__(self, standins: StandIns) -> None:
        self.standins = standins
        self.setting: dict[str, Any] = standins.recorder.request.get("dataset") or {}
        self.form = next((form for form in _LOADERS if form in self.setting), "")
        self._arrays: Arrays | None = None

    def get(self, role: str, half: str) -> Any:
        """One array, None when the configuration does not give it.

        Args:
            role: "inputs" or "labels"; half: "train" or "test".
        """
        if not self.form:
            return None
        if self._arrays is None:
            self._arrays = _LOADERS[self.form](self)
            self.standins.configured(f"{self.form}: {self.setting[self.form]}")
        return self._arrays.get(role if half == "train" else f"test_{role}")

    def path(self) -> str:
        """The configured file or folder."""
        return str(self.standins.replacement(self.form))

    def halves(self, x: Any, y: Any) -> Arrays:
        """Training data and the last fifth as test data."""
        cut = max(1, int(len(x) * (1 - _TEST_SHARE)))
        return {
            "inputs": x[:cut],
            "labels": y[:cut],
            "test_inputs": x[cut:],
            "test_labels": y[cut:],
        }


def _npz(configured: Configured) -> Arrays:
    import numpy

    with numpy.load(configured.path(), allow_pickle=False) as archive:
        arrays = {name.lower(): archive[name] for name in archive.files}
    x = arrays.get("x_train", arrays.get("x"))
    y = arrays.get("y_train", arrays.get("y"))
    if x is None or y is None:
        raise ValueError(
            f"dataset.npz: expected arrays x and y, or x_train and y_train, received "
            f"{sorted(arrays)}"
        )
    if "x_test" in arrays and "y_test" in arrays:
        return {
            "inputs": x,
            "labels": y,
            "test_inputs": arrays["x_test"],
            "test_labels": arrays["y_test"],
        }
    return configured.halves(x, y)


def _csv(configured: Configured) -> Arrays:
    import pandas

    table = pandas.read_csv(configured.path())
    target = configured.setting.get("target", table.columns[-1])
    if target not in table.columns:
        raise ValueError(
            f"dataset.target: expected one of {list(table.columns)}, received {target!r}"
        )
    return configured.halves(table.drop(columns=[target]).to_numpy(), table[target].to_numpy())


def _image_folder(configured: Configured) -> Arrays:
    import numpy
    from PIL import Image

    root = configured.path()
    shape = wanted(configured.standins.request()).input_shape
    size = shape[:2] if len(shape) == 3 else (64, 64)
    pictures, labels = [], []
    names = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    for number, name in enumerate(names):
        for file in sorted(os.listdir(os.path.join(root, name)))[:200]:
            picture = Image.open(os.path.join(root, name, file)).convert("RGB")
            pictures.append(numpy.asarray(picture.resize((size[1], size[0]))))
            labels.append(number)
    order = configured.standins.rng("image_folder").permutation(len(labels))
    return configured.halves(numpy.stack(pictures)[order], numpy.asarray(labels)[order])


def _keras(configured: Configured) -> Arrays:
    module = importlib.import_module(f"keras.datasets.{configured.setting['keras']}")
    (x, y), (xt, yt) = module.load_data()
    return {"inputs": x, "labels": y, "test_inputs": xt, "test_labels": yt}


def _python(configured: Configured) -> Arrays:
    module, _, function = str(configured.setting["python"]).partition(":")
    found = getattr(importlib.import_module(module), function)()
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], tuple):
        (x, y), (xt, yt) = found
        return {"inputs": x, "labels": y, "test_inputs": xt, "test_labels": yt}
    x, y = found
    return configured.halves(x, y)


_LOADERS: dict[str, Callable[[Configured], Arrays]] = {
    "npz": _npz,
    "csv": _csv,
    "image_folder": _image_folder,
    "keras": _keras,
    "python": _python,
}
