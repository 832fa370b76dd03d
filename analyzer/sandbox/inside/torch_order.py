"""The calls around the optimizer in the order in which the program makes them.

Every call becomes one small event; the user's place is looked up once per instruction. Gradients
are counted, never changed or read, and no random number is drawn.
"""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any

from . import torch_order_plan as plan
from .recorder import Recorder
from .torch_cycle import holds_gradient, parameters_of
from .torch_order_graph import Graphs
from .torch_order_numbers import Numbered
from .torch_order_places import Places
from .torch_recording import Facts
from .torch_schedule import Schedules, rate_of

MOST_EVENTS = 3000
MOST_PLANS = 20
"""Backward passes at which the plan of the loops is looked for."""
MOST_NORMS = 200
"""Clipping norms that are read: on a device each one waits for the computation."""


class Order:
    """Writes `CallOrder`.

    Attributes:
        graphs: looks at the autograd graph behind a loss.
        schedules: the learning-rate schedules.
        in_scaler: how many steps of a GradScaler are running.
        closed: whether the program has ended; what is called then is our own doing.
    """

    def __init__(self, recorder: Recorder, constructed: Any) -> None:
        self.recorder = recorder
        self.constructed = constructed
        self.graphs = Graphs()
        self.schedules = Schedules(recorder, constructed)
        self._facts: Facts | None = None
        self._places = Places(recorder)
        self._optimizers = Numbered()
        self._living: list[weakref.ref[Any]] = []
        self._tensors = Numbered(2**31)
        self._loaders = Numbered()
        self._samplers = Numbered()
        self._scalers = Numbered()
        self._orders: dict[int, int] = {}
        self._owners: dict[int, int] = {}
        self._rates: dict[int, list[float]] = {}
        self._norms = 0
        self._read: weakref.ref[Any] | None = None
        self._halves: list[str] = []
        self.in_scaler = 0
        self._plans = 0
        self.closed = False

    @property
    def facts(self) -> Facts:
        """`CallOrder` under construction."""
        if self._facts is None:
            lists = ("calls", "events", "optimizers", "schedules", "scalers", "samplers")
            order: Facts = {"steps": 0, "whole": True, "plan": {}}
            self._facts = self.recorder.facts["order"] = order | {name: [] for name in lists}
        return self._facts

    # Events

    def event(self, kind: str, caller: FrameType | None = None, **facts: Any) -> Facts | None:
        """One call, at the user's place; None when no more are kept."""
        return self._enter(self._places.number(kind, self._facts or self.facts, caller), facts)

    def _enter(self, place: int | None, facts: Facts) -> Facts | None:
        if place is None:
            return None
        found = self._facts or self.facts
        found["calls"][place]["count"] += 1
        events = found["events"]
        if len(events) >= MOST_EVENTS:
            found["whole"] = False
            return None
        made = {"call": place}
        for name, value in facts.items():
            if value is not None:
                made[name] = value
        events.append(made)
        return made

    # Optimizers

    def _optimizer(self, optimizer: Any) -> int | None:
        known = self._optimizers.find(optimizer)
        if known is not None:
            return known
        number, new = self._optimizers.number(optimizer)
        if new and number is not None:
            self._living.append(weakref.ref(optimizer))
            held = parameters_of(optimizer)
            for parameter in held:
                self._owners.setdefault(id(parameter), number)
            name, site = type(optimizer).__name__.lower(), self.constructed.site(optimizer)
            facts = {"name": name, "site": site, "parameters": len(held), "shared": {}}
            counters = dict.fromkeys(("gradients", "steps", "empty", "still"), 0)
            self.facts["optimizers"].append(facts | counters)
            self._note_shared(number, held)
        return number

    def _note_shared(self, number: int, held: list[Any]) -> None:
        own = {id(p) for p in held}
        facts = self.facts["optimizers"]
        for other, reference in enumerate(self._living[:number]):
            optimizer = reference()
            if optimizer is None:
                continue
            both = len(own & {id(p) for p in parameters_of(optimizer)})
            if both:
                facts[other]["shared"][str(number)] = facts[number]["shared"][str(other)] = both

    def before_step(
        self, optimizer: Any, *, has_closure: bool, caller: FrameType | None = None
    ) -> None:
        """An optimizer is about to step."""
        number = self._optimizer(optimizer)
        held = None if has_closure else _gradients(parameters_of(optimizer))
        rates = [r for r in map(rate_of, optimizer.param_groups) if r is not None]
        found = self.facts
        found["steps"] += 1
        rate, scaled = rates[0] if rates else None, self.in_scaler > 0
        self.event("step", caller, of=number, held=held, rate=rate, scaled=scaled or None)
        self.graphs.steps += 1
        if number is None:
            return
        facts = found["optimizers"][number]
        facts["steps"] += 1
        facts["empty"] += held == 0
        if rates:
            facts["still"] += max(rates) == 0
            if rates != self._rates.get(number):
                self._rates[number] = rates
                facts["lowest"] = min([*rates, facts.get("lowest", rates[0])])
                facts["highest"] = max([*rates, facts.get("highest", rates[0])])

    def zero_grad(self, owner: Any, caller: FrameType | None = None) -> None:
        """An optimizer's or a module's gradients are cleared."""
        is_optimizer = hasattr(owner, "param_groups")
        self.event("zero_grad", caller, of=self._optimizer(owner) if is_optimizer else None)

    # Backward

    def before_backward(
        self, tensor: Any, *, retained: bool, partly: bool, caller: FrameType | None = None
    ) -> None:
        """A backward pass begins from this tensor; `partly` when it is for some inputs only."""
        if self._plans < MOST_PLANS and not self.facts["plan"]:
            self._plans += 1
            frame = self.recorder.user_frame()
            self.facts["plan"] = plan.of_frame(self.recorder.sources, frame, self.loader_length)
        place = self._places.number("backward", self._facts or self.facts, caller)
        facts: Facts = {"retained": retained or None, "inside": bool(self._halves) or None}
        if tensor is not None and tensor.grad_fn is not None:
            number, new = self._tensors.number(tensor)
            if not new and not partly:
                facts["held"] = int(any(map(self._holds, self._living)))
            facts["of"] = None if partly else number
            facts |= self.graphs.look(tensor.grad_fn, place, retained=retained)
        self._enter(place, facts)

    @staticmethod
    def _holds(reference: weakref.ref[Any]) -> bool:
        optimizer = reference()
        return optimizer is not None and holds_gradient(parameters_of(optimizer))

    # Clipping

    def clip(self, parameters: Any, bound: Any) -> Facts | None:
        """Gradients are about to be clipped."""
        tensors = [parameters] if hasattr(parameters, "grad") else list(parameters)
        owners = (self._owners.get(id(p)) for p in tensors)
        owner = next((o for o in owners if o is not None), None)
        if owner is None:
            for optimizer in self.constructed.living(_optimizer_class()):
                self._optimizer(optimizer)
            owner = next((self._owners[id(p)] for p in tensors if id(p) in self._owners), None)
        return self.event("clip", of=owner, held=_gradients(tensors), bound=_number(bound))

    def clipped(self, event: Facts | None, norm: Any) -> None:
        """The total norm before clipping."""
        if event is not None and norm is not None and self._norms < MOST_NORMS:
            self._norms += 1
            event["norm"] = _number(norm)

    # Mixed precision

    def scaler_made(self, scaler: Any, wanted: bool) -> None:
        """A GradScaler exists."""
        number, new = self._scalers.number(scaler)
        if new and number is not None:
            enabled = bool(getattr(scaler, "_enabled", False))
            scale = _number(getattr(scaler, "_init_scale", None))
            site = self.recorder.user_site()
            facts = {"site": site, "wanted": wanted, "enabled": enabled, "scale": scale}
            self.facts["scalers"].append(facts)

    def scaler_call(self, kind: str, optimizer: Any = None) -> None:
        """`unscale_`, `step` or `update` of a GradScaler."""
        number = None if optimizer is None else self._optimizer(optimizer)
        self.event(kind, of=number)

    def autocast(self, precision: str | None) -> None:
        """A region of half precision begins, or ends with None."""
        if precision is None:
            del self._halves[-1:]
            return
        self._halves.append(precision)
        self.event("autocast", precision=precision)

    # Data

    def reads(self, loader: Any) -> None:
        """An iteration over a loader begins."""
        self.event("epoch", of=self._loaders.number(loader)[0])
        if not self.facts["steps"]:
            self._read = weakref.ref(loader)

    @property
    def loader_length(self) -> int | None:
        """Batches of the loader that was read last before the first step."""
        loader = None if self._read is None else self._read()
        try:
            return None if loader is None else len(loader)
        except (TypeError, NotImplementedError):
            return None  # an iterable dataset without a length

    def _sampler(self, sampler: Any) -> int | None:
        number, new = self._samplers.number(sampler)
        if new:
            site, shuffles = self.constructed.site(sampler), bool(getattr(sampler, "shuffle", True))
            counters = {"iterations": 0, "same": 0, "entries": 0}
            self.facts["samplers"].append({"site": site, "shuffles": shuffles} | counters)
        return number

    def sampled(self, sampler: Any, indices: list[int]) -> None:
        """A distributed sampler gave the order of one epoch."""
        number, mark = self._sampler(sampler), hash(tuple(indices))
        if number is None:
            return
        found = self.facts["samplers"][number]
        found["entries"] = len(indices)
        found["iterations"] += 1
        found["same"] += self._orders.get(number) == mark
        self._orders[number] = mark

    def epoch_set(self, sampler: Any) -> None:
        """set_epoch of a distributed sampler."""
        self.event("set_epoch", of=self._sampler(sampler))

    # Schedules

    def scheduled(self, schedule: Any, metric: Any) -> None:
        """A schedule has stepped."""
        number, facts = self.schedules.stepped(schedule, metric)
        self.event("scheduler_step", of=number, **facts)

    def finish(self) -> None:
        """Fill in what is only known at the end."""
        self.closed = True
        if self.recorder.facts.get("order") is None:
            return
        for optimizer in self.constructed.living(_optimizer_class()):
            number = self._optimizer(optimizer)
            if number is not None:
                held = _gradients(parameters_of(optimizer))
                self.facts["optimizers"][number]["gradients"] = held
        self.facts["schedules"] = self.schedules.facts(self._optimizers.find)


def _optimizer_class() -> Any:
    import torch

    return torch.optim.Optimizer


def _gradients(parameters: list[Any]) -> int:
    return len([p for p in parameters if p.grad is not None])


def _number(value: Any) -> float | None:
    """A plain number or a tensor with one element as a float."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError, RuntimeError):
        return None
