"""Loss calls: modules, functions, and values written by hand, with what went into them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from . import torch_layers as layers
from . import torch_names as names
from .recorder import Recorder
from .torch_arguments import bound_arguments, number_of
from .torch_class_weights import ClassWeights
from .torch_constructed import Constructed, Site
from .torch_loss_ranges import look
from .torch_recording import Facts

MARK = "faultline_loss"
MOST_WAITING = 64
MOST_EVALUATED = 16
MOST_VISITED = 2000
PREDICTIONS = ("input", "log_probs", "anchor", "input1", "x1", "y_pred", "pred", "output")
TARGETS = ("target", "targets", "y_true", "labels", "label", "y")


class LossCall:
    """One loss call while it runs and until a backward pass shows whether it counts.

    Attributes:
        use: its LossUse; seen: its LossSeen for this one call.
        prediction, target: the tensors; the prediction is dropped when the call returns.
        sources: graph nodes that feed the prediction, when they were recorded.
        what: the module or function, and the arguments of this call, while it runs.
        weights: the class weights, as `torch_class_weights.Given`.
    """

    def __init__(self, book: LossBook, use: Facts, key: Any, given: dict[str, Any]) -> None:
        self.use, self.key, self._book = use, key, book
        self.prediction = _pick(given, PREDICTIONS, 0)
        self.target = _pick(given, TARGETS, 1)
        self.seen: Facts = {"site": use["call_site"]}
        self.sources: Any = None
        self.what: tuple[Any, tuple[Any, Any]] | None = None
        self.weights: Any = None
        self.number = 0

    def __enter__(self) -> None:
        self._book.begins(self)

    def __exit__(self, *_trouble: object) -> None:
        self._book.ends(self)
        self.prediction = self.what = None

    def finish(self, value: Any) -> Any:
        """Take the loss value and hand it on."""
        self._book.returned(self, value)
        return value


def _pick(given: dict[str, Any], wanted: tuple[str, ...], position: int) -> Any:
    for name in wanted:
        if layers.first_tensor(given.get(name)) is not None:
            return layers.first_tensor(given[name])
    values = list(given.values())
    return layers.first_tensor(values[position]) if len(values) > position else None


def marked(value: Any) -> Any:
    """A loss value, marked as one and otherwise not looked at."""
    node = getattr(value, "grad_fn", None)
    if node is not None:
        node.metadata.setdefault(MARK, [])
    return value


class LossBook:
    """All losses that a backward pass has started from.

    Attributes:
        thin: whether losses of the running step are only marked as such.
        inside: how many loss calls are running.
        waiting: calls since the last backward pass, oldest first.
        class_weights: those that the losses were given.
        measured: whether the running step is one whose predictions are looked at.
        on_call: told about a call before it runs.
    """

    def __init__(self, recorder: Recorder, constructed: Constructed) -> None:
        self.inside = 0
        self.waiting: list[LossCall] = []
        self.measured, self.thin = True, False
        self.on_call: Callable[[LossCall], None] = lambda _call: None
        self._recorder = recorder
        self._constructed = constructed
        self.class_weights = ClassWeights(constructed)
        self._uses: dict[Any, tuple[Facts, Facts]] = {}
        self._evaluated: dict[Any, Facts] = {}
        self._number = 0

    # Recognising a loss

    @staticmethod
    def is_loss(module: Any) -> bool:
        """Whether the module's class is one of losses."""
        return _loss_class(module) is not None

    def module_call(self, module: Any, call: tuple[Any, Facts]) -> LossCall | None:
        """The call of a loss module; None when the module is no loss."""
        import torch

        if self.inside:
            return None
        kind = _loss_class(module)
        if kind is None:
            return None
        if not torch.is_grad_enabled():
            self._evaluates(names.LOSS_MODULES.get(kind), vars(module), module)
            return None
        given = bound_arguments(type(module).forward, (module, *call[0]), call[1])
        given.pop("self", None)
        canonical = names.LOSS_MODULES.get(kind)
        use = self._use(canonical or kind, canonical is None, vars(module))
        use["site"] = self._constructed.site(module) or use["call_site"]
        found = LossCall(self, use, _key(use), given)
        found.what = module, call
        found.weights = self.class_weights.of_module(use["name"], module)
        return found

    def function_call(self, name: str, function: Any, call: tuple[Any, Facts]) -> LossCall | None:
        """The call of a loss function outside any loss module."""
        import torch

        if self.inside or not torch.is_grad_enabled():
            return None
        given = bound_arguments(function, *call)
        use = self._use(names.LOSS_FUNCTIONS[name], False, given)
        use["site"] = use["call_site"]
        found = LossCall(self, use, _key(use), given)
        found.what = function, call
        found.weights = self.class_weights.of_call(use["name"], given)
        return found

    def _evaluates(self, name: str | None, settings: Facts, module: Any) -> None:
        """A loss module is called while no gradients are recorded: for a figure, not for a step."""
        site = self._recorder.user_site()
        if name is None or site is None or len(self._evaluated) >= MOST_EVALUATED:
            return
        key = (name, site["line"], site["column"], id(module))
        smoothing = settings.get("label_smoothing")
        fresh: Facts = {"calls": 0, "name": name, "site": site, "loss": id(module)}
        if isinstance(smoothing, (int, float)):
            fresh["label_smoothing"] = float(smoothing)
        self._evaluated.setdefault(key, fresh)["calls"] += 1

    def evaluation_facts(self) -> list[Facts]:
        """The losses that were computed for a figure alone."""
        return list(self._evaluated.values())

    def _use(self, name: str, custom: bool, settings: Facts) -> Facts:
        reduction, ignored = settings.get("reduction"), settings.get("ignore_index")
        smoothing = settings.get("label_smoothing")
        return {
            "name": name,
            "custom": custom,
            "reduction": reduction if isinstance(reduction, str) else None,
            "ignore_index": ignored if isinstance(ignored, int) else None,
            "label_smoothing": float(smoothing) if isinstance(smoothing, (int, float)) else None,
            "call_site": self._recorder.user_site(),
        }

    # The life of one call

    def begins(self, call: LossCall) -> None:
        """A loss is about to be computed; it may fail on shapes that do not fit."""
        self.inside += not call.use["custom"]  # a known loss inside one of the program's own counts
        self.class_weights.around += call.use["custom"]
        self.look(call)
        self.waiting.append(call)
        del self.waiting[:-MOST_WAITING]
        self._recorder.guarded(self.on_call, call)

    def ends(self, call: LossCall) -> None:
        """A loss returned or failed."""
        self.inside -= not call.use["custom"]
        self.class_weights.around -= call.use["custom"]

    def look(self, call: LossCall) -> None:
        """Take down shapes and, when the step is looked at, ranges."""
        self._recorder.guarded(look, call, self.measured or not self._uses)

    def returned(self, call: LossCall, value: Any) -> None:
        """Mark the loss in the autograd graph, so that a backward pass from it is recognised."""
        tensor = layers.first_tensor(value)
        if tensor is None or tensor.grad_fn is None:
            if call in self.waiting:
                self.waiting.remove(call)
            return
        self._number += 1
        call.number = self._number
        tensor.grad_fn.metadata.setdefault(MARK, []).append(call.number)
        if tensor.numel() == 1:
            call.seen["first"] = call.seen["last"] = number_of(tensor)

    def take(self, tensor: Any) -> list[LossCall]:
        """The waiting calls that a backward pass from this tensor starts from; all are dropped."""
        plain = {call.number for call in self.waiting if not call.use["custom"]}
        found = _marks_behind(tensor, plain, len(self.waiting))
        calls = [call for call in self.waiting if call.number in found]
        self.waiting = []
        known = [call for call in calls if not call.use["custom"]]
        return known or calls

    def enter(self, calls: list[LossCall]) -> None:
        """Count these calls: they led to a step of the model."""
        for call in calls:
            use, seen = self._uses.setdefault(call.key, (call.use, {"calls": 0, "site": None}))
            _merge(seen, call.seen)
            use.update(call.use)
            self.class_weights.entered(call.key, call.weights)

    def facts(self) -> tuple[list[Facts], list[Facts]]:
        """The LossUses and, in the same order, the LossSeens; waiting calls if none counted."""
        if self._uses:
            uses = [
                (use | self.class_weights.facts(key), seen)
                for key, (use, seen) in list(self._uses.items())[:16]
            ]
            return [use for use, _ in uses], [seen for _, seen in uses]
        calls = list({call.key: call for call in self.waiting}.values())[:16]
        return [call.use for call in calls], [{"calls": 1, **call.seen} for call in calls]


def _key(use: Facts) -> Any:
    site: Site = use["call_site"] or {}
    return (use["name"], site.get("path"), site.get("line"), site.get("column"))


def _loss_class(module: Any) -> str | None:
    """Name of a loss module's class; a module of the program counts when it is named a loss."""
    kind: Any = type(module)
    return _loss_kind(kind)


@functools.cache
def _loss_kind(kind: Any) -> str | None:
    cls = layers.library_kind(kind)
    if cls is not None:
        return cls.__name__ if cls.__module__ == "torch.nn.modules.loss" else None
    for base in kind.__mro__:
        if base.__name__ in names.LOSS_MODULES and base.__module__.startswith("torch.nn"):
            return str(kind.__name__)
    name: str = kind.__name__
    return name if name.lower().endswith(("loss", "criterion")) else None


def _merge(seen: Facts, new: Facts) -> None:
    """Add one call to what was seen of a loss: bounds widen, the last value moves on."""
    seen["calls"] += 1
    for key, value in new.items():
        old = seen.get(key)
        if old is None or key == "last":
            seen[key] = value
        elif key.endswith("_min"):
            seen[key] = min(old, value)
        elif key.endswith("_max"):
            seen[key] = max(old, value)


def _marks_behind(tensor: Any, plain: set[int], wanted: int) -> set[int]:
    """Numbers of the losses that the tensor was computed from, not looking behind a plain loss."""
    found: set[int] = set()
    waiting, seen = [tensor.grad_fn], set[Any]()
    while waiting and len(found) < wanted and len(seen) < MOST_VISITED:
        node = waiting.pop(0)
        if node is None or node in seen:
            continue
        seen.add(node)
        marks = node.metadata.get(MARK, ())
        found.update(marks)
        if not plain.intersection(marks):
            waiting.extend(following for following, _ in node.next_functions)
    return found
