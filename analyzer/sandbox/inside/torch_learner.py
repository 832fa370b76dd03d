"""Optimizers, their parameters against the model's, and the loader that feeds the loop."""

from __future__ import annotations

import weakref
from typing import Any

from .torch_constructed import Constructed
from .torch_cycle import parameters_of
from .torch_recording import Facts

MOST_OPTIMIZERS = 16
MOST_MISSING = 200
MOMENTUM_POSITIONS = {"sgd": 2}
COUPLED = frozenset(
    {"SGD", "ASGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "Adamax", "NAdam", "RAdam"}
)
"""Optimizers of PyTorch that add weight decay to the gradients unless they are told not to."""


class Optimizers:
    """The optimizers that have stepped, in the order of their first steps."""

    def __init__(self, constructed: Constructed) -> None:
        self._constructed = constructed
        self._stepped: list[tuple[Any, Facts]] = []
        self._held: dict[int, tuple[Any, list[int], frozenset[int]]] = {}

    def living(self) -> list[Any]:
        """All optimizers of the program that still exist."""
        import torch

        return self._constructed.living(torch.optim.Optimizer)

    def held(self, optimizer: Any) -> frozenset[int]:
        """Identities of the parameters in an optimizer; a new group is noticed."""
        sizes = [len(group["params"]) for group in optimizer.param_groups]
        known = self._held.get(id(optimizer))
        if known is None or known[0]() is not optimizer or known[1] != sizes:
            found = frozenset(map(id, parameters_of(optimizer)))
            known = self._held[id(optimizer)] = weakref.ref(optimizer), sizes, found
        return known[2]

    def enter(self, optimizer: Any) -> bool:
        """An optimizer is about to step; whether it is the first time."""
        for known, facts in self._stepped:
            if known is optimizer:
                self._notice_rate(optimizer, facts)
                self._notice_decay(optimizer, facts)
                return False
        if len(self._stepped) < MOST_OPTIMIZERS:
            self._stepped.append((optimizer, self._describe(optimizer)))
        return True

    @staticmethod
    def _notice_rate(optimizer: Any, facts: Facts) -> None:
        """A learning rate that moves is scheduled, with or without a scheduler object."""
        if not facts["scheduled"] and _rate(optimizer) != facts["learning_rate"]:
            facts["scheduled"] = True

    @staticmethod
    def _notice_decay(optimizer: Any, facts: Facts) -> None:
        """A decay that the program lowers between two steps."""
        if facts["coupled_decay"]:
            facts["coupled_decay"] = min(facts["coupled_decay"], _coupled_decay(optimizer) or 0.0)

    def _describe(self, optimizer: Any) -> Facts:
        group = optimizer.param_groups[0] if optimizer.param_groups else {}
        name = type(optimizer).__name__.lower()
        return {
            "name": name,
            "learning_rate": _rate(optimizer),
            "momentum": _number(group.get("momentum")),
            "weight_decay": _number(group.get("weight_decay")),
            "coupled_decay": _coupled_decay(optimizer),
            "scheduled": self._has_scheduler(optimizer),
            "site": self._constructed.site(optimizer),
            "learning_rate_site": self._constructed.argument(optimizer, "lr", 1),
            "parameters": len(parameters_of(optimizer)),
        }

    def _has_scheduler(self, optimizer: Any) -> bool:
        import torch

        schedulers = self._constructed.living(torch.optim.lr_scheduler.LRScheduler)
        return any(getattr(scheduler, "optimizer", None) is optimizer for scheduler in schedulers)

    def census(self, model: dict[str, Any], trained: set[int]) -> None:
        """Compare what the optimizers hold with the trained model, and with all that is trained.

        Args:
            model: parameters of the trained model by name.
            trained: identities of the parameters of this model and of every module that ever got
                gradients.
        """
        held = {id(p) for optimizer in self.living() for p in parameters_of(optimizer)}
        missing = [n for n, p in model.items() if p.requires_grad and id(p) not in held]
        own = {id(p) for p in model.values()}
        for optimizer, facts in self._stepped:
            parameters = parameters_of(optimizer)
            foreign = [p for p in parameters if id(p) not in trained and p.grad is None]
            facts["foreign_parameters"] = len(foreign)
            of_model = any(id(p) in own for p in parameters) or len(foreign) == len(parameters)
            facts["missing_parameters"] = missing[:MOST_MISSING] if of_model else []

    def facts(self) -> list[Facts]:
        """The OptimizerUses; before any step those of all optimizers that exist."""
        if self._stepped:
            return [facts for _, facts in self._stepped]
        return [self._describe(optimizer) for optimizer in self.living()[:MOST_OPTIMIZERS]]


def _rate(optimizer: Any) -> float | None:
    return _number(optimizer.param_groups[0].get("lr")) if optimizer.param_groups else None


def _coupled_decay(optimizer: Any) -> float | None:
    """The smallest decay of all groups that is added to the gradients."""
    cls, groups = type(optimizer), optimizer.param_groups
    if cls.__name__ not in COUPLED or not cls.__module__.startswith("torch.optim"):
        return None
    if any(group.get("decoupled_weight_decay") for group in groups):
        return None
    decays = [group.get("weight_decay") for group in groups]
    plain = [float(decay) for decay in decays if isinstance(decay, (int, float))]
    return min(plain) if plain and len(plain) == len(decays) else None


def _number(value: Any) -> float | None:
    """A plain number or a tensor with one element as a float."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if getattr(value, "numel", lambda: 0)() == 1 else None


def loader_facts(loader: Any, constructed: Constructed) -> Facts:
    """Batch size, its place, steps per epoch, shuffling and sampler of a DataLoader."""
    facts: Facts = {"batch_size": loader.batch_size, "shuffle": _shuffles(loader)}
    facts["sampler"] = _sampler(loader)
    facts["batch_size_site"] = constructed.argument(loader, "batch_size", 1)
    try:
        facts["steps_per_epoch"] = len(loader)
    except (TypeError, NotImplementedError):
        facts["steps_per_epoch"] = None  # an iterable dataset without a length
    return facts


def _sampler(loader: Any) -> str:
    """Name of the class that chooses the samples."""
    batches = getattr(loader, "batch_sampler", None)
    own = batches is not None and type(batches).__name__ != "BatchSampler"
    chooser = batches if own else getattr(batches, "sampler", None) or loader.sampler
    return type(chooser).__name__[:300]


def _shuffles(loader: Any) -> bool | None:
    """By the sampler: True for a random one, False for the plain order, else unknown."""
    sampler = getattr(loader, "sampler", None)
    inner = getattr(getattr(loader, "batch_sampler", None), "sampler", None)
    candidate: Any
    for candidate in (sampler, inner):
        name = type(candidate).__name__
        if name in ("RandomSampler", "SubsetRandomSampler", "WeightedRandomSampler"):
            return True
        if name == "DistributedSampler":
            return bool(candidate.shuffle)
    plain = type(sampler).__name__ == "SequentialSampler"
    return False if plain and type(inner).__name__ == "SequentialSampler" else None
