"""Modes: passes of the trained model on other data, and training that lost its train mode.

A pass counts as evaluation when no backward pass followed before the next training batch was
fetched (or, without loaders, before the next pass with gradients). Pseudo-labels, momentum encoders
and pictures of a generator inside a training step do not count.
"""

from __future__ import annotations

import functools
import weakref
from typing import Any

from . import torch_layers as layers
from .recorder import Recorder
from .torch_recording import Facts

MOST_PLACES = 16
DROPOUTS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")


class Modes:
    """What the modes of the trained model were, pass by pass.

    Attributes:
        evaluated: whether any evaluation was seen after the first step.
        lost: the ModeLost, when there is one.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.evaluated = False
        self.lost: Facts | None = None
        self._recorder = recorder
        self._places: dict[Any, Facts] = {}
        self._pending: list[tuple[Any, Facts, int]] = []
        self._fetches = 0
        self._differentiated = False
        self._last_input: weakref.ref[Any] | None = None
        self._eval_site: Facts | None = None
        self._began_in_train = False
        self._last: tuple[bool, Facts | None] = (False, None)

    @property
    def waiting(self) -> bool:
        """Whether a further training pass would settle what earlier passes were."""
        return bool(self._pending) or self._differentiated

    def install(self, torch: Any) -> None:
        """Note where the program switches to eval mode."""
        original, inside = torch.nn.Module.train, False

        @functools.wraps(original)
        def train(module: Any, mode: bool = True) -> Any:
            nonlocal inside
            if inside:
                return original(module, mode)
            inside = True
            try:
                if mode is False:
                    self._eval_site = self._recorder.guarded(self._recorder.user_site)
                return original(module, mode)
            finally:
                inside = False

        torch.nn.Module.train = train

    # Passes

    def passed(self, module: Any, arguments: Any, other_loader: bool | None) -> None:
        """A root of the trained model is called after the first step.

        Args:
            other_loader: whether its batch is of another loader than the training batches; None
                when it comes from no loader.
        """
        import torch

        gradients = torch.is_grad_enabled()
        other = other_loader is True or (other_loader is None and not module.training)
        if gradients and not other:
            self.commit(loaders=False)
            return
        if other_loader is False:
            return  # a training batch, looked at without gradients
        frame = self._recorder.user_frame()
        if frame is None or len(self._places) >= MOST_PLACES:
            return
        key = (frame.f_code, frame.f_lasti)
        seen = self._seen(module, arguments, frame)
        seen |= {"other_loader": other_loader, "gradients": int(gradients)}
        self._pending.append((key, seen, self._fetches))

    def _seen(self, module: Any, arguments: Any, frame: Any) -> Facts:
        modal = [(n, m) for n, m in module.named_modules() if _is_modal(m)]
        active = [(n, m) for n, m in modal if m.training]
        first = f"{active[0][0] or 'itself'} ({type(active[0][1]).__name__})" if active else None
        tensor = layers.first_tensor(list(layers.tensors_in(arguments)))
        last = self._last_input() if self._last_input is not None else None
        self._last_input = None if tensor is None else weakref.ref(tensor)
        name = frame.f_code.co_name
        return {
            "site": self._recorder.sources.of_frame(frame),
            "function": "" if name == "<module>" else name,
            "training": len(active),
            "modal": len(modal),
            "first_modal": first,
            "same_input": tensor is not None and tensor is last,
        }

    def fetched(self) -> None:
        """A loader is asked for a batch."""
        self._fetches += 1

    def commit(self, *, loaders: bool = True) -> None:
        """The passes so far were evaluations; those from loaders only once a batch is fetched."""
        kept = []
        self.evaluated = self.evaluated or self._differentiated
        for key, seen, fetch in self._pending:
            if seen["other_loader"] is True and not loaders:
                kept.append((key, seen, fetch))
                continue
            self.evaluated = True
            place = self._places.setdefault(key, seen | {"calls": 0, "gradients": 0})
            place["calls"] += 1
            place["gradients"] += seen["gradients"]
            place["training"] = max(place["training"], seen["training"])
            place["first_modal"] = place["first_modal"] or seen["first_modal"]
            place["same_input"] = place["same_input"] or seen["same_input"]
        self._pending = kept

    # Backward and step

    def before_backward(self, in_eval_mode: bool) -> None:
        """A backward pass: the passes since the last batch belong to training, or to an attack."""
        self._differentiated = False
        if self._pending:
            kept = [p for p in self._pending if p[2] < self._fetches and p[1]["other_loader"]]
            self._differentiated = len(kept) < len(self._pending)
            self._pending = kept
        self._last_input = None
        self._last = (in_eval_mode, self._recorder.user_site() if in_eval_mode else None)

    def before_step(self, step: int) -> None:
        """An optimizer steps on what the last backward pass left."""
        self._differentiated = False
        in_eval, site = self._last
        if step == 0 and not in_eval:
            self._began_in_train = True
        if self._began_in_train and in_eval and self.lost is None:
            self.lost = {"step": step, "eval_site": self._eval_site, "backward_site": site}

    def facts(self) -> list[Facts]:
        """The EvaluationSeen values."""
        self.commit()
        return list(self._places.values())


def _is_modal(module: Any) -> bool:
    """Whether the layer works differently in the two modes."""
    if type(module).__name__ in DROPOUTS:
        return float(getattr(module, "p", 0.0)) > 0.0
    return getattr(module, "running_mean", None) is not None and "Norm" in type(module).__name__
