"""Predictions that are compared with targets as all pairs: (N, 1) == (N) gives N by N.

What the program computed from its model's output is recognised by its values: where an output per
sample is above some bound, or which output is largest. Only comparisons of these shapes, made in
the user's own files, are looked at.
"""

from __future__ import annotations

from typing import Any

from .recorder import Recorder
from .torch_broadcasts import all_pairs
from .torch_layers import is_tensor
from .torch_recording import Facts

EQUALITIES = ("__eq__", "__ne__", "eq", "ne")
FEWEST = 8  # samples; among fewer, other values follow the output by chance
MOST_SITES = 16
MOST_LOOKS = 64  # comparisons without an answer
MOST_SAMPLES = 2**13


class MetricPairs:
    """The comparisons of (N, 1) with (N)."""

    def __init__(self, recorder: Recorder, outputs: Any) -> None:
        self._recorder, self._outputs = recorder, outputs
        self._found: dict[Any, tuple[int, Facts]] = {}
        self._looks = 0

    def compared(self, operation: str, first: Any, second: Any) -> None:
        """Two values were compared for equality."""
        if not is_tensor(first) or not is_tensor(second) or first.dim() + second.dim() != 3:
            return
        one, other = ([int(size) for size in t.shape] for t in (first, second))
        samples = one[0]
        if not all_pairs(one, other, [samples, samples]) or not FEWEST <= samples <= MOST_SAMPLES:
            return
        site = self._recorder.user_site()
        if site is None or self._looks >= MOST_LOOKS or len(self._found) >= MOST_SITES:
            return
        key = (site["path"], site["line"], site["column"])
        if key in self._found:
            return
        self._looks += 1
        found = self._met(first.detach(), second.detach())
        if found is not None:
            owner, facts = found
            self._found[key] = owner, facts | {"operation": operation.strip("_"), "site": site}

    def _met(self, first: Any, second: Any) -> tuple[int, Facts] | None:
        """The model, and the facts, when exactly one of them follows its output."""
        for owner, output in self._outputs.last():
            of_model = _follows(first, output), _follows(second, output)
            if of_model[0] == of_model[1]:
                continue
            prediction, target = (first, second) if of_model[0] else (second, first)
            values = target.reshape(-1)
            if bool((values[1:] > values[:-1]).all()):
                continue  # a list of all classes
            return owner, _facts(prediction, target, target is first)
        return None

    def facts(self, model: Any) -> list[Facts]:
        """The MetricPairs of the trained model's own outputs."""
        roots = {id(root) for root in model.roots} if model is not None else set()
        return [facts for owner, facts in self._found.values() if owner in roots]


def _follows(values: Any, output: Any) -> bool:
    """Whether values, which are not all equal, tell on which side of a bound the output lies."""
    flat = values.reshape(-1)
    if output.layout != values.layout or not output.is_floating_point():
        return False
    if not output.dim() or output.shape[0] != len(flat) or bool((flat == flat[0]).all()):
        return False
    if output.dim() == 2 and output.shape[1] > 1:
        return bool((output.argmax(1) == flat).all())
    if output.numel() != len(flat):
        return False
    high = flat == flat.max()
    if not bool((high | (flat == flat.min())).all()):
        return False
    scores = output.reshape(-1)
    return bool(scores[high].min() > scores[~high].max())


def _facts(prediction: Any, target: Any, target_first: bool) -> Facts:
    column = prediction if prediction.dim() == 2 else target
    row = target if column is prediction else prediction
    equal = prediction.reshape(-1) == target.reshape(-1)
    return {
        "target_first": target_first,
        "prediction_shape": [int(size) for size in prediction.shape],
        "target_shape": [int(size) for size in target.shape],
        "of_pairs": float((column == row).double().mean()),
        "of_samples": float(equal.double().mean()),
    }
