"""A Keras model as the JSON form of `observed.Graph`: its layers in execution order.

Functional models are read from their nodes (topological order, with the layers that feed each),
sequential models from their list, subclassed models and the user's own composite layers from what
they called the first time. Models that the user wrote are flattened; a nested model that a library
built stays one layer of op "model" and marks the graph as having a backbone.
"""

from __future__ import annotations

from typing import Any

from . import keras_layer
from .keras_names import framework_class, operation
from .keras_session import Session

MOST_LAYERS = 4000
LIBRARY_ROOTS = frozenset({"keras", "tf_keras", "tensorflow"})


class GraphReader:
    """Collects the layers of one model.

    Attributes:
        layers: the JSON forms in execution order.
        objects: the layers themselves, at the same indices.
        complete: False once a part was met whose execution order is unknown.
        functions_seen: False once a part was met whose own code runs between its layers.
        backbone: True once a part was met that a library built.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.layers: list[dict[str, Any]] = []
        self.objects: list[Any] = []
        self.complete = True
        self.functions_seen = True
        self.backbone = False
        self._index: dict[int, int] = {}
        self._settled = True

    def read(self, model: Any) -> dict[str, Any]:
        """The Graph of the model."""
        outputs = self._expand(model, [])
        return {
            "layers": self.layers,
            "outputs": outputs[:64],
            "origin": "run",
            "complete": self.complete,
            "functions_seen": self.functions_seen,
            "site": self.session.sites.get(model),
            "backbone": self.backbone,
        }

    def _expand(self, model: Any, feeds: list[int]) -> list[int]:
        """Add the parts of a composite; `feeds` are the layers before it, the result its last."""
        if _is_sequential(model):
            return self._chain([(part, None) for part in model.layers], feeds)
        if _is_functional(model):
            return self._functional(model, feeds)
        self.functions_seen = False
        call = self.session.first_calls.get(model)
        if call is not None and call.children:
            self._settled = self._settled and call.settled
            return self._chain([(child.layer, child) for child in call.children], feeds)
        self.complete = False
        return self._chain([(part, None) for part in _parts(model)], feeds)

    def _chain(self, parts: list[Any], feeds: list[int]) -> list[int]:
        for part, call in parts:
            feeds = self._place(part, feeds, None, call)
        return feeds

    def _functional(self, model: Any, feeds: list[int]) -> list[int]:
        """Nodes in topological order; `produced` maps a node to the layers its values come from."""
        nested = bool(self.layers)
        produced: dict[int, list[int]] = {}
        waiting = list(feeds)
        for node in _ordered_nodes(model):
            part = _operation_of(node)
            if operation(part) == "input" and nested:
                produced[id(node)] = waiting[:1]
                waiting = waiting[1:] or waiting
                continue
            parents = [i for parent in node.parent_nodes for i in produced.get(id(parent), [])]
            produced[id(node)] = self._place(part, parents, node, None)
        return _outputs(model, produced) or ([len(self.layers) - 1] if self.layers else [])

    def _place(self, part: Any, feeds: list[int], node: Any, call: Any) -> list[int]:
        """Add one part, or its parts when it is the user's own composite."""
        if id(part) in self._index:
            index = self._index[id(part)]
            if call is None or self._settled:
                self.layers[index]["repeated"] += 1
            return [index]
        if part in self.session.library:
            self.backbone = True
        elif self._is_expandable(part):
            return self._expand(part, feeds)
        if len(self.layers) >= MOST_LAYERS:
            self.complete = False
            return feeds
        return [self._add(part, feeds, node, call)]

    def _is_expandable(self, part: Any) -> bool:
        if _is_functional(part) or _is_sequential(part):
            return True
        if type(part).__module__.partition(".")[0] in LIBRARY_ROOTS:
            return False
        call = self.session.first_calls.get(part)
        if call is not None and call.children:
            return True
        return _is_model(part) and bool(_parts(part))

    def _add(self, part: Any, feeds: list[int], node: Any, call: Any) -> int:
        index = len(self.layers)
        before, after = _shapes(part, node, call or self.session.first_calls.get(part))
        site, applied = self.session.sites.get(part), self.session.call_sites.get(part)
        facts = keras_layer.describe(part) | {
            "index": index,
            "site": site or applied,
            "call_site": applied if applied != site and node is not None else None,
            "input_shape": before,
            "output_shape": after,
            "inputs": [] if feeds in ([], [index - 1]) else sorted(set(feeds))[:64],
            "repeated": 1,
        }
        if facts["op"] in ("dense", "conv", "conv_transpose", "depthwise_conv", "recurrent"):
            facts["input_channels"] = keras_layer.input_channels(part, before)
        self._index[id(part)] = index
        self.layers.append(facts)
        self.objects.append(part)
        return index


def _is_model(part: Any) -> bool:
    return hasattr(part, "compile") and hasattr(part, "fit")


def _is_sequential(part: Any) -> bool:
    return _is_model(part) and framework_class(part) == "Sequential"


def _is_functional(part: Any) -> bool:
    return _is_model(part) and not _is_sequential(part) and bool(_ordered_nodes(part))


def _parts(model: Any) -> list[Any]:
    """A composite's own layers in the order of their definition."""
    if hasattr(model, "layers"):
        return list(model.layers)
    return list(getattr(model, "_layers", None) or [])


def _ordered_nodes(model: Any) -> list[Any]:
    by_depth = getattr(model, "_nodes_by_depth", None) or {}
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _operation_of(node: Any) -> Any:
    return getattr(node, "operation", None) or node.layer


def _outputs(model: Any, produced: dict[int, list[int]]) -> list[int]:
    """The layers whose values leave a functional model, in the order of its outputs."""
    found: list[int] = []
    for tensor in getattr(model, "outputs", None) or []:
        history = getattr(tensor, "_keras_history", None)
        part = getattr(history, "operation", None) or getattr(history, "layer", None)
        nodes = getattr(part, "_inbound_nodes", None)
        if history is not None and nodes:
            found += produced.get(id(nodes[history.node_index]), [])
    return list(dict.fromkeys(found))


def _shapes(part: Any, node: Any, call: Any) -> tuple[Any, Any]:
    """Input and output shape without the batch: the best known of the part's applications."""
    nodes = (
        [node] if node is not None else list(reversed(getattr(part, "_inbound_nodes", None) or []))
    )
    pairs = [(_one_shape(n.input_tensors), _one_shape(n.outputs)) for n in nodes]
    if call is not None:
        pairs.append((call.input_shape, call.output_shape))
    return _best([before for before, _ in pairs]), _best([after for _, after in pairs])


def _best(shapes: list[Any]) -> list[int | None] | None:
    """The first shape without unknown sizes, else the first at all."""
    plain = [shape for shape in map(keras_layer.plain_shape, shapes) if shape is not None]
    return next((shape for shape in plain if None not in shape), plain[0] if plain else None)


def _one_shape(tensors: Any) -> Any:
    """The shape of the only tensor, or the common one of several (a merge of equals)."""
    found = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    shapes = [tuple(tensor.shape) for tensor in found if hasattr(tensor, "shape")]
    return shapes[0] if shapes and all(shape == shapes[0] for shape in shapes) else None
