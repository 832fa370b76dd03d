"""Weights that were loaded with strict=False: what fitted, what did not, and whether a prefix is
all that was in the way."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

from .recorder import Recorder
from .torch_recording import Facts

MOST_LOADS = 50
MOST_COMPARED = 600


class Loads:
    """The WeightsLoaded values."""

    def __init__(self, recorder: Recorder) -> None:
        self.facts: list[Facts] = []
        self._recorder = recorder

    def install(self, torch: Any) -> None:
        """Follow `Module.load_state_dict`."""
        original = torch.nn.Module.load_state_dict

        @functools.wraps(original)
        def load_state_dict(
            module: Any, state_dict: Any, strict: bool = True, *rest: Any, **options: Any
        ) -> Any:
            result = original(module, state_dict, strict, *rest, **options)
            if not strict and len(self.facts) < MOST_LOADS:
                self._recorder.guarded(self._look, module, state_dict, result)
            return result

        torch.nn.Module.load_state_dict = load_state_dict

    def _look(self, module: Any, given: Any, result: Any) -> None:
        missing = list(getattr(result, "missing_keys", ()))
        unexpected = list(getattr(result, "unexpected_keys", ()))
        own = {k: v for k, v in module.state_dict().items() if hasattr(v, "numel")}
        if not own:
            return
        values = sum(v.numel() for v in own.values())
        left = sum(own[key].numel() for key in missing if key in own)
        facts: Facts = {
            "matched": len(own) - len(missing),
            "missing": len(missing),
            "unexpected": len(unexpected),
            "missing_share": left / max(1, values),
            "site": self._recorder.user_site(),
        }
        self.facts.append(facts | _renaming(own, given, missing, unexpected))


def _renaming(own: Facts, given: Any, missing: list[str], unexpected: list[str]) -> Facts:
    """The prefix that makes most of the unexpected keys fit the missing ones, shapes included."""
    pairs: Counter[tuple[str, bool]] = Counter()
    wanted = set(missing[:MOST_COMPARED])
    for key in unexpected[:MOST_COMPARED]:
        for start in _starts(key):
            if key[start:] in wanted and _same_shape(own, key[start:], given, key):
                pairs[(key[:start], True)] += 1
    offered = set(unexpected[:MOST_COMPARED])
    for key in missing[:MOST_COMPARED]:
        for start in _starts(key):
            if key[start:] in offered and _same_shape(own, key, given, key[start:]):
                pairs[(key[:start], False)] += 1
    if not pairs:
        return {}
    (prefix, added), count = pairs.most_common(1)[0]
    return {"prefix": prefix, "added": added, "renamed": count}


def _starts(key: str) -> list[int]:
    """Where the key goes on after each of its dots."""
    return [place + 1 for place, sign in enumerate(key) if sign == "."]


def _same_shape(own: Facts, name: str, given: Any, key: str) -> bool:
    mine, theirs = own.get(name), given.get(key)
    return mine is not None and tuple(mine.shape) == tuple(getattr(theirs, "shape", ()))
