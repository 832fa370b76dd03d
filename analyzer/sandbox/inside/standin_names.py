"""Data that a fragment uses and never loads: `X_train`, `y_test`, `train_loader`, `criterion`."""

from __future__ import annotations

import re
import sys
from typing import Any

from . import standin_arrays as arrays
from .standin_configured import Configured
from .standin_hints import Wanted, wanted
from .standin_record import StandIns
from .standin_roles import Role, misspelled, roles_of

TRAIN_ROWS = 640
TEST_ROWS = 128

_INPUTS = re.compile(
    r"^(x|inputs?|images?|features?|data|img|imgs|samples|X)(_|\d|$)|_(x|X|data|images?|inputs?|img)$"
    r"|^(train|test|val|valid|validation)_?(x|X|data|images?|inputs?|set|features?)\w*$|^[xX](train|test|val)",
)
_LABELS = re.compile(
    r"^(y|Y|labels?|targets?|outputs?)(_|\d|$)|_(y|Y|labels?|targets?|lab)$"
    r"|^(train|test|val|valid|validation)_?(y|Y|labels?|targets?)\w*$|^[yY](train|test|val)",
)
_OTHER_HALF = re.compile(r"test|val|dev", re.I)
_LOADER = re.compile(
    r"loader|dataloader|_dl$|^(train|test|val\w*)_(gen|generator|ds|dataset)$|generator$", re.I
)
_TORCH_LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "nll": "NLLLoss",
    "bce": "BCELoss",
    "bce_with_logits": "BCEWithLogitsLoss",
    "mse": "MSELoss",
    "l1": "L1Loss",
    "smooth_l1": "SmoothL1Loss",
    "huber": "HuberLoss",
}
_CONSTANTS: dict[str, Any] = {
    "batch_size": 32,
    "BATCH_SIZE": 32,
    "epochs": 2,
    "EPOCHS": 2,
    "num_epochs": 2,
    "nb_epoch": 2,
    "n_epochs": 2,
    "learning_rate": 0.001,
    "lr": 0.001,
    "LEARNING_RATE": 0.001,
    "seed": 0,
    "verbose": 0,
}


class Named:
    """Makes a value for a name by what such names usually hold."""

    def __init__(self, standins: StandIns) -> None:
        self.standins = standins
        self.configured = Configured(standins)

    @property
    def want(self) -> Wanted:
        """What the model wants."""
        return wanted(self.standins.request())

    def __call__(self, name: str) -> Any:
        """A value for a name that the program never defines.

        Raises:
            KeyError: the name says nothing.
        """
        value = self._value(name)
        if value is None:
            raise KeyError(name)
        if self.role(name) is None:
            self.standins.recorder.note(f"the program never defines {name}; one was made for it")
        return value

    def _value(self, name: str) -> Any:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in ("num_classes", "n_classes", "nb_classes", "NUM_CLASSES", "classes_num"):
            return self.want.classes or 2
        if name in ("input_shape", "INPUT_SHAPE", "img_shape", "image_shape", "in_shape"):
            return self.want.input_shape
        if name in ("img_width", "img_height", "img_rows", "img_cols", "IMG_SIZE", "img_size"):
            return self.want.input_shape[0]
        if name in ("num_features", "n_features", "input_dim", "input_size"):
            return self.want.input_shape[-1]
        if name.endswith("datagen") or name.endswith("data_gen"):
            return _image_generator()
        if name in ("criterion", "loss_fn", "loss_func", "loss_function", "loss_fun"):
            return self.torch_loss()
        if name in ("net", "model", "network", "Net"):
            return self._shared("model", self.torch_model)
        if name == "optimizer":
            return self.torch_optimizer()
        if _LOADER.search(name):
            return self.loader(name)
        if "dataset" in name and self.want.torch:
            return self.loader(name).dataset
        if self.role(name) is not None:
            return None if misspelled(self.standins.script, name) else self.array(name)
        return None

    def _shared(self, key: str, make: Any) -> Any:
        """The same object for every name that means it: an optimizer must hold *this* model."""
        if key not in self.standins.made:
            self.standins.made[key] = make()
        return self.standins.made[key]

    def role(self, name: str) -> Role | None:
        """What a name holds: by the static reader, by the program's calls, by its spelling."""
        hints = self.standins.request().get("hints") or {}
        half = "test" if _OTHER_HALF.search(name) else "train"
        if name == hints.get("labels_name"):
            return Role("labels", half)
        if name == hints.get("inputs_name"):
            return Role("inputs", half)
        used = roles_of(self.standins.script).get(name)
        if used is not None:
            return used
        if _LABELS.search(name):
            return Role("labels", half)
        return Role("inputs", half) if _INPUTS.search(name) else None

    def array(self, name: str, file: str = "") -> Any:
        """Inputs or labels; a name that says neither gives inputs. A tensor for PyTorch."""
        kind, half = self.role(name) or Role("inputs", "train")
        value = self.configured.get(kind, half)
        if value is None:
            value = self.labels(half) if kind == "labels" else self.inputs(half)
            why = (
                "" if file else f"the program never defines {name}; an invented one took its place"
            )
            self.standins.invented(file or name, why)
        if self.want.torch and "torch" in sys.modules:
            torch = sys.modules["torch"]
            return torch.as_tensor(value)
        return value

    def _numbers(self, half: str) -> Any:
        rows = TRAIN_ROWS if half == "train" else TEST_ROWS
        return arrays.class_numbers(
            self.standins.rng(f"labels {half}"), rows, self.want.classes or 5
        )

    def inputs(self, half: str) -> Any:
        """Inputs of the model's shape: images uint8 0..255, tokens int, everything else float32."""
        want, y = self.want, self._numbers(half)
        if want.tokens:
            return arrays.tokens(
                self.standins.rng(f"inputs {half}"), y, want.input_shape[0], want.tokens
            )
        shape = want.input_shape
        if want.torch and len(shape) == 3:
            pictures = arrays.images(self.standins.rng("images"), y, (*shape[1:], shape[0]))
            return pictures.transpose(0, 3, 1, 2).astype("float32") / 255
        if len(shape) == 3 and shape[-1] in (1, 3):
            return arrays.images(self.standins.rng("images"), y, shape)
        return arrays.samples(self.standins.rng("samples"), y, shape)

    def labels(self, half: str) -> Any:
        """Labels as loss and output imply: class numbers, one-hot rows, 0/1 or real numbers."""
        import numpy

        want, y = self.want, self._numbers(half)
        if want.classes is None:
            shape = (len(y), want.units) if (want.units or 1) > 1 else (len(y),)
            real = self.standins.rng(f"targets {half}").normal(size=shape)
            return (real + numpy.reshape(y, (-1,) + (1,) * (len(shape) - 1))).astype("float32")
        one_hot = want.one_hot and not self._encodes_itself()
        if one_hot or (want.classes > 2 and "binary" in want.loss.lower()):
            return numpy.eye(want.classes, dtype="float32")[y]
        if want.torch and want.loss.lower().startswith("bce"):
            return y.astype("float32").reshape(-1, 1)
        return y.astype("int64")

    def _encodes_itself(self) -> bool:
        """Whether the source one-hot encodes labels, so that it expects class numbers."""
        from .compat_source import text_of

        text = text_of(self.standins.script)
        return any(
            word in text
            for word in (
                "to_categorical",
                "OneHotEncoder",
                "get_dummies",
                "LabelBinarizer",
                "one_hot",
            )
        )

    def loader(self, name: str) -> Any:
        """Batches of 32: a DataLoader, or a `Sequence` of Keras."""
        half = "test" if _OTHER_HALF.search(name) else "train"
        self.standins.invented(
            name, f"the program never defines {name}; an invented one took its place"
        )
        x, y = self.inputs(half), self.labels(half)
        if self.want.torch and "torch" in sys.modules:
            import torch
            from torch.utils.data import DataLoader, TensorDataset

            return DataLoader(
                TensorDataset(torch.as_tensor(x), torch.as_tensor(y)),
                batch_size=32,
                shuffle=half == "train",
            )
        generator = _image_generator()
        if generator is None or x.ndim != 4:
            return None
        return generator.flow(x, y, batch_size=32)

    def torch_loss(self) -> Any:
        """A loss module that fits what is known of the output."""
        nn = getattr(sys.modules.get("torch"), "nn", None)
        if nn is None:
            return None
        for value in vars(sys.modules["__main__"]).values():
            if isinstance(value, nn.modules.loss._Loss):
                return value
        name = _TORCH_LOSSES.get(self.want.loss, self.want.loss)
        if name and hasattr(nn, name):
            return getattr(nn, name)()
        units = self.want.units or 1
        return nn.CrossEntropyLoss() if units > 1 else nn.BCEWithLogitsLoss()

    def torch_model(self) -> Any:
        """An instance of the last module class the program defines, if it needs no argument."""
        torch = sys.modules.get("torch")
        if torch is None:
            return None
        known = vars(sys.modules["__main__"])
        for value in reversed(list(known.values())):
            if isinstance(value, torch.nn.Module) and not isinstance(
                value, torch.nn.modules.loss._Loss
            ):
                return value
        for value in reversed(list(known.values())):
            if (
                isinstance(value, type)
                and issubclass(value, torch.nn.Module)
                and (value.__module__ == "__main__")
            ):
                try:
                    return value()
                except TypeError:
                    continue
        return None

    def torch_optimizer(self) -> Any:
        """Adam over that model."""
        model = self._shared("model", self.torch_model)
        if model is None:
            return None
        return sys.modules["torch"].optim.Adam(model.parameters())


def _image_generator() -> Any:
    if "keras" not in sys.modules and "tf_keras" not in sys.modules:
        return None
    if "keras" in sys.modules and sys.modules["keras"].__name__ == "keras":
        from keras.src.legacy.preprocessing.image import ImageDataGenerator
    else:
        from tf_keras.preprocessing.image import ImageDataGenerator
    return ImageDataGenerator()
