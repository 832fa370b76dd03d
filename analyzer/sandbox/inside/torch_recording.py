"""Forward passes as a flat list of nodes, written down while the program computes.

A node is one layer: a call of a `torch.nn` module or of a function. Calls that belong together
(every further step of a recurrent loop, the second use of a shared layer) fall into one node,
recognised by its key. A segment is one call of a module from the program's own loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import torch_layers as layers
from .torch_flow import Flow, Sources
from .torch_values import Kept, channels_first

Facts = dict[str, Any]
Key = tuple[Any, ...]
MOST_NODES = 8000
MOST_SEGMENTS = 1000


@dataclass(slots=True)
class Look:
    """What is kept of a layer's output, and of the gradient after it once that has come by."""

    output: Kept | None = None
    gradient: Kept | None = None


@dataclass(slots=True)
class Node:
    """One layer.

    Attributes:
        key: what makes a later call the same layer.
        layer: its facts, the index still missing.
        sources: the nodes that feed it.
        segment: the call of a root module that it belongs to; None between such calls.
        module: the module, None for a function; parameters: those that it uses.
        look: what was kept of its first output; channels_first: where the units of that lie.
    """

    key: Key
    layer: Facts
    sources: Sources
    segment: int | None
    module: Any = None
    parameters: list[Any] = field(default_factory=list)
    look: Look | None = None
    channels_first: bool = False
    repeated: int = 1


@dataclass(slots=True)
class Segment:
    """One call of a root module: what feeds it and its output, and the pass that it is part of."""

    module: Any
    sources: Sources = ()
    outputs: Sources = ()
    number: int = 0


class Recording:
    """Nodes and segments since recording began.

    Attributes:
        flow: which nodes feed which tensors.
        look: keeps values of an output tensor; told whether its units lie along axis 1.
    """

    def __init__(self, look: Callable[[Any, bool], Look]) -> None:
        self.flow = Flow()
        self.nodes: list[Node] = []
        self.segments: list[Segment] = []
        self._look = look
        self._index: dict[Key, int] = {}
        self._open: int | None = None
        self._pass = 0

    functions = keeps_listening = True

    @property
    def full(self) -> bool:
        """Whether it must be dropped, because nothing ever came of it."""
        return len(self.nodes) >= MOST_NODES or len(self.segments) >= MOST_SEGMENTS

    def enter(self, module: Any, arguments: Any) -> None:
        """A root module is called; inputs that no layer made are the model's own."""
        tensors = layers.tensors_in(arguments)
        made = self.flow.joined(tensors)
        self.flow.put((t for t in tensors if self.flow.get(t) is None), ())
        self.segments.append(Segment(module, made or (), (), self._pass))
        self._open = len(self.segments) - 1

    def next_pass(self) -> None:
        """A backward pass began; what comes now is another forward pass."""
        self._pass += 1

    def pass_of(self, node: Node) -> int | None:
        """Which forward pass a node belongs to; None between root modules."""
        return None if node.segment is None else self.segments[node.segment].number

    def leave(self, output: Any) -> None:
        """The root module returned."""
        if self._open is not None:
            joined = self.flow.joined(layers.tensors_in(output))
            self.segments[self._open].outputs = joined or ()
        self._open = None

    def abandon(self) -> None:
        """The root module raised."""
        self._open = None

    def add_module(
        self, module: Any, arguments: Any, output: Any, place: Callable[[], Facts]
    ) -> None:
        """A `torch.nn` module that is one layer was called."""
        sources = self.flow.joined(layers.tensors_in(arguments)) or ()
        parameters = list(module.parameters())
        key: Key = ("module", id(module))
        if not parameters:
            key += (self._own(sources),)
        node = self._find(key)
        if node is None:
            layer = layers.of_module(module, arguments, output) | place()
            node = Node(key, layer, sources, self._open, module, parameters)
        self._add(node, output)

    def add_function(
        self,
        name: str,
        call: tuple[Any, Facts],
        output: Any,
        where: Key,
        place: Callable[[], Facts],
    ) -> None:
        """A function was called; where it is no layer, its inputs' nodes feed its output."""
        tensors = layers.tensors_in(call)
        sources = self.flow.joined(tensors)
        if sources is None:
            return
        key: Key = ("function", name, *where, self._own(sources))
        node = self._find(key)
        if node is None:
            layer = layers.of_function(name, *call, output)
            if not layers.is_layer(layer, [t for t in tensors if self.flow.get(t) is not None]):
                self.flow.put(layers.tensors_in(output), sources)
                return
            layers.settle_op(layer)
            parameters = [t for t in tensors if t.is_leaf and t.requires_grad]
            node = Node(key, layer | place(), sources, self._open, None, parameters)
        self._add(node, output)

    def pass_on(self, arguments: Any, output: Any) -> None:
        """A call that is no layer: what fed its arguments feeds its results."""
        results = layers.tensors_in(output)
        if results:
            sources = self.flow.joined(layers.tensors_in(arguments))
            if sources is not None:
                self.flow.put(results, sources)

    def _own(self, sources: Sources) -> Sources:
        """The sources inside the same segment: a second batch goes through the same layers."""
        return tuple(i for i in sources if self.nodes[i].segment == self._open)

    def _find(self, key: Key) -> Node | None:
        index = self._index.get((self._open, *key))
        return None if index is None else self.nodes[index]

    def _add(self, node: Node, output: Any) -> None:
        scoped = (self._open, *node.key)
        tensors = layers.tensors_in(output)
        if scoped in self._index:
            node.repeated += 1
        else:
            self._index[scoped] = len(self.nodes)
            self.nodes.append(node)
            if tensors:
                before = [self.nodes[i].channels_first for i in node.sources]
                dimensions = tensors[0].dim()
                node.channels_first = channels_first(node.layer["op"], dimensions, before)
                node.look = self._look(tensors[0], node.channels_first)
        self.flow.put(tensors, (self._index[scoped],))

    def ancestors(self, sources: Sources) -> set[int]:
        """All nodes that the given ones depend on, themselves included."""
        found: set[int] = set()
        waiting = list(sources)
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting.extend(self.nodes[index].sources)
        return found

    def segments_of(self, sources: Sources) -> list[int]:
        """The segments that these nodes and all before them belong to, in order."""
        found = {self.nodes[index].segment for index in self.ancestors(sources)}
        return sorted(segment for segment in found if segment is not None)


def canonical_key(key: Key, position: Callable[[int], int | None]) -> Key:
    """The key with its sources as positions in the graph, so that another pass can match it."""
    if not isinstance(key[-1], tuple):
        return key
    return (*key[:-1], tuple(position(index) for index in key[-1]))
