"""Arrays behind a batch: the larger one that it lies in, or the tensors of a dataset."""

from __future__ import annotations

from typing import Any

PLAIN_TYPES = frozenset(
    {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8"}
)


def to_array(tensor: Any) -> Any:
    """The tensor as a NumPy array on the CPU, sharing memory where it can."""
    import torch

    values = tensor.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()


def rows_of(base: Any, tensor: Any) -> Any:
    """The larger array that a batch is a slice of, in the shape of the batch's samples."""
    if base.dim() == 0 or tensor.dim() == 0 or base.requires_grad or base.dtype != tensor.dtype:
        return None
    rows = int(base.shape[0])
    if rows <= tensor.shape[0] or base.numel() * tensor.shape[0] != tensor.numel() * rows:
        return None
    return base.detach().reshape(rows, *tensor.shape[1:])


def around(value: Any, tensor: Any) -> Any:
    """The array in whose memory the batch lies, when it is larger than the batch."""
    import torch

    if tensor.is_sparse or not tensor.numel():
        return None
    if not isinstance(value, torch.Tensor):
        if str(value.dtype) not in PLAIN_TYPES or not value.flags.c_contiguous:
            return None
        if not value.flags.writeable:
            return None  # PyTorch would warn in the program's name
        value = torch.from_numpy(value)
    if value.is_sparse or value.device != tensor.device or not value.is_contiguous():
        return None
    first, last = value.data_ptr(), value.data_ptr() + value.numel() * value.element_size()
    return rows_of(value, tensor) if first <= tensor.data_ptr() < last else None


def stored(dataset: Any, position: int) -> Any:
    """The stored tensor at this position of a TensorDataset, or of a subset of one."""
    kind = type(dataset).__name__
    if kind == "TensorDataset" and position < len(dataset.tensors):
        return dataset.tensors[position]
    if kind == "Subset":
        inner = stored(dataset.dataset, position)
        return None if inner is None else inner[list(dataset.indices)]
    return None
