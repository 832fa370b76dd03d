"""What can be known of a value and of a place while TensorFlow traces a function."""

from __future__ import annotations

import sys
import threading
from typing import Any


class Argument:
    """Which argument of a traced function a value is: by position, else by shape."""

    def __init__(self, position: int | None, shape: tuple[int | None, ...]) -> None:
        self.position = position
        self.shape = shape

    @staticmethod
    def taken(value: Any) -> Any:
        """The value when it holds numbers now."""
        return value if hasattr(value, "__array__") or hasattr(value, "numpy") else None


def fits(shape: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        w is None or s == w for s, w in zip(shape, wanted, strict=True)
    )


def traced_site(recorder: Any) -> dict[str, Any] | None:
    """The user's innermost line when TensorFlow is tracing rewritten code of theirs."""
    stacks = sys.modules.get("tensorflow.python.util.tf_stack")
    mappers = getattr(stacks, "_source_mapper_stacks", {}).get(threading.get_ident(), ())
    if stacks is None or len(mappers) < 2:  # the first one maps nothing
        return None
    for entry in reversed(list(stacks.extract_stack())):
        site = recorder.sources.of_lines(entry.filename, entry.lineno)
        if site is not None:
            return dict(site)
    return None
