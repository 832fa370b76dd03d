"""Losses written by hand: where the value was computed, and which two tensors met in it."""

from __future__ import annotations

import weakref
from types import CodeType
from typing import Any

from . import torch_layers as layers
from .recorder import Recorder
from .torch_arguments import number_of
from .torch_broadcasts import Stretched
from .torch_losses import LossBook, LossCall
from .torch_recording import Facts

PAIRING = ("sub", "mul", "div")
MOST_SCALARS = 200
MOST_FRAMES = 6


class HandWritten:
    """Watches the values that the program computes from the model's output.

    Only the passes that are recorded are watched in detail; later ones count by their place.

    Attributes:
        sources: graph nodes that feed the prediction, when one was seen.
        stretched: predictions and targets that met as all pairs.
    """

    def __init__(self, recorder: Recorder, book: LossBook) -> None:
        self._recorder = recorder
        self.stretched = Stretched(recorder)
        self._book = book
        self._scalars: dict[int, tuple[Any, list[tuple[CodeType, Facts]]]] = {}
        self._pair: tuple[Any, Any, Any] | None = None
        self.sources: Any = None
        self._seen: dict[Any, Facts] = {}

    def forget(self) -> None:
        """A new pass begins."""
        self._scalars = {}
        self._pair = self.sources = None

    def on_value(self, flow: Any, name: str, call: tuple[Any, Facts], output: Any) -> None:
        """A function's result, outside every module."""
        self.stretched.on_value(flow, name, call, output)
        if name in PAIRING:
            self._notice_pair(flow, name, layers.tensors_in(call))
        tensor = layers.first_tensor(output)
        if tensor is not None and tensor.numel() == 1 and len(self._scalars) < MOST_SCALARS:
            self._scalars[id(tensor)] = (weakref.ref(tensor), self._frames())

    def _notice_pair(self, flow: Any, name: str, tensors: list[Any]) -> None:
        if len(tensors) != 2 or (
            self._pair is not None and (name != "sub" or self._pair[0] == "sub")
        ):
            return
        of_model = [bool(flow.get(tensor)) for tensor in tensors]
        for prediction, target, first, second in (
            (*tensors, *of_model),
            (*tensors[::-1], *of_model[::-1]),
        ):
            if first and not second and target.dim() >= 1 and not target.requires_grad:
                self._pair = (name, prediction.detach(), target)
                self.sources = flow.get(prediction)
                return

    def _frames(self) -> list[tuple[CodeType, Facts]]:
        """The user's frames, innermost first, with the place in each."""
        found = []
        for skip in range(MOST_FRAMES):
            frame = self._recorder.user_frame(skip)
            if frame is None:
                break
            found.append((frame.f_code, self._recorder.sources.of_frame(frame)))
        return found

    def call_for(self, tensor: Any) -> LossCall:
        """The loss call that a backward pass from this tensor stands for."""
        frame = self._recorder.user_frame()
        site = self._recorder.user_site()
        key = ("by hand", site and (site["path"], site["line"], site["column"]))
        use = self._seen.get(key)
        if use is None:
            use = self._seen[key] = self._describe(tensor, frame.f_code if frame else None)
        given = {"input": self._pair[1], "target": self._pair[2]} if self._pair else {}
        call = LossCall(self._book, dict(use), key, given)
        call.sources = self.sources
        self._book.look(call)
        if tensor.numel() == 1:
            call.seen["first"] = call.seen["last"] = number_of(tensor)
        return call

    def _describe(self, tensor: Any, code: CodeType | None) -> Facts:
        """Name and place: the function that computed the value, else the expression."""
        entry = self._scalars.get(id(tensor))
        frames = entry[1] if entry is not None and entry[0]() is tensor else []
        name, site = "custom", None
        for inner, (at, place) in enumerate(frames):
            site = place
            if at is code:
                name = frames[inner - 1][0].co_name if inner else name
                break
        else:
            site = frames[0][1] if frames else None
        facts: Facts = {"name": name, "custom": True, "site": site, "call_site": site}
        return facts | {"reduction": None, "ignore_index": None, "label_smoothing": None}
