"""Statistics of the layers at some steps of the warm-up.

At a step that is looked at, outputs, gradients and weights are copied; nothing is computed with
them and nothing waits for a device. The statistics of all these steps together are computed in one
go at the end, or earlier where the copies grow large. No random number is drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Set
from typing import Any

from .torch_affordable import SAMPLED_STEPS, affordable, wanted_steps
from .torch_moments import AS_THEY_ARE, statistics_of
from .torch_recording import Facts, Look, Node
from .torch_room import Room
from .torch_values import Kept, keep

MOST_TRACED_LAYERS = 400
MOST_COPIED = 2**26
"""Weights copied per step to see how far they move; beyond this the largest layers are left out."""
HELD_BYTES = 2**28
"""Copies that are kept before their statistics are computed."""
GRADIENT_VALUES = 2**14
"""Values kept of the gradient after one layer."""
LOOK_VALUES = 2**15
"""Values kept of one output while it is not known yet which model is trained."""
LOOK_BYTES = 2**28
AT_ONCE = 2**20
"""Values of one group whose statistics are computed with the same calls."""
WEIGHT_BYTES = 12
"""Kept per weight and looked-at step: it, its gradient and how far it moved."""
CHUNK = 2**22
"""Values that are copied with one call."""

Guard = Callable[..., Any]
Weights = list[tuple[int, list[Any]]]
"""Layers of one device and type with some of their tensors."""


class Dynamics:
    """The points of each layer of the trained model.

    Attributes:
        step: the number of steps that are complete.
        sampled: whether the running step is one that is looked at.
        room: where copies lie.
    """

    def __init__(self, steps: int, sampled_steps: int, guarded: Guard) -> None:
        self._steps, self._most = steps, min(sampled_steps, SAMPLED_STEPS)
        self._wanted = wanted_steps(steps, self._most)
        self.step = 0
        self.sampled = True
        self._guarded = guarded
        self._layers: list[Node | None] = []
        self._weights: Weights = []
        self._before: list[tuple[Weights, Any]] = []
        self._taken: set[tuple[int, int, str]] = set()
        self._held: dict[tuple[Any, ...], list[tuple[int, Kept]]] = {}
        self._bytes, self.room = 0, Room(HELD_BYTES)
        self._columns: list[tuple[int, list[int], str, Any]] = []
        self._points: dict[int, dict[int, Facts]] = {}

    def advance(self) -> None:
        """The next step begins."""
        self.step += 1
        self.sampled = self.step in self._wanted

    # Outputs

    def attach(self, nodes: list[Node | None]) -> None:
        """Follow these layers; what was kept while recording is their first point."""
        points = affordable(nodes, self._steps, self._most)
        self._wanted = wanted_steps(self._steps, points)
        self._renumber(nodes)
        self._layers, self._weights = nodes[:MOST_TRACED_LAYERS], []
        for index, node in enumerate(self._layers):
            if node is None:
                continue
            if node.look is not None:
                self._hold(index, self.step, "output", node.look.output)
                self._hold(index, self.step, "output_gradient", node.look.gradient)
                node.look = None
            weights = [p for p in node.parameters if p.requires_grad and p.dim() >= 2]
            if weights or node.parameters:
                self._weights.append((index, weights or node.parameters))
        self._prepare_room(points)

    def _prepare_room(self, points: int) -> None:
        """Have memory ready for the other points, whose copies are as large as the first one's."""
        held = sum(tensor.numel() for _, tensors in self._weights for tensor in tensors)
        later = WEIGHT_BYTES * min(held, MOST_COPIED)
        self.room.prepare(points * (self._bytes + later))

    def _renumber(self, nodes: list[Node | None]) -> None:
        """A second optimizer has made the model larger: what is held belongs to other numbers."""
        new = {id(node): index for index, node in enumerate(nodes) if node is not None}
        moved = {i: new.get(id(node)) for i, node in enumerate(self._layers) if node is not None}
        if all(old == index for old, index in moved.items()):
            return
        self._settle()
        self._fetch()
        points, taken = self._points, self._taken
        self._points = {
            new: points[i] for i, new in moved.items() if new is not None and i in points
        }
        self._taken = {(n, s, k) for i, s, k in taken if (n := moved.get(i)) is not None}

    def add_output(self, index: int, output: Any) -> None:
        """The first output of a layer in the running step; later ones of that step do not count."""
        node = self._layers[index] if index < len(self._layers) else None
        if node is None or (index, self.step, "output") in self._taken:
            return
        self._hold(index, self.step, "output", keep(output, self.room, node.channels_first))
        step = self.step
        take = functools.partial(self._hold, index, step, "output_gradient")
        listen_to_gradient(output, take, self._guarded, self.room)

    def _hold(self, index: int, step: int, kind: str, kept: Kept | None) -> None:
        """Keep values until there are many; the first of a step count."""
        if kept is None or (index, step, kind) in self._taken:
            return
        self._taken.add((index, step, kind))
        values = kept.values
        key = (index, kind, tuple(values.shape), kept.axis, kept.share, values.dtype, values.device)
        self._held.setdefault(key, []).append((step, kept))
        self._bytes += kept.nbytes
        if self._bytes > HELD_BYTES:
            self._settle()

    # Weights

    def before_step(self, stepping: Set[int]) -> None:
        """Weights and gradients right before the optimizer uses them."""
        if not self.sampled:
            return
        copied, self._before = 0, []
        for chunk in _chunks(self._weights, stepping):
            flat = self._copied(chunk)
            self._hold_parts("weight", chunk, flat)
            gradients = [(index, _gradients(held)) for index, held in chunk]
            gradients = [(index, held) for index, held in gradients if held]
            if gradients:
                self._hold_parts("gradient", gradients, self._copied(gradients))
            copied += flat.numel()
            if copied <= MOST_COPIED:
                self._before.append((chunk, flat))

    def after_step(self) -> None:
        """How far the step moved the weights."""
        for chunk, before in self._before:
            moved = self._copied(chunk)
            if moved.shape == before.shape:
                self._hold_parts("moved", chunk, moved.sub_(before))
        self._before = []

    def _copied(self, chunk: Weights) -> Any:
        """All values of these tensors one after another."""
        import torch

        parts = [tensor.detach().reshape(-1) for _, held in chunk for tensor in held]
        count = sum(part.numel() for part in parts)
        return torch.cat(parts, out=self.room.empty(count, parts[0]))

    def _hold_parts(self, kind: str, chunk: Weights, flat: Any) -> None:
        sizes = [sum(tensor.numel() for tensor in held) for _, held in chunk]
        for (index, _), part in zip(chunk, flat.split(sizes), strict=True):
            if part.numel():
                self._hold(index, self.step, kind, Kept(part))

    # The end

    def _settle(self) -> None:
        """Compute the statistics of what is held, where it lies."""
        import torch

        held, self._held, self._bytes = self._held, {}, 0
        with torch.no_grad():
            for (index, kind, *_), entries in held.items():
                node = self._layers[index]
                activation = None if node is None else node.layer.get("activation")
                for part in _parts(entries):
                    steps, group = [step for step, _ in part], [kept for _, kept in part]
                    found = self._guarded(statistics_of, kind, group, activation) or {}
                    self._columns += [(index, steps, name, c) for name, c in found.items()]
        self.room.leave()

    def _fetch(self) -> None:
        """Bring the statistics to the host, with one transfer per device."""
        import torch

        columns, self._columns = self._columns, []
        by_device: dict[Any, list[Any]] = {}
        for entry in columns:
            by_device.setdefault(entry[3].device, []).append(entry)
        for entries in by_device.values():
            numbers = iter(torch.cat([column for *_, column in entries]).tolist())
            for index, steps, name, _ in entries:
                for step, number in zip(steps, numbers, strict=False):
                    self._enter(index, step, name, number)

    def _enter(self, index: int, step: int, name: str, number: float) -> None:
        point = self._points.setdefault(index, {}).setdefault(step, {"step": step})
        if number == number or name in AS_THEY_ARE:
            point[name] = number

    def facts(self) -> list[Facts]:
        """The LayerTraces, by layer."""
        self._settle()
        self._fetch()
        return [
            {"layer": index, "points": [_point(points[step]) for step in sorted(points)][:64]}
            for index, points in sorted(self._points.items())
        ]


def _parts(entries: list[tuple[int, Kept]]) -> Iterator[list[tuple[int, Kept]]]:
    """Large tensors of one shape a few at a time."""
    count = max(1, AT_ONCE // entries[0][1].values.numel())
    for start in range(0, len(entries), count):
        yield entries[start : start + count]


def look_at(guarded: Guard, room: Room) -> Callable[[Any, bool], Look]:
    """Keeps of each output that it is shown a part, up to a bound for all of them together."""
    left = LOOK_BYTES

    def look(output: Any, first: bool) -> Look:
        nonlocal left
        found = Look()
        if left <= 0:
            return found
        found.output = keep(output, room, first, LOOK_VALUES)
        left -= 2 * (0 if found.output is None else found.output.nbytes)

        def take(kept: Kept | None) -> None:
            found.gradient = found.gradient or kept

        listen_to_gradient(output, take, guarded, room)
        return found

    return look


def listen_to_gradient(
    output: Any, take: Callable[[Kept | None], None], guarded: Guard, room: Room
) -> None:
    """Keep the gradient of the loss after this tensor, when the backward pass comes by.

    A later operation in place does not matter: PyTorch hands the gradient after the value that the
    tensor had when it was asked.
    """
    if not output.requires_grad or output.grad_fn is None:
        return

    def hook(gradient: Any) -> None:
        guarded(lambda: take(keep(gradient, room, most=GRADIENT_VALUES)))

    hook.__torch_unserializable__ = True  # type: ignore[attr-defined] # no warning when it is saved
    output.register_hook(hook)


def _chunks(weights: Weights, stepping: Set[int]) -> Iterator[Weights]:
    """The layers whose weights are about to be moved, together while they are small and alike."""
    chunk: Weights = []
    size, alike = 0, None
    for index, own in weights:
        held = [p for p in own if id(p) in stepping]
        if not held:
            continue
        count = sum(p.numel() for p in held)
        if chunk and (size + count > CHUNK or alike != (held[0].device, held[0].dtype)):
            yield chunk
            chunk, size = [], 0
        alike = held[0].device, held[0].dtype
        chunk.append((index, held))
        size += count
    if chunk:
        yield chunk


def _gradients(held: list[Any]) -> list[Any]:
    found = [p.grad.detach() for p in held if p.grad is not None]
    return [g.coalesce().values() if g.is_sparse else g for g in found]


def _point(found: Facts) -> Facts:
    """A LayerPoint; the norm of what a step changed is given relative to the norm before."""
    point = dict(found)
    moved, norm = point.pop("moved_norm", None), point.get("weight_norm")
    if moved is not None and norm:
        point["update_ratio"] = moved / norm
    return point
