"""What the trained modules hold at the end: gradients that never came, containers, flags, norms.

Nothing is computed with the model: its own attributes are read, and of gradients only whether any
value differs from zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from typing import Any

from .torch_constructed import Constructed
from .torch_cycle import parameters_of
from .torch_recording import Facts

MOST_PARAMETERS = 500
MOST_ENTRIES = 50
LARGEST = 2**24
"""Values of one gradient that are looked at; a larger one counts as moving."""
ENOUGH_STEPS = 10
"""Steps of its optimizer after which a parameter without a gradient is worth a word."""
MISSPELT = frozenset(
    {
        "require_grad",
        "require_grads",
        "requires_grads",
        "required_grad",
        "requires_gradient",
        "requires_gradients",
        "require_gradient",
        "requiresgrad",
        "requires_Grad",
        "trainable",
    }
)


class Gradients:
    """Whether the parameters of the optimizers ever had a gradient other than zero.

    Attributes:
        steps: optimizer steps looked at.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._by_optimizer: dict[int, int] = {}
        self._holders: dict[int, int] = {}
        self._some: set[int] = set()
        self._zero: set[int] = set()
        self._settled: dict[int, Set[int]] = {}
        self._unread: dict[int, Any] = {}

    def look(self, optimizer: Any, stepping: Set[int]) -> None:
        """The optimizer is about to step on these parameters."""
        self.steps += 1
        self._by_optimizer[id(optimizer)] = self._by_optimizer.get(id(optimizer), 0) + 1
        if self._settled.get(id(optimizer)) is stepping:
            return
        parameters = parameters_of(optimizer)
        for parameter in parameters:
            key = id(parameter)
            self._holders[key] = id(optimizer)
            if key not in self._some and parameter.grad is not None:
                self._look_at(key, parameter.grad)
        if not self.steps & (self.steps - 1):
            self.read()
        if self._some.issuperset(stepping):
            self._settled[id(optimizer)] = stepping

    def _look_at(self, key: int, gradient: Any) -> None:
        """On a device the answer stays there: reading it would make every step wait."""
        differs = _differs(gradient)
        if isinstance(differs, bool):
            (self._some if differs else self._zero).add(key)
        else:
            old = self._unread.get(key)
            self._unread[key] = differs if old is None else old | differs

    def read(self) -> None:
        """Fetch the answers that are still on a device."""
        for key, differs in self._unread.items():
            (self._some if bool(differs) else self._zero).add(key)
        self._unread = {}

    def of(self, parameter: Any) -> str | None:
        """ "none", "zero" or "some"; None when its optimizer has not stepped often enough."""
        key = id(parameter)
        if key in self._some:
            return "some"
        if self._by_optimizer.get(self._holders.get(key, 0), 0) < ENOUGH_STEPS:
            return None
        return "zero" if key in self._zero else "none"


def _differs(gradient: Any) -> Any:
    """A bool, or a tensor of one where it is not at hand."""
    values = gradient._values() if gradient.is_sparse else gradient
    if values.numel() > LARGEST:
        return True
    found = values.any()
    return bool(found) if found.is_cpu else found


def still_parameters(
    trees: list[Any], gradients: Gradients, active: set[int], constructed: Constructed
) -> Iterator[Facts]:
    """Parameters that may be trained, are in an optimizer, and never had a gradient."""
    gradients.read()
    seen: set[int] = set()
    for tree in trees:
        for path, module in tree.named_modules():
            for name, parameter in module.named_parameters(recurse=False):
                if id(parameter) in seen or not parameter.requires_grad:
                    continue
                seen.add(id(parameter))
                found = gradients.of(parameter)
                if found in ("none", "zero"):
                    yield {
                        "name": f"{path}.{name}".lstrip("."),
                        "owner": type(module).__name__,
                        "site": constructed.site(module),
                        "elements": int(parameter.numel()),
                        "gradient": found,
                        "ran": id(module) in active,
                    }


def plain_containers(trees: list[Any], held: set[int], constructed: Constructed) -> Iterator[Facts]:
    """Modules in lists, tuples and dicts that PyTorch does not look into."""
    import torch

    internal = set(vars(torch.nn.Module()))
    registered = {id(module) for tree in trees for module in tree.modules()}
    for tree in trees:
        for owner in tree.modules():
            for attribute, value in list(vars(owner).items()):
                if attribute in internal or not isinstance(value, (list, tuple, dict)):
                    continue
                inside = [m for m in _modules_in(value) if id(m) not in registered]
                if inside:
                    yield _container(owner, attribute, value, inside, held) | {
                        "site": constructed.site(inside[0]),
                        "owner_site": constructed.site(owner),
                    }


def _modules_in(value: Any) -> list[Any]:
    import torch

    values = list(value.values()) if isinstance(value, dict) else list(value)[:1000]
    found = [v for v in values if isinstance(v, torch.nn.Module)]
    for inner in values:
        if isinstance(inner, (list, tuple)):
            found += [v for v in inner[:1000] if isinstance(v, torch.nn.Module)]
    return found


def _container(owner: Any, attribute: str, value: Any, inside: list[Any], held: set[int]) -> Facts:
    parameters = {id(p): p for module in inside for p in module.parameters()}
    training = {id(p) for module in inside if module.training for p in module.parameters()}
    moved = [
        key
        for key, p in parameters.items()
        if p.requires_grad and p.grad is not None and key not in held and key in training
    ]
    return {
        "owner": type(owner).__name__,
        "attribute": str(attribute),
        "kind": next(k.__name__ for k in (list, tuple, dict) if isinstance(value, k)),
        "modules": len(inside),
        "parameters": len(parameters),
        "moved": len(moved),
    }


def repeated_modules(trees: list[Any], constructed: Constructed) -> Iterator[Facts]:
    """One module with parameters at several places of one container."""
    import torch

    containers = (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)
    for tree in trees:
        for container in tree.modules():
            if not isinstance(container, containers):
                continue
            children = {id(m): m for m in container._modules.values() if m is not None}
            places = Counter(id(m) for m in container._modules.values() if m is not None)
            for key, count in places.items():
                parameters = sum(1 for _ in children[key].parameters())
                if count > 1 and parameters:
                    yield {
                        "type": type(children[key]).__name__,
                        "container": type(container).__name__,
                        "places": count,
                        "parameters": parameters,
                        "site": constructed.site(children[key]),
                        "container_site": constructed.site(container),
                    }


def ineffective_flags(trees: list[Any]) -> Iterator[Facts]:
    """Attributes that were meant to freeze or to unfreeze."""
    for tree in trees:
        for name, module in tree.named_modules():
            yield from _module_flags(name, module)
        for name, parameter in tree.named_parameters():
            for attribute, value in vars(parameter).items():
                wrong = attribute in MISSPELT and isinstance(value, bool)
                if wrong and value is not parameter.requires_grad:
                    yield _flag("parameter", name, attribute, value, 1)


def _module_flags(name: str, module: Any) -> Iterator[Facts]:
    library = type(module).__module__.startswith("torch.")
    for attribute in ("requires_grad", *(sorted(MISSPELT) if library else ())):
        value = vars(module).get(attribute)
        if isinstance(value, bool):
            opposite = sum(p.requires_grad is not value for p in module.parameters())
            if opposite:
                yield _flag("module", name, attribute, value, opposite)


def _flag(owner: str, name: str, attribute: str, value: bool, parameters: int) -> Facts:
    return {
        "owner": owner,
        "name": name or "the model",
        "attribute": attribute,
        "value": value,
        "parameters": parameters,
    }


class FrozenNorms:
    """Batch norm layers with frozen weights, and how many batches they had counted at first."""

    def __init__(self) -> None:
        self._counted: list[tuple[str, Any, int]] | None = None

    @property
    def started(self) -> bool:
        return self._counted is not None

    def start(self, trees: list[Any]) -> None:
        """The first step: which there are."""
        if self._counted is None:
            self._counted = [(n, m, _batches(m)) for tree in trees for n, m in _frozen_norms(tree)]

    def facts(self, constructed: Constructed) -> Facts | None:
        """Those that have counted further."""
        moved = [(n, m) for n, m, count in self._counted or () if _batches(m) > count]
        if not moved:
            return None
        name, module = moved[0]
        return {"layers": len(moved), "first": name, "site": constructed.site(module)}


def _frozen_norms(tree: Any) -> Iterator[tuple[str, Any]]:
    for name, module in tree.named_modules():
        counted = getattr(module, "num_batches_tracked", None) is not None
        weight = getattr(module, "weight", None)
        if counted and weight is not None and not weight.requires_grad:
            yield name, module


def _batches(norm: Any) -> int:
    return int(norm.num_batches_tracked)
