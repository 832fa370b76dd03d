"""Names that a fragment uses and never imports: `Sequential`, `np`, `F`, `device`.

The program runs with a builtins namespace whose `__missing__` is asked last of all, right where
Python would raise NameError. It knows the usual names of the frameworks; what it does not know
goes to the stand-ins for data (`standin_names`), and then the NameError comes as always.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable
from typing import Any

from . import compat_source
from .compat_import import import_function
from .compat_record import Uses

# Usual abbreviations: name → "module" or "module:attribute".
USUAL: dict[str, str] = {
    "np": "numpy",
    "numpy": "numpy",
    "pd": "pandas",
    "pandas": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
    "os": "os",
    "sys": "sys",
    "time": "time",
    "math": "math",
    "random": "random",
    "json": "json",
    "pickle": "pickle",
    "glob": "glob",
    "cv2": "cv2",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "K": "keras.backend",
    "layers": "keras.layers",
    "models": "keras.models",
    "optimizers": "keras.optimizers",
    "regularizers": "keras.regularizers",
    "initializers": "keras.initializers",
    "callbacks": "keras.callbacks",
    "np_utils": "keras.utils",
    "torch": "torch",
    "torchvision": "torchvision",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "transforms": "torchvision.transforms",
    "Variable": "torch.autograd:Variable",
    "tqdm": "tqdm:tqdm",
    "Image": "PIL.Image",
    "deepcopy": "copy:deepcopy",
    "defaultdict": "collections:defaultdict",
    "OrderedDict": "collections:OrderedDict",
    "Counter": "collections:Counter",
    "xrange": "builtins:range",
    "unicode": "builtins:str",
    "raw_input": "builtins:input",
    "long": "builtins:int",
    "reduce": "functools:reduce",
    "partial": "functools:partial",
}

# Where capitalized and function names of the frameworks are looked for, in this order.
KERAS_PLACES = [
    "keras.layers",
    "keras.models",
    "keras.optimizers",
    "keras.callbacks",
    "keras.regularizers",
    "keras.initializers",
    "keras.utils",
    "keras.losses",
    "keras.preprocessing.image",
    "keras.preprocessing.sequence",
    "keras.applications",
    "keras.datasets",
]
TORCH_PLACES = [
    "torch.nn",
    "torch.optim",
    "torch.utils.data",
    "torch.optim.lr_scheduler",
    "torch.autograd",
    "torchvision.transforms",
    "torchvision.datasets",
]
OTHER_PLACES = (
    "sklearn.model_selection",
    "sklearn.preprocessing",
    "sklearn.metrics",
    "sklearn.datasets",
    "sklearn.pipeline",
)

Fallback = Callable[[str], Any]
_FALLBACKS: list[Fallback] = []


def ask_also(fallback: Fallback) -> None:
    """Registers who is asked for names unknown here; it raises KeyError when it has no answer."""
    _FALLBACKS.append(fallback)


class Namespace(dict[str, Any]):
    """Builtins that also know the usual names of the frameworks.

    CPython looks a name up in locals, globals and builtins; in a builtins mapping that is not
    exactly a dict it asks by subscription, so `__missing__` comes last, where NameError would.
    """

    def __init__(self, uses: Uses) -> None:
        super().__init__(vars(builtins))
        self["__import__"] = import_function(uses)
        self._uses = uses
        self._found: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name in self._found:
            return self._found[name]
        if name.startswith("__"):
            raise KeyError(name)
        frame = self._uses.recorder.user_frame()
        if frame is None or compat_source.is_guarded(
            frame.f_code.co_filename, frame.f_lineno, compat_source.NAME_ERRORS
        ):
            raise KeyError(name)
        self._found[name] = found = self._resolve(name)
        return found

    def _resolve(self, name: str) -> Any:
        found, place = look_up(name)
        if place:
            self._uses.note(f"the program never defines {name}; {place} took its place")
            return found
        for fallback in _FALLBACKS:
            try:
                return fallback(name)
            except KeyError:
                continue
        raise KeyError(name)


def look_up(name: str) -> tuple[Any, str]:
    """A usual name's object and where it was found; (None, "") when it is not a usual name."""
    torch_program = "torch" in sys.modules and "keras" not in sys.modules
    if name == "device" and torch_program:
        return importlib.import_module("torch").device("cpu"), "torch.device('cpu')"
    if name in USUAL:
        return _load(USUAL[name]), USUAL[name].replace(":", ".")
    if not name[:1].isupper() and name not in _FUNCTIONS:
        return None, ""
    for place in (TORCH_PLACES if torch_program else KERAS_PLACES) + list(OTHER_PLACES):
        try:
            found = vars(importlib.import_module(place)).get(name)
        except ImportError:
            continue
        if found is not None:
            return found, f"{place}.{name}"
    return None, ""


_FUNCTIONS = frozenset(
    [
        "to_categorical",
        "train_test_split",
        "pad_sequences",
        "load_img",
        "img_to_array",
        "concatenate",
        "add",
        "multiply",
        "random_split",
        "plot_model",
        "accuracy_score",
        "confusion_matrix",
        "classification_report",
        "mean_squared_error",
        "mean_absolute_error",
        "r2_score",
        "load_model",
        "make_classification",
        "make_regression",
        "load_iris",
        "load_digits",
        "plot_confusion_matrix",
        "get_file",
        "minmax_scale",
        "image_dataset_from_directory",
        "mnist",
        "cifar10",
        "cifar100",
        "fashion_mnist",
        "imdb",
        "reuters",
    ]
)


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError:
        raise KeyError(place) from None
    return getattr(found, attribute) if attribute else found


def namespace(recorder: Any, _globals: dict[str, Any] | None = None) -> dict[str, Any]:
    """The `__builtins__` for the user's main module."""
    return Namespace(Uses(recorder))
