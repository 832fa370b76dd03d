"""Writes what is known of a PyTorch program into the facts."""

from __future__ import annotations

from typing import Any

from . import torch_graph
from .recorder import Recorder
from .torch_batches import Batches
from .torch_constructed import Constructed
from .torch_cycle import Cycle
from .torch_dynamics import Dynamics
from .torch_flow import Sources
from .torch_graph import GraphBuilder, Model
from .torch_learner import Optimizers, loader_facts
from .torch_loader import LoaderBook
from .torch_losses import LossBook
from .torch_recording import Facts, Node, Recording

OTHERS = ("keras", "tf.keras")


class Report:
    """The parts of the observation, and where they go."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.constructed = Constructed(recorder)
        self.losses = LossBook(recorder, self.constructed)
        self.cycle = Cycle(recorder)
        self.optimizers = Optimizers(self.constructed)
        self.batches = Batches(recorder)
        self.loaders = LoaderBook(recorder, self.constructed, self.batches)
        self.batches.on_loader = self.loaders.entered
        sampled = int(recorder.request.get("sampled_steps", 20))
        self.dynamics = Dynamics(int(recorder.request["steps"]), sampled, recorder.guarded)
        self._roots: list[Any] = []

    @property
    def of_another(self) -> bool:
        """Whether another framework trains; PyTorch is then only its backend."""
        return self.recorder.facts["framework"] in OTHERS

    @property
    def has_graph(self) -> bool:
        return self.recorder.facts["graph"] is not None

    @property
    def model_roots(self) -> list[Any]:
        """The modules that the loop calls, of the trained model."""
        return self._roots

    def living_modules(self) -> list[Any]:
        """All modules of the program that exist."""
        return [m for m in self.constructed.living(object) if hasattr(m, "_modules")]

    def trees(self, modules: list[Any]) -> list[Any]:
        """The outermost modules that hold these, each once."""
        living = self.living_modules()
        found = {id(t): t for t in (torch_graph.tree_of(m, living) for m in modules)}
        return list(found.values())

    def build(self, recording: Recording, segments: list[int], loss: Sources) -> Model:
        """The model that these segments of a recording are."""
        called = [recording.segments[i] for i in segments]
        roots = list({id(segment.module): segment.module for segment in called}.values())
        entries = [segment.module for segment in called if not segment.sources]
        trees = self.trees(roots)
        names = torch_graph.names_in(trees)

        def name_of(node: Node) -> str:
            return names.get(id(node.module)) or str(node.layer["type"])

        def is_users(path: str) -> bool:
            return self.recorder.sources.relative(path) is not None

        graph, nodes, positions = GraphBuilder(recording, segments, loss).build(name_of)
        graph |= {"origin": "run", "complete": True}
        graph["site"] = self.constructed.site(trees[0]) if trees else None
        graph["backbone"] = torch_graph.has_foreign_module(trees, is_users)
        return Model(graph, nodes, positions, roots, trees, entries)

    def sketch(self, model: Model) -> None:
        """A first picture of the model, unless a larger one is there."""
        old = self.recorder.facts["graph"]
        if old is None or _size(model.graph) >= _size(old):
            self.put_graph(model)

    def put_graph(self, model: Model) -> None:
        """The graph of the trained model."""
        facts = self.recorder.facts
        facts["framework"] = facts["framework"] or "torch"
        facts["graph"] = model.graph
        self._roots = model.roots

    def put_rest(self) -> None:
        """Data, learner and trace as far as they are known."""
        facts, roots = self.recorder.facts, self._roots
        layers = (facts["graph"] or {}).get("layers") or [{}]
        first_op = next((op for op in (layer.get("op") for layer in layers) if op != "input"), None)
        uses, seen = self.losses.facts()
        if uses or self.batches.comes_from_data(roots):
            data = self.recorder.guarded(self.batches.facts, roots, first_op)
            facts["data"] = facts["data"] if data is None else data
        facts["learner"] = self._learner(uses)
        trace = self.recorder.trace()
        trace["loss_seen"] = seen
        trace["cycle"] = self.cycle.facts if self.cycle.facts["backward_calls"] else None
        trace["layers"] = self.dynamics.facts()
        parameter = next((p for root in roots for p in root.parameters()), None)
        trace["device"] = str(parameter.device) if parameter is not None else "cpu"

    def _learner(self, losses: list[Facts]) -> Facts:
        loader = self.batches.loader
        facts: Facts = loader_facts(loader, self.constructed) if loader is not None else {}
        if facts.get("batch_size") is None:
            facts["batch_size"] = self.batches.batch_size(self._roots)
        facts |= {"losses": losses, "optimizers": self.optimizers.facts(), "origin": "run"}
        return facts | {"fit_site": self.cycle.facts["backward_site"]}

    def census(self, model: Model, moved: list[Any]) -> None:
        """Compare the optimizers with the model and with all modules that ever got gradients."""
        trees = (*model.trees, *self.trees(moved))
        trained = {id(p) for tree in trees for p in tree.parameters()}
        self.optimizers.census(model.named_parameters(), trained)

    def add_unrun(self, tree: Any) -> None:
        """The layers of a model that no pass has reached, behind those that ran."""
        graph = self.recorder.facts["graph"]
        ran = {layer["name"] for layer in graph["layers"]}
        left = torch_graph.unrun_graph(tree, self.constructed.site)["layers"]
        for layer in (layer for layer in left if layer["name"] not in ran):
            graph["layers"].append(layer | {"index": len(graph["layers"])})
        graph |= {"complete": False, "outputs": [len(graph["layers"]) - 1]}

    def put_unrun(self) -> None:
        """A model that was built and never called still has layers."""
        graphs = [
            torch_graph.unrun_graph(tree, self.constructed.site)
            for tree in self.trees(self.living_modules())
        ]
        largest = max(graphs, key=_size, default=None)
        if largest is not None and _size(largest):
            facts = self.recorder.facts
            facts["framework"] = facts["framework"] or "torch"
            facts["graph"] = largest


def _size(graph: Facts) -> int:
    """Parameters of a graph."""
    return sum(layer.get("parameters", 0) for layer in graph["layers"])
