"""The few functions of OpenCV that load and prepare pictures, when OpenCV is not installed."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from . import compat_stubs
from .on_import import when_imported
from .standin_folders import Folders

_CONSTANTS = {
    "IMREAD_GRAYSCALE": 0,
    "IMREAD_COLOR": 1,
    "IMREAD_UNCHANGED": -1,
    "COLOR_BGR2RGB": 4,
    "COLOR_RGB2BGR": 4,
    "COLOR_BGR2GRAY": 6,
    "COLOR_RGB2GRAY": 7,
    "COLOR_GRAY2BGR": 8,
    "COLOR_GRAY2RGB": 8,
    "INTER_NEAREST": 0,
    "INTER_LINEAR": 1,
    "INTER_CUBIC": 2,
    "INTER_AREA": 3,
}


def install(folders: Folders) -> None:
    """A stand-in when OpenCV is missing; file names mapped when it is there."""
    compat_stubs.provide("cv2", lambda name: _module(folders) if name == "cv2" else None)
    when_imported("cv2", functools.partial(_reading, folders=folders))
    compat_stubs.special("matplotlib.pyplot", "imread", functools.partial(_imread_rgb, folders))
    compat_stubs.special("matplotlib.image", "imread", functools.partial(_imread_rgb, folders))


def _reading(module: Any, folders: Folders) -> None:
    original = module.imread

    def imread(path: Any, *arguments: Any) -> Any:
        return original(folders.real(path), *arguments)

    module.imread = imread


def _imread_rgb(folders: Folders, path: Any, *_arguments: Any, **_keywords: Any) -> Any:
    import numpy
    from PIL import Image

    return numpy.asarray(Image.open(folders.real(path)))


class _Stub(compat_stubs.StubModule):
    """cv2: what is not below does nothing."""


def _module(folders: Folders) -> ModuleType:
    module = _Stub("cv2")
    module.__dict__.update(_CONSTANTS)
    module.__dict__.update(
        imread=functools.partial(_imread, folders),
        resize=_resize,
        cvtColor=_convert,
        imshow=_nothing,
        waitKey=_nothing,
        destroyAllWindows=_nothing,
        flip=_flip,
        GaussianBlur=lambda image, *_a, **_k: image,
        __version__="4.0.0",
    )
    return module


def _nothing(*_arguments: Any, **_keywords: Any) -> int:
    return -1


def _imread(folders: Folders, path: Any, flag: int = 1) -> Any:
    """A picture as OpenCV gives it: uint8, blue first; None when it cannot be read."""
    import numpy
    from PIL import Image

    try:
        image = Image.open(folders.real(path))
    except OSError:
        return None
    if flag == 0:
        return numpy.array(image.convert("L"))
    return numpy.array(image.convert("RGB"))[:, :, ::-1].copy()


def _resize(
    image: Any,
    size: Any = None,
    *_arguments: Any,
    fx: float = 1.0,
    fy: float = 1.0,
    dsize: Any = None,
    **_keywords: Any,
) -> Any:
    """Nearest neighbour; `size` is (width, height)."""
    import numpy

    size = size or dsize or (int(image.shape[1] * fx), int(image.shape[0] * fy))
    rows = numpy.arange(size[1]) * image.shape[0] // size[1]
    columns = numpy.arange(size[0]) * image.shape[1] // size[0]
    return image[rows][:, columns].copy()


def _convert(image: Any, code: int) -> Any:
    """Channel order, or grey."""
    import numpy

    if code in (6, 7):
        return image.mean(axis=-1).astype(image.dtype)
    if code == 8:
        return numpy.repeat(image[:, :, None], 3, axis=2)
    return image[:, :, ::-1].copy() if image.ndim == 3 else image


def _flip(image: Any, code: int) -> Any:
    return image[::-1].copy() if code == 0 else image[:, ::-1].copy()
