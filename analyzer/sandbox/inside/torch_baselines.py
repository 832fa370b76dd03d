"""The training loss on one batch under other circumstances, when the warm-up is over.

The batch is that of the last step that was looked at. It is computed again by calling the model and
the loss as the program did; weights, buffers, optimizer states, modes and random states are put
back. `one_batch` trains on with the program's own optimizers, as they are and without its schedule,
scaler or clipping; with Adam at 1e-3 where an optimizer is not one of PyTorch's own or wants a
closure. What cannot be computed again stays None.
"""

from __future__ import annotations

import contextlib
import copy
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from . import torch_layers as layers
from .torch_cycle import parameters_of
from .torch_probes import in_eval_mode
from .torch_recording import Facts
from .torch_replay import Replay

FEWEST_ROWS = 4
FURTHER_STEPS = 60
SECONDS = 2.0
"""Time for the passes; a model that takes longer is asked less."""
FURTHER_SECONDS = 1.0
"""Time for the further steps."""
MOST_COPIED = 2**26
"""Weights of a model that is trained further."""
FAILURES = (RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError)
"""What a model may raise on inputs that the program never gave it."""


class Again:
    """A training step of the finished model, to be computed again."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self.root, self._call, self._modes = replay.prediction.root
        self.target = replay.target

    def output(self, call: Any = None) -> Any:
        """What the loss is given as its prediction."""
        arguments, keywords = self._call if call is None else call
        found = layers.tensors_in(self.root(*arguments, **keywords))
        return found[self._replay.prediction.position].reshape(self._replay.prediction.shape)

    def loss(self, call: Any = None, target: Any = None) -> Any:
        """The loss as a tensor with one element."""
        value = self._replay.loss(self.output(call), self.target if target is None else target)
        found = layers.first_tensor(value)
        if found is None or found.numel() != 1:
            raise ValueError(f"expected one number from the loss, received {type(value).__name__}")
        return found.reshape(())

    @property
    def rows(self) -> int:
        """Samples in the batch; 0 when inputs, outputs and targets do not agree on it."""
        tensors = [*layers.tensors_in(self._call)[:1], self.target]
        sizes = {tensor.shape[0] if tensor.dim() else 0 for tensor in tensors}
        sizes.add(self._replay.prediction.shape[0] if self._replay.prediction.shape else 0)
        return sizes.pop() if len(sizes) == 1 else 0

    def zeroed(self) -> Any:
        """The call with zeros as inputs; None where a zero stands for something."""
        tensors = layers.tensors_in(self._call)
        if not tensors or not all(tensor.is_floating_point() for tensor in tensors):
            return None
        if any(tensor.requires_grad for tensor in tensors):
            return None
        return _replaced(self._call, lambda tensor: tensor.new_zeros(tensor.shape))

    def shuffled(self) -> Any:
        """The targets of other rows; None when that changes nothing."""
        rolled = self.target.roll(max(1, self.rows // 3), 0)
        return None if bool((rolled == self.target).all()) else rolled

    @contextlib.contextmanager
    def trained_modes(self) -> Iterator[None]:
        """Every module in the mode that it was trained in."""
        modes = [(module, module.training) for module in self.root.modules()]
        for module, mode in self._modes:
            module.training = mode
        try:
            yield
        finally:
            for module, mode in modes:
                module.training = mode


def _replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    """The arguments with every tensor changed."""
    if layers.is_tensor(value):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(_replaced(item, change) for item in value)
    if type(value) is dict:
        return {key: _replaced(item, change) for key, item in value.items()}
    return value


@contextlib.contextmanager
def kept_state(root: Any, optimizers: list[Any] | None = None) -> Iterator[None]:
    """Put back buffers after this block; with optimizers also their states, and the weights."""
    import torch

    optimizers, own = (optimizers or []), ([] if optimizers is None else [*root.parameters()])
    tensors = [*own, *root.buffers()]
    values = [tensor.detach().clone() for tensor in tensors]
    gradients = [(p, p.grad) for p in own]
    states = [(optimizer, copy.deepcopy(optimizer.state_dict())) for optimizer in optimizers]
    for parameter, _ in gradients:
        parameter.grad = None
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in zip(tensors, values, strict=True):
                tensor.copy_(value)
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for optimizer, state in states:
            optimizer.load_state_dict(state)


def baselines(training: Any) -> Facts | None:
    """The Baselines of a program whose training step can be computed again."""
    replay, model = training.heard.replays.last, training.heard.model
    if replay is None or model is None or len(model.roots) != 1:
        return None
    again = Again(replay)
    if again.root is not model.roots[0] or again.rows < FEWEST_ROWS:
        return None
    losses = training.recorder.trace()["loss"]
    facts: Facts = {"rows": again.rows, "initial": losses[0] if losses else None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with kept_state(again.root), contextlib.suppress(*FAILURES):
            _compare(again, facts)
        if facts.get("trained") is not None:
            with contextlib.suppress(*FAILURES):
                facts["one_batch"] = _train_on(again, training)
    return facts


def _compare(again: Again, facts: Facts) -> None:
    """The losses and the outputs; random draws are the same each time."""
    import torch

    deadline = time.monotonic() + SECONDS
    with torch.no_grad(), again.trained_modes():
        torch.manual_seed(0)
        facts["trained"] = float(again.loss())
        shuffled, zeroed = again.shuffled(), again.zeroed()
        if shuffled is not None and time.monotonic() < deadline:
            torch.manual_seed(0)
            facts["shuffled"] = float(again.loss(target=shuffled))
        if zeroed is not None and time.monotonic() < deadline:
            torch.manual_seed(0)
            facts["zeroed"] = float(again.loss(call=zeroed))
    if time.monotonic() < deadline:
        with torch.no_grad(), in_eval_mode(again.root):
            output = again.output().float().reshape(again.rows, -1)
            facts["spread_inputs"] = float(output.std(0, correction=0).mean())
            facts["output_std"] = float(output.std(correction=0))


def _train_on(again: Again, training: Any) -> list[float]:
    """Losses of further steps on the batch alone."""
    import torch

    own = [p for p in again.root.parameters() if p.requires_grad]
    if not own or sum(p.numel() for p in again.root.parameters()) > MOST_COPIED:
        return []
    optimizers = _own_optimizers(training, own)
    losses: list[float] = []
    with kept_state(again.root, optimizers), again.trained_modes(), torch.enable_grad():
        torch.manual_seed(0)
        stepping = optimizers or [torch.optim.Adam(own, lr=1e-3)]
        began = time.monotonic()
        while len(losses) < FURTHER_STEPS and time.monotonic() - began < FURTHER_SECONDS:
            for parameter in own:
                parameter.grad = None
            loss = again.loss()
            loss.backward()
            losses.append(float(loss.detach()))
            for optimizer in stepping:
                optimizer.step()
    return losses


def _own_optimizers(training: Any, own: list[Any]) -> list[Any]:
    """The program's optimizers of these weights; none where one of them is of a special kind."""
    mine = {id(p) for p in own}
    found = [
        optimizer
        for optimizer in training.report.optimizers.living()
        if not mine.isdisjoint(map(id, parameters_of(optimizer)))
    ]
    return found if all(map(_is_plain, found)) else []


def _is_plain(optimizer: Any) -> bool:
    kind = type(optimizer)
    return kind.__module__.startswith("torch.optim.") and kind.__name__ != "LBFGS"
