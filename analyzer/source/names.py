"""One spelling for the many names that a framework's function has had.

Canonical names: `keras.layers.Dense` whatever the import path (`tensorflow.keras`, `tf_keras`,
`keras.layers.core`, `tensorflow.python.keras`), `torch.nn.Linear`, `torch.nn.functional.relu`.
"""

from __future__ import annotations

import re

from analyzer.kinds import Framework
from analyzer.source.keras_layers import KERAS_LAYERS
from analyzer.source.learning import OPTIMIZERS, TORCH_LOSSES
from analyzer.source.torch_layers import TORCH_LAYERS

_KERAS_ROOTS = (
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.python.keras",
    "tensorflow._api.v2.keras",
    "tensorflow.contrib.keras",
    "tensorflow.keras",
    "tf_keras",
)
_PASS_THROUGH = ("keras.api.", "keras.src.", "keras._tf_keras.keras.", "keras.api._v2.keras.")
_OLD_LAYERS = re.compile(
    r"^keras\.layers\.(?:core|convolutional|pooling|normalization|recurrent|embeddings|"
    r"advanced_activations|wrappers|noise|merge|local|convolutional_recurrent|cudnn_recurrent|"
    r"experimental\.preprocessing|experimental|preprocessing)\.(?:\w+\.)*(\w+)$"
)
_OLD_UTILS = re.compile(
    r"^keras\.utils\.(?:np_utils|generic_utils|vis_utils|data_utils|numerical_utils)\."
)
_OLD_OPTIMIZERS = re.compile(
    r"^keras\.(?:optimizers\.(?:legacy|experimental|optimizer_v2|schedules)|optimizers|"
    r"optimizer_v2|optimizer_v1)\.(?:[a-z]\w*\.)*(\w+)$"
)
_MODELS = re.compile(
    r"^keras\.(?:models\.|engine\.(?:\w+\.)?|training\.)?(Sequential|Model|Functional)$"
)
_TORCH_MODULES = re.compile(r"^torch\.nn\.modules\.(?:[a-z]\w*\.)*(\w+)$")
_TORCH_OPTIM = re.compile(r"^torch\.optim\.(?!lr_scheduler)[a-z]\w*\.([A-Z]\w*)$")

_BOTH_CASES = {name.lower(): name for name in ("SGD", "Adam", "RMSprop", "Nadam", "Adamax")}


def canonical(dotted: str) -> str:
    """The one spelling of an imported name."""
    name = dotted
    for root in _KERAS_ROOTS:
        if name == root or name.startswith(root + "."):
            name = "keras" + name[len(root) :]
            break
    for prefix in _PASS_THROUGH:
        if name.startswith(prefix):
            name = "keras." + name[len(prefix) :]
    if name.startswith("keras."):
        return _canonical_keras(name)
    if name.startswith("torch."):
        name = _TORCH_MODULES.sub(r"torch.nn.\1", name)
        return _TORCH_OPTIM.sub(r"torch.optim.\1", name)
    return name


def _canonical_keras(name: str) -> str:
    if match := _MODELS.match(name):
        return "keras.Model" if match[1] == "Functional" else f"keras.{match[1]}"
    if name in {"keras.Input", "keras.models.Input", "keras.layers.core.Input"}:
        return "keras.layers.Input"
    if match := _OLD_LAYERS.match(name):
        return f"keras.layers.{match[1]}"
    if ".schedules." in name:
        return "keras.optimizers.schedules." + name.rsplit(".", 1)[1]
    if match := _OLD_OPTIMIZERS.match(name):
        return "keras.optimizers." + _BOTH_CASES.get(match[1], match[1])
    return _OLD_UTILS.sub("keras.utils.", name)


def framework_of(dotted: str) -> Framework | None:
    """The framework that a name as the program spells it belongs to."""
    top = dotted.split(".", 1)[0]
    if top in {"torch", "pytorch_lightning", "lightning", "torchvision"}:
        return "torch"
    if top == "keras":
        return "keras"
    if top in {"tensorflow", "tf_keras"}:
        return "tf.keras"
    return None


_KERAS_WELL_KNOWN: dict[str, str] = {
    **{name: f"keras.layers.{name}" for name in KERAS_LAYERS},
    **{name: f"keras.optimizers.{name}" for name in OPTIMIZERS if name != "ASGD"},
    "Sequential": "keras.models.Sequential",
    "Model": "keras.models.Model",
    "layers": "keras.layers",
    "keras": "keras",
    "tf": "tensorflow",
    "optimizers": "keras.optimizers",
    "losses": "keras.losses",
    "K": "keras.backend",
    "to_categorical": "keras.utils.to_categorical",
    "np_utils": "keras.utils.np_utils",
    "ImageDataGenerator": "keras.preprocessing.image.ImageDataGenerator",
}
_TORCH_WELL_KNOWN: dict[str, str] = {
    **{name: f"torch.nn.{name}" for name in TORCH_LAYERS},
    **{name: f"torch.nn.{name}" for name in TORCH_LOSSES if name[0].isupper()},
    **{name: f"torch.optim.{name}" for name in OPTIMIZERS if name != "Nadam"},
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "torch": "torch",
    "DataLoader": "torch.utils.data.DataLoader",
    "TensorDataset": "torch.utils.data.TensorDataset",
    "datasets": "torchvision.datasets",
    "transforms": "torchvision.transforms",
}
_SHARED = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot"}
_COMMON = _SHARED | {
    "train_test_split": "sklearn.model_selection.train_test_split",
    "StandardScaler": "sklearn.preprocessing.StandardScaler",
    "tqdm": "tqdm.tqdm",
    "trange": "tqdm.trange",
    "MinMaxScaler": "sklearn.preprocessing.MinMaxScaler",
}


def well_known(name: str, frameworks: set[Framework]) -> str | None:
    """What an undefined name means in a fragment, given the frameworks that it imports.

    A program that imports PyTorch alone means `torch.optim.Adam` by ``Adam``; one that imports
    nothing at all is read as Keras unless the name is PyTorch's own.
    """
    if name in _COMMON:
        return _COMMON[name]
    torch_first = frameworks == {"torch"}
    keras_root = (
        "tensorflow.keras" if "keras" not in frameworks and "tf.keras" in frameworks else ""
    )
    keras = _KERAS_WELL_KNOWN.get(name) if frameworks != {"torch"} else None
    if keras and keras_root and keras.startswith("keras"):
        keras = keras_root + keras[len("keras") :]
    torch = None if frameworks and "torch" not in frameworks else _TORCH_WELL_KNOWN.get(name)
    return (torch or keras) if torch_first else (keras or torch)


def star_name(name: str, modules: list[str]) -> str | None:
    """What a name means after ``from module import *``, by the vocabulary of the frameworks."""
    for module in reversed(modules):
        candidate = canonical(f"{module}.{name}")
        known = _KERAS_WELL_KNOWN.get(name), _TORCH_WELL_KNOWN.get(name)
        if candidate in {canonical(full) for full in known if full}:
            return f"{module}.{name}"
        if module in {"torch", "torch.nn.functional", "keras.datasets"} or name in {
            "Input",
            "mnist",
            "cifar10",
            "cifar100",
            "fashion_mnist",
            "imdb",
        }:
            return f"{module}.{name}"
    return None
