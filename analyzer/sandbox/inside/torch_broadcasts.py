"""Predictions and targets that stretch each other to all pairs in hand-written code."""

from __future__ import annotations

from typing import Any

from . import torch_layers as layers
from .recorder import Recorder
from .torch_recording import Facts

ELEMENTWISE = ("sub", "mul", "div")
MOST = 16


class Stretched:
    """The elementwise operations of (N, 1) with (N)."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._found: dict[Any, Facts] = {}

    def on_value(self, flow: Any, name: str, call: Any, output: Any) -> None:
        """A function's result outside every module."""
        tensors = layers.tensors_in(call)
        if name not in ELEMENTWISE or len(tensors) != 2 or len(self._found) >= MOST:
            return
        result = layers.first_tensor(output)
        of_model = [bool(flow.get(tensor)) for tensor in tensors]
        if result is None or of_model[0] == of_model[1]:
            return
        prediction, target = tensors if of_model[0] else tensors[::-1]
        shapes = [[int(size) for size in t.shape] for t in (prediction, target, result)]
        if target.requires_grad or not all_pairs(*shapes):
            return
        site = self._recorder.user_site() or {}
        key = (site.get("line"), site.get("column"), name)
        self._found[key] = {
            "operation": name,
            "target_first": not of_model[0],
            "prediction_shape": shapes[0],
            "target_shape": shapes[1],
            "result_shape": shapes[2],
            "site": site or None,
        }

    def facts(self) -> list[Facts]:
        """The Broadcasts."""
        return list(self._found.values())


def all_pairs(prediction: list[int], target: list[int], result: list[int]) -> bool:
    """Whether N predictions met N targets as a column against a row."""
    if sorted((len(prediction), len(target))) != [1, 2]:
        return False
    column, row = (prediction, target) if len(prediction) == 2 else (target, prediction)
    count = column[0]
    return count > 1 and column == [count, 1] and row == [count] and result == [count, count]
