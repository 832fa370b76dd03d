"""Finds the layers of the model again at a step that is looked at."""

from __future__ import annotations

from typing import Any

from . import torch_layers as layers
from .torch_dynamics import Dynamics
from .torch_flow import Flow, Sources
from .torch_recording import Facts, Key


class Sampler:
    """Takes the place of a Recording at a sampled step: finds the layers again and measures them.

    Attributes:
        functions: whether a layer is a call of a function, or known only by what feeds it.
        flow: which layers feed which tensors, by their index in the graph.
    """

    def __init__(self, positions: dict[Key, int], dynamics: Dynamics) -> None:
        self.flow = Flow()
        self.full = False
        self._positions = positions
        self._modules = _unmistakable(positions)
        self.functions = len(self._modules) < len(positions)
        self._dynamics = dynamics
        self._entered: set[int] = set()

    keeps_listening = False

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
        index = self._modules.get(id(module))
        if index is not None and not self.functions:
            tensor = layers.first_tensor(output)
            if tensor is not None:
                self._dynamics.add_output(index, tensor)
            return
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
            self._dynamics.add_output(index, tensors[0])
        self.flow.put(tensors, (index,))


def _unmistakable(positions: dict[Key, int]) -> dict[int, int]:
    """Layers that are the only one of their module, by the identity of that module."""
    found: dict[int, list[int]] = {}
    for key, index in positions.items():
        if key[0] == "module":
            found.setdefault(key[1], []).append(index)
    return {module: indices[0] for module, indices in found.items() if len(indices) == 1}
