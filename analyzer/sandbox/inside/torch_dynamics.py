"""Statistics of the layers at about twenty steps of the warm-up.

Everything is read under `no_grad` from detached tensors, no random number is drawn, and large
tensors are read at evenly spaced places.
"""

from __future__ import annotations

from typing import Any

from . import torch_layers as layers
from .torch_flow import Flow, Sources
from .torch_recording import Facts, Key, Node

SAMPLED_STEPS = 20
MOST_VALUES = 2**18
"""Values of one output that are looked at."""
MOST_TRACED_LAYERS = 400
MOST_COPIED = 2**26
"""Weights copied per step to see how far they move; beyond this the largest layers are left out."""


def output_statistics(tensor: Any) -> Facts:
    """Mean, deviation, bounds, share of zeros and of NaN of one output."""
    import torch

    if not tensor.is_floating_point() or tensor.numel() == 0 or tensor.layout != torch.strided:
        return {}
    with torch.no_grad():
        values = tensor.detach().reshape(-1)
        if values.numel() > MOST_VALUES:
            values = values[:: values.numel() // MOST_VALUES + 1]
        values = values.float()
        missing = float(torch.isnan(values).float().mean())
        low, high = torch.aminmax(values)
        return {
            "output_mean": float(values.mean()),
            "output_std": float(values.std(unbiased=False)),
            "output_min": float(low),
            "output_max": float(high),
            "output_zero": float((values == 0).float().mean()),
            "output_nan": missing,
        }


class Dynamics:
    """The points of each layer of the trained model.

    Attributes:
        step: the number of steps that are complete.
        sampled: whether the running step is one that is looked at.
    """

    def __init__(self, steps: int, sampled_steps: int = SAMPLED_STEPS) -> None:
        self._every = max(1, steps // min(sampled_steps, SAMPLED_STEPS))
        self.step = 0
        self._points: dict[int, dict[int, Facts]] = {}
        self._weights: list[tuple[int, list[Any]]] = []
        self._before: dict[int, list[Any]] = {}

    @property
    def sampled(self) -> bool:
        return self.step % self._every == 0

    def attach(self, nodes: list[Node | None]) -> None:
        """Follow these layers; what was measured while recording is their first point."""
        self._weights = []
        for index, node in enumerate(nodes[:MOST_TRACED_LAYERS]):
            if node is None:
                continue
            self.add_output(index, node.output)
            weights = [p for p in node.parameters if p.requires_grad and p.dim() >= 2]
            if weights or node.parameters:
                self._weights.append((index, weights or node.parameters))

    def add_output(self, index: int, statistics: Facts) -> None:
        """The first output of a layer in the running step; later ones of that step do not count."""
        if index < MOST_TRACED_LAYERS and statistics:
            point = self._point(index)
            if "output_mean" not in point:
                point.update(statistics)

    def _point(self, index: int) -> Facts:
        return self._points.setdefault(index, {}).setdefault(self.step, {"step": self.step})

    def before_step(self, stepping: set[int]) -> None:
        """Weights and gradients right before the optimizer uses them."""
        import torch

        if not self.sampled:
            return
        copied = 0
        with torch.no_grad():
            for index, weights in self._weights:
                held = [p for p in weights if id(p) in stepping]
                if not held:
                    continue
                self._point(index).update(_weight_statistics(held) | _gradient_statistics(held))
                copied += sum(p.numel() for p in held)
                if copied <= MOST_COPIED:
                    self._before[index] = [p.detach().clone() for p in held]

    def after_step(self, stepping: set[int]) -> None:
        """How far the step moved the weights, relative to their norm."""
        import torch

        with torch.no_grad():
            for index, weights in self._weights:
                before = self._before.pop(index, None)
                held = [p for p in weights if id(p) in stepping]
                if before is None or len(before) != len(held):
                    continue
                moved = _norm([p.detach() - old for p, old in zip(held, before, strict=True)])
                norm = _norm(before)
                self._point(index)["update_ratio"] = moved / norm if norm else None

    def facts(self) -> list[Facts]:
        """The LayerTraces, by layer."""
        return [
            {"layer": index, "points": [points[step] for step in sorted(points)][:64]}
            for index, points in sorted(self._points.items())
        ]


def _norm(tensors: list[Any]) -> float:
    return float(sum(float(t.double().norm()) ** 2 for t in tensors) ** 0.5)


def _weight_statistics(weights: list[Any]) -> Facts:
    import torch

    values = torch.cat([p.detach().reshape(-1) for p in weights])
    return {"weight_norm": _norm([values]), "weight_std": float(values.std(unbiased=False))}


def _gradient_statistics(weights: list[Any]) -> Facts:
    gradients = [p.grad.detach() for p in weights if p.grad is not None]
    gradients = [g.coalesce().values() if g.is_sparse else g for g in gradients]
    count = sum(g.numel() for g in gradients)
    if not count:
        return {}
    zeros = sum(int((g == 0).sum()) for g in gradients)
    return {"gradient_norm": _norm(gradients), "gradient_zero": zeros / count}


class Sampler:
    """Takes the place of a Recording at a sampled step: finds the layers again and measures them.

    Attributes:
        flow: which layers feed which tensors, by their index in the graph.
    """

    def __init__(self, positions: dict[Key, int], dynamics: Dynamics) -> None:
        self.flow = Flow()
        self.full = False
        self._positions = positions
        self._dynamics = dynamics
        self._entered: set[int] = set()

    def enter(self, _module: Any, arguments: Any) -> None:
        """A root module is called."""
        tensors = layers.tensors_in(arguments)
        self.flow.put((t for t in tensors if self.flow.get(t) is None), ())
        self._entered = set()

    def leave(self, _output: Any) -> None:
        """The root module returned."""
        self._entered = set()

    def abandon(self) -> None:
        """The root module raised."""
        self._entered = set()

    def add_module(self, module: Any, arguments: Any, output: Any, _place: Any) -> None:
        """A `torch.nn` module that is one layer was called."""
        sources = self.flow.joined(layers.tensors_in(arguments)) or ()
        key: Key = ("module", id(module))
        if not any(True for _ in module.parameters()):
            key += (self._own(sources),)
        self._add(key, sources, output)

    def add_function(
        self, name: str, call: tuple[Any, Facts], output: Any, where: Key, _place: Any
    ) -> None:
        """A function was called."""
        sources = self.flow.joined(layers.tensors_in(call))
        if sources is not None:
            self._add(("function", name, *where, self._own(sources)), sources, output)

    def pass_on(self, arguments: Any, output: Any) -> None:
        """A call that is no layer."""
        sources = self.flow.joined(layers.tensors_in(arguments))
        if sources is not None:
            self.flow.put(layers.tensors_in(output), sources)

    def _own(self, sources: Sources) -> Sources:
        return tuple(i for i in sources if i in self._entered)

    def _add(self, key: Key, sources: Sources, output: Any) -> None:
        tensors = layers.tensors_in(output)
        index = self._positions.get(key)
        if index is None:
            self.flow.put(tensors, sources)
            return
        self._entered.add(index)
        if tensors:
            self._dynamics.add_output(index, output_statistics(tensors[0]))
        self.flow.put(tensors, (index,))
