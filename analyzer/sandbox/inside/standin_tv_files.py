"""The file formats of torchvision's data sets: IDX, CIFAR's batches, pictures."""

from __future__ import annotations

import gzip
import os
import pickle
from typing import Any


def open_picture(path: str) -> Any:
    """A picture in colour."""
    from PIL import Image

    return Image.open(path).convert("RGB")


def read_idx(path: str) -> Any:
    """An IDX file (LeCun's format), packed or not; None when it is not there."""
    import numpy

    for name, opener in ((path, open), (path + ".gz", gzip.open)):
        if os.path.isfile(name):
            with opener(name, "rb") as file:
                raw = file.read()
            rank = raw[3]
            shape = numpy.frombuffer(raw, ">i4", rank, 4)
            return numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * rank).reshape(shape).copy()
    return None


def read_batches(parts: list[str]) -> tuple[Any, Any]:
    import numpy

    pictures, labels = [], []
    for part in parts:
        with open(part, "rb") as file:
            batch = pickle.load(file, encoding="latin1")
        pictures.append(batch["data"])
        labels += batch.get("labels", batch.get("fine_labels"))
    x = numpy.vstack(pictures).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return x, numpy.asarray(labels)
