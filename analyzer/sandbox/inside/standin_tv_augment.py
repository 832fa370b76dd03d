"""Random transforms of torchvision; those that only change colours leave the picture as it is."""

from __future__ import annotations

from typing import Any

from .standin_tv_transforms import (
    Compose,
    Resize,
    Transform,
    chance,
    crop,
    number,
    pair,
    resize,
    size,
)

PUBLIC = [
    "Pad",
    "RandomCrop",
    "RandomResizedCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "RandomRotation",
    "RandomAffine",
    "ColorJitter",
    "RandomErasing",
    "GaussianBlur",
    "AutoAugment",
    "RandAugment",
    "RandomGrayscale",
    "Grayscale",
    "Lambda",
    "RandomApply",
    "RandomChoice",
]


class Pad(Transform):
    """A black border."""

    def forward(self, picture: Any) -> Any:
        from PIL import ImageOps

        border = self.arguments[0] if self.arguments else self.keywords.get("padding", 0)
        return ImageOps.expand(picture, border)


class RandomCrop(Resize):
    """A part at a random place."""

    def forward(self, picture: Any) -> Any:
        border = self.keywords.get("padding", self.arguments[0] if self.arguments else None)
        picture = Pad(border)(picture) if border else picture
        (height, width), (rows, columns) = pair(self.size), size(picture)
        return crop(picture, number(0, rows - height), number(0, columns - width), height, width)


class RandomResizedCrop(Resize):
    """A random part of at least half the side, resized."""

    def forward(self, picture: Any) -> Any:
        rows, columns = size(picture)
        height, width = number(rows // 2, rows), number(columns // 2, columns)
        part = crop(picture, number(0, rows - height), number(0, columns - width), height, width)
        return resize(part, pair(self.size))


class RandomHorizontalFlip(Transform):
    """Mirrored with probability p."""

    axis = -1

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, picture: Any) -> Any:
        if not chance(self.p):
            return picture
        if hasattr(picture, "height"):
            from PIL import ImageOps

            return ImageOps.mirror(picture) if self.axis == -1 else ImageOps.flip(picture)
        return picture.flip(self.axis)


class RandomVerticalFlip(RandomHorizontalFlip):
    """Upside down with probability p."""

    axis = -2


class RandomRotation(Transform):
    """Turned by up to so many degrees."""

    def forward(self, picture: Any) -> Any:
        degrees = self.arguments[0] if self.arguments else self.keywords.get("degrees", 0)
        most = int(max(degrees) if isinstance(degrees, tuple | list) else degrees)
        return picture.rotate(number(-most, most)) if hasattr(picture, "rotate") else picture


class RandomAffine(RandomRotation):
    """Turned only."""


class ColorJitter(Transform):
    """Unchanged."""


class RandomErasing(Transform):
    """Unchanged."""


class GaussianBlur(Transform):
    """Unchanged."""


class AutoAugment(Transform):
    """Unchanged."""


class RandAugment(Transform):
    """Unchanged."""


class RandomGrayscale(Transform):
    """Unchanged."""


class Grayscale(Transform):
    """Grey, with one channel or three equal ones."""

    def forward(self, picture: Any) -> Any:
        count = self.arguments[0] if self.arguments else self.keywords.get("num_output_channels", 1)
        grey = picture.convert("L")
        return grey if count == 1 else grey.convert("RGB")


class Lambda(Transform):
    """A function."""

    def forward(self, picture: Any) -> Any:
        return self.arguments[0](picture)


class RandomApply(Transform):
    """All of them with probability p."""

    def forward(self, picture: Any) -> Any:
        p = self.keywords.get("p", 0.5)
        return Compose(self.arguments[0])(picture) if chance(p) else picture


class RandomChoice(Transform):
    """One of them."""

    def forward(self, picture: Any) -> Any:
        return self.arguments[0][number(0, len(self.arguments[0]) - 1)](picture)
