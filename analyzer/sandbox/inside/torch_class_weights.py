"""The class weights of loss modules and functions: one factor per class, or for the positives."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .torch_arrays import to_array
from .torch_constructed import Constructed
from .torch_layers import is_tensor
from .torch_recording import Facts

MOST_CLASSES = 1000
PLACES = {
    "cross_entropy": ("weight", 0),
    "nll": ("weight", 0),
    "bce_with_logits": ("pos_weight", 4),
}
"""The argument that holds the weights, and its position in the loss's constructor."""


class Given(NamedTuple):
    """The weights of one call: the tensor, its version then, and the module that holds it."""

    tensor: Any
    version: int
    module: Any


class _Kept:
    """The weights of one loss at its first and its last counted call."""

    def __init__(self, first: Given | None, site: Any) -> None:
        self.first = self.last = first
        self.site = site
        self.constant = first is not None


class ClassWeights:
    """What each loss that led to a step was given as class weights.

    Attributes:
        around: how many of the program's own losses are running; what one of them does with the
            weighted loss inside it is its own affair.
    """

    def __init__(self, constructed: Constructed) -> None:
        self.around = 0
        self._constructed = constructed
        self._kept: dict[Any, _Kept] = {}

    def of_module(self, loss: str, module: Any) -> Given | None:
        """The weights of a loss module."""
        if loss not in PLACES:
            return None
        settings = {name: getattr(module, name, None) for name in ("weight", "pos_weight")}
        return self._given(loss, settings, module)

    def of_call(self, loss: str, given: dict[str, Any]) -> Given | None:
        """The weights that a loss function was called with."""
        return self._given(loss, given, None) if loss in PLACES else None

    def _given(self, loss: str, settings: dict[str, Any], module: Any) -> Given | None:
        tensor = settings.get(PLACES[loss][0])
        if tensor is None or self.around or not is_tensor(tensor):
            return None
        binary = loss == "bce_with_logits"
        if binary and settings.get("weight") is not None:
            return None
        numbers = tensor.numel()
        fits = numbers == 1 if binary else tensor.dim() == 1 and numbers <= MOST_CLASSES
        if not fits or tensor.requires_grad or tensor.is_inference():
            return None
        return Given(tensor, tensor._version, module)

    def entered(self, key: Any, given: Given | None) -> None:
        """A loss with these weights led to a step."""
        kept = self._kept.get(key)
        if kept is None:
            self._kept[key] = _Kept(given, self._site(key, given))
        elif given is None or not kept.constant:
            kept.constant = False
        else:
            kept.last = given

    def _site(self, key: Any, given: Given | None) -> Any:
        """Where the weights are written in the loss's constructor."""
        if given is None or given.module is None:
            return None
        return self._constructed.argument(given.module, *PLACES[key[0]])

    def facts(self, key: Any) -> Facts:
        """The weights of a loss and their place, when they stayed the same."""
        kept = self._kept.get(key)
        if kept is None or not kept.constant or kept.first is None or kept.last is None:
            return {}
        if any(given.tensor._version != given.version for given in (kept.first, kept.last)):
            return {}
        first, last = _numbers(kept.first), _numbers(kept.last)
        if first != last or not all(map(math.isfinite, first)):
            return {}
        weights = [1.0, *first] if key[0] == "bce_with_logits" else first
        return {"class_weights": weights, "class_weights_site": kept.site}


def _numbers(given: Given) -> list[float]:
    return [float(value) for value in to_array(given.tensor).ravel()]
