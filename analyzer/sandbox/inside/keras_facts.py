"""Write what is known of a Keras training run into the recorder's facts, as early as it is known.

Each part is written as soon as it can be and again when more is known, so a program that crashes in
its first step still leaves its graph, its data and its learner.
"""

from __future__ import annotations

from types import FrameType
from typing import Any

from . import keras_data
from .keras_class_weights import class_weights
from .keras_graph import GraphReader
from .keras_learner import LearnerReader, changes_rate
from .keras_session import Session
from .keras_source import SourceCalls

DEFAULT_BATCH = 32
FIT_POSITIONS = {"x": 0, "y": 1, "batch_size": 2, "epochs": 3}
FIT_POSITIONS |= {"class_weight": 9, "sample_weight": 10}


class Facts:
    """Fills graph, data and learner of one training run.

    Attributes:
        graph_layers: the layer objects at the indices of the graph's layers.
    """

    def __init__(self, session: Session, calls: SourceCalls) -> None:
        self.session = session
        self.recorder = session.recorder
        self.calls = calls
        self.learner = LearnerReader(session, calls)
        self.limit = int(self.recorder.request.get("samples", 4096))
        self.graph_layers: list[Any] = []

    def write_framework(self) -> None:
        """Which Keras the program trains with, by the imports of the file that calls it."""
        frame = self.recorder.user_frame()
        path = None if frame is None else self.recorder.sources.relative(frame.f_code.co_filename)
        imported, used = (set(), set()) if path is None else self.calls.names(path)
        direct = any(name.partition(".")[0] in ("keras", "tf_keras") for name in imported)
        through = any(".keras" in name for name in imported | used)
        self.recorder.facts["framework"] = "tf.keras" if through and not direct else "keras"

    def write_version(self, module: Any) -> None:
        """The version of a framework that was imported."""
        version = getattr(module, "__version__", None)
        if isinstance(version, str):
            self.recorder.facts["versions"][module.__name__] = version

    def write_graph(self, model: Any) -> None:
        """The graph as far as the model is built."""
        reader = GraphReader(self.session)
        graph = reader.read(model)
        if graph["layers"]:
            self.recorder.facts["graph"] = graph
            self.graph_layers = reader.objects

    def write_untrained(self) -> None:
        """The largest model that was built, and how it was compiled, when none was trained."""
        facts = self.recorder.facts
        if facts["graph"] is not None:
            return
        models = [model for model in self.session.models if getattr(model, "built", False)]
        models = [model for model in models if model not in self.session.library]
        if not models:
            return
        model = max(models, key=lambda each: len(each.weights))
        with self.session.unobserved():
            self.write_graph(model)
            compiled = model in self.session.compiled
            if compiled and facts["learner"] is None:
                facts["learner"] = self.learner.read(model)
        if facts["framework"] is None and facts["graph"] is not None:
            facts["framework"] = "keras"

    def write_learner(self, model: Any, arguments: dict[str, Any]) -> None:
        """Learner of a compiled model that is trained by this call."""
        site = self.recorder.user_site()
        learner = self.learner.read(model)
        learner |= self._fit_settings(arguments, site) | {"fit_site": site}
        if changes_rate(arguments.get("callbacks")):
            for optimizer in learner["optimizers"]:
                optimizer["scheduled"] = True
        self.recorder.facts["learner"] = learner
        if len(learner["losses"]) == 1:
            learner["losses"][0] |= self._class_weights(arguments, site)

    def _class_weights(self, arguments: dict[str, Any], site: Any) -> dict[str, Any]:
        """The weights of the only loss's classes, and the argument that gives them."""
        found = self.recorder.guarded(class_weights, arguments)
        if found is None:
            return {}
        name, weights = found
        return {"class_weights": weights, "class_weights_site": self._argument(site, name)}

    def _fit_settings(self, arguments: dict[str, Any], site: Any) -> dict[str, Any]:
        x = arguments.get("x")
        arrays = keras_data.array_leaves(x)
        batch = arguments.get("batch_size")
        if batch is None and arrays:
            batch = DEFAULT_BATCH
        samples = _samples(arrays)
        share = arguments.get("validation_split") or None
        if samples is not None and share:
            samples = keras_data.split_at(samples, share)
        if samples is not None and batch:
            batch = min(int(batch), samples) or None
        return {
            "batch_size": _whole(batch),
            "batch_size_site": self._argument(site, "batch_size"),
            "epochs": _whole(arguments.get("epochs", 1)),
            "epochs_site": self._argument(site, "epochs"),
            "steps_per_epoch": _steps(arguments.get("steps_per_epoch"), x, samples, batch),
            "shuffle": _shuffles(arguments, arrays),
            "validation_split": float(share) if share else None,
        }

    def _argument(self, site: Any, name: str) -> Any:
        names = (name, "nb_epoch") if name == "epochs" else (name,)
        return self.calls.argument(site, names, FIT_POSITIONS[name])

    def write_loop(self, model: Any, optimizer: Any, loss_call: Any) -> None:
        """Learner of a hand-written loop: its first optimizer and its first loss."""
        losses = []
        if loss_call is not None:
            losses = [self.learner.loss(loss_call.loss, loss_call.site)]
            losses[0]["call_site"] = loss_call.site
        self.recorder.facts["learner"] = {
            "losses": losses,
            "optimizers": [self.learner.optimizer(optimizer, {}, model)],
            "origin": "run",
        }

    def write_batch(self, arrays: list[Any]) -> None:
        """The batch size that was seen, when nobody named it."""
        learner = self.recorder.facts["learner"]
        if learner is not None and learner.get("batch_size") is None and arrays:
            learner["batch_size"] = int(arrays[0].shape[0])

    def write_arrays(self, arguments: dict[str, Any]) -> None:
        """Data profile of the arrays given to fit; a stream is described as it passes."""
        frame = self.recorder.user_frame()
        names = keras_data.Names(frame)
        x, y = arguments.get("x"), arguments.get("y")
        data = self._data()
        arrays = keras_data.array_leaves(x)
        if arrays:
            share = arguments.get("validation_split") or 0.0
            end = keras_data.split_at(_samples(arrays) or 0, share) if share else None
            data["inputs"], data["labels"] = self._sides(x, y, names, frame, slice(end))
            if end is not None:
                rest = self._sides(x, y, names, frame, slice(end, None))
                data["validation_inputs"], data["validation_labels"] = rest
        validation = arguments.get("validation_data")
        if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
            given, labels = validation[0], validation[1]
            found = keras_data.describe_sides(given, labels, names, self.limit)
            data["validation_inputs"], data["validation_labels"] = found
        wanted = self.recorder.request.get("profiled_names")
        data["test_inputs"] = keras_data.profiled(names, wanted, self.limit)
        self._write_kind(data)

    def _sides(self, x: Any, y: Any, names: Any, frame: FrameType | None, part: slice) -> Any:
        inputs, labels = keras_data.describe_sides(x, y, names, self.limit, part)
        for found, name in ((inputs, "x"), (labels, "y")):
            if len(found) == 1 and found[0]["name"] is None and frame is not None:
                site = self.recorder.sources.of_frame(frame)
                found[0]["name"] = self.calls.name_of(site, (name,), FIT_POSITIONS[name])
        return inputs, labels

    def write_stream(self, batches: Any, samples: int | None) -> None:
        """Data profile of the batches that passed, when the program trains on a stream."""
        data = self._data()
        data["inputs"], data["labels"] = batches.describe(samples, self.limit)
        self._write_kind(data)

    def write_model_input(self, batches: Any) -> None:
        """Statistics of what entered the model."""
        self._data()["input_at_model"] = batches.describe(None, self.limit)[0]

    def _data(self) -> dict[str, Any]:
        if self.recorder.facts["data"] is None:
            self.recorder.facts["data"] = {}
        data: dict[str, Any] = self.recorder.facts["data"]
        return data

    def _write_kind(self, data: dict[str, Any]) -> None:
        layers = [getattr(layer, "data_format", None) for layer in self.graph_layers]
        first = next((value for value in layers if value), None) == "channels_first"
        graph = self.recorder.facts["graph"]
        data["kind"] = keras_data.kind_of(data.get("inputs", []), graph, first)


def _samples(arrays: list[Any] | None) -> int | None:
    if not arrays:
        return None
    shape = getattr(arrays[0], "shape", None)
    return len(arrays[0]) if shape is None else int(shape[0]) if len(shape) else None


def _steps(given: Any, x: Any, samples: int | None, batch: Any) -> int | None:
    """Steps of one epoch: as given, or counted from samples or the stream's own length."""
    if given is not None:
        return _whole(given)
    if samples is not None and batch:
        return -(-samples // int(batch))
    if hasattr(x, "cardinality"):
        count = int(x.cardinality())
        return count if count > 0 else None
    return len(x) if hasattr(x, "__len__") and samples is None else None


def _shuffles(arguments: dict[str, Any], arrays: Any) -> bool | None:
    """Keras shuffles arrays and Sequences itself; what a generator does is unknown."""
    if arrays or hasattr(arguments.get("x"), "__getitem__"):
        return bool(arguments.get("shuffle", True))
    return None


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None
