"""The places in the user's files from which the calls of the order are made."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from .recorder import Recorder
from .torch_recording import Facts

MOST_CALLS = 100


class Places:
    """Numbers the entries of `CallOrder.calls`; the site is looked up once per instruction."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[Any, int] = {}
        self._held_codes: list[Any] = []

    def number(self, kind: str, order: Facts, caller: FrameType | None = None) -> int | None:
        """The number of the place where the user's code stands; None when no more are kept.

        Args:
            caller: a frame that is the user's or was called by it; the fewer lie between, the
                less there is to look at.
        """
        frame = self._recorder.sources.innermost(caller or sys._getframe(2))
        key = (kind, id(frame.f_code), frame.f_lasti) if frame is not None else (kind,)
        found = self._known.get(key)
        if found is None:
            site = None if frame is None else self._recorder.sources.of_frame(frame)
            self._held_codes.append(frame and frame.f_code)  # an id counts while its object lives
            found = _call_at(kind, site, order)
            if found is not None:
                self._known[key] = found
        return found


def _call_at(kind: str, site: Facts | None, order: Facts) -> int | None:
    """The number of a place; one place may be several instructions (Python specializes)."""
    calls = order["calls"]
    for number, call in enumerate(calls):
        if call["kind"] == kind and call["site"] == site:
            return number
    if len(calls) >= MOST_CALLS:
        order["whole"] = False
        return None
    calls.append({"kind": kind, "site": site, "count": 0})
    return len(calls) - 1
