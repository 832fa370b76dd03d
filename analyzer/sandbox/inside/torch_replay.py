"""The last training step that was looked at, so that it can be computed again.

Only a step of the plain kind is kept: one call of the model, whose output goes into one loss call
(at most reshaped), whose value the backward pass begins from. Anything else cannot be computed
again without guessing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import torch_layers as layers
from .torch_losses import MARK, LossCall

Call = tuple[tuple[Any, ...], dict[str, Any]]


class RootCall(NamedTuple):
    """A call of the model by the program's loop, and the mode of every module in it."""

    module: Any
    call: Call
    modes: list[tuple[Any, bool]]


class Prediction(NamedTuple):
    """Where a loss found its prediction: a tensor of the output, in this shape."""

    root: RootCall
    position: int
    shape: tuple[int, ...]


class Replay(NamedTuple):
    """One training step.

    Attributes:
        prediction: what the loss compared; target: with what.
        loss: computes the loss from a prediction and a target.
    """

    prediction: Prediction
    target: Any
    loss: Callable[[Any, Any], Any]


class Replays:
    """Follows the steps that are looked at.

    Attributes:
        last: the last step that can be computed again; None when there was none.
    """

    def __init__(self) -> None:
        self.last: Replay | None = None
        self._roots: dict[int, list[RootCall]] = {}
        self._given: dict[int, tuple[Prediction, Any, Callable[[Any, Any], Any]]] = {}

    def begin(self) -> None:
        """A new step."""
        self._roots, self._given = {}, {}

    def root_called(self, module: Any, call: Call) -> None:
        """The loop calls a module with gradients on."""
        modes = [(part, part.training) for part in module.modules()]
        self._roots.setdefault(id(module), []).append(RootCall(module, call, modes))

    def loss_called(self, call: LossCall, outputs: list[tuple[int, Any]]) -> None:
        """A loss is about to be computed; `outputs` are those of the last root modules."""
        found = self._prediction(call.prediction, outputs)
        loss = None if found is None else _again(call)
        if found is not None and loss is not None:
            self._given[id(call)] = found, call.target, loss

    def _prediction(self, tensor: Any, outputs: list[tuple[int, Any]]) -> Prediction | None:
        if tensor is None or not tensor.is_contiguous():
            return None
        for place, (owner, held) in enumerate(outputs):
            if held.numel() != tensor.numel() or held.data_ptr() != tensor.data_ptr():
                continue
            calls = self._roots.get(owner, [])
            if len(calls) != 1 or not held.is_contiguous():
                return None
            position = sum(other == owner for other, _ in outputs[:place])
            return Prediction(calls[0], position, tuple(tensor.shape))
        return None

    def backward(self, tensor: Any, calls: list[LossCall], scaled: Any) -> None:
        """A backward pass begins from this tensor, computed from these losses."""
        given = self._given.get(id(calls[0])) if len(calls) == 1 else None
        if given is not None and calls[0].number in _marks(tensor, scaled):
            self.last = Replay(*given)
        self._given = {}


def _marks(tensor: Any, scaled: Any) -> list[int]:
    """Numbers of the losses whose very value this is, or is a scaler's multiple of."""
    node = getattr(tensor, "grad_fn", None)
    if node is not None and scaled is tensor:
        node = node.next_functions[0][0]
    return [] if node is None else list(node.metadata.get(MARK, ()))


def _again(call: LossCall) -> Callable[[Any, Any], Any] | None:
    """The loss as a function of prediction and target; None where they are not plain arguments."""
    if call.what is None:
        return None
    function, (arguments, keywords) = call.what
    both: list[list[Any]] = [[], []]
    for number, wanted in enumerate((call.prediction, call.target)):
        both[number] = [i for i, value in enumerate(arguments) if value is wanted]
        both[number] += [name for name, value in keywords.items() if value is wanted]
    if any(len(found) != 1 for found in both):
        return None
    names: list[Any] = [found[0] for found in both]
    rest = [None if i in names else value for i, value in enumerate(arguments)]
    others = {name: value for name, value in keywords.items() if name not in names}

    def loss(prediction: Any, target: Any) -> Any:
        given, named = list(rest), dict(others)
        for name, value in zip(names, (prediction, target), strict=True):
            if isinstance(name, int):
                given[name] = value
            else:
                named[name] = value
        return function(*given, **named)

    return loss


def tensors_of(call: Call) -> list[Any]:
    """The tensors that a module was called with."""
    return layers.tensors_in(call)
