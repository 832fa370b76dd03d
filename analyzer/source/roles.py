"""What a call does, by its canonical name: layer, loss, optimizer, fit, loader and so on."""

from __future__ import annotations

from analyzer.source.calls import Role
from analyzer.source.keras_layers import KERAS_LAYERS
from analyzer.source.learning import (
    KERAS_LOSSES,
    TORCH_LOSSES,
    is_activation,
    keras_loss,
    optimizer_class,
)
from analyzer.source.torch_layers import FUNCTIONS, TORCH_LAYERS

FIT_METHODS = frozenset({"fit", "fit_generator", "train_on_batch"})
_MODEL_METHODS: dict[str, Role] = {
    "compile": "compile",
    **dict.fromkeys(FIT_METHODS, "fit"),
    "evaluate": "evaluate",
    "evaluate_generator": "evaluate",
    "test_on_batch": "evaluate",
    "predict": "predict",
    "predict_generator": "predict",
    "predict_classes": "predict",
    "predict_proba": "predict",
    "predict_on_batch": "predict",
}
_LOOP_METHODS: dict[str, Role] = {
    "backward": "backward",
    "manual_backward": "backward",
    "zero_grad": "zero_grad",
}
_LOADERS = frozenset(
    {
        "DataLoader",
        "flow",
        "flow_from_directory",
        "flow_from_dataframe",
        "from_tensor_slices",
        "image_dataset_from_directory",
        "text_dataset_from_directory",
        "timeseries_dataset_from_array",
        "from_generator",
        "TimeseriesGenerator",
    }
)
_DATASETS = (
    "keras.datasets.",
    "sklearn.datasets.",
    "torchvision.datasets.",
    "tensorflow_datasets.",
    "torchtext.datasets.",
    "torchaudio.datasets.",
    "datasets.load_dataset",
    "seaborn.load_dataset",
)
_READERS = frozenset(
    {
        "loadtxt",
        "genfromtxt",
        "load",
        "fromfile",
        "read_csv",
        "read_excel",
        "read_table",
        "read_json",
        "read_pickle",
        "read_parquet",
        "read_hdf",
        "read_feather",
        "imread",
        "loadmat",
        "open",
    }
)
_MAKERS = frozenset(
    {
        "array",
        "asarray",
        "arange",
        "linspace",
        "zeros",
        "ones",
        "rand",
        "randn",
        "random",
        "normal",
        "uniform",
        "randint",
        "eye",
        "concatenate",
        "stack",
        "vstack",
        "hstack",
        "Tensor",
        "tensor",
        "from_numpy",
        "FloatTensor",
        "LongTensor",
        "as_tensor",
        "constant",
        "convert_to_tensor",
        "TensorDataset",
        "DataFrame",
        "reshape",
        "expand_dims",
        "default_rng",
        "sample",
    }
)
_SCALERS = frozenset(
    {
        "StandardScaler",
        "MinMaxScaler",
        "RobustScaler",
        "MaxAbsScaler",
        "Normalizer",
        "normalize",
        "scale",
        "minmax_scale",
        "PowerTransformer",
        "QuantileTransformer",
        "Normalize",
        "ToTensor",
    }
)
_ENCODERS = frozenset(
    {
        "to_categorical",
        "LabelEncoder",
        "OneHotEncoder",
        "LabelBinarizer",
        "MultiLabelBinarizer",
        "get_dummies",
        "one_hot",
        "OrdinalEncoder",
        "label_binarize",
        "factorize",
        "to_ordinal",
    }
)
_SPLITS = frozenset(
    {
        "train_test_split",
        "random_split",
        "KFold",
        "StratifiedKFold",
        "ShuffleSplit",
        "StratifiedShuffleSplit",
        "GroupKFold",
        "TimeSeriesSplit",
        "split_dataset",
        "Subset",
    }
)


def is_loss(callee: str) -> bool:
    """Whether this canonical name is a loss class or function of a framework."""
    module, _, name = callee.rpartition(".")
    if module == "torch.nn":
        return name in TORCH_LOSSES and name[0].isupper()
    if module in {"keras.losses", "keras.objectives"}:
        return keras_loss(name) is not None
    if module in {"tensorflow.losses", "tensorflow.compat.v1.losses"}:
        return True
    return is_functional_loss(callee)


def is_functional_loss(callee: str) -> bool:
    """Whether this canonical name is a function that gives a loss value when called."""
    module, _, name = callee.rpartition(".")
    if module == "torch.nn.functional":
        return name in TORCH_LOSSES
    if module in {"keras.losses", "keras.objectives", "keras.metrics", "keras.backend"}:
        return name.islower() and name.replace("_", "") in KERAS_LOSSES
    return module in {"tensorflow.nn"} and "cross_entropy" in name


def role_of(callee: str, *, bare_fit: bool = False) -> Role | None:
    """The role of a call by its canonical callee; None when it does not matter here.

    Args:
        callee: as in `CallSite.callee`.
        bare_fit: whether methods of unknown objects named like a model's are taken for them.
    """
    module, _, name = callee.rpartition(".")
    if callee.endswith(".__call__") and is_loss(module):
        return "loss"
    found = _framework_role(callee, module, name)
    if found is not None:
        return found
    if module in {"keras.Model", "?"} and name in _MODEL_METHODS:
        return _MODEL_METHODS[name] if module == "keras.Model" or bare_fit else None
    return _method_role(callee, module, name) or _data_role(callee, module, name)


def _framework_role(callee: str, module: str, name: str) -> Role | None:
    if optimizer_class(callee):
        return "optimizer"
    if (
        module.endswith("lr_scheduler") and name[:1].isupper()
    ) or module == "keras.optimizers.schedules":
        return "scheduler"
    if module == "keras.callbacks" and name in {"LearningRateScheduler", "ReduceLROnPlateau"}:
        return "scheduler"
    if callee in {"keras.Sequential", "keras.Model", "torch.nn.Sequential"}:
        return "model"
    if callee.startswith(("keras.applications.", "torchvision.models.", "timm.create_model")):
        return "model" if name[:1].isupper() or not callee.startswith("keras") else None
    if is_loss(callee) and module != "keras.metrics":
        return "loss"
    if module in {"keras.layers", "torch.nn"}:
        return _layer_role(module, name)
    if module in {"torch.nn.functional", "torch", "tensorflow.nn", "keras.activations"}:
        if is_activation(name):
            return "activation"
        if name in FUNCTIONS and module != "torch":
            return "layer"
        if name == "flatten":
            return "layer"
    if callee.startswith(("keras.metrics.", "torchmetrics.", "sklearn.metrics.")):
        return "metric"
    return None


def _layer_role(module: str, name: str) -> Role | None:
    table = KERAS_LAYERS if module == "keras.layers" else TORCH_LAYERS
    if name in table:
        return "activation" if table[name][0] == "activation" else "layer"
    return "layer" if module == "keras.layers" else None


def _method_role(callee: str, module: str, name: str) -> Role | None:
    if name in _LOOP_METHODS:
        return _LOOP_METHODS[name]
    if callee.endswith("GradientTape.gradient"):
        return "backward"
    if name == "fit" and module.endswith(".Trainer") and "lightning" in module:
        return "fit"
    if name == "apply_gradients" or (name == "step" and optimizer_class(module)):
        return "step"
    if name == "step" and "lr_scheduler" not in module and module in {"?"}:
        return "step"
    if name == "step" and module.endswith("GradScaler"):
        return "step"
    if module == "torch.nn.Module" and name in {"train", "eval"}:
        return "train_mode" if name == "train" else "eval_mode"
    return None


def _data_role(callee: str, module: str, name: str) -> Role | None:
    first = module.split(".", 1)[0]
    if name in _LOADERS:
        return "loader"
    if callee.startswith(_DATASETS):
        return "data"
    if any(part in _ENCODERS for part in callee.split(".")):
        return "label_encoding"
    library = first in {"sklearn", "torchvision", "keras", "tensorflow", "torch"}
    if library and any(part in _SCALERS for part in callee.split(".")):
        return "scaling"
    if name in _SPLITS:
        return "split"
    if name in _READERS and first in {"numpy", "pandas", "cv2", "scipy", "skimage", "torch", "PIL"}:
        return "data"
    if name in _MAKERS and first in {"numpy", "torch", "pandas", "tensorflow"}:
        return "data"
    if name == "ImageDataGenerator":
        return "data"
    return None
