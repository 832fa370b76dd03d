"""Short trainings of PyTorch programs: hold samples out, and measure on them in the user's loop.

The held-out samples go through the program's own loop, so that whatever it does to a batch before
the model is done to them too. While they do, modules are in eval mode, `backward`, `zero_grad`,
optimizer, scheduler and scaler do nothing, and the call of the loss tells predictions and targets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from .measure_run import MeasureRun, run_of
from .on_import import when_imported
from .recorder import Recorder
from .torch_layers import first_tensor
from .torch_measure_hooks import wrap_learning, wrap_losses, wrap_modules
from .torch_measure_loader import OTHER_BATCHES, Sample, copied
from .torch_measure_loss import Pairs, loss_of
from .torch_measure_rows import Rows


def install(recorder: Recorder) -> None:
    """Measure the PyTorch program that runs next in this process."""
    when_imported("torch", lambda torch: _install(torch, TorchMeasure(recorder)))


class TorchMeasure:
    """The experiment on one PyTorch program.

    Attributes:
        measuring: while held-out samples go through the loop.
        skipping: while a step runs whose samples are all held out.
        feeding: the loader that gave the running step its batch.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.run: MeasureRun = run_of(recorder)
        self.measuring = self.skipping = False
        self.feeding: Sample | None = None
        self.pairs = Pairs(str(self.run.request.get("problem") or "unknown"))
        self.rows = Rows(self)
        self.depth = 0
        self._samples: dict[int, Sample] = {}
        self._roots: dict[int, Any] = {}
        self._modes: list[tuple[Any, bool]] = []
        self._state: list[tuple[Any, Any]] = []
        self._optimizer: Any = None
        self._batch_rows = 0
        self._loss: Any = None
        self.run.before_writing.append(self.finish)

    # Loaders

    def iterate(self, iterate: Any, loader: Any) -> Iterator[Any]:
        """What the loop gets in place of the loader's own iterator."""
        self.recorder.facts["framework"] = "torch"
        sample = self._samples.get(id(loader))
        if sample is None:
            seed = self.run.seed + 101 * len(self._samples)
            sample = Sample(loader, iterate, self.run.request, seed)
            self._samples[id(loader)] = sample
        return self._feed(sample)

    def _feed(self, sample: Sample) -> Iterator[Any]:
        others = any(other.trained for other in self._samples.values())
        for number, batch in enumerate(sample.epoch()):
            if sample.trained and self.run.ended:
                break
            if others and not sample.trained and number >= OTHER_BATCHES:
                break
            self.feeding = sample
            yield copied(batch)
        if sample.trained:
            yield from self._held_out(sample)
            if self.run.ended:
                self.recorder.stop(self.run.ended)
        self.feeding = None

    def _held_out(self, sample: Sample) -> Iterator[Any]:
        """The held-out batches, with everything that learns switched off."""
        self.pairs.clear()
        self.start_measuring()
        try:
            for batch in sample.held:
                self.pairs.batch = copied(batch)
                yield copied(batch)
        finally:
            self.end_measuring()
        self.run.samples = sample.rows
        self.recorder.guarded(self.pairs.score, self.run, held_out=True)

    # Measuring

    def start_measuring(self) -> None:
        """Keep the state of the models; from here on nothing learns."""
        self.measuring = True
        modules = [m for root in self._roots.values() for m in root.modules()]
        self._modes = [(module, module.training) for module in modules]
        self._state = [
            (tensor, tensor.detach().clone())
            for root in self._roots.values()
            for tensor in (*root.parameters(), *root.buffers())
        ]

    def end_measuring(self) -> None:
        """Put modes and values back."""
        import torch

        self.measuring = False
        for module, training in self._modes:
            module.training = training
        with torch.no_grad():
            for tensor, value in self._state:
                tensor.copy_(value)
        self._modes, self._state = [], []

    # What the loop does

    def call(self, original: Any, module: Any, arguments: Any, keywords: Any) -> Any:
        """A module is called."""
        loss = None if self.pairs.inside else loss_of(module, arguments, keywords)
        if loss is not None:
            return self.loss(loss, functools.partial(original, module))
        if self.depth:
            return original(module, *arguments, **keywords)
        if any(True for _ in module.parameters()):
            self._enter(module, arguments)
        self.depth += 1
        try:
            output = original(module, *arguments, **keywords)
        finally:
            self.depth -= 1
        if self.measuring:
            self.pairs.output = first_tensor(output)
        return output

    def _enter(self, module: Any, arguments: Any) -> None:
        import torch

        if not torch.is_grad_enabled():
            return
        self._roots[id(module)] = module
        tensor = first_tensor(arguments)
        if tensor is not None and tensor.dim():
            self._batch_rows = int(tensor.shape[0])
        self.skipping = False
        self.recorder.guarded(self.rows.entered, tensor)
        if self.measuring:
            module.eval()

    def loss(self, call: Any, function: Callable[..., Any]) -> Any:
        """A loss is computed, on the rows that are trained on; the others' predictions are kept."""
        import torch

        counts = torch.is_grad_enabled()
        if counts and self.measuring:
            keep = self.pairs.add if self.feeding is not None else self.rows.collect
            self.recorder.guarded(keep, call)
        elif counts:
            self.recorder.guarded(self.rows.compared, call)
        self.pairs.inside = True
        try:
            value = function(*call.arguments, **call.keywords)
        finally:
            self.pairs.inside = False
        if counts and not self.measuring and not self.skipping:
            self._loss = first_tensor(value)
        return value

    @property
    def idle(self) -> bool:
        """Whether nothing may learn now."""
        return self.measuring or self.skipping

    def before_step(self) -> None:
        """An optimizer is about to step."""
        self.run.begin()

    def after_step(self, optimizer: Any) -> None:
        """An optimizer has stepped; the first one's steps count."""
        if self._optimizer is None:
            self._optimizer = optimizer
        if optimizer is not self._optimizer:
            return
        if self.feeding is not None:
            self.feeding.trained = True
        loss = self._loss
        value = float(loss.detach()) if loss is not None and loss.numel() == 1 else None
        self.run.step(self._batch_rows, value)
        if self.feeding is None:
            self.rows.stepped()

    def finish(self) -> None:
        """The program ends: what was seen of held-out rows while it trained has to do."""
        if not self.run.measured and not self._samples_trained():
            self.recorder.guarded(self.rows.finish)

    def _samples_trained(self) -> bool:
        return any(sample.trained for sample in self._samples.values())


def _install(torch: Any, measure: TorchMeasure) -> None:
    wrap_modules(torch, measure)
    wrap_losses(torch, measure)
    wrap_learning(torch, measure)
    from torch.utils.data import DataLoader

    iterate = DataLoader.__iter__
    DataLoader.__iter__ = lambda loader: measure.iterate(iterate, loader)
    torch.set_num_threads(1)  # runs of a pair may run side by side; small steps lose by more
    torch.compile = lambda model=None, **_: model if model is not None else lambda f: f
    torch.nn.Module.compile = lambda *_a, **_k: None
