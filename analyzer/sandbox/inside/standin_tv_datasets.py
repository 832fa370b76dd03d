"""Data sets of torchvision: files that are there, else invented pictures of the same form."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import standin_arrays as arrays
from . import standin_public
from .standin_tv_files import open_picture, read_batches, read_idx

CONTEXT: list[Any] = []  # the account of stand-ins and the invented folders

PUBLIC = [
    "MNIST",
    "FashionMNIST",
    "KMNIST",
    "CIFAR10",
    "CIFAR100",
    "SVHN",
    "STL10",
    "ImageFolder",
    "DatasetFolder",
    "FakeData",
    "VisionDataset",
]


def _dataset_base() -> Any:
    from torch.utils.data import Dataset

    return Dataset


class VisionDataset(_dataset_base()):  # type: ignore[misc]
    """Pictures with labels; transforms are applied when a sample is taken."""

    def __init__(
        self,
        root: Any = None,
        transforms: Any = None,
        transform: Any = None,
        target_transform: Any = None,
    ) -> None:
        self.root = root
        self.transforms = transforms
        self.transform = transform
        self.target_transform = target_transform
        self.data: Any = ()
        self.targets: Any = ()

    def __len__(self) -> int:
        return len(self.data)

    def _picture(self, index: int) -> Any:
        import numpy
        from PIL import Image

        return Image.fromarray(numpy.asarray(self.data[index]))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picture, target = self._picture(index), int(self.targets[index])
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def __repr__(self) -> str:
        return f"Dataset {type(self).__name__}\n    Number of datapoints: {len(self)}"


class _Idx(VisionDataset):
    """Grey digits: data uint8 tensor (n, 28, 28), targets int64 tensor (n,)."""

    maker: Callable[..., Any] = staticmethod(standin_public.mnist)

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        import torch

        del download
        self.train = train
        self.classes = [str(i) for i in range(10)]
        x, y = self._load(str(root), train)
        self.data = torch.as_tensor(x)
        self.targets = torch.as_tensor(y.astype("int64"))

    def _load(self, root: str, train: bool) -> tuple[Any, Any]:
        name = type(self).__name__
        for home in _homes(root):
            raw = os.path.join(home, name, "raw", "train" if train else "t10k")
            x, y = read_idx(f"{raw}-images-idx3-ubyte"), read_idx(f"{raw}-labels-idx1-ubyte")
            if x is not None and y is not None:
                return x, y
        return _invent(f"torchvision.datasets.{name}", type(self).maker, train)


class MNIST(_Idx):
    """60,000 and 10,000 digits."""


class FashionMNIST(_Idx):
    """60,000 and 10,000 garments."""

    maker = staticmethod(standin_public.fashion_mnist)


class KMNIST(_Idx):
    """60,000 and 10,000 characters."""


class CIFAR10(VisionDataset):
    """50,000 and 10,000 pictures: data uint8 array (n, 32, 32, 3), targets a list."""

    maker: Callable[..., Any] = staticmethod(standin_public.cifar10)
    folder = "cifar-10-batches-py"
    files = ([f"data_batch_{i}" for i in range(1, 6)], ["test_batch"])
    count = 10

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        del download
        self.train = train
        self.classes = [f"class{i}" for i in range(self.count)]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        x, y = self._load(str(root), train)
        self.data = x
        self.targets = [int(label) for label in y]

    def _load(self, root: str, train: bool) -> tuple[Any, Any]:
        for home in _homes(root):
            parts = [os.path.join(home, self.folder, n) for n in self.files[0 if train else 1]]
            if all(os.path.isfile(part) for part in parts):
                return read_batches(parts)
        name = f"torchvision.datasets.{type(self).__name__}"
        x, y = _invent(name, type(self).maker, train)
        return x, y.reshape(-1)


class CIFAR100(CIFAR10):
    """The same with 100 classes."""

    maker = staticmethod(standin_public.cifar100)
    folder = "cifar-100-python"
    files = (["train"], ["test"])
    count = 100


class _Split(VisionDataset):
    """Data sets whose half is chosen by `split`; always invented."""

    size, train_count, test_count = 32, 20_000, 5_000

    def __init__(
        self,
        root: Any = None,
        split: str = "train",
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
        **_old: Any,
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        del download
        name = f"torchvision.datasets.{type(self).__name__}"
        rng = CONTEXT[0].rng(f"{name} {split}")
        CONTEXT[0].invented(name)
        count = self.train_count if split.startswith("train") else self.test_count
        self.targets = self.labels = arrays.class_numbers(rng, count, 10)
        same = CONTEXT[0].rng(name)
        self.data = arrays.images(same, self.targets, (self.size, self.size, 3))


class SVHN(_Split):
    """House numbers, 32 x 32."""


class STL10(_Split):
    """96 x 96, 5,000 and 8,000."""

    size, train_count, test_count = 96, 5_000, 8_000


class FakeData(VisionDataset):
    """Random pictures, as torchvision's own class of that name."""

    def __init__(
        self,
        size: int = 1000,
        image_size: Any = (3, 224, 224),
        num_classes: int = 10,
        transform: Any = None,
        target_transform: Any = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(None, None, transform, target_transform)
        self.size, self.image_size, self.offset = size, tuple(image_size), random_offset
        self.targets = CONTEXT[0].rng("FakeData").integers(0, num_classes, size)

    def __len__(self) -> int:
        return self.size

    def _picture(self, index: int) -> Any:
        import numpy
        from PIL import Image

        rng = numpy.random.default_rng(index + self.offset)
        return Image.fromarray(
            rng.integers(0, 256, (*self.image_size[1:], self.image_size[0]), dtype=numpy.uint8)
        )


class ImageFolder(VisionDataset):
    """root/class/picture, invented when the folder is missing."""

    def __init__(
        self,
        root: Any,
        transform: Any = None,
        target_transform: Any = None,
        loader: Any = None,
        **_old: Any,
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        folders = CONTEXT[1]
        place = folders.real(root)
        if not os.path.isdir(place):
            place = folders.classes(root, None, None)
        self.loader = loader or open_picture
        self.classes = sorted(entry.name for entry in os.scandir(place) if entry.is_dir())
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = self.imgs = [
            (os.path.join(place, name, file), number)
            for name, number in self.class_to_idx.items()
            for file in sorted(os.listdir(os.path.join(place, name)))
        ]
        self.data, self.targets = self.samples, [number for _, number in self.samples]

    def _picture(self, index: int) -> Any:
        return self.loader(self.samples[index][0])


DatasetFolder = ImageFolder


def _homes(root: str) -> list[str]:
    torch_home = os.environ.get("TORCH_HOME", "")
    found = CONTEXT[0].beside(root)
    return [
        place for place in (found, torch_home, os.path.join(torch_home, "torchvision")) if place
    ]


def _invent(name: str, maker: Callable[..., Any], train: bool) -> tuple[Any, Any]:
    CONTEXT[0].invented(name)
    halves = maker(CONTEXT[0].rng(name))
    x, y = halves[0 if train else 1]
    return x, y
