"""What the program's own code does with the model's output: thresholds, rounding, argmax.

The output is recognised by its memory, so `logits.squeeze()` counts and `sigmoid(logits)` does not.
The wrapped functions get and return what they always do; only calls from the user's own files are
looked at.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from .recorder import Recorder
from .torch_layers import is_tensor, tensors_in
from .torch_metric_pairs import EQUALITIES, MetricPairs
from .torch_recording import Facts

COMPARISONS = ("__gt__", "__ge__", "gt", "ge", "greater", "greater_equal")
MOST_USES = 16
MOST_OUTPUTS = 4
MOST_VALUES = 2**20


class Outputs:
    """The last outputs of the models that the program's own loop called."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._last: list[tuple[int, Any]] = []
        self._uses: dict[Any, tuple[int, Facts]] = {}

    def returned(self, module: Any, output: Any) -> None:
        """A module that the loop called returned this."""
        if is_tensor(output):
            self._last = [(id(module), output.detach()), *self._last[: MOST_OUTPUTS - 1]]
            return
        found = [(id(module), tensor.detach()) for tensor in tensors_in(output)[:MOST_OUTPUTS]]
        self._last = (found + self._last)[:MOST_OUTPUTS]

    def last(self) -> list[tuple[int, Any]]:
        """The last outputs, newest first, with the identities of their modules."""
        return self._last

    def used(self, operation: str, tensor: Any, value: Any) -> None:
        """A function was called with this tensor and this threshold or axis."""
        if not is_tensor(tensor) or not tensor.is_floating_point() or not tensor.numel():
            return
        owner = next((o for o, held in self._last if _same_memory(held, tensor)), None)
        site = self._recorder.user_site()
        if owner is None or site is None:
            return
        key = (operation, site["line"], site["column"], value)
        if key not in self._uses and len(self._uses) >= MOST_USES:
            return
        _, facts = self._uses.setdefault(key, (owner, self._fresh(operation, tensor, value, site)))
        if tensor.numel() <= MOST_VALUES:
            low, high = float(tensor.detach().min()), float(tensor.detach().max())
            facts["lowest"] = min(facts.get("lowest", low), low)
            facts["highest"] = max(facts.get("highest", high), high)

    def _fresh(self, operation: str, tensor: Any, value: Any, site: Facts) -> Facts:
        facts: Facts = {"operation": operation, "site": site}
        facts["shape"] = [int(size) for size in tensor.shape][:16]
        if operation == "argmax":
            facts["axis"] = value + tensor.dim() if value < 0 else value
        elif operation == "above":
            facts["threshold"] = value
        return facts

    def facts(self, model: Any) -> list[Facts]:
        """The OutputUses of the trained model's own outputs."""
        roots = {id(root) for root in model.roots} if model is not None else set()
        return [facts for owner, facts in self._uses.values() if owner in roots]


def _same_memory(one: Any, other: Any) -> bool:
    if one.layout != other.layout or one.numel() != other.numel():
        return False
    return bool(one.data_ptr() == other.data_ptr())


def install(torch: Any, training: Any) -> None:
    """Wrap comparisons, rounding and argmax; tell `training.outputs` about them."""
    outputs = training.outputs = Outputs(training.recorder)
    training.calls.on_output = outputs.returned
    training.heard.outputs = outputs.last
    sources, guarded = training.recorder.sources, training.recorder.guarded

    def told(operation: str, value_of: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def function(*arguments: Any, **keywords: Any) -> Any:
                result = original(*arguments, **keywords)
                caller = sys._getframe(1).f_code.co_filename
                if sources.relative(caller) is not None and not training.calls.busy:
                    guarded(_tell, outputs, operation, value_of, (arguments, keywords), training)
                return result

            return function

        return wrap

    _watch_equalities(torch, training)
    for name in COMPARISONS:
        _replace(torch.Tensor, name, told("above", _threshold))
    for owner in (torch.Tensor, torch):
        _replace(owner, "round", told("round", lambda _arguments, _keywords: 0))
        _replace(owner, "argmax", told("argmax", _axis))
        _replace(owner, "max", told("argmax", _axis))


def _watch_equalities(torch: Any, training: Any) -> None:
    """Tell `training.metric_pairs` about the program's own comparisons of tensors."""
    pairs = MetricPairs(training.recorder, training.outputs)
    training.metric_pairs = pairs
    sources, guarded = training.recorder.sources, training.recorder.guarded

    def heard(name: str, operands: Any) -> None:
        with training.calls.silence():
            pairs.compared(name, *operands)

    def watched(name: str) -> Callable[[Any], Any]:
        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def equality(*operands: Any, **keywords: Any) -> Any:
                result = original(*operands, **keywords)
                caller = sys._getframe(1).f_code.co_filename
                ours = training.calls.busy or training.closed
                if len(operands) == 2 and not ours and sources.relative(caller) is not None:
                    guarded(heard, name, operands)
                return result

            return equality

        return wrap

    for name in EQUALITIES:
        _replace(torch.Tensor, name, watched(name))
        if not name.startswith("_"):
            _replace(torch, name, watched(name))


def _tell(outputs: Outputs, operation: str, value_of: Any, call: Any, training: Any) -> None:
    value = value_of(*call)
    if value is not None and call[0]:
        with training.calls.silence():
            outputs.used(operation, call[0][0], value)


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    original = getattr(owner, name, None)
    if original is None:
        return
    wrapped = wrap(original)
    setattr(owner, name, wrapped)
    if not isinstance(owner, type):  # TorchScript knows functions by identity, methods by name
        from torch.jit import _builtins

        operator = _builtins._find_builtin(original)
        if operator is not None:
            _builtins._register_builtin(wrapped, operator)


def _threshold(arguments: Any, _keywords: Any) -> float | None:
    value = arguments[1] if len(arguments) > 1 else None
    return float(value) if isinstance(value, (int, float)) else None


def _axis(arguments: Any, keywords: Any) -> int | None:
    value = keywords.get("dim", keywords.get("axis"))
    if value is None and len(arguments) > 1:
        value = arguments[1]
    return value if isinstance(value, int) and not isinstance(value, bool) else None
