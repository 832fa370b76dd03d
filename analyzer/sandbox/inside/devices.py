"""Let a program that insists on CUDA run on the CPU of a machine without a CUDA device.

Nothing is touched when a CUDA device exists or when none of the program's files says "cuda". Only
the device is replaced, so values, dtypes and the order of operations stay as they are.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

from .on_import import when_imported
from .recorder import Recorder

MOST_FILES = 500  # of the program, searched for the word
SILENT = ("set_device", "synchronize", "init", "set_per_process_memory_fraction")
# What `torch.set_default_device` acts on (torch/utils/_device.py, _device_constructors).
FACTORIES = (
    *("tensor", "as_tensor", "asarray", "scalar_tensor", "sparse_coo_tensor", "eye"),
    *("empty", "empty_like", "empty_strided", "full", "full_like"),
    *("ones", "ones_like", "zeros", "zeros_like", "arange", "range", "linspace", "logspace"),
    *("rand", "rand_like", "randn", "randn_like", "randint", "randint_like", "randperm"),
    *("normal", "tril_indices", "triu_indices"),
    *("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"),
)
TENSOR_MAKERS = ("new_tensor", "new_empty", "new_full", "new_ones", "new_zeros")


def install(recorder: Recorder) -> None:
    """Watch for PyTorch, if the program mentions CUDA at all."""
    if any(b"cuda" in text for text in _program_texts(recorder.sources.root)):
        when_imported("torch", replace_cuda)


def _program_texts(root: str) -> Iterator[bytes]:
    count = 0
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(".py") and count < MOST_FILES:
                count += 1
                with open(os.path.join(folder, name), "rb") as file:
                    yield file.read()


def replace_cuda(torch: Any) -> None:
    """Make every way of naming a CUDA device mean the CPU."""
    if torch.cuda.is_available():
        return
    on_cpu = DeviceMap(torch)
    tensor, module = torch.Tensor, torch.nn.Module
    for owner in (tensor, module):
        owner.cuda = lambda self, *_arguments, **_keywords: self
        owner.to = on_cpu.any_argument(owner.to)
    tensor.pin_memory = lambda self, *_arguments, **_keywords: self
    tensor.type = on_cpu.any_argument(tensor.type)
    for name in TENSOR_MAKERS:
        setattr(tensor, name, on_cpu.keyword(getattr(tensor, name)))
    for name in FACTORIES:
        if hasattr(torch, name):
            setattr(torch, name, on_cpu.keyword(getattr(torch, name)))
    torch.load = on_cpu.any_argument(torch.load)
    for name in ("set_default_device", "set_default_tensor_type"):
        setattr(torch, name, on_cpu.any_argument(getattr(torch, name)))
    for name in SILENT:
        setattr(torch.cuda, name, _nothing())
    torch.cuda.current_device = lambda: 0


def _nothing() -> Callable[..., None]:
    """A function of its own that does nothing: torch._dynamo refuses one under several names."""

    def nothing(*_arguments: Any, **_keywords: Any) -> None:
        return None

    return nothing


class DeviceMap:
    """Replaces CUDA devices among a call's arguments by the CPU."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def __call__(self, value: Any) -> Any:
        """The value, or the CPU when it names a CUDA device or a CUDA tensor type."""
        if isinstance(value, str):
            if value.startswith("torch.cuda."):
                return value.replace("torch.cuda.", "torch.", 1)
            return "cpu" if value.split(":")[0] == "cuda" else value
        if isinstance(value, self.torch.device):
            return self.torch.device("cpu") if value.type == "cuda" else value
        if isinstance(value, type) and value.__module__ == "torch.cuda":
            return getattr(self.torch, value.__name__, value)
        if isinstance(value, dict):  # torch.load(map_location={"cuda:1": "cuda:0"})
            return {key: self(item) for key, item in value.items()}
        return value

    def device(self, value: Any) -> Any:
        """Like the call, where a number is the index of a device."""
        if isinstance(value, int) and not isinstance(value, bool):
            return "cpu"
        return self(value)

    def any_argument(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """For functions that take the device at any place: `x.to("cuda", non_blocking=True)`."""

        @functools.wraps(function)
        def on_cpu(*arguments: Any, **keywords: Any) -> Any:
            first, *rest = arguments or (None,)
            # A model, a tensor or a file name comes first; it is nothing to replace.
            mapped = [
                self.device(value) if index == 0 else self(value)
                for index, value in enumerate(rest)
            ]
            kept = [first] if arguments else []
            return function(*kept, *mapped, **self._keywords(keywords))

        return on_cpu

    def keyword(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """For functions that take the device as a keyword: `torch.zeros(3, device="cuda")`."""

        @functools.wraps(function)
        def on_cpu(*arguments: Any, **keywords: Any) -> Any:
            return function(*arguments, **self._keywords(keywords))

        return on_cpu

    def _keywords(self, keywords: dict[str, Any]) -> dict[str, Any]:
        for name in ("device", "map_location"):
            if keywords.get(name) is not None:
                keywords[name] = self.device(keywords[name])
        return keywords
