"""Hooks that tell `torch_order.Order` what is called, around what other observers already wrap.

Each hook calls the original with the very arguments it got. What is looked at is looked at in
silence, so that no layer or function of our own is taken for the program's.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from . import processes, torch_order_precision
from . import torch_names as names
from .torch_order import Order


class Hooks:
    """Installs the hooks.

    Attributes:
        order: who is told.
        quiet: a context in which nobody hears what we do.
    """

    def __init__(self, order: Order, training: Any) -> None:
        self.order = order
        self._training = training
        self._pid = processes.current()
        self._inside: set[str] = set()

    def install(self, torch: Any) -> None:
        """Put all hooks on."""
        self._watch_clipping(torch)
        torch_order_precision.install(torch, self)
        self._watch_schedules(torch)
        self._watch_losses(torch)
        self._watch_data(torch)

    def tell(self, told: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Tell the order something, unless another framework or process is at work."""
        if self._training.report.of_another or processes.current() != self._pid:
            return None
        if self.order.closed or self._training.recorder.over:
            return None
        return self._training.calls.quietly(told, *arguments, **keywords)

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
        """Replace one function of a class or module."""
        original = getattr(owner, name)
        setattr(owner, name, functools.wraps(original)(make(original)))

    # Clipping

    def _watch_clipping(self, torch: Any) -> None:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def clip(parameters: Any, bound: Any, *arguments: Any, **keywords: Any) -> Any:
                if not hasattr(parameters, "grad"):
                    parameters = list(parameters)  # a generator can be read only once
                event = self.tell(self.order.clip, parameters, bound)
                norm = original(parameters, bound, *arguments, **keywords)
                self.tell(self.order.clipped, event, norm)
                return norm

            return clip

        def by_name(original: Callable[..., Any], name: str) -> Callable[..., Any]:
            clip = make(original)

            def clip_by_name(parameters: Any, *arguments: Any, **keywords: Any) -> Any:
                if name in keywords:
                    arguments = (keywords.pop(name), *arguments)
                if not arguments:
                    return original(parameters, **keywords)
                return clip(parameters, *arguments, **keywords)

            return functools.wraps(original)(clip_by_name)

        module = sys.modules["torch.nn.utils.clip_grad"]
        for function, bound in (
            ("clip_grad_norm_", "max_norm"),
            ("clip_grad_value_", "clip_value"),
        ):
            wrapped = by_name(getattr(module, function), bound)
            setattr(module, function, wrapped)
            setattr(torch.nn.utils, function, wrapped)

    # Schedules

    def _watch_schedules(self, torch: Any) -> None:
        base = torch.optim.lr_scheduler.LRScheduler
        for cls in list(vars(torch.optim.lr_scheduler).values()):
            if isinstance(cls, type) and issubclass(cls, base) and "step" in vars(cls):
                self.wrap(cls, "step", self._stepping)

    def _stepping(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(schedule: Any, *arguments: Any, **keywords: Any) -> Any:
            by_itself = sys._getframe(1).f_code.co_name == "_initial_step"
            if by_itself or "schedule" in self._inside or _being_made():
                return original(schedule, *arguments, **keywords)
            self._inside.add("schedule")
            try:
                self.tell(self.order.schedules.before, schedule)
                result = original(schedule, *arguments, **keywords)
            finally:
                self._inside.discard("schedule")
            metric = keywords.get("metrics", arguments[0] if arguments else None)
            self.tell(self.order.scheduled, schedule, metric)
            return result

        return step

    def _watch_losses(self, torch: Any) -> None:
        """Values of losses matter only while a schedule waits for a metric."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def loss(*arguments: Any, **keywords: Any) -> Any:
                value = original(*arguments, **keywords)
                if self.order.schedules.wants_losses:
                    shape: Any = getattr(next(iter(arguments), None), "shape", None)
                    count = int(shape[0]) if shape else 1
                    training = torch.is_grad_enabled()
                    self.tell(self.order.schedules.loss, value, count, training=training)
                return value

            return loss

        for name in names.LOSS_FUNCTIONS:
            if hasattr(torch.nn.functional, name):
                self.wrap(torch.nn.functional, name, make)

    # Data

    def _watch_data(self, torch: Any) -> None:
        from torch.utils.data import dataloader

        order, tell = self.order, self.tell

        def iterating(original: Any) -> Any:
            def __iter__(self: Any) -> Any:
                tell(order.reads, self)
                return original(self)

            return __iter__

        def advancing(original: Any) -> Any:
            def __next__(self: Any) -> Any:
                batch = original(self)
                tell(order.event, "batch")
                return batch

            return __next__

        self.wrap(dataloader.DataLoader, "__iter__", iterating)
        self.wrap(dataloader._BaseDataLoaderIter, "__next__", advancing)
        sampler = torch.utils.data.distributed.DistributedSampler
        self._training.report.constructed.watch(sampler)

        def ordering(original: Any) -> Any:
            def __iter__(self: Any) -> Any:
                indices = list(original(self))
                tell(order.sampled, self, indices)
                return iter(indices)

            return __iter__

        def setting(original: Any) -> Any:
            def set_epoch(self: Any, epoch: int) -> None:
                tell(order.epoch_set, self)
                original(self, epoch)

            return set_epoch

        self.wrap(sampler, "__iter__", ordering)
        self.wrap(sampler, "set_epoch", setting)


def _being_made() -> bool:
    """Whether a schedule steps because it is being constructed."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(6):
        if frame is None:
            return False
        code = frame.f_code
        if code.co_name in ("__init__", "_initial_step") and "lr_scheduler" in code.co_filename:
            return True
        frame = frame.f_back
    return False


def install(torch: Any, training: Any) -> None:
    """Record the order of calls of the PyTorch program that runs next."""
    order = training.order = Order(training.recorder, training.report.constructed)
    Hooks(order, training).install(torch)

    def finish() -> None:
        if not training.report.of_another and not order.closed:
            with training.calls.silence():
                order.finish()

    training.recorder.at_finish(finish)
    training.census.after.before.append(finish)
