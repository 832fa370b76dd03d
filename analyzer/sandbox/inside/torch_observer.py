"""Observes a PyTorch program: wraps a few entry points, and tells each part what happens.

What is wrapped: `nn.Module.__call__`, the construction of modules, optimizers, loaders and
schedulers, `backward`, `zero_grad`, the loss functions of `torch.nn.functional`, and the iterators
of `DataLoader`. Nothing that the program computes is changed and no random number is drawn.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from . import loader_fits, loader_folds, torch_after, torch_order_hooks, torch_outputs
from . import torch_names as names
from .on_import import when_imported
from .recorder import Recorder
from .torch_losses import marked
from .torch_training import Training


def install(recorder: Recorder) -> None:
    """Observe the program once it imports PyTorch."""
    loader_fits.install(recorder)
    loader_folds.install(recorder)
    when_imported("torch", lambda torch: _install(torch, recorder))


def _install(torch: Any, recorder: Recorder) -> None:
    from torch.optim.optimizer import (
        register_optimizer_step_post_hook,
        register_optimizer_step_pre_hook,
    )

    recorder.facts["versions"]["torch"] = str(torch.__version__)
    training = Training(recorder)
    for cls in (
        torch.nn.Module,
        torch.optim.Optimizer,
        torch.optim.lr_scheduler.LRScheduler,
        torch.utils.data.DataLoader,
    ):
        training.report.constructed.watch(cls)
    training.calls.install(torch)
    _wrap_backward(torch, training)
    _wrap_zero_grad(torch, training)
    _wrap_losses(torch, training)
    _wrap_loaders(training)
    _wrap_scaling(torch, training)
    _run_eagerly(torch, recorder)
    training.census.install(torch)
    torch_order_hooks.install(torch, training)
    register_optimizer_step_pre_hook(training.before_step)
    register_optimizer_step_post_hook(training.after_step)
    torch_outputs.install(torch, training)
    recorder.at_finish(training.finish)
    recorder.at_finish(functools.partial(torch_after.collect, training))


def _wrap_backward(torch: Any, training: Training) -> None:
    inside = False

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def backward(tensors: Any, *arguments: Any, **keywords: Any) -> Any:
            nonlocal inside
            if inside:
                return original(tensors, *arguments, **keywords)
            inside = True
            try:
                training.before_backward(tensors, arguments, keywords, sys._getframe(1))
                result = original(tensors, *arguments, **keywords)
            finally:
                inside = False
            training.after_backward()
            return result

        return backward

    torch.Tensor.backward = wrapped(torch.Tensor.backward)
    torch.autograd.backward = wrapped(torch.autograd.backward)


def _wrap_zero_grad(torch: Any, training: Training) -> None:
    inside = False

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def zero_grad(owner: Any, *arguments: Any, **keywords: Any) -> Any:
            nonlocal inside
            if inside:
                return original(owner, *arguments, **keywords)
            inside = True
            try:
                training.zero_grad(owner, sys._getframe(1))
                result = original(owner, *arguments, **keywords)
            finally:
                inside = False
            training.zeroed(owner)
            return result

        return zero_grad

    for cls in (torch.optim.Optimizer, torch.nn.Module):
        cls.zero_grad = wrapped(cls.zero_grad)


def _wrap_losses(torch: Any, training: Training) -> None:
    def wrapped(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def loss(*arguments: Any, **keywords: Any) -> Any:
            if training.calls.thin:
                return marked(original(*arguments, **keywords))
            call = training.loss_function(name, original, (arguments, keywords))
            if call is None:
                return original(*arguments, **keywords)
            with call:
                return call.finish(original(*arguments, **keywords))

        return loss

    functional = torch.nn.functional
    for name in names.LOSS_FUNCTIONS:
        if hasattr(functional, name):
            setattr(functional, name, wrapped(name, getattr(functional, name)))


def _wrap_loaders(training: Training) -> None:
    from torch.utils.data import dataloader

    iterate, advance = dataloader.DataLoader.__iter__, dataloader._BaseDataLoaderIter.__next__
    guarded = training.recorder.guarded

    @functools.wraps(iterate)
    def __iter__(loader: Any) -> Any:
        iterator = iterate(loader)
        guarded(training.report.batches.iterating, loader, iterator)
        guarded(training.report.loaders.iterated, loader)
        return iterator

    @functools.wraps(advance)
    def __next__(iterator: Any) -> Any:
        if guarded(training.census.fetching, iterator):
            raise StopIteration
        batch = advance(iterator)
        guarded(training.report.batches.yielded, iterator, batch)
        return batch

    dataloader.DataLoader.__iter__ = __iter__
    dataloader._BaseDataLoaderIter.__next__ = __next__


def _wrap_scaling(torch: Any, training: Training) -> None:
    """The loss of a step is the one before a GradScaler enlarged it."""
    original = torch.amp.GradScaler.scale

    @functools.wraps(original)
    def scale(scaler: Any, outputs: Any) -> Any:
        scaled = original(scaler, outputs)
        training.recorder.guarded(training.scaled, outputs, scaled)
        return scaled

    torch.amp.GradScaler.scale = scale


def _run_eagerly(torch: Any, recorder: Recorder) -> None:
    """`torch.compile` gives back what it gets: compiled code has no layers to look at."""
    note = "torch.compile was left out: the program ran eagerly while it was observed"

    def compile_(model: Any = None, **_options: Any) -> Any:
        recorder.note(note)
        return model if model is not None else lambda function: function

    def compile_module(_module: Any, *_arguments: Any, **_options: Any) -> None:
        recorder.note(note)

    torch.compile = compile_
    torch.nn.Module.compile = compile_module
