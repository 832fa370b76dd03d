"""Learning-rate schedules: what they did in the run, and what they would go on to do.

At the very end a copy of each schedule, over a stand-in for its optimizer, is stepped on without
training. The program's own schedule and optimizer are not moved.
"""

from __future__ import annotations

import copy
import math
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from .recorder import Recorder
from .torch_recording import Facts

MOST_SCHEDULES = 16
MOST_SIMULATED = 3000
"""Schedule steps run on without training; about 10 microseconds each."""
ALL_OF_THE_FIRST = 64
POINTS_PER_DOUBLING = 8
VANISHED = 1e-4
"""Share of the highest rate; far below the 1e-3 that step decays end at."""
HORIZONS = ("T_max", "total_steps", "total_iters")
PERIODIC = ("CosineAnnealingWarmRestarts", "CyclicLR")
MOST_LOSSES = 10_000
ASKED_EVERY = 32
"""Loss calls after which it is looked again whether a schedule waits for a metric."""


def rate_of(group: Any) -> float | None:
    """The learning rate of a parameter group, also when it is a tensor."""
    rate = group.get("lr")
    if type(rate) is float:
        return rate
    try:
        return float(rate)
    except (TypeError, ValueError):
        return None


class _Known:
    """One schedule: its facts, its rates so far and the losses since its last step."""

    def __init__(self, schedule: Any, site: Any) -> None:
        self.reference = weakref.ref(schedule)
        self.rates: list[float | None] = []
        self.steps = 0
        self.facts: Facts = {
            "name": type(schedule).__name__,
            "site": site,
            "mode": getattr(schedule, "mode", None) if is_plateau(schedule) else None,
            "horizon": horizon_of(schedule),
            "periodic": type(schedule).__name__ in PERIODIC,
        }


class Schedules:
    """All schedules of the program."""

    def __init__(self, recorder: Recorder, constructed: Any) -> None:
        self._recorder = recorder
        self._constructed = constructed
        self._known: list[_Known] = []
        self._losses: list[tuple[float, int, bool]] = []
        self._plateaus = False
        self._asked = 0

    def before(self, schedule: Any) -> None:
        """A schedule is about to step: the rate before its first step is the one at 0."""
        known = self._find(schedule)
        if known is not None and not known.rates:
            known.rates.append(_rate(schedule))

    def stepped(self, schedule: Any, metric: Any) -> tuple[int | None, Facts]:
        """(number of the schedule, facts of the event) after it has stepped."""
        known = self._find(schedule)
        if known is None:
            return None, {}
        known.steps += 1
        if len(known.rates) <= MOST_SIMULATED:
            known.rates.append(_rate(schedule))
        facts: Facts = {"rate": _rate(schedule)}
        if is_plateau(schedule) and metric is not None:
            value = float(metric)
            facts |= {"metric": value, "fed_loss": self._is_loss(value)}
            self._losses = []
        return self._known.index(known), facts

    def _find(self, schedule: Any) -> _Known | None:
        for known in self._known:
            if known.reference() is schedule:
                return known
        if len(self._known) >= MOST_SCHEDULES or not hasattr(schedule, "optimizer"):
            return None
        self._known.append(_Known(schedule, self._constructed.site(schedule)))
        return self._known[-1]

    # Losses, for schedules that are given one

    @property
    def wants_losses(self) -> bool:
        """Whether a schedule waits for a metric."""
        self._asked += 1
        if self._asked % ASKED_EVERY == 1:
            self._plateaus = any(map(is_plateau, self._living()))
        return self._plateaus and len(self._losses) < MOST_LOSSES

    def loss(self, value: Any, samples: int, *, training: bool) -> None:
        """A loss function returned a value."""
        if getattr(value, "numel", lambda: 0)() == 1:
            self._losses.append((float(value.detach()), samples, training))

    def _is_loss(self, metric: float) -> bool:
        """Whether the metric is the last loss, or a mean or the sum of losses."""
        for kept in ((True, False), (True,), (False,)):
            losses = [entry for entry in self._losses if entry[2] in kept]
            if not losses:
                continue
            values = [value for value, _, _ in losses]
            total, samples = math.fsum(values), sum(count for _, count, _ in losses)
            weighted = math.fsum(value * count for value, count, _ in losses)
            likely = [values[-1], total, total / len(values), weighted, weighted / max(samples, 1)]
            if any(math.isclose(metric, value, rel_tol=1e-4) for value in likely):
                return True
        return False

    # The end

    def _living(self) -> list[Any]:
        import torch

        return list(self._constructed.living(torch.optim.lr_scheduler.LRScheduler))

    def facts(self, optimizer_number: Callable[[Any], int | None]) -> list[Facts]:
        """The Schedules; a part of another schedule is left out."""
        parts = {id(part) for whole in self._living() for part in _parts(whole)}
        for schedule in self._living():
            if id(schedule) not in parts:
                self._find(schedule)
        found = []
        for known in self._known:
            schedule = known.reference()
            facts = known.facts | {"steps": known.steps}
            if schedule is not None:
                facts["optimizer"] = optimizer_number(schedule.optimizer)
                rates = self._recorder.guarded(run_on, schedule, known.rates)
                facts |= describe(rates or known.rates)
            found.append(facts)
        return found


def is_plateau(schedule: Any) -> bool:
    """Whether the schedule waits for a metric to stop improving."""
    return any(base.__name__ == "ReduceLROnPlateau" for base in type(schedule).__mro__)


def horizon_of(schedule: Any) -> int | None:
    """Steps that a schedule was built for, where it has an end."""
    for name in HORIZONS:
        value = getattr(schedule, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    milestones = getattr(schedule, "milestones", None)
    if milestones and type(schedule).__name__ == "MultiStepLR":
        return int(max(milestones))
    return None


def _parts(schedule: Any) -> list[Any]:
    return list(getattr(schedule, "_schedulers", None) or [])


def _rate(schedule: Any) -> float | None:
    groups = schedule.optimizer.param_groups
    return rate_of(groups[0]) if groups else None


def run_on(schedule: Any, rates: list[float | None]) -> list[float | None]:
    """The rates so far, continued by stepping a copy of the schedule."""
    rates = rates or [_rate(schedule)]
    if is_plateau(schedule) or any(map(is_plateau, _parts(schedule))):
        return rates
    twin = _twin(schedule)
    rates = list(rates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while len(rates) <= MOST_SIMULATED:
            try:
                twin.step()
            except ValueError:  # OneCycleLR refuses to be stepped beyond its end
                break
            rates.append(_rate(twin))
    return rates


def _twin(schedule: Any) -> Any:
    """A copy over a stand-in for the optimizer; large things that it may hold are shared."""
    import torch

    original = schedule.optimizer
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in original.param_groups]
    stand_in = torch.optim.SGD([{"params": [p]} for p in parameters], lr=1.0)
    for group, given in zip(stand_in.param_groups, original.param_groups, strict=True):
        group.update({k: copy.deepcopy(v) for k, v in given.items() if k != "params"})
    stand_in.defaults = dict(original.defaults)
    stand_in._opt_called = True
    memo: dict[int, Any] = {id(original): stand_in}
    shared = (torch.nn.Module, torch.utils.data.DataLoader, torch.utils.data.Dataset)
    for held in vars(schedule).values():
        if isinstance(held, shared):
            memo[id(held)] = held
    return copy.deepcopy(schedule, memo)


def describe(rates: list[float | None]) -> Facts:
    """Highest and lowest rate, and the rates themselves, thinner towards the end."""
    known = [rate for rate in rates if rate is not None]
    if len(known) != len(rates) or not known or not all(map(math.isfinite, known)):
        return {"simulated": 0}
    peak, lowest = max(known), min(known)
    floor = lowest + 1e-9 * max(peak, 0.0)
    at = _thinned(len(known))
    return {
        "simulated": len(known) - 1,
        "at": at,
        "rates": [known[i] for i in at],
        "peak": peak,
        "peak_at": next(i for i, r in enumerate(known) if r >= peak * (1 - 1e-9)),
        "lowest": lowest,
        "lowest_at": next(i for i, r in enumerate(known) if r <= floor),
        "vanishes_at": _vanishes_at(known, peak),
    }


def _vanishes_at(rates: list[float], peak: float) -> int | None:
    """From when on the rate stays below a ten-thousandth of its peak."""
    last = max((i for i, rate in enumerate(rates) if rate >= VANISHED * peak), default=-1)
    return last + 1 if peak > 0 and last + 1 < len(rates) else None


def _thinned(count: int) -> list[int]:
    """Indices below `count`: all of the first, then so many per doubling, and the last."""
    found = list(range(min(count, ALL_OF_THE_FIRST)))
    place = float(ALL_OF_THE_FIRST)
    while place < count:
        found.append(int(place))
        place *= 2 ** (1 / POINTS_PER_DOUBLING)
    return sorted({*found, count - 1})
