"""Transforms of torchvision on Pillow pictures and tensors, as far as training programs use them.

Random ones draw from PyTorch's generator, as torchvision's do.
"""

from __future__ import annotations

from typing import Any

CONTEXT: list[Any] = []

PUBLIC = [
    "Compose",
    "ToTensor",
    "PILToTensor",
    "ToImage",
    "ToDtype",
    "ConvertImageDtype",
    "ToPILImage",
    "Normalize",
    "Resize",
    "Scale",
    "CenterCrop",
    "to_tensor",
    "normalize",
    "resize",
    "InterpolationMode",
]


class InterpolationMode:
    """Names of Pillow's filters."""

    NEAREST, BILINEAR, BICUBIC, LANCZOS = "nearest", "bilinear", "bicubic", "lanczos"


def to_tensor(picture: Any) -> Any:
    """uint8 pictures to float32 (channels, height, width) in [0, 1]."""
    import numpy
    import torch

    array = numpy.array(picture)
    array = array[:, :, None] if array.ndim == 2 else array
    tensor = torch.from_numpy(array.transpose(2, 0, 1).copy())
    return tensor.float().div(255) if tensor.dtype == torch.uint8 else tensor


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """(x - mean) / std per channel."""
    import torch

    del inplace
    middle = torch.as_tensor(mean, dtype=tensor.dtype).view(-1, 1, 1)
    spread = torch.as_tensor(std, dtype=tensor.dtype).view(-1, 1, 1)
    return (tensor - middle) / spread


def resize(picture: Any, size: Any, *_arguments: Any, **_keywords: Any) -> Any:
    """To (height, width), or the shorter side to one number."""
    import torch

    if isinstance(picture, torch.Tensor):
        height, width = _target(picture.shape[-2], picture.shape[-1], size)
        batch = picture[None].float()
        return torch.nn.functional.interpolate(batch, (height, width), mode="bilinear")[0]
    height, width = _target(picture.height, picture.width, size)
    return picture.resize((width, height))


def _target(height: int, width: int, size: Any) -> tuple[int, int]:
    if not isinstance(size, int):
        return (int(size[0]), int(size[-1]))
    if height < width:
        return size, max(1, round(width * size / height))
    return max(1, round(height * size / width)), size


def pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[-1]))


def size(picture: Any) -> tuple[int, int]:
    if hasattr(picture, "height"):
        return picture.height, picture.width
    return picture.shape[-2], picture.shape[-1]


def crop(picture: Any, top: int, left: int, height: int, width: int) -> Any:
    if hasattr(picture, "crop"):
        return picture.crop((left, top, left + width, top + height))
    return picture[..., top : top + height, left : left + width]


def chance(p: float) -> bool:
    import torch

    return bool(torch.rand(1).item() < p)


def number(first: int, last: int) -> int:
    import torch

    return int(torch.randint(first, max(last, first) + 1, (1,)).item())


class Compose:
    """One after the other."""

    def __init__(self, transforms: Any) -> None:
        self.transforms = transforms

    def __call__(self, picture: Any) -> Any:
        for transform in self.transforms:
            picture = transform(picture)
        return picture


class Transform:
    """A transform; `forward` is what subclasses of user programs override."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self.arguments, self.keywords = arguments, keywords

    def __call__(self, picture: Any) -> Any:
        return self.forward(picture)

    def forward(self, picture: Any) -> Any:
        """The picture unchanged: for augmentation that the warm-up can do without."""
        return picture


class ToTensor(Transform):
    """uint8 picture to float tensor in [0, 1]."""

    def forward(self, picture: Any) -> Any:
        return to_tensor(picture)


class PILToTensor(Transform):
    """uint8 picture to uint8 tensor."""

    def forward(self, picture: Any) -> Any:
        import torch

        return (to_tensor(picture) * 255).round().to(torch.uint8)


ToImage = PILToTensor


class ConvertImageDtype(Transform):
    """uint8 tensor to float in [0, 1]."""

    def forward(self, picture: Any) -> Any:
        import torch

        return picture.float().div(255) if picture.dtype == torch.uint8 else picture


class ToDtype(ConvertImageDtype):
    """The same, when `scale` is asked for."""

    def forward(self, picture: Any) -> Any:
        return super().forward(picture) if self.keywords.get("scale") else picture.float()


class ToPILImage(Transform):
    """Tensor or array to picture."""

    def forward(self, picture: Any) -> Any:
        import numpy
        from PIL import Image

        if hasattr(picture, "numpy"):
            picture = (picture.numpy().transpose(1, 2, 0) * 255).astype(numpy.uint8)
        array = numpy.asarray(picture)
        return Image.fromarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array)


class Normalize(Transform):
    """(x - mean) / std per channel."""

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, picture: Any) -> Any:
        return normalize(picture, self.mean, self.std)


class Resize(Transform):
    """To a size."""

    def __init__(self, size: Any, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.size = size

    def forward(self, picture: Any) -> Any:
        return resize(picture, self.size)


Scale = Resize


class CenterCrop(Resize):
    """The middle."""

    def forward(self, picture: Any) -> Any:
        (height, width), (rows, columns) = pair(self.size), size(picture)
        return crop(picture, (rows - height) // 2, (columns - width) // 2, height, width)
