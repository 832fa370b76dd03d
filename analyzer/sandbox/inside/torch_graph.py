"""From recorded forward passes to the graph of the model that is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from . import torch_layers as layers
from .torch_flow import Sources
from .torch_recording import Facts, Key, Node, Recording, canonical_key

RESHAPES = ("reshape", "flatten")
MOST_LAYERS = 4000

Built = tuple[Facts, list[Node | None], dict[Key, int]]


@dataclass(frozen=True, slots=True)
class Model:
    """The trained model.

    Attributes:
        graph: its Graph as JSON.
        nodes: per layer of the graph; None for an added input layer.
        positions: layer index by the key that another forward pass gives it.
        roots: the modules that the loop calls; trees: the outermost modules that hold them.
        entries: the roots whose inputs come from outside of the model.
    """

    graph: Facts
    nodes: list[Node | None]
    positions: dict[Key, int]
    roots: list[Any]
    trees: list[Any]
    entries: list[Any]

    def named_parameters(self) -> dict[str, Any]:
        """The parameters of all trees by name, shared ones once."""
        found: dict[int, tuple[str, Any]] = {}
        for tree in self.trees:
            for name, parameter in tree.named_parameters():
                found.setdefault(id(parameter), (name, parameter))
        return dict(found.values())


def trained_segments(recording: Recording, stepped: set[int], reached: set[int]) -> list[int]:
    """The segments of the model that a step trains.

    Args:
        recording: the passes since the last step.
        stepped: identities of the parameters that the optimizer holds.
        reached: nodes that the loss depends on; empty when that is not known.
    """
    segments = range(len(recording.segments))
    with_parameters = [i for i in segments if _parameters(recording, i)]
    moved = [
        i for i in with_parameters if any(p.grad is not None for p in _parameters(recording, i))
    ]
    stepping = [i for i in moved if any(id(p) in stepped for p in _parameters(recording, i))]
    chosen = stepping or moved or with_parameters
    used = {recording.nodes[index].segment for index in reached}
    return [i for i in chosen if i in used] or chosen


def _parameters(recording: Recording, segment: int) -> list[Any]:
    return list(recording.segments[segment].module.parameters())


def tree_of(module: Any, living: Iterable[Any]) -> Any:
    """The outermost living module that holds this one."""
    parents: dict[int, Any] = {}
    for parent in living:
        for child in getattr(parent, "_modules", {}).values():
            if child is not None:
                parents.setdefault(id(child), parent)
    seen = set()
    while id(module) in parents and id(module) not in seen:
        seen.add(id(module))
        module = parents[id(module)]
    return module


class GraphBuilder:
    """Builds the graph of some segments of a recording."""

    def __init__(self, recording: Recording, segments: list[int], loss: Sources) -> None:
        self._recording = recording
        self._segments = set(segments)
        self._reached = recording.ancestors(loss)
        self._outputs = self._find_outputs(segments, loss)
        self._kept = self._choose_nodes()

    def _find_outputs(self, segments: list[int], loss: Sources) -> list[int]:
        """What enters the loss, else what the last segment returned."""
        inside = self._recording.ancestors(loss)
        if any(self._recording.nodes[i].segment in self._segments for i in inside):
            return list(loss)
        return list(self._recording.segments[segments[-1]].outputs) if segments else []

    def _choose_nodes(self) -> list[int]:
        nodes = self._recording.nodes
        kept = {
            i
            for i, node in enumerate(nodes)
            if node.segment in self._segments
            or (node.segment is None and i in self._reached and node.layer["op"] not in RESHAPES)
        }
        self._outputs = self._resolve(self._outputs, kept)
        while trailing := self._trailing_reshapes(kept):
            kept -= trailing
            self._outputs = self._resolve(self._outputs, kept)
        return sorted(kept)

    def _trailing_reshapes(self, kept: set[int]) -> set[int]:
        """Functions at the very end that only change how values lie hide the last layer."""
        used = {source for i in kept for source in self._recording.nodes[i].sources}
        return {
            i
            for i in self._outputs
            if i not in used and self._is_view(self._recording.nodes[i]) and len(kept) > 1
        }

    def _is_view(self, node: Node) -> bool:
        return node.module is None and node.layer["op"] in RESHAPES

    def _resolve(self, sources: Iterable[int], kept: set[int]) -> list[int]:
        """The kept nodes behind these sources, through those that are left out."""
        found: dict[int, None] = {}
        waiting, seen = list(sources)[::-1], set()
        while waiting:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            if index in kept:
                found[index] = None
            else:
                waiting.extend(reversed(self._recording.nodes[index].sources))
        return list(found)

    def build(self, name_of: Callable[[Node], str]) -> Built:
        """The graph without its site, the node of each layer, and the layers by key."""
        kept = set(self._kept)
        positions: dict[Key, int] = {}
        place: dict[int, int] = {}
        found: list[Facts] = []
        nodes: list[Node | None] = []
        for index in self._kept[:MOST_LAYERS]:
            node = self._recording.nodes[index]
            key = canonical_key(node.key, place.get)
            if key in positions:
                place[index] = positions[key]
                first = nodes[place[index]]
                if first is not None and self._recording.pass_of(first) == self._recording.pass_of(
                    node
                ):
                    found[place[index]]["repeated"] += node.repeated
                continue
            place[index] = positions[key] = len(found)
            sources = [place[i] for i in self._resolve(node.sources, kept - {index}) if i in place]
            inputs = sorted({i for i in sources if i < place[index]})[:64]
            found.append(node.layer | {"name": name_of(node), "inputs": inputs})
            found[-1] |= {"index": place[index], "repeated": node.repeated}
            nodes.append(node)
        outputs = sorted({place[i] for i in self._outputs if i in place})[:64]
        graph = {"layers": found, "outputs": outputs or [len(found) - 1][: len(found)]}
        return _with_input(graph, nodes, positions)


def _with_input(graph: Facts, nodes: list[Node | None], positions: dict[Key, int]) -> Built:
    """An input layer in front where a later layer reads the model's input as well."""
    if not any(not layer["inputs"] for layer in graph["layers"][1:]):
        return graph, nodes, positions
    shape = graph["layers"][0]["input_shape"]
    first = {"type": "Input", "op": "input", "name": "input", "index": 0}
    first |= {"input_shape": shape, "output_shape": shape, "inputs": [], "repeated": 1}
    for layer in graph["layers"]:
        layer["index"] += 1
        layer["inputs"] = [i + 1 for i in layer["inputs"]] or [0]
    moved = {_moved(key): index + 1 for key, index in positions.items()}
    shifted = {"layers": [first, *graph["layers"]], "outputs": [i + 1 for i in graph["outputs"]]}
    return shifted, [None, *nodes], moved


def _moved(key: Key) -> Key:
    if not isinstance(key[-1], tuple):
        return key
    return (*key[:-1], tuple(None if i is None else i + 1 for i in key[-1]))


def names_in(trees: Iterable[Any]) -> dict[int, str]:
    """Attribute path of each module by identity; a root has the name of its class."""
    found: dict[int, str] = {}
    for tree in trees:
        for name, module in tree.named_modules():
            found.setdefault(id(module), name or type(module).__name__)
    return found


def unrun_graph(tree: Any, site_of: Callable[[Any], Facts | None]) -> Facts:
    """The layers of a model that was built and never called, in the order of registration."""
    found: list[Facts] = []
    inside: set[int] = set()
    for name, module in tree.named_modules():
        if id(module) in inside or not layers.is_single_layer(module):
            continue
        inside.update(id(part) for part in module.modules())
        layer = layers.of_module(module, None, None) | {"name": name or type(module).__name__}
        found.append(layer | {"index": len(found), "site": site_of(module)})
    outputs = [len(found) - 1][: len(found)]
    graph = {"layers": found[:MOST_LAYERS], "outputs": outputs, "complete": False}
    return graph | {"origin": "run", "site": site_of(tree)}


def has_foreign_module(trees: Iterable[Any], is_users: Callable[[str], bool]) -> bool:
    """Whether a module in the trees runs the forward of a library other than PyTorch."""
    return any(_is_foreign(module, is_users) for tree in trees for module in tree.modules())


def _is_foreign(module: Any, is_users: Callable[[str], bool]) -> bool:
    forward = getattr(type(module), "forward", None)
    code = getattr(forward, "__code__", None)
    library = (getattr(forward, "__module__", None) or "").split(".")[0]
    return code is not None and library != "torch" and not is_users(code.co_filename)
