"""Two questions to the trained model: do samples stay apart, and does the past ignore the future.

Both are asked on rows that the model was trained on, in eval mode, without gradients, after the
warm-up: some of the input is exchanged for other rows, and outputs that must not care are compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from . import torch_layers as layers
from .torch_padding import sequences
from .torch_recording import Facts

SAMPLES = (5, 7, 9, 6)
"""Batch sizes to choose from: one that is no other size of the input."""
SHORTEST = 4
MOST_MODULES = 400
MOVED = 1e-3
"""A change that counts, in standard deviations of the outputs."""
ROUNDING = 1e-5
"""What single precision may change by itself, of the largest value."""


class Question:
    """A trained model with one input, and rows to ask it with.

    Attributes:
        rows: at least twice as many rows as the question uses.
    """

    def __init__(self, root: Any, rows: Any, device: Any) -> None:
        import torch

        self.root = root
        self._device = device
        self.rows = torch.from_numpy(rows)

    def answer(self, rows: Any) -> Any:
        """The model's first output, on the CPU; random draws are the same each time."""
        import torch

        torch.manual_seed(0)
        with torch.no_grad():
            output = layers.first_tensor(self.root(rows.to(self._device)))
        return None if output is None else output.detach().float().cpu()


@contextlib.contextmanager
def in_eval_mode(root: Any) -> Iterator[None]:
    """Every module in eval mode for this block."""
    modes = [(module, module.training) for module in root.modules()]
    root.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _question(training: Any) -> Question | None:
    model, report = training.heard.model, training.report
    if model is None or len(model.roots) != 1 or len(model.entries) != 1:
        return None
    pile = report.batches.input_pile(model.roots)
    if pile is None or not pile.parts:
        return None
    parameter = next(iter(model.roots[0].parameters()), None)
    device = "cpu" if parameter is None else parameter.device
    return Question(model.roots[0], pile.array(), device)


def independence(training: Any) -> Facts | None:
    """The Independence of a model whose batches come from a loader of single samples."""
    question = _question(training)
    if question is None or not _one_by_one(training, question):
        return None
    rows = question.rows
    size = next((n for n in SAMPLES if n not in rows.shape[1:] and 2 * n <= len(rows)), None)
    if size is None:
        return None
    first = rows[:size]
    second = first.clone()
    second[:-1] = rows[size : 2 * size - 1]  # the last stays: time runs forward in an RNN
    with in_eval_mode(question.root):
        before, after = question.answer(first), question.answer(second)
        if before is None or before.dim() == 0 or before.shape[0] != size:
            return None
        if _moved(before, question.answer(first)):
            return None  # it keeps a state of its own from call to call
        largest = _change(before[-1], after[-1])
        spread = float(before.std())
        facts: Facts = {"samples": size, "largest": largest, "spread": spread}
        facts["moved"] = int(largest > MOVED * spread)
        if facts["moved"]:
            facts |= _first_moved(question, first, second, lambda t: _sample(t, size))
    return facts


def _one_by_one(training: Any, question: Question) -> bool:
    """Whether batches are stacked samples, each with its own target and no batch statistics."""
    batches = training.report.batches
    loader, seen = batches.loader, training.report.losses.facts()[1]
    if loader is None or getattr(loader, "batch_size", None) is None or len(seen) != 1:
        return False
    pile = batches.input_pile(training.report.model_roots)
    shapes = seen[0].get("prediction_shape"), seen[0].get("target_shape")
    if pile is None or not all(shapes) or shapes[0][:1] != shapes[1][:1]:
        return False
    if len(pile.parts[0]) != loader.batch_size or shapes[0][0] not in map(len, pile.parts):
        return False
    if shapes[0] == [shapes[0][0]] * 2:
        return False  # every sample is compared with every other on purpose
    norms = [m for m in question.root.modules() if hasattr(m, "track_running_stats")]
    return all(m.running_mean is not None for m in norms if hasattr(m, "running_mean"))


def _sample(tensor: Any, size: int) -> Any:
    """What belongs to the last sample, wherever the batch axis is; None when there is none."""
    axes = [axis for axis in range(tensor.dim()) if tensor.shape[axis] == size]
    return tensor.select(axes[0], size - 1) if len(axes) == 1 else None


def causality(training: Any) -> Facts | None:
    """The Causality of a model that is trained to tell the input some positions later."""
    question = _question(training)
    inputs, targets = sequences(training.report)
    if question is None or inputs is None or len(inputs) < 2 or inputs.shape[1] < SHORTEST:
        return None
    rows, positions = question.rows, int(inputs.shape[1])
    shift = _shift(inputs, targets)
    if shift is None or rows.shape[1] != positions:
        return None
    start = positions // 2
    count = min(len(rows) // 2, SAMPLES[0])
    first = rows[:count]
    second = first.clone()
    second[:, start:] = rows[count : 2 * count, start:]
    if bool((second == first).all()):
        return None
    with in_eval_mode(question.root):
        before, after = question.answer(first), question.answer(second)
        past = None if before is None else _past(before, positions, start)
        if past is None or _moved(before, question.answer(first)):
            return None
        largest = _change(past, _past(after, positions, start))
        facts: Facts = {"shift": shift, "positions": positions, "changed_from": start}
        facts |= {"largest": largest, "spread": float(before.std())}
        if largest > MOVED * facts["spread"]:
            take = lambda t: _past(t, positions, start)  # noqa: E731 - one expression
            facts["layer"] = _first_moved(question, first, second, take).get("layer")
    return facts


def _shift(rows: Any, targets: Any) -> int | None:
    """How many positions later the targets stand in the inputs; None when they do not."""
    for shift in (0, 1, 2):
        if (targets[:, : rows.shape[1] - shift] == rows[:, shift:]).all():
            return shift
    return None


def _past(tensor: Any, positions: int, start: int) -> Any:
    """The part of a tensor at the positions before `start`; None when no axis is the sequence."""
    axes = [axis for axis in (1, 2, 0) if axis < tensor.dim() and tensor.shape[axis] == positions]
    return tensor.narrow(axes[0], 0, start) if axes else None


def _first_moved(question: Question, first: Any, second: Any, part: Callable[[Any], Any]) -> Facts:
    """The first module whose output moved, and whether its own input had not."""
    runs = [_outputs(question, rows, part) for rows in (first, second)]
    for (name, into, out), (_, into2, out2) in zip(*runs, strict=False):
        if out is None or out2 is None or not _moved(out, out2):
            continue
        inside = into is not None and into2 is not None and not _moved(into, into2)
        return {"layer": name, "inside": inside}
    return {}


def _outputs(question: Question, rows: Any, part: Callable[[Any], Any]) -> list[Any]:
    """(name, part of the input, part of the output) of every single layer, in order."""
    found: list[Any] = []
    hooks = []

    def note(name: str) -> Callable[[Any, Any, Any], None]:
        def hook(_module: Any, arguments: Any, output: Any) -> None:
            pair = layers.first_tensor(arguments), layers.first_tensor(output)
            if len(found) < MOST_MODULES:
                found.append((name, *(None if t is None else _kept(part(t)) for t in pair)))

        return hook

    for name, module in question.root.named_modules():
        if layers.is_single_layer(module) and not _inside_layer(question.root, name):
            hooks.append(module.register_forward_hook(note(name)))
    try:
        question.answer(rows)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _inside_layer(root: Any, name: str) -> bool:
    """Whether the module is a part of another single layer."""
    parents = name.split(".")[:-1]
    held = [root.get_submodule(".".join(parents[: i + 1])) for i in range(len(parents))]
    return any(layers.is_single_layer(module) for module in held)


def _kept(tensor: Any) -> Any:
    return None if tensor is None else tensor.detach().clone()


def _change(one: Any, other: Any) -> float:
    """The largest change of a value; 0 when rounding alone explains it."""
    largest = float((one.float() - other.float()).abs().max())
    return largest if largest > ROUNDING * float(one.float().abs().max()) else 0.0


def _moved(one: Any, other: Any) -> bool:
    if one.shape != other.shape:
        return True
    return _change(one, other) > MOVED * float(one.float().std(correction=0))
